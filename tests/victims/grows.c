/* SPDX-License-Identifier: MIT */
/*
 * A program that grows at one known place, and otherwise moves.
 *
 * Writes `ready PID`, then again after each line that it reads, of which each
 * character is an order:
 *
 *	g	grow() keeps 30 blocks of 100 bytes more
 *	f	the first 5 of steady()'s blocks of 200 bytes are freed
 *	c	blocks come and go, and all are gone
 *	a	one of steady()'s blocks is freed, and the same place allocated
 *		again with the same size by the same line
 *	r	resize() asks for 993 bytes; from the second time on for 4 bytes
 *		more, in the same place
 *
 * At the end of its input it ends. GROWS_OTHER: another build of the same, in
 * which lines and functions lie elsewhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

enum { STEADY = 40, MOST = 4096 };

static void *volatile steady_blocks[STEADY];
static void *volatile grown[MOST];
static size_t n_grown;

#ifdef GROWS_OTHER
static volatile int something_more;

NOINLINE static void grow(size_t i)
{
	something_more++;
	grown[i] = malloc(100);
}
#endif

NOINLINE static void steady(size_t i)
{
	steady_blocks[i] = malloc(200);
}

/* As many lines that allocate in both builds. */
NOINLINE static void lines(void **a, void **b)
{
#ifdef GROWS_OTHER
	something_more++;

#endif
	*a = malloc(333);
	*b = malloc(444);
}

/* One more here. */
NOINLINE static void more_lines(void **a, void **b)
{
	*a = malloc(555);
#ifdef GROWS_OTHER
	*b = malloc(666);
#endif
	if (!*b)
		*b = malloc(777);
}

NOINLINE static void come_and_go(void)
{
	void *volatile p[64];

	for (size_t i = 0; i < 64; i++)
		p[i] = malloc(50 * (i + 1));
	for (size_t i = 0; i < 64; i++)
		free(p[i]);
}

NOINLINE static void again(void)
{
	void *volatile p = steady_blocks[STEADY - 1];

	free(p);
	steady(STEADY - 1);
	/* it is at hand in the thread's cache */
	if (steady_blocks[STEADY - 1] != p)
		write(STDOUT_FILENO, "elsewhere\n", 10);
}

NOINLINE static void resize(void)
{
	static void *volatile block;
	static size_t size = 993;
	void *p = realloc(block, size);

	size += 4;
	/* its chunk has room for that */
	if (block && p != block)
		write(STDOUT_FILENO, "elsewhere\n", 10);
	block = p;
}

#ifndef GROWS_OTHER
NOINLINE static void grow(size_t i)
{
	grown[i] = malloc(100);
}
#endif

static void order(char c)
{
	if (c == 'g')
		for (size_t i = 0; i < 30 && n_grown < MOST; i++)
			grow(n_grown++);
	if (c == 'f')
		for (size_t i = 0; i < 5; i++) {
			free(steady_blocks[i]);
			steady_blocks[i] = NULL;
		}
	if (c == 'c')
		come_and_go();
	if (c == 'a')
		again();
	if (c == 'r')
		resize();
}

static void ready(void)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "ready %d\n", (int)getpid());

	write(STDOUT_FILENO, line, (size_t)n);
}

static void *pairs[4];

/* No copy of a pointer stays on the stack: it would hold the block as well. */
NOINLINE static void scrub(void)
{
	volatile char stack[16 << 10];

	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = 0;
}

int main(void)
{
	char c;

	/* so that a debugger that is no parent may read it */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	for (size_t i = 0; i < STEADY; i++)
		steady(i);
	lines(&pairs[0], &pairs[1]);
	more_lines(&pairs[2], &pairs[3]);
	scrub();
	ready();
	while (read(STDIN_FILENO, &c, 1) == 1) {
		if (c == '\n')
			ready();
		else
			order(c);
	}
	return 0;
}
