/* SPDX-License-Identifier: MIT */
/*
 * A victim: threads that allocate, fill and free without a pause, in two
 * functions with sizes of their own; of some of them libc maps each block, at
 * other addresses than the one before. Prints a line when they are there,
 * begins at the first byte of its input, and ends with that.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { THREADS = 4, FAR = 2, SLOTS = 48, SIZES = 60, STEP = 64, A = 5, B = 9 };

static pthread_barrier_t there, go;

/* Sizes are 5 modulo 64 here ... */
__attribute__((noinline)) static void *busy_a(size_t n)
{
	size_t size = n * STEP + A;
	char *p = malloc(size);

	return p && n < SIZES ? memset(p, 'x', size) : p;
}

/* ... and 9 there. */
__attribute__((noinline)) static void *busy_b(size_t n)
{
	size_t size = n * STEP + B;
	char *p = calloc(size, 1);

	return p ? memset(p, 'x', size) : p;
}

__attribute__((noreturn)) static void *thread(void *arg)
{
	void *slot[SLOTS] = { NULL };
	unsigned r = *(unsigned *)arg;

	pthread_barrier_wait(&there);
	pthread_barrier_wait(&go);
	for (;;) {
		void **at = &slot[(r = r * 1103515245 + 12345) >> 8 & 31];
		size_t n = (r >> 16) % SIZES;

		free(*at);
		*at = r & 1 << 30 ? busy_a(n) : busy_b(n);
	}
}

/* Each block is in a range of the ledger where there was none for a while. */
__attribute__((noreturn)) static void *far(void *unused)
{
	enum { BYTES = 5 << 20, PLACES = 32, HELD = 3 };
	static __thread char *place[PLACES], *held[HELD];

	(void)unused;
	pthread_barrier_wait(&there);
	pthread_barrier_wait(&go);
	for (unsigned i = 0;; i++) {
		char **at = &held[i % HELD], **old = &place[i % PLACES];

		if (*at) {
			free(*at);
			if (*old)
				munmap(*old, BYTES);
			*old = mmap(*at - 16, BYTES, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				    -1, 0);
		}
		*at = busy_a(BYTES / STEP + i % 7);
	}
}

int main(void)
{
	unsigned seeds[THREADS];
	pthread_t id;
	char byte;

	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	pthread_barrier_init(&there, NULL, THREADS + FAR + 1);
	pthread_barrier_init(&go, NULL, THREADS + FAR + 1);
	for (unsigned i = 0; i < THREADS; i++) {
		seeds[i] = i * 7919 + 1;
		if (pthread_create(&id, NULL, thread, &seeds[i]))
			return 1;
	}
	for (unsigned i = 0; i < FAR; i++)
		if (pthread_create(&id, NULL, far, NULL))
			return 1;
	pthread_barrier_wait(&there);
	dprintf(STDOUT_FILENO, "%p %p\n", (void *)busy_a, (void *)busy_b);
	if (read(STDIN_FILENO, &byte, 1) != 1)
		return 1;
	pthread_barrier_wait(&go);
	while (read(STDIN_FILENO, &byte, 1) == 1)
		;
	_exit(0);
}
