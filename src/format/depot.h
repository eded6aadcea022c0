/* SPDX-License-Identifier: MIT */
/*
 * The depot: every distinct call stack once, as a tree of frames.
 *
 * A stack is the number of its innermost frame's node; from there .parent leads
 * outwards, to one of the roots, whose number says why the stack ends there.
 * A parent's number is below its child's, so the way out always ends.
 *
 *   descriptor.depot ──► struct mtr_depot ──► chunk[i] ──► 2^17 nodes
 *
 *     node 4711  pc of malloc's caller      parent 4702
 *     node 4702  pc of its caller           parent 311
 *     node 311   pc in main                 parent ...  MTR_ROOT_COMPLETE
 *
 * Who answers for a block is the first frame outwards that is not a runtime's
 * (mtr_node_answers). The first numbers are for callers alone, so that a block
 * has its caller when there is no room for stacks any more.
 */
#ifndef MTR_FORMAT_DEPOT_H
#define MTR_FORMAT_DEPOT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MTR_NODE_BITS = 24, /* of a stack's id in the trailer */
	MTR_NODE_MAX = 1 << MTR_NODE_BITS,
	MTR_NODE_CALLERS = 1 << 14, /* before it: nodes for callers alone */
	MTR_CHUNK_NODE_BITS = 17,
	MTR_CHUNK_NODES = 1 << MTR_CHUNK_NODE_BITS,
	MTR_DEPOT_CHUNKS = MTR_NODE_MAX >> MTR_CHUNK_NODE_BITS,
	MTR_STACK_DEPTH_MAX = 64,   /* of stacks= */
	MTR_STACK_FRAMES_MAX = 256, /* a stack may be so deep to be kept whole,
				     * whatever stacks= says */
};

/* Where a stack ends, and why. The numbers are part of the format. */
enum mtr_root {
	MTR_ROOT_NONE,	     /* no stack: the depot is full, or no memory */
	MTR_ROOT_COMPLETE,   /* at the thread's first function */
	MTR_ROOT_DEPTH,	     /* too deep: the innermost, as many as stacks=
			      * asks for */
	MTR_ROOT_NO_CFI,     /* code without unwind information */
	MTR_ROOT_EXPRESSION, /* a rule that is not understood */
	MTR_ROOT_DAMAGED,    /* unwind information that is malformed */
	MTR_ROOT_STACK,	     /* the frame would lie outside of the stack */
	MTR_ROOT_CALLER,     /* the caller alone was kept: stacks=1, a block
			      * that was not sampled, or no more room */
	MTR_ROOT_COUNT,
	MTR_NODE_FIRST = 16, /* the first node that is a frame */
};

/*
 * .pc is a return address, except with this bit: then it is the address of the
 * instruction at which a signal came.
 */
#define MTR_PC_EXACT (UINT64_C(1) << 63)

struct mtr_node {
	uint64_t pc;
	uint32_t parent;
	uint32_t link; /* MTR_NODE_*; bits 0-23 are the writer's own */
};

enum {
	MTR_NODE_RUNTIME = 1 << 24, /* the code at .pc is libc's or the C++
				     * runtime's, which asks for others */
	MTR_NODE_LINKER = 1 << 25,  /* it is the dynamic linker's */
};

/*
 * Does the code at @node answer for the block? *innermost: no, the innermost
 * frame does: the linker called a runtime's constructor.
 */
static inline bool mtr_node_answers(const struct mtr_node *node,
				    bool *innermost)
{
	*innermost = node->link & MTR_NODE_LINKER;
	return !(node->link & MTR_NODE_RUNTIME);
}

struct mtr_depot {
	uint32_t nodes;	     /* the first number not given out yet */
	uint32_t chunk_bits; /* MTR_CHUNK_NODE_BITS */
	uint64_t chunk[MTR_DEPOT_CHUNKS]; /* address; 0: not there yet */
	/* of a library whose descriptor has .record */
	uint32_t callers; /* the first below MTR_NODE_CALLERS that is not
			   * given out yet */
	uint32_t spare;
};

/* What a library without .callers has. */
enum { MTR_DEPOT_MIN = 8 + 8 * MTR_DEPOT_CHUNKS };

static_assert(sizeof(struct mtr_node) == 16, "node");
static_assert(offsetof(struct mtr_depot, chunk) == 8, "chunk");
static_assert(offsetof(struct mtr_depot, callers) == MTR_DEPOT_MIN, "callers");
static_assert((int)MTR_ROOT_COUNT <= (int)MTR_NODE_FIRST, "roots");

#endif
