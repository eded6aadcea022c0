/* SPDX-License-Identifier: MIT */
/*
 * A debug build ends the process where what holds of the ledger and the depot
 * does not: each of these breaks one thing, in a child of its own.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/depot.h"
#include "preload/descriptor.h"
#include "preload/entry.h"
#include "preload/track.h"
#include "unit.h"

/* Does @what end the process by a trap? */
static bool traps(void (*what)(void))
{
	static const struct rlimit no_core = { 0, 0 };
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGILL, SIG_DFL);
		signal(SIGTRAP, SIG_DFL);
		what();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		ck_assert(WTERMSIG(status) == SIGILL ||
			  WTERMSIG(status) == SIGTRAP);
	else
		ck_assert_int_eq(status, 0);
	return WIFSIGNALED(status);
}

/* A stack of two frames, and then the one above again. */
static void stacks_of(uint64_t inner_hash)
{
	struct mtr_path path[3] = { mtr_path_root(MTR_ROOT_COMPLETE),
				    { .pc = 1 },
				    { .pc = 2 } };

	path[1].hash = mtr_path_hash(path[0].hash, 1);
	path[2].hash = inner_hash ? inner_hash : mtr_path_hash(path[1].hash, 2);
	mtr_depot_intern(path + 1, 2);
}

static void depot_right(void)
{
	mtr_depot_init();
	stacks_of(0);
	stacks_of(0);
}

static void depot_wrong_hash(void)
{
	mtr_depot_init();
	stacks_of(12345);
}

/* A node that is there goes: its number is beyond the last one. */
static void depot_wrong_count(void)
{
	depot_right();
	((struct mtr_depot *)mtr_descriptor.depot)->nodes--;
	stacks_of(0);
}

static void depot_wrong_parent(void)
{
	struct mtr_path path[2] = { { .node = MTR_NODE_MAX - 1 }, { .pc = 7 } };

	mtr_depot_init();
	path[1].hash = mtr_path_hash(0, 7);
	mtr_depot_intern(path + 1, 1);
}

START_TEST(depot)
{
	ck_assert(!traps(depot_right));
	ck_assert(traps(depot_wrong_hash));
	ck_assert(traps(depot_wrong_count));
	ck_assert(traps(depot_wrong_parent));
}
END_TEST

static void block_right(void)
{
	char *p = mtr_twin_malloc(100);

	mtr_twin_free(mtr_twin_realloc(p, 5000));
}

/* The short way leads to the byte of another block. */
static void hint_wrong(void)
{
	char *p = mtr_twin_malloc(100);

	((struct mtr_hint *)mtr_hint_for((uintptr_t)p))->bias++;
	mtr_twin_free(p);
}

static void record(size_t offset, size_t size, size_t usable)
{
	static char room[8192] __attribute__((aligned(16)));
	char *p = room + offset;
	enum mtr_drop drop;
	uint8_t *at = mtr_ledger_make((uintptr_t)room, &drop);

	mtr_track_record(p, at, size, usable, MTR_RECORD_LONG,
			 (struct mtr_fill){ .caller = 1 });
}

static void record_right(void)
{
	record(0, 100, 120);
	record(0, 8, 24);
	record(0, 4000, 4096);
}

static void record_of_another(void)
{
	record(16, 100, 120);
}

static void record_unaligned(void)
{
	record(8, 100, 120);
}

static void record_without_room(void)
{
	record(0, 105, 120);
}

static void record_of_one_granule(void)
{
	record(0, 0, 16);
}

static void record_of_half_a_word(void)
{
	record(0, 100, 124);
}

static void entry_freed(void)
{
	uint8_t entry[MTR_ENTRY_LARGE];

	mtr_ledger_mark(entry, MTR_LEAD_FREED, 24);
}

START_TEST(ledger)
{
	ck_assert(!traps(block_right));
	/* ASan keeps other blocks apart */
	ck_assert(unit_asan || traps(hint_wrong));
	ck_assert(!traps(record_right));
	ck_assert(traps(record_of_another));
	ck_assert(traps(record_unaligned));
	ck_assert(traps(record_without_room));
	ck_assert(traps(record_of_one_granule));
	ck_assert(traps(record_of_half_a_word));
	ck_assert(traps(entry_freed));
}
END_TEST

Suite *invariants_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("invariants", &tc);

	tcase_add_test(tc, depot);
	tcase_add_test(tc, ledger);
	return s;
}
