/* SPDX-License-Identifier: MIT */
/*
 * The record of a real process, by three roads: the process itself, its core,
 * and its snapshot. Each has to give what the library itself counted.
 */
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

struct truth {
	int pid;
	uint64_t blocks, bytes, usable;
};

static char dir[1024], snapshot[1024 + 16];
static pid_t victim;
static struct truth truth;

static const char *from_environment(const char *name)
{
	const char *value = getenv(name);

	if (!value || !*value) {
		printf("%s is not set: run by make check\n", name);
		exit(99);
	}
	return value;
}

/* In the child: never returns. */
static void become_victim(int out)
{
	struct rlimit core = { RLIM_INFINITY, RLIM_INFINITY };
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/tests/inspect/holder",
		 from_environment("MTR_BUILD"));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	getrlimit(RLIMIT_CORE, &core);
	core.rlim_cur = core.rlim_max;
	setrlimit(RLIMIT_CORE, &core);
	/* where a core_pattern without a path puts it */
	if (chdir(dir))
		_exit(98);
	setenv("LD_PRELOAD", from_environment("MTR_LIB"), 1);
	setenv("MALLOC_TRACER_OPTIONS", "stacks=8", 1);
	execl(path, path, snapshot, (char *)NULL);
	_exit(99);
}

static void setup(void)
{
	char line[200];
	int out[2];
	ssize_t n;

	snprintf(dir, sizeof(dir), "%s/tests/tmp.heap_real.XXXXXX",
		 from_environment("MTR_BUILD"));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(snapshot, sizeof(snapshot), "%s/snapshot", dir);
	ck_assert_int_eq(pipe(out), 0);
	victim = fork();
	ck_assert_int_ge(victim, 0);
	if (!victim)
		become_victim(out[1]);
	close(out[1]);
	n = read(out[0], line, sizeof(line) - 1);
	ck_assert_int_gt(n, 0);
	line[n] = '\0';
	ck_assert_int_eq(sscanf(line, "%d %" SCNu64 " %" SCNu64 " %" SCNu64,
				&truth.pid, &truth.blocks, &truth.bytes,
				&truth.usable),
			 4);
	ck_assert_int_eq(truth.pid, victim);
	close(out[0]);
}

static void teardown(void)
{
	char command[PATH_MAX + 32];

	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static uint64_t generation_1(const struct mtr_heap *heap)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < heap->blocks.n; i++)
		if (heap->blocks.at[i].generation == 1)
			bytes += heap->blocks.at[i].size;
	return bytes;
}

/*
 * The library's own mappings: of each kind, as much as it counted, and where
 * mappings are the kernel's word, in anonymous ones.
 */
static void lists_its_own(struct mtr_target *t, const struct mtr_heap *heap)
{
	const struct mtr_own_ranges *v = mtr_heap_own_ranges(heap);
	uint64_t kinds[MTR_OWN_KINDS] = { 0 };

	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_range *r = mtr_target_find(t, v->at[i].start);

		ck_assert(r && (!r->path || r->path[0] == '['));
		kinds[v->at[i].kind] += v->at[i].end - v->at[i].start;
	}
	if (mtr_target_kind(t) == MTR_TARGET_SNAPSHOT) {
		ck_assert_uint_eq(v->n, 0);
		return;
	}
	ck_assert(heap->own.complete);
	ck_assert_uint_gt(kinds[MTR_OWN_LEDGER], 0);
	ck_assert_uint_gt(kinds[MTR_OWN_STATES], 0);
	ck_assert_uint_gt(kinds[MTR_OWN_OTHER], 0);
	/* the root table is in the library's data, and pages are whole */
	ck_assert_uint_eq((kinds[MTR_OWN_LEDGER] + 0x20000) >> 16,
			  heap->descriptor.ledger_bytes >> 16);
	ck_assert_uint_ge(kinds[MTR_OWN_DEPOT] + kinds[MTR_OWN_RULES] +
				  kinds[MTR_OWN_STATES],
			  heap->descriptor.depot_bytes);
}

/* @name gives all blocks, each of them whole, called from somewhere known. */
static void agrees(const char *name)
{
	struct mtr_target *t = open_target(name);
	uint64_t bytes = 0, usable = 0, end = 0;
	struct mtr_heap heap;

	succeeds(mtr_heap_read(t, &heap));
	for (size_t i = 0; i < heap.blocks.n; i++) {
		const struct mtr_block *b = &heap.blocks.at[i];
		uint64_t caller = heap.sites.at[b->site];
		const struct mtr_range *r = mtr_target_find(t, caller - 1);

		ck_assert_uint_ge(b->addr, end);
		end = b->addr + b->usable;
		bytes += b->size;
		usable += b->usable - heap.record;
		ck_assert_msg(r && r->path, "caller %#" PRIx64, caller);
	}
	ck_assert_uint_eq(heap.blocks.n, truth.blocks);
	ck_assert_uint_eq(bytes, truth.bytes);
	ck_assert_uint_eq(usable, truth.usable);
	ck_assert_uint_eq(heap.damaged, 0);
	ck_assert_uint_eq(heap.conflicts, 0);
	ck_assert_uint_eq(heap.lost, 0);
	ck_assert_uint_eq(generation_1(&heap), 12345);
	ck_assert_int_eq(mtr_target_pid(t), victim);
	ck_has(mtr_target_exe(t), "/tests/inspect/holder");
	warned(t, 0, NULL);
	lists_its_own(t, &heap);
	mtr_heap_fini(&heap);
	mtr_target_close(t);
}

START_TEST(live_process)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", (int)victim);
	agrees(name);
}
END_TEST

START_TEST(saved_snapshot)
{
	agrees(snapshot);
}
END_TEST

/* The library's build-id, by each road. */
START_TEST(build_ids_agree)
{
	struct mtr_target *saved = open_target(snapshot), *live;
	struct mtr_build_id a, b;
	size_t seen = 0;
	char name[16];

	snprintf(name, sizeof(name), "%d", (int)victim);
	live = open_target(name);
	for (size_t i = 0; i < mtr_target_ranges(live)->n; i++) {
		const struct mtr_range *r = &mtr_target_ranges(live)->at[i];

		if (!r->path || r->path[0] != '/' || r->offset)
			continue;
		mtr_target_build_id(live, r->start, &a);
		mtr_target_build_id(saved, r->start, &b);
		ck_assert_uint_eq(a.n, b.n);
		ck_assert_mem_eq(a.bytes, b.bytes, a.n);
		seen += a.n > 0;
	}
	ck_assert_uint_ge(seen, 2);
	mtr_target_close(saved);
	mtr_target_close(live);
}
END_TEST

START_TEST(core_of_gcore)
{
	char command[PATH_MAX], name[PATH_MAX + 32];

	snprintf(command, sizeof(command),
		 "gcore -o '%s/core' %d >'%s/gcore.log' 2>&1", dir, (int)victim,
		 dir);
	snprintf(name, sizeof(name), "%s/core.%d", dir, (int)victim);
	if (system(command) || access(name, R_OK)) {
		puts("SKIP: no gcore here, or it may not trace");
		return;
	}
	agrees(name);
}
END_TEST

START_TEST(core_of_the_kernel)
{
	char name[PATH_MAX + 32];
	int status;

	kill(victim, SIGSEGV);
	ck_assert_int_eq(waitpid(victim, &status, 0), victim);
	snprintf(name, sizeof(name), "%s/core", dir);
	if (access(name, R_OK))
		snprintf(name, sizeof(name), "%s/core.%d", dir, (int)victim);
	if (access(name, R_OK)) {
		puts("SKIP: the kernel leaves no core in the directory "
		     "(core_pattern, RLIMIT_CORE)");
		return;
	}
	agrees(name);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *t;

	skip_sanitizers();
	s = suite_create("heap_real");
	t = tcase_create("real");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 600);
	tcase_add_test(t, live_process);
	tcase_add_test(t, saved_snapshot);
	tcase_add_test(t, build_ids_agree);
	tcase_add_test(t, core_of_gcore);
	tcase_add_test(t, core_of_the_kernel);
	suite_add_tcase(s, t);
	return run_suite(s);
}
