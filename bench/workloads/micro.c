/* SPDX-License-Identifier: MIT */
/*
 * Nothing but malloc and free, in patterns: micro PATTERN COUNT [THREADS].
 *
 *   pair    a block of 24 bytes, freed at once
 *   deep    the same, asked for 16 frames down
 *   churn   one of 20,000 live blocks of 16 to 515 bytes is replaced at random
 *
 * With THREADS above 1 each thread does COUNT on blocks of its own. With 1 no
 * thread is made, since glibc is faster in a process that never had two.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIVE = 20000, SIZE_LOW = 16, SIZES = 500, FRAMES = 16, THREADS = 64 };

struct job {
	void (*pattern)(const struct job *job);
	long count;
	uint64_t seed;
};

/* From here on the compiler knows nothing of @p or of any memory. */
static void *opaque(void *p)
{
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

static void *need(void *p)
{
	if (!p) {
		perror("micro: malloc");
		exit(1);
	}
	return p;
}

static void pair(const struct job *job)
{
	for (long i = 0; i < job->count; i++)
		free(opaque(malloc(24)));
}

/* The call must not be the last thing, or gcc jumps and no frame is left. */
static __attribute__((noinline)) void *descend(int frames)
{
	return opaque(frames > 1 ? descend(frames - 1) : malloc(24));
}

static void deep(const struct job *job)
{
	for (long i = 0; i < job->count; i++)
		free(opaque(descend(FRAMES)));
}

static void churn(const struct job *job)
{
	char **live = need(calloc(LIVE, sizeof(*live)));
	uint64_t random = job->seed;

	for (long i = 0; i < job->count; i++) {
		random = random * 0x5851f42d4c957f2d + 0x14057b7ef767814f;
		uint32_t slot = (random >> 32) * LIVE >> 32;
		uint32_t more = (random >> 16 & 0xffff) * SIZES >> 16;

		free(live[slot]);
		live[slot] = need(malloc(SIZE_LOW + more));
		live[slot][0] = 1;
	}
	for (int i = 0; i < LIVE; i++)
		free(live[i]);
	free(live);
}

static void *thread_main(void *arg)
{
	const struct job *job = arg;

	job->pattern(job);
	return NULL;
}

static void run_threads(const struct job *job, int threads)
{
	pthread_t thread[THREADS];
	struct job jobs[THREADS];

	for (int i = 0; i < threads; i++) {
		jobs[i] = *job;
		jobs[i].seed += i;
		if (pthread_create(&thread[i], NULL, thread_main, &jobs[i])) {
			fputs("micro: no thread\n", stderr);
			exit(1);
		}
	}
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*pattern)(const struct job *job);
	} patterns[] = { { "pair", pair },
			 { "deep", deep },
			 { "churn", churn } };
	struct job job = { .seed = 1 };
	int threads = argc > 3 ? atoi(argv[3]) : 1;

	for (size_t i = 0; argc > 2 && i < 3; i++)
		if (!strcmp(argv[1], patterns[i].name))
			job.pattern = patterns[i].pattern;
	if (job.pattern)
		job.count = atol(argv[2]);
	if (job.count <= 0 || threads < 1 || threads > THREADS) {
		fputs("usage: micro pair|deep|churn COUNT [THREADS]\n", stderr);
		return 2;
	}
	if (threads == 1)
		job.pattern(&job);
	else
		run_threads(&job, threads);
	return 0;
}
