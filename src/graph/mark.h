/* SPDX-License-Identifier: MIT */
/*
 * Marking what is reached: a flood along the edges, from block to block.
 *
 * A ring stands before the stack: what is taken from it is asked for in memory,
 * and comes up when that has arrived. Edges are loaded in two steps, so the
 * ring has two halves.
 */
#ifndef MTR_GRAPH_MARK_H
#define MTR_GRAPH_MARK_H

#include "graph/edges.h"

struct mtr_flood {
	const struct mtr_edges *edges;
	uint64_t *seen;	 /* a bit a block */
	uint32_t *stack; /* seen, and not followed yet; never more than blocks
			  * there are */
	size_t n;	 /* of .stack */

	/* who wants to know: */
	uint32_t *owner; /* of each block that is seen, .source; NULL: no */
	uint32_t source;
	bool returned; /* an edge led back to .source */
};

struct mtr_error *mtr_flood_create(const struct mtr_edges *edges, size_t blocks,
				   struct mtr_flood *ret);
void mtr_flood_fini(struct mtr_flood *f);

static inline bool mtr_flood_has(const struct mtr_flood *f, uint32_t block)
{
	return f->seen[block / 64] >> (block % 64) & 1;
}

/* Begin there too, unless it was seen. */
static inline void mtr_flood_add(struct mtr_flood *f, uint32_t block)
{
	if (mtr_flood_has(f, block))
		return;
	f->seen[block / 64] |= UINT64_C(1) << block % 64;
	f->stack[f->n++] = block;
	if (f->owner)
		f->owner[block] = f->source;
}

/* As far as it goes. */
void mtr_flood_run(struct mtr_flood *f);

#endif
