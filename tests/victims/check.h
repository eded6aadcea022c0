/* SPDX-License-Identifier: MIT */
/*
 * For victims that judge themselves, with the library and without: the first
 * expectation that fails is written to standard error and ends the program
 * with status 1. Allocates nothing.
 */
#ifndef VICTIMS_CHECK_H
#define VICTIMS_CHECK_H

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "malloc_tracer.h"

#define CHECK(what) ((what) ? (void)0 : check_failed(__FILE__, __LINE__, #what))

/* from the linker: where the program's code lies */
extern char __executable_start[], etext[];

__attribute__((unused)) static void check_failed(const char *file, int line,
						 const char *what)
{
	char text[400];
	int n = snprintf(text, sizeof(text), "%s:%d: not so: %s\n", file, line,
			 what);

	if (write(STDERR_FILENO, text, n) < 0)
		_exit(2);
	_exit(1);
}

/* The scripts set MTR_TRACED where the library ought to be at work. */
__attribute__((unused)) static void check_active(void)
{
	CHECK(malloc_tracer_active() == (getenv("MTR_TRACED") != NULL));
}

/* Without the library nothing has a record, and that is as it should be. */
__attribute__((unused)) static bool recorded(void *p, size_t size)
{
	struct malloc_tracer_block b;

	if (!malloc_tracer_active())
		return p != NULL;
	return malloc_tracer_lookup(p, &b) == 0 && b.addr == p &&
	       b.size == size && b.usable == malloc_usable_size(p) &&
	       (const char *)b.caller > __executable_start &&
	       (const char *)b.caller <= etext;
}

__attribute__((unused)) static bool has_record(void *p)
{
	struct malloc_tracer_block b;

	return malloc_tracer_lookup(p, &b) == 0;
}

__attribute__((unused)) static uint64_t live_blocks(void)
{
	struct malloc_tracer_totals t = { 0, 0, 0, 0, 0 };

	CHECK(malloc_tracer_totals(&t) == 0 || !malloc_tracer_active());
	return t.blocks;
}

__attribute__((unused)) static uint64_t live_bytes(void)
{
	struct malloc_tracer_totals t = { 0, 0, 0, 0, 0 };

	CHECK(malloc_tracer_totals(&t) == 0 || !malloc_tracer_active());
	return t.bytes;
}

#endif
