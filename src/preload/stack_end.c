/* SPDX-License-Identifier: MIT */
/*
 * Where a stack ends. See stack_end.h for the contract.
 */
#include "preload/stack_end.h"

#include <stdatomic.h>
#include <sys/auxv.h>

#include "preload/sys.h"

enum {
	PAGE = MTR_SYS_PAGE,
	PROBE_PAGES =
		256, /* in one walk, for a stack whose bounds are unknown */
	SEARCHES = 4,
};

/* Deeper down than this the main stack is treated like any other. */
static const uint64_t main_max = (uint64_t)1 << 30;

/* The main stack: nothing else is mapped so close below its end. */
static uintptr_t main_floor, main_top;

MTR_TLS struct mtr_stack_own mtr_stack_own;

/* The random bytes that the kernel provides lie above every frame. */
void mtr_stack_init(void)
{
	uintptr_t top = getauxval(AT_RANDOM) & -(uintptr_t)8;
	uint64_t limit = mtr_sys_stack_limit();

	if (limit > main_max)
		limit = main_max;
	if (top <= limit)
		return;
	main_floor = top - limit;
	main_top = top;
}

/*
 * glibc's descriptor of a thread has three words in a row: the address of the
 * memory that the thread's stack and descriptor lie in, its size, and the size
 * of the guard at its beginning. Their offset changes with glibc's version. No
 * descriptor is so small that these words are not in it: of 2.28, the first
 * that we work with, it has 2304 bytes on x86-64, from the thread pointer on,
 * and 1776 on AArch64, up to it.
 */
#ifdef __x86_64__
enum { FIRST_WORD = 1, WORDS = 253 };
#else
enum { FIRST_WORD = -192, WORDS = 190 };
#endif

static const uintptr_t thread_max = (uintptr_t)1 << 40;

static bool is_stack(const uintptr_t *w, uintptr_t sp, uintptr_t tp)
{
	uintptr_t start = w[0], size = w[1], guard = w[2];

	return start >= PAGE && size < thread_max && guard < size &&
	       start < sp && sp - start >= guard && sp < tp &&
	       tp - start < size;
}

/* NULL: @sp is on another stack, or glibc's descriptor is not as expected. */
static const uintptr_t *find_in_descriptor(uintptr_t sp, uintptr_t tp)
{
	static _Atomic int known;
	const uintptr_t *words = (const uintptr_t *)tp + FIRST_WORD;
	int at = atomic_load_explicit(&known, memory_order_relaxed);

	if (at)
		return is_stack(words + at, sp, tp) ? words + at : NULL;
	if (mtr_stack_own.searches++ >= SEARCHES)
		return NULL;
	for (at = 1; at < WORDS - 2; at++)
		if (is_stack(words + at, sp, tp)) {
			atomic_store(&known, at);
			return words + at;
		}
	return NULL;
}

/* .hi is stored last: a signal handler may do the same in between. */
static void own_set(uintptr_t floor, uintptr_t hi)
{
	struct mtr_stack_own *own = &mtr_stack_own;

	own->floor = floor;
	own->lo = hi;
	atomic_signal_fence(memory_order_seq_cst);
	own->hi = hi;
}

/* Is the stack pointer @sp in the thread's own stack? */
static bool is_own(uintptr_t sp)
{
	const struct mtr_stack_own *own = &mtr_stack_own;
	uintptr_t tp = mtr_thread_pointer() & -(uintptr_t)8;
	const uintptr_t *w;

	if (own->hi)
		return sp >= own->floor && sp < own->hi;
	if (sp >= main_floor && sp < main_top) {
		own_set(main_floor, main_top);
		return true;
	}
	w = find_in_descriptor(sp, tp);
	if (w)
		own_set(w[0] + w[2], tp);
	return w;
}

MTR_COLD void mtr_stack_find(struct mtr_stack_end *end, uintptr_t sp)
{
	if (is_own(sp)) {
		struct mtr_stack_own *own = &mtr_stack_own;

		if (sp < own->lo)
			own->lo = sp & -(uintptr_t)PAGE;
		*end = (struct mtr_stack_end){ own->lo, own->hi, false };
		return;
	}
	/* our own frames are just below @sp; at or above it nothing may be */
	end->lo = (sp - 1) & -(uintptr_t)PAGE;
	end->hi = (sp + PAGE - 1) & -(uintptr_t)PAGE;
	end->open = true;
}

/*
 * @sp may be the reason why the program fails, on a stack that has overflowed,
 * or any number, on a stack that was written over. So it is probed.
 */
MTR_COLD void mtr_stack_switch(struct mtr_stack_end *end, uintptr_t sp)
{
	const struct mtr_stack_own *own = &mtr_stack_own;
	uintptr_t page = sp & -(uintptr_t)PAGE;

	if (sp >= end->lo && sp < end->hi)
		return;
	if (sp >= own->lo && sp < own->hi)
		*end = (struct mtr_stack_end){ own->lo, own->hi, false };
	else if (!mtr_sys_readable((const void *)page))
		*end = (struct mtr_stack_end){ sp, sp, false };
	else if (is_own(sp))
		*end = (struct mtr_stack_end){ page, own->hi, false };
	else
		*end = (struct mtr_stack_end){ page, page + PAGE, true };
}

MTR_COLD bool mtr_stack_extend(struct mtr_stack_end *end, uintptr_t addr)
{
	if (addr - end->hi >= (uintptr_t)PROBE_PAGES * PAGE)
		return false;
	while (end->hi <= addr) {
		if (!mtr_sys_readable((const void *)end->hi)) {
			end->open = false;
			return false;
		}
		end->hi += PAGE;
	}
	return true;
}
