/* SPDX-License-Identifier: MIT */
/*
 * N blocks of 100 bytes, of which each 40th is cache_entry's and stays: it
 * keeps nearly all of the pages. Says `ready PID` and waits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

enum { EACH = 40, SIZE = 100 };

static void **blocks;

static void *touched(void *p, int c)
{
	if (!p)
		_exit(1);
	return memset(p, c, SIZE);
}

NOINLINE static void *cache_entry(void)
{
	return touched(malloc(SIZE), 'c');
}

NOINLINE static void *scratch(void)
{
	return touched(malloc(SIZE), 's');
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 100000;
	char line[32], c;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	blocks = calloc(n, sizeof(*blocks));
	if (!blocks)
		return 1;
	for (long i = 0; i < n; i++)
		blocks[i] = i % EACH ? scratch() : cache_entry();
	for (long i = 0; i < n; i++)
		if (i % EACH)
			free(blocks[i]);
	snprintf(line, sizeof(line), "ready %d\n", getpid());
	write(STDOUT_FILENO, line, strlen(line));
	while (read(STDIN_FILENO, &c, 1) == 1)
		;
	return 0;
}
