/* SPDX-License-Identifier: MIT */
/*
 * Memory for tables: what is counted, and how often it is asked for.
 */
#include "preload/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/descriptor.h"
#include "preload/entry.h"
#include "preload/ledger.h"
#include "preload/sys.h"
#include "unit.h"

static uint64_t bytes;
static unsigned int asked;
static bool refuses;

static void *map(size_t n)
{
	asked++;
	return refuses ? NULL : mtr_sys_map(n);
}

static struct mtr_memory memory = { .map = map, .bytes = &bytes };

START_TEST(counts_what_is_mapped)
{
	char *p = mtr_memory_map(&memory, 8192), *q;

	ck_assert(p && p[0] == 0 && p[8191] == 0);
	q = mtr_memory_map(&memory, 4096);
	ck_assert_uint_eq(bytes, 12288);
	mtr_memory_unmap(&memory, p, 8192);
	ck_assert_uint_eq(bytes, 4096);
	mtr_memory_unmap(&memory, q, 4096);
	ck_assert_uint_eq(bytes, 0);
	ck_assert_uint_eq(asked, 2);
}
END_TEST

START_TEST(asks_seldom_once_refused)
{
	enum { CALLS = 100 * MTR_MEMORY_PATIENCE };
	unsigned int calls = 0;
	void *p;

	refuses = true;
	for (int i = 0; i < CALLS; i++)
		ck_assert_ptr_null(mtr_memory_map(&memory, 4096));
	ck_assert_uint_ge(asked, 100);
	ck_assert_uint_le(asked, 110);
	ck_assert_uint_eq(bytes, 0);
	/* but for who is not to wait */
	asked = 0;
	for (int i = 0; i < 10; i++)
		ck_assert_ptr_null(mtr_memory_map_anyway(&memory, 4096));
	ck_assert_uint_eq(asked, 10);
	refuses = false;
	do
		p = mtr_memory_map(&memory, 4096);
	while (!p && ++calls < CALLS);
	ck_assert_uint_lt(calls, MTR_MEMORY_PATIENCE);
	ck_assert_uint_eq(bytes, 4096);
	/* and from then on each time */
	ck_assert_ptr_nonnull(mtr_memory_map(&memory, 4096));
}
END_TEST

/* The list of what is mapped. Addresses are made up: nothing is there. */

enum { P = MTR_SYS_PAGE };
static const uintptr_t place = 0x200000000000;
static __thread uintptr_t next;

static void *pretend(size_t n)
{
	(void)n;
	return (void *)next;
}

static uint64_t pretended;
static struct mtr_memory pretender = { .map = pretend,
				       .kind = MTR_OWN_RULES,
				       .bytes = &pretended };

static void map_at(size_t page, size_t pages)
{
	next = place + page * P;
	ck_assert_ptr_nonnull(mtr_memory_map(&pretender, pages * P));
}

static void unmap_at(size_t page, size_t pages)
{
	mtr_memory_unmap(&pretender, (void *)(place + page * P), pages * P);
}

static bool is_pretended(uint64_t r)
{
	return mtr_own_start(r) >= place &&
	       mtr_own_start(r) - place < UINT64_C(1) << 40;
}

/* Ranges of pages from place on, "RULES 0-2 ...", in the list's own order. */
static const char *listed(void)
{
	static char text[400];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < MTR_OWN_MAX; i++) {
		uint64_t r = mtr_own_list.range[i];

		if (is_pretended(r) && n < sizeof(text) - 60)
			n += sprintf(text + n, "%s%u:%u-%u", n ? " " : "",
				     mtr_own_kind(r),
				     (unsigned)((mtr_own_start(r) - place) / P),
				     (unsigned)((mtr_own_end(r) - place) / P));
	}
	return text;
}

START_TEST(lists_what_is_mapped)
{
	map_at(10, 2);
	ck_assert_str_eq(listed(), "3:10-12");
	map_at(12, 1); /* those that meet are one */
	map_at(7, 3);
	ck_assert_str_eq(listed(), "3:7-13");
	map_at(14, 1);
	ck_assert_str_eq(listed(), "3:7-13 3:14-15");
	pretender.kind = MTR_OWN_LEDGER;
	map_at(13, 1);
	ck_assert_str_eq(listed(), "3:7-13 3:14-15 0:13-14");
	unmap_at(7, 1);
	unmap_at(9, 2); /* out of the middle */
	ck_assert_str_eq(listed(), "3:8-9 3:14-15 0:13-14 3:11-13");
	unmap_at(14, 1);
	map_at(20, 1); /* a place that is free again */
	ck_assert_str_eq(listed(), "3:8-9 0:20-21 0:13-14 3:11-13");
	unmap_at(0, 100);
	ck_assert_str_eq(listed(), "");
	ck_assert_uint_eq(mtr_own_list.lost, 0);
}
END_TEST

/* Whole pages, and none that there is no word for. */
START_TEST(lists_pages)
{
	next = place;
	ck_assert_ptr_nonnull(mtr_memory_map(&pretender, P + 1));
	ck_assert_str_eq(listed(), "3:0-2");
	mtr_memory_unmap(&pretender, (void *)next, P + 1);
	ck_assert_str_eq(listed(), "");
	ck_assert_uint_eq(mtr_own_list.lost, 0);
	next = UINT64_C(1) << 48;
	ck_assert_ptr_nonnull(mtr_memory_map(&pretender, P));
	ck_assert_uint_eq(mtr_own_list.lost, 1);
	next = place;
	ck_assert_ptr_nonnull(mtr_memory_map(
		&pretender, (MTR_OWN_PAGES_MAX + UINT64_C(1)) * P));
	ck_assert_uint_eq(mtr_own_list.lost, 2);
	ck_assert_ptr_nonnull(
		mtr_memory_map(&pretender, (uint64_t)MTR_OWN_PAGES_MAX * P));
	ck_assert_uint_eq(mtr_own_list.lost, 2);
	map_at(MTR_OWN_PAGES_MAX, 1);
	ck_assert_str_eq(listed(), "3:0-33554431 3:33554431-33554432");
}
END_TEST

START_TEST(counts_what_is_not_listed)
{
	size_t there = 0;

	for (size_t i = 0; i < MTR_OWN_MAX; i++)
		there += mtr_own_list.range[i] != 0;
	for (size_t i = 0; i < MTR_OWN_MAX + 5; i++)
		map_at(2 * i, 1);
	ck_assert_uint_eq(mtr_own_list.lost, there + 5);
	map_at(1, 1); /* no place is needed for that */
	unmap_at(4, 1);
	map_at(5001, 1);
	ck_assert_uint_eq(mtr_own_list.lost, there + 5);
	ck_assert(strstr(listed(), "3:5001-5002"));
}
END_TEST

/* In how many ranges a page is: others change what is not of their page, too.
 */
static int times_listed(size_t page)
{
	uintptr_t at = place + page * P;
	int n = 0;

	for (size_t i = 0; i < MTR_OWN_MAX; i++) {
		uint64_t r = __atomic_load_n(&mtr_own_list.range[i],
					     __ATOMIC_ACQUIRE);

		n += mtr_own_start(r) <= at && at < mtr_own_end(r);
	}
	return n;
}

static _Atomic int wrong;

static void check_listed(size_t page, int times)
{
	int n = times_listed(page);

	/* where a range is cut in two the second part comes a moment later,
	 * or more than one, if that thread has to wait for a processor; and
	 * what moves to another place meanwhile is met twice */
	for (int i = 0; i < 5000000 && times && n != times; i++) {
		sched_yield();
		n = times_listed(page);
	}
	wrong += n != times;
}

/* Each thread maps and unmaps where the others' ranges meet its own. */
static void *come_and_go(void *which)
{
	size_t first = (size_t)which;

	for (size_t i = 0; i < 20000; i++) {
		size_t page = first + i % 16 * 4;

		map_at(page, 1);
		if (i % 3)
			map_at(1000 + page, 1);
		check_listed(page, 1);
		unmap_at(page, 1);
		check_listed(page, 0);
		if (i % 3)
			unmap_at(1000 + page, 1);
	}
	for (size_t i = 0; i < 16; i++)
		map_at(first + i * 4, 1);
	return NULL;
}

START_TEST(lists_what_threads_map)
{
	pthread_t thread[4];
	uint64_t pages = 0;

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, come_and_go,
						(void *)i),
				 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	for (size_t i = 0; i < MTR_OWN_MAX; i++) {
		uint64_t r = mtr_own_list.range[i];

		if (!is_pretended(r))
			continue;
		ck_assert_uint_le(mtr_own_end(r), place + 64 * P);
		pages += mtr_own_bytes(r) / P;
		for (size_t j = 0; j < i; j++)
			ck_assert(mtr_own_end(mtr_own_list.range[j]) <=
					  mtr_own_start(r) ||
				  mtr_own_start(mtr_own_list.range[j]) >=
					  mtr_own_end(r));
	}
	ck_assert_uint_eq(pages, 64);
	ck_assert_int_eq(wrong, 0);
	ck_assert_uint_eq(mtr_own_list.lost, 0);
}
END_TEST

/* What the kernel says is mapped there, in one mapping or several. */
static bool is_anonymous(uint64_t range)
{
	unsigned long start, end, inode, at = mtr_own_start(range);
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[600];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx rw-p %*s %*s %lu", &start, &end,
			   &inode) == 3 &&
		    start <= at && at < end && !inode)
			at = end;
	if (maps)
		fclose(maps);
	return at >= mtr_own_end(range);
}

START_TEST(lists_the_librarys_own)
{
	uint64_t ledger = 0;
	int status;

	ck_assert_ptr_nonnull(mtr_twin_malloc(100));
	for (size_t i = 0; i < MTR_OWN_MAX; i++) {
		uint64_t r = mtr_own_list.range[i];

		if (!r)
			continue;
		ck_assert(is_anonymous(r));
		if (mtr_own_kind(r) == MTR_OWN_LEDGER)
			ledger += mtr_own_bytes(r);
	}
	ck_assert_uint_ge(ledger + sizeof(mtr_ledger_root),
			  mtr_descriptor.ledger_bytes);
	ck_assert_uint_le(ledger, mtr_descriptor.ledger_bytes);
	/* a child has them, too */
	if (fork() == 0) {
		map_at(0, 1);
		_exit(strcmp(listed(), "3:0-1") != 0);
	}
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(listed(), "");
}
END_TEST

Suite *memory_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("memory", &tc);

	tcase_add_test(tc, counts_what_is_mapped);
	tcase_add_test(tc, asks_seldom_once_refused);
	tcase_add_test(tc, lists_what_is_mapped);
	tcase_add_test(tc, lists_pages);
	tcase_add_test(tc, counts_what_is_not_listed);
	tcase_add_test(tc, lists_what_threads_map);
	tcase_add_test(tc, lists_the_librarys_own);
	return s;
}
