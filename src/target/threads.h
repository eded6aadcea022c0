/* SPDX-License-Identifier: MIT */
/*
 * The threads of a target: what was in their registers, and where their stacks
 * are.
 */
#ifndef MTR_TARGET_THREADS_H
#define MTR_TARGET_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vector.h"

struct mtr_thread {
	int tid;
	char name[16];	 /* "": not known */
	uint64_t pc, sp; /* program counter, stack pointer */
	uint64_t tp;	 /* thread pointer; 0: none, or not known */

	/* Where its stack may be, the stack pointer included; 0 and 0: that is
	 * not known. What is in use of it begins at the stack pointer. */
	uint64_t stack_start, stack_end;
	bool bounded; /* the stack is all that lies there: its bounds are more
		       * than those of the mapping that it is in */

	/*
	 * The registers as words: first .general general ones in the kernel's
	 * order (struct user_regs_struct, struct user_pt_regs), then whatever
	 * there is of the floating point and vector ones, some of it twice.
	 */
	uint64_t *words;
	size_t n_words, general;
};

MTR_VECTOR(mtr_threads, struct mtr_thread);

#endif
