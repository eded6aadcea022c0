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

/* Of a block at 0x1000: what is shown around a byte. */
START_TEST(windows)
{
	static const struct {
		uint64_t usable, offset, from, bytes;
	} table[] = {
		{ 24, 23, 0, 24 },
		{ 200, 0, 0, 200 },
		{ 200, 199, 0, 200 },
		{ 255, 254, 0, 255 },
		{ 256, 0, 0, 256 },
		{ 256, 143, 0, 256 },
		{ 256, 144, 0, 256 },
		{ 256, 255, 0, 256 },
		/* one byte more is a row more */
		{ 257, 143, 0, 256 },
		{ 257, 144, 16, 241 },
		{ 257, 256, 16, 241 },
		{ 272, 144, 16, 256 },
		{ 272, 271, 16, 256 },
		{ 5000, 0, 0, 256 },
		{ 5000, 143, 0, 256 },
		{ 5000, 144, 16, 256 },
		{ 5000, 2000, 1872, 256 },
		{ 5000, 2015, 1872, 256 },
		{ 5000, 2016, 1888, 256 },
		/* the last window holds the last byte, and ends with it */
		{ 5000, 4880, 4752, 248 },
		{ 5000, 4879, 4736, 256 },
		{ 5000, 4999, 4752, 248 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		uint64_t asked = 0x1000 + table[i].offset, at;
		size_t bytes;

		mtr_block_window(asked, 0x1000, 0x1000 + table[i].usable, &at,
				 &bytes);
		ck_assert_msg(
			at == 0x1000 + table[i].from && bytes == table[i].bytes,
			"%d of %d: %d from %d", (int)table[i].offset,
			(int)table[i].usable, (int)bytes, (int)(at - 0x1000));
		ck_assert(asked >= at && asked < at + bytes);
	}
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, addresses);
	tcase_add_test(t, nothing);
	tcase_add_test(t, windows);
}

int main(void)
{
	return sample_run("block", add);
}
