/* SPDX-License-Identifier: MIT */
/*
 * The public API, with the twin in the process. Without a library: tests/lint.
 */
#include "malloc_tracer.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "format/layout.h"
#include "preload/descriptor.h"
#include "preload/entry.h"
#include "unit.h"

static void check_found(const char *addr, const char *p, size_t size)
{
	struct malloc_tracer_block b;

	errno = 1234;
	ck_assert_int_eq(malloc_tracer_lookup(addr, &b), 0);
	ck_assert_int_eq(errno, 1234);
	ck_assert_ptr_eq(b.addr, p);
	ck_assert_uint_eq(b.size, size);
	ck_assert_uint_eq(b.usable, mtr_twin_malloc_usable_size((void *)p));
	ck_assert(b.caller != NULL);
	ck_assert_uint_eq(b.stack_id, 0);
}

static void check_not_found(const void *addr)
{
	struct malloc_tracer_block b;

	errno = 0;
	ck_assert_int_eq(malloc_tracer_lookup(addr, &b), -1);
	ck_assert_int_eq(errno, ENOENT);
}

START_TEST(active)
{
	ck_assert_int_eq(malloc_tracer_active(), 1);
}
END_TEST

/* Anywhere in the bytes that the program may use, and nowhere else. */
START_TEST(lookup)
{
	static const size_t sizes[] = { 0, 24, 1000, 200000 };
	size_t size = sizes[_i];
	char *p = mtr_twin_malloc(size);
	size_t usable = mtr_twin_malloc_usable_size(p);

	check_found(p, p, size);
	check_found(p + usable / 2, p, size);
	check_found(p + usable - 1, p, size);
	check_not_found(p + usable);
	check_not_found(p + usable + 15);
	mtr_twin_free(p);
	check_not_found(p);
}
END_TEST

START_TEST(lookup_of_what_is_no_block)
{
	int local = 0;

	check_not_found(NULL);
	check_not_found(&local);
	check_not_found((void *)UINTPTR_MAX);
	ck_assert(mtr_twin_malloc(10) != NULL);
	check_not_found(&local);
	check_not_found(NULL);
}
END_TEST

START_TEST(totals)
{
	struct malloc_tracer_totals t;
	size_t usable = 0;
	char *p[3];

	for (int i = 0; i < 3; i++) {
		p[i] = mtr_twin_malloc(100 * (i + 1));
		usable += mtr_twin_malloc_usable_size(p[i]);
	}
	mtr_descriptor.drops[MTR_DROP_SMALL] = 5;
	mtr_descriptor.drops[MTR_DROP_FOREIGN] = 2;
	ck_assert_int_eq(malloc_tracer_count(&t), 0);
	ck_assert_uint_eq(t.blocks, 3);
	ck_assert_uint_eq(t.bytes, 600);
	ck_assert_uint_eq(t.usable, usable);
	ck_assert_uint_eq(t.not_recorded, 7);
	ck_assert_uint_eq(t.overhead, mtr_descriptor.ledger_bytes);
	mtr_descriptor.depot_bytes = 12345;
	mtr_twin_free(p[1]);
	ck_assert_int_eq(malloc_tracer_count(&t), 0);
	ck_assert_uint_eq(t.blocks, 2);
	ck_assert_uint_eq(t.bytes, 400);
	ck_assert_uint_eq(t.overhead, mtr_descriptor.ledger_bytes + 12345);
}
END_TEST

START_TEST(mark)
{
	struct malloc_tracer_block b;
	char *p = mtr_twin_malloc(10), *q;

	ck_assert_int_eq(malloc_tracer_mark(), 1);
	q = mtr_twin_malloc(10);
	ck_assert_int_eq(malloc_tracer_lookup(p, &b), 0);
	ck_assert_uint_eq(b.generation, 0);
	ck_assert_int_eq(malloc_tracer_lookup(q, &b), 0);
	ck_assert_uint_eq(b.generation, 1);
	for (int i = 2; i <= MTR_GENERATION_MAX; i++)
		ck_assert_int_eq(malloc_tracer_mark(), i);
	ck_assert_int_eq(malloc_tracer_mark(), MTR_GENERATION_MAX);
	q = mtr_twin_malloc(10);
	check_found(q, q, 10);
}
END_TEST

START_TEST(snapshot)
{
	const char *path = "unit.api.tmp";

	errno = 0;
	ck_assert_int_eq(malloc_tracer_snapshot("unit.none/x"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(malloc_tracer_snapshot(path), 0);
	ck_assert_int_eq(access(path, R_OK), 0);
	unlink(path);
}
END_TEST

Suite *api_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("api", &tc);

	tcase_add_test(tc, active);
	tcase_add_loop_test(tc, lookup, 0, 4);
	tcase_add_test(tc, lookup_of_what_is_no_block);
	tcase_add_test(tc, totals);
	tcase_add_test(tc, mark);
	tcase_add_test(tc, snapshot);
	return s;
}
