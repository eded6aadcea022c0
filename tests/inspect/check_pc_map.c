/* SPDX-License-Identifier: MIT */
/* Unit tests of numbers for callers, and of those made to fall together. */
#include <check.h>

#include "heap/pc_map.h"
#include "suite.h"

static uint64_t inverse(uint64_t odd)
{
	uint64_t x = odd;

	for (int i = 0; i < 6; i++)
		x *= 2 - odd * x;
	return x;
}

/* The address whose hash in pc_map.c is @hash. */
static uint64_t pc_of_hash(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= inverse(UINT64_C(0xc2b2ae3d27d4eb4f));
	hash ^= hash >> 29 ^ hash >> 58;
	hash *= inverse(UINT64_C(0x9e3779b97f4a7c15));
	return hash ^ hash >> 32;
}

/* A table without an end to its chains would take hours. */
static void flood(uint64_t (*hash)(uint64_t i))
{
	enum { N = 1000000 };
	struct mtr_pc_map m = { 0 };
	bool added;

	for (uint32_t i = 1; i <= N; i++) {
		*mtr_pc_map_at(&m, pc_of_hash(hash(i)), &added) = i;
		must(added);
	}
	ck_assert_uint_gt(m.branches, N / 2);
	for (uint32_t i = 1; i <= N; i++) {
		uint64_t pc = pc_of_hash(hash(i));

		must(*mtr_pc_map_find(&m, pc) == i);
		must(*mtr_pc_map_at(&m, pc, &added) == i);
		must(!added);
	}
	ck_assert_ptr_null(mtr_pc_map_find(&m, pc_of_hash(N + 1)));
	mtr_pc_map_fini(&m);
}

static uint64_t same_low(uint64_t i)
{
	return i << 40;
}

/* These would lie in one branch of the tree, as far as it goes. */
static uint64_t same_low_and_high(uint64_t i)
{
	return (i & 0xffff) << 32 | i >> 16 << 28 | 0x5a5a000000000000;
}

START_TEST(callers_of_one_hash)
{
	flood(same_low);
	flood(same_low_and_high);
}
END_TEST

START_TEST(callers_that_programs_have)
{
	struct mtr_pc_map m = { 0 };
	bool added;

	ck_assert_ptr_null(mtr_pc_map_find(&m, 0x401000));
	for (uint32_t i = 0; i < 100000; i++) {
		*mtr_pc_map_at(&m, 0x401000 + 5 * i, &added) = i;
		must(added);
	}
	for (uint32_t i = 0; i < 100000; i++)
		must(*mtr_pc_map_find(&m, 0x401000 + 5 * i) == i);
	ck_assert_uint_lt(m.branches, 1000);
	mtr_pc_map_fini(&m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pc_map");
	TCase *t = add_group(s, "pc_map", NULL, NULL);

	tcase_add_test(t, callers_of_one_hash);
	tcase_add_test(t, callers_that_programs_have);
	return run_suite(s);
}
