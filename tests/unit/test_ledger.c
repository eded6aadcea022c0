/* SPDX-License-Identifier: MIT */
/*
 * The ledger's table: growing it, finding in it, walking it both ways, at the
 * boundaries of leaves and mid tables and at the ends of the address space.
 *
 * The twin's allocator is not called, so no block is in the ledger at the
 * start. The addresses are made up.
 */
#include "preload/ledger.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

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
	ck_assert_uint_eq(mtr_ledger_next(from), expected);
	if (expected)
		ck_assert(mtr_is_live(mtr_ledger_load(expected) >> 56));
}

static void check_previous(uintptr_t from, uintptr_t expected)
{
	ck_assert_uint_eq(mtr_ledger_previous(from), expected);
	if (expected)
		ck_assert(mtr_is_live(mtr_ledger_load(expected) >> 56));
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
	/* 7 come from one mapping, and some may have been left */
	ck_assert(leaves / MTR_LEAF_ROOM > N - 7);
	ck_assert(leaves / MTR_LEAF_ROOM < N + 7);
	before = mtr_descriptor.ledger_bytes;
	for (int i = 0; i < N; i++)
		mark(half + i * leaf_span + 160, 24);
	ck_assert_uint_eq(mtr_descriptor.ledger_bytes, before);
}
END_TEST

/* A block that its allocator maps by itself, and gives back. */
static uint8_t *lend(uintptr_t addr, uint64_t usable)
{
	enum mtr_drop drop;
	uint8_t *at = mtr_ledger_lend(addr, &drop);

	ck_assert(at != NULL);
	mtr_ledger_mark(at, mtr_lead(0), usable);
	mtr_ledger_settle(at, addr);
	ck_assert_ptr_eq(mtr_ledger_find_entry(addr), at);
	return at;
}

/* The leaves that were mapped since @before. */
static size_t leaves_since(uint64_t before)
{
	return (mtr_descriptor.ledger_bytes - before) / MTR_LEAF_ROOM;
}

/* However many ranges have a block once, there are leaves for two. */
START_TEST(lent_is_used_again)
{
	enum { N = 4000 };
	uint64_t before;
	uint8_t *at = NULL;

	lend(half - leaf_span, 1 << 20);
	before = mtr_descriptor.ledger_bytes;
	for (int i = 0; i < N; i++) {
		uintptr_t addr = half + i * leaf_span + 16 * (i % 777);

		if (at)
			*at = 0;
		at = lend(addr, (i + 100) * 8);
		ck_assert_uint_eq(mtr_ledger_load(addr),
				  (uint64_t)mtr_lead(0) << 56 | (i + 100) * 8);
		ck_assert_uint_le(leaves_since(before), 2);
		check_next(half, addr);
		check_previous(addr + 16, addr);
		check_previous(addr - 16, half - leaf_span);
	}
	ck_assert_ptr_eq(mtr_ledger_find(half), NULL);
	/* the last to go: and for a block that stays, too */
	*at = 0;
	before = mtr_descriptor.ledger_bytes;
	mark(half, 24);
	ck_assert_uint_eq(mtr_descriptor.ledger_bytes, before);
	check_next(half, half);
}
END_TEST

/* As long as there is a block in a leaf, wherever in it. */
START_TEST(lent_with_a_block)
{
	enum { N = 64, MORE = 20000 };
	uint8_t *at[N], *gone = NULL;
	uint64_t before;

	for (int i = 0; i < N; i++)
		at[i] = lend(half + i * (leaf_span + (1 << 16)), 1 << 20);
	before = mtr_descriptor.ledger_bytes;
	for (int i = 0; i < MORE; i++) {
		if (gone)
			*gone = 0;
		gone = lend(half / 2 + i * leaf_span, 1 << 20);
	}
	/* one in eight, if they are not come upon at once */
	ck_assert_uint_le(leaves_since(before), N / 8 + 7);
	for (int i = 0; i < N; i++)
		ck_assert_ptr_eq(mtr_ledger_find_entry(
					 half + i * (leaf_span + (1 << 16))),
				 at[i]);
}
END_TEST

/* Between the look-up and the entry. */
START_TEST(lent_while_held)
{
	enum mtr_drop drop;
	uint8_t *at = mtr_ledger_lend(half, &drop);
	uint8_t *other = lend(half + leaf_span, 1 << 20);

	ck_assert(at && at != other);
	ck_assert_ptr_eq(mtr_ledger_find(half), at);
	mtr_ledger_mark(at, mtr_lead(0), 1 << 20);
	mtr_ledger_settle(at, half);
	lend(half + 2 * leaf_span, 1 << 20);
	ck_assert_ptr_eq(mtr_ledger_find_entry(half), at);
	*at = 0;
	lend(half + 3 * leaf_span, 1 << 20);
	ck_assert_ptr_eq(mtr_ledger_find(half), NULL);
	ck_assert_ptr_eq(mtr_ledger_find_entry(half), NULL);
	ck_assert_uint_eq(mtr_ledger_load(half), 0);
}
END_TEST

/* The fast road comes to what stays; it asks nobody whether it may. */
START_TEST(lent_is_made_to_stay)
{
	enum mtr_drop drop;
	const uintptr_t addr = half + 7 * leaf_span;
	uint8_t *at = lend(addr, 1 << 20);

	ck_assert(!mtr_hint_covers(mtr_hint_for(addr), addr));
	ck_assert_ptr_eq(mtr_ledger_find_staying(addr), NULL);
	ck_assert_ptr_eq(mtr_ledger_make(addr, &drop), at);
	ck_assert(mtr_hint_covers(mtr_hint_for(addr), addr));
	ck_assert_ptr_eq(mtr_ledger_find_staying(addr), at);
	*at = 0;
	for (int i = 1; i < 100; i++)
		*lend(addr + i * leaf_span, 1 << 20) = 0;
	ck_assert_ptr_eq(mtr_ledger_find_staying(addr), at);
	ck_assert_ptr_eq(mtr_ledger_lend(addr, &drop), at);
}
END_TEST

/*
 * Threads that have blocks in the same few ranges, and in more ranges than
 * there are leaves at once: each finds its own, and none where it has none.
 */
enum { THREADS = 4, RANGES = 48, TURNS = 60000 };

static _Atomic unsigned int wrong;

static uintptr_t own_addr(uintptr_t thread, int range)
{
	return half + range * leaf_span + thread * (1 << 16) + 16 * range;
}

static void *lend_and_clear(void *arg)
{
	uintptr_t thread = (uintptr_t)arg;
	uint32_t random = thread + 1;
	enum mtr_drop drop;

	for (int i = 0; i < TURNS; i++) {
		uint64_t usable = 8 * (1000 + i);
		uintptr_t addr;
		uint8_t *at;

		random = random * 1664525 + 1013904223;
		addr = own_addr(thread, (random >> 16) % RANGES);
		at = mtr_ledger_lend(addr, &drop);
		if (!at) {
			wrong++;
			break;
		}
		wrong += mtr_is_lead(*at);
		mtr_ledger_mark(at, mtr_lead(thread), usable);
		mtr_ledger_settle(at, addr);
		/* nothing of ours is there; of others, at other places */
		wrong += mtr_ledger_find_entry(addr + 16 * RANGES) != NULL;
		wrong += mtr_ledger_load(own_addr(THREADS, random % RANGES)) !=
			 0;
		wrong += mtr_ledger_load(addr) !=
			 ((uint64_t)mtr_lead(thread) << 56 | usable);
		wrong += mtr_ledger_find_entry(addr) != at;
		*at = 0;
	}
	return NULL;
}

START_TEST(lent_by_threads)
{
	uint64_t before = mtr_descriptor.ledger_bytes;
	pthread_t thread[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL,
						lend_and_clear, (void *)i),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	ck_assert_uint_eq(wrong, 0);
	check_next(0, 0);
	/* what a thread holds that does not run is nobody's meanwhile: how many
	 * there are in between is a matter of time */
	ck_assert_uint_le(leaves_since(before), RANGES);
}
END_TEST

/* Each byte that is written makes a page of the ledger resident. */
static size_t resident_pages(void)
{
	size_t pages = 0;
	unsigned long rss;
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[200];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Rss: %lu kB", &rss) == 1)
			pages = rss / 4;
	if (f)
		fclose(f);
	return pages;
}

/* Some kernels have no page of zeros that is shared: what is only read is
 * resident there, as if it had been written. */
static bool reading_makes_resident(void)
{
	enum { PAGES = 256 };
	const size_t page = sysconf(_SC_PAGESIZE);
	volatile char *at = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before = resident_pages(), after;

	ck_assert(at != MAP_FAILED);
	for (size_t i = 0; i < PAGES; i++)
		at[i * page];
	after = resident_pages();
	munmap((void *)at, PAGES * page);
	return after - before >= PAGES / 2;
}

/* Tables that stay are there for all ranges, and have not been touched. */
START_TEST(untouched_before_a_block)
{
	enum { N = 400 };
	size_t before, made, found, marked;
	enum mtr_drop drop;

	resident_pages();
	before = resident_pages();
	for (int i = 0; i < N; i++)
		ck_assert(mtr_ledger_make(half + i * leaf_span, &drop) != NULL);
	made = resident_pages();
	for (int i = 0; i < N; i++)
		ck_assert_ptr_eq(mtr_ledger_find_entry(half + i * leaf_span),
				 NULL);
	check_next(0, 0);
	found = resident_pages();
	for (int i = 0; i < N; i++)
		mark(half + i * leaf_span, 24);
	marked = resident_pages();
	if (!before || unit_asan)
		return;
	/* a mid table, and code that is first run here */
	ck_assert_uint_le(made - before, N / 4);
	ck_assert(found - made <= N / 4 || reading_makes_resident());
	ck_assert(marked - found >= N || found - made > N / 4);
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
	tcase_add_test(tc, lent_is_used_again);
	tcase_add_test(tc, lent_with_a_block);
	tcase_add_test(tc, lent_while_held);
	tcase_add_test(tc, lent_is_made_to_stay);
	tcase_add_test(tc, lent_by_threads);
	tcase_add_test(tc, untouched_before_a_block);
	return s;
}
