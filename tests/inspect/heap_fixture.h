/* SPDX-License-Identifier: MIT */
/*
 * What the suites of reading the record share: a core with an empty record, and
 * what was read of it. Include after <check.h>.
 */
#ifndef MTR_TESTS_HEAP_FIXTURE_H
#define MTR_TESTS_HEAP_FIXTURE_H

#include "core_builder.h"
#include "format/trailer.h"
#include "suite.h"

static struct core *core;
static struct mtr_target *target;
static struct mtr_heap heap;

static void setup(void)
{
	core = core_create(EM_X86_64);
	core_record(core);
}

static void teardown(void)
{
	mtr_heap_fini(&heap);
	mtr_target_close(target);
	core_destroy(core);
}

/* To read a second time, after a change. */
static void close_heap(void)
{
	mtr_heap_fini(&heap);
	mtr_target_close(target);
	target = NULL;
}

static void read_heap(void)
{
	target = open_target(core_path(core));
	succeeds(mtr_heap_read(target, &heap));
}

/* A block of @size at @at bytes into the heap, as glibc would make it. */
__attribute__((unused)) static void put(uint64_t at, uint64_t size)
{
	uint64_t usable = (size + MTR_TRAILER + 8 + 15) / 16 * 16 - 8;

	core_block(core,
		   &(struct core_block){ .addr = core_heap + at,
					 .size = size,
					 .usable = usable < 24 ? 24 : usable });
}

__attribute__((unused)) static void counts(size_t blocks, uint64_t damaged,
					   uint64_t conflicts, uint64_t lost)
{
	ck_assert_uint_eq(heap.blocks.n, blocks);
	ck_assert_uint_eq(heap.damaged, damaged);
	ck_assert_uint_eq(heap.conflicts, conflicts);
	ck_assert_uint_eq(heap.lost, lost);
}

#endif
