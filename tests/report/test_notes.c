/* SPDX-License-Identifier: MIT */
/*
 * What stands above a table: how much of the process this is, what hides, what
 * has no name, and what there would have been.
 */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

static struct mtr_module python = {
	.path = "/usr/bin/python3.11",
	.name = "python3.11",
};

/* The text of a report on @s, which is gone then. */
static char *report_of(struct mtr_heap_view *s, enum mtr_by by,
		       const struct mtr_filter_spec *spec,
		       const struct mtr_resident *resident, bool asked)
{
	struct mtr_out *out = calloc(1, sizeof(*out));
	struct mtr_writer w = { .ops = &mtr_write_text,
				.out = out,
				.s = s,
				.filter = spec,
				.asked_servers = asked };
	struct mtr_strbuf text = { 0 };
	struct mtr_filter filter;
	struct mtr_notes notes;
	struct mtr_tally t;
	struct mtr_report r = { .tally = &t, .notes = &notes };

	ck_assert_ptr_null(mtr_filter_init(s, spec, &filter));
	ck_assert_ptr_null(mtr_tally_make(s, &filter, by, MTR_SORT_BYTES, &t));
	ck_assert_ptr_null(mtr_notes_make(s, &t, &notes));
	if (resident)
		notes.resident = *resident;
	mtr_write_report(&w, &r);
	mtr_strbuf_add_bytes(&text, out->buffer, out->n);
	mtr_writer_fini(&w);
	mtr_tally_fini(&t);
	mtr_filter_fini(&filter);
	sample_destroy(s);
	free(out);
	return text.text;
}

static char *report(struct mtr_heap_view *s)
{
	return report_of(s, MTR_BY_FUNCTION, &MTR_FILTER_ALL, NULL, false);
}

static void has(char *text, const char *part)
{
	ck_assert_msg(strstr(text, part), "no '%s' in:\n%s", part, text);
	free(text);
}

static void has_not(char *text, const char *part)
{
	ck_assert_msg(!strstr(text, part), "'%s' in:\n%s", part, text);
	free(text);
}

/* The first line, with 1,416 bytes in live blocks. */
START_TEST(resident)
{
	struct mtr_resident r = { .bytes = 14160 };
	struct mtr_heap_view *s = sample_create();

	s->kind = MTR_TARGET_LIVE;
	s->name = "1234";
	has(report_of(s, MTR_BY_FUNCTION, &MTR_FILTER_ALL, &r, false),
	    "target        1234, a live process: 13.8 KiB resident, live "
	    "blocks "
	    "are at most 10.0 %\n");
	r.dumped = true;
	has(report_of(sample_create(), MTR_BY_FUNCTION, &MTR_FILTER_ALL, &r,
		      false),
	    "target        app.core, a core of process 1234: 13.8 KiB dumped, "
	    "live blocks are at most 10.0 %\n");
	r.bytes = 1416;
	has(report_of(sample_create(), MTR_BY_FUNCTION, &MTR_FILTER_ALL, &r,
		      false),
	    "dumped, live blocks are at most 100.0 %\n");
	r.bytes = 1415;
	has(report_of(sample_create(), MTR_BY_FUNCTION, &MTR_FILTER_ALL, &r,
		      false),
	    ": 1.4 KiB dumped, less than is allocated\n");
	has(report(sample_create()),
	    "target        app.core, a core of process 1234\n");
}
END_TEST

/* It is of the whole, whatever was selected. */
START_TEST(resident_of_all)
{
	const struct mtr_resident r = { .bytes = 14160 };
	struct mtr_filter_spec spec = MTR_FILTER_ALL;

	spec.min_size = 500;
	has(report_of(sample_create(), MTR_BY_FUNCTION, &spec, &r, false),
	    "are at most 10.0 %\n"
	    "selected      1 block of 8, 500 bytes requested\n"
	    "allocated     1016 B = 500 B requested + 500 B unused + 16 B "
	    "records\n");
}
END_TEST

START_TEST(wrappers)
{
	static const char said[] =
		"\nwrappers      70.8 % is attributed to wrappers of malloc; "
		"`run -s` shows who calls them\n";
	struct mtr_heap_view *s = sample_create();

	s->sites.at[4].wrapper = true;
	has(report(s), said);
	has_not(report(sample_create()), "wrappers");
	/* with stacks there is nothing to be had from run -s */
	s = sample_create();
	s->sites.at[4].wrapper = true;
	s->heap.descriptor.stack_depth = 32;
	has_not(report(s), "wrappers");
}
END_TEST

START_TEST(stripped)
{
	struct mtr_heap_view *s = sample_create();
	struct mtr_module module = *s->frames.at[1].module;

	module.stripped = true;
	module.build_id = (struct mtr_build_id){ { 0xab, 0x01 }, 2 };
	for (size_t i = 0; i < s->frames.n; i++)
		if (s->frames.at[i].module &&
		    strcmp(s->frames.at[i].module->name, "app") == 0)
			s->frames.at[i] =
				(struct mtr_frame){ .module = &module };
	has(report(s), "\nno names      for 90.4 %: app, build-id ab01\n"
		       "              (stripped: try --debuginfod, or install "
		       "debug symbols)\n");
	s = sample_create();
	s->frames.at[4] = (struct mtr_frame){ .module = &module };
	has(report_of(s, MTR_BY_MODULE, &MTR_FILTER_ALL, NULL, true),
	    "\nno names      for 70.8 %: app, build-id ab01\n"
	    "              (stripped, and no debug file was found)\n");
	/* of less than one in twenty nobody asks */
	s = sample_create();
	s->frames.at[0].module = &module;
	has_not(report(s), "no names");
}
END_TEST

/* @small of 200 blocks are objects. */
static struct mtr_heap_view *python_view(int small)
{
	struct mtr_heap_view *s = sample_create();

	s->frames.at[3] = (struct mtr_frame){ .module = &python };
	for (int i = 0; i < 200; i++)
		*mtr_blocks_push(&s->heap.blocks) = (struct mtr_block){
			.addr = 0x10000 + (uint64_t)i * 0x1000,
			.size = i < small ? 512 : 513,
			.usable = 1016,
			.site = 3,
		};
	return s;
}

START_TEST(python_hides)
{
	has(report(python_view(20)),
	    "\nelsewhere     CPython's objects, in arenas that PyObject_Malloc "
	    "maps\n"
	    "              (to see them run it with PYTHONMALLOC=malloc)\n");
	/* with PYTHONMALLOC=malloc nearly all are small */
	has_not(report(python_view(190)), "elsewhere");
	has_not(report(sample_create()), "elsewhere");
}
END_TEST

/* A module is known by its whole name, but for a version. */
START_TEST(runtimes)
{
	static const struct {
		const char *name;
		bool hides;
	} table[] = {
		{ "node", true },	    { "nodejs", false },
		{ "node_exporter", false }, { "libnode.so.108", true },
		{ "libjvm.so", true },	    { "libruby-3.1.so.3.1", true },
		{ "my_node", false },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct mtr_module module = { .name = table[i].name,
					     .path = table[i].name };
		struct mtr_heap_view *s = sample_create();

		s->frames.at[3].module = &module;
		if (table[i].hides)
			has(report(s), "\nelsewhere     ");
		else
			has_not(report(s), "elsewhere");
	}
}
END_TEST

START_TEST(pools)
{
	struct mtr_heap_view *s = sample_create();

	s->frames.at[4].function = "apr_pool_create_ex";
	has(report(s), "\npools         APR's pools, 70.8 %: each block holds "
		       "many allocations\n");
	s = sample_create();
	s->frames.at[4].function = "apr_pool_create_extra";
	has_not(report(s), "pools");
	s = sample_create();
	s->frames.at[4].function = "llvm::BumpPtrAllocatorImpl<llvm::"
				   "MallocAllocator>::StartNewSlab()";
	has(report(s), "\npools         LLVM's bump allocators, 70.8 %: ");
	/* 8 of 706 bytes are enough to be named, 0 are not */
	s = sample_create();
	s->frames.at[3].function = "ngx_create_pool";
	has(report(s), "\npools         nginx's pools, 1.1 %: ");
}
END_TEST

START_TEST(nothing_selected)
{
	static const char there[] =
		"No block passes the filters. There are:\n"
		"live          8 blocks, 706 bytes requested\n"
		"sizes         0 to 500 bytes\n"
		"generations   0 to 3\n";
	struct mtr_filter_spec spec = MTR_FILTER_ALL;
	struct mtr_strbuf want = { 0 };

	spec.first = 7;
	has(report_of(sample_create(), MTR_BY_FUNCTION, &spec, NULL, false),
	    there);
	sample_same(sample_list(&mtr_write_csv, &spec),
		    "addr,size,usable,caller,function,module,stack_id,"
		    "generation\n");
	mtr_strbuf_printf(&want,
			  "       ADDRESS       SIZE     USABLE GEN  OWNER\n"
			  "0 blocks of 8, 0 bytes requested\n%s"
			  "modules       app\n"
			  "              (no module)\n"
			  "              libx.so\n"
			  "              (corrupt)\n",
			  there);
	spec.module = "nosuch";
	sample_same(sample_list(&mtr_write_text, &spec), want.text);
	mtr_strbuf_fini(&want);
	spec.module = NULL;
	spec.function = "nosuch";
	has(report_of(sample_create(), MTR_BY_SIZE, &spec, NULL, false),
	    "functions     f(int, \"x\")\n"
	    "              main\n");
}
END_TEST

/* An empty heap is not an empty selection. */
START_TEST(nothing_at_all)
{
	struct mtr_heap_view *s = sample_create();

	s->heap.blocks.n = 0;
	has_not(report(s), "No block passes");
}
END_TEST

START_TEST(filters_in_json)
{
	struct mtr_filter_spec spec = MTR_FILTER_ALL;

	sample_filter = &spec;
	spec.min_size = 19;
	spec.max_size = 100;
	spec.module = "app";
	spec.function = "^m";
	spec.last = 1;
	has(sample_report(&mtr_write_json, MTR_BY_SIZE, MTR_SORT_SLACK, 1, 0),
	    "\"by\":\"size\",\"sort\":\"unused\",\"top\":1,\"filters\":{\"min_"
	    "size\":19,"
	    "\"max_size\":100,\"function\":\"^m\",\"module\":\"app\","
	    "\"first_generation\":0,\"last_generation\":1},\"left_out\":{"
	    "\"by_filters\":{\"blocks\":5,\"bytes\":568,\"usable\":1216,"
	    "\"slack\":520},\"by_top\":{\"groups\":1,\"blocks\":1,\"bytes\":"
	    "100,"
	    "\"usable\":120,\"slack\":4}},\"totals\":{\"blocks\":3,\"bytes\":"
	    "138,"
	    "\"usable\":200,\"slack\":14},");
	spec = MTR_FILTER_ALL;
	spec.first = 2;
	has(sample_report(&mtr_write_json, MTR_BY_SIZE, MTR_SORT_BYTES, 0, 0),
	    "\"filters\":{\"first_generation\":2},");
	sample_filter = NULL;
}
END_TEST

/* A library that is newer than the command has more reasons. */
START_TEST(unknown_drops)
{
	struct mtr_heap_view *s = sample_create();
	struct mtr_out *out = calloc(1, sizeof(*out));
	struct mtr_writer w = { .ops = &mtr_write_json, .out = out, .s = s };
	const struct mtr_info info = { .allocator = NULL };

	s->heap.descriptor.drops[MTR_DROP_COUNT] = 3;
	s->heap.descriptor.drops[MTR_DROP_MAX - 1] = 4;
	w.ops->info(&w, &info);
	out->buffer[out->n] = '\0';
	ck_assert_ptr_nonnull(strstr(out->buffer, "\"others\":7}"));
	free(out);
	has(report(s), "\n              3 blocks for another reason\n"
		       "              4 blocks for another reason\n");
}
END_TEST

/* Of two functions of one name, the module whose path comes first. */
START_TEST(equal_groups)
{
	struct mtr_heap_view *s = sample_create();
	char *text;

	/* main of libx.so and of app: 100 bytes each */
	s->heap.blocks.at[0].size = s->heap.blocks.at[2].size = 0;
	s->heap.blocks.at[0].site = s->heap.blocks.at[2].site = 0;
	s->heap.blocks.at[6].size = 100;
	s->heap.blocks.at[6].usable = 120;
	text = report(s);
	ck_assert_ptr_nonnull(strstr(text, "main  [libx.so]\n"));
	/* "/lib/libx.so" before "/opt/app" */
	ck_assert_msg(strstr(text, "main  [libx.so]\n") <
			      strstr(text, "main  [app]\n"),
		      "%s", text);
	free(text);
}
END_TEST

/* Of 1000 bytes 63 are half of an eighth, 62 are less. */
START_TEST(bars)
{
	struct mtr_heap_view *s = sample_create();
	struct mtr_out *out = calloc(1, sizeof(*out));
	struct mtr_writer w = {
		.ops = &mtr_write_text, .out = out, .s = s, .width = 80
	};
	const struct mtr_filter all = { .spec = MTR_FILTER_ALL };
	struct mtr_notes notes;
	struct mtr_tally t;
	struct mtr_report r = { .tally = &t, .notes = &notes };
	static const uint64_t sizes[] = { 62, 63, 187, 688 };

	s->heap.blocks.n = 4;
	for (size_t i = 0; i < 4; i++) {
		s->heap.blocks.at[i].size = sizes[i];
		s->heap.blocks.at[i].usable = 1016;
	}
	ck_assert_ptr_null(
		mtr_tally_make(s, &all, MTR_BY_SIZE, MTR_SORT_BYTES, &t));
	ck_assert_ptr_null(mtr_notes_make(s, &t, &notes));
	mtr_write_report(&w, &r);
	out->buffer[out->n] = '\0';
	ck_assert_ptr_nonnull(strstr(out->buffer, "68.8% ######   "));
	ck_assert_ptr_nonnull(strstr(out->buffer, "18.7% #        "));
	ck_assert_ptr_nonnull(strstr(out->buffer, " 6.3% #        "));
	ck_assert_ptr_nonnull(strstr(out->buffer, " 6.2%          "));
	mtr_writer_fini(&w);
	mtr_tally_fini(&t);
	sample_destroy(s);
	free(out);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, resident);
	tcase_add_test(t, resident_of_all);
	tcase_add_test(t, wrappers);
	tcase_add_test(t, stripped);
	tcase_add_test(t, python_hides);
	tcase_add_test(t, runtimes);
	tcase_add_test(t, pools);
	tcase_add_test(t, nothing_selected);
	tcase_add_test(t, nothing_at_all);
	tcase_add_test(t, filters_in_json);
	tcase_add_test(t, unknown_drops);
	tcase_add_test(t, equal_groups);
	tcase_add_test(t, bars);
}

int main(void)
{
	return sample_run("notes", add);
}
