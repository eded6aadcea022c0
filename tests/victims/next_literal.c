/* SPDX-License-Identifier: MIT */
/*
 * An allocator that takes an alignment of 8 at its word, and whose
 * malloc_usable_size changes errno.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *p);

/* A block that was moved by 8 bytes, at its beginning. */
static void *whole(void *p)
{
	return (char *)p - (uintptr_t)p % 16;
}

void *malloc(size_t size)
{
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return __libc_realloc(p, size);
}

void *memalign(size_t align, size_t size)
{
	return __libc_memalign(align, size);
}

int posix_memalign(void **ret, size_t align, size_t size)
{
	char *p = align > 8 ? __libc_memalign(align, size)
			    : __libc_malloc(size + 8);

	if (!p)
		return ENOMEM;
	*ret = align > 8 ? p : p + 8;
	return 0;
}

void free(void *p)
{
	__libc_free(whole(p));
}

/* What may follow the size in glibc's chunk. */
size_t malloc_usable_size(void *p)
{
	const size_t *chunk = whole(p);

	errno = ENOTTY;
	return p ? (chunk[-1] & ~(size_t)7) - 8 - (uintptr_t)p % 16 : 0;
}
