/* SPDX-License-Identifier: MIT */
/*
 * A heap in which blocks refer to each other: graph COUNT. That many live
 * blocks of 40 to 99 bytes, in random order: each has a pointer to the next
 * one, and four in five another one to any block; all other words are numbers.
 * The first is in a global. Writes a line when all are there, and waits to be
 * killed.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { SIZE_LOW = 40, SIZES = 60, NUMBERS = 1000 };

void **first;

static uint64_t next_random(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void **block(void)
{
	size_t size = SIZE_LOW + next_random() % SIZES;
	void **p = malloc(size);

	if (!p) {
		perror("graph: malloc");
		exit(1);
	}
	for (size_t i = 0; i < size / sizeof(*p); i++)
		p[i] = (void *)(uintptr_t)(next_random() % NUMBERS);
	return p;
}

static void fill(size_t count)
{
	void ***blocks = malloc(count * sizeof(*blocks)), **other;

	if (!blocks) {
		perror("graph: malloc");
		exit(1);
	}
	for (size_t i = 0; i < count; i++)
		blocks[i] = block();
	for (size_t i = count - 1; i > 0; i--) {
		size_t j = next_random() % (i + 1);

		other = blocks[i];
		blocks[i] = blocks[j];
		blocks[j] = other;
	}
	for (size_t i = 0; i + 1 < count; i++) {
		blocks[i][0] = blocks[i + 1];
		if (next_random() % 5 < 4)
			blocks[i][1] = blocks[next_random() % count];
	}
	first = blocks[0];
	free(blocks);
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 0;

	if (count <= 0) {
		fputs("usage: graph COUNT\n", stderr);
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	fill(count);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
