/* SPDX-License-Identifier: MIT */
/*
 * Symbols where a file is another one, is missing or is cut off, and the
 * options that say where to look for it.
 */
#include "symbols/symbols.h"

#include <check.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_target.h"
#include "suite.h"
#include "symbols_fixture.h"

/* --------------------------------------------------------- is it the file? */

START_TEST(other_build_id)
{
	fake_map(target, path_of("other"), path_of("pie"), bias, true);
	resolve(bias + address_of("pie", "inlined"));
	has_no_name();
	ck_assert(!frames.at[0].module->found);
	resolve(bias + address_of("pie", "plain"));
	has_no_name();
	has_warnings(1, "1111111111111111", "2222222222222222");
	has_warnings(1, path_of("other"), "");
}
END_TEST

START_TEST(nothing_to_check)
{
	fake_map(target, path_of("pie"), path_of("pie"), bias, false);
	fake_map(target, path_of("noid"), path_of("noid"), 2 * bias, false);
	resolve(bias + address_of("pie", "inlined"));
	ck_assert_uint_eq(frames.n, 3);
	resolve(2 * bias + address_of("noid", "inlined"));
	ck_assert_uint_eq(frames.n, 3);
	has_warnings(1, path_of("pie"), "nothing tells");
}
END_TEST

START_TEST(no_build_id_but_other_header)
{
	fake_map(target, path_of("grown"), path_of("noid"), bias, true);
	resolve(bias + address_of("noid", "inlined"));
	has_no_name();
	has_warnings(1, path_of("grown"), "not what was running");
	teardown();
	setup();
	fake_map(target, path_of("entry"), path_of("noid"), bias, true);
	resolve(bias + address_of("noid", "inlined"));
	has_no_name();
}
END_TEST

START_TEST(other_layout)
{
	/* Nothing is dumped, but code cannot lie there: one file has a fixed
	 * address, the other has its segments elsewhere. */
	fake_map(target, path_of("nopie"), path_of("pie"), bias, false);
	fake_map(target, path_of("flat"), path_of("pie"), 2 * bias, false);
	for (int i = 1; i <= 2; i++) {
		resolve(i * bias + address_of("pie", "inlined"));
		has_no_name();
		ck_assert(!frames.at[0].module->found);
	}
}
END_TEST

START_TEST(missing_file)
{
	uint64_t at = address_of("pie", "inlined");

	fake_map(target, path_of("gone"), path_of("pie"), bias, true);
	resolve(bias + at);
	has_no_name();
	ck_assert_uint_eq(frames.at[0].module->start, bias);
	ck_assert_uint_eq(frames.at[0].module->bias, bias);
	ck_assert_str_eq(frames.at[0].module->name, "gone");
	resolve(bias + at);
	has_warnings(1, path_of("gone"), "No such file");
}
END_TEST

START_TEST(not_a_file_of_code)
{
	fake_range(target, 0x1000, 0x2000, 0, "/dev/null", MTR_PROT_EXEC);
	fake_range(target, 0x3000, 0x4000, 0, source, MTR_PROT_EXEC);
	fake_range(target, 0x5000, 0x6000, 0, path_of("gone"), MTR_PROT_EXEC);
	fake_bytes(target, 0x5000, "data", 4);
	resolve(0x1800);
	has_no_name();
	has_warnings(1, "/dev/null", "not a regular file");
	resolve(0x3800);
	has_no_name();
	ck_assert_uint_eq(mtr_target_warnings(target)->n, 2);
	/* of what is seen to be data nobody expects names */
	resolve(0x5800);
	has_no_name();
	ck_assert_uint_eq(mtr_target_warnings(target)->n, 2);
}
END_TEST

static int find_bias(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(uint64_t *)data = info->dlpi_addr;
	return 1;
}

/* As if this process were the target, but its files gone from where they were;
 * an address in a function of this program. */
static uint64_t map_own_program(enum mtr_target_kind kind)
{
	uint64_t own_bias = 0, other;

	dl_iterate_phdr(find_bias, &own_bias);
	teardown();
	target = fake_create(kind);
	fake_set_pid(target, getpid());
	fake_set_exe(target, "/nowhere/prog");
	other = own_bias ? bias : 0; /* or it lies where it says */
	fake_map(target, "/nowhere/prog", "/proc/self/exe", other, true);
	return other + (uint64_t)(uintptr_t)remove_programs - own_bias + 1;
}

START_TEST(process_holds_its_executable)
{
	resolve(map_own_program(MTR_TARGET_LIVE));
	ck_assert_str_eq(frames.at[0].function, "remove_programs");
	has_warnings(0, "", "");
}
END_TEST

START_TEST(snapshot_holds_no_files)
{
	resolve(map_own_program(MTR_TARGET_SNAPSHOT));
	has_no_name();
	has_warnings(1, "/nowhere/prog", "No such file");
}
END_TEST

START_TEST(process_holds_its_libraries)
{
	uint64_t function = (uint64_t)(uintptr_t)dlsym(RTLD_DEFAULT, "getenv");
	FILE *f = fopen("/proc/self/maps", "r");
	uint64_t start, end, offset;
	char line[512], prot[8], held[96] = "";

	teardown();
	target = fake_create(MTR_TARGET_LIVE);
	fake_set_pid(target, getpid());
	fake_range(target, 0x1000, 0x2000, 0, "/nowhere/prog", MTR_PROT_READ);
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		ck_assert_int_eq(sscanf(line,
					"%" SCNx64 "-%" SCNx64 " %7s %" SCNx64,
					&start, &end, prot, &offset),
				 4);
		if (!strstr(line, "/libc.so") && !strstr(line, "/libc-2."))
			continue;
		fake_range(target, start, end, offset, "/nowhere/libc",
			   prot[2] == 'x' ? MTR_PROT_EXEC : MTR_PROT_READ);
		if (!held[0])
			snprintf(held, sizeof(held),
				 "/proc/self/map_files/%" PRIx64 "-%" PRIx64,
				 start, end);
	}
	fclose(f);
	if (access(held, R_OK) != 0) {
		printf("process_holds_its_libraries: not done, %s needs "
		       "CAP_SYS_ADMIN\n",
		       held);
		return;
	}
	resolve(function + 1);
	ck_assert_ptr_nonnull(frames.at[0].function);
	ck_assert_str_eq(frames.at[0].function, "getenv");
}
END_TEST

START_TEST(cut_off_file)
{
	static const int kept[] = {
		0, 1, 63, 64, 200, 1000, 4096, 9000, 15000
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		shell("head -c %d %s > %s", kept[i], path_of("pie"),
		      path_of("cut"));
		fake_map(target, path_of("cut"), path_of("pie"), bias, false);
		resolve(bias + address_of("pie", "inlined"));
		teardown();
		setup();
	}
}
END_TEST

/* ----------------------------------------------------------------- options */

START_TEST(exe_option)
{
	fake_map(target, "/nowhere/lib.so", path_of("nopie"), 0, false);
	fake_map(target, "/nowhere/prog", path_of("pie"), bias, true);
	fake_set_exe(target, "./prog");
	open_with((struct mtr_symbols_options){ .exe = path_of("pie") });
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
	ck_assert_str_eq(frames.at[0].module->path, "/nowhere/prog");
	resolve(address_of("nopie", "inlined"));
	has_no_name();
}
END_TEST

START_TEST(sysroot_option)
{
	fake_map(target, path_of("gone"), path_of("pie"), bias, true);
	open_with((struct mtr_symbols_options){ .sysroot = path_of("root") });
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
}
END_TEST

START_TEST(sysroot_is_the_only_place)
{
	fake_map(target, path_of("pie"), path_of("pie"), bias, true);
	open_with((struct mtr_symbols_options){ .sysroot = path_of("empty") });
	resolve(bias + address_of("pie", "inlined"));
	has_no_name();
	has_warnings(1, path_of("empty"), "No such file");
}
END_TEST

START_TEST(debug_dir_option)
{
	fake_map(target, path_of("bare"), path_of("bare"), bias, true);
	open_with(
		(struct mtr_symbols_options){ .debug_dir = path_of("debug") });
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
}
END_TEST

START_TEST(bare_without_debug_dir)
{
	fake_map(target, path_of("bare"), path_of("bare"), bias, true);
	resolve(bias + address_of("pie", "inlined"));
	has_no_name();
}
END_TEST

/* A program without DWARF that names the file with it. */
static void make_linked(const char *name, const char *from, const char *debug)
{
	shell("objcopy --only-keep-debug %s %s", path_of(from), path_of(debug));
	shell("strip -o %s %s", path_of(name), path_of(from));
	shell("objcopy --add-gnu-debuglink=%s %s", path_of(debug),
	      path_of(name));
}

START_TEST(debug_file_by_link)
{
	make_linked("linked", "pie", "linked.debug");
	fake_map(target, path_of("linked"), path_of("linked"), bias, true);
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
	teardown();
	setup();
	/* without a build-id it is the checksum that tells */
	make_linked("summed", "noid", "summed.debug");
	fake_map(target, path_of("summed"), path_of("summed"), bias, true);
	resolve(bias + address_of("noid", "inlined"));
	has_all_frames();
	teardown();
	setup();
	shell("printf x >>%s", path_of("summed.debug"));
	fake_map(target, path_of("summed"), path_of("summed"), bias, true);
	resolve(bias + address_of("noid", "inlined"));
	has_no_name();
}
END_TEST

START_TEST(debug_file_in_folders)
{
	make_linked("apart", "pie", "apart.debug");
	shell("mkdir -p %s/.debug && mv %s %s/.debug", path_of(""),
	      path_of("apart.debug"), path_of(""));
	fake_map(target, path_of("apart"), path_of("apart"), bias, true);
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
	teardown();
	setup();
	shell("mkdir -p %s%s", path_of("folders"), path_of(""));
	shell("mv %s %s%s", path_of(".debug/apart.debug"), path_of("folders"),
	      path_of(""));
	fake_map(target, path_of("apart"), path_of("apart"), bias, true);
	open_with((struct mtr_symbols_options){ .debug_dir =
							path_of("folders") });
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
}
END_TEST

/* Another build's is not taken, by whatever way it is found. */
START_TEST(debug_file_of_another_build)
{
	make_linked("stale", "pie", "stale.debug");
	shell("objcopy --only-keep-debug %s %s", path_of("other"),
	      path_of("stale.debug"));
	fake_map(target, path_of("stale"), path_of("stale"), bias, true);
	resolve(bias + address_of("pie", "inlined"));
	has_no_name();
}
END_TEST

/* Whoever opens one of these waits for ever. */
static void make_pipe(const char *name)
{
	shell("rm -f %s && mkfifo %s", path_of(name), path_of(name));
}

START_TEST(pipes_as_debug_files)
{
	shell("mkdir -p %s/.build-id/11", path_of("pipes"));
	make_pipe("pipes/.build-id/11/11111111111111.debug");
	make_linked("piped", "pie", "piped.debug");
	make_pipe("piped.debug");
	fake_map(target, path_of("piped"), path_of("piped"), bias, true);
	open_with(
		(struct mtr_symbols_options){ .debug_dir = path_of("pipes") });
	resolve(bias + address_of("pie", "inlined"));
	has_no_name();
	teardown();
	setup();
	fake_map(target, path_of("piped"), path_of("piped"), bias, true);
	open_with((struct mtr_symbols_options){ .debug_dir = path_of("pipes"),
						.debuginfod = true });
	resolve(bias + address_of("pie", "inlined"));
	has_no_name();
}
END_TEST

/* No signal ends us, and whoever reads the answer hears of it. */
static void shrink(const char *program, const char *file)
{
	fake_map(target, path_of(program), path_of("pie"), bias, true);
	resolve(bias + address_of("pie", "plain"));
	ck_assert_str_eq(frames.at[0].function, "plain");
	shell(": >%s", path_of(file));
	for (int i = 0; i < 2; i++)
		resolve(bias + address_of("pie", "inlined"));
	has_warnings(1, program, "cut short");
	teardown();
	setup();
}

START_TEST(files_that_shrink)
{
	shell("cp %s %s", path_of("pie"), path_of("shrinks"));
	shrink("shrinks", "shrinks");
	make_linked("shrunk", "pie", "shrunk.debug");
	shrink("shrunk", "shrunk.debug");
}
END_TEST

START_TEST(split_units)
{
	fake_map(target, path_of("split"), path_of("split"), bias, true);
	resolve(bias + address_of("split", "inlined"));
	has_whole_chain();
	teardown();
	setup();
	shell("rm %s", path_of("split.dwo"));
	fake_map(target, path_of("split"), path_of("split"), bias, true);
	resolve(bias + address_of("split", "inlined"));
	ck_assert_uint_eq(frames.n, 1);
	ck_assert_str_eq(frames.at[0].function, "host");
	teardown();
	setup();
	make_pipe("split.dwo");
	fake_map(target, path_of("split"), path_of("split"), bias, true);
	resolve(bias + address_of("split", "inlined"));
	ck_assert_uint_eq(frames.n, 1);
	ck_assert_str_eq(frames.at[0].function, "host");
	has_warnings(1, "split.dwo", "not a regular file");
}
END_TEST

/* What several debug files have in common is named in another way. */
static void make_shared(const char *name, const char *alt)
{
	shell("{ printf '%%s\\0' %s; printf 'abcdefghijklmnopqrst'; } >%s", alt,
	      path_of("link"));
	shell("objcopy --add-section .gnu_debugaltlink=%s %s %s",
	      path_of("link"), path_of("pie"), path_of(name));
}

START_TEST(shared_debug_file)
{
	make_shared("sharing", "none");
	fake_map(target, path_of("sharing"), path_of("pie"), bias, true);
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
	teardown();
	setup();
	make_pipe("pipe");
	make_shared("sharing", "pipe");
	fake_map(target, path_of("sharing"), path_of("pie"), bias, true);
	resolve(bias + address_of("pie", "inlined"));
	ck_assert_uint_eq(frames.n, 1);
	ck_assert_str_eq(frames.at[0].function, "host");
	has_warnings(1, "pipe", "not a regular file");
	teardown();
	setup();
	make_shared("sharing", path_of("pipe"));
	fake_map(target, path_of("sharing"), path_of("pie"), bias, true);
	resolve(bias + address_of("pie", "inlined"));
	has_warnings(1, path_of("pipe"), "not a regular file");
}
END_TEST

START_TEST(options_that_lead_nowhere)
{
	static const struct mtr_symbols_options wrong[] = {
		{ .exe = "/nowhere" },	     { .exe = "/dev/null" },
		{ .sysroot = "/nowhere" },   { .sysroot = "/dev/null" },
		{ .debug_dir = "/nowhere" }, { .debug_dir = "/dev/null" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		mtr_auto_error struct mtr_error *error =
			mtr_symbols_open(target, &wrong[i], &symbols);

		ck_assert_ptr_nonnull(error);
		ck_assert_ptr_nonnull(strchr(mtr_error_text(error), '/'));
		ck_assert_ptr_null(symbols);
	}
}
END_TEST

START_TEST(no_server_is_asked)
{
	setenv("DEBUGINFOD_URLS", "http://localhost:1", 1);
	open_with((struct mtr_symbols_options){ .debuginfod = true });
	ck_assert_ptr_nonnull(getenv("DEBUGINFOD_URLS"));
	mtr_symbols_close(symbols);
	open_with((struct mtr_symbols_options){ 0 });
	ck_assert_ptr_null(getenv("DEBUGINFOD_URLS"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("symbols_files");
	TCase *tests = tcase_create("symbols_files");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 600);
	tcase_add_test(tests, other_build_id);
	tcase_add_test(tests, nothing_to_check);
	tcase_add_test(tests, no_build_id_but_other_header);
	tcase_add_test(tests, other_layout);
	tcase_add_test(tests, missing_file);
	tcase_add_test(tests, not_a_file_of_code);
	tcase_add_test(tests, process_holds_its_executable);
	tcase_add_test(tests, process_holds_its_libraries);
	tcase_add_test(tests, snapshot_holds_no_files);
	tcase_add_test(tests, cut_off_file);
	tcase_add_test(tests, exe_option);
	tcase_add_test(tests, sysroot_option);
	tcase_add_test(tests, sysroot_is_the_only_place);
	tcase_add_test(tests, debug_dir_option);
	tcase_add_test(tests, bare_without_debug_dir);
	tcase_add_test(tests, debug_file_by_link);
	tcase_add_test(tests, debug_file_in_folders);
	tcase_add_test(tests, debug_file_of_another_build);
	tcase_add_test(tests, pipes_as_debug_files);
	tcase_add_test(tests, files_that_shrink);
	tcase_add_test(tests, split_units);
	tcase_add_test(tests, shared_debug_file);
	tcase_add_test(tests, options_that_lead_nowhere);
	tcase_add_test(tests, no_server_is_asked);
	suite_add_tcase(suite, tests);
	return run_symbols(suite, "symbols_files");
}
