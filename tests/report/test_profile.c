/* SPDX-License-Identifier: MIT */
/* Sums by stack, for other tools. */
#include "exported.h"

static void row_is(size_t i, uint32_t stack_id, uint32_t site,
		   unsigned generation, uint64_t blocks, uint64_t bytes)
{
	const struct mtr_profile_row *r = &profile.rows.at[i];

	ck_assert_uint_lt(i, profile.rows.n);
	ck_assert_uint_eq(r->stack ? r->stack->id : 0, stack_id);
	ck_assert_uint_eq(r->site - s->sites.at, site);
	ck_assert_uint_eq(r->generation, generation);
	ck_assert_uint_eq(r->sum.blocks, blocks);
	ck_assert_uint_eq(r->sum.bytes, bytes);
}

START_TEST(rows)
{
	make(MTR_VALUE_BYTES, false);
	ck_assert_uint_eq(profile.rows.n, 7);
	row_is(0, 500, 4, 0, 1, 500);
	row_is(1, 100, 4, 0, 2, 119);
	row_is(2, 300, 5, 0, 1, 50);
	row_is(3, 200, 4, 0, 1, 19);
	row_is(4, 0, 6, 0, 1, 10);
	row_is(5, 0, 3, 0, 1, 8);
	row_is(6, 0, 0, 0, 1, 0);
	ck_assert_uint_eq(profile.total.bytes, 706);
	make(MTR_VALUE_BLOCKS, false);
	row_is(0, 100, 4, 0, 2, 119);
	make(MTR_VALUE_UNUSED, false);
	row_is(0, 500, 4, 0, 1, 500);
	ck_assert_uint_eq(mtr_profile_value(profile.rows.at, MTR_VALUE_UNUSED),
			  500);
}
END_TEST

/* Each by itself: of one stack, too. */
START_TEST(rows_by_generation)
{
	s->heap.blocks.at[1].generation = 5;
	make(MTR_VALUE_BYTES, true);
	ck_assert(profile.generations);
	ck_assert_uint_eq(profile.rows.n, 8);
	row_is(0, 500, 4, 2, 1, 500);
	row_is(1, 100, 4, 5, 1, 100);
	row_is(2, 300, 5, 3, 1, 50);
	row_is(3, 100, 4, 0, 1, 19);
	row_is(4, 200, 4, 1, 1, 19);
	/* back and forth between them */
	s->heap.blocks.at[4].stack = 1;
	s->heap.blocks.at[4].generation = 0;
	make(MTR_VALUE_BYTES, true);
	ck_assert_uint_eq(profile.rows.n, 7);
	row_is(0, 100, 4, 0, 2, 519);
	row_is(1, 100, 4, 5, 1, 100);
	make(MTR_VALUE_BYTES, false);
	row_is(0, 100, 4, 0, 3, 619);
}
END_TEST

START_TEST(rows_filtered)
{
	mtr_filter_fini(&filter);
	spec.min_size = 19;
	spec.max_size = 100;
	ck_assert_ptr_null(mtr_filter_init(s, &spec, &filter));
	make(MTR_VALUE_BYTES, false);
	ck_assert_uint_eq(profile.rows.n, 3);
	row_is(0, 100, 4, 0, 2, 119);
	row_is(1, 300, 5, 0, 1, 50);
	ck_assert_uint_eq(profile.total.blocks, 4);
}
END_TEST

/* 0x1030 holds 0x3000; 0x4000 is reached by another way as well. */
START_TEST(rows_retain)
{
	hold(true);
	make(MTR_VALUE_RETAINED, false);
	row_is(0, 500, 4, 0, 1, 500);
	ck_assert_uint_eq(profile.rows.at[0].retained, 500);
	row_is(1, 100, 4, 0, 2, 119);
	ck_assert_uint_eq(profile.rows.at[1].retained, 108);
}
END_TEST

START_TEST(rows_pin)
{
	make(MTR_VALUE_PINS, false);
	row_is(0, 500, 4, 0, 1, 500);
	row_is(1, 0, 3, 0, 1, 8);
	row_is(2, 200, 4, 0, 1, 19);
	row_is(3, 100, 4, 0, 2, 119);
	ck_assert_uint_eq(profile.rows.at[3].sum.pins, 11);
	ck_assert_uint_eq(profile.total.pins, 11118);
	make(MTR_VALUE_BYTES, false);
	ck_assert_uint_eq(profile.total.pins, 0);
}
END_TEST

/* Of a sample: what a report by stack says, of all generations. */
START_TEST(rows_of_a_sample)
{
	struct mtr_tally t;

	s->heap.descriptor.sample = 512;
	make(MTR_VALUE_BYTES, true);
	ck_assert(!profile.generations);
	ck_assert_ptr_null(
		mtr_tally_make(s, &filter, MTR_BY_STACK, MTR_SORT_BYTES, &t));
	ck_assert_uint_eq(profile.rows.n, t.groups.n);
	for (size_t i = 0; i < t.groups.n; i++) {
		ck_assert_ptr_eq(profile.rows.at[i].stack,
				 t.groups.at[i].stack);
		ck_assert_uint_eq(profile.rows.at[i].sum.bytes,
				  t.groups.at[i].sum.bytes);
	}
	ck_assert_uint_eq(profile.total.bytes, t.total.bytes);
	mtr_tally_fini(&t);
}
END_TEST

/* xmalloc, which asked for it, is a wrapper, and so is f where it says so. */
START_TEST(stacks)
{
	struct mtr_profile_stack stack;

	mtr_profile_stack(s, &s->stacks.list.at[1], &s->sites.at[4], &stack);
	ck_assert_uint_eq(stack.n, 3);
	ck_assert_uint_eq(stack.sites[0], 4);
	ck_assert_uint_eq(stack.sites[1], 1);
	ck_assert_uint_eq(stack.sites[2], 8);
	ck_assert_uint_eq(stack.skip, 0);
	s->sites.at[4].owner = 5;
	mtr_profile_stack(s, &s->stacks.list.at[1], &s->sites.at[4], &stack);
	ck_assert_uint_eq(stack.n, 3);
	ck_assert_uint_eq(stack.skip, 1);
	mtr_profile_stack(s, NULL, &s->sites.at[4], &stack);
	ck_assert_uint_eq(stack.n, 1);
	ck_assert_uint_eq(stack.skip, 1);
	/* an owner that is not there */
	mtr_profile_stack(s, &s->stacks.list.at[3], &s->sites.at[4], &stack);
	ck_assert_uint_eq(stack.n, 1);
	ck_assert_uint_eq(stack.sites[0], 5);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rows);
	tcase_add_test(t, rows_by_generation);
	tcase_add_test(t, rows_filtered);
	tcase_add_test(t, rows_retain);
	tcase_add_test(t, rows_pin);
	tcase_add_test(t, rows_of_a_sample);
	tcase_add_test(t, stacks);
}

int main(void)
{
	return sample_run("profile", add);
}
