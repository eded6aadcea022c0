/* SPDX-License-Identifier: MIT */
/*
 * Lines of text on the stack: numbers, and what does not fit.
 */
#include "preload/line.h"

#include <string.h>

#include "unit.h"

static void check_line(const struct mtr_line *l, const char *expected)
{
	ck_assert_uint_eq(l->len, strlen(expected));
	ck_assert(memcmp(l->text, expected, l->len) == 0);
}

START_TEST(texts_and_numbers)
{
	struct mtr_line l = { 0 };

	mtr_line_text(&l, "malloc(");
	mtr_line_number(&l, 0);
	mtr_line_text(&l, ", ");
	mtr_line_number(&l, UINT64_MAX);
	mtr_line_text(&l, ", ");
	mtr_line_hex(&l, 0);
	mtr_line_text(&l, "");
	mtr_line_text(&l, ", ");
	mtr_line_hex(&l, UINT64_C(0xfedcba9876543210));
	mtr_line_end(&l);
	check_line(&l, "malloc(0, 18446744073709551615, 0x0, "
		       "0xfedcba9876543210\n");
}
END_TEST

START_TEST(too_long_is_cut_and_ends_all_the_same)
{
	struct mtr_line l = { 0 };

	for (int i = 0; i < 1000; i++)
		mtr_line_text(&l, "abc");
	ck_assert_uint_eq(l.len, sizeof(l.text) - 1);
	mtr_line_number(&l, 5);
	mtr_line_end(&l);
	ck_assert_uint_eq(l.len, sizeof(l.text));
	ck_assert_int_eq(l.text[l.len - 1], '\n');
	ck_assert_int_eq(l.text[l.len - 2], 'a');
}
END_TEST

Suite *line_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("line", &tc);

	tcase_add_test(tc, texts_and_numbers);
	tcase_add_test(tc, too_long_is_cut_and_ends_all_the_same);
	return s;
}
