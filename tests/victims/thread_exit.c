/* SPDX-License-Identifier: MIT */
/* Threads that end, and free what they hold in their destructors. */
#include <pthread.h>

#include "check.h"

enum { THREADS = 40, ROUNDS = 10 };

static pthread_key_t key;

static void destroy(void *p)
{
	CHECK(recorded(p, 1234));
	free(p);
	free(malloc(50));
}

static void *thread(void *from_main)
{
	void *p = malloc(1234);

	CHECK(!pthread_setspecific(key, p));
	free(from_main);
	return malloc(77);
}

static void round_trip(void)
{
	pthread_t threads[THREADS];
	void *p;

	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, thread, malloc(66)));
	for (int i = 0; i < THREADS; i++) {
		CHECK(!pthread_join(threads[i], &p));
		CHECK(recorded(p, 77));
		free(p);
	}
}

int main(void)
{
	uint64_t before;

	check_active();
	CHECK(!pthread_key_create(&key, destroy));
	round_trip();
	before = live_blocks();
	for (int i = 0; i < ROUNDS; i++)
		round_trip();
	/* glibc keeps the stacks of some threads, with what it allocated */
	CHECK(live_blocks() <= before + THREADS);
	return 0;
}
