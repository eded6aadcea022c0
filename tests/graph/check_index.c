/* SPDX-License-Identifier: MIT */
/* Unit tests of the index: against a search through all blocks. */
#include <check.h>

#include "graph/index.h"
#include "inspect/suite.h"

static struct mtr_blocks blocks;
static struct mtr_index x;

static void setup(void)
{
	blocks = (struct mtr_blocks){ 0 };
}

static void teardown(void)
{
	mtr_index_fini(&x);
	mtr_blocks_fini(&blocks);
}

static void put(uint64_t addr, uint64_t size, uint64_t usable)
{
	*mtr_blocks_push(&blocks) = (struct mtr_block){
		.addr = addr,
		.size = size,
		.usable = usable,
	};
}

static void create(void)
{
	succeeds(mtr_index_create(&blocks, &x));
}

static uint32_t slow(uint64_t addr)
{
	for (size_t i = 0; i < blocks.n; i++)
		if (addr >= blocks.at[i].addr &&
		    addr - blocks.at[i].addr <= blocks.at[i].size)
			return i;
	return MTR_NO_BLOCK;
}

static void is(uint64_t addr)
{
	uint32_t got = mtr_index_find(&x, addr), want = slow(addr);

	if (got != want)
		ck_abort_msg("%#lx: block %u, not %u", (unsigned long)addr, got,
			     want);
}

static void around(uint64_t addr)
{
	for (uint64_t i = 0; i < 40; i++) {
		is(addr + i);
		is(addr - i);
	}
}

static void all(void)
{
	for (size_t i = 0; i < blocks.n; i++) {
		const struct mtr_block *b = &blocks.at[i];

		around(b->addr);
		around(b->addr + b->size);
		around(b->addr + b->usable);
		is(b->addr + b->size / 2);
		is(b->addr + b->size / 3);
	}
}

START_TEST(no_blocks)
{
	create();
	is(0);
	is(0x10000);
	is(UINT64_MAX);
}
END_TEST

START_TEST(blocks_of_one_page)
{
	put(0x10000, 1, 24);
	put(0x10020, 0, 24);
	put(0x10040, 8, 24);
	put(0x10400, 1000, 1016);
	put(0x10800, 24, 40);
	create();
	all();
	is(0);
	is(0xffff);
	is(UINT64_C(0xffff000000010000));
}
END_TEST

/* One is as large as a page, or as 16 GiB, or ends just where these do. */
START_TEST(large_blocks)
{
	const uint64_t mib = 1 << 20, gib = 1 << 30;

	put(mib - 16, 3 * mib, 3 * mib + 16);
	put(5 * mib, mib, mib + 16);
	put(7 * mib, 5 * mib - 1, 5 * mib + 16);
	put(20 * gib - 32, 16, 32);
	put(20 * gib, 100 * gib, 100 * gib + 16);
	put(200 * gib + 16, 16, 32);
	put(256 * gib, 16 * gib, 16 * gib + 16);
	put((UINT64_C(1) << 48) - 4096, 4000, 4016);
	create();
	all();
	for (uint64_t at = 0; at < 300 * gib; at += gib / 3)
		is(at);
	for (uint64_t at = 0; at < 30 * mib; at += 4096 * 3 + 5)
		is(at);
}
END_TEST

/* A size that is not known is all that there is. */
START_TEST(damaged_block)
{
	put(0x10000, 0, 48);
	blocks.at[0].damaged = 1;
	create();
	ck_assert_uint_eq(mtr_index_find(&x, 0x10030), 0);
	ck_assert_uint_eq(mtr_index_find(&x, 0x10031), MTR_NO_BLOCK);
}
END_TEST

static uint64_t state = 88172645463325252;

static uint64_t number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

START_TEST(any_blocks)
{
	for (int round = 0; round < 20; round++) {
		/* few in a MiB, or many */
		unsigned shifts = round % 2 ? 20 : 4;
		uint64_t at = 0x555500000000;

		for (int i = 0; i < 300; i++) {
			uint64_t usable =
				16 + (number() %
				      (UINT64_C(32) << (number() % shifts)));

			usable = (usable + 15) / 16 * 16;
			put(at, number() % (usable - 15), usable);
			at += usable +
			      (number() % 5 ? 0 : number() % 4096 * 16);
			if (number() % 64 == 0)
				at += (number() % (UINT64_C(1) << 36)) & -16;
		}
		create();
		for (int i = 0; i < 3000; i++)
			is(0x555500000000 + number() % (at - 0x555500000000));
		all();
		mtr_index_fini(&x);
		blocks.n = 0;
	}
}
END_TEST

/* Wherever blocks lie, they do not cost much: a core may say anything. */
START_TEST(blocks_far_apart)
{
	const uint64_t mib = 1 << 20, gib = 1 << 30;
	size_t n = 0;

	for (uint64_t i = 0; i < 20000; i++)
		put(0x10000 + i * mib, 16, 32);
	for (uint64_t i = 2; i < 8000; i++)
		put(i * 16 * gib, 16, 32);
	create();
	ck_assert_uint_eq(x.pages, 0);
	for (size_t i = 0; i < 1 << MTR_INDEX_ROOT_BITS; i++)
		n += !!x.root[i].mid;
	ck_assert_uint_le(n, 2);
	for (uint64_t i = 0; i < 20000; i += 77)
		around(0x10000 + i * mib);
	around(7999 * 16 * gib);
}
END_TEST

START_TEST(blocks_that_overlap)
{
	put(0x10000, 16, 32);
	put(0x10000, 16, 32);
	fails_as(mtr_index_create(&blocks, &x), MTR_ERROR_DAMAGED, "overlap");
	blocks.n = 1;
	put(0x10008, 16, 32);
	fails_as(mtr_index_create(&blocks, &x), MTR_ERROR_DAMAGED, "overlap");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("index");
	TCase *t = add_group(s, "index", setup, teardown);

	tcase_add_test(t, no_blocks);
	tcase_add_test(t, blocks_of_one_page);
	tcase_add_test(t, large_blocks);
	tcase_add_test(t, damaged_block);
	tcase_add_test(t, any_blocks);
	tcase_add_test(t, blocks_far_apart);
	tcase_add_test(t, blocks_that_overlap);
	return run_suite(s);
}
