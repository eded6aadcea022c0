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

/* A word of a sure root that points to a block. */
struct mtr_ref {
	uint64_t addr;	 /* of the word; 0: it is in a register */
	uint32_t thread; /* of which one: its number in the list of threads */
	uint32_t block;
};

MTR_VECTOR(mtr_refs, struct mtr_ref);

struct mtr_graph {
	struct mtr_target *target;
	const struct mtr_heap *heap;
	struct mtr_index index;
	struct mtr_edges edges;
	struct mtr_roots roots;
	struct mtr_refs refs;	  /* if asked for: registers, then by address */
	struct mtr_flood reached; /* .seen: from the sure roots */
};

struct mtr_graph_options {
	bool start_only; /* what points into the middle of a block does not
			  * count */
	bool places;	 /* .refs and .edges.words are wanted */
};

/*
 * @heap was read of @t, and both outlive it. An error if @t has no memory to be
 * read.
 */
struct mtr_error *mtr_graph_read(struct mtr_target *t,
				 const struct mtr_heap *heap,
				 const struct mtr_graph_options *options,
				 struct mtr_graph *ret);
void mtr_graph_fini(struct mtr_graph *g);

#endif
