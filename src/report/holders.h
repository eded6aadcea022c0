/* SPDX-License-Identifier: MIT */
/*
 * Who holds the memory: the places that people can name, each with the blocks
 * that it alone keeps.
 *
 * A block is held by a place if all ways to it begin there. What several places
 * share is held by none of them, and what nothing reaches is lost: each has an
 * entry of its own, so that all blocks are counted once.
 */
#ifndef MTR_REPORT_HOLDERS_H
#define MTR_REPORT_HOLDERS_H

#include "graph/dominators.h"
#include "graph/lost.h"
#include "report/root_place.h"

struct mtr_holder {
	struct mtr_root_place place;
	char *name; /* owned */
};

MTR_VECTOR(mtr_holder_list, struct mtr_holder);

struct mtr_holders {
	struct mtr_holder_list list; /* then what is lost, and what is shared */
	struct mtr_edges roots;	     /* of each the blocks that it points to; of
				      * what is lost those that lead */
	uint32_t *refs;		     /* of each of these edges, but for what is
				      * lost, the graph's reference */
	struct mtr_dominators tree;  /* on all of .list but what is shared */
	uint32_t *of;		     /* of each block: index into .list */
};

/* @g has its places; all that it is made of outlives it. */
struct mtr_error *mtr_holders_make(const struct mtr_heap_view *s,
				   const struct mtr_graph *g,
				   const struct mtr_lost_list *lost,
				   struct mtr_holders *ret);
/*
 * The same without who holds what, which takes longest: .roots, and .list up to
 * what is lost.
 */
struct mtr_error *mtr_holders_list(const struct mtr_heap_view *s,
				   const struct mtr_graph *g,
				   const struct mtr_lost_list *lost,
				   struct mtr_holders *ret);
void mtr_holders_fini(struct mtr_holders *h);

/*
 * What groups of blocks retain: what would be freed with all blocks of a
 * group, as far as one of them alone holds it. @group: of each block, its own;
 * MTR_NO_BLOCK: none. Adds to @ret, of @n groups. False: no memory.
 */
bool mtr_holders_retained(const struct mtr_holders *h, const uint32_t *group,
			  size_t n, uint64_t *ret);

#endif
