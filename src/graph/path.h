/* SPDX-License-Identifier: MIT */
/*
 * The shortest way from a root to a block.
 */
#ifndef MTR_GRAPH_PATH_H
#define MTR_GRAPH_PATH_H

#include "graph/edges.h"

MTR_VECTOR(mtr_steps, uint32_t);

struct mtr_path {
	uint32_t root;		/* where it begins; MTR_NO_BLOCK: no root
				 * reaches it */
	struct mtr_steps steps; /* blocks, the last is the one that was asked
				 * for; as few as there are on any way */
};

/*
 * @roots: of each root the blocks that it points to, of which those that come
 * first are taken where several ways are as short.
 */
struct mtr_error *mtr_path_find(const struct mtr_edges *edges, size_t blocks,
				const struct mtr_edges *roots, size_t n_roots,
				uint32_t block, struct mtr_path *ret);
void mtr_path_fini(struct mtr_path *p);

#endif
