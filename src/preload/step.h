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

/* mtr_step() by a rule that is not short, or whose frame looks odd. */
enum mtr_root mtr_step_by(uint64_t slot, struct mtr_rule *buf,
			  struct mtr_frame *f, struct mtr_stack_end *end,
			  struct mtr_frame *outer);

/*
 * mtr_step() for a short rule that counts from the stack pointer: *@pc and *@sp
 * become the caller's. False: it is another rule, and they are unchanged. *@sp
 * may lie outside of *@end.
 */
MTR_INLINE bool mtr_step_sp(uintptr_t *pc, uintptr_t *sp,
			    const struct mtr_stack_end *end)
{
	uint64_t slot = mtr_cfi_first_slot(*pc);
	uintptr_t cfa = *sp + 8 * mtr_short_cfa(slot), outer;

	if (unlikely(!mtr_rule_is_for(slot, *pc)) ||
	    unlikely(!mtr_rule_is_short(slot)) || mtr_short_from_fp(slot) ||
	    unlikely(cfa % 8 != 0) || unlikely(cfa <= *sp) ||
	    unlikely(*sp < end->lo) || unlikely(cfa > end->hi))
		return false;
	outer = mtr_strip_pac(
		*(const uintptr_t *)(cfa - 8 * mtr_short_ra(slot)));
	if (unlikely(!outer))
		return false;
	*sp = cfa;
	*pc = outer;
	return true;
}

/*
 * Set *@outer to the frame of @f's caller, or return the reason why there is
 * none. Below a signal frame the caller may be on another stack: then *@end
 * becomes the end of that one.
 */
MTR_INLINE enum mtr_root mtr_step(struct mtr_frame *f,
				  struct mtr_stack_end *end,
				  struct mtr_frame *outer)
{
	struct mtr_rule buf;
	uint64_t slot = mtr_cfi_slot(f->pc, &buf);
	bool from_fp = mtr_short_from_fp(slot);
	uintptr_t cfa = (from_fp ? f->fp : f->sp) + 8 * mtr_short_cfa(slot);
	unsigned int fp = mtr_short_fp(slot);

	if (unlikely(!mtr_rule_is_short(slot)) || unlikely(cfa % 8 != 0) ||
	    unlikely(cfa - f->sp - 1 >= end->hi - f->sp))
		goto other;
	f->flags = from_fp ? MTR_RULE_USES_FP : 0;
	outer->sp = cfa;
	outer->sp_at = 0;
	outer->ra_at = cfa - 8 * mtr_short_ra(slot);
	outer->fp = f->fp;
	outer->fp_at = 0;
	if (fp) {
		f->flags |= MTR_RULE_SAVES_FP;
		outer->fp_at = cfa - 8 * fp;
		if (unlikely(outer->fp_at < f->sp))
			goto other;
		outer->fp = *(const uintptr_t *)outer->fp_at;
	}
	outer->pc = mtr_strip_pac(*(const uintptr_t *)outer->ra_at);
	return likely(outer->pc != 0) ? MTR_ROOT_NONE : MTR_ROOT_COMPLETE;
other:;
	/* copies, so that the fast road can have its frames in registers */
	struct mtr_frame from = *f, to;
	enum mtr_root why = mtr_step_by(slot, &buf, &from, end, &to);

	f->flags = from.flags;
	if (why == MTR_ROOT_NONE)
		*outer = to;
	return why;
}

#endif
