/* SPDX-License-Identifier: MIT */
/* Aligned blocks are aligned, recorded, and the program's to the last byte. */
#include "check.h"

enum { KINDS = 5, SIZES = 12 };

static void *allocate(int kind, size_t align, size_t size)
{
	void *p = NULL;

	switch (kind) {
	case 0:
		return memalign(align, size);
	case 1:
		return aligned_alloc(align, size);
	case 2:
		CHECK(posix_memalign(&p, align, size) == 0);
		return p;
	case 3:
		return valloc(size);
	default:
		return pvalloc(size);
	}
}

static void run(int kind, size_t align)
{
	static const size_t sizes[SIZES] = {
		0, 1, 8, 16, 24, 25, 100, 512, 4080, 4096, 4097, 300000
	};
	unsigned char *p[SIZES];

	for (int i = 0; i < SIZES; i++) {
		p[i] = allocate(kind, align, sizes[i]);
		CHECK((uintptr_t)p[i] % (kind < 3 ? align : 4096) == 0);
		memset(p[i], i + 1, sizes[i]);
	}
	for (int i = 0; i < SIZES; i++) {
		CHECK(recorded(p[i], sizes[i]));
		for (size_t n = 0; n < sizes[i]; n++)
			CHECK(p[i][n] == i + 1);
		memset(p[i], 0xff, malloc_usable_size(p[i]));
	}
	for (int i = 0; i < SIZES; i++)
		free(p[i]);
}

int main(void)
{
	uint64_t before = live_blocks();

	check_active();
	for (int kind = 0; kind < KINDS; kind++)
		for (size_t align = 8; align <= 1 << 21; align *= 2)
			run(kind, align);
	CHECK(live_blocks() == before);
	return 0;
}
