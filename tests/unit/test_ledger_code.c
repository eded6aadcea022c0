/* SPDX-License-Identifier: MIT */
/*
 * The code of a ledger entry: what is put is what is read, nothing more is
 * written, and what is no entry is not taken for one.
 */
#include "format/ledger_code.h"

#include "unit.h"

enum { ROOM = 16, STALE = 0x55 };

static const uint64_t largest_small = 126 * 8;

static void fill(uint8_t *at)
{
	memset(at, STALE, ROOM);
}

static void check_round_trip(uint64_t usable, uint8_t lead)
{
	size_t bytes = usable <= largest_small ? 2 : 8;
	uint8_t at[ROOM];

	fill(at);
	mtr_ledger_put(at, lead, usable);
	ck_assert_uint_eq(at[0], lead);
	ck_assert_uint_eq(mtr_ledger_usable(at, bytes), usable);
	ck_assert_uint_eq(mtr_ledger_usable(at, ROOM), usable);
	for (size_t i = 1; i < bytes; i++)
		ck_assert(!mtr_is_lead(at[i]));
	for (size_t i = bytes; i < ROOM; i++)
		ck_assert_uint_eq(at[i], STALE);
}

START_TEST(sizes_around_powers_of_two)
{
	uint64_t power = UINT64_C(1) << _i;

	check_round_trip(power, mtr_lead(0));
	check_round_trip(power + 8, mtr_lead(1));
	if (power > 8)
		check_round_trip(power - 8, mtr_lead(2));
}
END_TEST

START_TEST(every_small_size)
{
	for (uint64_t usable = 8; usable <= 4096; usable += 8)
		check_round_trip(usable, mtr_lead(3));
}
END_TEST

START_TEST(largest_size)
{
	check_round_trip((UINT64_C(1) << 45) - 8, mtr_lead(0));
}
END_TEST

START_TEST(sizes_are_rounded_down_to_words)
{
	uint8_t at[ROOM];

	mtr_ledger_put(at, mtr_lead(0), 31);
	ck_assert_uint_eq(mtr_ledger_usable(at, ROOM), 24);
	mtr_ledger_put(at, mtr_lead(0), 1015);
	ck_assert_uint_eq(mtr_ledger_usable(at, 2), 1008);
}
END_TEST

START_TEST(small_ends_at_the_escape)
{
	uint8_t at[ROOM];

	ck_assert(mtr_usable_is_small(largest_small));
	ck_assert(mtr_usable_is_small(largest_small + 7));
	ck_assert(!mtr_usable_is_small(largest_small + 8));
	mtr_ledger_put(at, mtr_lead(0), largest_small);
	ck_assert_uint_eq(at[1], 126);
	mtr_ledger_put(at, mtr_lead(0), largest_small + 8);
	ck_assert_uint_eq(at[1], MTR_ESCAPE);
	ck_assert_uint_eq(at[2], 127);
	ck_assert_uint_eq(at[3], 0);
}
END_TEST

START_TEST(generations)
{
	for (uint32_t g = 0; g <= MTR_GENERATION_MAX; g++) {
		uint8_t lead = mtr_lead(g);

		ck_assert_uint_eq(lead, 0x80 + g);
		ck_assert_uint_eq(mtr_lead_generation(lead), g);
		ck_assert(mtr_is_lead(lead) && mtr_is_live(lead));
		check_round_trip(40, lead);
		check_round_trip(4000, lead);
	}
}
END_TEST

START_TEST(bytes_that_are_not_live)
{
	for (int byte = 0; byte < 0x80; byte++)
		ck_assert(!mtr_is_lead(byte) && !mtr_is_live(byte));
	for (int byte = 0x80 + MTR_GENERATION_MAX + 1; byte <= 0xff; byte++)
		ck_assert(mtr_is_lead(byte) && !mtr_is_live(byte));
	ck_assert_uint_eq(MTR_LEAD_FREED, 0xff);
}
END_TEST

/* A freed block still says how large it was. */
START_TEST(freed)
{
	uint8_t at[ROOM];

	mtr_ledger_put(at, mtr_lead(0), 2048);
	at[0] = MTR_LEAD_FREED;
	ck_assert(!mtr_is_live(at[0]));
	ck_assert_uint_eq(mtr_ledger_usable(at, ROOM), 2048);
}
END_TEST

/* The large entry before left its bytes behind the small one. */
START_TEST(stale_continuation_bytes)
{
	uint8_t at[ROOM] = { 0 };

	mtr_ledger_put(at, mtr_lead(0), UINT64_C(1) << 40);
	mtr_ledger_put(at, mtr_lead(0), 24);
	ck_assert_uint_eq(mtr_ledger_usable(at, ROOM), 24);
	at[0] = 0;
	for (int i = 0; i < ROOM; i++)
		ck_assert(!mtr_is_lead(at[i]));
}
END_TEST

/* Another block's lead byte inside an entry: the entry is damaged. */
START_TEST(lead_inside)
{
	uint8_t at[ROOM];

	mtr_ledger_put(at, mtr_lead(0), 24);
	at[1] = mtr_lead(0);
	ck_assert_uint_eq(mtr_ledger_usable(at, ROOM), 0);
	for (int i = 1; i < MTR_ENTRY_LARGE; i++) {
		mtr_ledger_put(at, mtr_lead(0), 1 << 20);
		at[i] = mtr_lead(5);
		ck_assert_uint_eq(mtr_ledger_usable(at, ROOM), 0);
	}
	mtr_ledger_put(at, mtr_lead(0), 1 << 20);
	at[MTR_ENTRY_LARGE] = mtr_lead(5);
	ck_assert_uint_eq(mtr_ledger_usable(at, ROOM), 1 << 20);
}
END_TEST

/* Blocks of just that many bytes, so that ASan sees a byte too much read. */
START_TEST(limited_room)
{
	uint8_t entry[ROOM];

	for (size_t room = 0; room <= MTR_ENTRY_LARGE; room++) {
		uint8_t *at = malloc(room ? room : 1);

		mtr_ledger_put(entry, mtr_lead(0), 24);
		memcpy(at, entry, room);
		ck_assert_uint_eq(mtr_ledger_usable(at, room),
				  room < MTR_ENTRY_SMALL ? 0 : 24);
		mtr_ledger_put(entry, mtr_lead(0), 1 << 20);
		memcpy(at, entry, room);
		ck_assert_uint_eq(mtr_ledger_usable(at, room),
				  room < MTR_ENTRY_LARGE ? 0 : 1 << 20);
		free(at);
	}
}
END_TEST

Suite *ledger_code_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("ledger_code", &tc);

	tcase_add_loop_test(tc, sizes_around_powers_of_two, 3, 45);
	tcase_add_test(tc, every_small_size);
	tcase_add_test(tc, largest_size);
	tcase_add_test(tc, sizes_are_rounded_down_to_words);
	tcase_add_test(tc, small_ends_at_the_escape);
	tcase_add_test(tc, generations);
	tcase_add_test(tc, bytes_that_are_not_live);
	tcase_add_test(tc, freed);
	tcase_add_test(tc, stale_continuation_bytes);
	tcase_add_test(tc, lead_inside);
	tcase_add_test(tc, limited_room);
	return s;
}
