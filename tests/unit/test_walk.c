/* SPDX-License-Identifier: MIT */
/*
 * Walking our own record: each live block once, in order, and no others.
 */
#include "preload/walk.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

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

static void walk(void)
{
	seen.n = 0;
	ck_assert_int_eq(mtr_walk(note, &seen), 0);
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
	walk();
	ck_assert_uint_eq(seen.n, 0);
}
END_TEST

/* More than one batch. */
START_TEST(each_block_once)
{
	static char *p[MANY];

	for (int i = 0; i < MANY; i++)
		p[i] = mtr_twin_malloc(i % 1300);
	walk();
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
	walk();
	ck_assert_uint_eq(seen.n, 0);
}
END_TEST

static atomic_bool enough;

static void *busy(void *seed)
{
	char *slot[32] = { NULL };
	unsigned r = *(unsigned *)seed;

	while (!atomic_load_explicit(&enough, memory_order_relaxed)) {
		size_t size =
			((r = r * 1103515245 + 12345) >> 16) % 40 * 64 + 5;
		char **at = &slot[r >> 8 & 31];

		mtr_twin_free(*at);
		*at = mtr_twin_malloc(size);
		memset(*at, 'x', size);
	}
	return NULL;
}

/* What other threads free and write over meanwhile is no block. */
START_TEST(nothing_is_invented)
{
	enum { WALKS = 200, THREADS = 3 };
	unsigned seeds[THREADS] = { 1, 7777, 424242 };
	pthread_t id[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&id[i], NULL, busy, &seeds[i]),
				 0);
	for (int i = 0; i < WALKS; i++) {
		walk();
		for (size_t j = 0; j < seen.n; j++) {
			const struct mtr_trailer *t = &seen.block[j].trailer;

			ck_assert_uint_eq(t->size_stack % 64, 5);
			ck_assert_uint_lt(t->caller - (uintptr_t)busy, 4096);
		}
	}
	atomic_store(&enough, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(id[i], NULL);
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
	walk();
	ck_assert_uint_eq(seen.n, 2);
	ck_assert(find(sound) && find(last));
}
END_TEST

/* Half of the trailer is in a page that has gone: reading stops within it. */
START_TEST(half_a_trailer_is_passed_over)
{
	enum { PAGE = 4096 };
	char *p = mtr_sys_map(3 * PAGE);
	enum mtr_drop drop;
	uint8_t *at = mtr_ledger_make((uintptr_t)p, &drop);
	struct mtr_trailer t = { .caller = 1, .size_stack = 20 };

	for (int i = 0; i < 2; i++) {
		mtr_ledger_put(at + 32 * i, mtr_lead(0), 64);
		memcpy(mtr_trailer_at(p + 512 * i, 64), &t, sizeof(t));
	}
	mtr_ledger_put(at + 16, mtr_lead(0), 2 * PAGE - 256 + 8);
	mtr_sys_unmap(p + 2 * PAGE, PAGE);
	walk();
	ck_assert_uint_eq(seen.n, 2);
	ck_assert(find(p) && find(p + 512));
}
END_TEST

/* The kernel gives @error for these system calls from now on. */
static bool refuse(int error, unsigned int nr, unsigned int other)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, other, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(*code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0)
		return true;
	puts("walk: no seccomp filter here");
	return false;
}

/* A sandbox, or an emulator, without process_vm_readv. */
static void walks_through_a_pipe(int error)
{
	unsigned int nr = SYS_process_vm_readv;
	char *p = mtr_twin_malloc(100), *hole = mtr_sys_map(8192);
	enum mtr_drop drop;
	uint8_t *at = mtr_ledger_make((uintptr_t)hole, &drop);
	int fd = dup(0);

	close(fd);
	mtr_ledger_put(at, mtr_lead(0), 4096 + 8);
	mtr_sys_unmap(hole + 4096, 4096);
	if (!refuse(error, nr, nr))
		return;
	walk();
	ck_assert_uint_eq(seen.n, 1);
	ck_assert(find(p) != NULL);
	ck_assert_int_eq(dup(0), fd); /* none is left open */
}

START_TEST(forbidden)
{
	walks_through_a_pipe(EPERM);
}
END_TEST

START_TEST(not_implemented)
{
	walks_through_a_pipe(ENOSYS);
}
END_TEST

START_TEST(no_pipe_either)
{
	ck_assert(mtr_twin_malloc(100) != NULL);
	if (refuse(EPERM, SYS_process_vm_readv, SYS_pipe2))
		ck_assert_int_eq(mtr_walk(note, &seen), -EPERM);
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

	walk();
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
	tcase_add_test(tc, nothing_is_invented);
	tcase_add_test(tc, damage_is_passed_over);
	tcase_add_test(tc, half_a_trailer_is_passed_over);
	tcase_add_test(tc, forbidden);
	tcase_add_test(tc, not_implemented);
	tcase_add_test(tc, no_pipe_either);
	tcase_add_test(tc, ended_by_the_function);
	return s;
}
