/* SPDX-License-Identifier: MIT */
/*
 * What no sure root reaches, and what hangs from what.
 *
 * A lost list is one leak: its head, from which the rest hangs. So leaders are
 * found: the fewest blocks from which all others that are lost are reached. Of
 * a cycle that nothing else leads to one block is the leader.
 *
 * Beside each there may be a hint: a word that still looks like a pointer to
 * it.
 */
#ifndef MTR_GRAPH_LOST_H
#define MTR_GRAPH_LOST_H

#include "graph/graph.h"

enum mtr_hint_kind {
	MTR_HINT_NONE,
	MTR_HINT_STALE,	    /* in a doubtful root */
	MTR_HINT_UNALIGNED, /* in reached memory, at no multiple of 8 */
	MTR_HINT_TAGGED,    /* the same, with something in its upper 16 bits */
};

struct mtr_hint {
	enum mtr_hint_kind kind;
	enum mtr_place place; /* that .addr lies in */
	uint32_t thread;      /* as struct mtr_root_area has it */
	uint32_t block;	      /* the live block around it or, of a stale one,
			       * right before it; MTR_NO_BLOCK: none */
	uint64_t addr;	      /* of the word */
};

struct mtr_lost {
	uint32_t block;
	uint32_t leader; /* a block; its own, if it is one */
	bool cycle;	 /* a leader that its own references come back to */
	struct mtr_hint hint;
};

static inline bool mtr_lost_is_leader(const struct mtr_lost *l)
{
	return l->leader == l->block;
}

MTR_VECTOR(mtr_lost_list, struct mtr_lost);

/* By address. Hints cost two more passes over memory: @hints asks for them. */
struct mtr_error *mtr_lost_find(const struct mtr_graph *g, bool hints,
				struct mtr_lost_list *ret);

/* That of @block, or NULL. */
struct mtr_lost *mtr_lost_at(const struct mtr_lost_list *v, uint32_t block);

#endif
