/* SPDX-License-Identifier: MIT */
/*
 * What all targets have in common. See target.h for the contract.
 */
#include "target/target.h"

#include <elf.h>
#include <stdarg.h>
#include <string.h>

#include "target/elf_note.h"
#include "target/program.h"
#include "target/target_impl.h"
#include "target/threads_impl.h"

void *mtr_target_create(size_t bytes, const struct mtr_target_ops *ops,
			const char *name)
{
	struct mtr_target *t = calloc(1, bytes);

	if (!t)
		return NULL;
	t->ops = ops;
	t->name = strdup(name);
	if (!t->name) {
		free(t);
		return NULL;
	}
	return t;
}

static void strings_fini(struct mtr_strings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->at[i]);
	mtr_strings_fini(s);
}

void mtr_target_close(struct mtr_target *t)
{
	if (!t)
		return;
	mtr_error_destroy(mtr_target_resume(t));
	if (t->ops->fini)
		t->ops->fini(t);
	mtr_map_close(&t->map);
	mtr_threads_destroy(&t->threads);
	mtr_ranges_fini(&t->ranges);
	strings_fini(&t->paths);
	strings_fini(&t->warnings);
	free(t->exe);
	free(t->name);
	free(t);
}

/* ------------------------------------------------------------ its ranges */

const char *mtr_target_path(struct mtr_target *t, const char *path, size_t n)
{
	static const char deleted[] = " (deleted)";
	size_t tail = sizeof(deleted) - 1;
	char *last = t->paths.n ? t->paths.at[t->paths.n - 1] : NULL;
	char **slot;

	if (n > tail && memcmp(path + n - tail, deleted, tail) == 0)
		n -= tail;
	if (last && strlen(last) == n && memcmp(last, path, n) == 0)
		return last;
	slot = mtr_strings_push(&t->paths);
	if (!slot)
		return NULL;
	*slot = strndup(path, n);
	if (!*slot)
		t->paths.n--;
	return *slot;
}

bool mtr_target_add_range(struct mtr_target *t, const struct mtr_range *range)
{
	struct mtr_range *slot = mtr_ranges_push(&t->ranges);

	if (!slot)
		return false;
	*slot = *range;
	return true;
}

const struct mtr_ranges *mtr_target_ranges(const struct mtr_target *t)
{
	return &t->ranges;
}

const struct mtr_range *mtr_target_find(const struct mtr_target *t,
					uint64_t addr)
{
	const struct mtr_range *at = t->ranges.at;
	size_t low = 0, high = t->ranges.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr >= at[middle].end)
			low = middle + 1;
		else if (addr < at[middle].start)
			high = middle;
		else
			return &at[middle];
	}
	return NULL;
}

/* ------------------------------------------------------------- its bytes */

size_t mtr_target_read(struct mtr_target *t, uint64_t addr, void *to,
		       size_t bytes)
{
	if (bytes > UINT64_MAX - addr)
		bytes = UINT64_MAX - addr;
	return bytes ? t->ops->read(t, addr, to, bytes) : 0;
}

const void *mtr_target_peek(struct mtr_target *t, uint64_t addr, size_t bytes)
{
	return t->ops->peek ? t->ops->peek(t, addr, bytes) : NULL;
}

uint64_t mtr_target_data(struct mtr_target *t, uint64_t addr, uint64_t end)
{
	return t->ops->data ? t->ops->data(t, addr, end) : addr;
}

void mtr_target_read_many(struct mtr_target *t, struct mtr_read *reads,
			  size_t n)
{
	if (t->ops->read_many) {
		t->ops->read_many(t, reads, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		reads[i].done =
			mtr_target_read(t, reads[i].addr, reads[i].to,
					reads[i].bytes) == reads[i].bytes;
}

struct mtr_error *mtr_target_write(struct mtr_target *t, uint64_t addr,
				   const void *from, size_t bytes)
{
	if (!t->ops->write)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "only a live process can be changed");
	return t->ops->write(t, addr, from, bytes);
}

/* ----------------------------------------------------- a module's headers */

/*
 * A module's notes have some hundred bytes. Headers that are made up may all
 * say that the same megabytes are theirs: there is an end to what is looked at.
 */
enum { PHDRS_MAX = 128, NOTES_MAX = 1 << 16, ALL_NOTES_MAX = 1 << 26 };

struct module_headers {
	Elf64_Phdr ph[PHDRS_MAX];
	size_t n;
};

static bool module_headers_read(struct mtr_target *t, uint64_t start,
				struct module_headers *ret)
{
	Elf64_Ehdr eh;
	size_t bytes;

	if (mtr_target_read(t, start, &eh, sizeof(eh)) != sizeof(eh))
		return false;
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh.e_phentsize != sizeof(*ret->ph) || eh.e_phnum > PHDRS_MAX)
		return false;
	ret->n = eh.e_phnum;
	bytes = ret->n * sizeof(*ret->ph);
	return mtr_target_read(t, start + eh.e_phoff, ret->ph, bytes) == bytes;
}

/* Runtime address - address in the file; the first PT_LOAD is at @start. */
static uint64_t module_bias(const struct module_headers *h, uint64_t start)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->ph[i].p_type == PT_LOAD)
			return start - (h->ph[i].p_vaddr - h->ph[i].p_offset);
	return start;
}

/* Damaged headers must not give an offset that is none. */
bool mtr_target_bias(struct mtr_target *t, uint64_t start, uint64_t *ret)
{
	struct module_headers h;
	uint64_t bias;

	if (!module_headers_read(t, start, &h))
		return false;
	bias = module_bias(&h, start);
	if (bias > start)
		return false;
	*ret = bias;
	return true;
}

/*
 * Is the segment @ph mapped at @at, as the loader maps it? @file is what the
 * module begins with. A file that is mapped as data has all its bytes in one
 * row: then nothing, or anything else, is where a segment would be.
 */
static bool is_segment_there(const struct mtr_target *t, const Elf64_Phdr *ph,
			     uint64_t at, const struct mtr_range *file)
{
	const struct mtr_range *r = mtr_target_find(t, at);
	uint64_t page = t->auxv.page ? t->auxv.page : 4096;

	return r && r->path && strcmp(r->path, file->path) == 0 &&
	       r->offset + (at - r->start) == ph->p_offset &&
	       at - r->start < page;
}

/* One that has no bytes in the file is there where the one before it is. */
size_t mtr_target_segments(struct mtr_target *t, uint64_t start,
			   struct mtr_area *ret, size_t room)
{
	const struct mtr_range *file = mtr_target_find(t, start);
	struct module_headers h;
	uint64_t bias, from, to;
	bool there = false;
	size_t n = 0;

	if (!file || !file->path || !module_headers_read(t, start, &h))
		return 0;
	bias = module_bias(&h, start);
	for (size_t i = 0; i < h.n && n < room; i++) {
		const Elf64_Phdr *ph = &h.ph[i];

		if (ph->p_type != PT_LOAD)
			continue;
		from = bias + ph->p_vaddr;
		if (ph->p_filesz)
			there = is_segment_there(t, ph, from, file);
		if (there && ph->p_flags & PF_W &&
		    !__builtin_add_overflow(from, ph->p_memsz, &to))
			ret[n++] = (struct mtr_area){ from, to };
	}
	return n;
}

static void notes_build_id(struct mtr_notes notes, struct mtr_build_id *ret)
{
	struct mtr_note note;

	while (mtr_notes_next(&notes, &note)) {
		if (!mtr_note_is(&note, ELF_NOTE_GNU, NT_GNU_BUILD_ID) ||
		    note.desc_bytes > sizeof(ret->bytes))
			continue;
		memcpy(ret->bytes, note.desc, note.desc_bytes);
		ret->n = note.desc_bytes;
		return;
	}
}

static void segment_build_id(struct mtr_target *t, uint64_t bias,
			     const Elf64_Phdr *ph, struct mtr_build_id *ret)
{
	struct mtr_notes notes = { .align = ph->p_align == 8 ? 8 : 4 };
	size_t bytes = ph->p_memsz < NOTES_MAX ? ph->p_memsz : NOTES_MAX;
	mtr_auto_free unsigned char *text = malloc(bytes ? bytes : 1);

	if (!text)
		return;
	t->notes_read += bytes;
	notes.at = text;
	notes.bytes = mtr_target_read(t, bias + ph->p_vaddr, text, bytes);
	notes_build_id(notes, ret);
}

static bool notes_left(struct mtr_target *t)
{
	if (t->notes_read < ALL_NOTES_MAX)
		return true;
	if (!t->notes_refused)
		mtr_target_warn(t, "the notes of its modules are too many to "
				   "be true: not all build-ids are known");
	t->notes_refused = true;
	return false;
}

static void memory_build_id(struct mtr_target *t, uint64_t start,
			    struct mtr_build_id *ret)
{
	struct module_headers h;
	uint64_t bias;

	if (!module_headers_read(t, start, &h))
		return;
	bias = module_bias(&h, start);
	for (size_t i = 0; i < h.n && !ret->n; i++)
		if (h.ph[i].p_type == PT_NOTE && notes_left(t))
			segment_build_id(t, bias, &h.ph[i], ret);
}

void mtr_target_build_id(struct mtr_target *t, uint64_t start,
			 struct mtr_build_id *ret)
{
	*ret = (struct mtr_build_id){ 0 };
	if (t->ops->build_id)
		t->ops->build_id(t, start, ret);
	else
		memory_build_id(t, start, ret);
}

/* ------------------------------------------------ what the kernel told it */

void mtr_target_auxv(struct mtr_target *t, const void *bytes, size_t n)
{
	struct mtr_auxv *v = &t->auxv;
	Elf64_auxv_t a;

	for (size_t at = 0; n - at >= sizeof(a); at += sizeof(a)) {
		memcpy(&a, (const char *)bytes + at, sizeof(a));
		v->known = true;
		if (a.a_type == AT_PHDR)
			v->phdr = a.a_un.a_val;
		if (a.a_type == AT_PHNUM)
			v->phnum = a.a_un.a_val;
		if (a.a_type == AT_BASE)
			v->base = a.a_un.a_val;
		if (a.a_type == AT_ENTRY)
			v->entry = a.a_un.a_val;
		if (a.a_type == AT_EXECFN)
			v->execfn = a.a_un.a_val;
		if (a.a_type == AT_RANDOM)
			v->random = a.a_un.a_val;
		if (a.a_type == AT_PAGESZ)
			v->page = a.a_un.a_val;
		if (a.a_type == AT_SECURE)
			v->secure = a.a_un.a_val != 0;
	}
}

/* Zeros are what a damaged core, or an emulator, has in their place. */
bool mtr_target_start(struct mtr_target *t, uint8_t ret[MTR_START_BYTES])
{
	static const uint8_t none[MTR_START_BYTES];

	if (t->start_known) {
		memcpy(ret, t->start, MTR_START_BYTES);
		return true;
	}
	return t->auxv.random &&
	       mtr_target_read(t, t->auxv.random, ret, MTR_START_BYTES) ==
		       MTR_START_BYTES &&
	       memcmp(ret, none, MTR_START_BYTES) != 0;
}

/* Run as `ld.so PROGRAM`, it has no other loader. */
static bool is_loader(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;

	return name && strncmp(name, "/ld-", 4) == 0;
}

/* The loader's path, as the program has it; "": not to be read. */
static void interpreter_read(struct mtr_target *t, char *ret, size_t room)
{
	uint64_t bias = 0, at = 0;
	Elf64_Phdr ph;

	*ret = '\0';
	for (uint64_t i = 0; i < t->auxv.phnum && i < PHDRS_MAX; i++) {
		if (mtr_target_read(t, t->auxv.phdr + i * sizeof(ph), &ph,
				    sizeof(ph)) != sizeof(ph))
			return;
		if (ph.p_type == PT_PHDR)
			bias = t->auxv.phdr - ph.p_vaddr;
		if (ph.p_type == PT_INTERP)
			at = ph.p_vaddr;
	}
	if (at)
		ret[mtr_target_read(t, bias + at, ret, room - 1)] = '\0';
}

const char *mtr_target_no_preload(struct mtr_target *t)
{
	char interpreter[256];

	if (!t->auxv.known || !t->auxv.phdr)
		return NULL;
	if (!t->auxv.base && !is_loader(t->exe))
		return "it is statically linked, so no library can be "
		       "preloaded";
	interpreter_read(t, interpreter, sizeof(interpreter));
	if (mtr_program_other_loader(interpreter))
		return "it is linked with another C library than glibc, so "
		       "the library cannot be preloaded";
	if (t->auxv.secure)
		return "it was set-user-ID or had capabilities, so its loader "
		       "preloaded nothing";
	return NULL;
}

/* ------------------------------------------------------------- the rest */

enum mtr_target_kind mtr_target_kind(const struct mtr_target *t)
{
	return t->ops->kind;
}

enum mtr_target_kind mtr_target_source(const struct mtr_target *t)
{
	return t->ops->kind == MTR_TARGET_SNAPSHOT ? t->source : t->ops->kind;
}

const char *mtr_target_name(const struct mtr_target *t)
{
	return t->name;
}

int mtr_target_pid(const struct mtr_target *t)
{
	return t->pid;
}

int mtr_target_machine(const struct mtr_target *t)
{
	return t->machine;
}

const char *mtr_target_exe(const struct mtr_target *t)
{
	return t->exe;
}

const char *mtr_target_root(const struct mtr_target *t)
{
	return t->root;
}

/* What was read from the file is known by now. */
static void map_judge(struct mtr_target *t)
{
	mtr_auto_free char *text = NULL;

	if (!t->map.at || t->map_judged)
		return;
	text = mtr_map_changed(&t->map);
	if (!text)
		return;
	t->map_judged = true;
	mtr_target_warn(t, "%s", text);
}

const struct mtr_strings *mtr_target_warnings(struct mtr_target *t)
{
	map_judge(t);
	return &t->warnings;
}

/* A warning that there is no memory for is lost: the answer is not. */
void mtr_target_warn(struct mtr_target *t, const char *format, ...)
{
	va_list ap;
	char *text;
	char **slot;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	slot = text ? mtr_strings_push(&t->warnings) : NULL;
	if (slot)
		*slot = text;
	else
		free(text);
}

struct mtr_error *mtr_target_part(struct mtr_target *t, unsigned kind,
				  const void **ret, size_t *bytes)
{
	if (t->ops->part)
		return t->ops->part(t, kind, ret, bytes);
	*ret = NULL;
	*bytes = 0;
	return NULL;
}
