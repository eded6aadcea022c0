/* SPDX-License-Identifier: MIT */
/*
 * The ledger's table: growing it, finding in it, walking it both ways, at the
 * boundaries of leaves and mid tables and at the ends of the address space.
 *
 * The twin's allocator is not called, so no block is in the ledger at the
 * start. The addresses are made up.
 */
#include "preload/ledger.h"

#include "preload/descriptor.h"
#include "unit.h"

static const uintptr_t leaf_span = (uintptr_t)1 << 22;
static const uintptr_t mid_span = (uintptr_t)1 << 34;
static const uintptr_t half = (uintptr_t)1 << 47;
static const uintptr_t top = (uintptr_t)1 << 48;

static uint8_t *mark(uintptr_t addr, uint64_t usable)
{
	enum mtr_drop drop;
	uint8_t *at = mtr_ledger_make(addr, &drop);

	ck_assert(at != NULL);
	mtr_ledger_mark(at, mtr_lead(0), usable);
	return at;
}

static void check_next(uintptr_t from, uintptr_t expected)
{
	const uint8_t *at = NULL;

	ck_assert_uint_eq(mtr_ledger_next(from, &at), expected);
	if (expected)
		ck_assert_ptr_eq(at, mtr_ledger_find(expected));
}

static void check_previous(uintptr_t from, uintptr_t expected)
{
	const uint8_t *at = NULL;

	ck_assert_uint_eq(mtr_ledger_previous(from, &at), expected);
	if (expected)
		ck_assert_ptr_eq(at, mtr_ledger_find(expected));
}

START_TEST(empty)
{
	ck_assert_ptr_eq(mtr_ledger_find(0), NULL);
	ck_assert_ptr_eq(mtr_ledger_find(half), NULL);
	ck_assert_ptr_eq(mtr_ledger_find(top - 16), NULL);
	ck_assert_ptr_eq(mtr_ledger_find(top), NULL);
	ck_assert_ptr_eq(mtr_ledger_find(UINTPTR_MAX), NULL);
	check_next(0, 0);
	check_next(top, 0);
	check_previous(0, 0);
	check_previous(half, 0);
	check_previous(top - 1, 0);
	check_previous(top, 0);
	check_previous(UINTPTR_MAX, 0);
}
END_TEST

START_TEST(make_is_found_and_zeroed)
{
	static const uintptr_t addrs[] = { 0, 16, 0x7f0000001230, half,
					   top - 16 };
	enum mtr_drop drop;

	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		uint8_t *at = mtr_ledger_make(addrs[i], &drop);

		ck_assert(at != NULL);
		ck_assert_uint_eq(*at, 0);
		ck_assert_ptr_eq(mtr_ledger_find(addrs[i]), at);
		ck_assert_ptr_eq(mtr_ledger_find(addrs[i] + 15), at);
		ck_assert_ptr_eq(mtr_ledger_make(addrs[i], &drop), at);
	}
	ck_assert_ptr_eq(mtr_ledger_find(16), mtr_ledger_find(0) + 1);
}
END_TEST

/* The second of two leaves that meet in a slot is found all the same. */
START_TEST(hints)
{
	const uintptr_t first = 0x300000000000 + 7 * leaf_span;
	const uintptr_t second = first + (leaf_span << MTR_HINT_BITS);
	const struct mtr_hint *hint = mtr_hint_for(first);
	enum mtr_drop drop;
	uint8_t *one, *two;

	ck_assert_ptr_eq(mtr_hint_for(second), hint);
	ck_assert(!mtr_hint_covers(hint, first));
	one = mtr_ledger_make(first + 160, &drop);
	two = mtr_ledger_make(second + 160, &drop);
	ck_assert(mtr_hint_covers(hint, first));
	ck_assert_ptr_eq(mtr_hint_byte(hint, first + 160), one);
	ck_assert(!mtr_hint_covers(hint, second));
	ck_assert_ptr_eq(mtr_ledger_find(second + 160), two);
	ck_assert(!mtr_hint_covers(mtr_hint_for(0), 0));
}
END_TEST

START_TEST(above_the_top)
{
	uint64_t before = mtr_descriptor.ledger_bytes;
	enum mtr_drop drop = MTR_DROP_COUNT;

	ck_assert_ptr_eq(mtr_ledger_make(top, &drop), NULL);
	ck_assert_int_eq(drop, MTR_DROP_HIGH);
	ck_assert_ptr_eq(mtr_ledger_make(UINTPTR_MAX, &drop), NULL);
	ck_assert_int_eq(drop, MTR_DROP_HIGH);
	ck_assert_uint_eq(mtr_descriptor.ledger_bytes, before);
}
END_TEST

/* The bytes of an entry in the last granule go to the leaf's spare ones. */
START_TEST(entry_at_the_end_of_a_leaf)
{
	uintptr_t last = half + leaf_span - 16, first = half + leaf_span;
	uint8_t *next = mark(first, 48);
	uint8_t *at = mark(last, UINT64_C(1) << 40);

	ck_assert_uint_eq(mtr_ledger_usable(at, MTR_ENTRY_LARGE),
			  UINT64_C(1) << 40);
	ck_assert_uint_eq(mtr_ledger_usable(next, MTR_ENTRY_LARGE), 48);
	check_next(last, last);
	check_next(last + 16, first);
	check_previous(first - 1, last);
}
END_TEST

/* Leaves come several from one mapping: none overlaps another. */
START_TEST(leaves_are_apart)
{
	enum { N = 40 };
	uint8_t *at[N];

	for (int i = 0; i < N; i++)
		at[i] = mark(half + (i + 1) * leaf_span - 16,
			     (i + 1) * UINT64_C(1000008));
	for (int i = 0; i < N; i++)
		ck_assert_uint_eq(mtr_ledger_usable(at[i], MTR_ENTRY_LARGE),
				  (i + 1) * UINT64_C(1000008));
	for (int i = 0; i < N; i++)
		check_next(half + i * leaf_span,
			   half + (i + 1) * leaf_span - 16);
}
END_TEST

/* Neighbours on both sides of every kind of boundary, both ways. */
START_TEST(walk)
{
	const uintptr_t places[] = {
		16,
		48,
		leaf_span - 16,
		leaf_span,
		mid_span - 16,
		mid_span,
		3 * mid_span + 7 * leaf_span + 160,
		half - 16,
		half,
		top - 16,
	};
	const size_t n = sizeof(places) / sizeof(*places);

	for (size_t i = 0; i < n; i++)
		mark(places[i], 24);
	for (size_t i = 0; i < n; i++) {
		uintptr_t p = places[i], before = i ? places[i - 1] : 0;

		check_next(p, p);
		check_next(p - 15, p);
		check_next(p + 1, i + 1 < n ? places[i + 1] : 0);
		check_previous(p, p);
		check_previous(p + 15, p);
		check_previous(p - 1, before);
	}
	check_previous(top, 0);
	check_next(top, 0);
}
END_TEST

/* The freed, the gone and unused generations are passed over. */
START_TEST(walk_sees_the_live_alone)
{
	uint8_t *freed = mark(half + 64, 24);
	uint8_t *gone = mark(half + 128, 4096);
	uint8_t *odd = mark(half + 512, 24);

	mark(half, 24);
	mark(half + 4096, 24);
	*freed = MTR_LEAD_FREED;
	*gone = 0;
	*odd = MTR_LEAD | (MTR_GENERATION_MAX + 1);
	check_next(half + 16, half + 4096);
	check_previous(half + 4095, half);
}
END_TEST

/* What is mapped is counted, for the reader and for totals. */
START_TEST(mapped_bytes_are_counted)
{
	enum { N = 100 };
	uint64_t before = mtr_descriptor.ledger_bytes, leaves;

	for (int i = 0; i < N; i++)
		mark(half + i * leaf_span, 24);
	leaves = mtr_descriptor.ledger_bytes - before - 8 * (1 << MTR_MID_BITS);
	ck_assert_uint_eq(leaves % MTR_LEAF_BYTES, 0);
	/* 15 come from one mapping, and some may have been left */
	ck_assert(leaves / MTR_LEAF_BYTES > N - 15);
	ck_assert(leaves / MTR_LEAF_BYTES < N + 15);
	before = mtr_descriptor.ledger_bytes;
	for (int i = 0; i < N; i++)
		mark(half + i * leaf_span + 160, 24);
	ck_assert_uint_eq(mtr_descriptor.ledger_bytes, before);
}
END_TEST

Suite *ledger_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("ledger", &tc);

	tcase_add_test(tc, empty);
	tcase_add_test(tc, make_is_found_and_zeroed);
	tcase_add_test(tc, hints);
	tcase_add_test(tc, above_the_top);
	tcase_add_test(tc, entry_at_the_end_of_a_leaf);
	tcase_add_test(tc, leaves_are_apart);
	tcase_add_test(tc, walk);
	tcase_add_test(tc, walk_sees_the_live_alone);
	tcase_add_test(tc, mapped_bytes_are_counted);
	return s;
}
