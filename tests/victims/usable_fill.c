/* SPDX-License-Identifier: MIT */
/* All that malloc_usable_size promises may be filled. */
#include "check.h"

static void fill(void *p, size_t size)
{
	size_t usable = malloc_usable_size(p);

	CHECK(usable >= size);
	memset(p, 0xff, usable);
	CHECK(recorded(p, size));
}

static void run(size_t size)
{
	void *p = malloc(size);

	fill(p, size);
	p = realloc(p, size * 2 + 9);
	fill(p, size * 2 + 9);
	p = realloc(p, size + 1);
	fill(p, size + 1);
	free(p);
	p = calloc(size, 1);
	fill(p, size);
	free(p);
}

int main(void)
{
	void *fence = malloc(64);

	check_active();
	fill(fence, 64);
	for (size_t size = 0; size < 3000; size++)
		run(size);
	for (size_t size = 3001; size < 40 << 20; size = size * 2 + 7)
		run(size);
	CHECK(recorded(fence, 64));
	free(fence);
	CHECK(malloc_usable_size(NULL) == 0);
	return 0;
}
