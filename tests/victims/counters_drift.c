/* SPDX-License-Identifier: MIT */
/* --enable-counters: the two variables say what the ledger says, always. */
#include <dlfcn.h>

#include "check.h"

extern void *__libc_malloc(size_t size);

static uint64_t *allocs, *allocated;

static void compare(void)
{
	CHECK(*allocs == live_blocks());
	CHECK(*allocated == live_bytes());
}

static void allocate_some(void **p, size_t size)
{
	p[0] = malloc(size);
	p[1] = calloc(size, 1);
	p[2] = realloc(NULL, size);
	p[3] = memalign(256, size);
	p[4] = aligned_alloc(32, size);
	CHECK(posix_memalign(&p[5], 64, size) == 0);
	p[6] = valloc(size);
	p[7] = pvalloc(size);
	p[8] = realloc(malloc(3 * size), size / 2 + 1);
	p[9] = realloc(__libc_malloc(size), 2 * size);
}

int main(void)
{
	volatile size_t most = SIZE_MAX - 4096;
	uint64_t first;
	void *p[10];

	check_active();
	allocs = dlsym(RTLD_DEFAULT, "TOTAL_ALLOCS");
	allocated = dlsym(RTLD_DEFAULT, "TOTAL_ALLOCATED_BYTES");
	if (!allocs || !allocated)
		return malloc_tracer_active() ? 77 : 0;
	first = *allocs;
	for (size_t size = 1; size < 1 << 20; size = size * 3 + 1) {
		allocate_some(p, size);
		compare();
		CHECK(*allocs == first + 10);
		CHECK(!realloc(p[0], most));
		CHECK(posix_memalign(&p[1], 3, size));
		compare();
		for (int i = 0; i < 10; i++)
			free(p[i]);
		free(NULL);
		free(__libc_malloc(size));
		compare();
	}
	CHECK(*allocs == first);
	return 0;
}
