/* SPDX-License-Identifier: MIT */
/*
 * A number for each caller: what a short record has in place of a stack, where
 * the caller alone is kept (stacks=1), and of blocks that are not sampled.
 *
 * The number is that of a node of the depot, a stack of one frame. A table by
 * return address has those of late, for callers that are no runtime's: of
 * libc's and the C++ runtime's the stack decides who asked.
 *
 * Any thread, signal handlers.
 */
#ifndef MTR_PRELOAD_CALLERS_H
#define MTR_PRELOAD_CALLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trailer.h"
#include "preload/capture.h"
#include "preload/compiler.h"
#include "preload/threads.h"

enum {
	MTR_CALLERS_BITS = 12,
	MTR_CALLERS_KEY = 8, /* of the return address, which the place in the
			      * table tells */
};

/*
 * An id, and below it the return address without its lowest 8 bits: one word,
 * so that whoever reads it has both of one caller.
 *
 *   bits: 24 id | 40 return address
 */
extern MTR_HIDDEN uint64_t mtr_callers_known[1 << MTR_CALLERS_BITS];

static_assert(MTR_CALLERS_KEY <= MTR_CALLERS_BITS &&
		      MTR_CALLERS_KEY == MTR_SIZE_BITS - 32 &&
		      MTR_SIZE_BITS + MTR_STACK_BITS == 64,
	      "the lowest bits of an address are told by its place");

MTR_INLINE uint64_t *mtr_callers_place(uintptr_t pc)
{
	return &mtr_callers_known[pc & ((1 << MTR_CALLERS_BITS) - 1)];
}

/* Is the id at hand? In *stack it is, in bits 40 to 63, as a trailer has it. */
MTR_INLINE bool mtr_callers_at_hand(uintptr_t pc, uint64_t *stack)
{
	/* of this caller nothing is left but the id */
	*stack = __atomic_load_n(mtr_callers_place(pc), __ATOMIC_RELAXED) ^
		 pc >> MTR_CALLERS_KEY;
	return likely(!(*stack << MTR_STACK_BITS));
}

/* The id of @pc, which no runtime has, or of the one who called in the end; 0:
 * there is no room for it. */
uint32_t mtr_callers_id(uintptr_t pc);

/*
 * sample=@bytes: one block in so many bytes has a stack, on average; 0: none
 * has. A block of n bytes has one with a probability of 1 - e^(-n / @bytes),
 * whatever comes before it.
 */
void mtr_callers_sample(uint64_t bytes);

/* For mtr_callers_is_due, mostly. False: that has to be asked. */
MTR_INLINE bool mtr_callers_is_not_due(size_t size)
{
	bool over;

	/* compilers take six instructions for these two */
#ifdef __x86_64__
	__asm__("subq %2, %0"
		: "+m"(mtr_thread.until), "=@ccl"(over)
		: "r"(size)
		: "cc");
#else
	mtr_thread.until -= (int64_t)size;
	over = mtr_thread.until < 0;
#endif
	if (unlikely(over))
		mtr_thread.until += (int64_t)size;
	return !over;
}

/* With @size bytes more the thread's countdown is over: a stack is due. */
bool mtr_callers_is_due(size_t size);

#endif
