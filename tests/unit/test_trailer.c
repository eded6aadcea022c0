/* SPDX-License-Identifier: MIT */
/*
 * The trailer: how much is asked for, where it stands, what it says.
 */
#include "format/trailer.h"

#include "unit.h"

static const uint64_t huge = UINT64_C(1) << 40;
static const uint64_t stack = UINT64_C(0xabcdef) << 40;

START_TEST(requests)
{
	ck_assert_uint_eq(mtr_request(0, MTR_RECORD_LONG), 24);
	ck_assert_uint_eq(mtr_request(1, MTR_RECORD_LONG), 24);
	ck_assert_uint_eq(mtr_request(8, MTR_RECORD_LONG), 24);
	ck_assert_uint_eq(mtr_request(9, MTR_RECORD_LONG), 32);
	ck_assert_uint_eq(mtr_request(16, MTR_RECORD_LONG), 32);
	ck_assert_uint_eq(mtr_request(17, MTR_RECORD_LONG), 40);
	ck_assert_uint_eq(mtr_request(1000, MTR_RECORD_LONG), 1016);
	ck_assert_uint_eq(mtr_request(SIZE_MAX - 23, MTR_RECORD_LONG),
			  SIZE_MAX - 7);
	for (size_t size = 0; size < 5000; size++)
		ck_assert(mtr_request(size, MTR_RECORD_LONG) % 8 == 0 &&
			  mtr_request(size, MTR_RECORD_LONG) >=
				  size + MTR_TRAILER);
}
END_TEST

START_TEST(place)
{
	char block[64];

	ck_assert_uint_eq(mtr_trailer_offset(24), 8);
	ck_assert_ptr_eq(mtr_trailer_at(block, 64), block + 48);
}
END_TEST

START_TEST(size_and_stack)
{
	struct mtr_trailer t = { 1, stack | 1234 };

	ck_assert_uint_eq(mtr_trailer_size(&t, 2000), 1234);
	ck_assert_uint_eq(mtr_trailer_stack(&t, 2000), 0xabcdef);
	t.size_stack = stack | (huge - 1);
	ck_assert_uint_eq(mtr_trailer_size(&t, huge - 8), huge - 1);
}
END_TEST

/* From 2^40 usable bytes on word 1 is the plain size. */
START_TEST(huge_blocks_have_no_stack)
{
	struct mtr_trailer t = { 1, huge + 5 };

	ck_assert(mtr_trailer_has_stack(huge - 1));
	ck_assert(!mtr_trailer_has_stack(huge));
	ck_assert_uint_eq(mtr_trailer_size(&t, huge + 24), huge + 5);
	ck_assert_uint_eq(mtr_trailer_stack(&t, huge + 24), 0);
	ck_assert(mtr_trailer_fits(&t, huge + 24, MTR_RECORD_LONG));
	ck_assert(!mtr_trailer_fits(&t, huge + 16, MTR_RECORD_LONG));
}
END_TEST

START_TEST(fits)
{
	struct mtr_trailer t = { 1, 8 };

	ck_assert(mtr_trailer_fits(&t, 24, MTR_RECORD_LONG));
	t.size_stack = 9;
	ck_assert(!mtr_trailer_fits(&t, 24, MTR_RECORD_LONG));
	ck_assert(mtr_trailer_fits(&t, 32, MTR_RECORD_LONG));
	t.size_stack |= stack;
	ck_assert(mtr_trailer_fits(&t, 32, MTR_RECORD_LONG));
}
END_TEST

START_TEST(does_not_fit)
{
	struct mtr_trailer t = { 0, 8 };

	ck_assert(!mtr_trailer_fits(&t, 24, MTR_RECORD_LONG));
	t.caller = 1;
	t.size_stack = 0;
	for (uint64_t usable = 0; usable < MTR_USABLE_MIN; usable++)
		ck_assert(!mtr_trailer_fits(&t, usable, MTR_RECORD_LONG));
}
END_TEST

START_TEST(short_record)
{
	struct mtr_trailer t = { 0, 16 }, other = { 1, 16 };

	ck_assert_uint_eq(mtr_request(0, MTR_RECORD_SHORT), 24);
	ck_assert_uint_eq(mtr_request(16, MTR_RECORD_SHORT), 24);
	ck_assert_uint_eq(mtr_request(17, MTR_RECORD_SHORT), 32);
	ck_assert_uint_eq(mtr_request(1000, MTR_RECORD_SHORT), 1008);
	ck_assert_uint_eq(mtr_room(24, MTR_RECORD_SHORT), 16);
	ck_assert(mtr_trailer_fits(&t, 24, MTR_RECORD_SHORT));
	ck_assert(mtr_trailers_equal(&t, &other, MTR_RECORD_SHORT));
	ck_assert(!mtr_trailers_equal(&t, &other, MTR_RECORD_LONG));
	t.size_stack = 17;
	ck_assert(!mtr_trailer_fits(&t, 24, MTR_RECORD_SHORT));
	ck_assert(!mtr_trailers_equal(&t, &other, MTR_RECORD_SHORT));
}
END_TEST

Suite *trailer_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("trailer", &tc);

	tcase_add_test(tc, requests);
	tcase_add_test(tc, place);
	tcase_add_test(tc, size_and_stack);
	tcase_add_test(tc, huge_blocks_have_no_stack);
	tcase_add_test(tc, fits);
	tcase_add_test(tc, does_not_fit);
	tcase_add_test(tc, short_record);
	return s;
}
