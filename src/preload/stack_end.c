/* SPDX-License-Identifier: MIT */
/*
 * Where a stack ends. See stack_end.h for the contract.
 */
#include "stack_end.h"

#include <sys/auxv.h>

#include "preload/sys.h"

enum {
	PAGE = MTR_SYS_PAGE,
	PROBE_PAGES = 256, /* of a stack that is nobody's known */
};

static const uintptr_t stack_max = (uintptr_t)64 << 20;

/* The end of the memory from @from on that can be read, @to at the most. */
static uintptr_t readable_until(uintptr_t from, uintptr_t to)
{
	from &= -(uintptr_t)PAGE;
	while (from < to) {
		size_t bytes = to - from;

		if (bytes > (size_t)PROBE_PAGES * PAGE)
			bytes = (size_t)PROBE_PAGES * PAGE;
		if (!mtr_sys_readable((void *)from,
				      (bytes + PAGE - 1) / PAGE)) {
			/* halve until the first page that is not there */
			if (bytes <= PAGE)
				return from;
			to = from + (bytes / 2 + PAGE - 1) / PAGE * PAGE;
			continue;
		}
		from += bytes;
	}
	return to;
}

static bool try_end(struct mtr_stack_end *end, uintptr_t sp, uintptr_t top)
{
	if (top <= sp || top - sp > stack_max || readable_until(sp, top) < top)
		return false;
	end->lo = sp & -(uintptr_t)PAGE;
	end->hi = top & -(uintptr_t)8;
	return true;
}

MTR_COLD void mtr_stack_find(struct mtr_stack_end *end, uintptr_t sp)
{
	uintptr_t lo, hi;

	/* the same stack, grown */
	if (sp < end->lo && end->lo - sp < stack_max &&
	    readable_until(sp, end->lo) >= end->lo) {
		end->lo = sp & -(uintptr_t)PAGE;
		return;
	}
	if (try_end(end, sp, mtr_thread_pointer()) ||
	    try_end(end, sp, getauxval(AT_RANDOM)))
		return;
	lo = sp & -(uintptr_t)PAGE;
	hi = readable_until(sp, lo + (uintptr_t)PROBE_PAGES * PAGE);
	end->lo = lo;
	end->hi = hi > sp ? hi : sp;
}
