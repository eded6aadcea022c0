/* SPDX-License-Identifier: MIT */
/*
 * A program with a known set of blocks, from functions with known names.
 *
 *	known [N]
 *
 * Writes `block FUNCTION ADDR SIZE USABLE` for each of its blocks, where USABLE
 * counts the tracer's record, then `ready PID`. For each line that it reads it
 * allocates one batch more and tells of it likewise; at the end of its input it
 * frees all and exits with 0. N: that many more blocks, from the function
 * `many`, which are not told of.
 *
 * Nothing here goes through stdio, which would allocate.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "record.h"

enum { MAX = 4096, BATCH = 40 };

static void *blocks[MAX];
static size_t n_blocks;

#define NOINLINE __attribute__((noinline, noclone))

static void say(const char *line)
{
	write(STDOUT_FILENO, line, strlen(line));
}

static void keep(const char *function, void *p, size_t size)
{
	char line[128];

	if (!p || n_blocks == MAX)
		_exit(1);
	memset(p, 'k', size);
	blocks[n_blocks++] = p;
	snprintf(line, sizeof(line), "block %s %#lx %zu %zu\n", function,
		 (unsigned long)(uintptr_t)p, size,
		 malloc_usable_size(p) + record_bytes());
	say(line);
}

NOINLINE static void alpha(size_t i)
{
	keep("alpha", malloc(i * 7), i * 7);
}

NOINLINE static void beta(size_t i)
{
	void *p = calloc(i, 33);

	keep("beta", p, i * 33);
	p = malloc(100);
	free(p);
}

NOINLINE static void gamma_(size_t i)
{
	void *p = malloc(i);

	p = realloc(p, i * 1000);
	keep("gamma_", p, i * 1000);
}

NOINLINE static void delta(size_t i)
{
	void *p = NULL;

	if (posix_memalign(&p, 256, 300 + i))
		_exit(1);
	keep("delta", p, 300 + i);
}

NOINLINE static void late(size_t i)
{
	keep("late", malloc(500 + i), 500 + i);
}

NOINLINE static void many(long n)
{
	static void *last;

	for (long i = 0; i < n; i++) {
		void **p = malloc(16 + i % 100);

		if (!p)
			_exit(1);
		*p = last; /* reachable */
		last = p;
	}
}

static void ready(void)
{
	char line[32];

	snprintf(line, sizeof(line), "ready %d\n", getpid());
	say(line);
}

int main(int argc, char **argv)
{
	char c;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	for (size_t i = 1; i <= BATCH; i++) {
		alpha(i);
		beta(i);
		gamma_(i);
		delta(i);
	}
	if (argc > 1)
		many(atol(argv[1]));
	for (ready(); read(STDIN_FILENO, &c, 1) == 1; ready())
		for (size_t i = 1; i <= BATCH; i++)
			late(i);
	while (n_blocks)
		free(blocks[--n_blocks]);
	return 0;
}
