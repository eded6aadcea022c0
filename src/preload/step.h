/* SPDX-License-Identifier: MIT */
/*
 * From a frame to its caller's, by the rule for its pc.
 *
 * Any thread, signal handlers included. Every word is read from between the
 * frame's stack pointer and the end of its stack.
 */
#ifndef MTR_PRELOAD_STEP_H
#define MTR_PRELOAD_STEP_H

#include <stdint.h>

#include "format/depot.h"
#include "preload/cfi.h"
#include "preload/compiler.h"
#include "preload/stack_end.h"

struct mtr_frame {
	uintptr_t pc; /* MTR_PC_EXACT included */
	uintptr_t sp, fp;
	uintptr_t ra_at; /* where pc was read; 0: in a register */
	uintptr_t fp_at; /* where fp was read; 0: as in the frame inside */
	uintptr_t sp_at; /* where sp was read; 0: reckoned */
	uint8_t flags;	 /* those of its own rule, once it was stepped from */
};

/* mtr_step() for what is not plain, or not as it should be. */
enum mtr_root mtr_step_by(const struct mtr_rule *r, const struct mtr_frame *f,
			  struct mtr_stack_end *end, struct mtr_frame *outer);

/*
 * *@outer is the frame of @f's caller, or the reason why there is none is
 * returned. A signal may have come on another stack: *@end is that of *@outer.
 */
MTR_INLINE enum mtr_root mtr_step(struct mtr_frame *f,
				  struct mtr_stack_end *end,
				  struct mtr_frame *outer)
{
	struct mtr_rule room;
	const struct mtr_rule *r = mtr_cfi_rule(f->pc, &room);
	uintptr_t cfa = (r->kind == MTR_RULE_FP ? f->fp : f->sp) + r->cfa;

	f->flags = r->flags;
	if (unlikely(!r->plain) || unlikely(cfa % 8 != 0) ||
	    unlikely(cfa - f->sp - 1 >= end->hi - f->sp))
		goto other;
	outer->sp = cfa;
	outer->sp_at = 0;
#ifdef __x86_64__
	outer->ra_at = cfa - 8;
#else
	outer->ra_at = cfa + 8 * r->ra;
	if (unlikely(outer->ra_at < f->sp))
		goto other;
#endif
	outer->fp = f->fp;
	outer->fp_at = 0;
	if (r->flags & MTR_RULE_SAVES_FP) {
		outer->fp_at = cfa + 8 * r->fp;
		if (unlikely(outer->fp_at < f->sp))
			goto other;
		outer->fp = *(const uintptr_t *)outer->fp_at;
	}
	outer->pc = mtr_strip_pac(*(const uintptr_t *)outer->ra_at);
	return likely(outer->pc != 0) ? MTR_ROOT_NONE : MTR_ROOT_COMPLETE;
other:;
	/* copies: the frames of the fast road need not be in memory */
	struct mtr_frame from = *f, to;
	enum mtr_root why = mtr_step_by(r, &from, end, &to);

	if (why == MTR_ROOT_NONE)
		*outer = to;
	return why;
}

#endif
