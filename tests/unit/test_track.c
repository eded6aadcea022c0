/* SPDX-License-Identifier: MIT */
/*
 * Recording blocks: on made-up blocks, with a made-up malloc_usable_size.
 */
#include "preload/track.h"

#include <string.h>
#include <sys/resource.h>

#include "preload/init.h"
#include "preload/threads.h"
#include "unit.h"

enum { CALLER = 0x1234 };

static const struct mtr_site *const caller =
	&(const struct mtr_site){ .pc = CALLER };

static const uintptr_t frame;

static _Alignas(16) char memory[4096];
static size_t usable_answer;

static size_t fake_usable(void *p)
{
	(void)p;
	return usable_answer;
}

static void set_up(void)
{
	mtr_real.chunks = false;
	mtr_real.malloc_usable_size = fake_usable;
}

static void check_dropped(void *p, enum mtr_drop reason)
{
	uint64_t before = mtr_descriptor.drops[reason];

	ck_assert_ptr_eq(mtr_track_any(p, 1, caller), p);
	ck_assert_uint_eq(mtr_descriptor.drops[reason], before + 1);
	ck_assert_ptr_eq(mtr_track_find(p), NULL);
}

static void check_recorded(void *p, size_t size, size_t usable)
{
	uint8_t *at = mtr_track_find(p);
	struct mtr_trailer *t = mtr_trailer_at(p, usable);

	ck_assert(at && mtr_is_live(*at));
	ck_assert_uint_eq(mtr_track_usable(at), usable);
	ck_assert_uint_eq(t->caller, CALLER);
	ck_assert_uint_eq(t->size_stack, size);
}

START_TEST(any)
{
	static const size_t usables[] = { 24, 25, 31, 1008, 1016, 4096 };

	for (size_t i = 0; i < sizeof(usables) / sizeof(*usables); i++) {
		usable_answer = usables[i];
		ck_assert_ptr_eq(mtr_track_any(memory, 8, caller), memory);
		check_recorded(memory, 8, usables[i] & -(size_t)8);
	}
	ck_assert_ptr_eq(mtr_track_any(NULL, 8, caller), NULL);
}
END_TEST

START_TEST(dropped)
{
	usable_answer = 64;
	check_dropped(memory + 8, MTR_DROP_UNALIGNED);
	check_dropped((void *)(UINT64_C(1) << 48), MTR_DROP_HIGH);
	usable_answer = UINT64_C(1) << MTR_USABLE_BITS;
	check_dropped(memory, MTR_DROP_LARGE);
	usable_answer = SIZE_MAX;
	check_dropped(memory, MTR_DROP_LARGE);
}
END_TEST

START_TEST(dropped_for_want_of_room)
{
	for (usable_answer = 0; usable_answer < 24; usable_answer++)
		ck_assert_ptr_eq(mtr_track_request(memory, 0, 16, caller),
				 memory);
	ck_assert_ptr_eq(mtr_track_find(memory), NULL);
	ck_assert_uint_eq(mtr_descriptor.drops[MTR_DROP_SMALL], 24);
}
END_TEST

/* tcmalloc says 0 before its constructor has run. */
START_TEST(a_block_has_what_was_asked_for)
{
	usable_answer = 0;
	mtr_track_any(memory, 100, caller);
	check_recorded(memory, 100, 120);
}
END_TEST

/* The next allocator's malloc_usable_size asks for memory. */
static size_t usable_that_allocates(void *p)
{
	if (p == memory)
		ck_assert_ptr_eq(mtr_track_any(memory + 1024, 8, caller),
				 memory + 1024);
	return 64;
}

START_TEST(nested)
{
	mtr_real.malloc_usable_size = usable_that_allocates;
	mtr_track_any(memory, 8, caller);
	check_recorded(memory, 8, 64);
	ck_assert_ptr_eq(mtr_track_find(memory + 1024), NULL);
	ck_assert_uint_eq(mtr_descriptor.drops[MTR_DROP_NESTED], 1);
	mtr_track_any(memory + 1024, 8, caller);
	check_recorded(memory + 1024, 8, 64);
}
END_TEST

START_TEST(unsized)
{
	mtr_real.unsized = true;
	mtr_real.malloc_usable_size = NULL;
	mtr_track_any(memory, 100, caller);
	check_recorded(memory, 100, 120);
	mtr_track_request(memory, 100, 4096, caller);
	check_recorded(memory, 100, 4096);
}
END_TEST

/* glibc's header; an mmapped chunk is left to malloc_usable_size. */
START_TEST(chunk_header)
{
	size_t *p = (size_t *)(memory + 16);

	mtr_real.chunks = true;
	usable_answer = 256;
	p[-1] = 64 | 5;
	mtr_track_any(p, 8, caller);
	check_recorded(p, 8, 56);
	p[-1] = 4096 | MTR_CHUNK_MMAPPED;
	mtr_track_any(p, 8, caller);
	check_recorded(p, 8, 256);
}
END_TEST

START_TEST(chunk_fast)
{
	size_t *p = (size_t *)(memory + 16);

	mtr_real.chunks = true;
	for (size_t chunk = 32; chunk <= 2048; chunk += 16) {
		p[-1] = chunk | 1;
		ck_assert_ptr_eq(mtr_track_chunk(p, 5, CALLER, 0, &frame), p);
		check_recorded(p, 5, chunk - 8);
	}
}
END_TEST

START_TEST(generation)
{
	usable_answer = 64;
	mtr_descriptor.lead = mtr_lead(7);
	mtr_track_any(memory, 8, caller);
	ck_assert_uint_eq(mtr_lead_generation(*mtr_track_find(memory)), 7);
}
END_TEST

START_TEST(forget_and_restore)
{
	uint8_t *at;

	usable_answer = 64;
	mtr_descriptor.lead = mtr_lead(7);
	mtr_track_any(memory, 8, caller);
	at = mtr_track_find(memory);
	mtr_track_forget(memory, at);
	ck_assert_ptr_eq(mtr_track_find(memory), NULL);
	mtr_track_restore(memory, at, mtr_lead(7));
	check_recorded(memory, 8, 64);
	ck_assert_uint_eq(*at, mtr_lead(7));
}
END_TEST

/* frees=1: what was there can still be told. */
START_TEST(forget_keeps_the_story)
{
	uint8_t *at;

	usable_answer = 64;
	mtr_freed_lead = MTR_LEAD_FREED;
	mtr_track_any(memory, 8, caller);
	at = mtr_ledger_find((uintptr_t)memory);
	mtr_track_forget(memory, at);
	ck_assert_uint_eq(*at, MTR_LEAD_FREED);
	ck_assert_uint_eq(mtr_track_usable(at), 64);
	ck_assert_uint_eq(mtr_trailer_at(memory, 64)->caller, CALLER);
}
END_TEST

START_TEST(adopt)
{
	usable_answer = 64;
	ck_assert_ptr_eq(mtr_track_adopt(NULL, 8, caller), NULL);
	ck_assert_ptr_eq(mtr_track_adopt(memory, 8, caller), memory);
	ck_assert_ptr_null(mtr_track_find(memory));
	mtr_track_any(memory, 40, &(struct mtr_site){ .pc = CALLER + 1 });
	mtr_track_adopt(memory, 9, caller);
	check_recorded(memory, 9, 64);
	mtr_track_adopt(memory, 49, caller);
	check_recorded(memory, 9, 64);
}
END_TEST

/* frees=1: what was freed here was another block. */
START_TEST(adopt_at_a_freed_place)
{
	usable_answer = 2048;
	mtr_track_any(memory, 40, caller);
	*mtr_track_find(memory) = MTR_LEAD_FREED;
	mtr_track_adopt(memory, 9, caller);
	ck_assert_uint_eq(*mtr_track_find(memory), MTR_LEAD_FREED);
}
END_TEST

/* Record the block, called from here. Returns the number of its stack. */
static __attribute__((noinline)) uint32_t track_stack(void)
{
	usable_answer = 64;
	mtr_track_any(memory, 9, MTR_SITE());
	return mtr_trailer_at(memory, 64)->size_stack >> MTR_SIZE_BITS;
}

/*
 * What the blocks of a full depot lack is counted, block for block. They have
 * their caller, for which there is room.
 */
START_TEST(full_depot)
{
	const uint64_t *without = &mtr_descriptor.stops[MTR_ROOT_NONE];
	struct mtr_depot *depot;

	mtr_init_stacks(8);
	ck_assert_uint_eq(mtr_descriptor.stack_depth, 8);
	ck_assert_uint_ge(track_stack(), MTR_NODE_FIRST);
	ck_assert_uint_eq(*without, 0);
	depot = (struct mtr_depot *)mtr_descriptor.depot;
	depot->nodes = MTR_NODE_MAX;
	for (uint64_t i = 1; i <= 5; i++) {
		ck_assert_uint_lt(track_stack(), MTR_NODE_CALLERS);
		ck_assert_uint_eq(*without, i);
	}
}
END_TEST

/* Stacks are asked for, and there is no memory for any. */
START_TEST(no_depot)
{
	struct rlimit limit, none = { 0 };

	ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
	none.rlim_max = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
	mtr_init_stacks(8);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	ck_assert_uint_eq(mtr_descriptor.depot, 0);
	ck_assert_uint_eq(mtr_descriptor.stack_depth, 0);
	ck_assert_uint_eq(mtr_descriptor.stops[MTR_ROOT_NONE], 1);
	ck_assert_uint_eq(track_stack(), 0);
}
END_TEST

/* Why a stack ends is counted on either road: with a state, and without. */
START_TEST(stops)
{
	/* no code is there */
	const struct mtr_site nowhere = { .pc = CALLER,
					  .sp = (uintptr_t)&nowhere };

	mtr_init_stacks(8);
	mtr_track_any(memory, 9, &nowhere);
	ck_assert_uint_eq(mtr_descriptor.stops[MTR_ROOT_NO_CFI], 1);
	mtr_thread.capture = NULL;
	mtr_thread.bare = true;
	mtr_track_any(memory, 9, &nowhere);
	ck_assert_ptr_null(mtr_thread.capture);
	ck_assert_uint_eq(mtr_descriptor.stops[MTR_ROOT_NO_CFI], 2);
}
END_TEST

Suite *track_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("track", &tc);

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, any);
	tcase_add_test(tc, dropped);
	tcase_add_test(tc, dropped_for_want_of_room);
	tcase_add_test(tc, a_block_has_what_was_asked_for);
	tcase_add_test(tc, nested);
	tcase_add_test(tc, unsized);
	tcase_add_test(tc, chunk_header);
	tcase_add_test(tc, chunk_fast);
	tcase_add_test(tc, generation);
	tcase_add_test(tc, forget_and_restore);
	tcase_add_test(tc, forget_keeps_the_story);
	tcase_add_test(tc, adopt);
	tcase_add_test(tc, adopt_at_a_freed_place);
	tcase_add_test(tc, full_depot);
	tcase_add_test(tc, no_depot);
	tcase_add_test(tc, stops);
	return s;
}
