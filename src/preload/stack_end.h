/* SPDX-License-Identifier: MIT */
/*
 * How far up a stack may be read, whatever unwind information says of it.
 *
 * A thread's own stack ends below its thread pointer or, the main thread's, in
 * what the kernel put there; another one (a coroutine's, a signal's) where its
 * memory ends. What is looked up is kept; the look-up asks the kernel.
 */
#ifndef MTR_PRELOAD_STACK_END_H
#define MTR_PRELOAD_STACK_END_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/compiler.h"

struct mtr_stack_end {
	uintptr_t lo, hi; /* readable; 0, 0: not known yet */
};

/* .hi is not below @sp, though there may be nothing to read there. */
void mtr_stack_find(struct mtr_stack_end *end, uintptr_t sp);

/* From here on the stack pointer is @sp. */
MTR_INLINE void mtr_stack_enter(struct mtr_stack_end *end, uintptr_t sp)
{
	if (unlikely(sp < end->lo || sp >= end->hi))
		mtr_stack_find(end, sp);
}

/* Is there a word at @addr, at or above @sp? */
MTR_INLINE bool mtr_stack_holds(const struct mtr_stack_end *end, uintptr_t sp,
				uintptr_t addr)
{
	return addr >= sp && addr % 8 == 0 && addr < end->hi && sp >= end->lo;
}

#endif
