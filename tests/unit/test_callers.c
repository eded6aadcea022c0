/* SPDX-License-Identifier: MIT */
/* Callers by number, and how often a stack is due. */
#include "preload/callers.h"

#include <math.h>

#include "preload/depot.h"
#include "preload/objects.h"
#include "preload/threads.h"
#include "unit.h"

/* The id at hand; 0: there is none. */
static uint32_t at_hand(uintptr_t pc)
{
	uint64_t stack;

	return mtr_callers_at_hand(pc, &stack) ? stack >> MTR_SIZE_BITS : 0;
}

START_TEST(at_hand_from_the_second_time_on)
{
	uintptr_t a = 0x7f0123456789, b = a + 0x1000, c = a + 1;
	uint32_t id;

	ck_assert(mtr_depot_init());
	ck_assert_uint_eq(at_hand(a), 0);
	id = mtr_callers_id(a);
	ck_assert_uint_eq(id, MTR_NODE_FIRST);
	ck_assert_uint_eq(at_hand(a), id);
	ck_assert_uint_eq(at_hand(b), 0);
	ck_assert_uint_eq(at_hand(c), 0);
	/* the same place in the table */
	ck_assert_uint_eq(mtr_callers_id(b), id + 1);
	ck_assert_uint_eq(at_hand(b), id + 1);
	ck_assert_uint_eq(at_hand(a), 0);
	ck_assert_uint_eq(mtr_callers_id(a), id);
	ck_assert_uint_eq(mtr_callers_id(c), id + 2);
	ck_assert_uint_eq(at_hand(a), id);
}
END_TEST

/* Who asked libc has to be found out each time. */
START_TEST(runtimes_never_are)
{
	mtr_objects.libc = (struct mtr_span){ 0x2000, 0x1000 };
	ck_assert(mtr_depot_init());
	ck_assert_uint_eq(mtr_callers_id(0x2010), MTR_NODE_FIRST);
	ck_assert_uint_eq(at_hand(0x2010), 0);
}
END_TEST

START_TEST(no_room)
{
	ck_assert_uint_eq(at_hand(0), 0);
	ck_assert_uint_eq(at_hand(0x55), 0);
}
END_TEST

START_TEST(without_a_sample_none_is_due)
{
	mtr_callers_sample(0);
	for (int i = 0; i < 1000; i++)
		ck_assert(!mtr_callers_is_due(PTRDIFF_MAX >> (i % 63)));
}
END_TEST

/* As many as there ought to be, within five standard deviations. */
static void check_sample(uint64_t mean, size_t size)
{
	enum { N = 200000 };
	double odds = 1 - exp(-(double)size / (double)mean);
	double spread = 5 * sqrt(N * odds * (1 - odds)) + 1;
	int due = 0;

	mtr_callers_sample(mean);
	mtr_thread.draws = 12345;
	mtr_thread.until = 0;
	mtr_callers_is_due(PTRDIFF_MAX);
	for (int i = 0; i < N; i++)
		due += mtr_callers_is_due(size);
	ck_assert_msg(fabs(due - N * odds) <= spread,
		      "%d of %d blocks of %zu at %llu, not %.0f", due, N, size,
		      (unsigned long long)mean, N * odds);
}

START_TEST(as_many_as_there_ought_to_be)
{
	static const size_t sizes[] = { 1, 16, 100, 4096, 100000, 10000000 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		check_sample(1000, sizes[i]);
		check_sample(512 << 10, sizes[i]);
	}
	ck_assert(!mtr_callers_is_due(0));
	ck_assert(mtr_callers_is_due(PTRDIFF_MAX));
}
END_TEST

Suite *callers_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("callers", &tc);

	tcase_add_test(tc, at_hand_from_the_second_time_on);
	tcase_add_test(tc, runtimes_never_are);
	tcase_add_test(tc, no_room);
	tcase_add_test(tc, without_a_sample_none_is_due);
	tcase_add_test(tc, as_many_as_there_ought_to_be);
	return s;
}
