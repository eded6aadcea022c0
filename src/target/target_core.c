/* SPDX-License-Identifier: MIT */
/*
 * A core file, by the kernel or by gcore, as a target: its memory, and whose it
 * was. See target_core.h.
 */
#include "target/target_core.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "target/threads_impl.h"

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

/* ------------------------------------------------------ holes in the file */

/* The next place from @from on of that kind, before @end; @end: there is none.
 */
static uint64_t file_next(struct mtr_target *t, uint64_t from, uint64_t end,
			  int whence)
{
	off_t at = lseek(mtr_map_fd(&t->map), (off_t)from, whence);

	/* behind the last data there is none; any other error says nothing */
	if (at < 0)
		return errno == ENXIO || whence == SEEK_HOLE ? end : from;
	return (uint64_t)at < end ? (uint64_t)at : end;
}

static uint64_t extent_offset(const struct core *c, const struct extent *e)
{
	return e->at - c->target.map.at;
}

static uint64_t core_data(struct mtr_target *t, uint64_t addr, uint64_t end)
{
	const struct extent *e = extent_find(core_of(t), addr);
	uint64_t offset, stop;

	if (!e || addr >= end)
		return addr;
	offset = extent_offset(core_of(t), e) + (addr - e->start);
	stop = offset + ((end < e->end ? end : e->end) - addr);
	return addr + (file_next(t, offset, stop, SEEK_DATA) - offset);
}

/* [@start, @end) is resident: *range is the first range that may have it. */
static void data_add(struct mtr_target *t, uint64_t start, uint64_t end,
		     struct mtr_range **range)
{
	struct mtr_range *r = *range, *last = t->ranges.at + t->ranges.n;

	while (r < last && r->end <= start)
		r++;
	*range = r;
	for (; r < last && r->start < end; r++) {
		uint64_t from = r->start > start ? r->start : start;
		uint64_t to = r->end < end ? r->end : end;

		if (r->readable)
			r->resident += to - from;
	}
}

/* Has it a hole? A file that was copied, or written by gcore, has none. */
static bool file_has_holes(struct mtr_target *t)
{
	return file_next(t, 0, t->map.bytes, SEEK_HOLE) < t->map.bytes;
}

static void core_resident(struct mtr_target *t)
{
	const struct core *c = core_of(t);
	struct mtr_range *range = t->ranges.at;

	if (t->unpacked || !file_has_holes(t))
		return;
	for (size_t i = 0; i < t->ranges.n; i++)
		if (t->ranges.at[i].readable)
			t->ranges.at[i].resident = 0;
	for (size_t i = 0; i < c->extents.n; i++) {
		const struct extent *e = &c->extents.at[i];
		uint64_t offset = extent_offset(c, e);
		uint64_t end = offset + (e->end - e->start);
		uint64_t at = file_next(t, offset, end, SEEK_DATA);

		while (at < end) {
			uint64_t stop = file_next(t, at, end, SEEK_HOLE);

			if (stop <= at)
				break; /* it is being changed */
			data_add(t, e->start + (at - offset),
				 e->start + (stop - offset), &range);
			at = file_next(t, stop, end, SEEK_DATA);
		}
	}
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
	.data = core_data,
	.resident = core_resident,
	.threads = mtr_core_threads,
	.fini = core_fini,
};

/* ------------------------------------------------------------ whose it was */

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
	const struct mtr_auxv *v = &c->target.auxv;
	const struct mtr_range *r =
		v->phdr ? mtr_target_find(&c->target, v->phdr) : NULL;

	if (r && r->path)
		c->target.exe = strdup(r->path);
	else if (v->execfn)
		c->target.exe = target_string(&c->target, v->execfn);
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
	MTR_TRY(mtr_core_segments_read(c, &p, &d));
	MTR_TRY(mtr_core_notes_read(c, &p, &d));
	/* a core of no memory has nothing to be named */
	if (!c->mappings.n && !d.mappings && c->target.auxv.known)
		MTR_TRY(mtr_core_modules_find(c));
	mtr_core_mappings_sort(c, &d);
	MTR_TRY(mtr_core_ranges_make(c));
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
