/* SPDX-License-Identifier: MIT */
/*
 * Finding the items of an array by a hash: open addressing, without the items.
 *
 *	uint64_t slot = hash;
 *	while ((at = mtr_index_next(&x, &slot)))
 *		if (items[at - 1] is it)
 *			return at - 1;
 */
#ifndef MTR_BASE_INDEX_H
#define MTR_BASE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct mtr_index {
	uint32_t *at; /* 1 + an index into the items, or 0 */
	size_t room;  /* a power of two, at least twice the items */
};

static inline uint64_t mtr_index_mix(uint64_t hash)
{
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

/* Has it to grow, and all be put in again, before item @n is put in? */
static inline bool mtr_index_is_full(const struct mtr_index *x, size_t n)
{
	return n * 2 >= x->room;
}

/* Empty, with room for more than @n items. False: no memory. */
static inline bool mtr_index_grow(struct mtr_index *x, size_t n)
{
	size_t room = x->room ? x->room : 1024;

	while (room <= n * 2)
		room *= 2;
	free(x->at);
	x->at = calloc(room, sizeof(*x->at));
	x->room = x->at ? room : 0;
	return x->at;
}

static inline void mtr_index_put(struct mtr_index *x, uint64_t hash,
				 uint32_t item)
{
	size_t i = hash & (x->room - 1);

	while (x->at[i])
		i = (i + 1) & (x->room - 1);
	x->at[i] = item + 1;
}

/* 1 + the next item that may have this hash; 0: there are no more. *slot is the
 * hash at first. */
static inline uint32_t mtr_index_next(const struct mtr_index *x, uint64_t *slot)
{
	return x->at[(*slot)++ & (x->room - 1)];
}

static inline void mtr_index_fini(struct mtr_index *x)
{
	free(x->at);
	*x = (struct mtr_index){ 0 };
}

#endif
