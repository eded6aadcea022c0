/* SPDX-License-Identifier: MIT */
/*
 * Which object an address is in: one that stays, one that was opened later, and
 * none; with the loader's own answer, and with a glibc that has none.
 */
#include "preload/objects.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "unit.h"

static void check_find(void *at, enum mtr_object_kind kind)
{
	struct mtr_object o = { 0 };

	ck_assert_int_eq(mtr_objects_find((uintptr_t)at, &o), kind);
	if (kind == MTR_OBJECT_NONE)
		return;
	ck_assert((uintptr_t)at >= o.start && (uintptr_t)at < o.end);
	ck_assert_ptr_nonnull(o.headers);
	ck_assert_ptr_nonnull(o.path);
}

static void check_all(void *plugin)
{
	check_find((void *)check_all, MTR_OBJECT_PERMANENT);
	check_find((void *)suite_create, MTR_OBJECT_PERMANENT);
	check_find(&plugin, MTR_OBJECT_NONE);
	check_find((void *)1, MTR_OBJECT_NONE);
	check_find((void *)-1, MTR_OBJECT_NONE);
	check_find(plugin, MTR_OBJECT_PASSING);
}

/* Something that the program does not need, but every glibc has. */
static void *open_plugin(void)
{
	void *plugin = dlopen("libBrokenLocale.so.1", RTLD_NOW);
	void *at = plugin ? dlsym(plugin, "__ctype_get_mb_cur_max") : NULL;

	ck_assert_ptr_nonnull(at);
	return at;
}

START_TEST(by_loader)
{
	check_all(open_plugin());
}
END_TEST

START_TEST(by_iterating)
{
	void *plugin = open_plugin();

	mtr_objects_init(&(struct mtr_loader){ .iterate = dl_iterate_phdr });
	check_all(plugin);
}
END_TEST

START_TEST(spans)
{
	ck_assert(mtr_span_holds(
		&mtr_objects.libc,
		(uintptr_t)dlsym(RTLD_DEFAULT, "gnu_get_libc_version")));
	ck_assert(!mtr_span_holds(&mtr_objects.libc, (uintptr_t)check_all));
	ck_assert(
		mtr_span_holds(&mtr_objects.linker, (uintptr_t)_r_debug.r_brk));
}
END_TEST

Suite *objects_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("objects", &tc);

	tcase_add_test(tc, by_loader);
	tcase_add_test(tc, by_iterating);
	tcase_add_test(tc, spans);
	return s;
}
