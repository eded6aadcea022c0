/* SPDX-License-Identifier: MIT */
/*
 * Thread-local variables of a real process, and of its core.
 */
#include "symbols/tls.h"

#include <check.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"
#include "symbols/data.h"

static char dir[512];
static pid_t victim;
static int go[2];

static struct told {
	int tid;
	char name[40];
	uint64_t addr;
} told[20];
static size_t n_told;

__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
	char command[4096];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	ck_assert_msg(system(command) == 0, "%s", command);
}

static const char *env(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && value[0] ? value : otherwise;
}

static void listen_to(FILE *f)
{
	char line[200];

	while (fgets(line, sizeof(line), f) && strcmp(line, "ready\n") != 0) {
		struct told *t = &told[n_told++];

		ck_assert_uint_lt(n_told, sizeof(told) / sizeof(*told));
		ck_assert_int_eq(sscanf(line, "%d %39s %" SCNx64, &t->tid,
					t->name, &t->addr),
				 3);
	}
	ck_assert_uint_eq(n_told, 12);
}

static void setup(void)
{
	char program[600], library[600];
	int out[2];

	snprintf(dir, sizeof(dir), "%s/tests/tmp.tls.XXXXXX",
		 env("MTR_BUILD", "."));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(program, sizeof(program), "%s/program", dir);
	snprintf(library, sizeof(library), "%s/library.so", dir);
	shell("%s -g -o %s %s/tests/inspect/sample_tls.c -ldl -lpthread",
	      env("MTR_CC", "cc"), program, env("MTR_SRC", "."));
	shell("%s -g -DLIBRARY -shared -fPIC -o %s "
	      "%s/tests/inspect/sample_tls.c",
	      env("MTR_CC", "cc"), library, env("MTR_SRC", "."));
	ck_assert(pipe(out) == 0 && pipe(go) == 0);
	victim = fork();
	ck_assert_int_ge(victim, 0);
	if (!victim) {
		dup2(go[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(go[1]);
		execl(program, program, library, (char *)NULL);
		_exit(99);
	}
	close(out[1]);
	listen_to(fdopen(out[0], "r"));
}

static void teardown(void)
{
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	shell("rm -rf %s", dir);
}

static uint64_t pointer_of(const struct mtr_threads *v, int tid)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i].tid == tid)
			return v->at[i].tp;
	ck_abort_msg("no thread %d", tid);
	return 0;
}

/* What @t told is of the module and of the name that it says. */
static void is_named(struct mtr_symbols *s, const struct mtr_threads *v,
		     const struct told *t)
{
	struct mtr_tls_blocks blocks = { 0 };
	const struct mtr_tls_block *b = NULL;
	struct mtr_data d;

	succeeds(mtr_symbols_tls_blocks(s, pointer_of(v, t->tid), &blocks));
	for (size_t i = 0; i < blocks.n; i++) {
		ck_assert_uint_lt(blocks.at[i].start, blocks.at[i].end);
		if (i)
			ck_assert_uint_le(blocks.at[i - 1].end,
					  blocks.at[i].start);
		if (t->addr >= blocks.at[i].start && t->addr < blocks.at[i].end)
			b = &blocks.at[i];
	}
	ck_assert_msg(b, "%s of %d is in no block", t->name, t->tid);
	succeeds(mtr_symbols_tls(s, b->module, t->addr - b->start, &d));
	ck_assert_str_eq(d.name ? d.name : "(none)", t->name);
	ck_assert_str_eq(b->module->name, !strncmp(t->name, "library", 7)
						  ? "library.so"
						  : "program");
	mtr_tls_blocks_fini(&blocks);
}

static void all_are_named(const char *name)
{
	struct mtr_symbols_options options = { 0 };
	struct mtr_target *t = open_target(name);
	struct mtr_tls_blocks blocks = { 0 };
	const struct mtr_threads *v;
	struct mtr_symbols *s;

	succeeds(mtr_symbols_open(t, &options, &s));
	succeeds(mtr_target_threads(t, &v));
	ck_assert_uint_eq(v->n, 2);
	for (size_t i = 0; i < n_told; i++)
		if (strcmp(told[i].name, "errno") != 0)
			is_named(s, v, &told[i]);
	/* no thread has these pointers */
	succeeds(mtr_symbols_tls_blocks(s, 0, &blocks));
	ck_assert_uint_eq(blocks.n, 0);
	succeeds(mtr_symbols_tls_blocks(s, 0x1000, &blocks));
	ck_assert_uint_eq(blocks.n, 0);
	mtr_tls_blocks_fini(&blocks);
	mtr_symbols_close(s);
	mtr_target_close(t);
}

START_TEST(live_process)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", (int)victim);
	all_are_named(name);
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
	all_are_named(name);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tls");
	TCase *t = add_group(s, "tls", setup, teardown);

	if (!can_ptrace())
		return 77;
	tcase_add_test(t, live_process);
	tcase_add_test(t, core_of_gcore);
	return run_suite(s);
}
