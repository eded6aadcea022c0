/* SPDX-License-Identifier: MIT */
/*
 * Blocks that libc maps one by one, at addresses that never come again: what is
 * freed stays reserved. The record has those that are there, and the ledger
 * grows with them alone. Argument:
 *
 *   rolling  one at a time; a few stay, as small blocks among them do
 *   threads  several at a time, and a child forked meanwhile
 *   realloc  what cannot grow keeps its record
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"

enum {
	BYTES = 16 << 20,
	BLOCKS = 16000, /* 250 GiB */
	EVERY = 1000,	/* one of so many stays */
	THREADS = 4,
	TURNS = 3000,
	FORKS = 20,
};

static uint64_t ledger_bytes(void)
{
	struct malloc_tracer_totals t = { 0, 0, 0, 0, 0 };

	CHECK(malloc_tracer_totals(&t) == 0 || !malloc_tracer_active());
	CHECK(t.not_recorded == 0);
	return t.overhead;
}

/* Free @p, of @bytes, and see to it that nothing else gets its place. */
static void free_for_good(char *p, size_t bytes)
{
	free(p);
	(void)!mmap(p - 16, bytes, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			    MAP_FIXED_NOREPLACE,
		    -1, 0);
}

static void rolling(void)
{
	enum { KEPT = BLOCKS / EVERY, MOST = (KEPT + 8) << 18 };
	static char *kept[KEPT], *small[KEPT];
	uint64_t before = ledger_bytes(), blocks = live_blocks();
	uintptr_t last = 0, same = 0;

	for (int i = 0; i < BLOCKS; i++) {
		char *p = malloc(BYTES + i);

		CHECK(recorded(p, BYTES + i));
		same += (uintptr_t)p == last;
		last = (uintptr_t)p;
		if (i % EVERY == 0) {
			kept[i / EVERY] = p;
			small[i / EVERY] = malloc(30);
		} else {
			free_for_good(p, BYTES);
			CHECK(i % EVERY != 1 || !has_record(p));
		}
	}
	CHECK(same == 0);
	/* the tables that lead to leaves: 32 KiB for 16 GiB */
	CHECK(ledger_bytes() - before < MOST + (1 << 20));
	CHECK(live_blocks() - blocks ==
	      (malloc_tracer_active() ? 2 * KEPT : 0));
	for (int i = 0; i < KEPT; i++) {
		CHECK(recorded(kept[i], BYTES + i * EVERY));
		CHECK(recorded(small[i], 30));
		free(kept[i]);
		free(small[i]);
	}
	CHECK(live_blocks() == blocks);
}

/* A block that another thread does not know of, in the same ranges. */
static void *turns(void *unused)
{
	enum { SMALL = 200 << 10, HELD = 8 };
	char *held[HELD] = { 0 };

	for (int i = 0; i < TURNS; i++) {
		size_t bytes = SMALL + (i % HELD) * 123456;
		char **p = &held[i % HELD];

		if (*p) {
			CHECK(recorded(*p, bytes));
			free_for_good(*p, bytes);
		}
		*p = malloc(bytes);
		CHECK(recorded(*p, bytes));
		free(malloc(100));
	}
	for (int i = 0; i < HELD; i++)
		free(held[i]);
	return unused;
}

static void fork_meanwhile(void)
{
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = fork();
		int status;

		CHECK(pid >= 0);
		if (pid == 0) {
			turns(NULL);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	}
}

static void threads(void)
{
	uint64_t blocks = live_blocks(), before;
	pthread_t thread[THREADS];

	for (int round = 0; round < 2; round++) {
		before = ledger_bytes();
		for (int i = 0; i < THREADS; i++)
			CHECK(!pthread_create(&thread[i], NULL, turns, NULL));
		if (round == 0)
			fork_meanwhile();
		for (int i = 0; i < THREADS; i++)
			CHECK(!pthread_join(thread[i], NULL));
	}
	CHECK(ledger_bytes() - before < 4 << 20);
	/* what libc keeps for threads */
	CHECK(live_blocks() - blocks <= 4 * THREADS);
}

static void grow(void)
{
	volatile size_t most = (size_t)1 << 46;
	char *p = malloc(BYTES), *q;

	for (int i = 0; i < 10; i++) {
		CHECK(!realloc(p, most));
		CHECK(recorded(p, BYTES));
		q = malloc(BYTES);
		free_for_good(q, BYTES);
		CHECK(recorded(p, BYTES));
	}
	p = realloc(p, 2 * BYTES);
	CHECK(recorded(p, 2 * BYTES));
	free(p);
	CHECK(!has_record(p));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	check_active();
	/* whatever the library needs in any case is there */
	free(malloc(1));
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	if (!strcmp(what, "rolling"))
		rolling();
	else if (!strcmp(what, "threads"))
		threads();
	else if (!strcmp(what, "realloc"))
		grow();
	else
		return 2;
	return 0;
}
