/* SPDX-License-Identifier: MIT */
/*
 * The call stacks that blocks have: read from the target's depot, as far as
 * they are in use, into plain arrays.
 *
 * Frames that stacks have in common, outermost first, are kept once. A stack
 * that cannot be followed to its end is not known, and counted; so no chain of
 * frames is longer than MTR_STACK_FRAMES_MAX, or comes back to itself.
 */
#ifndef MTR_HEAP_STACKS_H
#define MTR_HEAP_STACKS_H

#include "format/depot.h"
#include "heap/heap.h"

/* A frame of some stacks. */
struct mtr_call {
	uint32_t site;	 /* index into .pcs */
	uint32_t parent; /* the frame further out, before this one in
			  * .calls; 0: none */
	uint16_t depth;	 /* frames from here outwards, itself included */
	uint8_t end;	 /* enum mtr_root: why there are no more */
	bool signal;	 /* a signal came here; nothing was called */
};

struct mtr_stack {
	uint32_t id;	 /* in the depot */
	uint32_t call;	 /* its innermost frame; 0: not known */
	uint32_t caller; /* the site that its blocks' records name */
	uint32_t owner;	 /* the site that its blocks are attributed to */
};

MTR_VECTOR(mtr_calls, struct mtr_call);
MTR_VECTOR(mtr_stack_list, struct mtr_stack);

struct mtr_stacks {
	struct mtr_stack_list list; /* [0]: no stack */
	struct mtr_calls calls;	    /* [0]: none */
	struct mtr_addresses pcs;   /* heap.sites, then those that only
				     * stacks have; MTR_PC_EXACT: the
				     * instruction is at it, not before it */
	uint64_t nodes;		    /* frames in the depot */
	uint64_t lost;		    /* of .list: not known */
};

/* The sites of @stack's frames, innermost first; how many there are. */
static inline unsigned mtr_stack_sites(const struct mtr_stacks *s,
				       const struct mtr_stack *stack,
				       uint32_t ret[MTR_STACK_FRAMES_MAX])
{
	unsigned n = 0;

	for (uint32_t i = stack->call; i && n < MTR_STACK_FRAMES_MAX;
	     i = s->calls.at[i].parent)
		ret[n++] = s->calls.at[i].site;
	return n;
}

/*
 * Blocks' .stack, ids until then, become indices into ret->list. .owner is left
 * to be found. Damage warns.
 */
struct mtr_error *mtr_stacks_read(struct mtr_target *t, struct mtr_heap *heap,
				  struct mtr_stacks *ret);
void mtr_stacks_fini(struct mtr_stacks *s);

#endif
