/* SPDX-License-Identifier: MIT */
/*
 * A reallocarray to come after the library, with an errno of its own for what
 * is too large, as mimalloc 3.2 has. The rest is libc's. Any thread.
 */
#include <errno.h>
#include <stdlib.h>

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (!__builtin_mul_overflow(n, size, &bytes))
		return realloc(p, bytes);
	errno = EOVERFLOW;
	return NULL;
}
