/* SPDX-License-Identifier: MIT */
/*
 * The index, made in one pass over the blocks. See index.h for the contract.
 */
#include "graph/index.h"

#include <string.h>

enum {
	ROOTS = 1 << MTR_INDEX_ROOT_BITS,
	MIDS = 1 << MTR_INDEX_MID_BITS,
	ROOT_SHIFT = MTR_INDEX_PAGE_BITS + MTR_INDEX_MID_BITS,
};

/* NULL: no memory. */
static uint32_t *mid_at(struct mtr_index *x, uint64_t addr)
{
	struct mtr_index_root *root = &x->root[addr >> ROOT_SHIFT];

	if (!root->mid)
		root->mid = calloc(MIDS, sizeof(*root->mid));
	return root->mid ? &root->mid[addr >> MTR_INDEX_PAGE_BITS & (MIDS - 1)]
			 : NULL;
}

/* A new page, which @before blocks come before. */
static bool page_add(struct mtr_index *x, uint64_t before)
{
	const size_t bytes = MTR_INDEX_WORDS * sizeof(*x->words);
	void *at = x->words;
	bool ok = mtr_vector_reserve(&at, &x->room, x->pages + 1, bytes);

	x->words = at;
	if (!ok)
		return false;
	memset(x->words + x->pages * MTR_INDEX_WORDS, 0, bytes);
	x->words[x->pages * MTR_INDEX_WORDS].rank = before;
	x->pages++;
	return true;
}

/* The places from @from to @to that block @i has all of, or ends in. */
static bool inside_set(struct mtr_index *x, size_t i, uint64_t from,
		       uint64_t to)
{
	while (from <= to) {
		struct mtr_index_root *root = &x->root[from >> ROOT_SHIFT];
		uint64_t next = ((from >> ROOT_SHIFT) + 1) << ROOT_SHIFT;
		uint32_t *mid;

		if (!root->mid && !(from & ((UINT64_C(1) << ROOT_SHIFT) - 1)) &&
		    to >= next) {
			root->inside = i + 1;
			from = next;
			continue;
		}
		mid = mid_at(x, from);
		if (!mid)
			return false;
		if (!*mid)
			*mid = MTR_INDEX_INSIDE | (uint32_t)i;
		from = ((from >> MTR_INDEX_PAGE_BITS) + 1)
		       << MTR_INDEX_PAGE_BITS;
	}
	return true;
}

static bool block_add(struct mtr_index *x, size_t i)
{
	const struct mtr_block *b = &x->blocks[i];
	uint64_t asked = mtr_index_asked(b), last = b->addr + asked;
	uint64_t page = b->addr >> MTR_INDEX_PAGE_BITS;
	uint32_t *mid = mid_at(x, b->addr);
	struct mtr_index_word *w;

	x->spans[i] = b->addr >> MTR_GRANULE_BITS << MTR_INDEX_ASKED_BITS |
		      (asked < MTR_INDEX_LARGE ? asked : MTR_INDEX_LARGE);
	if (!mid)
		return false;
	if (!*mid || *mid & MTR_INDEX_INSIDE) {
		if (!page_add(x, i))
			return false;
		*mid = x->pages;
	}
	w = &x->words[(size_t)(*mid - 1) * MTR_INDEX_WORDS +
		      (b->addr >> MTR_INDEX_WORD_BITS & (MTR_INDEX_WORDS - 1))];
	w->bits |= UINT64_C(1) << (b->addr >> MTR_GRANULE_BITS & 63);
	if (last >> MTR_ADDR_BITS)
		last = (UINT64_C(1) << MTR_ADDR_BITS) - 1;
	return last >> MTR_INDEX_PAGE_BITS == page ||
	       inside_set(x, i, (page + 1) << MTR_INDEX_PAGE_BITS, last);
}

/* Each page knows what is before its first word. */
static void ranks_set(struct mtr_index *x)
{
	for (size_t page = 0; page < x->pages; page++) {
		struct mtr_index_word *w = x->words + page * MTR_INDEX_WORDS;
		uint64_t rank = w->rank;

		for (size_t i = 0; i < MTR_INDEX_WORDS; i++) {
			w[i].rank = rank;
			rank += __builtin_popcountll(w[i].bits);
		}
	}
}

static struct mtr_error *index_fill(struct mtr_index *x)
{
	uint64_t end = 0;

	for (size_t i = 0; i < x->n; i++) {
		uint64_t addr = x->blocks[i].addr;

		/* heap.c sees to it; a rank would be wrong for all behind */
		if (addr < end || addr % MTR_GRANULE || addr >> MTR_ADDR_BITS)
			return mtr_error_coded(MTR_ERROR_DAMAGED,
					       "its blocks overlap");
		end = (addr | (MTR_GRANULE - 1)) + 1;
		if (!block_add(x, i))
			return mtr_error_nomem();
	}
	ranks_set(x);
	return NULL;
}

struct mtr_error *mtr_index_create(const struct mtr_blocks *blocks,
				   struct mtr_index *ret)
{
	struct mtr_error *error;

	*ret = (struct mtr_index){ .blocks = blocks->at, .n = blocks->n };
	if (blocks->n >= MTR_INDEX_INSIDE)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "it has more than 2^31 blocks");
	ret->root = calloc(ROOTS, sizeof(*ret->root));
	ret->spans = mtr_huge_alloc(blocks->n + 1, sizeof(*ret->spans));
	error = ret->root && ret->spans ? index_fill(ret) : mtr_error_nomem();
	if (error)
		mtr_index_fini(ret);
	return error;
}

void mtr_index_fini(struct mtr_index *x)
{
	for (size_t i = 0; x->root && i < ROOTS; i++)
		free(x->root[i].mid);
	free(x->root);
	free(x->spans);
	free(x->words);
	*x = (struct mtr_index){ 0 };
}
