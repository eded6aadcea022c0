/* SPDX-License-Identifier: MIT */
/*
 * The call stack of an allocation: exact, without frame pointers.
 *
 * Any thread, signal handlers included; no locks, no malloc. Reads nothing but
 * the stack between the caller's stack pointer and its end, and unwind
 * information.
 */
#ifndef MTR_PRELOAD_CAPTURE_H
#define MTR_PRELOAD_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/compiler.h"

/* Where an entry point was called from. */
struct mtr_site {
	uintptr_t pc; /* return address into the caller */
	uintptr_t sp; /* the caller's stack pointer after the return */
	uintptr_t fp; /* its frame pointer register */
};

/*
 * Where the entry point that says this was called from: its return address, the
 * caller's stack pointer, and where the caller's frame pointer was saved. Its
 * own frame must stand: read later, as an argument of a tail call, the saved
 * frame pointer is gone. MTR_SITE() takes an address in that frame, which
 * forbids the tail call.
 */
#ifdef __x86_64__
#define MTR_FRAME()                                               \
	MTR_CALLER(), (uintptr_t)__builtin_frame_address(0) + 16, \
		(const uintptr_t *)__builtin_frame_address(0)
#else
#define MTR_FRAME()                                     \
	MTR_CALLER(), (uintptr_t)__builtin_dwarf_cfa(), \
		(const uintptr_t *)__builtin_frame_address(0)
#endif
#define MTR_SITE() mtr_site_at(&(struct mtr_site){ 0 }, MTR_FRAME())

MTR_INLINE const struct mtr_site *mtr_site_at(struct mtr_site *site,
					      uintptr_t pc, uintptr_t sp,
					      const uintptr_t *frame)
{
	*site = (struct mtr_site){ pc, sp, *frame };
	return site;
}

/* Before the first stack of depth @depth. False: no memory. */
bool mtr_capture_init(unsigned int depth);

/* The id of the stack in the depot, @site's pc innermost; 0: no room for it. */
uint32_t mtr_capture(const struct mtr_site *site);

/*
 * The first return address of the stack that is not in libc or the C++ runtime;
 * @site's where the stack ends before.
 */
uintptr_t mtr_capture_outside(const struct mtr_site *site);

/* An object is being unloaded: what is known of its code is void. */
void mtr_capture_forget(void);

#endif
