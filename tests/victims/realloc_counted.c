/* SPDX-License-Identifier: MIT */
/* realloc counts: up, down, from nothing, to nothing, in vain. */
#include "check.h"

static uint64_t blocks, bytes;

static void expect(int more_blocks, size_t more_bytes)
{
	if (!malloc_tracer_active())
		return;
	CHECK(live_blocks() == blocks + more_blocks);
	CHECK(live_bytes() == bytes + more_bytes);
}

int main(void)
{
	static const size_t sizes[] = { 10000, 50,	 300 << 20, 1,
					24,    1 << 20,	 3 << 20,   4000,
					7,     256 << 20 };
	volatile size_t most = SIZE_MAX - 4096;
	char *volatile p;

	check_active();
	blocks = live_blocks();
	bytes = live_bytes();
	p = realloc(NULL, 5);
	expect(1, 5);
	memcpy(p, "kept", 5);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		p = realloc(p, sizes[i]);
		CHECK(recorded(p, sizes[i]));
		CHECK(p[0] == 'k');
		expect(1, sizes[i]);
	}
	CHECK(!realloc(p, most));
	CHECK(!reallocarray(p, most, 2));
	expect(1, 256 << 20);
	p = reallocarray(p, 30, 10);
	CHECK(recorded(p, 300));
	expect(1, 300);
	CHECK(!realloc(p, 0));
	expect(0, 0);
	p = malloc(100);
	CHECK(!realloc(p, 0));
	expect(0, 0);
	return 0;
}
