/* SPDX-License-Identifier: MIT */
/*
 * Blocks that the library has not given are freed, grown and measured; also
 * where a block of the library's was that was freed behind its back.
 */
#include "check.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *p);
extern size_t (*volatile measure)(void *);

size_t (*volatile measure)(void *) = malloc_usable_size;

static void *make(int kind, size_t size)
{
	char *p = kind ? __libc_memalign(1024, size) : __libc_malloc(size);

	memset(p, 'f', size);
	CHECK(!has_record(p));
	CHECK(measure(p) >= size && measure(p) < size + 8192);
	return p;
}

static void run(int kind, size_t size)
{
	uint64_t before = live_blocks();
	char *p;

	free(make(kind, size));
	CHECK(!realloc(make(kind, size), 0));
	p = realloc(make(kind, size), size * 2);
	CHECK(recorded(p, size * 2));
	for (size_t i = 0; i < size; i++)
		CHECK(p[i] == 'f');
	free(p);
	p = reallocarray(make(kind, size), 1, size / 2);
	CHECK(recorded(p, size / 2));
	CHECK(p[0] == 'f' && p[size / 2 - 1] == 'f');
	free(p);
	CHECK(live_blocks() == before);
}

static void take_over(size_t was, size_t size)
{
	char *p;

	__libc_free(malloc(was));
	p = __libc_malloc(size);
	memset(p, 'f', size);
	CHECK(measure(p) >= size && measure(p) < size + 64);
	free(p);
}

/* The block that was recorded ended where there is no memory any more. */
static void take_over_what_is_gone(void)
{
	enum { LARGE = 1 << 20 };
	char *p;

	mallopt(M_MMAP_THRESHOLD, 2 * LARGE);
	mallopt(M_TRIM_THRESHOLD, 4096);
	mallopt(M_TOP_PAD, 0);
	for (int i = 0; i < 3; i++) {
		__libc_free(malloc(LARGE));
		p = malloc(24);
		CHECK(recorded(p, 24));
		free(p);
		__libc_free(malloc(LARGE));
		free(__libc_malloc(24));
		__libc_free(malloc(LARGE));
		p = realloc(__libc_malloc(24), 100);
		CHECK(recorded(p, 100));
		free(p);
	}
}

int main(void)
{
	check_active();
	for (int kind = 0; kind < 2; kind++)
		for (size_t size = 24; size < 4 << 20; size = size * 2 + 8)
			run(kind, size);
	for (size_t was = 24; was < 1 << 17; was = was * 2 + 8)
		for (size_t size = 24; size <= was + 16; size = size * 2 + 8)
			take_over(was, size);
	/* all that is usable is asked for, and written */
	for (size_t size = 40; size < 1000; size += 16)
		take_over(size - 16, size);
	take_over_what_is_gone();
	return 0;
}
