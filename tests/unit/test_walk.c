/* SPDX-License-Identifier: MIT */
/*
 * Walking our own record: each live block once, in order, and no others.
 */
#include "preload/walk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "preload/entry.h"
#include "preload/sys.h"
#include "preload/track.h"
#include "unit.h"

enum { MANY = 2000, USABLE_BITS = 56 };

struct seen {
	size_t n;
	struct mtr_snapshot_block block[MANY + 10];
};

static struct seen seen;

static int note(void *context, const struct mtr_snapshot_block *blocks,
		size_t n)
{
	struct seen *s = context;

	ck_assert(s->n + n <= sizeof(s->block) / sizeof(*s->block));
	memcpy(s->block + s->n, blocks, n * sizeof(*blocks));
	s->n += n;
	return 0;
}

/* False, and says so: the system does not let a process read itself. */
static bool walk(void)
{
	int error;

	seen.n = 0;
	error = mtr_walk(note, &seen);
	if (error == -EPERM || error == -ENOSYS) {
		puts("walk: process_vm_readv is not permitted here");
		return false;
	}
	ck_assert_int_eq(error, 0);
	return true;
}

static const struct mtr_snapshot_block *find(const void *p)
{
	for (size_t i = 0; i < seen.n; i++)
		if (seen.block[i].addr == (uintptr_t)p)
			return &seen.block[i];
	return NULL;
}

START_TEST(nothing)
{
	if (walk())
		ck_assert_uint_eq(seen.n, 0);
}
END_TEST

/* More than one batch. */
START_TEST(each_block_once)
{
	static char *p[MANY];

	for (int i = 0; i < MANY; i++)
		p[i] = mtr_twin_malloc(i % 1300);
	if (!walk())
		return;
	ck_assert_uint_eq(seen.n, MANY);
	for (size_t i = 1; i < seen.n; i++)
		ck_assert(seen.block[i - 1].addr < seen.block[i].addr);
	for (int i = 0; i < MANY; i++) {
		const struct mtr_snapshot_block *b = find(p[i]);
		size_t usable = mtr_twin_malloc_usable_size(p[i]) + 16;

		ck_assert(b != NULL);
		ck_assert_uint_eq(b->trailer.size_stack, i % 1300);
		ck_assert_uint_eq(b->usable, usable | UINT64_C(0x80)
							      << USABLE_BITS);
	}
	for (int i = 0; i < MANY; i++)
		mtr_twin_free(p[i]);
	ck_assert(walk() && seen.n == 0);
}
END_TEST

/* Memory that has gone, a trailer that is none, an entry that is none. */
START_TEST(damage_is_passed_over)
{
	char *sound = mtr_twin_malloc(100), *damaged = mtr_twin_malloc(100);
	char *last = mtr_twin_malloc(100), *hole = mtr_sys_map(4096);
	enum mtr_drop drop;
	uint8_t *at = mtr_ledger_make((uintptr_t)hole, &drop);

	mtr_ledger_put(at, mtr_lead(0), 4096);
	/* two leads in a row: the first has no size */
	mtr_ledger_put(at + 9, mtr_lead(0), 48);
	at[8] = mtr_lead(0);
	mtr_sys_unmap(hole, 4096);
	mtr_trailer_at(damaged, mtr_twin_malloc_usable_size(damaged) + 16)
		->caller = 0;
	if (!walk())
		return;
	ck_assert_uint_eq(seen.n, 2);
	ck_assert(find(sound) && find(last));
}
END_TEST

static int stop(void *context, const struct mtr_snapshot_block *blocks,
		size_t n)
{
	(void)blocks;
	(void)n;
	++*(int *)context;
	return 77;
}

START_TEST(ended_by_the_function)
{
	int calls = 0;

	if (!walk())
		return;
	for (int i = 0; i < MANY; i++)
		ck_assert(mtr_twin_malloc(10) != NULL);
	ck_assert_int_eq(mtr_walk(stop, &calls), 77);
	ck_assert_int_eq(calls, 1);
}
END_TEST

Suite *walk_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("walk", &tc);

	tcase_add_test(tc, nothing);
	tcase_add_test(tc, each_block_once);
	tcase_add_test(tc, damage_is_passed_over);
	tcase_add_test(tc, ended_by_the_function);
	return s;
}
