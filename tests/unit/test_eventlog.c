/* SPDX-License-Identifier: MIT */
/*
 * The event log and the checks on free, on a twin with --enable-debug.
 */
#include "preload/eventlog.h"

#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "preload/entry.h"
#include "preload/options.h"
#include "preload/track.h"
#include "unit.h"

UNIT_ASAN_OPTIONS

static const char path[] = "unit.eventlog.tmp";
static char text[1 << 16];
/* of a call that nobody made */
static const uintptr_t site = (uintptr_t)&text;

static void clean(void)
{
	unlink(path);
	mtr_event_log_to(path);
}

static void tidy(void)
{
	unlink(path);
}

/* What has been logged since it was last read. */
static const char *logged(void)
{
	FILE *f = fopen(path, "r");
	size_t n = 0;

	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	unlink(path);
	return text;
}

__attribute__((format(printf, 1, 2))) static void
check_logged(const char *format, ...)
{
	char expected[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(expected, sizeof(expected), format, ap);
	va_end(ap);
	ck_assert_str_eq(logged(), expected);
}

static size_t offset(uintptr_t pc)
{
	return pc - _r_debug.r_map->l_addr;
}

START_TEST(lines)
{
	void *p = (void *)0x1230, *q = (void *)0x4560;

	mtr_event_alloc("malloc", 24, p, site);
	check_logged("malloc(24) = 0x1230 caller 0x%zx [program+0x%zx]\n", site,
		     offset(site));
	mtr_event_alloc("operator new", SIZE_MAX, NULL, site);
	check_logged("operator new(%zu) = 0x0 caller 0x%zx [program+0x%zx]\n",
		     SIZE_MAX, site, offset(site));
	mtr_event_realloc(p, 0, q, site);
	check_logged("realloc(0x1230, 0) = 0x4560 caller 0x%zx "
		     "[program+0x%zx]\n",
		     site, offset(site));
	mtr_event_free("cfree", p, site);
	check_logged("cfree(0x1230) caller 0x%zx [program+0x%zx]\n", site,
		     offset(site));
}
END_TEST

START_TEST(modules)
{
	uintptr_t in_libc =
		(uintptr_t)dlsym(RTLD_DEFAULT, "gnu_get_libc_version");

	mtr_event_free("free", NULL, in_libc);
	ck_assert(strstr(logged(), " [libc.so.6+0x") != NULL);
	mtr_event_free("free", NULL, 16);
	check_logged("free(0x0) caller 0x10 [?]\n");
}
END_TEST

static int lines_of(const char *what)
{
	int n = 0;

	for (const char *s = text; (s = strstr(s, what)); s++)
		n++;
	return n;
}

START_TEST(every_event_one_line)
{
	void *p = mtr_twin_malloc(8), *q = NULL;

	p = mtr_twin_realloc(p, 9);
	mtr_twin_free(p);
	mtr_twin_free(mtr_twin_calloc(2, 5));
	mtr_twin_cfree(mtr_twin_memalign(16, 11));
	mtr_twin_free_sized(mtr_twin_aligned_alloc(16, 16), 16);
	ck_assert_int_eq(mtr_twin_posix_memalign(&q, 16, 13), 0);
	mtr_twin_free_aligned_sized(q, 16, 13);
	logged();
	ck_assert_int_eq(lines_of("\n"), 11);
	ck_assert_int_eq(lines_of("malloc(8) = 0x"), 1);
	ck_assert_int_eq(lines_of("realloc(0x"), 1);
	ck_assert_int_eq(lines_of(", 9) = 0x"), 1);
	ck_assert_int_eq(lines_of("calloc(10) = 0x"), 1);
	ck_assert_int_eq(lines_of("memalign(11) = 0x"), 1);
	ck_assert_int_eq(lines_of("aligned_alloc(16) = 0x"), 1);
	ck_assert_int_eq(lines_of("posix_memalign(13) = 0x"), 1);
	ck_assert_int_eq(lines_of("cfree(0x"), 1);
	ck_assert_int_eq(lines_of("free_sized(0x"), 1);
	ck_assert_int_eq(lines_of("free_aligned_sized(0x"), 1);
	ck_assert_int_eq(lines_of("malloc_tracer:"), 0);
}
END_TEST

START_TEST(to_standard_error)
{
	int kept = dup(STDERR_FILENO);

	ck_assert(freopen(path, "w", stderr) != NULL);
	mtr_event_log_to("");
	mtr_event_free("free", NULL, 16);
	dup2(kept, STDERR_FILENO);
	check_logged("free(0x0) caller 0x10 [?]\n");
}
END_TEST

/* The program goes on where the log cannot be written. */
START_TEST(log_that_cannot_be_opened)
{
	mtr_event_log_to("unit.none/log");
	mtr_twin_free(mtr_twin_malloc(10));
	ck_assert_str_eq(logged(), "");
}
END_TEST

static void check_free(const void *p, uintptr_t caller)
{
	mtr_event_check_free(p, mtr_track_find(p), caller);
}

/* Each site once, whichever block. */
START_TEST(double_free)
{
	void *p = mtr_twin_malloc(100), *q = mtr_twin_malloc(100);

	mtr_twin_free(p);
	mtr_twin_free(q);
	logged();
	check_free(p, site);
	check_logged("malloc_tracer: double free of 0x%zx caller 0x%zx "
		     "[program+0x%zx]\n",
		     (size_t)p, site, offset(site));
	check_free(p, site);
	check_free(q, site);
	ck_assert_str_eq(logged(), "");
	check_free(q, site + 1);
	ck_assert_ptr_eq(strstr(logged(), "malloc_tracer: double free of"),
			 text);
}
END_TEST

static void check_damage(uint64_t caller, uint64_t size)
{
	static uintptr_t next = 100;
	void *p = mtr_twin_malloc(100);
	size_t usable = mtr_twin_malloc_usable_size(p) + MTR_TRAILER;
	struct mtr_trailer *t = mtr_trailer_at(p, usable), sound = *t;
	uintptr_t here = next++;

	*t = (struct mtr_trailer){ caller ? caller : sound.caller, size };
	logged();
	check_free(p, here);
	check_free(p, here);
	check_logged("malloc_tracer: damaged trailer (written past the end?) "
		     "of 0x%zx caller 0x%zx [?]\n",
		     (size_t)p, here);
	mtr_twin_free(p);
	logged();
	ck_assert_int_eq(lines_of("free(0x"), 1);
}

START_TEST(damaged_trailer)
{
	check_damage(0, 1 << 20);
	check_damage(UINT64_C(0x4141414141414141), 100);
	check_damage(UINT64_C(0x4141414141414141),
		     UINT64_C(0x4141414141414141));
}
END_TEST

/* An entry without a size is damage too, and no pointer is made of it. */
START_TEST(damaged_entry)
{
	void *p = mtr_twin_malloc(100);
	uint8_t *at = mtr_track_find(p), kept = at[1];

	logged();
	at[1] = mtr_lead(0);
	check_free(p, site);
	ck_assert(strstr(logged(), "damaged trailer") != NULL);
	at[1] = kept;
	mtr_twin_free(p);
}
END_TEST

START_TEST(what_is_right_is_not_complained_about)
{
	void *p = mtr_twin_malloc(100), *foreign = malloc(100);
	int local = 0;

	logged();
	check_free(p, site);
	check_free(foreign, site);
	check_free(&local, site);
	check_free(NULL, site);
	ck_assert_str_eq(logged(), "");
	free(foreign);
}
END_TEST

START_TEST(option_log)
{
	struct mtr_options o = MTR_OPTIONS_DEFAULT;
	char given[MTR_LOG_PATH_MAX + 10] = "log=/some/where";

	mtr_options_parse(given, NULL, &o);
	ck_assert_str_eq(o.log, "/some/where");
	mtr_options_parse("log=stderr", NULL, &o);
	ck_assert_str_eq(o.log, "");
	memset(given + 4, 'x', MTR_LOG_PATH_MAX - 1);
	mtr_options_parse(given, NULL, &o);
	ck_assert_str_eq(o.log, given + 4);
}
END_TEST

static int complaints;

static void listen(const char *line, size_t len)
{
	(void)line;
	(void)len;
	complaints++;
}

START_TEST(option_log_malformed)
{
	struct mtr_options o = MTR_OPTIONS_DEFAULT;
	char given[MTR_LOG_PATH_MAX + 10] = "log=";

	mtr_options_parse("log=,log", listen, &o);
	memset(given + 4, 'x', MTR_LOG_PATH_MAX);
	mtr_options_parse(given, listen, &o);
	ck_assert_int_eq(complaints, 3);
	ck_assert_str_eq(o.log, "");
}
END_TEST

static Suite *eventlog_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("eventlog", &tc);

	tcase_add_checked_fixture(tc, clean, tidy);
	tcase_add_test(tc, lines);
	tcase_add_test(tc, modules);
	tcase_add_test(tc, every_event_one_line);
	tcase_add_test(tc, to_standard_error);
	tcase_add_test(tc, log_that_cannot_be_opened);
	tcase_add_test(tc, double_free);
	tcase_add_test(tc, damaged_trailer);
	tcase_add_test(tc, damaged_entry);
	tcase_add_test(tc, what_is_right_is_not_complained_about);
	tcase_add_test(tc, option_log);
	tcase_add_test(tc, option_log_malformed);
	return s;
}

int main(void)
{
	static unit_suite_fn *const suites[] = { eventlog_suite,
						 invariants_suite };

	return unit_run(suites, 2);
}
