/* SPDX-License-Identifier: MIT */
/*
 * From any address to the live block that it points to, in two loads.
 *
 * Each granule has a bit, set where a block begins, and 64 granules a word with
 * the number of blocks before them: the block at or before an address is that
 * number and a popcount. The words are in pages, for 1 MiB of addresses each:
 *
 *   address:  | 47 ..... 34 | 33 ..... 20 | 19 ..... 10 | 9 ...... 4 | 3 .. 0 |
 *             |    root     |    middle   |    word     |    bit     | granule|
 *
 * Pages, and tables of them, are only where more than MTR_INDEX_FEW blocks
 * begin, so that a block costs no more than a KiB or so wherever somebody says
 * that it lies. Elsewhere there is the first block that may be meant.
 *
 * What points to a block: from its first byte to one past the last that was
 * asked for. The record behind it tells the end from the next block's start.
 * Of a block whose record is damaged all of its bytes count.
 */
#ifndef MTR_GRAPH_INDEX_H
#define MTR_GRAPH_INDEX_H

#include "heap/heap.h"

enum {
	MTR_INDEX_PAGE_BITS = 20,
	MTR_INDEX_MID_BITS = 14,
	MTR_INDEX_ROOT_BITS =
		MTR_ADDR_BITS - MTR_INDEX_PAGE_BITS - MTR_INDEX_MID_BITS,
	MTR_INDEX_WORD_BITS = 6 + MTR_GRANULE_BITS,
	MTR_INDEX_WORDS = 1 << (MTR_INDEX_PAGE_BITS - MTR_INDEX_WORD_BITS),
	MTR_INDEX_ASKED_BITS = 64 - (MTR_ADDR_BITS - MTR_GRANULE_BITS),
	MTR_INDEX_LARGE = (1 << MTR_INDEX_ASKED_BITS) - 1,
	MTR_INDEX_FEW = 64,
};

#define MTR_NO_BLOCK UINT32_MAX

struct mtr_index_word {
	uint64_t bits;
	uint64_t rank; /* blocks before the word's first granule */
};

/* Of 1 MiB: 0: nothing; MTR_INDEX_NEAR + the block that reaches into it or, if
 * there is none, begins in it first; else 1 + the number of a page. */
#define MTR_INDEX_NEAR (UINT32_C(1) << 31)

/* 16 GiB. */
struct mtr_index_root {
	uint32_t *mid; /* NULL: few blocks begin there */
	uint32_t near; /* then: 1 + the first one, as above; 0: none */
};

struct mtr_index {
	const struct mtr_block *blocks;
	size_t n;
	/* of each: its first granule, and the bytes asked for, at most
	 * MTR_INDEX_LARGE: look at the block itself */
	uint64_t *spans;
	uint64_t pointer; /* which bits of a pointer are an address: all, unless
			   * told otherwise */
	struct mtr_index_root *root;
	struct mtr_index_word *words;
	size_t pages, room; /* of .words */
};

/* @blocks come by address, and outlive it. */
struct mtr_error *mtr_index_create(const struct mtr_blocks *blocks,
				   struct mtr_index *ret);
void mtr_index_fini(struct mtr_index *x);

/* How many bytes of @b are the program's. */
static inline uint64_t mtr_index_asked(const struct mtr_block *b)
{
	return b->damaged ? b->usable : b->size;
}

/* 1 + the last block from @first on that begins at or before @addr, if that is
 * one of the next few; it may be @first itself that begins behind. */
uint32_t mtr_index_near(const struct mtr_index *x, uint32_t first,
			uint64_t addr);

/* The word that tells of @addr, or NULL: then *next is 1 + the block that it
 * may point to, or 0. */
static inline const struct mtr_index_word *
mtr_index_word(const struct mtr_index *x, uint64_t addr, uint32_t *next)
{
	const struct mtr_index_root *root;
	uint32_t mid;

	*next = 0;
	if (addr >> MTR_ADDR_BITS)
		return NULL;
	root = &x->root[addr >> (MTR_INDEX_PAGE_BITS + MTR_INDEX_MID_BITS)];
	if (!root->mid) {
		if (root->near)
			*next = mtr_index_near(x, root->near - 1, addr);
		return NULL;
	}
	mid = root->mid[addr >> MTR_INDEX_PAGE_BITS &
			((1 << MTR_INDEX_MID_BITS) - 1)];
	if (!mid)
		return NULL;
	if (mid & MTR_INDEX_NEAR) {
		*next = mtr_index_near(x, mid & ~MTR_INDEX_NEAR, addr);
		return NULL;
	}
	return &x->words[(size_t)(mid - 1) * MTR_INDEX_WORDS +
			 (addr >> MTR_INDEX_WORD_BITS & (MTR_INDEX_WORDS - 1))];
}

/* 1 + the block that begins at or before @addr; 0: none. */
static inline uint32_t mtr_index_rank(const struct mtr_index_word *w,
				      uint64_t addr)
{
	unsigned bit = addr >> MTR_GRANULE_BITS & 63;

	return w->rank + __builtin_popcountll(w->bits << (63 - bit));
}

/* Where the block @i begins. */
static inline uint64_t mtr_index_start(const struct mtr_index *x, uint32_t i)
{
	return x->spans[i] >> MTR_INDEX_ASKED_BITS << MTR_GRANULE_BITS;
}

/* Does @addr point to the block @i, which begins at or before it? */
static inline bool mtr_index_reaches(const struct mtr_index *x, uint32_t i,
				     uint64_t addr)
{
	uint64_t offset = addr - mtr_index_start(x, i);
	uint64_t asked = x->spans[i] & MTR_INDEX_LARGE;

	return offset <= asked || (asked == MTR_INDEX_LARGE &&
				   offset <= mtr_index_asked(&x->blocks[i]));
}

/* The block that @addr points to, or MTR_NO_BLOCK. */
static inline uint32_t mtr_index_find(const struct mtr_index *x, uint64_t addr)
{
	const struct mtr_index_word *w;
	uint32_t next;

	addr &= x->pointer;
	w = mtr_index_word(x, addr, &next);
	if (w)
		next = mtr_index_rank(w, addr);
	return next && mtr_index_reaches(x, next - 1, addr) ? next - 1
							    : MTR_NO_BLOCK;
}

#endif
