/* SPDX-License-Identifier: MIT */
/*
 * What memory costs, as the program sees it.
 *
 *	budget calloc	KiB in memory that calloc(200 MB) adds
 *	budget sizes	usable size of a block of each size: SIZE USABLE
 *	budget heap	fill the heap, say `ready PID 0 0 0`, wait for a byte
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { BLOCKS = 400000, BUFFER = 65536 };

/*
 * VmRSS may be off by 64 pages a thread; smaps looks at the page tables. Of a
 * file's pages the kernel maps as many as it finds in its cache around the one
 * that was touched: they cost nothing, and their number is chance. No stdio:
 * its buffer would count.
 */
static long anonymous_kib(void)
{
	static char text[BUFFER];
	int fd = open("/proc/self/smaps_rollup", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *name = "\nAnonymous:";
	char *found;

	if (n <= 0)
		exit(77);
	close(fd);
	text[n] = '\0';
	found = strstr(text, name);
	return found ? strtol(found + strlen(name), NULL, 10) : -1;
}

/* Huge pages would hide what is touched: 2 MiB for a byte. */
static int measure_calloc(void)
{
	long before, after;
	char *p;

	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	anonymous_kib();
	before = anonymous_kib();
	p = calloc(200, 1000 * 1000);
	after = anonymous_kib();
	if (!p)
		return 1;
	printf("%ld\n", after - before);
	return 0;
}

static int print_sizes(void)
{
	for (size_t size = 0; size <= 70000; size += size < 3000 ? 1 : 333)
		printf("%zu %zu\n", size, malloc_usable_size(malloc(size)));
	return 0;
}

/* As a program does it: sizes mixed, a third given back. */
static int fill_heap(void)
{
	static void *block[BLOCKS];
	uint32_t random = 1;
	char byte;

	for (int i = 0; i < BLOCKS; i++) {
		random = random * 1664525 + 1013904223;
		block[i] = malloc(random >> 16 & 511);
	}
	for (int i = 0; i < BLOCKS; i += 3)
		free(block[i]);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	printf("ready %d 0 0 0\n", (int)getpid());
	fflush(stdout);
	return read(STDIN_FILENO, &byte, 1) < 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "calloc"))
		return measure_calloc();
	if (argc == 2 && !strcmp(argv[1], "sizes"))
		return print_sizes();
	if (argc == 2 && !strcmp(argv[1], "heap"))
		return fill_heap();
	return 2;
}
