/* SPDX-License-Identifier: MIT */
/*
 * What a heap costs in memory, from inside: memory heap | memory calloc.
 * The same numbers without the library, taken off, leave what the library
 * costs.
 *
 *   heap     blocks of 16 to 515 bytes, all touched: prints how many, how far
 *            they reach in the address space, and how much became resident
 *   calloc   200 MB that nobody touches, twice: prints how much became
 *            resident for the first, where the ledger comes to this part of
 *            the address space, and for the second
 *
 * Ends with 3 if a preloaded library does not trace.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "malloc_tracer.h"

enum {
	FIRST = 1000,
	BLOCKS = 400000,
	SIZE_LOW = 16,
	SIZES = 500,
	MB = 1000000
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/*
 * Anonymous resident memory in KiB: code that is paged in on the way is not
 * counted, and the kernel counts pages one by one (/proc/self/statm may be
 * off by dozens). Allocates nothing.
 */
static long resident(void)
{
	char text[4096];
	const char *line;
	int fd = open("/proc/self/smaps_rollup", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		die("/proc/self/smaps_rollup");
	close(fd);
	text[n] = '\0';
	line = strstr(text, "\nAnonymous:");
	if (!line)
		die("/proc/self/smaps_rollup: Anonymous");
	return strtol(line + strlen("\nAnonymous:"), NULL, 10);
}

static void *block(size_t size)
{
	char *p = malloc(size);

	if (!p)
		die("malloc");
	p[0] = 1;
	return p;
}

/* They stay, one after the other. Returns the last. */
static uintptr_t fill(int blocks)
{
	static uint64_t random = 1;
	uintptr_t last = 0;

	for (int i = 0; i < blocks; i++) {
		random = random * 0x5851f42d4c957f2d + 0x14057b7ef767814f;
		last = (uintptr_t)block(SIZE_LOW + (random >> 32) % SIZES);
	}
	return last;
}

/* The first blocks pay for what comes once, and are not counted. */
static void heap(void)
{
	uintptr_t first = fill(FIRST), last;
	long before = resident();

	last = fill(BLOCKS);
	printf("%d %ld %ld\n", BLOCKS, (long)(last - first),
	       (resident() - before) * 1024);
}

static long calloc_resident(void)
{
	void *(*volatile call)(size_t, size_t) = calloc;
	long before = resident();

	if (!call(200, MB))
		die("calloc");
	return (resident() - before) * 1024;
}

static void big_calloc(void)
{
	long first = calloc_resident();

	printf("%ld %ld\n", first, calloc_resident());
}

int main(int argc, char **argv)
{
	const char *preload = getenv("LD_PRELOAD");

	/* A huge page at either end would hide what is measured. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	resident(); /* the stack it needs is there from now on */
	if (preload && *preload && !malloc_tracer_active()) {
		fputs("memory: the preloaded library does not trace\n", stderr);
		return 3;
	}
	if (argc == 2 && !strcmp(argv[1], "heap"))
		heap();
	else if (argc == 2 && !strcmp(argv[1], "calloc"))
		big_calloc();
	else
		return 2;
	return 0;
}
