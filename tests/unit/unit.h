/* SPDX-License-Identifier: MIT */
/*
 * What the unit tests share: suites on the twin, the library's sources built a
 * second time with mtr_twin_ in front of the entry points.
 *
 * Check runs each test in a process of its own, so every test finds the twin
 * as it is after start-up; CK_FORK=no breaks that. CK_RUN_SUITE picks one.
 */
#ifndef MTR_TESTS_UNIT_H
#define MTR_TESTS_UNIT_H

#include <check.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define UNIT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNIT_ASAN 1
#endif
#endif

/* Is ASan's the next allocator? Its answers differ from glibc's in places. */
#ifdef UNIT_ASAN
enum { unit_asan = 1 };
#else
enum { unit_asan = 0 };
#endif

typedef Suite *unit_suite_fn(void);

unit_suite_fn api_suite, arena_suite, callers_suite, cfi_suite, cxx_suite,
	step_suite, depot_suite, memo_suite, memory_suite, invariants_suite,
	interpose_suite, interpose_cxx_suite, layout_suite, ledger_suite,
	ledger_code_suite, line_suite, linkage_suite, objects_suite,
	opened_suite, options_suite, real_suite, snapshot_suite, sys_suite,
	threads_suite, track_suite, trailer_suite, walk_suite;

/* A suite of one test case, and in *ret the case, for tcase_add_test. */
static inline Suite *unit_suite(const char *name, TCase **ret)
{
	Suite *s = suite_create(name);

	*ret = tcase_create(name);
	/* against endless loops alone: a busy machine is no failure */
	tcase_set_timeout(*ret, 300);
	suite_add_tcase(s, *ret);
	return s;
}

static inline int unit_run(unit_suite_fn *const suites[], size_t n)
{
	SRunner *runner = srunner_create(NULL);
	int failed;

	for (size_t i = 0; i < n; i++)
		srunner_add_suite(runner, suites[i]());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/*
 * What ASan asks for its options: a size that nobody has gets NULL, as from
 * glibc, and Check's own blocks are no leaks of ours.
 */
const char *__asan_default_options(void);

#define UNIT_ASAN_OPTIONS                                            \
	const char *__asan_default_options(void)                     \
	{                                                            \
		return "allocator_may_return_null=1:detect_leaks=0"; \
	}

#endif
