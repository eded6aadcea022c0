/* SPDX-License-Identifier: MIT */
/*
 * The descriptor as the constructor leaves it, with options given: a program
 * of its own, which gives itself the options and starts again.
 */
#include "preload/init.h"

#include <string.h>
#include <unistd.h>

#include "preload/descriptor.h"
#include "preload/options.h"
#include "preload/track.h"
#include "unit.h"

UNIT_ASAN_OPTIONS

extern struct mtr_descriptor malloc_tracer_descriptor;

START_TEST(descriptor)
{
	/* volatile: compilers take two names for two objects */
	const struct mtr_descriptor *volatile found = &malloc_tracer_descriptor;
	const struct mtr_descriptor *d = found;

	ck_assert_ptr_eq(d, &mtr_descriptor);
	ck_assert(memcmp(d->magic, MTR_MAGIC, sizeof(d->magic)) == 0);
	ck_assert_uint_eq(d->version, MTR_FORMAT_LONG);
	ck_assert_uint_eq(d->size, sizeof(*d));
	ck_assert_uint_eq(d->self, (uintptr_t)d);
	ck_assert_uint_eq(d->ledger_root, (uintptr_t)mtr_ledger_root);
	ck_assert(d->ledger_bytes >= 8 << MTR_ROOT_BITS);
	ck_assert_uint_eq(d->depot, 0);
	ck_assert_uint_eq(d->granule_bits, MTR_GRANULE_BITS);
	ck_assert_uint_eq(d->leaf_bits, MTR_LEAF_BITS);
	ck_assert_uint_eq(d->mid_bits, MTR_MID_BITS);
	ck_assert_uint_eq(d->root_bits, MTR_ROOT_BITS);
	ck_assert_uint_eq(d->lead, MTR_LEAD);
	ck_assert_str_eq(d->package_version, PACKAGE_VERSION);
}
END_TEST

START_TEST(options_are_in_force)
{
	uint32_t flags = mtr_descriptor.flags;

	ck_assert(flags & MTR_FLAG_FREES);
	ck_assert(flags & MTR_FLAG_NOFOLLOW);
	ck_assert(!(flags & (MTR_FLAG_COUNTERS | MTR_FLAG_DEBUG)));
	ck_assert_uint_eq(mtr_freed_lead, MTR_LEAD_FREED);
}
END_TEST

/* Read once: what the program sets later is for its children. */
START_TEST(options_are_read_once)
{
	uint32_t flags = mtr_descriptor.flags;

	setenv(MTR_OPTIONS_VARIABLE, "frees=0,follow=1", 1);
	mtr_init_options();
	ck_assert_uint_eq(mtr_descriptor.flags, flags);
}
END_TEST

START_TEST(drops_are_counted)
{
	mtr_descriptor_drop(MTR_DROP_SMALL);
	mtr_descriptor_drop(MTR_DROP_SMALL);
	ck_assert_uint_eq(mtr_descriptor.drops[MTR_DROP_SMALL], 2);
	ck_assert_uint_eq(mtr_descriptor.drops[MTR_DROP_HIGH], 0);
}
END_TEST

static Suite *init_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("init", &tc);

	tcase_add_test(tc, descriptor);
	tcase_add_test(tc, options_are_in_force);
	tcase_add_test(tc, options_are_read_once);
	tcase_add_test(tc, drops_are_counted);
	return s;
}

int main(int argc, char **argv)
{
	static unit_suite_fn *const suites[] = { init_suite };
	const char *wanted = "frees=1,follow=0";
	const char *given = getenv(MTR_OPTIONS_VARIABLE);

	(void)argc;
	if (!given || strcmp(given, wanted) != 0) {
		setenv(MTR_OPTIONS_VARIABLE, wanted, 1);
		execv("/proc/self/exe", argv);
		return 99;
	}
	return unit_run(suites, 1);
}
