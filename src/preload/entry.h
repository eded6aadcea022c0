/* SPDX-License-Identifier: MIT */
/*
 * The names of the entry points: their own in the library, mtr_twin_ in front
 * in the twin that the unit tests run under the sanitizers, where malloc is
 * the sanitizer's.
 */
#ifndef MTR_PRELOAD_ENTRY_H
#define MTR_PRELOAD_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "preload/compiler.h"

#ifdef MTR_TWIN
#define MTR_NAME(name) mtr_twin_##name
#else
#define MTR_NAME(name) name
#endif

MTR_EXPORT void *MTR_NAME(malloc)(size_t size);
MTR_EXPORT void MTR_NAME(free)(void *p);
MTR_EXPORT void *MTR_NAME(calloc)(size_t n, size_t size);
MTR_EXPORT void *MTR_NAME(realloc)(void *p, size_t size);
MTR_EXPORT void *MTR_NAME(reallocarray)(void *p, size_t n, size_t size);
MTR_EXPORT void *MTR_NAME(memalign)(size_t align, size_t size);
MTR_EXPORT void *MTR_NAME(aligned_alloc)(size_t align, size_t size);
MTR_EXPORT int MTR_NAME(posix_memalign)(void **ret, size_t align, size_t size);
MTR_EXPORT void *MTR_NAME(valloc)(size_t size);
MTR_EXPORT void *MTR_NAME(pvalloc)(size_t size);
MTR_EXPORT size_t MTR_NAME(malloc_usable_size)(void *p);
MTR_EXPORT void MTR_NAME(cfree)(void *p);
MTR_EXPORT void MTR_NAME(free_sized)(void *p, size_t size);
MTR_EXPORT void MTR_NAME(free_aligned_sized)(void *p, size_t align,
					     size_t size);

/* free, for operator delete: by a name that nobody can stand before. */
void mtr_interpose_free(void *p);

#endif
