/* SPDX-License-Identifier: MIT */
/*
 * The next allocator as it stands after start-up. What happens during the
 * look-up only a preloaded library can show: tests/preload.
 */
#include "preload/real.h"

#include <errno.h>
#include <malloc.h>

#include "preload/cxx.h"
#include "preload/descriptor.h"
#include "unit.h"

START_TEST(resolved)
{
	ck_assert_int_eq(mtr_real_road(0), MTR_ROAD_TRACED);
	ck_assert(mtr_real.malloc == malloc);
	ck_assert(mtr_real.free == free);
	ck_assert(mtr_real.calloc == calloc);
	ck_assert(mtr_real.realloc == realloc);
	ck_assert(mtr_real.memalign == memalign);
	ck_assert(mtr_real.aligned_alloc == aligned_alloc);
	ck_assert(mtr_real.posix_memalign == posix_memalign);
	ck_assert(mtr_real.malloc_usable_size == malloc_usable_size);
	ck_assert(!mtr_real.unsized && !mtr_real.memalign_foreign);
	ck_assert(!mtr_real.aligned_alloc_foreign);
	ck_assert(!mtr_real.posix_memalign_foreign);
}
END_TEST

static bool is_fast(size_t size)
{
	return mtr_road_is_open(&mtr_real.fast.malloc, size);
}

/* The fast road is for glibc alone, and without stacks. */
START_TEST(fast_road)
{
	ck_assert_int_eq(mtr_real.chunks, !unit_asan);
	ck_assert_int_eq(is_fast(0), !unit_asan);
	ck_assert_int_eq(is_fast(mtr_size_max - 1), !unit_asan);
	ck_assert(!is_fast(mtr_size_max));
	mtr_cxx_decide();
	ck_assert_int_eq(mtr_road_is_open(&mtr_real.fast.cxx, 0), !unit_asan);
	ck_assert(!mtr_road_is_open(&mtr_real.fast.cxx, mtr_size_max));
	ck_assert(!mtr_road_is_open(&mtr_real.stacks.malloc, 0));
	ck_assert(!mtr_road_is_open(&mtr_real.stacks.cxx, 0));
}
END_TEST

START_TEST(no_memory)
{
	errno = 0;
	ck_assert_int_eq(mtr_real_road(mtr_size_max - 1), MTR_ROAD_TRACED);
	ck_assert_int_eq(errno, 0);
	ck_assert_int_eq(mtr_real_road(mtr_size_max), MTR_ROAD_NOMEM);
	ck_assert_int_eq(errno, 0);
	errno = 0;
	ck_assert_int_eq(mtr_real_road(SIZE_MAX), MTR_ROAD_NOMEM);
	ck_assert_int_eq(errno, 0);
	/* the trailer, and rounding up to words, stay below what malloc takes
	 */
	ck_assert(mtr_request(mtr_size_max - 1, MTR_RECORD_LONG) <=
		  PTRDIFF_MAX);
}
END_TEST

START_TEST(descriptor)
{
	uint32_t flags = mtr_descriptor.flags;

	ck_assert_uint_eq(mtr_descriptor.next_malloc, (uintptr_t)malloc);
	ck_assert(flags & MTR_FLAG_READY);
	ck_assert(!(flags & (MTR_FLAG_SHADOWED | MTR_FLAG_UNSIZED)));
	ck_assert_int_eq(!!(flags & MTR_FLAG_CHUNKS), !unit_asan);
}
END_TEST

Suite *real_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("real", &tc);

	tcase_add_test(tc, resolved);
	tcase_add_test(tc, fast_road);
	tcase_add_test(tc, no_memory);
	tcase_add_test(tc, descriptor);
	return s;
}
