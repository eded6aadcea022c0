/* SPDX-License-Identifier: MIT */
/*
 * Stepping from frame to frame, off the fast road. See step.h for the contract.
 */
#include "preload/step.h"

/* Find the CFA by @r. False: it is not within the stack. */
static bool find_cfa(const struct mtr_rule *r, const struct mtr_frame *f,
		     struct mtr_stack_end *end, struct mtr_frame *outer)
{
	outer->sp_at = 0;
	switch (r->kind) {
	case MTR_RULE_SP:
		outer->sp = f->sp + r->cfa;
		break;
	case MTR_RULE_FP:
		outer->sp = f->fp + r->cfa;
		break;
	default:
		outer->sp_at =
			(r->kind == MTR_RULE_SP_DEREF ? f->sp : f->fp) + r->cfa;
		if (!mtr_stack_holds(end, f->sp, outer->sp_at))
			return false;
		outer->sp = *(const uintptr_t *)outer->sp_at;
	}
	if (outer->sp % 8 != 0)
		return false;
	/* only the frame of a signal may be on another stack */
	return r->kind == MTR_RULE_SP_DEREF ||
	       (outer->sp > f->sp && mtr_stack_reaches(end, outer->sp - 8));
}

/*
 * The lowest address at which @f's registers may be saved. A signal may
 * interrupt an epilogue: on x86-64 a register that was popped already is still
 * where it was, in the 128 bytes below the stack pointer (the red zone). Never
 * below end->lo: memory below it has not been probed.
 */
static uintptr_t lowest(const struct mtr_frame *f,
			const struct mtr_stack_end *end)
{
	uintptr_t low = f->sp;

#ifdef __x86_64__
	if (f->pc & MTR_PC_EXACT)
		low = f->sp - end->lo < 128 ? end->lo : f->sp - 128;
#else
	(void)end;
#endif
	return low;
}

MTR_COLD enum mtr_root mtr_step_by(uint64_t slot, struct mtr_rule *buf,
				   struct mtr_frame *f,
				   struct mtr_stack_end *end,
				   struct mtr_frame *outer)
{
	const struct mtr_rule *r = mtr_rule_of(slot, buf);
	uintptr_t from;

	f->flags = r->flags;
	if (r->flags & MTR_RULE_ENDS)
		return r->cfa;
	if (!find_cfa(r, f, end, outer))
		return MTR_ROOT_STACK;
	from = r->kind == MTR_RULE_SP_DEREF ? f->sp : outer->sp;
	outer->ra_at = from + 8 * r->ra;
	outer->fp_at = 0;
	outer->fp = f->fp;
	if (!mtr_stack_holds(end, f->sp, outer->ra_at))
		return MTR_ROOT_STACK;
	if (r->flags & MTR_RULE_SAVES_FP) {
		if (r->flags & MTR_RULE_FP_AT_FP)
			from = f->fp;
		outer->fp_at = from + 8 * r->fp;
		if (!mtr_stack_holds(end, lowest(f, end), outer->fp_at))
			return MTR_ROOT_STACK;
		outer->fp = *(const uintptr_t *)outer->fp_at;
	}
	outer->pc = mtr_strip_pac(*(const uintptr_t *)outer->ra_at);
	if (outer->pc == 0)
		return MTR_ROOT_COMPLETE;
	if (r->flags & MTR_RULE_EXACT)
		outer->pc |= MTR_PC_EXACT;
	if (r->kind == MTR_RULE_SP_DEREF)
		mtr_stack_switch(end, outer->sp);
	return MTR_ROOT_NONE;
}
