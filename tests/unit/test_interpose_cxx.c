/* SPDX-License-Identifier: MIT */
/*
 * operator new and delete, called by their mangled names. There need not be a
 * C++ runtime in this process; exceptions are for tests/preload.
 */
#include <errno.h>
#include <string.h>

#include "preload/entry.h"
#include "preload/track.h"
#include "unit.h"

typedef void *new_form(size_t size, uintptr_t a, uintptr_t b);
typedef void delete_form(void *p, uintptr_t a, uintptr_t b);

new_form mtr_twin__Znwm, mtr_twin__Znam, mtr_twin__ZnwmRKSt9nothrow_t,
	mtr_twin__ZnamRKSt9nothrow_t, mtr_twin__ZnwmSt11align_val_t,
	mtr_twin__ZnamSt11align_val_t,
	mtr_twin__ZnwmSt11align_val_tRKSt9nothrow_t,
	mtr_twin__ZnamSt11align_val_tRKSt9nothrow_t;
delete_form mtr_twin__ZdlPv, mtr_twin__ZdaPv, mtr_twin__ZdlPvm,
	mtr_twin__ZdaPvm, mtr_twin__ZdlPvRKSt9nothrow_t,
	mtr_twin__ZdaPvRKSt9nothrow_t, mtr_twin__ZdlPvSt11align_val_t,
	mtr_twin__ZdaPvSt11align_val_t, mtr_twin__ZdlPvmSt11align_val_t,
	mtr_twin__ZdaPvmSt11align_val_t,
	mtr_twin__ZdlPvSt11align_val_tRKSt9nothrow_t,
	mtr_twin__ZdaPvSt11align_val_tRKSt9nothrow_t;

static new_form *const news[] = {
	mtr_twin__Znwm,
	mtr_twin__Znam,
	mtr_twin__ZnwmRKSt9nothrow_t,
	mtr_twin__ZnamRKSt9nothrow_t,
	/* with an alignment, from ALIGNED on */
	mtr_twin__ZnwmSt11align_val_t,
	mtr_twin__ZnamSt11align_val_t,
	mtr_twin__ZnwmSt11align_val_tRKSt9nothrow_t,
	mtr_twin__ZnamSt11align_val_tRKSt9nothrow_t,
};

enum { ALIGNED = 4, NEWS = 8, DELETES = 12 };

static delete_form *const deletes[DELETES] = {
	mtr_twin__ZdlPv,
	mtr_twin__ZdaPv,
	mtr_twin__ZdlPvm,
	mtr_twin__ZdaPvm,
	mtr_twin__ZdlPvRKSt9nothrow_t,
	mtr_twin__ZdaPvRKSt9nothrow_t,
	mtr_twin__ZdlPvSt11align_val_t,
	mtr_twin__ZdaPvSt11align_val_t,
	mtr_twin__ZdlPvmSt11align_val_t,
	mtr_twin__ZdaPvmSt11align_val_t,
	mtr_twin__ZdlPvSt11align_val_tRKSt9nothrow_t,
	mtr_twin__ZdaPvSt11align_val_tRKSt9nothrow_t,
};

/* What the nothrow forms are given by reference: never looked at. */
static char nothrow;

static void check_block(void *p, size_t size, size_t align)
{
	const uint8_t *at = mtr_track_find(p);
	size_t usable;

	ck_assert(p && at && mtr_is_live(*at));
	ck_assert_uint_eq((uintptr_t)p % align, 0);
	usable = mtr_track_usable(at);
	memset(p, 0xaa, mtr_twin_malloc_usable_size(p));
	ck_assert_uint_eq(mtr_trailer_at(p, usable)->size_stack, size);
	ck_assert(mtr_trailer_fits(mtr_trailer_at(p, usable), usable,
				   MTR_RECORD_LONG));
}

START_TEST(new)
{
	static const size_t sizes[] = { 0, 1, 8, 24, 999, 1000, 5000, 200000 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		void *p;

		errno = 1234;
		p = news[_i](sizes[i], _i < ALIGNED ? (uintptr_t)&nothrow : 64,
			     (uintptr_t)&nothrow);
		check_block(p, sizes[i], _i < ALIGNED ? 16 : 64);
		mtr_twin__ZdlPv(p, 0, 0);
		ck_assert_int_eq(errno, 1234);
		ck_assert_ptr_eq(mtr_track_find(p), NULL);
	}
}
END_TEST

START_TEST(new_aligned)
{
	for (size_t align = 1; align <= 1 << 20; align *= 2) {
		void *p = news[_i](100, align, (uintptr_t)&nothrow);

		check_block(p, 100, align < 16 ? 16 : align);
		mtr_twin__ZdlPvSt11align_val_t(p, align, 0);
	}
}
END_TEST

START_TEST(delete)
{
	void *p = mtr_twin__Znwm(100, 0, 0);

	errno = 1234;
	deletes[_i](p, 16, 16);
	ck_assert_ptr_eq(mtr_track_find(p), NULL);
	deletes[_i](NULL, 16, 16);
	/* from the next allocator directly */
	deletes[_i](malloc(100), 16, 16);
	ck_assert_int_eq(errno, 1234);
}
END_TEST

/* The next operator new is asked, and has no memory either. */
START_TEST(nothrow_without_memory)
{
	ck_assert_ptr_eq(
		mtr_twin__ZnwmRKSt9nothrow_t(SIZE_MAX, (uintptr_t)&nothrow, 0),
		NULL);
	ck_assert_ptr_eq(mtr_twin__ZnamRKSt9nothrow_t(PTRDIFF_MAX - 40,
						      (uintptr_t)&nothrow, 0),
			 NULL);
	ck_assert_ptr_eq(mtr_twin__ZnwmSt11align_val_tRKSt9nothrow_t(
				 SIZE_MAX, 64, (uintptr_t)&nothrow),
			 NULL);
	ck_assert_ptr_eq(mtr_twin__ZnamSt11align_val_tRKSt9nothrow_t(
				 PTRDIFF_MAX - 40, 64, (uintptr_t)&nothrow),
			 NULL);
}
END_TEST

/* An aligned_alloc that holds to C11: whole multiples of the alignment. */
static void *strict_aligned_alloc(size_t align, size_t size)
{
	void *p = NULL;

	if (size % align == 0 && posix_memalign(&p, align, size) == 0)
		return p;
	return NULL;
}

START_TEST(strict_aligned_alloc_is_asked_for_nothing_odd)
{
	void *p;

	mtr_real.aligned_alloc = strict_aligned_alloc;
	p = mtr_twin__ZnwmSt11align_val_tRKSt9nothrow_t(512, 256,
							(uintptr_t)&nothrow);
	check_block(p, 512, 256);
	mtr_twin__ZdlPvSt11align_val_t(p, 256, 0);
}
END_TEST

Suite *interpose_cxx_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("interpose_cxx", &tc);

	tcase_add_loop_test(tc, new, 0, NEWS);
	tcase_add_loop_test(tc, new_aligned, ALIGNED, NEWS);
	tcase_add_loop_test(tc, delete, 0, DELETES);
	tcase_add_test(tc, nothrow_without_memory);
	tcase_add_test(tc, strict_aligned_alloc_is_asked_for_nothing_odd);
	return s;
}
