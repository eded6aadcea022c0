/* SPDX-License-Identifier: MIT */
/*
 * A target made by hand. See fake_target.h.
 */
#include "fake_target.h"

#include <elf.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PAGE = 4096, MAX_FILES = 16 };

struct backing {
	unsigned char *bytes;
	size_t n;
	uint64_t start; /* address of its first byte, if mapped there */
};

struct mtr_target {
	enum mtr_target_kind kind;
	struct mtr_ranges ranges;
	struct mtr_strings warnings, strings;
	struct backing files[MAX_FILES];
	size_t n_files;
	const char *exe;
	int pid;
};

static struct mtr_target *offered;

static void check(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

static char *keep(struct mtr_target *t, const char *text)
{
	char **slot = mtr_strings_push(&t->strings);

	check(slot, "memory");
	*slot = strdup(text);
	return *slot;
}

struct mtr_target *fake_create(enum mtr_target_kind kind)
{
	struct mtr_target *t = calloc(1, sizeof(*t));

	check(t, "memory");
	t->kind = kind;
	return t;
}

void fake_offer(struct mtr_target *t)
{
	offered = t;
}

void fake_range(struct mtr_target *t, uint64_t start, uint64_t end,
		uint64_t offset, const char *path, int prot)
{
	struct mtr_range *r = mtr_ranges_push(&t->ranges);

	check(r, "memory");
	for (; r > t->ranges.at && r[-1].start > start; r--)
		*r = r[-1];
	*r = (struct mtr_range){ start,	 end,
				 offset, path ? keep(t, path) : NULL,
				 prot,	 true };
}

static struct backing *load(struct mtr_target *t, const char *file)
{
	struct backing *b = &t->files[t->n_files++];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;

	check(t->n_files <= MAX_FILES && fd >= 0 && fstat(fd, &st) == 0, file);
	b->n = (size_t)st.st_size;
	b->bytes = malloc(b->n);
	check(b->bytes && read(fd, b->bytes, b->n) == st.st_size, file);
	close(fd);
	return b;
}

static int prot_of(const Elf64_Phdr *load)
{
	return (load->p_flags & PF_R ? MTR_PROT_READ : 0) |
	       (load->p_flags & PF_W ? MTR_PROT_WRITE : 0) |
	       (load->p_flags & PF_X ? MTR_PROT_EXEC : 0);
}

void fake_map(struct mtr_target *t, const char *path, const char *file,
	      uint64_t bias, bool dumped)
{
	struct backing *b = load(t, file);
	const Elf64_Ehdr *header = (const void *)b->bytes;

	b->start = UINT64_MAX;
	for (size_t i = 0; i < header->e_phnum; i++) {
		const Elf64_Phdr *p =
			(const void *)(b->bytes + header->e_phoff +
				       i * sizeof(*p));
		uint64_t skew = p->p_offset % PAGE;
		uint64_t end = bias + p->p_vaddr + p->p_filesz;

		if (p->p_type != PT_LOAD)
			continue;
		if (dumped && p->p_offset == 0)
			b->start = bias + p->p_vaddr;
		fake_range(t, bias + p->p_vaddr - skew,
			   (end + PAGE - 1) / PAGE * PAGE, p->p_offset - skew,
			   path, prot_of(p));
	}
}

size_t fake_map_holes(struct mtr_target *t, const char *path, const char *file,
		      uint64_t bias)
{
	size_t first = t->ranges.n, holes = 0;

	fake_map(t, path, file, bias, true);
	for (size_t i = first, n = t->ranges.n; i < n; i++) {
		uint64_t start = t->ranges.at[i].end;

		if (i > first)
			t->ranges.at[i].prot = -1;
		if (i + 1 == n || start == t->ranges.at[i + 1].start)
			continue;
		fake_range(t, start, t->ranges.at[i + 1].start, start - bias,
			   path, -1);
		holes++;
		i++;
		n++;
	}
	return holes;
}

void fake_bytes(struct mtr_target *t, uint64_t addr, const void *from,
		size_t bytes)
{
	struct backing *b = &t->files[t->n_files++];

	check(t->n_files <= MAX_FILES, "files");
	*b = (struct backing){ malloc(bytes), bytes, addr };
	check(b->bytes, "memory");
	memcpy(b->bytes, from, bytes);
}

void fake_set_exe(struct mtr_target *t, const char *path)
{
	t->exe = path;
}

void fake_set_pid(struct mtr_target *t, int pid)
{
	t->pid = pid;
}

struct mtr_error *mtr_target_open(const char *name, struct mtr_target **ret)
{
	if (!offered)
		return mtr_error_create("%s: no target on offer", name);
	*ret = mtr_take(offered);
	return NULL;
}

void mtr_target_close(struct mtr_target *t)
{
	for (size_t i = 0; i < t->warnings.n; i++)
		free(t->warnings.at[i]);
	for (size_t i = 0; i < t->strings.n; i++)
		free(t->strings.at[i]);
	for (size_t i = 0; i < t->n_files; i++)
		free(t->files[i].bytes);
	mtr_strings_fini(&t->warnings);
	mtr_strings_fini(&t->strings);
	mtr_ranges_fini(&t->ranges);
	free(t);
}

enum mtr_target_kind mtr_target_kind(const struct mtr_target *t)
{
	return t->kind;
}

const char *mtr_target_name(const struct mtr_target *t)
{
	(void)t;
	return "fake";
}

int mtr_target_pid(const struct mtr_target *t)
{
	return t->pid;
}

int mtr_target_machine(const struct mtr_target *t)
{
	(void)t;
	return 0;
}

const struct mtr_ranges *mtr_target_ranges(const struct mtr_target *t)
{
	return &t->ranges;
}

const struct mtr_range *mtr_target_find(const struct mtr_target *t,
					uint64_t addr)
{
	for (size_t i = 0; i < t->ranges.n; i++)
		if (addr >= t->ranges.at[i].start && addr < t->ranges.at[i].end)
			return &t->ranges.at[i];
	return NULL;
}

const char *mtr_target_exe(const struct mtr_target *t)
{
	return t->exe;
}

bool mtr_target_start(struct mtr_target *t, uint8_t ret[MTR_START_BYTES])
{
	(void)t;
	memset(ret, 0, MTR_START_BYTES);
	return false;
}

const char *mtr_target_no_preload(struct mtr_target *t)
{
	(void)t;
	return NULL;
}

const char *mtr_target_root(const struct mtr_target *t)
{
	(void)t;
	return "";
}

const struct mtr_strings *mtr_target_warnings(struct mtr_target *t)
{
	return &t->warnings;
}

void mtr_target_warn(struct mtr_target *t, const char *format, ...)
{
	char **slot = mtr_strings_push(&t->warnings);
	va_list ap;

	va_start(ap, format);
	check(slot && vasprintf(slot, format, ap) >= 0, "memory");
	va_end(ap);
}

size_t mtr_target_read(struct mtr_target *t, uint64_t addr, void *to,
		       size_t bytes)
{
	for (size_t i = 0; i < t->n_files; i++) {
		const struct backing *b = &t->files[i];

		if (addr < b->start || addr - b->start >= b->n)
			continue;
		if (bytes > b->n - (addr - b->start))
			bytes = b->n - (addr - b->start);
		memcpy(to, b->bytes + (addr - b->start), bytes);
		return bytes;
	}
	return 0;
}

void mtr_target_read_many(struct mtr_target *t, struct mtr_read *reads,
			  size_t n)
{
	for (size_t i = 0; i < n; i++)
		reads[i].done =
			mtr_target_read(t, reads[i].addr, reads[i].to,
					reads[i].bytes) == reads[i].bytes;
}

const void *mtr_target_peek(struct mtr_target *t, uint64_t addr, size_t bytes)
{
	(void)t;
	(void)addr;
	(void)bytes;
	return NULL;
}

uint64_t mtr_target_data(struct mtr_target *t, uint64_t addr, uint64_t end)
{
	(void)t;
	(void)end;
	return addr;
}

uint64_t mtr_target_resident(struct mtr_target *t)
{
	(void)t;
	return 0;
}

struct mtr_error *mtr_target_threads(struct mtr_target *t,
				     const struct mtr_threads **ret)
{
	static const struct mtr_threads none;

	(void)t;
	*ret = &none;
	return NULL;
}

enum mtr_target_kind mtr_target_source(const struct mtr_target *t)
{
	return mtr_target_kind(t);
}

struct mtr_error *mtr_target_part(struct mtr_target *t, unsigned kind,
				  const void **ret, size_t *bytes)
{
	(void)t;
	(void)kind;
	*ret = NULL;
	*bytes = 0;
	return NULL;
}

/* The linker's notes stand early in the file: enough for a test. */
void mtr_target_build_id(struct mtr_target *t, uint64_t start,
			 struct mtr_build_id *ret)
{
	static const unsigned char head[] = { 4, 0, 0, 0, 8,   0,   0,	 0,
					      3, 0, 0, 0, 'G', 'N', 'U', 0 };
	unsigned char bytes[PAGE];
	size_t n = mtr_target_read(t, start, bytes, sizeof(bytes));
	const unsigned char *at = memmem(bytes, n, head, sizeof(head));

	*ret = (struct mtr_build_id){ 0 };
	if (!at)
		return;
	memcpy(ret->bytes, at + sizeof(head), 8);
	ret->n = 8;
}

bool mtr_target_bias(struct mtr_target *t, uint64_t start, uint64_t *ret)
{
	Elf64_Ehdr header;
	Elf64_Phdr p;

	if (mtr_target_read(t, start, &header, sizeof(header)) !=
	    sizeof(header))
		return false;
	for (size_t i = 0; i < header.e_phnum; i++) {
		mtr_target_read(t, start + header.e_phoff + i * sizeof(p), &p,
				sizeof(p));
		if (p.p_type != PT_LOAD)
			continue;
		*ret = start - p.p_vaddr + p.p_offset;
		return true;
	}
	return false;
}
