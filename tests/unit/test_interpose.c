/* SPDX-License-Identifier: MIT */
/*
 * malloc and its family: glibc's semantics, and a record in every block.
 *
 * The next allocator is glibc's, or ASan's; where the two differ the same call
 * is made of it directly, and the answers have to agree.
 */
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "preload/entry.h"
#include "preload/track.h"
#include "unit.h"

/* Every call whose caller is checked is made from here. */
#define SITE __attribute__((noinline, section("unit_sites")))
extern const char __start_unit_sites[], __stop_unit_sites[];

enum kind {
	MALLOC,
	CALLOC,
	CALLOC_N,
	REALLOC,
	REALLOCARRAY,
	MEMALIGN,
	ALIGNED_ALLOC,
	POSIX_MEMALIGN,
	VALLOC,
	PVALLOC,
	KINDS
};

static const size_t too_large[] = { PTRDIFF_MAX - 40, PTRDIFF_MAX - 24,
				    PTRDIFF_MAX,      SIZE_MAX - 24,
				    SIZE_MAX - 16,    SIZE_MAX - 8,
				    SIZE_MAX };

static SITE void *make(enum kind kind, size_t align, size_t size)
{
	/* volatile: a tail call would take this function off the stack */
	void *volatile p = NULL;
	void *q = NULL;

	switch (kind) {
	case MALLOC:
		p = mtr_twin_malloc(size);
		break;
	case CALLOC:
		p = mtr_twin_calloc(1, size);
		break;
	case CALLOC_N:
		p = mtr_twin_calloc(size, 1);
		break;
	case REALLOC:
		p = mtr_twin_realloc(NULL, size);
		break;
	case REALLOCARRAY:
		p = mtr_twin_reallocarray(NULL, size, 1);
		break;
	case MEMALIGN:
		p = mtr_twin_memalign(align, size);
		break;
	case ALIGNED_ALLOC:
		p = mtr_twin_aligned_alloc(align, size);
		break;
	case POSIX_MEMALIGN:
		errno = mtr_twin_posix_memalign(&q, align, size);
		p = q;
		break;
	case VALLOC:
		p = mtr_twin_valloc(size);
		break;
	case PVALLOC:
		p = mtr_twin_pvalloc(size);
		break;
	case KINDS:
		break;
	}
	return p;
}

static SITE void *resize(void *p, size_t size)
{
	void *volatile q = mtr_twin_realloc(p, size);

	return q;
}

static void check_block(void *p, size_t size)
{
	const uint8_t *at = mtr_track_find(p);
	struct mtr_trailer t;
	size_t usable;

	ck_assert(p != NULL);
	ck_assert(at && mtr_is_live(*at));
	usable = mtr_track_usable(at);
	ck_assert_uint_eq(mtr_twin_malloc_usable_size(p), usable - MTR_TRAILER);
	ck_assert(usable - MTR_TRAILER >= size);
	/* the program may fill all of its usable bytes */
	memset(p, 0xaa, usable - MTR_TRAILER);
	t = *mtr_trailer_at(p, usable);
	ck_assert(mtr_trailer_fits(&t, usable, MTR_RECORD_LONG));
	ck_assert_uint_eq(mtr_trailer_size(&t, usable), size);
	ck_assert_uint_eq(mtr_trailer_stack(&t, usable), 0);
	ck_assert(t.caller > (uintptr_t)__start_unit_sites);
	ck_assert(t.caller < (uintptr_t)__stop_unit_sites);
}

static void check_free(void *p)
{
	errno = 1234;
	mtr_twin_free(p);
	ck_assert_int_eq(errno, 1234);
	ck_assert_ptr_eq(mtr_track_find(p), NULL);
}

static void check_nomem(const void *p)
{
	ck_assert_ptr_eq(p, NULL);
	ck_assert(errno == ENOMEM || unit_asan);
	errno = 0;
}

START_TEST(sizes)
{
	static const size_t list[] = {
		0,   1,	  7,   8,   9,	  16,	24,	25,	100,
		983, 984, 985, 992, 1000, 4000, 100000, 140000, 3000000
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		void *p, *q;

		errno = 0;
		p = make(_i, 16, list[i]);
		q = make(_i, 16, list[i]);
		ck_assert_int_eq(errno, 0);
		ck_assert(p != q);
		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		check_block(p, list[i]);
		check_block(q, list[i]);
		check_free(p);
		check_free(q);
	}
}
END_TEST

START_TEST(sizes_that_nobody_has)
{
	uint64_t ledger = mtr_descriptor.ledger_bytes;

	errno = 0;
	for (size_t i = 0; i < sizeof(too_large) / sizeof(*too_large); i++)
		check_nomem(make(_i, 64, too_large[i]));
	ck_assert_uint_eq(mtr_descriptor.ledger_bytes, ledger);
}
END_TEST

START_TEST(kept_errno)
{
	void *p;

	errno = 1234;
	p = _i == POSIX_MEMALIGN ? NULL : make(_i, 32, 50);
	ck_assert_int_eq(errno, 1234);
	check_free(p);
}
END_TEST

START_TEST(alignments)
{
	for (size_t align = 8; align <= 2 << 20; align *= 2) {
		void *p = make(_i, align, 1000), *q = make(_i, align, align);

		ck_assert_uint_eq((uintptr_t)p % align, 0);
		ck_assert_uint_eq((uintptr_t)q % align, 0);
		check_block(p, 1000);
		check_block(q, align);
		check_free(p);
		check_free(q);
	}
}
END_TEST

START_TEST(pages)
{
	size_t page = getpagesize();

	for (size_t size = 0; size <= 3 * page; size += page / 2) {
		void *p = make(VALLOC, 0, size), *q = make(PVALLOC, 0, size);

		ck_assert_uint_eq((uintptr_t)p % page, 0);
		ck_assert_uint_eq((uintptr_t)q % page, 0);
		check_block(p, size);
		check_block(q, size);
		/* pvalloc: the program may use whole pages */
		ck_assert(mtr_twin_malloc_usable_size(q) >=
			  (size + page - 1) / page * page);
		check_free(p);
		check_free(q);
	}
}
END_TEST

/* What is no power of two is the next allocator's to round up or refuse. */
START_TEST(odd_alignments_of_memalign)
{
	static const size_t list[] = { 0, 1, 3, 24, 100, SIZE_MAX };
	size_t align = list[_i];
	void *(*volatile next)(size_t, size_t) = memalign;
	int error;
	void *p, *q;

	errno = 0;
	p = next(align, 1024);
	error = errno;
	errno = 0;
	q = make(MEMALIGN, align, 1024);
	ck_assert_int_eq(!p, !q);
	ck_assert_int_eq(errno, error);
	if (q)
		check_block(q, 1024);
	free(p);
	check_free(q);
}
END_TEST

START_TEST(odd_alignments_of_aligned_alloc)
{
	static const size_t list[] = { 0, 3, 24, 100, SIZE_MAX };
	size_t align = list[_i];
	void *(*volatile next)(size_t, size_t) = aligned_alloc;
	int error;
	void *p, *q;

	errno = 0;
	p = next(align, 2400);
	error = errno;
	errno = 0;
	q = make(ALIGNED_ALLOC, align, 2400);
	ck_assert_int_eq(!p, !q);
	ck_assert_int_eq(errno, error);
	if (q)
		check_block(q, 2400);
	free(p);
	check_free(q);
}
END_TEST

START_TEST(odd_alignments_of_posix_memalign)
{
	static const size_t list[] = { 0, 1, 2, 4, 12, 24, 100, SIZE_MAX };
	void *const before = &mtr_real;

	errno = 1234;
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		void *p = before;

		ck_assert_int_eq(mtr_twin_posix_memalign(&p, list[i], 100),
				 EINVAL);
		ck_assert_int_eq(mtr_twin_posix_memalign(&p, list[i], SIZE_MAX),
				 EINVAL);
		ck_assert_ptr_eq(p, before);
	}
	ck_assert_int_eq(errno, 1234);
}
END_TEST

START_TEST(posix_memalign_without_memory)
{
	void *p = &mtr_real;

	errno = 1234;
	ck_assert_int_eq(mtr_twin_posix_memalign(&p, 64, SIZE_MAX), ENOMEM);
	/* as glibc's; ASan's leaves it */
	ck_assert_int_eq(errno, unit_asan ? 1234 : ENOMEM);
	ck_assert_int_eq(mtr_twin_posix_memalign(&p, 64, PTRDIFF_MAX - 40),
			 ENOMEM);
	ck_assert_ptr_eq(p, &mtr_real);
}
END_TEST

START_TEST(products_that_overflow)
{
	static const size_t list[][2] = { { SIZE_MAX, 2 },
					  { 2, SIZE_MAX },
					  { SIZE_MAX / 2 + 1, 2 },
					  { (size_t)1 << 32, (size_t)1 << 32 },
					  { SIZE_MAX, SIZE_MAX } };
	void *p = make(MALLOC, 0, 100);

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		size_t a = list[i][0], b = list[i][1];

		errno = 0;
		check_nomem(mtr_twin_calloc(a, b));
		check_nomem(mtr_twin_reallocarray(NULL, a, b));
		check_nomem(mtr_twin_reallocarray(p, a, b));
	}
	check_block(p, 100);
	check_free(p);
}
END_TEST

START_TEST(calloc_is_zeroed)
{
	for (size_t size = 1; size < 300000; size = size * 3 + 1) {
		unsigned char *p = mtr_twin_malloc(size);

		memset(p, 0xff, mtr_twin_malloc_usable_size(p));
		mtr_twin_free(p);
		p = make(CALLOC_N, 0, size);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(p[i], 0);
		check_block(p, size);
		check_free(p);
	}
	ck_assert(mtr_twin_calloc(0, SIZE_MAX) != NULL);
}
END_TEST

START_TEST(realloc_keeps_the_contents)
{
	static const size_t list[] = { 1,   40,	 10,	 1000,	 992,
				       300, 200, 300000, 900000, 150000,
				       17,  16,	 8,	 2,	 1 };
	unsigned char *p = make(MALLOC, 0, 1);
	size_t old = 1;

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		size_t size = list[i], kept = old < size ? old : size;

		memset(p, (int)i + 1, old);
		p = resize(p, size);
		for (size_t j = 0; j < kept; j++)
			ck_assert_uint_eq(p[j], i + 1);
		check_block(p, size);
		old = size;
	}
	check_free(p);
}
END_TEST

START_TEST(realloc_that_moves_forgets_the_old_place)
{
	char *p = make(MALLOC, 0, 100), *wall = make(MALLOC, 0, 100);
	char *q = resize(p, 100000);

	ck_assert(p != q);
	ck_assert_ptr_eq(mtr_track_find(p), NULL);
	check_block(q, 100000);
	check_block(wall, 100);
	check_free(q);
	check_free(wall);
}
END_TEST

START_TEST(realloc_to_nothing_frees)
{
	void *p = make(MALLOC, 0, 100), *q = make(MALLOC, 0, 1000);

	errno = 1234;
	ck_assert_ptr_eq(mtr_twin_realloc(p, 0), NULL);
	ck_assert_ptr_eq(mtr_twin_reallocarray(q, 0, 5), NULL);
	ck_assert_int_eq(errno, 1234);
	ck_assert_ptr_eq(mtr_track_find(p), NULL);
	ck_assert_ptr_eq(mtr_track_find(q), NULL);
}
END_TEST

START_TEST(realloc_that_fails_leaves_the_block)
{
	char *p = make(MALLOC, 0, 100);
	uint8_t *at = mtr_track_find(p);

	*at = mtr_lead(5);
	errno = 0;
	for (size_t i = 0; i < sizeof(too_large) / sizeof(*too_large); i++)
		check_nomem(mtr_twin_realloc(p, too_large[i]));
	check_block(p, 100);
	ck_assert_uint_eq(*at, mtr_lead(5));
	check_free(p);
}
END_TEST

START_TEST(no_block_at_all)
{
	errno = 1234;
	mtr_twin_free(NULL);
	mtr_twin_cfree(NULL);
	mtr_twin_free_sized(NULL, 10);
	mtr_twin_free_aligned_sized(NULL, 16, 10);
	ck_assert_uint_eq(mtr_twin_malloc_usable_size(NULL), 0);
	ck_assert_int_eq(errno, 1234);
}
END_TEST

START_TEST(other_ways_to_free)
{
	void *p = make(MALLOC, 0, 50), *q = make(MALLOC, 0, 60);
	void *r = make(ALIGNED_ALLOC, 64, 70);

	mtr_twin_cfree(p);
	mtr_twin_free_sized(q, 60);
	mtr_twin_free_aligned_sized(r, 64, 70);
	ck_assert_ptr_eq(mtr_track_find(p), NULL);
	ck_assert_ptr_eq(mtr_track_find(q), NULL);
	ck_assert_ptr_eq(mtr_track_find(r), NULL);
}
END_TEST

/* Blocks that the next allocator gave somebody directly. */
START_TEST(foreign_blocks)
{
	char *p = malloc(100), *q = malloc(100), *r = malloc(100);

	ck_assert_uint_eq(mtr_twin_malloc_usable_size(p),
			  malloc_usable_size(p));
	mtr_twin_free(p);
	memset(q, 7, 100);
	q = resize(q, 50000);
	ck_assert(q[0] == 7 && q[99] == 7);
	check_block(q, 50000);
	check_free(q);
	ck_assert_ptr_eq(mtr_twin_realloc(r, 0), NULL);
}
END_TEST

/* frees=1, and a foreign block where a larger one of ours was. */
START_TEST(foreign_block_at_a_freed_place)
{
	void *p = malloc(100);
	uint8_t *at;

	mtr_track_any(p, 10, &(struct mtr_site){ .pc = 1 });
	at = mtr_track_find(p);
	mtr_ledger_put(at, MTR_LEAD_FREED, 4096);
	ck_assert_uint_eq(mtr_twin_malloc_usable_size(p),
			  malloc_usable_size(p));
	p = resize(p, 200);
	check_block(p, 200);
	check_free(p);
}
END_TEST

static void *foreign_memalign(size_t align, size_t size)
{
	return memalign(align, size);
}

static int foreign_posix_memalign(void **ret, size_t align, size_t size)
{
	return posix_memalign(ret, align, size);
}

/* From another library than malloc: not recorded, but counted. */
START_TEST(foreign_functions)
{
	void *p, *q, *r = NULL;

	mtr_real.memalign = foreign_memalign;
	mtr_real.aligned_alloc = foreign_memalign;
	mtr_real.posix_memalign = foreign_posix_memalign;
	mtr_real.memalign_foreign = true;
	mtr_real.aligned_alloc_foreign = true;
	mtr_real.posix_memalign_foreign = true;
	p = mtr_twin_memalign(64, 128);
	q = mtr_twin_aligned_alloc(64, 128);
	ck_assert_int_eq(mtr_twin_posix_memalign(&r, 64, 128), 0);
	ck_assert(p && q && r);
	ck_assert(!mtr_track_find(p) && !mtr_track_find(q));
	ck_assert(!mtr_track_find(r));
	ck_assert_uint_eq(mtr_descriptor.drops[MTR_DROP_FOREIGN], 3);
	mtr_twin_free(p);
	mtr_twin_free(q);
	mtr_twin_free(r);
}
END_TEST

/* An aligned_alloc that holds to C11: whole multiples of the alignment. */
static void *strict_aligned_alloc(size_t align, size_t size)
{
	if (size % align == 0)
		return memalign(align, size);
	errno = EINVAL;
	return NULL;
}

START_TEST(strict_aligned_alloc_is_asked_for_nothing_odd)
{
	void *p;

	mtr_real.aligned_alloc = strict_aligned_alloc;
	p = make(ALIGNED_ALLOC, 256, 512);
	check_block(p, 512);
	check_free(p);
}
END_TEST

/* No memory for more than what the program asks for. */
static void *tight_memalign(size_t align, size_t size)
{
	return size > 100 ? NULL : memalign(align, size);
}

START_TEST(a_block_without_room_for_its_record)
{
	void *p;

	mtr_real.memalign = tight_memalign;
	errno = 1234;
	p = make(MEMALIGN, 64, 100);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(errno, 1234);
	ck_assert_ptr_null(mtr_track_find(p));
	ck_assert_uint_eq(mtr_descriptor.drops[MTR_DROP_ROOM], 1);
	mtr_twin_free(p);
}
END_TEST

static void add_families(TCase *tc)
{
	tcase_add_loop_test(tc, sizes, 0, KINDS);
	tcase_add_loop_test(tc, sizes_that_nobody_has, 0, KINDS);
	tcase_add_loop_test(tc, kept_errno, 0, KINDS);
	tcase_add_loop_test(tc, alignments, MEMALIGN, POSIX_MEMALIGN + 1);
	tcase_add_test(tc, pages);
	tcase_add_loop_test(tc, odd_alignments_of_memalign, 0, 6);
	tcase_add_loop_test(tc, odd_alignments_of_aligned_alloc, 0, 5);
	tcase_add_test(tc, odd_alignments_of_posix_memalign);
	tcase_add_test(tc, posix_memalign_without_memory);
	tcase_add_test(tc, products_that_overflow);
	tcase_add_test(tc, calloc_is_zeroed);
}

Suite *interpose_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("interpose", &tc);

	add_families(tc);
	tcase_add_test(tc, realloc_keeps_the_contents);
	tcase_add_test(tc, realloc_that_moves_forgets_the_old_place);
	tcase_add_test(tc, realloc_to_nothing_frees);
	tcase_add_test(tc, realloc_that_fails_leaves_the_block);
	tcase_add_test(tc, no_block_at_all);
	tcase_add_test(tc, other_ways_to_free);
	tcase_add_test(tc, foreign_blocks);
	tcase_add_test(tc, foreign_block_at_a_freed_place);
	tcase_add_test(tc, foreign_functions);
	tcase_add_test(tc, a_block_without_room_for_its_record);
	tcase_add_test(tc, strict_aligned_alloc_is_asked_for_nothing_odd);
	return s;
}
