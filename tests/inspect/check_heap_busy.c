/* SPDX-License-Identifier: MIT */
/*
 * Reports of a process that does not stop for them: each block of each is one
 * that was there, whatever was freed and written over meanwhile.
 */
#include <check.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

enum { REPORTS = 200, STEP = 64, A = 5, B = 9, BYTES = 256 };

static pid_t victim;
static int to_victim;
static uint64_t busy[2]; /* its functions */
static struct mtr_heap before;

static const char *from_environment(const char *name)
{
	const char *value = getenv(name);

	if (!value || !*value) {
		printf("%s is not set: run by make check\n", name);
		exit(99);
	}
	return value;
}

static void become_victim(int in, int out)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/tests/inspect/busy",
		 from_environment("MTR_BUILD"));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	setenv("LD_PRELOAD", from_environment("MTR_LIB"), 1);
	execl(path, path, (char *)NULL);
	_exit(99);
}

static void take(struct mtr_heap *ret)
{
	struct mtr_target *t;
	char name[16];

	snprintf(name, sizeof(name), "%d", (int)victim);
	t = open_target(name);
	succeeds(mtr_heap_read(t, ret));
	mtr_target_close(t);
}

static void setup(void)
{
	char line[200];
	int in[2], out[2];
	ssize_t n;

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	victim = fork();
	ck_assert_int_ge(victim, 0);
	if (!victim)
		become_victim(in[0], out[1]);
	close(in[0]);
	close(out[1]);
	to_victim = in[1];
	n = read(out[0], line, sizeof(line) - 1);
	ck_assert_int_gt(n, 0);
	line[n] = '\0';
	ck_assert_int_eq(
		sscanf(line, "%" SCNx64 " %" SCNx64, &busy[0], &busy[1]), 2);
	close(out[0]);
	take(&before);
	ck_assert_uint_eq(before.damaged, 0);
	ck_assert_uint_eq(before.no_code, 0);
	ck_assert_int_eq(write(to_victim, "g", 1), 1);
}

static void teardown(void)
{
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	mtr_heap_fini(&before);
}

static bool was_there(const struct mtr_block *b, uint64_t caller)
{
	for (size_t i = 0; i < before.blocks.n; i++)
		if (before.blocks.at[i].addr == b->addr &&
		    before.blocks.at[i].size == b->size &&
		    before.sites.at[before.blocks.at[i].site] == caller)
			return true;
	return false;
}

static bool is_busy_ones(const struct mtr_block *b, uint64_t caller)
{
	return (caller - busy[0] < BYTES && b->size % STEP == A) ||
	       (caller - busy[1] < BYTES && b->size % STEP == B);
}

START_TEST(nothing_is_invented)
{
	uint64_t seen = 0;

	for (int i = 0; i < REPORTS; i++) {
		struct mtr_heap heap;

		take(&heap);
		ck_assert_uint_eq(heap.damaged, 0);
		ck_assert_uint_eq(heap.no_code, 0);
		ck_assert_uint_eq(heap.conflicts, 0);
		for (size_t j = 0; j < heap.blocks.n; j++) {
			const struct mtr_block *b = &heap.blocks.at[j];
			uint64_t caller = heap.sites.at[b->site];

			if (is_busy_ones(b, caller))
				seen++;
			else
				ck_assert_msg(was_there(b, caller),
					      "%" PRIu64 " bytes of %#" PRIx64
					      " at %#" PRIx64 " in report %d",
					      (uint64_t)b->size, caller,
					      b->addr, i);
		}
		mtr_heap_fini(&heap);
	}
	ck_assert_uint_gt(seen, REPORTS);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *t;

	skip_sanitizers();
	s = suite_create("heap_busy");
	t = add_group(s, "busy", setup, teardown);
	tcase_add_test(t, nothing_is_invented);
	return run_suite(s);
}
