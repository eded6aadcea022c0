/* SPDX-License-Identifier: MIT */
/*
 * Functions by address: never the nearest, always one that is there.
 */
#include "symbols/symtab.h"

#include <check.h>

#include "suite.h"

static struct mtr_symtab table;

static void tear_down(void)
{
	mtr_symtab_fini(&table);
}

static void add(uint64_t start, uint64_t size, int weakness, const char *name)
{
	ck_assert(mtr_symtab_add(&table, start, size, weakness, name));
}

static void is(uint64_t addr, const char *name)
{
	const char *found = mtr_symtab_find(&table, addr);

	ck_assert_str_eq(found ? found : "(none)", name ? name : "(none)");
}

START_TEST(bounds)
{
	add(300, 10, 0, "b");
	add(100, 50, 0, "a");
	add(UINT64_MAX - 5, 10, 0, "wraps");
	add(200, 0, 0, "sizeless");
	mtr_symtab_sort(&table);
	is(99, NULL);
	is(100, "a");
	is(149, "a");
	is(150, NULL);
	is(200, NULL);
	is(299, NULL);
	is(300, "b");
	is(309, "b");
	is(310, NULL);
	is(UINT64_MAX, NULL);
}
END_TEST

START_TEST(nested)
{
	add(100, 100, 0, "whole");
	add(120, 10, 0, "part");
	add(140, 10, 0, "other");
	mtr_symtab_sort(&table);
	is(119, "whole");
	is(120, "part");
	is(130, "whole");
	is(149, "other");
	is(199, "whole");
	is(200, NULL);
}
END_TEST

START_TEST(aliases)
{
	add(100, 10, 0, "__strdup");
	add(100, 10, 1, "strdup");
	add(200, 10, 2, "a_local");
	add(200, 10, 1, "b_weak");
	add(200, 10, 0, "c_global");
	mtr_symtab_sort(&table);
	is(105, "strdup");
	is(205, "c_global");
}
END_TEST

START_TEST(empty)
{
	mtr_symtab_sort(&table);
	is(0, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("symtab");
	TCase *tests = tcase_create("symtab");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, bounds);
	tcase_add_test(tests, nested);
	tcase_add_test(tests, aliases);
	tcase_add_test(tests, empty);
	suite_add_tcase(suite, tests);
	return run_suite(suite);
}
