/* SPDX-License-Identifier: MIT */
/*
 * Memory for tables: what is counted, and how often it is asked for.
 */
#include "preload/memory.h"

#include <stdbool.h>

#include "preload/sys.h"
#include "unit.h"

static uint64_t bytes;
static unsigned int asked;
static bool refuses;

static void *map(size_t n)
{
	asked++;
	return refuses ? NULL : mtr_sys_map(n);
}

static struct mtr_memory memory = { .map = map, .bytes = &bytes };

START_TEST(counts_what_is_mapped)
{
	char *p = mtr_memory_map(&memory, 8192), *q;

	ck_assert(p && p[0] == 0 && p[8191] == 0);
	q = mtr_memory_map(&memory, 4096);
	ck_assert_uint_eq(bytes, 12288);
	mtr_memory_unmap(&memory, p, 8192);
	ck_assert_uint_eq(bytes, 4096);
	mtr_memory_unmap(&memory, q, 4096);
	ck_assert_uint_eq(bytes, 0);
	ck_assert_uint_eq(asked, 2);
}
END_TEST

START_TEST(asks_seldom_once_refused)
{
	enum { CALLS = 100 * MTR_MEMORY_PATIENCE };
	unsigned int calls = 0;
	void *p;

	refuses = true;
	for (int i = 0; i < CALLS; i++)
		ck_assert_ptr_null(mtr_memory_map(&memory, 4096));
	ck_assert_uint_ge(asked, 100);
	ck_assert_uint_le(asked, 110);
	ck_assert_uint_eq(bytes, 0);
	/* but for who is not to wait */
	asked = 0;
	for (int i = 0; i < 10; i++)
		ck_assert_ptr_null(mtr_memory_map_anyway(&memory, 4096));
	ck_assert_uint_eq(asked, 10);
	refuses = false;
	do
		p = mtr_memory_map(&memory, 4096);
	while (!p && ++calls < CALLS);
	ck_assert_uint_lt(calls, MTR_MEMORY_PATIENCE);
	ck_assert_uint_eq(bytes, 4096);
	/* and from then on each time */
	ck_assert_ptr_nonnull(mtr_memory_map(&memory, 4096));
}
END_TEST

Suite *memory_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("memory", &tc);

	tcase_add_test(tc, counts_what_is_mapped);
	tcase_add_test(tc, asks_seldom_once_refused);
	return s;
}
