/* SPDX-License-Identifier: MIT */
/*
 * Who points to whom: for each live block those that its words point to.
 *
 * A word is an aligned one inside the bytes that were asked for. Blocks are
 * read once, by address; whatever follows edges then needs no memory of the
 * target any more, and its own lies closer together.
 */
#ifndef MTR_GRAPH_EDGES_H
#define MTR_GRAPH_EDGES_H

#include "graph/index.h"
#include "graph/window.h"

struct mtr_edges {
	uint64_t *first; /* of each block, and one more: where its edges begin
			  * in .to */
	uint32_t *to;
	uint32_t *words; /* of each edge: which word of its block it is, as far
			  * as MTR_EDGE_FAR; NULL: nobody asked */
	size_t n;
	size_t room, words_room; /* of .to and .words */
};

/* It is that word, or one behind it. */
#define MTR_EDGE_FAR UINT32_MAX

/* What points into the middle of a block does not count; places are kept. */
enum { MTR_EDGES_START_ONLY = 1, MTR_EDGES_PLACES = 2 };

/*
 * No edge leads from a block to itself, nor does one follow its like. @flags:
 * MTR_EDGES_*.
 */
struct mtr_error *mtr_edges_read(struct mtr_window *w,
				 const struct mtr_index *x, unsigned flags,
				 struct mtr_edges *ret);
void mtr_edges_fini(struct mtr_edges *e);

#endif
