/* SPDX-License-Identifier: MIT */
/*
 * Who holds what: the live blocks, the references between them, the roots, and
 * what these reach.
 *
 * All that is read of the target is read in mtr_graph_read() and, for what is
 * not reached, in mtr_lost_find(): a live process is to be stopped before its
 * blocks are read, and may go on after these two.
 */
#ifndef MTR_GRAPH_GRAPH_H
#define MTR_GRAPH_GRAPH_H

#include "graph/mark.h"
#include "graph/roots.h"

struct mtr_graph {
	struct mtr_target *target;
	const struct mtr_heap *heap;
	struct mtr_index index;
	struct mtr_edges edges;
	struct mtr_roots roots;
	struct mtr_flood reached; /* .seen: from the sure roots */
};

/*
 * @heap was read of @t, and both outlive it. @start_only: what points into the
 * middle of a block does not count. An error if @t has no memory to be read.
 */
struct mtr_error *mtr_graph_read(struct mtr_target *t,
				 const struct mtr_heap *heap, bool start_only,
				 struct mtr_graph *ret);
void mtr_graph_fini(struct mtr_graph *g);

#endif
