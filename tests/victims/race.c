/* SPDX-License-Identifier: MIT */
/* Threads that reach new parts of the address space at the same moment. */
#include <pthread.h>

#include "check.h"

enum { THREADS = 4, ROUNDS = 300, BLOCKS = 4, BIG = 1 << 20 };

static pthread_barrier_t barrier;

static void *thread(void *unused)
{
	static _Thread_local void *p[ROUNDS][BLOCKS];

	for (int round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&barrier);
		for (int i = 0; i < BLOCKS; i++)
			p[round][i] = malloc(BIG + i);
		for (int i = 0; i < BLOCKS; i++)
			CHECK(recorded(p[round][i], BIG + i));
	}
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < BLOCKS; i++)
			CHECK(recorded(p[round][i], BIG + i));
	pthread_barrier_wait(&barrier);
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < BLOCKS; i++)
			free(p[round][i]);
	return unused;
}

int main(void)
{
	pthread_t threads[THREADS];

	check_active();
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, thread, NULL));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
