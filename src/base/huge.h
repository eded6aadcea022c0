/* SPDX-License-Identifier: MIT */
/*
 * Large arrays that are read here and there: with small pages most reads would
 * miss the processor's table of pages as well as its caches.
 */
#ifndef MTR_BASE_HUGE_H
#define MTR_BASE_HUGE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Ask for huge pages; @at is as malloc gives it, and is given back. Where there
 * are none it stays as it is. */
static inline void *mtr_huge(void *at, size_t bytes)
{
	enum { LEAST = 4 << 20 };
	uintptr_t page, start, end;

	if (!at || bytes < LEAST)
		return at;
	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	start = ((uintptr_t)at + page - 1) & -page;
	end = ((uintptr_t)at + bytes) & -page;
	madvise((void *)start, end - start, MADV_HUGEPAGE);
	return at;
}

/* NULL: no memory. */
static inline void *mtr_huge_alloc(size_t n, size_t size)
{
	void *at = reallocarray(NULL, n, size);

	return mtr_huge(at, n * size);
}

/* Of zeros. */
static inline void *mtr_huge_zeros(size_t n, size_t size)
{
	void *at = calloc(n, size);

	return mtr_huge(at, n * size);
}

#endif
