/* SPDX-License-Identifier: MIT */
/*
 * A program that asks the tracer about its own blocks.
 *
 *   cc -o own_blocks own_blocks.c $(pkg-config --cflags --libs malloc_tracer)
 *
 * Built with the header alone (--cflags without --libs) it runs as well, and
 * finds that it is not traced, unless the library is preloaded:
 *
 *   LD_PRELOAD=$(pkg-config --variable=preload malloc_tracer) ./own_blocks
 *
 * An argument is the file to write a snapshot to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <malloc_tracer.h>

static int failed(const char *what)
{
	perror(what);
	return EXIT_FAILURE;
}

/* Any address inside of a block will do. */
static int print_block(const char *name, const void *inside)
{
	struct malloc_tracer_block block;

	if (malloc_tracer_lookup(inside, &block))
		return failed(name);
	printf("%-8s at %p: %zu bytes requested, %zu usable, caller %p, "
	       "generation %" PRIu32 "\n",
	       name, block.addr, block.size, block.usable, block.caller,
	       block.generation);
	return 0;
}

static int print_totals(void)
{
	struct malloc_tracer_totals totals;

	if (malloc_tracer_totals(&totals))
		return failed("totals");
	printf("totals   %" PRIu64 " blocks, %" PRIu64 " bytes requested, "
	       "%" PRIu64 " usable, %" PRIu64 " not recorded\n",
	       totals.blocks, totals.bytes, totals.usable, totals.not_recorded);
	return 0;
}

static int write_snapshot(const char *path)
{
	if (!path)
		return 0;
	if (malloc_tracer_snapshot(path))
		return failed(path);
	printf("snapshot %s\n", path);
	return 0;
}

int main(int argc, char **argv)
{
	char *before, *after;
	int generation, status;

	if (!malloc_tracer_active()) {
		puts("not active: no malloc_tracer in this process");
		return EXIT_SUCCESS;
	}
	puts("active");
	before = malloc(100);
	generation = malloc_tracer_mark();
	after = calloc(20, 50);
	if (!before || !after || generation < 0)
		return failed("own_blocks");
	printf("marked   generation %d\n", generation);
	status = print_block("before", before) ||
		 print_block("after", after + 500) || print_totals() ||
		 write_snapshot(argc > 1 ? argv[1] : NULL);
	free(after);
	free(before);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
