/* SPDX-License-Identifier: MIT */
/*
 * Noting the objects that the program opens: format/opened.h has the list.
 *
 * Nobody tells a library that dlopen is under way. But the linker asks for a
 * block of over a kilobyte for each object that it loads, its struct link_map,
 * and such blocks take the slow road anyway. From then on all requests take
 * it, until the thread asks for memory outside of the linker: by then dlopen
 * runs constructors, or is over. Between these two the linker, which holds its
 * lock, asks for other blocks, when the object is mapped; that is when it can
 * be read without fear that another thread unloads it. A plugin that asks for
 * memory has so been noted before. Nothing is done on the fast roads, and
 * nothing in a program that opens nothing.
 *
 * One thread at a time writes; the others look at one word. Allocates nothing,
 * calls nothing of libc; a system call that asks whether an address can be read
 * for each object.
 */
#ifndef MTR_PRELOAD_OPENED_H
#define MTR_PRELOAD_OPENED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/opened.h"
#include "preload/compiler.h"
#include "preload/objects.h"

extern MTR_HIDDEN struct mtr_opened_list mtr_opened_list;

/* The thread that opens something, by its pointer; 0: none does. */
extern MTR_HIDDEN _Atomic uintptr_t mtr_opening;

MTR_INLINE bool mtr_opened_is_under_way(void)
{
	return atomic_load_explicit(&mtr_opening, memory_order_relaxed) != 0;
}

void mtr_opened_allocated_by_linker(void *p, size_t size);
void mtr_opened_asked_by(uintptr_t pc);
void mtr_opened_freed_by_linker(const void *p);

/* The slow road gives @p, of @size bytes, to the code at @pc. */
MTR_INLINE void mtr_opened_allocated(void *p, size_t size, uintptr_t pc)
{
	if (unlikely(mtr_span_holds(&mtr_objects.linker, pc)))
		mtr_opened_allocated_by_linker(p, size);
}

/* The code at @pc asks for memory, and takes the slow road. */
MTR_INLINE void mtr_opened_asked(uintptr_t pc)
{
	if (unlikely(mtr_opened_is_under_way()))
		mtr_opened_asked_by(pc);
}

/* How the fast roads are closed and opened again: real.c's. */
void mtr_opened_init(void (*close)(void), void (*open)(void));

#endif
