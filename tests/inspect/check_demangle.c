/* SPDX-License-Identifier: MIT */
/*
 * Mangled names and what they stand for. The symbols are those that gcc and
 * rustc gave to functions written for this test.
 */
#include "symbols/demangle.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

struct pair {
	const char *symbol, *name;
};

static void check_pairs(const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *name = mtr_demangle(pairs[i].symbol);

		ck_assert_msg(name, "%s", pairs[i].symbol);
		ck_assert_str_eq(name, pairs[i].name);
		free(name);
	}
}

#define CHECK_PAIRS(pairs) check_pairs(pairs, sizeof(pairs) / sizeof(*(pairs)))

static void stays(const char *symbol)
{
	char *name = mtr_demangle(symbol);

	ck_assert_msg(!name, "%s became %s", symbol, name);
}

START_TEST(cxx)
{
#ifdef HAVE_LIBIBERTY
	static const struct pair pairs[] = {
		{ "_Znwm", "operator new(unsigned long)" },
		{ "_ZN4shop3boxIiE4fillEi", "shop::box<int>::fill(int)" },
		{ "_ZN4shop3boxC2Ev", "shop::box::box()" },
		{ "_Z3foov.part.0", "foo() [clone .part.0]" },
	};

	CHECK_PAIRS(pairs);
#endif
}
END_TEST

#ifdef HAVE_LIBIBERTY
/* "f(A<int>, A<A<int>, A<int> >, ...)": each type twice the one before. */
static void doubling(char *symbol, int levels)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char *at = symbol + sprintf(symbol, "_Z1f1AIiE");

	for (int i = 0; i < levels; i++)
		at += sprintf(at, "S_IS%c_S%c_E", digits[i], digits[i]);
}

/* A symbol of @n parameters of one type that is spelled out each time. */
static void long_symbol(char *symbol, int n)
{
	char *at = symbol + sprintf(symbol, "_Z1f");

	for (int i = 0; i < n; i++)
		at += sprintf(at, "4word");
}
#endif

/* What is longer than anybody reads stays mangled, whatever it would take; but
 * names of some kilobytes are what templates make. */
START_TEST(cxx_is_bounded)
{
#ifdef HAVE_LIBIBERTY
	static char symbol[20000];
	char *name;

	doubling(symbol, 8);
	name = mtr_demangle(symbol);
	ck_assert_ptr_nonnull(name);
	ck_assert_uint_gt(strlen(name), 4000);
	free(name);
	doubling(symbol, 11);
	stays(symbol);
	doubling(symbol, 36);
	stays(symbol);

	long_symbol(symbol, 900);
	name = mtr_demangle(symbol);
	ck_assert_ptr_nonnull(name);
	ck_assert_uint_eq(strlen(name), strlen("f()") + 900 * 6 - 2);
	free(name);
	long_symbol(symbol, 1700);
	stays(symbol);
	memset(symbol, 'P', sizeof(symbol) - 1);
	memcpy(symbol, "_Z1f", 4);
	stays(symbol);
	symbol[8000] = '\0';
	stays(symbol);
#endif
}
END_TEST

START_TEST(rust_legacy)
{
	static const struct pair pairs[] = {
		{ "_ZN4core3fmt5write17h0123456789abcdefE",
		  "core::fmt::write" },
		{ "_ZN4core3fmt5write17h0123456789abcdefE.llvm.1234",
		  "core::fmt::write" },
		{ "_ZN6a$u7e$7b$u20$c17h0123456789abcdefE", "a~::b c" },
		/* what a terminal obeys stays as it is written */
		{ "_ZN6a$u1b$6b$u7f$17h0123456789abcdefE", "a$u1b$::b$u7f$" },
		{ "_ZN6a$u1f$6b$u9b$17h0123456789abcdefE", "a$u1f$::b$u9b$" },
		{ "_ZN5a$ua$8b$u202e$17h0123456789abcdefE", "a$ua$::b$u202e$" },
		{ "_ZN102_$LT$core..iter..adapters..map..Map$LT$I$C$F$GT$$u20$"
		  "as$u20$core..iter..traits..iterator..Iterator$GT$4next"
		  "17h083125e0be2239abE",
		  "<core::iter::adapters::map::Map<I,F> as "
		  "core::iter::traits::iterator::Iterator>::next" },
	};

	CHECK_PAIRS(pairs);
}
END_TEST

START_TEST(rust_v0)
{
	static const struct pair pairs[] = {
		{ "_RINvCs6xxl1lAjzDf_1a3arrhKj2_EB2_", "a::arr::<u8, 2>" },
		{ "_RNvXCs6xxl1lAjzDf_1aINtB2_2SqKj7_ENtB2_5Shape4areaB2_",
		  "<a::Sq<7> as a::Shape>::area" },
		{ "_RNvMs_Cs6xxl1lAjzDf_1aINtB4_4FlagKb1_Kc78_Kan3_E1fB4_",
		  "<a::Flag<true, 'x', -3>>::f" },
		{ "_RNCNvCs6xxl1lAjzDf_1a4mains0_0B3_",
		  "a::main::{closure#2}" },
		{ "_RINvCs6xxl1lAjzDf_1a3genRShFKClPhOtEuEB2_",
		  "a::gen::<&[u8], "
		  "extern \"C\" fn(i32, *const u8, *mut u16)>" },
		{ "_RINvCs6xxl1lAjzDf_1a3genQAnj3_FINtNtCslNYArtu3iFV_5alloc"
		  "5boxed3BoxDNtB2_5ShapeNtNtCsgEmfK2I1SDS_4core6marker4Sync"
		  "NtB1g_4SendEL_EEdEB2_",
		  "a::gen::<&mut [i128; 3], fn(alloc::boxed::Box<dyn a::Shape "
		  "+ core::marker::Sync + core::marker::Send>) -> f64>" },
		{ "_RINvCs6xxl1lAjzDf_1a3genlFG0_RL1_hQL0_eERL1_hEB2_",
		  "a::gen::<i32, "
		  "for<'a, 'b> fn(&'a u8, &'b mut str) -> &'a u8>" },
		{ "_RINvCs6xxl1lAjzDf_1a3genlINtNtCsgEmfK2I1SDS_4core6option"
		  "6OptionINtNtCslNYArtu3iFV_5alloc5boxed3BoxDG_INtNtNtBs_"
		  "3ops8function2FnTRL0_DNtNtBs_3fmt7DisplayEL0_EEp6OutputINt"
		  "NtBs_6result6ResultuNtB29_5ErrorEEL_EEEB2_",
		  "a::gen::<i32, core::option::Option<alloc::boxed::Box<dyn "
		  "for<'a> core::ops::function::Fn<(&'a dyn core::fmt::Display "
		  "+ 'a,), Output = core::result::Result<(), "
		  "core::fmt::Error>>>>>" },
	};

	CHECK_PAIRS(pairs);
}
END_TEST

START_TEST(not_mangled)
{
	/* "f" and "i" would be types to the C++ runtime. */
	static const char *const plain[] = {
		"",	  "f",	   "i",		 "main",
		"_start", "_R",	   "_Z",	 "_ZN",
		"_Zq",	  "_Rest", "_R0NvC1a1b", "_ZN3foo17h0123456789abcdeE"
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		stays(plain[i]);
}
END_TEST

/* "(u8, u8, ...)", then ten times a tuple of eight that are all the one before:
 * a kilobyte that stands for a billion. */
static void stays_small(void)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char symbol[1024] = "_RINvC1a1bThhE";
	size_t from = 8, n = strlen(symbol);

	for (int level = 0; level < 10; level++) {
		size_t next = n - 2, digit = from - 1;

		symbol[n++] = 'T';
		for (int i = 0; i < 8; i++) {
			symbol[n++] = 'B';
			if (digit >= 62)
				symbol[n++] = digits[digit / 62];
			symbol[n++] = digits[digit % 62];
			symbol[n++] = '_';
		}
		symbol[n++] = 'E';
		from = next;
	}
	symbol[n++] = 'E';
	stays(symbol);
	/* Just damaged, it would not show: with two levels it is none. */
	strcpy(symbol + 14, "TB7_B7_EE");
	check_pairs(&(struct pair){ symbol, "a::b::<(u8, u8), ((u8, u8), "
					    "(u8, u8))>" },
		    1);
}

START_TEST(damaged)
{
	static const char whole[] =
		"_RINvCs6xxl1lAjzDf_1a3genlFG0_RL1_hQL0_eERL1_hEB2_";
	char *deep, symbol[sizeof(whole)];

	for (size_t n = 2; n < sizeof(whole) - 5; n++) {
		memcpy(symbol, whole, n);
		symbol[n] = '\0';
		stays(symbol);
	}
	stays("_RNvB_1a");		   /* refers to itself */
	stays("_RNvCzzzzzzzzzzzzzz_1a1b"); /* a number beyond 64 bits */
	stays("_RNvC99999999999999999999a1b");
	stays("_ZN99999999999999999999a17h0123456789abcdefE");

	/* A type nested too deep must not use up the stack. */
	deep = malloc(200001);
	ck_assert_ptr_nonnull(deep);
	memset(deep, 'R', 200000);
	deep[200000] = '\0';
	memcpy(deep, "_RINvC1a1b", 10);
	stays(deep);
	free(deep);
	stays_small();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("demangle");
	TCase *tests = tcase_create("demangle");

	tcase_add_test(tests, cxx);
	tcase_add_test(tests, cxx_is_bounded);
	tcase_add_test(tests, rust_legacy);
	tcase_add_test(tests, rust_v0);
	tcase_add_test(tests, not_mangled);
	tcase_add_test(tests, damaged);
	suite_add_tcase(suite, tests);
	return run_suite(suite);
}
