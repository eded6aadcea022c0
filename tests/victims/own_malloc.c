/* SPDX-License-Identifier: MIT */
/* A program that brings its own malloc: not traced, and none the worse. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "malloc_tracer.h"

static _Alignas(16) char heap[1 << 20];
static size_t used;

void *malloc(size_t size)
{
	char *p = heap + used;

	used += 16 + ((size + 15) & -(size_t)16);
	if (used > sizeof(heap))
		return NULL;
	*(size_t *)p = size;
	return p + 16;
}

void free(void *p)
{
	if (p && ((char *)p < heap || (char *)p >= heap + sizeof(heap)))
		abort();
}

void *calloc(size_t n, size_t size)
{
	return malloc(n * size);
}

void *realloc(void *p, size_t size)
{
	size_t old = p ? *(size_t *)((char *)p - 16) : 0;
	void *q = malloc(size);

	if (p && q)
		memcpy(q, p, old < size ? old : size);
	free(p);
	return q;
}

int main(void)
{
	struct malloc_tracer_totals totals;
	char *p = strdup("mine"), *text;
	FILE *file = fopen("/dev/null", "w");

	fprintf(file, "%s\n", p);
	fclose(file);
	if (asprintf(&text, "%s %d", p, 42) != 7)
		return 1;
	free(text);
	if (p < heap || p >= heap + sizeof(heap) || malloc_tracer_active())
		return 2;
	errno = 0;
	if (malloc_tracer_totals(&totals) != -1 || errno != ENOSYS)
		return 3;
	printf("%s\n", p);
	return 0;
}
