/* SPDX-License-Identifier: MIT */
/*
 * The free heap, piece by piece: what is heap, and in no live block.
 *
 * With glibc a piece is a chunk, without its header, where the chunks' sizes
 * lead from one live block to the next. Where they do not, and with other
 * allocators, it is all that lies between two blocks. What the allocator keeps
 * there for itself, such as a thread's cache of chunks, is not told from it.
 */
#ifndef MTR_GRAPH_GAPS_H
#define MTR_GRAPH_GAPS_H

#include "graph/regions.h"

/* By address. @t is stopped, or does not run. */
struct mtr_error *mtr_gaps_find(struct mtr_target *t,
				const struct mtr_heap *heap,
				const struct mtr_regions *regions,
				struct mtr_areas *ret);

#endif
