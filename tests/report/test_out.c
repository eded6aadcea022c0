/* SPDX-License-Identifier: MIT */
/*
 * The buffer under the writers, its numbers, and names for sizes.
 */
#include "sample.h"

#include <errno.h>
#include <stdlib.h>

#include "report/name.h"
#include "base/utf8.h"

static struct mtr_strbuf taken;
static int fails;

static int take(void *to, const char *bytes, size_t n)
{
	ck_assert_ptr_eq(to, &taken);
	if (fails)
		return fails;
	mtr_strbuf_add_bytes(&taken, bytes, n);
	return 0;
}

static struct mtr_out *out_create(void)
{
	struct mtr_out *o = calloc(1, sizeof(*o));

	o->take = take;
	o->to = &taken;
	return o;
}

static void out_is(struct mtr_out *o, const char *want)
{
	mtr_out_flush(o);
	ck_assert_str_eq(mtr_strbuf_text(&taken), want);
	mtr_strbuf_fini(&taken);
	free(o);
}

START_TEST(numbers)
{
	static const uint64_t n[] = { 0,    7,	     10,	 999,
				      1000, 1234567, UINT64_MAX, 0xabcdef };
	struct mtr_out *o = out_create();

	for (size_t i = 0; i < sizeof(n) / sizeof(*n); i++) {
		mtr_out_dec(o, n[i]);
		mtr_out_char(o, ' ');
		mtr_out_hex(o, n[i]);
		mtr_out_char(o, ' ');
		mtr_out_commas(o, n[i]);
		mtr_out_char(o, '\n');
	}
	mtr_out_dec_wide(o, 42, 5);
	mtr_out_hex_wide(o, 0xff, 1);
	out_is(o, "0 0 0\n"
		  "7 7 7\n"
		  "10 a 10\n"
		  "999 3e7 999\n"
		  "1000 3e8 1,000\n"
		  "1234567 12d687 1,234,567\n"
		  "18446744073709551615 ffffffffffffffff "
		  "18,446,744,073,709,551,615\n"
		  "11259375 abcdef 11,259,375\n"
		  "   42ff");
}
END_TEST

/* Across the end of the buffer nothing is lost or doubled. */
START_TEST(long_text)
{
	struct mtr_out *o = out_create();
	struct mtr_strbuf want = { 0 };

	for (int i = 0; i < 30000; i++) {
		mtr_out_dec(o, i);
		mtr_out_text(o, ", then ");
		mtr_strbuf_printf(&want, "%d, then ", i);
	}
	mtr_out_bytes(o, want.text, want.len);
	mtr_out_flush(o);
	ck_assert_uint_eq(taken.len, 2 * want.len);
	ck_assert_mem_eq(taken.text, want.text, want.len);
	ck_assert_mem_eq(taken.text + want.len, want.text, want.len);
	mtr_strbuf_fini(&want);
	mtr_strbuf_fini(&taken);
	free(o);
}
END_TEST

START_TEST(failure)
{
	struct mtr_out *o = out_create();

	fails = ENOSPC;
	mtr_out_text(o, "x");
	mtr_out_flush(o);
	ck_assert_int_eq(o->error, ENOSPC);
	fails = 0;
	mtr_out_text(o, "y");
	mtr_out_flush(o);
	ck_assert_int_eq(o->error, ENOSPC);
	ck_assert_uint_eq(taken.len, 0);
	free(o);
}
END_TEST

START_TEST(sizes)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} table[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1280, "1.3 KiB" },
		{ 1024 * 1024 - 1, "1.0 MiB" },
		{ 1023 * 1024, "1023.0 KiB" },
		{ 110 << 20, "110.0 MiB" },
		{ UINT64_C(30) << 30, "30.0 GiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};
	char text[MTR_HUMAN];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		ck_assert_str_eq(mtr_name_size(text, table[i].bytes),
				 table[i].text);
}
END_TEST

START_TEST(drops)
{
	for (unsigned i = 0; i < MTR_DROP_COUNT; i++) {
		ck_assert_ptr_nonnull(mtr_name_drop(i));
		ck_assert_ptr_nonnull(mtr_name_drop_key(i));
	}
	ck_assert_ptr_null(mtr_name_drop(MTR_DROP_COUNT));
}
END_TEST

START_TEST(utf8)
{
	static const struct {
		const char *text;
		size_t n;
		uint32_t code;
	} table[] = {
		{ "a", 1, 'a' },
		{ "", 1, 0 },
		{ "\xc3\xa4", 2, 0xe4 },
		{ "\xe2\x82\xac", 3, 0x20ac },
		{ "\xf0\x9f\x98\x80", 4, 0x1f600 },
		/* the first and last of each length */
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		/* the same in more bytes than it needs */
		{ "\xc0\x80", 0, 0 },
		{ "\xc1\xbf", 0, 0 },
		{ "\xe0\x80\xaf", 0, 0 },
		{ "\xe0\x9f\xbf", 0, 0 },
		{ "\xf0\x80\x80\xaf", 0, 0 },
		{ "\xf0\x8f\xbf\xbf", 0, 0 },
		{ "\xf8\x88\x80\x80\x80", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 },     /* a surrogate */
		{ "\xf4\x90\x80\x80", 0, 0 }, /* above 10ffff */
		{ "\xff", 0, 0 },
		{ "\x80", 0, 0 },
		{ "\xe2\x82", 0, 0 }, /* cut */
	};
	uint32_t code;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		ck_assert_uint_eq(mtr_utf8_char(table[i].text, &code),
				  table[i].n);
		if (table[i].n)
			ck_assert_uint_eq(code, table[i].code);
	}
}
END_TEST

/* What people are shown of a character. */
START_TEST(shown)
{
	static const struct {
		const char *text, *shown;
		int columns;
		size_t bytes;
	} table[] = {
		{ "ab", "a", 1, 1 },
		{ "\xc3\xa4", "\xc3\xa4", 1, 2 },
		{ "\033[m", "?", 1, 1 },
		{ "\xc2\x9b", "?", 1, 2 },
		{ "\xff\xff", "?", 1, 1 },
		{ "\xe2\x80\xaa", "\\u202a", 6, 3 },
		{ "\xe2\x80\xae", "\\u202e", 6, 3 },
		{ "\xe2\x80\x8f", "\\u200f", 6, 3 },
		{ "\xe2\x81\xa6", "\\u2066", 6, 3 },
		{ "\xe2\x81\xa9", "\\u2069", 6, 3 },
		{ "\xd8\x9c", "\\u061c", 6, 2 },
		{ "\xe2\x80\xa7", "\xe2\x80\xa7", 1, 3 },
		{ "\xe2\x80\xaf", "\xe2\x80\xaf", 1, 3 },
	};
	char got[MTR_UTF8_SHOWN];
	int columns;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		ck_assert_uint_eq(mtr_utf8_show(table[i].text, got, &columns),
				  table[i].bytes);
		ck_assert_str_eq(got, table[i].shown);
		ck_assert_int_eq(columns, table[i].columns);
	}
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, numbers);
	tcase_add_test(t, long_text);
	tcase_add_test(t, failure);
	tcase_add_test(t, sizes);
	tcase_add_test(t, drops);
	tcase_add_test(t, utf8);
	tcase_add_test(t, shown);
}

int main(void)
{
	return sample_run("out", add);
}
