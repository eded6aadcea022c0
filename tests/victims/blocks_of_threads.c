/* SPDX-License-Identifier: MIT */
/*
 * Four threads with 1000 blocks of 100 bytes each, alive until the end. Says
 * "ready" when all are there.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 4, BLOCKS = 1000, SIZE = 100 };

static pthread_barrier_t all_there;

static void *allocate(void *arg)
{
	for (int i = 0; i < BLOCKS; i++)
		if (!malloc(SIZE))
			abort();
	pthread_barrier_wait(&all_there);
	pause();
	return arg;
}

int main(void)
{
	pthread_t thread;

	pthread_barrier_init(&all_there, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, allocate, NULL) != 0)
			return 1;
	pthread_barrier_wait(&all_there);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
