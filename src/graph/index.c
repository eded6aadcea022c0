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

static struct mtr_index_root *root_at(struct mtr_index *x, uint64_t addr)
{
	return &x->root[addr >> ROOT_SHIFT];
}

static uint32_t *mid_at(const struct mtr_index_root *root, uint64_t addr)
{
	return &root->mid[addr >> MTR_INDEX_PAGE_BITS & (MIDS - 1)];
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

/* ----------------------------------------------------------------- filling */

/* How far @i reaches, but not beyond where the next one begins: whatever blocks
 * say of themselves, no place is seen twice. */
static uint64_t last_of(const struct mtr_index *x, size_t i)
{
	const struct mtr_block *b = &x->blocks[i];
	uint64_t last = b->addr + mtr_index_asked(b);

	if (last < b->addr || last >> MTR_ADDR_BITS)
		last = (UINT64_C(1) << MTR_ADDR_BITS) - 1;
	if (i + 1 < x->n && last > b[1].addr)
		last = b[1].addr;
	return last;
}

/* It is what is near in all places from @from to @to where nothing else is. */
static void near_set(struct mtr_index *x, size_t i, uint64_t from, uint64_t to)
{
	while (from <= to) {
		struct mtr_index_root *root = root_at(x, from);
		unsigned bits = root->mid ? MTR_INDEX_PAGE_BITS : ROOT_SHIFT;

		if (!root->mid && !root->near)
			root->near = i + 1;
		else if (root->mid && !*mid_at(root, from))
			*mid_at(root, from) = MTR_INDEX_NEAR | (uint32_t)i;
		from = ((from >> bits) + 1) << bits;
	}
}

/* The first block behind @i that begins in another piece of so many bits. */
static size_t group_end(const struct mtr_index *x, size_t i, unsigned bits)
{
	uint64_t piece = x->blocks[i].addr >> bits;

	while (i < x->n && x->blocks[i].addr >> bits == piece)
		i++;
	return i;
}

/* The blocks from @i to @end are all that begin in their MiB. */
static bool page_fill(struct mtr_index *x, size_t i, size_t end)
{
	uint32_t *mid =
		mid_at(root_at(x, x->blocks[i].addr), x->blocks[i].addr);
	struct mtr_index_word *words;

	if (end - i <= MTR_INDEX_FEW) {
		if (!*mid)
			*mid = MTR_INDEX_NEAR | (uint32_t)i;
		return true;
	}
	if (!page_add(x, i))
		return false;
	*mid = x->pages;
	words = &x->words[(x->pages - 1) * MTR_INDEX_WORDS];
	for (; i < end; i++) {
		uint64_t addr = x->blocks[i].addr;

		words[addr >> MTR_INDEX_WORD_BITS & (MTR_INDEX_WORDS - 1)]
			.bits |= UINT64_C(1) << (addr >> MTR_GRANULE_BITS & 63);
	}
	return true;
}

static bool mid_create(struct mtr_index *x, uint64_t addr)
{
	struct mtr_index_root *root = root_at(x, addr);
	uint32_t near = root->near;

	root->mid = calloc(MIDS, sizeof(*root->mid));
	if (!root->mid)
		return false;
	root->near = 0;
	if (near)
		near_set(x, near - 1, addr >> ROOT_SHIFT << ROOT_SHIFT,
			 last_of(x, near - 1));
	return true;
}

/* The same of their 16 GiB. */
static bool root_fill(struct mtr_index *x, size_t i, size_t end)
{
	struct mtr_index_root *root = root_at(x, x->blocks[i].addr);

	if (end - i > MTR_INDEX_FEW) {
		if (!mid_create(x, x->blocks[i].addr))
			return false;
	} else if (!root->near) {
		root->near = i + 1;
	}
	while (i < end) {
		size_t next =
			root->mid ? group_end(x, i, MTR_INDEX_PAGE_BITS) : end;

		if (root->mid && !page_fill(x, i, next))
			return false;
		/* what reaches further is the last one */
		i = next;
		near_set(x, i - 1, x->blocks[i - 1].addr, last_of(x, i - 1));
	}
	return true;
}

static void span_set(struct mtr_index *x, size_t i)
{
	uint64_t asked = mtr_index_asked(&x->blocks[i]);

	x->spans[i] = x->blocks[i].addr >> MTR_GRANULE_BITS
						   << MTR_INDEX_ASKED_BITS |
		      (asked < MTR_INDEX_LARGE ? asked : MTR_INDEX_LARGE);
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
		span_set(x, i);
	}
	for (size_t i = 0, next; i < x->n; i = next) {
		next = group_end(x, i, ROOT_SHIFT);
		if (!root_fill(x, i, next))
			return mtr_error_nomem();
	}
	ranks_set(x);
	return NULL;
}

uint32_t mtr_index_near(const struct mtr_index *x, uint32_t first,
			uint64_t addr)
{
	size_t low = first, high = low + MTR_INDEX_FEW + 1;

	high = high < x->n ? high : x->n;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (mtr_index_start(x, middle) <= addr)
			low = middle;
		else
			high = middle;
	}
	return low + 1;
}

struct mtr_error *mtr_index_create(const struct mtr_blocks *blocks,
				   struct mtr_index *ret)
{
	struct mtr_error *error;

	*ret = (struct mtr_index){ .blocks = blocks->at,
				   .n = blocks->n,
				   .pointer = UINT64_MAX };
	if (blocks->n >= MTR_INDEX_NEAR)
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
