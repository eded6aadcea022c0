/* SPDX-License-Identifier: MIT */
/*
 * The pages of a core. The kernel leaves a hole in the file for what was never
 * touched, so the file's data are what was in memory. gcore and most programs
 * that copy write everything, or leave out what is zero: of their cores what is
 * not all zero is the best guess, for few pages that were written to are.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "target/resident_impl.h"
#include "target/target_core.h"

uint64_t mtr_core_next(struct mtr_target *t, uint64_t from, uint64_t end,
		       int whence)
{
	off_t at = lseek(mtr_map_fd(&t->map), (off_t)from, whence);

	/* behind the last data there is none; any other error says nothing */
	if (at < 0)
		return errno == ENXIO || whence == SEEK_HOLE ? end : from;
	return (uint64_t)at < end ? (uint64_t)at : end;
}

/* The kernel writes a page of its own, [vsyscall], as well. */
static bool is_users(const struct extent *e)
{
	return e->start <= INT64_MAX;
}

/* The next data of @e from *at on, both offsets; false: there are no more. */
static bool data_next(struct mtr_target *t, uint64_t end, uint64_t *at,
		      uint64_t *stop)
{
	*at = mtr_core_next(t, *at, end, SEEK_DATA);
	if (*at >= end)
		return false;
	*stop = mtr_core_next(t, *at, end, SEEK_HOLE);
	return *stop > *at; /* else it is being changed */
}

uint64_t mtr_core_resident(struct mtr_target *t)
{
	const struct core *c = core_of(t);
	uint64_t sum = 0;

	for (size_t i = 0; i < c->extents.n; i++) {
		const struct extent *e = &c->extents.at[i];
		uint64_t at = mtr_core_offset(c, e), stop;
		uint64_t end = at + (e->end - e->start);

		if (!is_users(e))
			continue;
		/* what unpacks it makes holes of its own */
		if (t->unpacked)
			sum += end - at;
		for (; !t->unpacked && data_next(t, end, &at, &stop); at = stop)
			sum += stop - at;
	}
	return sum;
}

/* Has it a hole? A file that was copied, or written by gcore, has none. */
static bool file_has_holes(struct mtr_target *t)
{
	return mtr_core_next(t, 0, t->map.bytes, SEEK_HOLE) < t->map.bytes;
}

static bool is_zero(const unsigned char *at, uint64_t n)
{
	return !at[0] && memcmp(at, at + 1, n - 1) == 0;
}

/* ------------------------------------------------------------------ pages */

struct pager {
	struct mtr_target *t;
	struct mtr_pages *ret;
	bool no_zeros;	/* a page of zeros is none */
	bool has_zeros; /* one was seen */
	uint64_t looks; /* left, for such a page */
};

/* Up to the end of the page that @addr lies in, or @end. */
static uint64_t page_end(const struct pager *p, uint64_t addr, uint64_t end)
{
	uint64_t n = p->ret->page - addr % p->ret->page;

	return end - addr > n ? addr + n : end;
}

/* [@addr, @end) is in the file, from @at on. */
static bool data_add(struct pager *p, uint64_t addr, uint64_t end,
		     const unsigned char *at)
{
	if (!p->no_zeros && !mtr_pages_add(p->ret, addr, end))
		return false;
	while (addr < end && (p->no_zeros || (p->looks && !p->has_zeros))) {
		uint64_t stop = page_end(p, addr, end);
		bool zero = is_zero(at, stop - addr);

		p->has_zeros |= zero;
		p->looks -= p->looks ? 1 : 0;
		if (p->no_zeros && !zero && !mtr_pages_add(p->ret, addr, stop))
			return false;
		at += stop - addr;
		addr = stop;
	}
	return true;
}

static bool extent_add(struct pager *p, const struct extent *e)
{
	uint64_t from = mtr_core_offset(core_of(p->t), e), at = from, stop;
	uint64_t end = from + (e->end - e->start);

	for (; data_next(p->t, end, &at, &stop); at = stop)
		if (!data_add(p, e->start + (at - from),
			      e->start + (stop - from), e->at + (at - from)))
			return false;
	return true;
}

static struct mtr_error *extents_add(struct pager *p)
{
	const struct core *c = core_of(p->t);

	for (size_t i = 0; i < c->extents.n; i++)
		if (is_users(&c->extents.at[i]) &&
		    !extent_add(p, &c->extents.at[i]))
			return mtr_error_nomem();
	return NULL;
}

static uint64_t page_size(const struct mtr_target *t)
{
	enum { LEAST = 4096, MOST = 1 << 16 };
	uint64_t n = t->auxv.page;

	return n >= LEAST && n <= MOST && (n & (n - 1)) == 0 ? n : LEAST;
}

/* The kernel leaves out what was never touched, and what it was told to. */
static uint64_t undumped(const struct mtr_target *t)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < t->ranges.n; i++) {
		const struct mtr_range *r = &t->ranges.at[i];

		if (!r->readable && r->prot > 0 && r->prot & MTR_PROT_WRITE)
			sum += r->end - r->start;
	}
	return sum;
}

/*
 * A copy that leaves out what is zero looks like the kernel's own, but has no
 * page of zeros: in memory there are some, and one of the first will do.
 */
struct mtr_error *mtr_core_pages(struct mtr_target *t, struct mtr_pages *ret)
{
	enum { LOOKS = 1 << 18 };
	const struct core *c = core_of(t);
	struct pager p = { .t = t, .ret = ret, .looks = LOOKS };

	ret->page = page_size(t);
	p.no_zeros = !c->by_kernel || t->unpacked || !file_has_holes(t);
	MTR_TRY(extents_add(&p));
	ret->undumped = undumped(t);
	if (ret->undumped)
		ret->doubt = MTR_PAGES_UNDUMPED;
	if (p.no_zeros || !p.has_zeros)
		ret->doubt = MTR_PAGES_COPIED;
	if (c->cut)
		ret->doubt = MTR_PAGES_CUT;
	return NULL;
}
