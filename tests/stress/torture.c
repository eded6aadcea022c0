// SPDX-License-Identifier: MIT
// Threads that allocate in every way, from stacks of any depth, and free each
// other's blocks: until SIGTERM, or for SECONDS.
//
//   torture THREADS SEED [SECONDS]

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 4096, DEEPEST = 24 };

static _Atomic(char *) shared[SLOTS];
static atomic_int over;
static uint64_t first_seed;

static uint64_t random_of(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static size_t size_of(uint64_t random)
{
	if (random % 1000 == 0)
		return random >> 20 & 0xfffff;
	return random >> 20 & (random % 20 == 0 ? 0x3fff : 0xff);
}

static char *allocate(uint64_t random)
{
	const size_t size = size_of(random);
	void *aligned;

	switch (random >> 50 & 7) {
	case 0:
		return calloc(1, size + 1);
	case 1:
		return posix_memalign(&aligned, 64, size + 1) ? NULL : aligned;
	case 2:
		return strdup("a text that libc copies");
	case 3:
		return realloc(malloc(size + 1), size * 2 + 1);
	default:
		return malloc(size + 1);
	}
}

static __attribute__((noinline)) char *deep(int depth, uint64_t random)
{
	volatile char room[64];
	char *block;

	room[0] = (char)depth;
	block = depth > 0 ? deep(depth - 1, random) : allocate(random);
	room[1] = room[0];
	return block;
}

static void *work(void *arg)
{
	uint64_t state = first_seed * 2 + 1 + ((uint64_t)(intptr_t)arg << 32);

	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		const uint64_t random = random_of(&state);
		char *block = NULL;

		if (random % 3)
			block = deep((int)(random >> 58) % DEEPEST, random);
		if (block)
			block[0] = 'x';
		free(atomic_exchange(&shared[random >> 8 & (SLOTS - 1)],
				     block));
	}
	return NULL;
}

static void stop(int number)
{
	(void)number;
	atomic_store(&over, 1);
}

int main(int argc, char **argv)
{
	const int count = argc > 1 ? atoi(argv[1]) : 4;
	pthread_t *threads = calloc((size_t)count, sizeof *threads);

	first_seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	signal(SIGTERM, stop);
	signal(SIGALRM, stop);
	if (argc > 3)
		alarm((unsigned)atoi(argv[3]));
	for (intptr_t i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)i))
			return 2;
	puts("ready");
	fflush(stdout);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < SLOTS; i++)
		free(shared[i]);
	free(threads);
	puts("over");
	return 0;
}
