/* SPDX-License-Identifier: MIT */
/*
 * --enable-debug: one line an event, and checks on free. Without it everything
 * here is empty.
 *
 * Any thread, signal handlers included. Lines are put together on the stack and
 * written with one write(2), to standard error or to log=FILE, which is opened
 * anew for each line: a descriptor that we kept, the program could close and
 * use for itself.
 */
#ifndef MTR_PRELOAD_EVENTLOG_H
#define MTR_PRELOAD_EVENTLOG_H

#include <stddef.h>
#include <stdint.h>

#include "preload/compiler.h"

#ifdef MTR_DEBUG

/* @path must stay in place. "" or NULL: standard error. */
void mtr_event_log_to(const char *path);

/* malloc(24) = 0x... caller 0x... [module+offset] */
void mtr_event_alloc(const char *what, size_t size, const void *p,
		     uintptr_t caller);
void mtr_event_realloc(const void *old, size_t size, const void *p,
		       uintptr_t caller);
void mtr_event_free(const char *what, const void *p, uintptr_t caller);

/*
 * Complain if @p is no block that may be freed now: freed before, or with a
 * damaged trailer. Once for each @caller. @at is its ledger byte; NULL: it has
 * no lead.
 */
void mtr_event_check_free(const void *p, const uint8_t *at, uintptr_t caller);

#else
MTR_INLINE void mtr_event_alloc(const char *what, size_t size, const void *p,
				uintptr_t caller)
{
	(void)what;
	(void)size;
	(void)p;
	(void)caller;
}

MTR_INLINE void mtr_event_realloc(const void *old, size_t size, const void *p,
				  uintptr_t caller)
{
	(void)old;
	(void)size;
	(void)p;
	(void)caller;
}

MTR_INLINE void mtr_event_free(const char *what, const void *p,
			       uintptr_t caller)
{
	(void)what;
	(void)p;
	(void)caller;
}

MTR_INLINE void mtr_event_check_free(const void *p, const uint8_t *at,
				     uintptr_t caller)
{
	(void)p;
	(void)at;
	(void)caller;
}
#endif

#endif
