/* SPDX-License-Identifier: MIT */
/* What the callers alone have is spread over the stacks of a sample. */
#include <math.h>

#include "report/sampled.h"
#include "sample.h"

/* Stacks of two callers, sites 1 and 2: what is known of each. */
enum {
	ALONE = 1, /* the first caller alone */
	MUCH,	   /* two of its stacks */
	LITTLE,
	OTHER_ALONE, /* the second caller, of which there is no sample */
	STACKS
};

static struct mtr_heap_view *view(void)
{
	static const struct mtr_call calls[] = {
		{ 0 },
		{ .site = 1, .depth = 1, .end = MTR_ROOT_CALLER },
		{ .site = 1, .depth = 1, .end = MTR_ROOT_COMPLETE },
		{ .site = 2, .depth = 1, .end = MTR_ROOT_CALLER },
	};
	static const struct mtr_stack stacks[STACKS] = {
		[ALONE] = { .call = 1, .caller = 1 },
		[MUCH] = { .call = 2, .caller = 1 },
		[LITTLE] = { .call = 2, .caller = 1 },
		[OTHER_ALONE] = { .call = 3, .caller = 2 },
	};
	struct mtr_heap_view *s = calloc(1, sizeof(*s));

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		*mtr_calls_push(&s->stacks.calls) = calls[i];
	for (size_t i = 0; i < STACKS; i++)
		*mtr_stack_list_push(&s->stacks.list) = stacks[i];
	for (int i = 0; i < 3; i++)
		*mtr_sites_push(&s->sites) = (struct mtr_site){ 0 };
	s->heap.descriptor.sample = 1000;
	return s;
}

static void is(const struct mtr_sum *sum, uint64_t blocks, uint64_t bytes,
	       uint64_t usable, uint64_t slack)
{
	ck_assert_uint_eq(sum->blocks, blocks);
	ck_assert_uint_eq(sum->bytes, bytes);
	ck_assert_uint_eq(sum->usable, usable);
	ck_assert_uint_eq(sum->slack, slack);
}

/* By bytes, blocks by blocks; rounding loses nothing. */
START_TEST(spread)
{
	struct mtr_heap_view *s = view();
	const struct mtr_sampled sampled[STACKS] = {
		[MUCH] = { .blocks = 1, .bytes = 3000 },
		[LITTLE] = { .blocks = 1, .bytes = 1000 },
	};
	struct mtr_sum sums[STACKS] = {
		[ALONE] = { 9, 4001, 5003, 101, 0 },
		[MUCH] = { 2, 10, 20, 3, 0 },
		[LITTLE] = { 1, 1, 2, 0, 0 },
		[OTHER_ALONE] = { 7, 70, 700, 7000, 0 },
	};

	ck_assert(mtr_sampled_spread(s, sampled, sums));
	is(&sums[ALONE], 0, 0, 0, 0);
	is(&sums[MUCH], 2 + 4, 10 + 3000, 20 + 3752, 3 + 75);
	is(&sums[LITTLE], 1 + 5, 1 + 1001, 2 + 1251, 0 + 26);
	is(&sums[OTHER_ALONE], 7, 70, 700, 7000);
	sample_destroy(s);
}
END_TEST

/* A block of as many bytes as the mean is one of 1 / (1 - 1/e). */
START_TEST(what_a_block_stands_for)
{
	struct mtr_heap_view *s = view();
	struct mtr_block b = { .size = 1000 };
	struct mtr_sampled sum = { 0 };
	double others = 1 / (1 - exp(-1)) - 1;

	mtr_sampled_add(s, &b, &sum);
	ck_assert(fabs(sum.blocks - others) < 1e-9);
	ck_assert(fabs(sum.bytes - 1000 * others) < 1e-6);
	b.size = 100;
	sum = (struct mtr_sampled){ 0 };
	mtr_sampled_add(s, &b, &sum);
	ck_assert(fabs(sum.blocks - 9.508331944775) < 1e-9);
	/* of a large one nearly all are in the sample, and of 0 bytes none is
	 */
	b.size = 1000000;
	sum = (struct mtr_sampled){ 0 };
	mtr_sampled_add(s, &b, &sum);
	b.size = 0;
	mtr_sampled_add(s, &b, &sum);
	ck_assert(sum.blocks == 0 && sum.bytes == 0);
	sample_destroy(s);
}
END_TEST

/* All of a tally: by caller it is exact, by stack it adds up. */
START_TEST(tallies)
{
	static const struct mtr_block blocks[] = {
		{ .addr = 0x1000,
		  .size = 500,
		  .usable = 520,
		  .site = 1,
		  .stack = ALONE },
		{ .addr = 0x2000,
		  .size = 500,
		  .usable = 520,
		  .site = 1,
		  .stack = MUCH },
		{ .addr = 0x3000,
		  .size = 100,
		  .usable = 120,
		  .site = 2,
		  .stack = OTHER_ALONE },
	};
	struct mtr_heap_view *s = view();
	struct mtr_filter filter;

	*mtr_frames_push(&s->frames) = (struct mtr_frame){ .function = "f" };
	s->heap.record = MTR_RECORD_SHORT;
	for (uint32_t i = 0; i < 3; i++) {
		s->sites.at[i] = (struct mtr_site){ .pc = i, .n = 1 };
		s->stacks.list.at[i].owner = s->stacks.list.at[i].caller;
		*mtr_blocks_push(&s->heap.blocks) = blocks[i];
	}
	ck_assert_ptr_null(mtr_filter_init(s, &MTR_FILTER_ALL, &filter));
	for (enum mtr_by by = MTR_BY_CALLER; by <= MTR_BY_STACK; by++) {
		struct mtr_tally t;
		uint64_t bytes = 0;

		ck_assert_ptr_null(
			mtr_tally_make(s, &filter, by, MTR_SORT_BYTES, &t));
		for (size_t i = 0; i < t.groups.n; i++)
			bytes += t.groups.at[i].sum.bytes;
		ck_assert_uint_eq(bytes, 1100);
		ck_assert_uint_eq(t.total.bytes, 1100);
		if (by == MTR_BY_STACK) {
			ck_assert_uint_eq(t.groups.n, 2);
			ck_assert_uint_eq(t.groups.at[0].sum.bytes, 1000);
			ck_assert_uint_eq(t.groups.at[0].sum.blocks, 2);
			ck_assert_ptr_eq(t.groups.at[0].stack,
					 &s->stacks.list.at[MUCH]);
		}
		mtr_tally_fini(&t);
	}
	mtr_filter_fini(&filter);
	sample_destroy(s);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, spread);
	tcase_add_test(t, what_a_block_stands_for);
	tcase_add_test(t, tallies);
}

int main(void)
{
	return sample_run("sampled", add);
}
