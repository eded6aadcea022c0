/* SPDX-License-Identifier: MIT */
/* Short records: the size and the number of a stack, which has the caller. */
#include <check.h>
#include <elf.h>

#include "format/depot.h"
#include "heap_fixture.h"

enum { FIRST = MTR_NODE_CALLERS };

/* A core whose depot has some nodes. Callers in a trailer are the program's. */
static void setup_short(void)
{
	struct mtr_descriptor *d;
	struct mtr_depot *depot;

	setup();
	depot = core_depot(core, FIRST + 8);
	depot->callers = MTR_NODE_FIRST + 1;
	d = core_descriptor(core);
	d->version = MTR_FORMAT_VERSION;
	d->record = MTR_RECORD_SHORT;
	core_node(core, MTR_NODE_FIRST, MTR_ROOT_CALLER, core_text + 0x10);
	core_node(core, FIRST, MTR_ROOT_COMPLETE, core_text + 0x20);
	core_node(core, FIRST + 1, FIRST, core_text + 0x30);
}

static void flag(uint32_t id, uint32_t flags)
{
	struct mtr_node *node =
		core_at(core, core_nodes + id * sizeof(struct mtr_node));

	node->link = 4711 | flags;
}

static void put_short(uint64_t at, uint64_t size, uint32_t stack)
{
	core_block(core, &(struct core_block){ .addr = core_heap + at,
					       .usable = 40,
					       .size = size,
					       .stack = stack,
					       .caller = core_heap + 8 });
}

/* The caller of block @i. */
static uint64_t caller(size_t i)
{
	return heap.sites.at[heap.blocks.at[i].site];
}

START_TEST(callers_come_from_the_depot)
{
	put_short(0, 32, MTR_NODE_FIRST);
	put_short(0x30, 25, FIRST + 1);
	put_short(0x60, 0, FIRST);
	read_heap();
	ck_assert_uint_eq(heap.record, 8);
	counts(3, 0, 0, 0);
	ck_assert_uint_eq(caller(0), core_text + 0x10);
	ck_assert_uint_eq(caller(1), core_text + 0x30);
	ck_assert_uint_eq(caller(2), core_text + 0x20);
	ck_assert_uint_eq(mtr_heap_slack(&heap, &heap.blocks.at[0]), 0);
	ck_assert_uint_eq(mtr_heap_slack(&heap, &heap.blocks.at[1]), 7);
	ck_assert_uint_eq(heap.blocks.at[1].stack, FIRST + 1);
}
END_TEST

START_TEST(runtimes_do_not_answer)
{
	core_node(core, FIRST + 2, FIRST + 1, core_text + 0x40);
	core_node(core, FIRST + 3, FIRST + 2, core_text + 0x50);
	flag(FIRST + 2, MTR_NODE_RUNTIME);
	flag(FIRST + 3, MTR_NODE_RUNTIME);
	put_short(0, 8, FIRST + 3);
	read_heap();
	counts(1, 0, 0, 0);
	ck_assert_uint_eq(caller(0), core_text + 0x30);
	close_heap();

	/* the linker had a runtime's constructor called */
	flag(FIRST + 1, MTR_NODE_LINKER);
	read_heap();
	ck_assert_uint_eq(caller(0), core_text + 0x50);
	close_heap();

	/* there is nobody else */
	flag(FIRST + 1, MTR_NODE_RUNTIME);
	flag(FIRST, MTR_NODE_RUNTIME);
	read_heap();
	ck_assert_uint_eq(caller(0), core_text + 0x50);
}
END_TEST

/* A signal came at a caller: its address is exact, and so are the others. */
START_TEST(exact_addresses)
{
	core_node(core, FIRST + 2, FIRST + 1, MTR_PC_EXACT | (core_text + 64));
	put_short(0, 8, FIRST + 2);
	read_heap();
	ck_assert_uint_eq(caller(0), core_text + 64);
}
END_TEST

static void is_damaged(uint32_t stack)
{
	put_short(0, 8, stack);
	read_heap();
	counts(1, 1, 0, 0);
	close_heap();
}

START_TEST(stacks_that_cannot_be)
{
	core_node(core, FIRST + 5, FIRST + 6, core_text + 0x10);
	core_node(core, FIRST + 6, MTR_ROOT_COMPLETE, core_heap);
	is_damaged(0);
	is_damaged(MTR_ROOT_CALLER);
	is_damaged(MTR_NODE_FIRST + 1);
	is_damaged(FIRST + 5);
	is_damaged(FIRST + 8);
	is_damaged(MTR_NODE_MAX - 1);
	put_short(0, 33, FIRST);
	read_heap();
	counts(1, 1, 0, 0);
}
END_TEST

/* A caller where there is no code any more. */
START_TEST(no_code)
{
	core_node(core, FIRST + 5, MTR_ROOT_COMPLETE, core_heap + 0x100);
	put_short(0, 32, FIRST + 5);
	read_heap();
	counts(1, 0, 0, 0);
	ck_assert_uint_eq(heap.no_code, 1);
}
END_TEST

/* That there was no room is believed if the library says so. */
START_TEST(no_room)
{
	core_descriptor(core)->stops[MTR_ROOT_NONE] = 1;
	put_short(0, 30, 0);
	put_short(0x30, 30, FIRST);
	read_heap();
	counts(2, 0, 0, 0);
	ck_assert_uint_eq(caller(0), MTR_CALLER_UNKNOWN);
	ck_assert_uint_eq(heap.blocks.at[0].size, 30);
	ck_assert_uint_eq(caller(1), core_text + 0x20);
}
END_TEST

START_TEST(records_of_another_size)
{
	static const uint32_t bad[] = { 0, 7, 12, 24, UINT32_MAX };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		core_descriptor(core)->record = bad[i];
		target = open_target(core_path(core));
		fails_with(mtr_heap_read(target, &heap), "bytes in each block");
		mtr_target_close(target);
		target = NULL;
	}
}
END_TEST

/* Version 2 has both. */
START_TEST(long_ones)
{
	core_descriptor(core)->record = MTR_RECORD_LONG;
	core_block(core, &(struct core_block){ .addr = core_heap,
					       .usable = 40,
					       .size = 24,
					       .stack = FIRST,
					       .caller = core_text + 0x77 });
	read_heap();
	ck_assert_uint_eq(heap.record, 16);
	counts(1, 0, 0, 0);
	ck_assert_uint_eq(caller(0), core_text + 0x77);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("short");
	TCase *t = add_group(s, "short", setup_short, teardown);

	tcase_add_test(t, callers_come_from_the_depot);
	tcase_add_test(t, runtimes_do_not_answer);
	tcase_add_test(t, exact_addresses);
	tcase_add_test(t, stacks_that_cannot_be);
	tcase_add_test(t, no_code);
	tcase_add_test(t, no_room);
	tcase_add_test(t, records_of_another_size);
	tcase_add_test(t, long_ones);
	return run_suite(s);
}
