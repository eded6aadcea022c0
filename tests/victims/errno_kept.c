/* SPDX-License-Identifier: MIT */
/* What succeeds leaves errno as it was; so does free. */
#include <errno.h>

#include "check.h"

enum { ODD = 4711 };

#define KEPT(what)                   \
	do {                         \
		errno = ODD;         \
		what;                \
		CHECK(errno == ODD); \
	} while (0)

static void run(size_t size)
{
	void *p = NULL;

	KEPT(p = malloc(size));
	KEPT(p = realloc(p, size * 2));
	KEPT(p = realloc(p, size / 2 + 1));
	KEPT(malloc_usable_size(p));
	KEPT(free(p));
	KEPT(p = calloc(1, size));
	KEPT(free(p));
	KEPT(p = aligned_alloc(4096, size));
	KEPT(free(p));
	KEPT(posix_memalign(&p, 64, size));
	KEPT(free(p));
	KEPT(free(NULL));
}

int main(void)
{
	KEPT(run(10));
	check_active();
	for (size_t size = 1; size < 100 << 20; size = size * 3 + 5)
		run(size);
	return 0;
}
