/* SPDX-License-Identifier: MIT */
/*
 * What the library has mapped for itself: its tables are no memory of the
 * program's, and what stands in them refers to nothing. The kernel merges
 * mappings that lie next to each other, so only this list tells them apart.
 *
 *   descriptor.own ──► struct mtr_own_list ──► MTR_OWN_MAX ranges
 *
 * A range is one word, which is stored at once:
 *
 *   bits: | 63 .... 28 | 27 .... 3 | 2 .. 0 |
 *         | first page |   pages   |  kind  |    of 4096 bytes; 0: no range
 *
 * No two overlap. What is mapped is listed before anything is stored in it, and
 * is not listed any more before it is unmapped. Ranges of one kind that meet
 * may be one. The library's own .data and .bss are not in the list.
 */
#ifndef MTR_FORMAT_OWN_H
#define MTR_FORMAT_OWN_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MTR_OWN_MAX = 2048,

	MTR_OWN_PAGE_BITS = 12,
	MTR_OWN_KIND_BITS = 3,
	MTR_OWN_PAGES_BITS = 25,
	MTR_OWN_PAGES_MAX = (1 << MTR_OWN_PAGES_BITS) - 1,
};

/* The numbers are part of the format. */
enum mtr_own_kind {
	MTR_OWN_LEDGER,
	MTR_OWN_DEPOT,	/* stacks */
	MTR_OWN_STATES, /* what is kept for each thread */
	MTR_OWN_RULES,	/* for unwinding */
	MTR_OWN_OTHER,
	MTR_OWN_KINDS
};

struct mtr_own_list {
	uint32_t entries; /* MTR_OWN_MAX */
	uint32_t bytes;	  /* of an entry: 8 */
	uint64_t lost;	  /* ranges that found no place so far; they may
			   * have been unmapped since */
	uint64_t range[MTR_OWN_MAX];
};

static_assert(offsetof(struct mtr_own_list, lost) == 8, "lost");
static_assert(offsetof(struct mtr_own_list, range) == 16, "ranges");
static_assert(MTR_OWN_KINDS <= 1 << MTR_OWN_KIND_BITS, "kinds");

static inline uint64_t mtr_own_start(uint64_t range)
{
	return range >> (MTR_OWN_PAGES_BITS + MTR_OWN_KIND_BITS)
				<< MTR_OWN_PAGE_BITS;
}

static inline uint64_t mtr_own_bytes(uint64_t range)
{
	return (range >> MTR_OWN_KIND_BITS & MTR_OWN_PAGES_MAX)
	       << MTR_OWN_PAGE_BITS;
}

static inline uint64_t mtr_own_end(uint64_t range)
{
	return mtr_own_start(range) + mtr_own_bytes(range);
}

static inline unsigned int mtr_own_kind(uint64_t range)
{
	return range & ((1 << MTR_OWN_KIND_BITS) - 1);
}

/* 0: there is no such word, of pages that are none, too many or too high. */
static inline uint64_t mtr_own_range(uint64_t start, uint64_t end,
				     unsigned int kind)
{
	uint64_t first = start >> MTR_OWN_PAGE_BITS;
	uint64_t pages = (end >> MTR_OWN_PAGE_BITS) - first;

	if (end <= start || end >> 48 || pages > MTR_OWN_PAGES_MAX)
		return 0;
	return (first << MTR_OWN_PAGES_BITS | pages) << MTR_OWN_KIND_BITS |
	       kind;
}

#endif
