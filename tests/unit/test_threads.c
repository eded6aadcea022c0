/* SPDX-License-Identifier: MIT */
/*
 * Threads' numbers: whose they are, and who has them in a forked child.
 */
#include "preload/threads.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static pthread_barrier_t met, done;

static void *take(void *number)
{
	*(uint32_t *)number = mtr_thread_number();
	return NULL;
}

static void *take_and_stay(void *number)
{
	take(number);
	pthread_barrier_wait(&met);
	pthread_barrier_wait(&done);
	return NULL;
}

static uint32_t number_of_another(void)
{
	uint32_t number = 0;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, take, &number), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	return number;
}

/* @n threads at once. */
static void numbers(uint32_t *ret, unsigned int n)
{
	pthread_t thread[8];

	ck_assert_int_eq(pthread_barrier_init(&met, NULL, n + 1), 0);
	ck_assert_int_eq(pthread_barrier_init(&done, NULL, n + 1), 0);
	for (unsigned int i = 0; i < n; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, take_and_stay,
						&ret[i]),
				 0);
	pthread_barrier_wait(&met);
	pthread_barrier_wait(&done);
	for (unsigned int i = 0; i < n; i++)
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
}

static void setup(void)
{
	mtr_threads_init();
	mtr_threads_follow_forks();
}

START_TEST(a_number_is_given_back)
{
	uint32_t mine = mtr_thread_number(), other = number_of_another();

	ck_assert_uint_ne(mine, 0);
	ck_assert_uint_ne(other, 0);
	ck_assert_uint_ne(other, mine);
	ck_assert_uint_eq(mtr_thread_number(), mine);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(number_of_another(), other);
}
END_TEST

START_TEST(threads_alive_have_numbers_of_their_own)
{
	uint32_t n[8] = { 0 }, mine = mtr_thread_number();

	numbers(n, 8);
	for (int i = 0; i < 8; i++) {
		ck_assert_uint_ne(n[i], 0);
		ck_assert_uint_ne(n[i], mine);
		for (int k = 0; k < i; k++)
			ck_assert_uint_ne(n[i], n[k]);
	}
}
END_TEST

/* The child of a thread with number @mine: all others up to @most are free. */
static void in_child(uint32_t mine, uint32_t most)
{
	uint32_t n[8] = { 0 };

	if (mtr_thread_number() != mine)
		_exit(1);
	numbers(n, most - 1);
	for (uint32_t i = 0; i < most - 1; i++)
		if (n[i] == 0 || n[i] == mine || n[i] > most)
			_exit(2);
	/* and then there is a new one */
	numbers(n, most);
	for (uint32_t i = 0; i < most; i++)
		if (n[i] == 0 || n[i] == mine)
			_exit(3);
	_exit(0);
}

static void *fork_with_a_number(void *unused)
{
	uint32_t mine = mtr_thread_number();
	int status = -1;
	pid_t pid;

	(void)unused;
	pthread_barrier_wait(&met);
	pid = fork();
	if (pid == 0)
		in_child(mine, 3);
	waitpid(pid, &status, 0);
	pthread_barrier_wait(&done);
	return (void *)(intptr_t)status;
}

/* Two threads beside the one that forks, one of them alive. */
START_TEST(a_child_has_all_numbers_but_its_own)
{
	pthread_t forks, stays;
	uint32_t number = 0;
	void *status;

	ck_assert_uint_eq(mtr_thread_number(), 1);
	ck_assert_int_eq(pthread_barrier_init(&met, NULL, 2), 0);
	ck_assert_int_eq(pthread_barrier_init(&done, NULL, 3), 0);
	ck_assert_int_eq(pthread_create(&stays, NULL, take_and_stay, &number),
			 0);
	pthread_barrier_wait(&met);
	ck_assert_uint_eq(number, 2);
	ck_assert_int_eq(pthread_create(&forks, NULL, fork_with_a_number, NULL),
			 0);
	pthread_barrier_wait(&met);
	pthread_barrier_wait(&done);
	ck_assert_int_eq(pthread_join(forks, &status), 0);
	ck_assert_int_eq(pthread_join(stays, NULL), 0);
	ck_assert_int_eq((intptr_t)status, 0);
}
END_TEST

Suite *threads_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("threads", &tc);

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_number_is_given_back);
	tcase_add_test(tc, threads_alive_have_numbers_of_their_own);
	tcase_add_test(tc, a_child_has_all_numbers_but_its_own);
	return s;
}
