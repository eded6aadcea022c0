/* SPDX-License-Identifier: MIT */
/*
 * Which forms of operator new and delete are handed on. That each then calls
 * what it should only a preloaded library can show: tests/behave/new_*.sh.
 */
#include "preload/cxx.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>

#include "unit.h"

#define FORM(name) (UINT32_C(1) << MTR_CXX_##name)

static ElfW(Dyn) nothing[] = { { .d_tag = DT_NULL } };
static char names[][20] = { "/lib/libstdc++.so.6", "/lib/libc++abi.so.1",
			    "/lib/liballoc.so", "/lib/libother.so" };
static struct link_map libstdcxx = { .l_name = names[0], .l_ld = nothing },
		       libcxxabi = { .l_name = names[1], .l_ld = nothing },
		       allocator = { .l_name = names[2], .l_ld = nothing },
		       other = { .l_name = names[3], .l_ld = nothing };

static struct mtr_lookup forms[MTR_CXX_COUNT];

/* Each form is @map's, by this library or not. */
static void all_are(const struct link_map *map)
{
	for (int i = 0; i < MTR_CXX_COUNT; i++) {
		forms[i].first =
			(struct mtr_definition){ forms, mtr_linkage_self() };
		forms[i].next =
			(struct mtr_definition){ map ? forms : NULL, map };
	}
}

static uint32_t decision(bool bypass)
{
	mtr_cxx_handed_on = MTR_CXX_UNDECIDED;
	mtr_cxx_start(forms, &allocator, bypass);
	return mtr_cxx_handed_on;
}

START_TEST(nothing_replaced)
{
	all_are(&libstdcxx);
	ck_assert_uint_eq(decision(false), 0);
	all_are(&libcxxabi);
	ck_assert_uint_eq(decision(false), 0);
	all_are(&allocator);
	ck_assert_uint_eq(decision(false), 0);
	ck_assert_uint_eq(decision(true), MTR_CXX_ALL);
}
END_TEST

START_TEST(not_yet_known)
{
	all_are(NULL);
	ck_assert_uint_eq(decision(false), MTR_CXX_UNDECIDED);
	ck_assert_uint_eq(decision(true), MTR_CXX_ALL);
}
END_TEST

START_TEST(all_replaced)
{
	all_are(&other);
	ck_assert_uint_eq(decision(false), MTR_CXX_ALL);
}
END_TEST

/* Replaced before this library, as in the program, and behind it. */
static uint32_t replaced(const struct link_map *map, enum mtr_cxx form,
			 bool before)
{
	struct mtr_definition d = { forms, &other };

	all_are(map);
	if (before)
		forms[form].first = d;
	else
		forms[form].next = d;
	return decision(false);
}

static const struct {
	enum mtr_cxx form;
	uint32_t handed_on;
} one_replaced[] = {
	{ MTR_CXX__Znwm, FORM(_Znwm) | FORM(_Znam) | FORM(_ZnwmRKSt9nothrow_t) |
				 FORM(_ZnamRKSt9nothrow_t) },
	{ MTR_CXX__Znam, FORM(_Znam) | FORM(_ZnamRKSt9nothrow_t) },
	/* called by the array's in libstdc++ before gcc 9 */
	{ MTR_CXX__ZnwmRKSt9nothrow_t,
	  FORM(_ZnwmRKSt9nothrow_t) | FORM(_ZnamRKSt9nothrow_t) },
	{ MTR_CXX__ZnwmSt11align_val_t,
	  FORM(_ZnwmSt11align_val_t) | FORM(_ZnamSt11align_val_t) |
		  FORM(_ZnwmSt11align_val_tRKSt9nothrow_t) |
		  FORM(_ZnamSt11align_val_tRKSt9nothrow_t) },
	{ MTR_CXX__ZdlPv, FORM(_ZdlPv) | FORM(_ZdlPvm) | FORM(_ZdaPv) |
				  FORM(_ZdaPvm) | FORM(_ZdlPvRKSt9nothrow_t) |
				  FORM(_ZdaPvRKSt9nothrow_t) },
	{ MTR_CXX__ZdaPv,
	  FORM(_ZdaPv) | FORM(_ZdaPvm) | FORM(_ZdaPvRKSt9nothrow_t) },
	{ MTR_CXX__ZdaPvm, FORM(_ZdaPvm) },
	{ MTR_CXX__ZdaPvSt11align_val_t,
	  FORM(_ZdaPvSt11align_val_t) | FORM(_ZdaPvmSt11align_val_t) |
		  FORM(_ZdaPvSt11align_val_tRKSt9nothrow_t) },
};

enum { ONE_REPLACED = sizeof(one_replaced) / sizeof(*one_replaced) };

START_TEST(one_is_replaced)
{
	enum mtr_cxx form = one_replaced[_i].form;
	uint32_t handed_on = one_replaced[_i].handed_on;

	ck_assert_uint_eq(replaced(&libstdcxx, form, true), handed_on);
	ck_assert_uint_eq(replaced(&libcxxabi, form, false), handed_on);
	/* an allocator's forms call no others: its blocks are recorded */
	ck_assert_uint_eq(replaced(&allocator, form, true), UINT32_C(1)
								    << form);
	ck_assert_uint_eq(replaced(&allocator, form, false), UINT32_C(1)
								     << form);
}
END_TEST

/* The look-up leaves errno alone, and no error for the program's dlerror. */
START_TEST(next)
{
	const char *error = dlerror();
	uintptr_t here = (uintptr_t)decision;

	ck_assert_ptr_eq(error, NULL);
	errno = 1234;
	for (int form = 0; form < MTR_CXX_COUNT; form++)
		ck_assert_ptr_eq(mtr_cxx_next(form, here),
				 dlsym(RTLD_DEFAULT, mtr_cxx_names[form]));
	all_are(NULL);
	decision(false);
	dlerror();
	for (int form = 0; form < MTR_CXX_COUNT; form++)
		mtr_cxx_next(form, here);
	mtr_cxx_plugin_delete(MTR_CXX__ZdlPv, here);
	mtr_cxx_decide();
	error = dlerror();
	ck_assert_ptr_eq(error, NULL);
	ck_assert_int_eq(errno, 1234);
}
END_TEST

Suite *cxx_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("cxx", &tc);

	tcase_add_test(tc, nothing_replaced);
	tcase_add_test(tc, not_yet_known);
	tcase_add_test(tc, all_replaced);
	tcase_add_loop_test(tc, one_is_replaced, 0, ONE_REPLACED);
	tcase_add_test(tc, next);
	return s;
}
