/* SPDX-License-Identifier: MIT */
/*
 * The block at an address, to the byte, and its neighbours.
 */
#include "sample.h"

struct expected {
	uint64_t asked;
	enum mtr_state state;
	uint64_t block, offset; /* block 0: none */
	enum mtr_in in;
	uint64_t before, after;
};

static uint64_t addr_of(const struct mtr_block *b)
{
	return b ? b->addr : 0;
}

static void check_one(const struct mtr_heap_view *s, const struct expected *e)
{
	struct mtr_found f;

	mtr_block_find(s, e->asked, &f);
	ck_assert_msg(f.state == e->state && addr_of(f.block) == e->block &&
			      f.offset == e->offset &&
			      addr_of(f.before) == e->before &&
			      addr_of(f.after) == e->after,
		      "%#lx: state %d, block %#lx + %lu, %#lx, %#lx",
		      (long)e->asked, f.state, (long)addr_of(f.block),
		      (long)f.offset, (long)addr_of(f.before),
		      (long)addr_of(f.after));
	if (f.block)
		ck_assert_int_eq(f.in, e->in);
}

START_TEST(addresses)
{
	static const struct expected table[] = {
		{ 0, MTR_STATE_UNKNOWN, 0, 0, 0, 0, 0x1000 },
		{ 0xfff, MTR_STATE_UNKNOWN, 0, 0, 0, 0, 0x1000 },
		{ 0x1000, MTR_STATE_LIVE, 0x1000, 0, MTR_IN_PAYLOAD, 0,
		  0x1030 },
		{ 0x1012, MTR_STATE_LIVE, 0x1000, 18, MTR_IN_PAYLOAD, 0,
		  0x1030 },
		{ 0x1013, MTR_STATE_LIVE, 0x1000, 19, MTR_IN_SLACK, 0, 0x1030 },
		{ 0x1018, MTR_STATE_LIVE, 0x1000, 24, MTR_IN_RECORD, 0,
		  0x1030 },
		{ 0x1027, MTR_STATE_LIVE, 0x1000, 39, MTR_IN_RECORD, 0,
		  0x1030 },
		{ 0x1028, MTR_STATE_UNKNOWN, 0, 0, 0, 0x1000, 0x1030 },
		{ 0x1030, MTR_STATE_LIVE, 0x1030, 0, MTR_IN_PAYLOAD, 0x1000,
		  0x10b0 },
		{ 0x10b1, MTR_STATE_FREED, 0x10b0, 1, MTR_IN_PAYLOAD, 0x1030,
		  0x2000 },
		{ 0x2000, MTR_STATE_LIVE, 0x2000, 0, MTR_IN_PAYLOAD, 0x10b0,
		  0x3000 },
		{ 0x703f, MTR_STATE_LIVE, 0x7000, 63, MTR_IN_RECORD, 0x6000,
		  0 },
		{ 0x7040, MTR_STATE_UNKNOWN, 0, 0, 0, 0x7000, 0 },
		{ UINT64_MAX, MTR_STATE_UNKNOWN, 0, 0, 0, 0x7000, 0 },
	};
	struct mtr_heap_view *s = sample_create();

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		check_one(s, &table[i]);
	sample_destroy(s);
}
END_TEST

START_TEST(nothing)
{
	struct mtr_heap_view none = { 0 };
	struct mtr_found f;

	mtr_block_find(&none, 0x1000, &f);
	ck_assert_int_eq(f.state, MTR_STATE_UNKNOWN);
	ck_assert_ptr_null(f.before);
	ck_assert_ptr_null(f.after);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, addresses);
	tcase_add_test(t, nothing);
}

int main(void)
{
	return sample_run("block", add);
}
