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
 * The site of the entry point that says this. Its own frame must stand: read
 * later, as an argument of a tail call, the saved frame pointer is gone.
 */
#ifdef __x86_64__
#define MTR_SITE()                                                      \
	((struct mtr_site){ MTR_CALLER(),                               \
			    (uintptr_t)__builtin_frame_address(0) + 16, \
			    *(uintptr_t *)__builtin_frame_address(0) })
#else
#define MTR_SITE()                                                          \
	((struct mtr_site){ MTR_CALLER(), (uintptr_t)__builtin_dwarf_cfa(), \
			    *(uintptr_t *)__builtin_frame_address(0) })
#endif

/* Before the first stack of depth @depth. False: no memory. */
bool mtr_capture_init(unsigned int depth);

/* The id of the stack in the depot, @site's pc innermost; 0: none. */
uint32_t mtr_capture(const struct mtr_site *site);

/*
 * The first return address of the stack that is not in libc or the C++ runtime;
 * @site's where the stack ends before.
 */
uintptr_t mtr_capture_outside(const struct mtr_site *site);

/* An object is being unloaded: what is known of its code is void. */
void mtr_capture_forget(void);

#endif
