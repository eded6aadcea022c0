/* SPDX-License-Identifier: MIT */
/*
 * The call tree: its roots are the outermost functions, and each branch has the
 * sum of all that was allocated in its function or by what that called.
 *
 * Calls of the same function from the same branch are one branch, wherever in
 * the calling function they stand. Made of a tally by stack.
 */
#ifndef MTR_REPORT_TREE_H
#define MTR_REPORT_TREE_H

#include "report/tally.h"

struct mtr_branch {
	const char *name;		 /* of the function */
	const struct mtr_module *module; /* NULL: none */
	const struct mtr_frame *frame;	 /* the source line, if it is the
					  * same for all; else NULL */
	struct mtr_sum sum;		 /* its children's included */
	uint32_t parent;
	uint32_t first, n; /* its children: of .order, the largest first */
};

MTR_VECTOR(mtr_branches, struct mtr_branch);

struct mtr_tree {
	struct mtr_branches branches; /* [0]: the whole; parents first */
	uint32_t *order;
	struct mtr_strings names; /* each owned */
};

struct mtr_error *mtr_tree_make(const struct mtr_heap_view *s,
				const struct mtr_tally *t, enum mtr_sort sort,
				struct mtr_tree *ret);
void mtr_tree_fini(struct mtr_tree *t);

static inline const struct mtr_branch *
mtr_tree_child(const struct mtr_tree *t, const struct mtr_branch *b, uint32_t i)
{
	return &t->branches.at[t->order[b->first + i]];
}

static inline uint64_t mtr_sum_by(const struct mtr_sum *sum, enum mtr_sort sort)
{
	return sort == MTR_SORT_BLOCKS	? sum->blocks
	       : sort == MTR_SORT_SLACK ? sum->slack
	       : sort == MTR_SORT_PINS	? sum->pins
					: sum->bytes;
}

#endif
