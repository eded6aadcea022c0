/* SPDX-License-Identifier: MIT */
/*
 * The bootstrap arena: alignment, contents, its end.
 */
#include "preload/arena.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "preload/descriptor.h"
#include "unit.h"

START_TEST(blocks_are_apart_and_zeroed)
{
	char *p = mtr_arena_alloc(5, 0);
	char *q = mtr_arena_alloc(100, 1);
	static const char zero[100];

	ck_assert(p && q);
	ck_assert_uint_eq((uintptr_t)p % 16, 0);
	ck_assert_uint_eq((uintptr_t)q % 16, 0);
	ck_assert(memcmp(p, zero, 5) == 0 && memcmp(q, zero, 100) == 0);
	memset(p, 1, 5);
	memset(q, 2, 100);
	ck_assert_uint_eq(mtr_arena_size(p), 5);
	ck_assert_uint_eq(mtr_arena_size(q), 100);
	ck_assert_int_eq(p[4], 1);
}
END_TEST

START_TEST(empty_blocks_are_distinct)
{
	void *p = mtr_arena_alloc(0, 0), *q = mtr_arena_alloc(0, 0);

	ck_assert(p && q && p != q);
	ck_assert_uint_eq(mtr_arena_size(p), 0);
	ck_assert(mtr_arena_owns(p) && mtr_arena_owns(q));
}
END_TEST

START_TEST(alignments)
{
	for (size_t align = 1; align <= 8192; align *= 2) {
		void *p = mtr_arena_alloc(24, align);

		ck_assert(p != NULL);
		ck_assert_uint_eq((uintptr_t)p % align, 0);
		ck_assert_uint_eq(mtr_arena_size(p), 24);
	}
}
END_TEST

static void check_refused(size_t size, size_t align)
{
	errno = 0;
	ck_assert_ptr_eq(mtr_arena_alloc(size, align), NULL);
	ck_assert_int_eq(errno, ENOMEM);
}

START_TEST(sizes_that_overflow)
{
	check_refused(SIZE_MAX, 0);
	check_refused(SIZE_MAX - 8, 16);
	check_refused(SIZE_MAX / 2, 0);
	check_refused(64 * 1024 + 1, 0);
	check_refused(64 * 1024, 0);
	check_refused(1, SIZE_MAX / 2 + 1);
	check_refused(1, 128 * 1024);
	ck_assert(mtr_arena_alloc(1, 0) != NULL);
}
END_TEST

START_TEST(used_up)
{
	size_t n = 0;
	char *p, *last = NULL;

	while ((p = mtr_arena_alloc(1000, 0))) {
		memset(p, 3, 1000);
		last = p;
		n++;
	}
	ck_assert_uint_eq(n, 64 * 1024 / 1024);
	ck_assert(mtr_arena_owns(last + 999));
	check_refused(1000, 0);
	check_refused(0, 8192);
	ck_assert_uint_eq(mtr_descriptor.drops[MTR_DROP_STARTUP], n);
}
END_TEST

START_TEST(owns_its_own_alone)
{
	char *p = mtr_arena_alloc(16, 0);
	int local = 0;

	ck_assert(mtr_arena_owns(p));
	ck_assert(!mtr_arena_owns(NULL));
	ck_assert(!mtr_arena_owns(&local));
	ck_assert(!mtr_arena_owns((void *)UINTPTR_MAX));
	/* the first block has its head in front, 16 bytes into the arena */
	ck_assert(mtr_arena_owns(p - 16));
	ck_assert(!mtr_arena_owns(p - 17));
	ck_assert(mtr_arena_owns(p - 16 + 64 * 1024 - 1));
	ck_assert(!mtr_arena_owns(p - 16 + 64 * 1024));
}
END_TEST

Suite *arena_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("arena", &tc);

	tcase_add_test(tc, blocks_are_apart_and_zeroed);
	tcase_add_test(tc, empty_blocks_are_distinct);
	tcase_add_test(tc, alignments);
	tcase_add_test(tc, sizes_that_overflow);
	tcase_add_test(tc, used_up);
	tcase_add_test(tc, owns_its_own_alone);
	return s;
}
