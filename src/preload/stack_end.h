/* SPDX-License-Identifier: MIT */
/*
 * How far up a stack may be read, whatever unwind information says of it.
 *
 * A thread's own stack ends below its thread pointer; that of the main thread
 * in what the kernel put above it. Both ends are known without a system call:
 * the first from libc's descriptor of the thread, the second from start-up.
 *
 * The bounds of any other stack (a coroutine's, a signal handler's) are
 * unknown; only the page in which code runs is surely there. Each further page
 * that a walk comes to is probed, and again in each walk: the stack may have
 * been unmapped since, and a smaller one be in its place. Memos and cached
 * frames need no bounds, so a stack that is there again costs no probe.
 */
#ifndef MTR_PRELOAD_STACK_END_H
#define MTR_PRELOAD_STACK_END_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/compiler.h"

/* The bounds of one walk. */
struct mtr_stack_end {
	uintptr_t lo, hi; /* readable */
	bool open;	  /* the stack may go on above .hi */
};

/* The bounds of the calling thread's own stack. */
struct mtr_stack_own {
	uintptr_t lo, hi; /* where it has been seen in use; 0, 0: not known */
	uintptr_t floor;  /* it may grow down to here */
	unsigned int searches;
};

extern MTR_HIDDEN MTR_TLS struct mtr_stack_own mtr_stack_own;

/* At the first call of an entry point: learns where the main stack lies. */
void mtr_stack_init(void);

void mtr_stack_find(struct mtr_stack_end *end, uintptr_t sp);
bool mtr_stack_extend(struct mtr_stack_end *end, uintptr_t addr);

/* The bounds for a walk from @sp, at which the code runs that called us. */
MTR_INLINE void mtr_stack_enter(struct mtr_stack_end *end, uintptr_t sp)
{
	const struct mtr_stack_own *own = &mtr_stack_own;

	if (likely(sp >= own->lo) && likely(sp < own->hi))
		*end = (struct mtr_stack_end){ own->lo, own->hi, false };
	else
		mtr_stack_find(end, sp);
}

/* The walk goes on at @sp, as a signal frame says. */
void mtr_stack_switch(struct mtr_stack_end *end, uintptr_t sp);

/* Is there a word at @addr? It is a multiple of 8, and not below the stack. */
MTR_INLINE bool mtr_stack_reaches(struct mtr_stack_end *end, uintptr_t addr)
{
	return likely(addr < end->hi) ||
	       (end->open && mtr_stack_extend(end, addr));
}

/* Is there a word at @addr, at or above @sp? */
MTR_INLINE bool mtr_stack_holds(struct mtr_stack_end *end, uintptr_t sp,
				uintptr_t addr)
{
	return addr >= sp && addr % 8 == 0 && sp >= end->lo &&
	       mtr_stack_reaches(end, addr);
}

#endif
