/* SPDX-License-Identifier: MIT */
/*
 * Blocks that have call stacks: what they are put down to, and every answer.
 */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/name.h"
#include "write/text_words.h"

/* Without what stands above the table, which has tests of its own. */
static void is_table(char *text, const char *want)
{
	char *table = strstr(text, "\n\n");

	ck_assert_ptr_nonnull(table);
	memmove(text, table + 2, strlen(table + 2) + 1);
	sample_same(text, want);
}

/* The only line of @text that has @part. */
static void has(char *text, const char *part)
{
	ck_assert_msg(strstr(text, part), "no '%s' in:\n%s", part, text);
	free(text);
}

static char *csv(enum mtr_by by)
{
	return sample_report(&mtr_write_csv, by, MTR_SORT_BYTES, 0, 0);
}

START_TEST(owners)
{
	sample_same(csv(MTR_BY_FUNCTION),
		    "key,module,bytes,blocks,usable,slack,function,file,line\n"
		    "\"f(int, \"\"x\"\")\",app,638,4,1216,514,\"f(int, "
		    "\"\"x\"\")\",\"dir/h,1.h\",5\n"
		    "0x9999,,50,1,72,6,0x9999,,0\n"
		    "main,libx.so,10,1,40,14,main,,0\n"
		    "libx.so+0x1233,libx.so,8,1,24,0,libx.so+0x1233,,0\n"
		    "(corrupt),,0,1,64,0,(corrupt),,0\n");
}
END_TEST

START_TEST(callers)
{
	sample_same(csv(MTR_BY_CALLER),
		    "key,module,bytes,blocks,usable,slack,function,file,line\n"
		    "app+0x102f,app,519,2,1056,505,\"f(int, "
		    "\"\"x\"\")\",\"dir/h,1.h\",5\n"
		    "app+0x103f,app,119,2,160,9,xmalloc,x.c,3\n"
		    "0x9999,,50,1,72,6,0x9999,,0\n"
		    "libx.so+0x1fff,libx.so,10,1,40,14,main,,0\n"
		    "libx.so+0x1233,libx.so,8,1,24,0,libx.so+0x1233,,0\n"
		    "(corrupt),,0,1,64,0,(corrupt),,0\n");
}
END_TEST

START_TEST(lines_and_modules)
{
	sample_same(csv(MTR_BY_LINE),
		    "key,module,bytes,blocks,usable,slack,function,file,line\n"
		    "\"dir/h,1.h:5\",app,638,4,1216,514,\"f(int, "
		    "\"\"x\"\")\",\"dir/h,1.h\",5\n"
		    "0x9999,,50,1,72,6,0x9999,,0\n"
		    "main,libx.so,10,1,40,14,main,,0\n"
		    "libx.so+0x1233,libx.so,8,1,24,0,libx.so+0x1233,,0\n"
		    "(corrupt),,0,1,64,0,(corrupt),,0\n");
	sample_same(
		csv(MTR_BY_MODULE),
		"key,module,bytes,blocks,usable,slack,function,file,line\n"
		"app,app,638,4,1216,514,\"f(int, \"\"x\"\")\",\"dir/h,1.h\",5\n"
		"(no module),,50,1,72,6,0x9999,,0\n"
		"libx.so,libx.so,18,2,64,14,main,,0\n"
		"(corrupt),,0,1,64,0,(corrupt),,0\n");
}
END_TEST

START_TEST(stacks_csv)
{
	sample_same(
		csv(MTR_BY_STACK),
		"key,module,bytes,blocks,usable,slack,function,file,line\n"
		"\"start;main;work;f(int, \"\"x\"\");work;f(int, "
		"\"\"x\"\")\",app,500,1,1016,500,\"f(int, "
		"\"\"x\"\")\",\"dir/h,1.h\",5\n"
		"\"start;main;work;f(int, "
		"\"\"x\"\");xmalloc\",app,119,2,160,9,\"f(int, "
		"\"\"x\"\")\",\"dir/h,1.h\",5\n"
		"0x9999,,50,1,72,6,0x9999,,0\n"
		"\"start;main;work;f(int, \"\"x\"\")\",app,19,1,40,5,\"f(int, "
		"\"\"x\"\")\",\"dir/h,1.h\",5\n"
		"main,libx.so,10,1,40,14,main,,0\n"
		"libx.so+0x1233,libx.so,8,1,24,0,libx.so+0x1233,,0\n"
		"(corrupt),,0,1,64,0,(corrupt),,0\n");
}
END_TEST

/* A stack two of whose blocks name different callers. */
START_TEST(caller_that_differs)
{
	const struct mtr_filter all = { .spec = MTR_FILTER_ALL };
	struct mtr_heap_view *s = sample_create();
	struct mtr_tally t;

	s->heap.blocks.at[1].site = 2;
	ck_assert_ptr_null(
		mtr_tally_make(s, &all, MTR_BY_CALLER, MTR_SORT_BYTES, &t));
	ck_assert_str_eq(t.groups.at[1].key, "app+0x101f");
	ck_assert_uint_eq(t.groups.at[1].sum.bytes, 100);
	ck_assert_ptr_null(t.groups.at[1].stack);
	ck_assert_str_eq(t.groups.at[3].key, "app+0x103f");
	ck_assert_uint_eq(t.groups.at[3].sum.bytes, 19);
	ck_assert_uint_eq(t.groups.at[3].stack->id, 100);
	ck_assert_uint_eq(t.total.bytes, 706);
	mtr_tally_fini(&t);
	sample_destroy(s);
}
END_TEST

START_TEST(filters)
{
	struct mtr_filter_spec spec = MTR_FILTER_ALL;

	spec.function = "^f\\(";
	sample_same(
		sample_list(&mtr_write_csv, &spec),
		"addr,size,usable,caller,function,module,stack_id,generatio"
		"n\n"
		"0x1000,19,40,0x401040,\"f(int, \"\"x\"\")\",app,100,0\n"
		"0x1030,100,120,0x401040,\"f(int, \"\"x\"\")\",app,100,0\n"
		"0x2000,19,40,0x401030,\"f(int, \"\"x\"\")\",app,200,1\n"
		"0x4000,500,1016,0x401030,\"f(int, \"\"x\"\")\",app,500,2\n");
	spec = MTR_FILTER_ALL;
	spec.module = "libx.so";
	sample_same(
		sample_list(&mtr_write_csv, &spec),
		"addr,size,usable,caller,function,module,stack_id,generation\n"
		"0x3000,8,24,0x7f0000001234,libx.so+0x1233,libx.so,400,2\n"
		"0x6000,10,40,0x7f0000002000,main,libx.so,0,0\n");
}
END_TEST

START_TEST(json_list)
{
	struct mtr_filter_spec spec = MTR_FILTER_ALL;

	spec.max_size = 19;
	spec.min_size = 8;
	sample_same(sample_list(&mtr_write_json, &spec),
		    "{\"schema\":1,\"command\":\"list\",\"addr\":\"0x1000\","
		    "\"size\":19,\"usable\":40,\"caller\":\"0x401040\","
		    "\"function\":\"f(int, "
		    "\\\"x\\\")\",\"module\":\"app\",\"stack_id\":100,"
		    "\"generation\":0}\n"
		    "{\"schema\":1,\"command\":\"list\",\"addr\":\"0x2000\","
		    "\"size\":19,\"usable\":40,\"caller\":\"0x401030\","
		    "\"function\":\"f(int, "
		    "\\\"x\\\")\",\"module\":\"app\",\"stack_id\":200,"
		    "\"generation\":1}\n"
		    "{\"schema\":1,\"command\":\"list\",\"addr\":\"0x3000\","
		    "\"size\":8,\"usable\":24,\"caller\":\"0x7f0000001234\","
		    "\"function\":\"libx.so+0x1233\",\"module\":\"libx.so\","
		    "\"stack_id\":400,\"generation\":2}\n"
		    "{\"schema\":1,\"command\":\"list\",\"addr\":\"0x6000\","
		    "\"size\":10,\"usable\":40,\"caller\":\"0x7f0000002000\","
		    "\"function\":\"main\",\"module\":\"libx.so\",\"stack_id\":"
		    "0,\"generation\":0}\n");
}
END_TEST

START_TEST(json_stacks)
{
	char *text = sample_report(&mtr_write_json, MTR_BY_STACK,
				   MTR_SORT_BYTES, 2, 0);
	char *frames = strstr(text, "\"frames\"");

	memmove(text, frames, strlen(frames) + 1);
	sample_same(
		text,
		"\"frames\":[\n"
		"{\"pc\":\"0x401030\",\"function\":\"f(int, "
		"\\\"x\\\")\",\"file\":\"dir/"
		"h,1.h\",\"line\":5,\"module\":\"app\",\"inlined\":true},\n"
		"{\"pc\":\"0x401030\",\"function\":\"work\",\"file\":\"app.c\","
		"\"line\":30,\"module\":\"app\"},\n"
		"{\"pc\":\"0x401010\",\"function\":\"main\",\"file\":\"app.c\","
		"\"line\":10,\"module\":\"app\"},\n"
		"{\"pc\":\"0x7f0000003000\",\"function\":\"start\",\"file\":"
		"\"\",\"line\":0,\"module\":\"libx.so\"},\n"
		"{\"pc\":\"0x401040\",\"function\":\"xmalloc\",\"file\":\"x."
		"c\",\"line\":3,\"module\":\"app\"}\n"
		"],\n"
		"\"groups\":[\n"
		"{\"key\":\"500\",\"module\":\"app\",\"bytes\":500,\"blocks\":"
		"1,\"usable\":1016,\"slack\":500,\"stack\":[0,1,0,1,2,3],"
		"\"owner\":0,\"stack_id\":500,\"stack_end\":\"complete\"},\n"
		"{\"key\":\"100\",\"module\":\"app\",\"bytes\":119,\"blocks\":"
		"2,\"usable\":160,\"slack\":9,\"stack\":[4,0,1,2,3],\"owner\":"
		"0,\"stack_id\":100,\"stack_end\":\"complete\"}\n"
		"]}\n");
}
END_TEST

/* That of the stack with the most bytes in the group. */
START_TEST(json_heaviest)
{
	has(sample_report(&mtr_write_json, MTR_BY_MODULE, MTR_SORT_BYTES, 1, 0),
	    "\"stack_id\":500,\"stack_end\":\"complete\"}\n]}");
	has(sample_report(&mtr_write_json, MTR_BY_CALLER, MTR_SORT_BLOCKS, 1,
			  0),
	    "\"stack_id\":500,\"stack_end\":\"complete\"}\n]}");
}
END_TEST

/* The tree by bytes, but for its last row. */
#define TREE_BY_BYTES                                                \
	"     BYTES  SHARE    BLOCKS  CALL TREE\n"                   \
	"     638 B  90.4%         4  + start  [libx.so]\n"          \
	"     638 B  90.4%         4    main  [app]\n"               \
	"     638 B  90.4%         4    work at app.c:30\n"          \
	"     638 B  90.4%         4    f(int, \"x\") at h,1.h:5\n"  \
	"     500 B  70.8%         1    + work at app.c:30\n"        \
	"     500 B  70.8%         1      f(int, \"x\") at h,1.h:5"  \
	"\n"                                                         \
	"     119 B  16.9%         2    + xmalloc at x.c:3\n"        \
	"      50 B   7.1%         1  + (cut at 32 frames)\n"        \
	"      50 B   7.1%         1    0x9999\n"                    \
	"      18 B   2.5%         3  + (no stack)\n"                \
	"      10 B   1.4%         1    + main  [libx.so]\n"         \
	"       8 B   1.1%         1    + libx.so+0x1233  [libx.so]" \
	"\n"

START_TEST(whole_tree)
{
	is_table(sample_tree(MTR_SORT_BYTES, 0, 0),
		 TREE_BY_BYTES "       0 B   0.0%         1    + (corrupt)\n");
	is_table(sample_tree(MTR_SORT_BLOCKS, 0, 0),
		 "     BYTES  SHARE    BLOCKS  CALL TREE\n"
		 "     638 B  50.0%         4  + start  [libx.so]\n"
		 "     638 B  50.0%         4    main  [app]\n"
		 "     638 B  50.0%         4    work at app.c:30\n"
		 "     638 B  50.0%         4    f(int, \"x\") at h,1.h:5\n"
		 "     119 B  25.0%         2    + xmalloc at x.c:3\n"
		 "     500 B  12.5%         1    + work at app.c:30\n"
		 "     500 B  12.5%         1      f(int, \"x\") at h,1.h:5"
		 "\n"
		 "      18 B  37.5%         3  + (no stack)\n"
		 "      10 B  12.5%         1    + main  [libx.so]\n"
		 "       8 B  12.5%         1    + libx.so+0x1233  [libx.so]"
		 "\n"
		 "       0 B  12.5%         1    + (corrupt)\n"
		 "      50 B  12.5%         1  + (cut at 32 frames)\n"
		 "      50 B  12.5%         1    0x9999\n");
	is_table(sample_tree(MTR_SORT_SLACK, 0, 80),
		 "    UNUSED  SHARE    BLOCKS  CALL TREE\n"
		 "     514 B  96.3%         4  + start  [libx.so]\n"
		 "     514 B  96.3%         4    main  [app]\n"
		 "     514 B  96.3%         4    work at app.c:30\n"
		 "     514 B  96.3%         4    f(int, \"x\") at h,1.h:5\n"
		 "     500 B  93.6%         1    + work at app.c:30\n"
		 "     500 B  93.6%         1      f(int, \"x\") at h,1.h:5"
		 "\n"
		 "       9 B   1.7%         2    + xmalloc at x.c:3\n"
		 "      14 B   2.6%         3  + (no stack)\n"
		 "      14 B   2.6%         1    + main  [libx.so]\n"
		 "       0 B   0.0%         1    + libx.so+0x1233  [libx.so]"
		 "\n"
		 "       0 B   0.0%         1    + (corrupt)\n"
		 "       6 B   1.1%         1  + (cut at 32 frames)\n"
		 "       6 B   1.1%         1    0x9999\n");
}
END_TEST

/* What is below a hundredth, or beyond --top. */
START_TEST(tree_folds)
{
	is_table(sample_tree(MTR_SORT_BYTES, 20, 0),
		 TREE_BY_BYTES "       0 B   0.0%         1    + ... 1 more\n");
	is_table(sample_tree(MTR_SORT_BYTES, 1, 0),
		 "     BYTES  SHARE    BLOCKS  CALL TREE\n"
		 "     638 B  90.4%         4  + start  [libx.so]\n"
		 "     638 B  90.4%         4    main  [app]\n"
		 "     638 B  90.4%         4    work at app.c:30\n"
		 "     638 B  90.4%         4    f(int, \"x\") at h,1.h:5\n"
		 "     500 B  70.8%         1    + work at app.c:30\n"
		 "     500 B  70.8%         1      f(int, \"x\") at h,1.h:5"
		 "\n"
		 "     119 B  16.9%         2    + ... 1 more\n"
		 "      68 B   9.6%         4  + ... 2 more\n");
}
END_TEST

/* Without stacks the callers alone are the tree. */
START_TEST(tree_of_callers)
{
	sample_has_stacks = false;
	is_table(sample_tree(MTR_SORT_BYTES, 0, 0),
		 "     BYTES  SHARE    BLOCKS  CALL TREE\n"
		 "     500 B  70.8%         1  + work at app.c:30  [app]\n"
		 "     500 B  70.8%         1    f(int, \"x\") at h,1.h:5\n"
		 "     138 B  19.5%         3  + main  [app]\n"
		 "      50 B   7.1%         1  + 0x9999\n"
		 "      10 B   1.4%         1  + main  [libx.so]\n"
		 "       8 B   1.1%         1  + libx.so+0x1233  [libx.so]\n"
		 "       0 B   0.0%         1  + (corrupt)\n");
	sample_has_stacks = true;
}
END_TEST

/* A stack as deep as can be, of one function, branching at each frame. */
START_TEST(tree_fits)
{
	const struct mtr_filter all = { .spec = MTR_FILTER_ALL };
	struct mtr_heap_view *s = sample_create();
	struct mtr_out *out = calloc(1, sizeof(*out));
	struct mtr_writer w = { .ops = &mtr_write_text, .out = out, .s = s };
	struct mtr_tally t;
	struct mtr_tree tree;
	struct mtr_notes notes;
	struct mtr_report r = { .tally = &t, .notes = &notes, .tree = &tree };

	for (uint32_t i = 1; i <= MTR_STACK_FRAMES_MAX; i++) {
		*mtr_calls_push(&s->stacks.calls) = (struct mtr_call){
			.site = 4,
			.parent = i == 1 ? 0 : s->stacks.calls.n - 1,
			.depth = i,
			.end = MTR_ROOT_COMPLETE,
		};
		*mtr_stack_list_push(&s->stacks.list) = (struct mtr_stack){
			.call = s->stacks.calls.n - 1,
			.owner = 4,
		};
		*mtr_blocks_push(&s->heap.blocks) = (struct mtr_block){
			.size = 1000,
			.usable = 1016,
			.stack = s->stacks.list.n - 1,
		};
	}
	ck_assert_ptr_null(
		mtr_tally_make(s, &all, MTR_BY_STACK, MTR_SORT_BYTES, &t));
	ck_assert_ptr_null(mtr_notes_make(s, &t, &notes));
	ck_assert_ptr_null(mtr_tree_make(s, &t, MTR_SORT_BYTES, &tree));
	for (w.width = 80; w.width >= 20; w.width -= 20) {
		char *line, *rest = out->buffer;
		size_t n = 0;

		mtr_write_report(&w, &r);
		out->buffer[out->n] = '\0';
		rest = strstr(rest, "\n\n") + 2;
		while ((line = strsep(&rest, "\n")) && ++n)
			ck_assert_msg(w.width < 60 ||
					      mtr_text_columns(line) <= w.width,
				      "%s", line);
		ck_assert_uint_ge(n, 2 * MTR_STACK_FRAMES_MAX);
		out->n = 0;
	}
	mtr_tree_fini(&tree);
	mtr_tally_fini(&t);
	sample_destroy(s);
	free(out);
}
END_TEST

START_TEST(why)
{
	sample_same(sample_why(&mtr_write_text, 0x1000),
		    "0x1000 is the start of a live block\n"
		    "block         0x1000 to 0x1028: 40 bytes usable\n"
		    "requested     19 bytes; 5 unused, 16 for the record\n"
		    "generation    0\n"
		    "allocated by  xmalloc at x.c:3 [app+0x103f]\n"
		    "              f(int, \"x\") at dir/h,1.h:5, inlined into\n"
		    "              work at app.c:30 [app+0x102f]\n"
		    "              main at app.c:10 [app+0x100f]\n"
		    "              start [libx.so+0x2fff]\n"
		    "mapping       0x1000 to 0x8000 rw- [heap]\n"
		    "before        no block\n"
		    "after         0x1030: 100 bytes, 8 B away, allocated by "
		    "f(int, \"x\")\n"
		    "\n"
		    "        1000  49 20 61 6d 20 61 20 6d  79 5f 73 74 72 75 "
		    "63 74  I am a my_struct\n"
		    "        1010  31 39 00 ff                                 "
		    "      19..\n");
	has(sample_why(&mtr_write_text, 0x5000),
	    "allocated by  0x9999\n"
	    "              (the stack ends here: cut at 32 frames)\n");
	/* not known: the caller is */
	has(sample_why(&mtr_write_text, 0x3000),
	    "allocated by  libx.so+0x1233\nmapping");
	sample_same(
		sample_why(&mtr_write_json, 0x5000),
		"{\"schema\":1,\"command\":\"why\",\"target\":\"app.core\","
		"\"addr\":\"0x5000\",\"asked\":\"0x5000\",\"state\":\"live\","
		"\"size\":50,\"usable\":72,\"offset\":0,\"generation\":3,"
		"\"type\":\"\","
		"\"stack\":[{\"pc\":\"0x9999\",\"function\":\"0x9999\","
		"\"file\":\"\",\"line\":0,\"module\":\"\"}],\"stack_id\":300,"
		"\"stack_end\":\"depth\","
		"\"retained\":null,\"lost\":null,\"path\":null,"
		"\"referrers\":null,\"referents\":null,"
		"\"no_references\":\"\",\"before\":{\"addr\":\"0x4000\","
		"\"state\":\"live\",\"size\":500,\"usable\":1016,\"function\":"
		"\"f(int, "
		"\\\"x\\\")\"},\"after\":{\"addr\":\"0x6000\",\"state\":"
		"\"live\",\"size\":10,\"usable\":40,\"function\":\"main\"},"
		"\"mapping\":{\"start\":\"0x1000\",\"end\":\"0x8000\",\"path\":"
		"\"[heap]\"},\"global\":null}\n");
}
END_TEST

START_TEST(info)
{
	has(sample_info(&mtr_write_text),
	    "stacks        5 distinct, up to 32 deep; 1,234 frames kept in "
	    "1.0 MiB\n"
	    "              ended early 1 time: no unwind information\n"
	    "              ended early 2,000 times: a frame outside of the "
	    "stack\n");
	has(sample_info(&mtr_write_json),
	    "\"stacks\":{\"depth\":32,\"distinct\":5,\"frames\":1234,\"bytes\""
	    ":1048576,\"unknown\":1,\"ended\":{\"no_cfi\":1,\"expression\":0,"
	    "\"damaged\":0,\"stack\":2000}}");
}
END_TEST

/* The depot is full: so says everything that says what is not recorded. */
START_TEST(full)
{
	static const char text[] =
		"\n              1 block handed out during start-up\n"
		"call stacks   1,500 blocks without: the table of stacks is "
		"full, or no memory was left for it\n"
		"corrupt ";
	static const char json[] = "\"lost\":0,\"without_stack\":1500,"
				   "\"sample\":0,";

	sample_without_stack = 1500;
	has(sample_info(&mtr_write_text), text);
	has(sample_info(&mtr_write_json), json);
	has(sample_report(&mtr_write_text, MTR_BY_FUNCTION, MTR_SORT_BYTES, 0,
			  0),
	    text);
	has(sample_report(&mtr_write_json, MTR_BY_FUNCTION, MTR_SORT_BYTES, 0,
			  0),
	    json);
	sample_without_stack = 0;
}
END_TEST

START_TEST(no_memory)
{
	sample_has_stacks = false;
	sample_without_stack = 1;
	has(sample_info(&mtr_write_text),
	    "\ncall stacks   none: no memory for the table of stacks\n");
}
END_TEST

START_TEST(ends)
{
	for (unsigned i = 0; i < 16; i++) {
		struct mtr_strbuf b = { 0 };

		mtr_name_end(&b, i, 5);
		ck_assert_int_gt(b.len, 3);
		ck_assert_int_gt(strlen(mtr_name_end_key(i)), 3);
		mtr_strbuf_fini(&b);
	}
}
END_TEST

static void with_stacks(void)
{
	sample_has_stacks = true;
}

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, with_stacks, NULL);
	tcase_add_test(t, owners);
	tcase_add_test(t, callers);
	tcase_add_test(t, lines_and_modules);
	tcase_add_test(t, stacks_csv);
	tcase_add_test(t, caller_that_differs);
	tcase_add_test(t, filters);
	tcase_add_test(t, json_list);
	tcase_add_test(t, json_stacks);
	tcase_add_test(t, json_heaviest);
	tcase_add_test(t, whole_tree);
	tcase_add_test(t, tree_folds);
	tcase_add_test(t, tree_of_callers);
	tcase_add_test(t, tree_fits);
	tcase_add_test(t, why);
	tcase_add_test(t, info);
	tcase_add_test(t, full);
	tcase_add_test(t, no_memory);
	tcase_add_test(t, ends);
}

int main(void)
{
	return sample_run("stacks", add);
}
