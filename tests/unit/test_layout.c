/* SPDX-License-Identifier: MIT */
/*
 * The index functions of the ledger's table, at their boundaries.
 */
#include "format/layout.h"

#include "unit.h"

static const struct {
	uint64_t addr, root, mid, leaf;
} cases[] = {
	{ 0, 0, 0, 0 },
	{ 15, 0, 0, 0 },
	{ 16, 0, 0, 1 },
	{ (1ull << 22) - 16, 0, 0, (1 << 18) - 1 },
	{ (1ull << 22) - 1, 0, 0, (1 << 18) - 1 },
	{ 1ull << 22, 0, 1, 0 },
	{ (1ull << 34) - 1, 0, (1 << 12) - 1, (1 << 18) - 1 },
	{ 1ull << 34, 1, 0, 0 },
	{ 1ull << 47, 1 << 13, 0, 0 },
	{ (1ull << 47) + (5ull << 22) + 48, 1 << 13, 5, 3 },
	{ (1ull << 48) - 16, (1 << 14) - 1, (1 << 12) - 1, (1 << 18) - 1 },
};

START_TEST(indices)
{
	ck_assert_uint_eq(mtr_root_index(cases[_i].addr), cases[_i].root);
	ck_assert_uint_eq(mtr_mid_index(cases[_i].addr), cases[_i].mid);
	ck_assert_uint_eq(mtr_leaf_index(cases[_i].addr), cases[_i].leaf);
}
END_TEST

/* Whoever indexes the root with an address above 2^48 must be able to tell. */
START_TEST(high_addresses)
{
	ck_assert_uint_eq(mtr_root_index(1ull << 48) >> MTR_ROOT_BITS, 1);
	ck_assert(mtr_root_index(UINT64_MAX) >> MTR_ROOT_BITS != 0);
}
END_TEST

Suite *layout_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("layout", &tc);

	tcase_add_loop_test(tc, indices, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_test(tc, high_addresses);
	return s;
}
