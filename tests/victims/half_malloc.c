/* SPDX-License-Identifier: MIT */
/*
 * A program that brings malloc and free, and nothing else of the family. Both
 * end it while it is not ready for them: nobody calls them before main.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static _Alignas(16) char heap[1 << 20];
static size_t used;
static int ready;

void *malloc(size_t size)
{
	char *p = heap + used;

	if (!ready)
		abort();
	used += (size + 15) & -(size_t)16;
	return p;
}

void free(void *p)
{
	if (!ready)
		abort();
	(void)p;
}

int main(void)
{
	char *volatile p;

	ready = 1;
	p = malloc(10);
	*p = 'a';
	free(p);
	p = calloc(3, 5);
	puts("done");
	free(p);
	return 0;
}
