/* SPDX-License-Identifier: MIT */
/*
 * The programs whose symbols are looked for. See symbols_fixture.h.
 */
#include "symbols_fixture.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fake_target.h"
#include "suite.h"

struct mtr_target *target;
struct mtr_symbols *symbols;
struct mtr_frames frames;
char source[512], source_cxx[512];

static pid_t tester;
static char dir[256];

/* ---------------------------------------------------------------- programs */

void shell(const char *format, ...)
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

const char *env(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && value[0] ? value : otherwise;
}

static void compile(const char *name, const char *flags)
{
	shell("%s -O2 %s -o %s/%s %s", env("MTR_CC", "cc"), flags, dir, name,
	      source);
}

const char *path_of(const char *name)
{
	static char paths[4][512];
	static int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

void remove_programs(void)
{
	if (getpid() == tester)
		shell("rm -rf %s", dir);
}

/*
 * A program without DWARF of its own, but for one unit that covers all of its
 * code and holds what @add writes.
 */
static void compile_unit(const char *name, void (*add)(FILE *f))
{
	FILE *f = fopen(path_of("unit.s"), "w");
	char flags[600];

	if (!f)
		exit(99);
	fputs(".section .debug_abbrev,\"\",%progbits\n"
	      /* a unit of all addresses */
	      ".uleb128 1, 0x11\n.byte 1\n"
	      ".uleb128 0x11, 0x01, 0x12, 0x07, 0, 0\n"
	      /* a namespace with a sibling, one without children */
	      ".uleb128 2, 0x39\n.byte 1\n.uleb128 0x01, 0x13, 0, 0\n"
	      ".uleb128 3, 0x39\n.byte 0\n.uleb128 0, 0\n"
	      /* a subprogram with ranges */
	      ".uleb128 4, 0x2e\n.byte 0\n.uleb128 0x55, 0x17, 0, 0\n"
	      /* a subprogram with a name and addresses */
	      ".uleb128 5, 0x2e\n.byte 0\n"
	      ".uleb128 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0, 0\n"
	      ".byte 0\n"
	      ".section .debug_info,\"\",%progbits\n"
	      ".Lunit: .4byte .Lend - .Lversion\n"
	      ".Lversion: .2byte 4\n.4byte .debug_abbrev\n.byte 8\n"
	      ".uleb128 1\n.8byte 0x1000\n.8byte 0x1000000\n",
	      f);
	add(f);
	fputs(".byte 0\n.Lend:\n"
	      ".section .note.GNU-stack,\"\",%progbits\n",
	      f);
	if (fclose(f) != 0)
		exit(99);
	snprintf(flags, sizeof(flags),
		 "-g0 -fPIE -pie -Wl,--build-id=0x4444444444444444 %s",
		 path_of("unit.s"));
	compile(name, flags);
}

/* Each namespace says that what follows it is its first child. */
static void add_doubling(FILE *f)
{
	enum { LEVELS = 60 };

	for (int i = 0; i < LEVELS; i++)
		fprintf(f, ".Ld%d: .uleb128 2\n.4byte .Ld%d - .Lunit\n", i,
			i + 1);
	fprintf(f, ".Ld%d: .uleb128 3\n", LEVELS);
	for (int i = 0; i < LEVELS; i++)
		fputs(".byte 0\n", f);
}

/* Many functions that all have one long list of ranges. */
static void add_ranges(FILE *f)
{
	enum { MANY = 8000 };

	for (int i = 0; i < MANY; i++)
		fputs(".uleb128 4\n.4byte 0\n", f);
	fputs(".byte 0\n.section .debug_ranges,\"\",%progbits\n", f);
	for (int i = 0; i < MANY; i++)
		fprintf(f, ".8byte %d, %d\n", 0x100000 + 16 * i,
			0x100008 + 16 * i);
	fputs(".8byte 0, 0\n.section .debug_info\n", f);
}

/* What a linker dropped begins at 0 or at 1, and may reach far. */
static void add_dropped(FILE *f)
{
	for (int at = 0; at < 2; at++)
		fprintf(f,
			".uleb128 5\n.asciz \"dropped\"\n.8byte %d\n"
			".8byte 0x1000000\n",
			at);
}

/* Its DWARF is in split.dwo, beside it. */
static void compile_split(void)
{
	shell("%s -O2 -g -gsplit-dwarf -fPIE -c -o %s %s", env("MTR_CC", "cc"),
	      path_of("split.o"), source);
	shell("%s -pie -Wl,--build-id=0x5555555555555555 -o %s %s",
	      env("MTR_CC", "cc"), path_of("split"), path_of("split.o"));
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
	compile_unit("doubling", add_doubling);
	compile_unit("ranges", add_ranges);
	compile_unit("dropped", add_dropped);
	compile_split();
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
uint64_t address_of(const char *name, const char *tag)
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

void setup(void)
{
	target = fake_create(MTR_TARGET_CORE);
}

void teardown(void)
{
	mtr_symbols_close(symbols);
	symbols = NULL;
	mtr_frames_fini(&frames);
	mtr_target_close(target);
}

void open_with(struct mtr_symbols_options options)
{
	mtr_auto_error struct mtr_error *error =
		mtr_symbols_open(target, &options, &symbols);

	ck_assert_msg(!error, "%s", error ? mtr_error_text(error) : "");
}

void resolve(uint64_t pc)
{
	frames.n = 0;
	if (!symbols)
		open_with((struct mtr_symbols_options){ 0 });
	ck_assert_ptr_null(mtr_symbols_resolve(symbols, pc, &frames));
	ck_assert_uint_ge(frames.n, 1);
}

void has_frame(size_t i, const char *function, const char *tag)
{
	const struct mtr_frame *f = &frames.at[i];

	ck_assert_uint_lt(i, frames.n);
	ck_assert_str_eq(f->function ? f->function : "(none)", function);
	ck_assert_str_eq(f->file ? f->file : "(none)", source);
	ck_assert_int_eq(f->line, line_of(tag));
	ck_assert_int_eq(f->inlined, i + 1 < frames.n);
	ck_assert_ptr_nonnull(f->module);
}

void has_no_name(void)
{
	ck_assert_uint_eq(frames.n, 1);
	ck_assert_ptr_nonnull(frames.at[0].module);
	ck_assert_ptr_null(frames.at[0].function);
	ck_assert_ptr_null(frames.at[0].file);
}

void has_warnings(size_t n, const char *part, const char *other)
{
	const struct mtr_strings *w = mtr_target_warnings(target);

	ck_assert_msg(w->n == n, "%zu warnings, the first: %s", w->n,
		      w->n ? w->at[0] : "");
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(strstr(w->at[i], part) && strstr(w->at[i], other),
			      "%s", w->at[i]);
}

void has_all_frames(void)
{
	ck_assert_uint_eq(frames.n, 3);
	has_frame(0, "inner", "inner");
	has_frame(1, "outer", "outer");
	has_frame(2, "host", "host");
}

void has_whole_chain(void)
{
	has_all_frames();
	has_warnings(0, "", "");
}

/* ------------------------------------------------------------------- suite */

int run_symbols(Suite *suite, const char *name)
{
	snprintf(dir, sizeof(dir), "%s/tests/inspect/tmp.%s.%d",
		 env("MTR_BUILD", "."), name, getpid());
	snprintf(source, sizeof(source), "%s/tests/inspect/sample.c",
		 env("MTR_SRC", "."));
	snprintf(source_cxx, sizeof(source_cxx), "%s/tests/inspect/sample.cc",
		 env("MTR_SRC", "."));
	tester = getpid();
	atexit(remove_programs);
	shell("mkdir -p %s", dir);
	compile_all();
	return run_suite(suite);
}
