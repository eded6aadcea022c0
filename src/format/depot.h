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
 */
#ifndef MTR_FORMAT_DEPOT_H
#define MTR_FORMAT_DEPOT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MTR_NODE_BITS = 24, /* of a stack's id in the trailer */
	MTR_NODE_MAX = 1 << MTR_NODE_BITS,
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
	uint32_t link; /* the writer's own */
};

struct mtr_depot {
	uint32_t nodes;	     /* numbers given out so far, roots included */
	uint32_t chunk_bits; /* MTR_CHUNK_NODE_BITS */
	uint64_t chunk[MTR_DEPOT_CHUNKS]; /* address; 0: not there yet */
};

static_assert(sizeof(struct mtr_node) == 16, "node");
static_assert(offsetof(struct mtr_depot, chunk) == 8, "chunk");
static_assert((int)MTR_ROOT_COUNT <= (int)MTR_NODE_FIRST, "roots");

#endif
