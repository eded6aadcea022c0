/* SPDX-License-Identifier: MIT */
/*
 * A heap with known holes, of glibc's malloc: chunks between blocks that stay,
 * from both kinds of arena, freed into the thread's cache and into bins, and
 * two neighbours that become one.
 *
 * Writes `block free ADDR 0 USABLE` for each hole, then `ready PID`, and waits
 * for the end of its input. Nothing goes through stdio, which would allocate.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "record.h"

enum { SIZES = 4, HEADER = 8 };

static const size_t sizes[SIZES] = { 24, 200, 1500, 60000 };

static void say(const char *line)
{
	write(STDOUT_FILENO, line, strlen(line));
}

static void tell(const void *p, size_t usable)
{
	char line[128];

	snprintf(line, sizeof(line), "block free %#lx 0 %zu\n",
		 (unsigned long)(uintptr_t)p, usable);
	say(line);
}

static size_t usable(void *p)
{
	return malloc_usable_size(p) + record_bytes();
}

static void *holes(void *unused)
{
	char *freed[SIZES], *first, *second;
	size_t n[SIZES], both;

	/* what is in front of an arena's first block is one piece */
	malloc(50);
	for (int i = 0; i < SIZES; i++) {
		freed[i] = malloc(sizes[i]);
		n[i] = usable(freed[i]);
		malloc(50);
	}
	first = malloc(3000);
	second = malloc(3000);
	malloc(50);
	both = usable(first) + HEADER + usable(second);
	for (int i = 0; i < SIZES; i++)
		free(freed[i]);
	free(first);
	free(second);
	for (int i = 0; i < SIZES; i++)
		tell(freed[i], n[i]);
	tell(first, both);
	return unused;
}

int main(void)
{
	pthread_t thread;
	char line[64];

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	/* a thread needs memory of the main arena, which would fill holes */
	if (pthread_create(&thread, NULL, holes, NULL))
		return 1;
	pthread_join(thread, NULL);
	holes(NULL);
	snprintf(line, sizeof(line), "ready %d\n", getpid());
	say(line);
	while (read(STDIN_FILENO, line, sizeof(line)) > 0)
		;
	return 0;
}
