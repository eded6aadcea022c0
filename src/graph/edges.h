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
	size_t n, room; /* of .to */
};

/*
 * No edge leads from a block to itself, nor does one follow its like.
 * @start_only: those that point to the first byte.
 */
struct mtr_error *mtr_edges_read(struct mtr_window *w,
				 const struct mtr_index *x, bool start_only,
				 struct mtr_edges *ret);
void mtr_edges_fini(struct mtr_edges *e);

#endif
