/* SPDX-License-Identifier: MIT */
/*
 * TOTAL_ALLOCS and TOTAL_ALLOCATED_BYTES, on a twin with --enable-counters:
 * the words and the threads' slots add up to what is live.
 */
#include "preload/counters.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/entry.h"
#include "preload/track.h"
#include "unit.h"

UNIT_ASAN_OPTIONS

enum { SLOTS = 1024, EVENTS = 2000, THREADS = 8 };

/* As counters_debug.S reads them for gdb. */
struct slot {
	uint64_t blocks, bytes;
	char pad[48];
};

extern struct slot mtr_counter_slots[SLOTS];
extern uint64_t mtr_counter_slots_used;
extern uint64_t TOTAL_ALLOCS, TOTAL_ALLOCATED_BYTES;

static void check_totals(uint64_t blocks, uint64_t bytes)
{
	uint64_t sum_blocks = TOTAL_ALLOCS, sum_bytes = TOTAL_ALLOCATED_BYTES;

	for (uint64_t i = 0; i < mtr_counter_slots_used; i++) {
		sum_blocks += mtr_counter_slots[i].blocks;
		sum_bytes += mtr_counter_slots[i].bytes;
	}
	ck_assert_uint_eq(sum_blocks, blocks);
	ck_assert_uint_eq(sum_bytes, bytes);
}

START_TEST(nothing)
{
	check_totals(0, 0);
	ck_assert(mtr_descriptor.flags & MTR_FLAG_COUNTERS);
}
END_TEST

/* While there is one thread the words are the totals, for any reader. */
START_TEST(one_thread)
{
	void *p, *q, *r, *s = NULL;

	p = mtr_twin_malloc(100);
	q = mtr_twin_calloc(10, 20);
	r = mtr_twin_memalign(64, 0);
	ck_assert_int_eq(mtr_twin_posix_memalign(&s, 4096, 5), 0);
	ck_assert_uint_eq(TOTAL_ALLOCS, 4);
	ck_assert_uint_eq(TOTAL_ALLOCATED_BYTES, 305);
	check_totals(4, 305);
	p = mtr_twin_realloc(p, 1000);
	check_totals(4, 1205);
	q = mtr_twin_realloc(q, 1);
	check_totals(4, 1006);
	mtr_twin_free(p);
	mtr_twin_free(r);
	mtr_twin_free(NULL);
	check_totals(2, 6);
	ck_assert_ptr_eq(mtr_twin_realloc(q, 0), NULL);
	mtr_twin_cfree(s);
	check_totals(0, 0);
}
END_TEST

START_TEST(what_fails_is_not_counted)
{
	void *p = mtr_twin_malloc(100), *q = NULL;

	ck_assert_ptr_eq(mtr_twin_malloc(SIZE_MAX), NULL);
	ck_assert_ptr_eq(mtr_twin_calloc(SIZE_MAX, 2), NULL);
	ck_assert_ptr_eq(mtr_twin_realloc(p, PTRDIFF_MAX - 40), NULL);
	ck_assert_ptr_eq(mtr_twin_reallocarray(p, SIZE_MAX, 3), NULL);
	ck_assert(mtr_twin_posix_memalign(&q, 64, SIZE_MAX) != 0);
	ck_assert(mtr_twin_posix_memalign(&q, 3, 8) != 0);
	check_totals(1, 100);
	mtr_twin_free(p);
	check_totals(0, 0);
}
END_TEST

/* A block freed behind our back; its place is given out again. */
START_TEST(a_place_is_counted_once)
{
	const struct mtr_site site = { .pc = 1 };
	void *p = mtr_twin_malloc(100);

	mtr_track_any(p, 30, &site);
	check_totals(1, 30);
	mtr_track_adopt(p, 50, &site);
	check_totals(1, 50);
	mtr_twin_free(p);
	check_totals(0, 0);
}
END_TEST

static void *shelf[THREADS][EVENTS];

static void *fill_shelf(void *arg)
{
	void **own = arg;

	for (int i = 0; i < EVENTS; i++)
		own[i] = mtr_twin_malloc(i);
	return NULL;
}

static void *clear_shelf(void *arg)
{
	void **other = arg;

	for (int i = 0; i < EVENTS; i++)
		mtr_twin_free(other[i]);
	return NULL;
}

static void run_all(void *(*fn)(void *), int shift)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, fn,
						shelf[(i + shift) % THREADS]),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Blocks made by one thread and freed by another, all at once. */
START_TEST(threads)
{
	void *early = mtr_twin_malloc(7);
	const uint64_t bytes = (uint64_t)EVENTS * (EVENTS - 1) / 2;

	run_all(fill_shelf, 0);
	check_totals(THREADS * EVENTS + 1, THREADS * bytes + 7);
	run_all(clear_shelf, 1);
	check_totals(1, 7);
	mtr_twin_free(early);
	check_totals(0, 0);
}
END_TEST

struct crowd {
	pthread_barrier_t full, counted;
};

static void *stay(void *arg)
{
	struct crowd *c = arg;
	void *p = mtr_twin_malloc(10);

	pthread_barrier_wait(&c->full);
	pthread_barrier_wait(&c->counted);
	mtr_twin_free(p);
	return NULL;
}

/* More threads at once than there are slots: the rest share the words. */
START_TEST(more_threads_than_slots)
{
	enum { CROWD = SLOTS + 20 };
	static pthread_t thread[CROWD];
	struct crowd c;
	pthread_attr_t attr;

	pthread_barrier_init(&c.full, NULL, CROWD + 1);
	pthread_barrier_init(&c.counted, NULL, CROWD + 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	for (int i = 0; i < CROWD; i++)
		if (pthread_create(&thread[i], &attr, stay, &c) != 0) {
			printf("counters: no more than %d threads here\n", i);
			_exit(0);
		}
	pthread_barrier_wait(&c.full);
	ck_assert_uint_eq(mtr_counter_slots_used, SLOTS);
	ck_assert_uint_eq(TOTAL_ALLOCS, CROWD - SLOTS);
	check_totals(CROWD, 10 * CROWD);
	pthread_barrier_wait(&c.counted);
	for (int i = 0; i < CROWD; i++)
		pthread_join(thread[i], NULL);
	check_totals(0, 0);
}
END_TEST

/* The child's own thread has a slot of its parent's, and keeps the totals. */
START_TEST(after_fork)
{
	void *p;
	int status;
	pid_t child;

	run_all(fill_shelf, 0);
	run_all(clear_shelf, 0);
	p = mtr_twin_malloc(5);
	child = fork();
	if (child == 0) {
		check_totals(1, 5);
		mtr_twin_free(p);
		run_all(fill_shelf, 0);
		run_all(clear_shelf, 0);
		check_totals(0, 0);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	check_totals(1, 5);
}
END_TEST

static Suite *counters_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("counters", &tc);

	tcase_add_test(tc, nothing);
	tcase_add_test(tc, one_thread);
	tcase_add_test(tc, what_fails_is_not_counted);
	tcase_add_test(tc, a_place_is_counted_once);
	tcase_add_test(tc, threads);
	tcase_add_test(tc, more_threads_than_slots);
	tcase_add_test(tc, after_fork);
	return s;
}

int main(void)
{
	static unit_suite_fn *const suites[] = { counters_suite };

	return unit_run(suites, 1);
}
