/* SPDX-License-Identifier: MIT */
/*
 * Symbols of programs that are compiled here, in all the ways in which a file
 * can lie in memory.
 */
#include "symbols/symbols.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "fake_target.h"
#include "symbols/elf_file.h"
#include "suite.h"
#include "symbols_fixture.h"

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
#ifdef HAVE_LIBIBERTY
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

/* Frame @i has a name that begins and ends so; clang's have parameters, which
 * come last. */
static void has_parts(size_t i, const char *begin, const char *end)
{
	const char *name = frames.at[i].function;

	ck_assert_uint_lt(i, frames.n);
	ck_assert_ptr_nonnull(name);
	ck_assert_msg(!strncmp(name, begin, strlen(begin)) && strstr(name, end),
		      "%s", name);
}

/* Each is known by where it stands, or all lambdas would be one. */
START_TEST(qualified_names)
{
	char first[256];

	if (!env("MTR_CXX", "")[0])
		return;
#ifdef HAVE_LIBIBERTY
	fake_map(target, path_of("cxx"), path_of("cxx"), bias, false);
	resolve(bias + address_of("cxx", "till"));
	ck_assert_uint_eq(frames.n, 2);
	has_parts(0, "shop::(anonymous namespace)::till::open", "");
	ck_assert_str_eq(frames.at[1].function, "shop::count(int)");
	resolve(bias + address_of("cxx", "lambda"));
	ck_assert_uint_eq(frames.n, 2);
	has_parts(0, "shop::count(int)::", "::operator()");
	ck_assert_ptr_nonnull(strpbrk(frames.at[0].function, "{$"));
	snprintf(first, sizeof(first), "%s", frames.at[0].function);
	for (int i = 0; i < 2; i++) {
		resolve(bias + address_of("cxx", i ? "second" : "first"));
		ck_assert_uint_eq(frames.n, 3);
		has_parts(0, "shop::count(int)::", "::operator()");
		ck_assert_str_ne(frames.at[0].function, first);
		ck_assert_ptr_nonnull(
			strstr(frames.at[1].function, "shop::twice<"));
	}
	has_warnings(1, "cxx", "nothing tells");
#endif
}
END_TEST

/* ----------------------------------------------------------------- hostile */

/* Debug information that is no larger than others', and without a bound would
 * take for ever, or all memory. */
static void is_bounded(const char *name)
{
	fake_map(target, path_of(name), path_of(name), bias, true);
	resolve(bias + address_of(name, "plain"));
	ck_assert_uint_eq(frames.n, 1);
	ck_assert_str_eq(frames.at[0].function, "plain");
	has_warnings(1, name, "debug information");
}

START_TEST(sibling_is_child)
{
	is_bounded("doubling");
}
END_TEST

START_TEST(one_list_of_ranges)
{
	is_bounded("ranges");
}
END_TEST

START_TEST(dropped_functions)
{
	fake_map(target, path_of("dropped"), path_of("dropped"), bias, true);
	resolve(bias + address_of("dropped", "plain"));
	ck_assert_uint_eq(frames.n, 1);
	ck_assert_str_eq(frames.at[0].function, "plain");
	has_warnings(0, "", "");
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
	teardown();
	setup();
	fake_map(target, "/no/such/high", path_of("high"), bias, true);
	resolve(bias + address_of("high", "inlined"));
	ck_assert_uint_eq(frames.at[0].module->bias, bias);
	teardown();
	setup();
	/* not even its headers */
	fake_map(target, "/no/such/nopie", path_of("nopie"), 0, false);
	resolve(at);
	has_no_name();
	ck_assert_uint_eq(frames.at[0].module->bias,
			  frames.at[0].module->start);
}
END_TEST

/* ------------------------------------------------------------------ layout */

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
		teardown();
		setup();
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
		teardown();
		setup();
	}
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

/* Pieces of many files, of which not one begins and not one is there. */
START_TEST(many_modules)
{
	enum { MANY = 60000 };
	char path[32];
	const struct mtr_strings *w;

	for (uint64_t i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "/nowhere/%d.so", (int)i);
		fake_range(target, 0x1000 * (i + 1), 0x1000 * (i + 2), 0x1000,
			   path, MTR_PROT_EXEC);
	}
	for (uint64_t i = 0; i < MANY; i++) {
		resolve(0x1000 * (i + 1) + 0x10);
		has_no_name();
	}
	snprintf(path, sizeof(path), "%d.so", MANY - 1);
	ck_assert_str_eq(frames.at[0].module->name, path);
	w = mtr_target_warnings(target);
	ck_assert_uint_eq(w->n, 21);
	ck_assert_ptr_nonnull(strstr(w->at[19], "no names for 19.so: "));
	ck_assert_ptr_nonnull(strstr(w->at[20], "more modules"));
}
END_TEST

/* The pieces of a module are found with some others between, but not any number
 * of them. */
START_TEST(modules_between_pieces)
{
	enum { FEW = 6, MANY = 20 };
	static char names[MANY][16];
	uint64_t at = 0x10000;
	const struct mtr_module *a;

	for (int i = 0; i < MANY; i++)
		snprintf(names[i], sizeof(names[i]), "/lib/%d.so", i);
	fake_range(target, at, at + 0x1000, 0, "/lib/a.so", MTR_PROT_READ);
	for (int i = 0; i < FEW; i++)
		fake_range(target, at + 0x1000 * (i + 1), at + 0x1000 * (i + 2),
			   0, names[i], -1);
	at += 0x1000 * (FEW + 1);
	fake_range(target, at, at + 0x1000, 0x1000, "/lib/a.so", -1);
	for (int i = 0; i < MANY; i++)
		fake_range(target, at + 0x1000 * (i + 1), at + 0x1000 * (i + 2),
			   0, names[i], -1);
	open_with((struct mtr_symbols_options){ 0 });
	a = mtr_symbols_module(symbols, 0x10000);
	ck_assert_str_eq(a->name, "a.so");
	ck_assert_ptr_eq(mtr_symbols_module(symbols, at), a);
	ck_assert_uint_eq(a->end, at + 0x1000);
	ck_assert_str_eq(mtr_symbols_module(symbols, 0x11000)->name, "0.so");
}
END_TEST

/* dlmopen() loads a library twice. */
START_TEST(twins)
{
	const struct mtr_module *first;

	fake_map(target, path_of("pie"), path_of("pie"), bias, true);
	fake_map(target, path_of("pie"), path_of("pie"), 2 * bias, true);
	/* says that it is the same file, and is not */
	fake_map(target, path_of("pie"), path_of("other"), 3 * bias, true);
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
	first = frames.at[0].module;
	resolve(2 * bias + address_of("pie", "inlined"));
	has_whole_chain();
	ck_assert_ptr_ne(frames.at[0].module, first);
	ck_assert_uint_eq(frames.at[0].module->bias, 2 * bias);
	ck_assert(mtr_module_same(frames.at[0].module, first));
	resolve(3 * bias + address_of("pie", "inlined"));
	has_no_name();
	ck_assert(!mtr_module_same(frames.at[0].module, first));
	has_warnings(1, "1111111111111111", "2222222222222222");
}
END_TEST

/* A file, not a place in memory, and by its build-id before its path. */
START_TEST(identity)
{
	struct mtr_module a = { .path = "/lib/a.so", .start = 1 };
	struct mtr_module b = { .path = "/lib/a.so", .start = 2 };
	struct mtr_module c = { .path = "/lib/c.so", .start = 1 };

	ck_assert(mtr_module_same(NULL, NULL));
	ck_assert(!mtr_module_same(&a, NULL));
	ck_assert(!mtr_module_same(NULL, &a));
	ck_assert(mtr_module_same(&a, &b));
	ck_assert_uint_eq(mtr_module_hash(&a), mtr_module_hash(&b));
	ck_assert(!mtr_module_same(&a, &c));
	ck_assert_uint_ne(mtr_module_hash(&a), mtr_module_hash(&c));
	a.build_id = (struct mtr_build_id){ { 1, 2, 3 }, 3 };
	ck_assert(!mtr_module_same(&a, &b));
	ck_assert(!mtr_module_same(&b, &a));
	c.build_id = a.build_id;
	ck_assert(mtr_module_same(&a, &c));
	ck_assert_uint_eq(mtr_module_hash(&a), mtr_module_hash(&c));
	b.build_id = (struct mtr_build_id){ { 1, 2, 4 }, 3 };
	ck_assert(!mtr_module_same(&a, &b));
	ck_assert_uint_ne(mtr_module_hash(&a), mtr_module_hash(&b));
}
END_TEST

/* What was told of before stays good when the process is read again. */
START_TEST(read_again)
{
	struct mtr_target *before = target;
	const struct mtr_module *kept;
	struct mtr_frame old;

	fake_map(target, path_of("pie"), path_of("pie"), bias, true);
	fake_map(target, path_of("other"), path_of("other"), 2 * bias, true);
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
	old = frames.at[2];
	kept = old.module;
	resolve(2 * bias + address_of("other", "plain"));
	ck_assert_str_eq(frames.at[0].module->name, "other");

	/* one has gone, one has come, one lies somewhere else as well */
	target = fake_create(MTR_TARGET_CORE);
	fake_map(target, path_of("pie"), path_of("pie"), bias, true);
	fake_map(target, path_of("holes"), path_of("holes"), 2 * bias, true);
	fake_map(target, path_of("pie"), path_of("pie"), 3 * bias, true);
	ck_assert_ptr_null(mtr_symbols_follow(symbols, target, NULL, 0));
	mtr_target_close(before);
	ck_assert_str_eq(old.function, "host");
	ck_assert_str_eq(old.file, source);
	ck_assert_str_eq(kept->path, path_of("pie"));
	resolve(bias + address_of("pie", "inlined"));
	has_whole_chain();
	ck_assert_ptr_eq(frames.at[0].module, kept);
	ck_assert_ptr_eq(frames.at[2].function, old.function);
	resolve(2 * bias + address_of("holes", "inlined"));
	has_whole_chain();
	ck_assert_str_eq(frames.at[0].module->name, "holes");
	resolve(3 * bias + address_of("pie", "inlined"));
	has_whole_chain();
	ck_assert_ptr_ne(frames.at[0].module, kept);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("symbols");
	TCase *tests = tcase_create("symbols");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 600);
	tcase_add_test(tests, inlined_frames);
	tcase_add_test(tests, fixed_address);
	tcase_add_test(tests, first_address_not_zero);
	tcase_add_test(tests, no_aranges);
	tcase_add_test(tests, symbol_table_alone);
	tcase_add_test(tests, stripped_has_no_wrong_name);
	tcase_add_test(tests, demangled_member);
	tcase_add_test(tests, qualified_names);
	tcase_add_test(tests, sibling_is_child);
	tcase_add_test(tests, one_list_of_ranges);
	tcase_add_test(tests, dropped_functions);
	tcase_add_test(tests, outside_of_modules);
	tcase_add_test(tests, bias_without_the_file);
	tcase_add_test(tests, page_of_two_segments);
	tcase_add_test(tests, holes_between_segments);
	tcase_add_test(tests, piece_elsewhere);
	tcase_add_test(tests, piece_of_another_file);
	tcase_add_test(tests, no_hole);
	tcase_add_test(tests, modules_and_their_gaps);
	tcase_add_test(tests, many_modules);
	tcase_add_test(tests, modules_between_pieces);
	tcase_add_test(tests, twins);
	tcase_add_test(tests, identity);
	tcase_add_test(tests, read_again);
	suite_add_tcase(suite, tests);
	return run_symbols(suite, "symbols");
}
