/* SPDX-License-Identifier: MIT */
/*
 * The suites of the plain twin, one for each source file.
 */
#include "unit.h"

UNIT_ASAN_OPTIONS

static unit_suite_fn *const suites[] = {
	layout_suite,	ledger_code_suite, trailer_suite,	line_suite,
	options_suite,	sys_suite,	   arena_suite,		depot_suite,
	callers_suite,	cfi_suite,	   cxx_suite,		step_suite,
	memo_suite,	memory_suite,	   ledger_suite,	real_suite,
	track_suite,	interpose_suite,   interpose_cxx_suite, walk_suite,
	snapshot_suite, api_suite,	   linkage_suite,	objects_suite,
	opened_suite,	threads_suite,
};

int main(void)
{
	return unit_run(suites, sizeof(suites) / sizeof(*suites));
}
