/* SPDX-License-Identifier: MIT */
/*
 * A core file, by the kernel or by gcore, as a target.
 *
 * The file is mapped and read in place, by hand: it may be hundreds of
 * gigabytes, cut off anywhere, or made up by somebody. Every offset and count
 * is held against the size of the file before it is followed.
 */
#include <assert.h>
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "target/core_header.h"
#include "target/elf_note.h"
#include "target/target_impl.h"

/* What a PT_LOAD says, and how much of it the file has. */
struct segment {
	uint64_t start, end;
	uint64_t have;	 /* end of what is in the file */
	uint64_t offset; /* of @start in the file */
	int prot;
};

/* Dumped memory that is one piece in the file, too. */
struct extent {
	uint64_t start, end;
	const unsigned char *at;
};

/* What NT_FILE says. */
struct mapping {
	uint64_t start, end, offset;
	const char *path; /* NULL: anonymous */
};

MTR_VECTOR(segments, struct segment);
MTR_VECTOR(extents, struct extent);
MTR_VECTOR(mappings, struct mapping);

struct core {
	struct mtr_target target;
	struct segments segments;
	struct extents extents;
	struct mappings mappings;
	const struct extent *last; /* where the last look-up ended */
	const unsigned char *auxv; /* NT_AUXV */
	size_t auxv_bytes;
};

static struct core *core_of(struct mtr_target *t)
{
	return (struct core *)t;
}

/* ---------------------------------------------------------------- reading */

static const struct extent *extent_search(struct core *c, uint64_t addr)
{
	size_t low = 0, high = c->extents.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct extent *e = &c->extents.at[middle];

		if (addr >= e->end)
			low = middle + 1;
		else if (addr < e->start)
			high = middle;
		else
			return c->last = e;
	}
	return NULL;
}

static inline const struct extent *extent_find(struct core *c, uint64_t addr)
{
	const struct extent *e = c->last;

	if (e && addr >= e->start && addr < e->end)
		return e;
	return extent_search(c, addr);
}

static const void *core_peek(struct mtr_target *t, uint64_t addr, size_t bytes)
{
	const struct extent *e = extent_find(core_of(t), addr);

	if (!e || bytes > e->end - addr)
		return NULL;
	return e->at + (addr - e->start);
}

static size_t core_read(struct mtr_target *t, uint64_t addr, void *to,
			size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		const struct extent *e = extent_find(core_of(t), addr);
		size_t n = bytes - done;

		if (!e)
			break;
		if (n > e->end - addr)
			n = e->end - addr;
		memcpy((char *)to + done, e->at + (addr - e->start), n);
		done += n;
		addr += n;
	}
	return done;
}

static void core_fini(struct mtr_target *t)
{
	struct core *c = core_of(t);

	segments_fini(&c->segments);
	extents_fini(&c->extents);
	mappings_fini(&c->mappings);
}

static const struct mtr_target_ops core_ops = {
	.kind = MTR_TARGET_CORE,
	.read = core_read,
	.peek = core_peek,
	.fini = core_fini,
};

/* --------------------------------------------------------------- segments */

/* What was found wrong on the way, to be said once each. */
struct damage {
	uint64_t unclaimed;	    /* bytes of the file: see claim() */
	uint64_t promised, missing; /* bytes of dumped memory */
	uint64_t impossible;	    /* segments that cannot be */
	uint64_t overlaps;
	uint64_t notes;
	uint64_t mappings;
};

/*
 * How many of @bytes at @offset are in the file. All that is claimed adds up to
 * twice the file at the most, which forgives a damaged header or two: if
 * thousands of segments could be the same megabyte, a small file would need the
 * time and the memory of a huge one.
 */
static uint64_t claim(const struct core *c, uint64_t offset, uint64_t bytes,
		      struct damage *d)
{
	uint64_t file = c->target.map.bytes;
	uint64_t have = offset < file ? file - offset : 0;

	have = have < bytes ? have : bytes;
	have = have < d->unclaimed ? have : d->unclaimed;
	d->unclaimed -= have;
	return have;
}

static struct mtr_error *segment_add(struct core *c, const Elf64_Phdr *ph,
				     struct damage *d)
{
	uint64_t dumped =
		ph->p_filesz < ph->p_memsz ? ph->p_filesz : ph->p_memsz;
	struct segment *s;
	uint64_t have;

	if (ph->p_memsz > UINT64_MAX - ph->p_vaddr ||
	    ph->p_filesz > ph->p_memsz)
		d->impossible++;
	if (!ph->p_memsz || ph->p_memsz > UINT64_MAX - ph->p_vaddr)
		return NULL;
	have = claim(c, ph->p_offset, dumped, d);
	if (__builtin_add_overflow(d->promised, dumped, &d->promised))
		d->promised = UINT64_MAX;
	if (__builtin_add_overflow(d->missing, dumped - have, &d->missing))
		d->missing = UINT64_MAX;
	s = segments_push(&c->segments);
	if (!s)
		return mtr_error_nomem();
	*s = (struct segment){
		.start = ph->p_vaddr,
		.end = ph->p_vaddr + ph->p_memsz,
		.have = ph->p_vaddr + have,
		.offset = ph->p_offset,
		.prot = (int)(ph->p_flags & (PF_R | PF_W | PF_X)),
	};
	return NULL;
}

static_assert((int)PF_R == (int)MTR_PROT_READ &&
		      (int)PF_W == (int)MTR_PROT_WRITE &&
		      (int)PF_X == (int)MTR_PROT_EXEC,
	      "protections");

static int by_start(const void *a, const void *b)
{
	/* both a struct segment and a struct mapping begin with .start */
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static_assert(offsetof(struct segment, start) == 0, "by_start");
static_assert(offsetof(struct mapping, start) == 0, "by_start");

/* The first one of two that overlap counts; the other loses its front. */
static void segments_sort(struct core *c, struct damage *d)
{
	struct segments *v = &c->segments;
	uint64_t end = 0;
	size_t kept = 0;

	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_start);
	for (size_t i = 0; i < v->n; i++) {
		struct segment s = v->at[i];

		if (s.start < end) {
			d->overlaps++;
			if (s.end <= end)
				continue;
			s.offset += end - s.start;
			s.start = end;
			if (s.have < end)
				s.have = end;
		}
		end = s.end;
		v->at[kept++] = s;
	}
	v->n = kept;
}

/* Neighbours in memory are neighbours in most files: fewer pieces to search. */
static struct mtr_error *extents_make(struct core *c)
{
	for (size_t i = 0; i < c->segments.n; i++) {
		const struct segment *s = &c->segments.at[i];
		const unsigned char *at;
		struct extent *e =
			c->extents.n ? &c->extents.at[c->extents.n - 1] : NULL;

		if (s->have == s->start)
			continue;
		at = c->target.map.at + s->offset;
		if (e && e->end == s->start &&
		    e->at + (e->end - e->start) == at) {
			e->end = s->have;
			continue;
		}
		e = extents_push(&c->extents);
		if (!e)
			return mtr_error_nomem();
		*e = (struct extent){ s->start, s->have, at };
	}
	return NULL;
}

static struct mtr_error *
segments_read(struct core *c, const struct mtr_phdrs *p, struct damage *d)
{
	for (uint64_t i = 0; i < p->n; i++) {
		Elf64_Phdr ph = mtr_phdr_at(p, i);

		if (ph.p_type == PT_LOAD)
			MTR_TRY(segment_add(c, &ph, d));
	}
	segments_sort(c, d);
	return extents_make(c);
}

/* ------------------------------------------------------------------ notes */

/*
 * NT_FILE:  count | page size | count x (start, end, offset in pages) | paths
 */
struct file_note {
	const unsigned char *entry;
	const char *path, *end;
	uint64_t count, page;
};

enum { FILE_HEAD = 16, FILE_ENTRY = 24 };

static bool file_note_open(const struct mtr_note *note, struct file_note *ret)
{
	if (note->desc_bytes < FILE_HEAD)
		return false;
	memcpy(&ret->count, note->desc, 8);
	memcpy(&ret->page, note->desc + 8, 8);
	if (ret->count > (note->desc_bytes - FILE_HEAD) / FILE_ENTRY)
		return false;
	ret->entry = note->desc + FILE_HEAD;
	ret->path = (const char *)ret->entry + ret->count * FILE_ENTRY;
	ret->end = (const char *)note->desc + note->desc_bytes;
	return true;
}

/* False: what is left of the note is damaged. */
static bool file_note_next(struct file_note *f, struct mapping *ret)
{
	const char *end = memchr(f->path, '\0', f->end - f->path);

	if (!end)
		return false;
	memcpy(&ret->start, f->entry, 8);
	memcpy(&ret->end, f->entry + 8, 8);
	memcpy(&ret->offset, f->entry + 16, 8);
	ret->path = f->path;
	f->entry += FILE_ENTRY;
	f->path = end + 1;
	f->count--;
	return true;
}

static struct mtr_error *
mappings_read(struct core *c, const struct mtr_note *note, struct damage *d)
{
	struct file_note f;

	if (!file_note_open(note, &f)) {
		d->mappings++;
		return NULL;
	}
	while (f.count) {
		struct mapping m, *slot;

		if (!file_note_next(&f, &m)) {
			d->mappings += f.count;
			break;
		}
		if (m.start >= m.end ||
		    __builtin_mul_overflow(m.offset, f.page, &m.offset)) {
			d->mappings++;
			continue;
		}
		m.path = mtr_target_path(&c->target, m.path, strlen(m.path));
		slot = m.path ? mappings_push(&c->mappings) : NULL;
		if (!slot)
			return mtr_error_nomem();
		*slot = m;
	}
	return NULL;
}

/* The two structures are the same on x86-64 and AArch64. */
enum { PRPSINFO_PID = 24, PRSTATUS_PID = 32 };

static void pid_read(struct core *c, const struct mtr_note *note, size_t at)
{
	int32_t pid;

	if (c->target.pid || note->desc_bytes < at + sizeof(pid))
		return;
	memcpy(&pid, note->desc + at, sizeof(pid));
	c->target.pid = pid > 0 ? pid : 0;
}

/* A PRSTATUS has the number of a thread: not more than a stopgap. */
static struct mtr_error *note_read(struct core *c, const struct mtr_note *note,
				   struct mtr_note *status, struct damage *d)
{
	if (mtr_note_is(note, "CORE", NT_FILE))
		return mappings_read(c, note, d);
	if (mtr_note_is(note, "CORE", NT_PRPSINFO))
		pid_read(c, note, PRPSINFO_PID);
	if (mtr_note_is(note, "CORE", NT_PRSTATUS) && !status->desc)
		*status = *note;
	if (mtr_note_is(note, "CORE", NT_AUXV) && !c->auxv) {
		c->auxv = note->desc;
		c->auxv_bytes = note->desc_bytes;
	}
	return NULL;
}

static struct mtr_error *segment_notes(struct core *c, const Elf64_Phdr *ph,
				       struct mtr_note *status,
				       struct damage *d)
{
	struct mtr_notes notes = { .align = ph->p_align == 8 ? 8 : 4 };
	struct mtr_note note;
	uint64_t have = claim(c, ph->p_offset, ph->p_filesz, d);

	notes.at = have ? c->target.map.at + ph->p_offset : NULL;
	notes.bytes = have;
	while (mtr_notes_next(&notes, &note))
		MTR_TRY(note_read(c, &note, status, d));
	if (notes.bytes || have < ph->p_filesz)
		d->notes++;
	return NULL;
}

static void mappings_sort(struct core *c, struct damage *d)
{
	struct mappings *v = &c->mappings;
	size_t kept = 0;

	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_start);
	for (size_t i = 0; i < v->n; i++)
		if (kept && v->at[i].start < v->at[kept - 1].end)
			d->mappings++;
		else
			v->at[kept++] = v->at[i];
	v->n = kept;
}

static struct mtr_error *notes_read(struct core *c, const struct mtr_phdrs *p,
				    struct damage *d)
{
	struct mtr_note status = { 0 };

	for (uint64_t i = 0; i < p->n; i++) {
		Elf64_Phdr ph = mtr_phdr_at(p, i);

		if (ph.p_type == PT_NOTE)
			MTR_TRY(segment_notes(c, &ph, &status, d));
	}
	if (status.desc)
		pid_read(c, &status, PRSTATUS_PID);
	mappings_sort(c, d);
	return NULL;
}

/* ----------------------------------------------------------------- ranges */

/* The next piece of a segment that is all dumped, or all not. */
static bool segment_piece(const struct segment *s, uint64_t from,
			  struct mtr_range *ret)
{
	uint64_t start = from > s->start ? from : s->start;

	if (start >= s->end)
		return false;
	*ret = (struct mtr_range){
		.start = start,
		.end = start < s->have ? s->have : s->end,
		.prot = s->prot,
		.readable = start < s->have,
	};
	return true;
}

/*
 * Segments know what was dumped, mappings know the files; where both speak the
 * range has both. @from on, which is where the last range ended.
 */
static bool range_next(const struct core *c, uint64_t from, size_t *segment,
		       size_t *mapping, struct mtr_range *ret)
{
	const struct segments *ss = &c->segments;
	const struct mappings *ms = &c->mappings;
	struct mapping none = { UINT64_MAX, UINT64_MAX, 0, NULL }, m;
	struct mtr_range piece = { UINT64_MAX, UINT64_MAX, 0, NULL, -1, false };

	while (*segment < ss->n &&
	       !segment_piece(&ss->at[*segment], from, &piece))
		++*segment;
	while (*mapping < ms->n && ms->at[*mapping].end <= from)
		++*mapping;
	m = *mapping < ms->n ? ms->at[*mapping] : none;
	if (m.start < from) {
		m.offset += from - m.start;
		m.start = from;
	}
	if (m.start == UINT64_MAX && piece.start == UINT64_MAX)
		return false;
	if (m.start < piece.start) {
		*ret = (struct mtr_range){ .start = m.start, .prot = -1 };
		ret->end = m.end < piece.start ? m.end : piece.start;
	} else {
		*ret = piece;
		if (m.start > piece.start && m.start < piece.end)
			ret->end = m.start;
		if (m.start == piece.start && m.end < piece.end)
			ret->end = m.end;
	}
	if (m.start == ret->start) {
		ret->path = m.path;
		ret->offset = m.offset;
	}
	return true;
}

static struct mtr_error *ranges_make(struct core *c)
{
	size_t segment = 0, mapping = 0;
	struct mtr_range r = { 0 };

	while (range_next(c, r.end, &segment, &mapping, &r))
		if (!mtr_target_add_range(&c->target, &r))
			return mtr_error_nomem();
	return NULL;
}

/* ------------------------------------------------------------ whose it was */

static bool auxv_get(const struct core *c, uint64_t type, uint64_t *ret)
{
	Elf64_auxv_t a;

	for (size_t at = 0; c->auxv_bytes - at >= sizeof(a); at += sizeof(a)) {
		memcpy(&a, c->auxv + at, sizeof(a));
		if (a.a_type == type) {
			*ret = a.a_un.a_val;
			return true;
		}
	}
	return false;
}

static char *target_string(struct mtr_target *t, uint64_t addr)
{
	char text[4096];
	size_t n = mtr_target_read(t, addr, text, sizeof(text));

	return memchr(text, '\0', n) && *text ? strdup(text) : NULL;
}

/*
 * The mapping that holds the program headers has the whole path; AT_EXECFN is
 * what execve(2) was given.
 */
static void exe_find(struct core *c)
{
	const struct mtr_range *r = NULL;
	uint64_t addr;

	if (auxv_get(c, AT_PHDR, &addr))
		r = mtr_target_find(&c->target, addr);
	if (r && r->path)
		c->target.exe = strdup(r->path);
	else if (auxv_get(c, AT_EXECFN, &addr))
		c->target.exe = target_string(&c->target, addr);
}

static void damage_warn(struct mtr_target *t, const struct damage *d)
{
	if (d->missing)
		mtr_target_warn(t,
				"the core is cut off: %" PRIu64 " of %" PRIu64
				" bytes of memory are missing",
				d->missing, d->promised);
	if (d->impossible)
		mtr_target_warn(t,
				"%" PRIu64 " of the core's segments have sizes "
				"that cannot be",
				d->impossible);
	if (d->overlaps)
		mtr_target_warn(t,
				"%" PRIu64 " of the core's segments overlap "
				"another one, which is taken instead",
				d->overlaps);
	if (d->notes)
		mtr_target_warn(t, "the core's notes are damaged or cut off");
	if (d->mappings)
		mtr_target_warn(t,
				"%" PRIu64 " of the core's file mappings "
				"(NT_FILE) make no sense and are left out",
				d->mappings);
}

static struct mtr_error *core_load(struct core *c)
{
	struct damage d = { .unclaimed = 2 * (uint64_t)c->target.map.bytes };
	struct mtr_phdrs p;
	Elf64_Ehdr eh;

	MTR_TRY(mtr_core_header(&c->target.map, &eh));
	MTR_TRY(mtr_core_phdrs(&c->target.map, &eh, &p));
	c->target.machine = eh.e_machine;
	MTR_TRY(segments_read(c, &p, &d));
	MTR_TRY(notes_read(c, &p, &d));
	MTR_TRY(ranges_make(c));
	exe_find(c);
	damage_warn(&c->target, &d);
	return NULL;
}

struct mtr_error *mtr_target_core_open(const char *name, struct mtr_map map,
				       struct mtr_target **ret)
{
	struct core *c = mtr_target_create(sizeof(*c), &core_ops, name);
	struct mtr_error *error;

	if (!c) {
		mtr_map_close(&map);
		return mtr_error_nomem();
	}
	c->target.map = map;
	error = core_load(c);
	if (error)
		mtr_target_close(&c->target);
	else
		*ret = &c->target;
	return error;
}
