/* SPDX-License-Identifier: MIT */
/*
 * Aligned blocks of sizes near their alignment: each is aligned, and may be
 * filled to the brim while others are there. With "strict", all are recorded.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "malloc_tracer.h"

enum { KINDS = 3, STEPS = 17, EACH = 8 };

static void *block(int kind, size_t align, size_t size)
{
	void *p = NULL;

	if (kind == 0)
		return memalign(align, size);
	if (kind == 1)
		return aligned_alloc(align, size);
	return posix_memalign(&p, align, size) ? NULL : p;
}

static int is_filled(const unsigned char *p, size_t size, int with)
{
	return p[0] == with && memcmp(p, p + 1, size - 1) == 0;
}

/* As GSlice asks for its slabs: many of one size, all at a time. */
static void check(int kind, size_t align, size_t size)
{
	unsigned char *p[EACH];

	for (int i = 0; i < EACH; i++) {
		p[i] = block(kind, align, size);
		if (!p[i] || (uintptr_t)p[i] % align) {
			printf("%d: %zu of %zu: %p\n", kind, align, size,
			       (void *)p[i]);
			exit(1);
		}
		memset(p[i], i + 1, malloc_usable_size(p[i]));
	}
	for (int i = 0; i < EACH; i++) {
		if (!is_filled(p[i], size, i + 1)) {
			printf("%d: %zu of %zu: written over\n", kind, align,
			       size);
			exit(1);
		}
		free(p[i]);
	}
}

int main(void)
{
	struct malloc_tracer_totals t = { 0 };

	for (size_t align = 16; align <= 1 << 20; align *= 2)
		for (int i = 0; i < STEPS; i++) {
			size_t size = align + 8 * i;

			for (int kind = 0; size > 64 && kind < KINDS; kind++)
				check(kind, align, size - 64);
		}
	if (malloc_tracer_active() && malloc_tracer_totals(&t) == 0 &&
	    t.not_recorded > 100) {
		printf("%llu blocks not recorded\n",
		       (unsigned long long)t.not_recorded);
		return 1;
	}
	return 0;
}
