/* SPDX-License-Identifier: MIT */
/*
 * Who alone holds what: the tree of immediate dominators.
 *
 * All ways to a block, from any root, go through its dominators. What hangs
 * below a node in the tree is what it retains: that would be lost with it. What
 * several roots share hangs from the top.
 */
#ifndef MTR_GRAPH_DOMINATORS_H
#define MTR_GRAPH_DOMINATORS_H

#include "graph/edges.h"

struct mtr_retained {
	uint64_t blocks, bytes;
};

/* Nodes are blocks, then roots. */
struct mtr_dominators {
	size_t blocks, roots;
	uint32_t *parent;	       /* MTR_NO_BLOCK: the top, or no root
					* reaches it */
	struct mtr_retained *retained; /* a block's with itself; all 0 of what
					* no root reaches */
};

/*
 * @roots: of each root the blocks that it points to, .first as long as there
 * are @n_roots. Of both together there may be 2^32 - 2. @live: a bit a block:
 * of those without it no reference to one with it counts; NULL: all count.
 */
struct mtr_error *mtr_dominators_find(const struct mtr_edges *edges,
				      const struct mtr_index *x,
				      const struct mtr_edges *roots,
				      size_t n_roots, const uint64_t *live,
				      struct mtr_dominators *ret);
/*
 * All nodes from the top down: @up comes when all below a node is done.
 * False: no memory.
 */
bool mtr_dominators_walk(const struct mtr_dominators *d,
			 void (*down)(void *to, uint32_t node),
			 void (*up)(void *to, uint32_t node), void *to);

void mtr_dominators_fini(struct mtr_dominators *d);

#endif
