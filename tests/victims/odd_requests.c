/* SPDX-License-Identifier: MIT */
/*
 * What every function answers to odd arguments, a line each: to be compared
 * with what it answers without the library.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* not to be known to the compiler, which has opinions */
static volatile size_t sizes[] = {
	0,
	1,
	24,
	SIZE_MAX,
	SIZE_MAX - 7,
	SIZE_MAX - 23,
	SIZE_MAX / 2 + 1,
	PTRDIFF_MAX,
	PTRDIFF_MAX - 16,
	PTRDIFF_MAX - 24,
	PTRDIFF_MAX - 25,
	PTRDIFF_MAX - 40,
	(size_t)1 << 47,
};
static volatile size_t aligns[] = {
	0,
	1,
	2,
	3,
	4,
	8,
	12,
	16,
	24,
	64,
	4096,
	(size_t)1 << 47,
	SIZE_MAX / 2 + 1,
	SIZE_MAX,
};
enum {
	SIZES = sizeof(sizes) / sizeof(*sizes),
	ALIGNS = sizeof(aligns) / sizeof(*aligns),
};

static void say(const char *what, size_t a, size_t b, const void *p, int error)
{
	printf("%s(%#zx, %#zx): %s, %d, errno %d\n", what, a, b,
	       p ? "block" : "NULL", error, errno);
}

#define TRY(call, a, b)                       \
	do {                                  \
		errno = 0;                    \
		got = call;                   \
		say(#call, (a), (b), got, 0); \
		free(got);                    \
	} while (0)

/* what pvalloc gives is kept: jemalloc has none, and libc's is not its own */
static void *volatile got;

static void resize(size_t size)
{
	char *p = malloc(100), *q;

	*p = 'x';
	errno = 0;
	q = realloc(p, size);
	say("realloc", 100, size, q, q ? *q == 'x' : size ? *p == 'x' : 0);
	free(q ? q : size ? p : NULL);
}

static void aligned(size_t align, size_t size)
{
	void *p = NULL;
	int error;

	if (size == 0)
		return; /* NULL or not: either may be */
	TRY(memalign(align, size), align, size);
	TRY(aligned_alloc(align, size), align, size);
	errno = 0;
	error = posix_memalign(&p, align, size);
	say("posix_memalign", align, size, p, error);
	free(p);
}

int main(void)
{
	free(malloc(1)); /* the first sets errno in mimalloc */
	for (size_t i = 0; i < SIZES; i++) {
		size_t size = sizes[i];

		TRY(malloc(size), size, 0);
		TRY(valloc(size), size, 0);
		/* its errno differs; tcmalloc's size may wrap */
		if (size < SIZE_MAX - 4096) {
			got = pvalloc(size);
			errno = 0;
			say("pvalloc", size, 0, got, 0);
		}
		resize(size);
		for (size_t j = 0; j < SIZES; j++) {
			TRY(calloc(size, sizes[j]), size, sizes[j]);
			TRY(reallocarray(NULL, size, sizes[j]), size, sizes[j]);
		}
		for (size_t j = 0; j < ALIGNS; j++)
			aligned(aligns[j], size);
	}
	return 0;
}
