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

static uint64_t core_data(struct mtr_target *t, uint64_t addr, uint64_t end)
{
	const struct extent *e = extent_find(core_of(t), addr);
	uint64_t offset, stop;

	if (!e || addr >= end)
		return addr;
	offset = mtr_core_offset(core_of(t), e) + (addr - e->start);
	stop = offset + ((end < e->end ? end : e->end) - addr);
	return addr + (mtr_core_next(t, offset, stop, SEEK_DATA) - offset);
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
	.resident = mtr_core_resident,
	.pages = mtr_core_pages,
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

/* gcore has section headers, and packs what it writes. */
static bool is_by_kernel(const Elf64_Ehdr *eh, const struct mtr_phdrs *p)
{
	enum { PAGE = 4096 };

	if (eh->e_shnum > (eh->e_phnum == PN_XNUM))
		return false;
	for (uint64_t i = 0; i < p->n; i++) {
		Elf64_Phdr ph = mtr_phdr_at(p, i);

		if (ph.p_type == PT_LOAD && ph.p_offset % PAGE)
			return false;
	}
	return true;
}

static struct mtr_error *core_load(struct core *c)
{
	struct damage d = { .unclaimed = 2 * (uint64_t)c->target.map.bytes };
	struct mtr_phdrs p;
	Elf64_Ehdr eh;

	MTR_TRY(mtr_core_header(&c->target.map, &eh));
	MTR_TRY(mtr_core_phdrs(&c->target.map, &eh, &p));
	c->target.machine = eh.e_machine;
	c->by_kernel = is_by_kernel(&eh, &p);
	MTR_TRY(mtr_core_segments_read(c, &p, &d));
	MTR_TRY(mtr_core_notes_read(c, &p, &d));
	/* a core of no memory has nothing to be named */
	if (!c->mappings.n && !d.mappings && c->target.auxv.known)
		MTR_TRY(mtr_core_modules_find(c));
	mtr_core_mappings_sort(c, &d);
	MTR_TRY(mtr_core_ranges_make(c));
	exe_find(c);
	damage_warn(&c->target, &d);
	c->cut = d.missing;
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
