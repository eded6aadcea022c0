/* SPDX-License-Identifier: MIT */
/*
 * Memory tagging: pointers have a tag that changes with each allocation, and
 * memory answers to it alone.
 */
#include "check.h"

static void use(char *p, size_t size)
{
	CHECK(recorded(p, size));
	CHECK(malloc_usable_size(p) >= size);
	memset(p, 0x5a, malloc_usable_size(p));
	CHECK(recorded(p, size));
	CHECK(!malloc_tracer_active() || has_record(p + size / 2));
}

int main(void)
{
	static const size_t sizes[] = { 1, 24, 25, 100, 1000, 5000, 1 << 20 };
	char *p = malloc(24);
	bool tagged = (uintptr_t)p >> 56;

	check_active();
	free(p);
	if (!tagged)
		return 77;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		use(p = malloc(sizes[i]), sizes[i]);
		use(p = realloc(p, sizes[i] + 200), sizes[i] + 200);
		use(p = realloc(p, sizes[i]), sizes[i]);
		free(p);
		CHECK(!malloc_tracer_active() || !has_record(p));
		use(p = calloc(sizes[i], 3), sizes[i] * 3);
		free(p);
		use(p = memalign(256, sizes[i]), sizes[i]);
		free(p);
	}
	return 0;
}
