/* SPDX-License-Identifier: MIT */
/*
 * The caller outside of libc and the C++ runtime. See capture.h for the
 * contract.
 */
#include "preload/capture.h"

#include "format/depot.h"
#include "preload/objects.h"
#include "preload/step.h"
#include "preload/sys.h"

enum { RUNTIME_FRAMES = 64 /* of libc and the C++ runtime, at the most */ };

/*
 * The constructor of an object is called by the linker, which did not ask for
 * the memory: libstdc++'s reserve for exceptions is attributed to libstdc++.
 */
static uintptr_t answerable(const struct mtr_site *site, uintptr_t pc)
{
	return mtr_span_holds(&mtr_objects.linker, pc) ? site->pc : pc;
}

static __attribute__((noinline)) uintptr_t outside(const struct mtr_site *site)
{
	struct mtr_frame at = { .pc = site->pc,
				.sp = site->sp,
				.fp = site->fp };
	struct mtr_stack_end end;
	struct mtr_frame outer;

	mtr_stack_enter(&end, at.sp);
	/* libc's frames lie where its unwind information says: a page is not
	 * probed just because they lie across its end */
	if (end.open)
		end.hi += MTR_SYS_PAGE;
	for (int i = 0; i < RUNTIME_FRAMES; i++) {
		if (mtr_step(&at, &end, &outer) != MTR_ROOT_NONE)
			break;
		if (!mtr_objects_in_runtime(outer.pc & ~MTR_PC_EXACT))
			return answerable(site, outer.pc & ~MTR_PC_EXACT);
		at = outer;
	}
	return site->pc;
}

/* Mostly short rules from the stack pointer do, on the thread's own stack. */
uintptr_t mtr_capture_outside(const struct mtr_site *site)
{
	const struct mtr_stack_own *own = &mtr_stack_own;
	struct mtr_stack_end end = { own->lo, own->hi, false };
	uintptr_t pc = site->pc, sp = site->sp;

	while (likely(mtr_step_sp(&pc, &sp, &end)))
		if (!mtr_objects_in_runtime(pc))
			return answerable(site, pc);
	return outside(site);
}
