/* SPDX-License-Identifier: MIT */
/*
 * Scope guards: what is opened here is closed on every way out.
 */
#ifndef MTR_BASE_CLEANUP_H
#define MTR_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Call @fn(&variable) when the variable goes out of scope. */
#define mtr_cleanup(fn) __attribute__((cleanup(fn)))

static inline void mtr_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void mtr_cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void mtr_cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define mtr_auto_free mtr_cleanup(mtr_cleanup_free)
#define mtr_auto_close mtr_cleanup(mtr_cleanup_close)
#define mtr_auto_fclose mtr_cleanup(mtr_cleanup_fclose)

/* Hand a guarded pointer on: the guard lets go of it. */
#define mtr_take(p)                     \
	__extension__({                 \
		__typeof__(p) p_ = (p); \
		(p) = NULL;             \
		p_;                     \
	})

#endif
