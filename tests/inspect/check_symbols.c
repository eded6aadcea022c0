/* SPDX-License-Identifier: MIT */
/*
 * Symbols of programs that are compiled here, in all the ways in which a file
 * can be there, be another one, or be missing.
 */
#include "inspect/symbols.h"

#include <check.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_target.h"
#include "inspect/elf_file.h"
#include "suite.h"

static const uint64_t bias = UINT64_C(0x555555000000);

static pid_t tester;
static char dir[256], source[512], source_cxx[512];

/* ---------------------------------------------------------------- programs */

__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
	char command[4096];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(99);
	}
}

static const char *env(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && value[0] ? value : otherwise;
}

static void compile(const char *name, const char *flags)
{
	shell("%s -O2 %s -o %s/%s %s", env("MTR_CC", "cc"), flags, dir, name,
	      source);
}

static const char *path_of(const char *name)
{
	static char paths[4][512];
	static int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static void remove_programs(void)
{
	if (getpid() == tester)
		shell("rm -rf %s", dir);
}

static void compile_all(void)
{
	const char *cxx = env("MTR_CXX", "");

	compile("pie", "-g -fPIE -pie -Wl,--build-id=0x1111111111111111");
	compile("nopie", "-g -fno-pie -no-pie -Wl,--build-id");
	compile("high", "-g -fPIE -pie -Wl,-Ttext-segment=0x7000000");
	/* Newer linkers take that for a fixed address: say ET_DYN again. */
	shell("printf '\\003' | dd of=%s bs=1 seek=16 conv=notrunc 2>/dev/null",
	      path_of("high"));
	compile("flat", "-g -fPIE -pie -Wl,-z,noseparate-code");
	/* Holes where pages are smaller than that. */
	compile("holes", "-g -fPIE -pie -Wl,--build-id=0x3333333333333333 "
			 "-Wl,-z,max-page-size=0x20000");
	compile("noid", "-g -fPIE -pie -Wl,--build-id=none");
	compile("entry", "-g -fPIE -pie -Wl,--build-id=none -Wl,-e,plain");
	compile("symtab", "-g0 -fPIE -pie");
	compile("stripped", "-g0 -fPIE -pie -s -rdynamic");
	compile("other", "-g -fPIE -pie -Wl,--build-id=0x2222222222222222");
	compile("grown", "-g -DBARRIER_CODE='\".skip 96, 0x90\"' -fPIE -pie "
			 "-Wl,--build-id=none");
	shell("objcopy -R .debug_aranges %s %s", path_of("pie"),
	      path_of("noaranges"));
	shell("mkdir -p %s/debug/.build-id/11 %s/root%s %s/empty", dir, dir,
	      dir, dir);
	shell("objcopy --only-keep-debug %s "
	      "%s/debug/.build-id/11/11111111111111.debug",
	      path_of("pie"), dir);
	shell("strip -o %s %s", path_of("bare"), path_of("pie"));
	shell("cp %s %s/root%s/gone", path_of("pie"), dir, dir);
	if (cxx[0])
		shell("%s -O2 -g -fPIE -pie -o %s %s", cxx, path_of("cxx"),
		      source_cxx);
}

/* Where @name's call with @tag returns to, as the file has it. */
static uint64_t address_of(const char *name, const char *tag)
{
	FILE *f = popen(path_of(name), "r");
	char got[32];
	uint64_t address = 0, found = 0;

	ck_assert_ptr_nonnull(f);
	while (fscanf(f, "%31s %" SCNx64, got, &address) == 2)
		if (!strcmp(got, tag))
			found = address;
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_uint_ne(found, 0);
	return found;
}

static int line_of(const char *tag)
{
	FILE *f = fopen(source, "r");
	char text[256], want[64];
	int line = 0, found = 0;

	ck_assert_ptr_nonnull(f);
	snprintf(want, sizeof(want), "/* here: %s */", tag);
	while (fgets(text, sizeof(text), f)) {
		line++;
		if (strstr(text, want))
			found = line;
	}
	fclose(f);
	ck_assert_int_ne(found, 0);
	return found;
}

/* ----------------------------------------------------------------- fixture */

static struct mtr_target *target;
static struct mtr_symbols *symbols;
static struct mtr_frames frames;

static void set_up(void)
{
	target = fake_create(MTR_TARGET_CORE);
}

static void tear_down(void)
{
	mtr_symbols_close(symbols);
	symbols = NULL;
	mtr_frames_fini(&frames);
	mtr_target_close(target);
}

static void open_with(struct mtr_symbols_options options)
{
	mtr_auto_error struct mtr_error *error =
		mtr_symbols_open(target, &options, &symbols);

	ck_assert_msg(!error, "%s", error ? mtr_error_text(error) : "");
}

static void resolve(uint64_t pc)
{
	frames.n = 0;
	if (!symbols)
		open_with((struct mtr_symbols_options){ 0 });
	ck_assert_ptr_null(mtr_symbols_resolve(symbols, pc, &frames));
	ck_assert_uint_ge(frames.n, 1);
}

static void has_frame(size_t i, const char *function, const char *tag)
{
	const struct mtr_frame *f = &frames.at[i];

	ck_assert_uint_lt(i, frames.n);
	ck_assert_str_eq(f->function ? f->function : "(none)", function);
	ck_assert_str_eq(f->file ? f->file : "(none)", source);
	ck_assert_int_eq(f->line, line_of(tag));
	ck_assert_int_eq(f->inlined, i + 1 < frames.n);
	ck_assert_ptr_nonnull(f->module);
}

static void has_no_name(void)
{
	ck_assert_uint_eq(frames.n, 1);
	ck_assert_ptr_nonnull(frames.at[0].module);
	ck_assert_ptr_null(frames.at[0].function);
	ck_assert_ptr_null(frames.at[0].file);
}

static void has_warnings(size_t n, const char *part, const char *other)
{
	const struct mtr_strings *w = mtr_target_warnings(target);

	ck_assert_uint_eq(w->n, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(strstr(w->at[i], part) && strstr(w->at[i], other),
			      "%s", w->at[i]);
}

static void has_all_frames(void)
{
	ck_assert_uint_eq(frames.n, 3);
	has_frame(0, "inner", "inner");
	has_frame(1, "outer", "outer");
	has_frame(2, "host", "host");
}

static void has_whole_chain(void)
{
	has_all_frames();
	has_warnings(0, "", "");
}

/* ------------------------------------------------------------------- names */

START_TEST(inlined_frames)
{
	const struct mtr_module *m;

	fake_map(target, path_of("pie"), path_of("pie"), bias, true);
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
	m = frames.at[0].module;
	ck_assert_str_eq(m->path, path_of("pie"));
	ck_assert_str_eq(m->name, "pie");
	ck_assert_uint_eq(m->start, bias);
	ck_assert_uint_eq(m->bias, bias);
	ck_assert_uint_eq(m->build_id.n, 8);
	ck_assert(m->found);
	ck_assert_ptr_eq(mtr_symbols_module(symbols, bias), m);
	ck_assert_ptr_null(mtr_symbols_module(symbols, bias - 1));

	resolve(bias + address_of("pie", "plain"));
	ck_assert_uint_eq(frames.n, 1);
	has_frame(0, "plain", "plain");
}
END_TEST

START_TEST(fixed_address)
{
	fake_map(target, path_of("nopie"), path_of("nopie"), 0, false);
	resolve(address_of("nopie", "inlined"));
	ck_assert_uint_eq(frames.n, 3);
	has_frame(2, "host", "host");
	ck_assert_uint_eq(frames.at[0].module->bias, 0);
}
END_TEST

START_TEST(first_address_not_zero)
{
	fake_map(target, path_of("high"), path_of("high"), bias, false);
	resolve(bias + address_of("high", "inlined"));
	ck_assert_uint_eq(frames.n, 3);
	has_frame(0, "inner", "inner");
	ck_assert_uint_eq(frames.at[0].module->bias, bias);
	ck_assert_uint_eq(frames.at[0].module->start, bias + 0x7000000);
}
END_TEST

START_TEST(no_aranges)
{
	fake_map(target, path_of("noaranges"), path_of("noaranges"), bias,
		 true);
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
}
END_TEST

START_TEST(symbol_table_alone)
{
	fake_map(target, path_of("symtab"), path_of("symtab"), bias, false);
	resolve(bias + address_of("symtab", "inlined"));
	ck_assert_uint_eq(frames.n, 1);
	ck_assert_str_eq(frames.at[0].function, "host");
	ck_assert_ptr_null(frames.at[0].file);
	ck_assert_int_eq(frames.at[0].line, 0);
}
END_TEST

START_TEST(stripped_has_no_wrong_name)
{
	fake_map(target, path_of("stripped"), path_of("stripped"), bias, true);
	resolve(bias + address_of("stripped", "inlined"));
	has_no_name();
	ck_assert(frames.at[0].module->found);
	resolve(bias + address_of("stripped", "plain"));
	ck_assert_str_eq(frames.at[0].function, "plain");
}
END_TEST

START_TEST(demangled_member)
{
	if (!env("MTR_CXX", "")[0])
		return;
#ifdef HAVE_CXA_DEMANGLE
	fake_map(target, path_of("cxx"), path_of("cxx"), bias, false);
	resolve(bias + address_of("cxx", "member"));
	ck_assert_uint_eq(frames.n, 2);
	/* clang has a linkage name with parameters for it */
	ck_assert_ptr_nonnull(frames.at[0].function);
	ck_assert(!strncmp(frames.at[0].function, "c_ring", 6));
	ck_assert_str_eq(frames.at[1].function, "shop::box<int>::fill(int)");
	ck_assert_str_eq(frames.at[1].file, source_cxx);
	resolve(bias + address_of("cxx", "local"));
	ck_assert_uint_eq(frames.n, 2);
	ck_assert(frames.at[0].inlined);
	ck_assert_str_eq(frames.at[0].function, "shop::ring(char const*)");
	ck_assert_str_eq(frames.at[1].file, source_cxx);
#endif
}
END_TEST

START_TEST(outside_of_modules)
{
	fake_range(target, 0x1000, 0x2000, 0, NULL, -1);
	fake_range(target, 0x3000, 0x4000, 0, "[vdso]", MTR_PROT_EXEC);
	fake_range(target, 0x5000, 0x6000, 0, "[heap]", MTR_PROT_READ);
	for (uint64_t pc = 0; pc < 0x7000; pc += 0x800) {
		resolve(pc);
		ck_assert_uint_eq(frames.n, 1);
		ck_assert_ptr_null(frames.at[0].function);
		if (pc > 0x3000 && pc <= 0x4000)
			ck_assert_str_eq(frames.at[0].module->name, "[vdso]");
		else
			ck_assert_ptr_null(frames.at[0].module);
	}
	has_warnings(0, "", "");
}
END_TEST

/* Without the file too, the offset is one that addr2line takes. */
START_TEST(bias_without_the_file)
{
	uint64_t at = address_of("nopie", "inlined");

	fake_map(target, "/no/such/nopie", path_of("nopie"), 0, true);
	resolve(at);
	has_no_name();
	ck_assert(!frames.at[0].module->found);
	ck_assert_uint_eq(frames.at[0].module->bias, 0);
	tear_down();
	set_up();
	fake_map(target, "/no/such/high", path_of("high"), bias, true);
	resolve(bias + address_of("high", "inlined"));
	ck_assert_uint_eq(frames.at[0].module->bias, bias);
	tear_down();
	set_up();
	/* not even its headers */
	fake_map(target, "/no/such/nopie", path_of("nopie"), 0, false);
	resolve(at);
	has_no_name();
	ck_assert_uint_eq(frames.at[0].module->bias,
			  frames.at[0].module->start);
}
END_TEST

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
	tear_down();
	set_up();
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

/*
 * As lld lays it out: the end of the first segment and the beginning of the
 * code are in one page of the file, which is mapped twice.
 */
START_TEST(page_of_two_segments)
{
	GElf_Phdr loads[] = {
		{ PT_LOAD, PF_R, 0, 0, 0, 0x172b4, 0x172b4, 0x1000 },
		{ PT_LOAD, PF_R | PF_X, 0x172c0, 0x182c0, 0x182c0, 0x46da0,
		  0x46da0, 0x1000 },
		{ PT_LOAD, PF_R | PF_W, 0x5e060, 0x60060, 0x60060, 0x2f10,
		  0x2fa0, 0x1000 },
	};
	struct mtr_range ranges[] = {
		{ bias, bias + 0x18000, 0, "a", MTR_PROT_READ, true },
		{ bias + 0x18000, bias + 0x60000, 0x17000, "a", -1, false },
		{ bias + 0x60000, bias + 0x63000, 0x5e000, "a", MTR_PROT_READ,
		  true },
	};
	struct mtr_elf_file file = {
		.header.e_type = ET_DYN,
		.loads = { .at = loads, .n = 3 },
	};
	uint64_t got = 0;

	ck_assert(mtr_elf_file_bias(&file, ranges, 3, &got));
	ck_assert_uint_eq(got, bias);
	/* nothing is known of the rights */
	ranges[0].prot = ranges[2].prot = -1;
	ck_assert(mtr_elf_file_bias(&file, ranges, 3, &got));
	ck_assert_uint_eq(got, bias);
	/* the code alone */
	ck_assert(mtr_elf_file_bias(&file, ranges + 1, 1, &got));
	ck_assert_uint_eq(got, bias);
	/* a mapping of the program's own, too */
	ranges[0].prot = ranges[2].prot = MTR_PROT_READ;
	ranges[2].offset = 0x40000;
	ck_assert(mtr_elf_file_bias(&file, ranges, 3, &got));
	ck_assert_uint_eq(got, bias);
}
END_TEST

START_TEST(holes_between_segments)
{
	uint64_t at = address_of("holes", "inlined");

	ck_assert_uint_ge(fake_map_holes(target, path_of("holes"),
					 path_of("holes"), bias),
			  1);
	resolve(bias + at);
	ck_assert_uint_eq(frames.n, 3);
	ck_assert_uint_eq(frames.at[0].module->bias, bias);
	has_warnings(0, "", "");
}
END_TEST

/* What of a program is mapped a second time has the names of the first. */
START_TEST(piece_elsewhere)
{
	static const uint64_t far = UINT64_C(0x7f0000000000);
	static const char *const programs[] = { "nopie", "pie" };

	for (int i = 0; i < 2; i++) {
		uint64_t base = i ? bias : 0;
		uint64_t at = base + address_of(programs[i], "inlined");
		struct mtr_range code;

		fake_map(target, path_of(programs[i]), path_of(programs[i]),
			 base, true);
		code = *mtr_target_find(target, at);
		fake_range(target, far, far + (code.end - code.start),
			   code.offset, code.path, MTR_PROT_EXEC);
		resolve(at - code.start + far);
		has_all_frames();
		ck_assert_uint_eq(frames.at[0].module->start, far);
		ck_assert_uint_eq(frames.at[0].module->bias,
				  base + far - code.start);
		resolve(at);
		has_all_frames();
		/* that nothing tells which file it was */
		has_warnings(i ? 0 : 1, "nopie", "nothing tells");
		tear_down();
		set_up();
	}
}
END_TEST

START_TEST(piece_of_another_file)
{
	uint64_t at = address_of("pie", "inlined");

	fake_map(target, path_of("other"), path_of("pie"), bias, true);
	fake_range(target, 2 * bias, 2 * bias + 0x1000, 0x1000,
		   path_of("other"), MTR_PROT_EXEC);
	resolve(2 * bias + 0x10);
	has_no_name();
	resolve(bias + at);
	has_no_name();
	has_warnings(1, path_of("other"), "2222222222222222");
}
END_TEST

/* Behind all segments there is no hole, and one shows what stands in the file
 * at its own distance from the beginning. */
START_TEST(no_hole)
{
	uint64_t at = address_of("holes", "inlined");

	for (int behind = 0; behind < 2; behind++) {
		const struct mtr_ranges *ranges = mtr_target_ranges(target);
		uint64_t start, offset;

		fake_map(target, path_of("holes"), path_of("holes"), bias,
			 true);
		start = ranges->at[behind ? ranges->n - 1 : 0].end + 0x1000;
		offset = start - bias + (behind ? 0 : 0x1000);
		fake_range(target, start, start + 0x1000, offset,
			   path_of("holes"), -1);
		resolve(bias + at);
		has_no_name();
		has_warnings(1, "otherwise in memory", path_of("holes"));
		tear_down();
		set_up();
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
	resolve(0x1800);
	has_no_name();
	has_warnings(1, "/dev/null", "not a regular file");
	resolve(0x3800);
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
	uint64_t own_bias = 0;

	dl_iterate_phdr(find_bias, &own_bias);
	tear_down();
	target = fake_create(kind);
	fake_set_pid(target, getpid());
	fake_set_exe(target, "/nowhere/prog");
	fake_map(target, "/nowhere/prog", "/proc/self/exe", bias, true);
	return bias + (uint64_t)(uintptr_t)remove_programs - own_bias + 1;
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

	tear_down();
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
		tear_down();
		set_up();
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

START_TEST(options_that_lead_nowhere)
{
	static const struct mtr_symbols_options wrong[] = {
		{ .exe = "/nowhere" },
		{ .exe = "/dev/null" },
		{ .sysroot = "/nowhere" },
		{ .debug_dir = "/nowhere" },
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

/* ----------------------------------------------------------------- modules */

START_TEST(modules_and_their_gaps)
{
	const struct mtr_module *a, *b;

	fake_range(target, 0x10000, 0x11000, 0, "/lib/a.so", MTR_PROT_READ);
	fake_range(target, 0x11000, 0x12000, 0x1000, "/lib/a.so", -1);
	fake_range(target, 0x12000, 0x13000, 0, "/lib/b.so", MTR_PROT_READ);
	fake_range(target, 0x14000, 0x15000, 0x2000, "/lib/a.so", -1);
	fake_range(target, 0x15000, 0x16000, 0, "/lib/a.so", MTR_PROT_READ);
	fake_range(target, 0x16000, 0x17000, 0, "/lib/a.so", MTR_PROT_READ);
	fake_range(target, 0x17000, 0x18000, 0x3000, "/lib/a.so", -1);
	fake_range(target, 0x18000, 0x19000, 0x1000, "/lib/a.so", -1);
	open_with((struct mtr_symbols_options){ 0 });
	a = mtr_symbols_module(symbols, 0x10000);
	b = mtr_symbols_module(symbols, 0x12fff);
	ck_assert_str_eq(a->name, "a.so");
	ck_assert_str_eq(b->name, "b.so");
	ck_assert_ptr_eq(mtr_symbols_module(symbols, 0x14000), a);
	ck_assert_uint_eq(a->start, 0x10000);
	ck_assert_uint_eq(a->end, 0x15000);
	ck_assert_ptr_null(mtr_symbols_module(symbols, 0x13800));
	ck_assert_ptr_ne(mtr_symbols_module(symbols, 0x15000), a);
	b = mtr_symbols_module(symbols, 0x16000);
	ck_assert_ptr_ne(mtr_symbols_module(symbols, 0x15000), b);
	ck_assert_ptr_eq(mtr_symbols_module(symbols, 0x17000), b);
	ck_assert_ptr_ne(mtr_symbols_module(symbols, 0x18000), b);
}
END_TEST

static Suite *symbols_suite(void)
{
	Suite *suite = suite_create("symbols");
	TCase *tests = tcase_create("symbols");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, inlined_frames);
	tcase_add_test(tests, fixed_address);
	tcase_add_test(tests, first_address_not_zero);
	tcase_add_test(tests, no_aranges);
	tcase_add_test(tests, symbol_table_alone);
	tcase_add_test(tests, stripped_has_no_wrong_name);
	tcase_add_test(tests, demangled_member);
	tcase_add_test(tests, outside_of_modules);
	tcase_add_test(tests, bias_without_the_file);
	tcase_add_test(tests, other_build_id);
	tcase_add_test(tests, nothing_to_check);
	tcase_add_test(tests, no_build_id_but_other_header);
	tcase_add_test(tests, other_layout);
	tcase_add_test(tests, page_of_two_segments);
	tcase_add_test(tests, holes_between_segments);
	tcase_add_test(tests, piece_elsewhere);
	tcase_add_test(tests, piece_of_another_file);
	tcase_add_test(tests, no_hole);
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
	tcase_add_test(tests, options_that_lead_nowhere);
	tcase_add_test(tests, no_server_is_asked);
	tcase_add_test(tests, modules_and_their_gaps);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	snprintf(dir, sizeof(dir), "%s/tests/inspect/tmp.symbols.%d",
		 env("MTR_BUILD", "."), getpid());
	snprintf(source, sizeof(source), "%s/tests/inspect/sample.c",
		 env("MTR_SRC", "."));
	snprintf(source_cxx, sizeof(source_cxx), "%s/tests/inspect/sample.cc",
		 env("MTR_SRC", "."));
	tester = getpid();
	atexit(remove_programs);
	shell("mkdir -p %s", dir);
	compile_all();
	return run_suite(symbols_suite());
}
