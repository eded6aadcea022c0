/* SPDX-License-Identifier: MIT */
/*
 * Looking up symbols, against dlsym. What stands before and behind a library
 * only a preloaded one can show: tests/behave/early.sh.
 */
#include "preload/linkage.h"

#include <dlfcn.h>
#include <link.h>

#include "unit.h"

/*
 * Functions of several versions, indirect ones, ones of several libraries, and
 * one that is nowhere.
 */
static const char *const names[] = {
	"malloc",
	"memcpy",
	"strlen",
	"qsort",
	"realpath",
	"dlsym",
	"pthread_create",
	"glob",
	"posix_spawn",
	"_Znwm",
	"nftw",
	"_dl_find_object",
	"fopen",
	"suite_create",
	"regexec",
	"exp",
	"clock_gettime",
	"sem_init",
	"no_such_function",
};

enum { NAMES = sizeof(names) / sizeof(*names) };

START_TEST(as_dlsym)
{
	struct mtr_lookup l[NAMES] = { 0 };

	for (int i = 0; i < NAMES; i++)
		l[i].name = names[i];
	mtr_linkage_look_up(l, NAMES);
	for (int i = 0; i < NAMES; i++) {
		void *at = dlsym(RTLD_DEFAULT, names[i]);

		ck_assert_msg(l[i].first.at == at, "%s: %p, not %p", names[i],
			      l[i].first.at, at);
		ck_assert((l[i].first.map != NULL) == (at != NULL));
	}
}
END_TEST

START_TEST(objects)
{
	const struct link_map *program = mtr_linkage_program();
	bool libc = false;

	ck_assert_ptr_eq(program, _r_debug.r_map);
	/* the twin is part of the program */
	ck_assert_ptr_eq(mtr_linkage_self(), program);
	for (const struct link_map *map = program; map; map = map->l_next)
		libc |= mtr_linkage_is_called(map, "libc.so.");
	ck_assert(libc);
	ck_assert(!mtr_linkage_is_called(program, "libc.so."));
}
END_TEST

Suite *linkage_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("linkage", &tc);

	tcase_add_test(tc, as_dlsym);
	tcase_add_test(tc, objects);
	return s;
}
