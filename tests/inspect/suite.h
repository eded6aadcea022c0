/* SPDX-License-Identifier: MIT */
/*
 * What the suites of this folder share. Include after <check.h>.
 */
#ifndef MTR_TESTS_INSPECT_SUITE_H
#define MTR_TESTS_INSPECT_SUITE_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap/heap.h"
#include "target/open.h"

#define ck_has(text, part) \
	ck_assert_msg(strstr(text, part), "\"%s\" is not in \"%s\"", part, text)

/* ck_assert for long loops: Check writes to a file at each of its own. */
#define must(condition)                                 \
	do {                                            \
		if (!(condition))                       \
			ck_abort_msg("%s", #condition); \
	} while (0)

static inline void fails_with(struct mtr_error *error, const char *part)
{
	ck_assert_msg(error, "no error, where one says \"%s\"", part);
	ck_has(mtr_error_text(error), part);
	mtr_error_destroy(error);
}

/* The same, and for whom the sentence is none. */
__attribute__((unused)) static void
fails_as(struct mtr_error *error, enum mtr_error_code code, const char *part)
{
	ck_assert_msg(error, "no error, where one says \"%s\"", part);
	ck_assert_int_eq(mtr_error_code(error), code);
	fails_with(error, part);
}

static inline void succeeds(struct mtr_error *error)
{
	ck_assert_msg(!error, "%s", mtr_error_text(error));
}

__attribute__((unused)) static struct mtr_target *open_target(const char *name)
{
	struct mtr_target *t = NULL;

	succeeds(mtr_target_open(name, &t));
	return t;
}

__attribute__((unused)) static void open_fails(const char *name,
					       const char *part)
{
	struct mtr_target *t;

	fails_with(mtr_target_open(name, &t), part);
}

__attribute__((unused)) static void
open_fails_as(const char *name, enum mtr_error_code code, const char *part)
{
	struct mtr_target *t;

	fails_as(mtr_target_open(name, &t), code, part);
}

/* The target has just these @n warnings, with that text in the first. */
__attribute__((unused)) static void warned(struct mtr_target *t, size_t n,
					   const char *part)
{
	const struct mtr_strings *w = mtr_target_warnings(t);

	ck_assert_msg(w->n == n, "%zu warnings, the first: %s", w->n,
		      w->n ? w->at[0] : "");
	if (n)
		ck_has(w->at[0], part);
}

/* Tests that have their own process, and @set_up and @tear_down in it. */
static inline TCase *add_group(Suite *s, const char *name, void (*set_up)(void),
			       void (*tear_down)(void))
{
	enum { SECONDS = 600 };
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, SECONDS);
	suite_add_tcase(s, t);
	return t;
}

/* For tests that preload the library. */
static inline void skip_sanitizers(void)
{
	const char *sanitizers = getenv("MTR_SANITIZERS");

	if (!sanitizers || !*sanitizers)
		return;
	puts("SKIP: a sanitized library cannot be preloaded");
	exit(77);
}

/*
 * Some containers and builders refuse what stops another process, or reads its
 * memory. False, and says so.
 */
__attribute__((unused)) static bool can_ptrace(void)
{
	pid_t child = fork();
	char mine, its;
	struct iovec here = { &mine, 1 }, there = { &its, 1 };
	const char *refused = NULL;

	if (child == 0) {
		pause();
		_exit(0);
	}
	if (ptrace(PTRACE_SEIZE, child, NULL, NULL))
		refused = "ptrace";
	else if (process_vm_readv(child, &here, 1, &there, 1, 0) < 0)
		refused = "process_vm_readv";
	if (refused)
		printf("SKIP: %s(2) is refused here: %s\n", refused,
		       strerror(errno));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return !refused;
}

static inline int run_suite(Suite *s)
{
	SRunner *runner = srunner_create(s);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

#endif
