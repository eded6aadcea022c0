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
	ck_assert(mtr_symtab_sort(&table));
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
	ck_assert(mtr_symtab_sort(&table));
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
	ck_assert(mtr_symtab_sort(&table));
	is(105, "strdup");
	is(205, "c_global");
}
END_TEST

/* A file may say that everything lies everywhere. Twice as many take twice the
 * time: with a search for each, this would take minutes. */
START_TEST(many_in_one_place)
{
	enum { MANY = 300000 };

	add(10, 10 * MANY, 0, "whole");
	for (uint64_t i = 0; i < MANY; i++) {
		add(20 + i, 2 * MANY - 2 * i, 0, "onion");
		add(5 * MANY + i, 1, 0, "small");
	}
	ck_assert(mtr_symtab_sort(&table));
	is(9, NULL);
	is(10, "whole");
	is(20 + MANY, "onion");
	is(20 + 2 * MANY, "whole");
	is(5 * MANY - 1, "whole");
	is(5 * MANY, "small");
	for (uint64_t i = 0; i < MANY; i++) {
		is(6 * MANY + i, "whole");
		is(20 + 2 * MANY - 1 - i, "onion");
	}
	is(10 + 10 * MANY, NULL);
}
END_TEST

/* One that ends while another that began later goes on. */
START_TEST(overlapping)
{
	add(100, 50, 0, "a");
	add(120, 60, 0, "b");
	add(130, 10, 0, "c");
	add(300, 20, 0, "d");
	mtr_symtab_add(&table, 310, 10, 0, "e");
	ck_assert(mtr_symtab_sort(&table));
	is(119, "a");
	is(120, "b");
	is(139, "c");
	is(140, "b");
	is(150, "b");
	is(179, "b");
	is(180, NULL);
	is(309, "d");
	is(319, "e");
	is(320, NULL);
}
END_TEST

START_TEST(empty)
{
	ck_assert(mtr_symtab_sort(&table));
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
	tcase_add_test(tests, many_in_one_place);
	tcase_add_test(tests, overlapping);
	tcase_add_test(tests, empty);
	suite_add_tcase(suite, tests);
	return run_suite(suite);
}
