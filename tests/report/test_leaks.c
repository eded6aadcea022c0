/* SPDX-License-Identifier: MIT */
/* Leaks put together, suppressed, and as each writer has them. */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "report/root_name.h"

static struct mtr_heap_view *s;
static struct mtr_leaks leaks;

/* 0x1000 <-> 0x1030 is a cycle with 0x2000 on it; 0x5000 was pointed to; 0x3000
 * is alone. */
static struct mtr_lost lost[] = {
	{ .block = 0, .leader = 0, .cycle = true },
	{ .block = 1, .leader = 0 },
	{ .block = 2, .leader = 0 },
	{ .block = 3, .leader = 3 },
	{ .block = 5,
	  .leader = 5,
	  .hint = { .kind = MTR_HINT_STALE,
		    .place = MTR_PLACE_BELOW,
		    .thread = 1,
		    .block = MTR_NO_BLOCK,
		    .addr = 0x7008 } },
};

static const struct mtr_lost_list list = { .at = lost, .n = 5, .room = 5 };

static struct mtr_thread threads_at[] = { { .tid = 10, .name = "main" },
					  { .tid = 11, .name = "worker" } };
static const struct mtr_threads threads = { .at = threads_at, .n = 2 };
static const struct mtr_roots roots = { .threads = &threads };

static void setup(void)
{
	s = sample_create();
}

static void teardown(void)
{
	mtr_leaks_fini(&leaks);
	sample_destroy(s);
	sample_has_stacks = false;
}

static void make(const struct mtr_filter_spec *spec,
		 struct mtr_suppressions *suppressions)
{
	struct mtr_filter filter;

	ck_assert_ptr_null(mtr_filter_init(s, spec, &filter));
	ck_assert_ptr_null(mtr_leaks_make(s, &list, &roots, &filter,
					  suppressions, &leaks));
	mtr_filter_fini(&filter);
}

static void sum_is(const struct mtr_sum *sum, uint64_t blocks, uint64_t bytes)
{
	ck_assert_uint_eq(sum->blocks, blocks);
	ck_assert_uint_eq(sum->bytes, bytes);
}

static void group_is(size_t i, enum mtr_leak_kind kind, uint32_t example,
		     uint64_t blocks, uint64_t hanging)
{
	const struct mtr_leak_group *g = &leaks.groups.at[i];

	ck_assert_uint_lt(i, leaks.groups.n);
	ck_assert_int_eq(g->kind, kind);
	ck_assert_uint_eq(g->example->block, example);
	ck_assert_uint_eq(g->sum.blocks, blocks);
	ck_assert_uint_eq(g->indirect.blocks, hanging);
}

/* main at line 10 has the head and one that hangs from it. */
START_TEST(groups_by_caller)
{
	make(&MTR_FILTER_ALL, NULL);
	sum_is(&leaks.definite, 3, 19 + 8 + 50);
	sum_is(&leaks.indirect, 2, 119);
	sum_is(&leaks.suppressed, 0, 0);
	ck_assert_uint_eq(leaks.groups.n, 5);
	group_is(0, MTR_LEAK_DEFINITE, 0, 1, 2);
	ck_assert(leaks.groups.at[0].cycle);
	group_is(1, MTR_LEAK_DEFINITE, 5, 1, 0);
	group_is(2, MTR_LEAK_DEFINITE, 3, 1, 0);
	ck_assert(!leaks.groups.at[2].cycle);
	group_is(3, MTR_LEAK_INDIRECT, 1, 1, 0);
	group_is(4, MTR_LEAK_INDIRECT, 2, 1, 0);
}
END_TEST

/* Of one stack, though their callers differ. */
START_TEST(groups_by_stack)
{
	sample_has_stacks = true;
	teardown();
	sample_has_stacks = true;
	setup();
	make(&MTR_FILTER_ALL, NULL);
	ck_assert_uint_eq(leaks.groups.n, 5);
	ck_assert_ptr_nonnull(leaks.groups.at[0].stack);
	ck_assert_uint_eq(leaks.groups.at[0].stack->id, 100);
}
END_TEST

START_TEST(filters_leave_out)
{
	struct mtr_filter_spec spec = MTR_FILTER_ALL_INIT;

	spec.min_size = 50;
	make(&spec, NULL);
	sum_is(&leaks.definite, 1, 50);
	sum_is(&leaks.indirect, 1, 100);
	sum_is(&leaks.left_out, 3, 46);
	ck_assert_uint_eq(leaks.groups.n, 2);
}
END_TEST

/* The example is the one with something to say. */
START_TEST(example_has_a_hint)
{
	lost[3].block = 2;
	lost[2].block = 3;
	lost[2].leader = 3;
	lost[3].leader = 2;
	lost[3].hint = (struct mtr_hint){ .kind = MTR_HINT_STALE,
					  .place = MTR_PLACE_HEAP,
					  .block = MTR_NO_BLOCK };
	make(&MTR_FILTER_ALL, NULL);
	ck_assert_uint_eq(leaks.definite.blocks, 4);
	for (size_t i = 0; i < leaks.groups.n; i++)
		if (leaks.groups.at[i].sum.blocks == 2)
			ck_assert_uint_eq(leaks.groups.at[i].example->block, 2);
	lost[2] = (struct mtr_lost){ .block = 2, .leader = 0 };
	lost[3] = (struct mtr_lost){ .block = 3, .leader = 3 };
}
END_TEST

/* --------------------------------------------------------- suppressions */

static void parse(const char *text, struct mtr_suppressions *ret)
{
	ck_assert_ptr_null(mtr_suppressions_parse(text, strlen(text), ret));
}

static void suppressed(const char *text, uint64_t blocks)
{
	struct mtr_suppressions v;

	parse(text, &v);
	make(&MTR_FILTER_ALL, &v);
	ck_assert_uint_eq(leaks.suppressed.blocks, blocks);
	ck_assert_uint_eq(leaks.suppressed.blocks + leaks.definite.blocks +
				  leaks.indirect.blocks,
			  5);
	mtr_suppressions_fini(&v);
	mtr_leaks_fini(&leaks);
}

START_TEST(by_function_file_and_module)
{
	suppressed("", 0);
	suppressed("leak:nothing\n", 0);
	suppressed("leak:^main$\n", 3);
	suppressed("leak:app.c", 3);
	suppressed("leak:/lib/*.so$", 1);
	suppressed("leak:^libx.so$", 1);
	suppressed("# leak:main\n\n  \t\n leak:^libx \r\n", 1);
	suppressed("leak:nothing\nleak:libx\nleak:main", 4);
}
END_TEST

START_TEST(lines_that_are_none)
{
	static const char *const bad[] = { "leak:", "race:x", "x", "leak x" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct mtr_suppressions v;
		struct mtr_error *error =
			mtr_suppressions_parse(bad[i], strlen(bad[i]), &v);

		ck_assert_ptr_nonnull(error);
		ck_assert_ptr_nonnull(
			strstr(mtr_error_text(error), "line 1 is not"));
		mtr_error_destroy(error);
	}
}
END_TEST

START_TEST(patterns)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} all[] = {
		{ "foo", "foo", true },	      { "foo", "a foo b", true },
		{ "foo", "fo", false },	      { "^foo", "foobar", true },
		{ "^foo", "a foo", false },   { "foo$", "a foo", true },
		{ "foo$", "foobar", false },  { "^foo$", "foo", true },
		{ "^foo$", "foofoo", false }, { "f*o", "a f and o", true },
		{ "^f*o$", "f and o", true }, { "^f*o$", "f and ox", false },
		{ "a*b*c", "a c b", false },  { "a*b*c", "xaxbxcx", true },
		{ "*", "anything", true },    { "^ab*b$", "ab", false },
		{ "^ab*b$", "abb", true },    { "a**b", "acb", true },
		{ "a$b", "a$b", true },	      { "foo*$", "foo", true },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		ck_assert_msg(
			mtr_pattern_matches(all[i].pattern, all[i].text) ==
				all[i].matches,
			"'%s' and '%s'", all[i].pattern, all[i].text);
}
END_TEST

/* ---------------------------------------------------------------- answers */

static int take(void *to, const char *bytes, size_t n)
{
	mtr_strbuf_add_bytes(to, bytes, n);
	return 0;
}

static char *answer(const struct mtr_writer_ops *ops, bool blocks)
{
	struct mtr_out *out = calloc(1, sizeof(*out));
	struct mtr_strbuf text = { 0 };
	struct mtr_writer w = { .ops = ops, .out = out, .s = s };

	out->take = take;
	out->to = &text;
	make(&MTR_FILTER_ALL, NULL);
	*mtr_strings_push(&leaks.missing) = strdup("0x1-0x2, /a\"b");
	if (blocks)
		ops->lost(&w, &leaks);
	else
		ops->leaks(&w, &leaks);
	mtr_out_flush(out);
	mtr_writer_fini(&w);
	free(out);
	return text.text;
}

#define STALE                                                         \
	"a stale pointer to it at 0x7008, in the unused part of the " \
	"stack of thread 11 (worker)"

START_TEST(as_csv)
{
	sample_same(
		answer(&mtr_write_csv, false),
		"kind,key,module,bytes,blocks,indirect_bytes,indirect_blocks,"
		"example,cycle,note,function,file,line\n"
		"definite,main,app,19,1,119,2,0x1000,1,,main,app.c,10\n"
		"definite,0x9999,,50,1,0,0,0x5000,0,\"" STALE "\",0x9999,,0\n"
		"definite,libx.so+0x1233,libx.so,8,1,0,0,0x3000,0,,"
		"libx.so+0x1233,,0\n"
		"indirect,main,app,100,1,0,0,0x1030,0,,main,app.c,20\n"
		"indirect,main,app,19,1,0,0,0x2000,0,,main,app.c,10\n");
	mtr_leaks_fini(&leaks);
	sample_same(answer(&mtr_write_csv, true),
		    "addr,size,kind,leader,note,function,module,stack_id\n"
		    "0x1000,19,definite,0x1000,,main,app,0\n"
		    "0x1030,100,indirect,0x1000,,main,app,0\n"
		    "0x2000,19,indirect,0x1000,,main,app,0\n"
		    "0x3000,8,definite,0x3000,,libx.so+0x1233,libx.so,0\n"
		    "0x5000,50,definite,0x5000,\"" STALE "\",0x9999,,0\n");
}
END_TEST

static void text_has(char *text, const char *part)
{
	ck_assert_msg(strstr(text, part), "no '%s' in:\n%s", part, text);
}

START_TEST(as_json)
{
	char *text = answer(&mtr_write_json, false);

	text_has(text, "{\"schema\":1,\"command\":\"leaks\",\"target\":"
		       "\"app.core\",\"filters\":{},\"totals\":{\"definite\":"
		       "{\"blocks\":3,\"bytes\":77},\"indirect\":{\"blocks\":2,"
		       "\"bytes\":119}},\"suppressed\":{\"blocks\":0,\"bytes\":"
		       "0},\"left_out\":{\"blocks\":0,\"bytes\":0},\n"
		       "\"groups\":[\n");
	text_has(text, "{\"kind\":\"definite\",\"key\":\"main\",\"blocks\":1,"
		       "\"bytes\":19,\"indirect\":{\"blocks\":2,\"bytes\":119},"
		       "\"example\":\"0x1000\",\"cycle\":true,\"note\":\"\","
		       "\"stack\":[{\"pc\":\"0x401010\",\"function\":\"main\","
		       "\"file\":\"app.c\",\"line\":10,\"module\":\"app\"}]}");
	text_has(text, "\"note\":\"" STALE "\"");
	text_has(text, "\"missing\":[\"0x1-0x2, /a\\\"b\"]");
	free(text);
	mtr_leaks_fini(&leaks);
	text = answer(&mtr_write_json, true);
	text_has(text, "{\"schema\":1,\"command\":\"leaks\",\"addr\":\"0x1030\""
		       ",\"size\":100,\"kind\":\"indirect\",\"leader\":"
		       "\"0x1000\",\"note\":\"\",\"function\":\"main\","
		       "\"module\":\"app\",\"stack_id\":0}\n");
	free(text);
}
END_TEST

START_TEST(as_text)
{
	char *text = answer(&mtr_write_text, false);

	text_has(text, "definite      3 blocks, 77 bytes\n"
		       "indirect      2 blocks, 119 bytes, hang from lost "
		       "blocks\n"
		       "not in it     0x1-0x2, /a\"b\n"
		       "              (what only these point to looks lost)\n");
	text_has(text, "\n      LOST    BLOCKS   INDIRECT    BLOCKS  BY\n"
		       "      19 B         1      119 B         2  main  [app] "
		       "at app.c:10\n"
		       "            at 0x1000, a lost cycle\n"
		       "      50 B         1        0 B         0  0x9999\n"
		       "            at 0x5000\n"
		       "            " STALE "\n");
	text_has(text, "\n  INDIRECT    BLOCKS  BY\n"
		       "     100 B         1  main  [app] at app.c:20\n"
		       "            at 0x1030\n");
	free(text);
	mtr_leaks_fini(&leaks);
	text = answer(&mtr_write_text, true);
	text_has(text,
		 "       ADDRESS      SIZE KIND             LEADER  OWNER\n"
		 "        0x1000        19 definite         0x1000  main\n"
		 "        0x1030       100 indirect         0x1000  "
		 "main\n");
	text_has(text, "0x9999; " STALE "\n");
	free(text);
}
END_TEST

static void place_is(enum mtr_place place, const char *want)
{
	struct mtr_strbuf b = { 0 };

	mtr_root_name(&b, s, &roots, place, 0, 0x7008);
	ck_assert_str_eq(mtr_strbuf_text(&b), want);
	mtr_strbuf_fini(&b);
}

START_TEST(places)
{
	place_is(MTR_PLACE_REGISTERS, "a register of thread 10 (main)");
	place_is(MTR_PLACE_STACK, "the stack of thread 10 (main)");
	place_is(MTR_PLACE_ENDED, "the stack of a thread that has ended");
	place_is(MTR_PLACE_HEAP, "free memory of the heap");
	place_is(MTR_PLACE_MAPPING, "an anonymous mapping");
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, groups_by_caller);
	tcase_add_test(t, groups_by_stack);
	tcase_add_test(t, filters_leave_out);
	tcase_add_test(t, example_has_a_hint);
	tcase_add_test(t, by_function_file_and_module);
	tcase_add_test(t, lines_that_are_none);
	tcase_add_test(t, patterns);
	tcase_add_test(t, as_csv);
	tcase_add_test(t, as_json);
	tcase_add_test(t, as_text);
	tcase_add_test(t, places);
}

int main(void)
{
	return sample_run("leaks", add);
}
