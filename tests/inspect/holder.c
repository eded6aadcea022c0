/* SPDX-License-Identifier: MIT */
/*
 * A victim: holds blocks from every kind of call, prints its totals as the
 * library counts them, saves a snapshot, and waits. Prints nothing but with
 * write(2), so that no block is made after the counting.
 *
 *	holder SNAPSHOT		"pid blocks bytes usable\n"
 */
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "malloc_tracer.h"

enum { EACH = 300 };

static void *held[2 * (4 * EACH + 2) + 1]; /* both threads, and the last */
static size_t n_held;

static void hold(void *p)
{
	if (p)
		memset(p, 0x5a, 1);
	held[n_held++] = p;
}

static void hold_some(unsigned seed)
{
	for (int i = 0; i < EACH; i++) {
		size_t size = (i * 2654435761u + seed) % 3000;
		void *aligned = NULL;

		hold(malloc(size));
		hold(calloc(size / 8 + 1, 8));
		hold(realloc(malloc(size), size * 3));
		if (posix_memalign(&aligned, 64, size + 1) == 0)
			hold(aligned);
		free(malloc(size + 8));
	}
	hold(malloc(3 << 20));
	hold(malloc(0));
}

static void *thread(void *seed)
{
	hold_some(*(unsigned *)seed);
	return NULL;
}

int main(int argc, char **argv)
{
	struct malloc_tracer_totals t;
	unsigned seed = 77;
	pthread_t other;
	char line[200];
	int n;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	hold_some(1);
	if (argc < 2 || pthread_create(&other, NULL, thread, &seed) ||
	    pthread_join(other, NULL))
		return 2;
	if (malloc_tracer_mark() < 0)
		return 3;
	hold(malloc(12345));
	if (malloc_tracer_totals(&t) || malloc_tracer_snapshot(argv[1]))
		return 4;
	n = snprintf(line, sizeof(line),
		     "%d %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", (int)getpid(),
		     t.blocks, t.bytes, t.usable);
	if (write(STDOUT_FILENO, line, n) != n)
		return 5;
	pause();
	return 0;
}
