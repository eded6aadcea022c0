/* SPDX-License-Identifier: MIT */
/* Two views of one program: what grew, block for block and by names. */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "report/name.h"

static struct mtr_heap_view *s[MTR_SIDES];
static struct mtr_diff diff;
static int width; /* of the terminal */

static void setup(void)
{
	for (int i = 0; i < MTR_SIDES; i++)
		s[i] = sample_create();
	s[MTR_NEW]->name = "later.core";
}

static void teardown(void)
{
	mtr_diff_fini(&diff);
	for (int i = 0; i < MTR_SIDES; i++)
		sample_destroy(s[i]);
	sample_has_stacks = sample_has_types = false;
	width = 0;
}

static void make_filtered(enum mtr_by by, enum mtr_sort sort,
			  const struct mtr_filter_spec *spec)
{
	struct mtr_filter filters[MTR_SIDES];
	struct mtr_diff_side sides[MTR_SIDES];

	mtr_diff_fini(&diff);
	for (int i = 0; i < MTR_SIDES; i++) {
		ck_assert_ptr_null(mtr_filter_init(s[i], spec, &filters[i]));
		sides[i] = (struct mtr_diff_side){ s[i],
						   &filters[i],
						   { .by = by, .sort = sort } };
	}
	ck_assert_ptr_null(mtr_diff_make(sides, &diff));
	for (int i = 0; i < MTR_SIDES; i++)
		mtr_filter_fini(&filters[i]);
}

static void make(enum mtr_by by)
{
	make_filtered(by, MTR_SORT_BYTES, &MTR_FILTER_ALL);
}

/* The group at @i, with its growth. */
static void group_is(size_t i, const char *key, int64_t blocks, int64_t bytes)
{
	const struct mtr_diff_group *g = &diff.groups.at[i];

	ck_assert_uint_lt(i, diff.groups.n);
	ck_assert_str_eq(g->key, key);
	ck_assert_int_eq(mtr_grown(g->sum[0].blocks, g->sum[1].blocks), blocks);
	ck_assert_int_eq(mtr_grown(g->sum[0].bytes, g->sum[1].bytes), bytes);
}

static void same_start(void)
{
	for (int i = 0; i < MTR_SIDES; i++) {
		s[i]->start_known = true;
		memset(s[i]->start, 7, sizeof(s[i]->start));
	}
}

static void sum_is(const struct mtr_sum *sum, uint64_t blocks, uint64_t bytes)
{
	ck_assert_uint_eq(sum->blocks, blocks);
	ck_assert_uint_eq(sum->bytes, bytes);
}

/* 0x2000 is gone, of which 19 bytes; at 0x1030 is another one; 0x8000 is new.
 */
static void change(void)
{
	struct mtr_blocks *v = &s[MTR_NEW]->heap.blocks;

	memmove(&v->at[2], &v->at[3], (v->n - 3) * sizeof(*v->at));
	v->n--;
	v->at[1].size = 104;
	*mtr_blocks_push(v) = (struct mtr_block){
		.addr = 0x8000,
		.size = 1000,
		.usable = 1016,
		.generation = 4,
		.site = 4,
		.stack = sample_has_stacks ? 2 : 0,
	};
}

/* The new view is of another build, at other addresses. */
static struct mtr_module other_app = {
	.path = "/opt/v2/app",
	.name = "app",
	.start = 0x500000,
	.end = 0x600000,
	.bias = 0x500000,
	.found = true,
	.build_id = { .bytes = { 1, 2, 3 }, .n = 3 },
};

static void rebuild(struct mtr_module *as)
{
	for (size_t i = 0; i < s[MTR_NEW]->frames.n; i++) {
		struct mtr_frame *f = &s[MTR_NEW]->frames.at[i];

		if (f->module && strcmp(f->module->name, "app") == 0) {
			f->module = as;
			f->line += f->line ? 3 : 0;
		}
	}
	for (size_t i = 1; i < s[MTR_NEW]->sites.n; i++)
		s[MTR_NEW]->sites.at[i].pc += 0x100000;
}

/* ---------------------------------------------------------------- groups */

START_TEST(nothing_where_nothing_grew)
{
	for (int by = 0; by < MTR_BY_ROOT; by++) {
		make(by);
		ck_assert_uint_eq(diff.groups.n, 0);
		ck_assert_uint_gt(diff.unchanged, 0);
		sum_is(&diff.total[MTR_NEW], 8, 706);
	}
}
END_TEST

START_TEST(what_grew_and_nothing_else)
{
	change();
	make(MTR_BY_FUNCTION);
	ck_assert_uint_eq(diff.groups.n, 2);
	group_is(0, "f(int, \"x\")", 1, 1000);
	group_is(1, "main", -1, -15);
	ck_assert_uint_eq(diff.unchanged, 4);
	make(MTR_BY_LINE);
	ck_assert_uint_eq(diff.groups.n, 3);
	group_is(1, "app.c:20", 0, 4);
	group_is(2, "app.c:10", -1, -19);
	make(MTR_BY_GENERATION);
	group_is(0, "4", 1, 1000);
	group_is(2, "1", -1, -19);
}
END_TEST

START_TEST(growth_adds_up_by_each_key)
{
	sample_has_stacks = sample_has_types = true;
	teardown();
	sample_has_stacks = sample_has_types = true;
	setup();
	change();
	s[MTR_NEW]->types.of = realloc(s[MTR_NEW]->types.of,
				       sizeof(*s[MTR_NEW]->types.of) * 9);
	s[MTR_NEW]->types.of[7] = 0;
	for (int by = 0; by < MTR_BY_ROOT; by++) {
		int64_t bytes = 0, blocks = 0;

		make(by);
		for (size_t i = 0; i < diff.groups.n; i++) {
			const struct mtr_sum *sum = diff.groups.at[i].sum;

			bytes += mtr_grown(sum[0].bytes, sum[1].bytes);
			blocks += mtr_grown(sum[0].blocks, sum[1].blocks);
		}
		ck_assert_int_eq(bytes, 1000 + 4 - 19);
		ck_assert_int_eq(blocks, 0);
	}
}
END_TEST

START_TEST(sorted_as_asked)
{
	change();
	make_filtered(MTR_BY_SIZE, MTR_SORT_BLOCKS, &MTR_FILTER_ALL);
	group_is(0, "1000", 1, 1000);
	group_is(1, "104", 1, 104);
	/* as many blocks less, and more bytes are less */
	group_is(2, "19", -1, -19);
	group_is(3, "100", -1, -100);
}
END_TEST

START_TEST(filters_are_for_both)
{
	struct mtr_filter_spec spec = MTR_FILTER_ALL;

	change();
	same_start();
	spec.max_size = 100;
	make_filtered(MTR_BY_FUNCTION, MTR_SORT_BYTES, &spec);
	ck_assert_uint_eq(diff.groups.n, 1);
	group_is(0, "main", -2, -119);
	sum_is(&diff.left_out[MTR_OLD], 1, 500);
	sum_is(&diff.left_out[MTR_NEW], 3, 1604);
	sum_is(&diff.changed.fresh, 0, 0);
	sum_is(&diff.changed.gone, 2, 119);
}
END_TEST

/* Two runs: other addresses of the same files, and code in no module. */
START_TEST(addresses_do_not_matter)
{
	static struct mtr_module moved;

	sample_has_stacks = true;
	teardown();
	sample_has_stacks = true;
	setup();
	moved = *s[0]->frames.at[1].module;
	moved.bias += 0x100000;
	s[MTR_NEW]->pid++;
	rebuild(&moved);
	for (size_t i = 0; i < s[MTR_NEW]->frames.n; i++) {
		struct mtr_frame *f = &s[MTR_NEW]->frames.at[i];

		f->line = s[0]->frames.at[i].line;
		if (f->module && f->module != &moved) {
			static struct mtr_module libx;

			libx = *s[0]->frames.at[i].module;
			libx.bias += 0x100000;
			f->module = &libx;
		}
	}
	for (int by = 0; by < MTR_BY_ROOT; by++) {
		make(by);
		ck_assert_msg(!diff.groups.n, "by %s: %s", mtr_name_by(by),
			      diff.groups.n ? diff.groups.at[0].key : "");
	}
}
END_TEST

/* ---------------------------------------------------------------- builds */

START_TEST(functions_of_two_builds)
{
	s[MTR_NEW]->pid++;
	rebuild(&other_app);
	make(MTR_BY_FUNCTION);
	/* what has no name is matched where the file is the same */
	ck_assert_uint_eq(diff.groups.n, 2);
	group_is(0, "libx.so+0x101233", 1, 8);
	group_is(1, "libx.so+0x1233", -1, -8);
	make(MTR_BY_MODULE);
	ck_assert_uint_eq(diff.groups.n, 0);
	make(MTR_BY_CALLER);
	ck_assert_uint_gt(diff.folded, 0);
	for (size_t i = 0; i < diff.groups.n; i++)
		ck_assert_ptr_nonnull(strstr(diff.groups.at[i].key, "libx"));
}
END_TEST

START_TEST(lines_that_moved)
{
	s[MTR_NEW]->pid++;
	rebuild(&other_app);
	s[MTR_NEW]->heap.blocks.at[1].size += 5;
	make(MTR_BY_LINE);
	ck_assert(diff.in_order);
	ck_assert_uint_eq(diff.folded, 0);
	group_is(1, "app.c:23", 0, 5);
	/* a line more in the function: which is which is not known */
	s[MTR_NEW]->frames.at[5] = s[MTR_NEW]->frames.at[1];
	s[MTR_NEW]->frames.at[5].line = 99;
	s[MTR_NEW]->sites.at[4].owner = 5;
	make(MTR_BY_LINE);
	ck_assert_uint_eq(diff.folded, 5);
	group_is(0, "app.c: main", 1, 505);
}
END_TEST

START_TEST(a_build_of_another_name)
{
	static struct mtr_module renamed;

	renamed = other_app;
	renamed.path = "/opt/app-2";
	renamed.name = "app-2";
	s[MTR_NEW]->pid++;
	rebuild(&renamed);
	make(MTR_BY_FUNCTION);
	ck_assert_uint_gt(diff.groups.n, 2);
	s[MTR_OLD]->exe = "/opt/app";
	s[MTR_NEW]->exe = "/opt/app-2";
	make(MTR_BY_FUNCTION);
	ck_assert_uint_eq(diff.groups.n, 2);
	/* what is of one of them alone is called by its own name */
	s[MTR_OLD]->frames.at[1].function = NULL;
	s[MTR_NEW]->frames.at[1].function = NULL;
	make(MTR_BY_FUNCTION);
	group_is(0, "app-2+0x100f", 2, 38);
	group_is(diff.groups.n - 1, "app+0x100f", -2, -38);
	ck_assert_str_eq(mtr_diff_module(&diff, &diff.groups.at[0])->name,
			 "app-2");
	ck_assert_str_eq(
		mtr_diff_module(&diff, &diff.groups.at[diff.groups.n - 1])
			->name,
		"app");
	s[MTR_NEW]->heap.blocks.at[0].size++;
	make(MTR_BY_MODULE);
	group_is(0, "app, then app-2", 0, 1);
}
END_TEST

/* Of one name there may be many: then nothing tells which is which. */
START_TEST(two_files_of_one_name)
{
	static struct mtr_module more[2];

	s[MTR_NEW]->pid++;
	more[0] = more[1] = other_app;
	more[0].path = "/opt/a/app";
	more[1].path = "/opt/b/app";
	more[1].build_id.bytes[0]++;
	rebuild(&more[0]);
	make(MTR_BY_MODULE);
	ck_assert_uint_eq(diff.groups.n, 0);
	s[MTR_NEW]->frames.at[5].module = &more[1];
	make(MTR_BY_MODULE);
	ck_assert_uint_gt(diff.groups.n, 0);
	for (int i = 0; i < 2; i++) {
		uint32_t pair = mtr_pairs_find(&diff.pairs, MTR_NEW, &more[i]);

		ck_assert_ptr_eq(diff.pairs.list.at[pair].module[MTR_NEW],
				 &more[i]);
		ck_assert_ptr_null(diff.pairs.list.at[pair].module[MTR_OLD]);
	}
}
END_TEST

/* No file without names is matched by them. */
START_TEST(nameless_code_of_two_builds)
{
	s[MTR_NEW]->pid++;
	rebuild(&other_app);
	s[MTR_OLD]->frames.at[1].function = NULL;
	s[MTR_NEW]->frames.at[1].function = NULL;
	s[MTR_NEW]->sites.at[1].pc = s[MTR_OLD]->sites.at[1].pc + 0x100000;
	make(MTR_BY_FUNCTION);
	group_is(0, "app+0x100f", 2, 38);
	group_is(diff.groups.n - 1, "app+0x100f", -2, -38);
}
END_TEST

/* ------------------------------------------------------------- processes */

START_TEST(which_process)
{
	make(MTR_BY_SIZE);
	ck_assert_int_eq(diff.process, MTR_PROCESS_UNKNOWN);
	s[MTR_NEW]->pid++;
	make(MTR_BY_SIZE);
	ck_assert_int_eq(diff.process, MTR_PROCESS_OTHER);
	same_start();
	/* a child, or the same one by another name */
	make(MTR_BY_SIZE);
	ck_assert_int_eq(diff.process, MTR_PROCESS_UNKNOWN);
	s[MTR_NEW]->pid--;
	make(MTR_BY_SIZE);
	ck_assert_int_eq(diff.process, MTR_PROCESS_SAME);
	s[MTR_NEW]->start[15]++;
	make(MTR_BY_SIZE);
	ck_assert_int_eq(diff.process, MTR_PROCESS_OTHER);
	s[MTR_NEW]->start_known = false;
	make(MTR_BY_SIZE);
	ck_assert_int_eq(diff.process, MTR_PROCESS_UNKNOWN);
	s[MTR_NEW]->pid = 0;
	make(MTR_BY_SIZE);
	ck_assert_int_eq(diff.process, MTR_PROCESS_UNKNOWN);
}
END_TEST

START_TEST(block_for_block)
{
	const struct mtr_changed *c = &diff.changed;
	const struct mtr_changes *v = &c->list;

	change();
	same_start();
	make(MTR_BY_FUNCTION);
	ck_assert_uint_eq(v->n, 4);
	ck_assert_uint_eq(v->at[0].block->addr, 0x1030);
	ck_assert_int_eq(v->at[0].side, MTR_OLD);
	ck_assert_uint_eq(v->at[1].block->addr, 0x1030);
	ck_assert_int_eq(v->at[1].side, MTR_NEW);
	ck_assert_uint_eq(v->at[2].block->addr, 0x2000);
	ck_assert_int_eq(v->at[2].side, MTR_OLD);
	ck_assert_uint_eq(v->at[3].block->addr, 0x8000);
	ck_assert_int_eq(v->at[3].side, MTR_NEW);
	sum_is(&c->fresh, 2, 1104);
	sum_is(&c->gone, 2, 119);
	sum_is(&c->kept, 6, 587);
	/* the old view is of generation 3 */
	sum_is(&c->unsure, 1, 50);
	ck_assert_uint_eq(c->ages.n, 5);
	ck_assert_uint_eq(c->ages.at[1].generation, 1);
	sum_is(&c->ages.at[1].gone, 1, 19);
	sum_is(&c->ages.at[4].fresh, 1, 1000);
	sum_is(&c->ages.at[2].kept, 2, 508);
}
END_TEST

/* Each of them alone makes it another block. */
START_TEST(what_is_another_block)
{
	struct mtr_block *b = &s[MTR_NEW]->heap.blocks.at[4], was = *b;

	same_start();
	make(MTR_BY_SIZE);
	ck_assert_uint_eq(diff.changed.list.n, 0);
	for (int i = 0; i < 5; i++) {
		*b = was;
		b->size += i == 0;
		b->usable += i == 1 ? 16 : 0;
		b->generation += i == 2;
		b->site += i == 3;
		b->addr += i == 4 ? 16 : 0;
		make(MTR_BY_SIZE);
		ck_assert_uint_eq(diff.changed.list.n, 2);
	}
}
END_TEST

/* --------------------------------------------------------------- writers */

static int take(void *to, const char *bytes, size_t n)
{
	mtr_strbuf_add_bytes(to, bytes, n);
	return 0;
}

static char *written(const struct mtr_writer_ops *ops, size_t top, bool blocks)
{
	static const struct mtr_filter_spec all = MTR_FILTER_ALL_INIT;
	struct mtr_diff_report r = { .diff = &diff, .top = top };
	struct mtr_out *out = calloc(1, sizeof(*out));
	struct mtr_strbuf text = { 0 };
	struct mtr_writer w = {
		.ops = ops,
		.out = out,
		.s = s[MTR_NEW],
		.filter = &all,
		.width = width,
	};

	out->take = take;
	out->to = &text;
	if (blocks)
		mtr_write_changes(&w, &diff);
	else
		mtr_write_diff(&w, &r);
	mtr_out_flush(out);
	ck_assert_int_eq(out->error, 0);
	mtr_writer_fini(&w);
	free(out);
	return text.text;
}

static bool says(const char *what)
{
	char *text = written(&mtr_write_text, 0, false);
	bool has = strstr(text, what);

	free(text);
	return has;
}

/* What stands for a whole function shows the place with the most bytes. */
START_TEST(the_heaviest_of_what_is_folded)
{
	const struct mtr_diff_group *g;

	s[MTR_NEW]->pid++;
	rebuild(&other_app);
	for (int i = 0; i < MTR_SIDES; i++) {
		s[i]->sites.at[4].owner = i == MTR_OLD ? 2 : 5;
		s[i]->frames.at[5].function = "main";
	}
	/* 300, 400 and 500 bytes */
	s[MTR_NEW]->heap.blocks.at[0].size = 281;
	s[MTR_NEW]->heap.blocks.at[1].size = 400;
	make(MTR_BY_CALLER);
	g = diff.groups.at;
	ck_assert_str_eq(g->key, "main");
	ck_assert(g->folded);
	ck_assert_ptr_eq(g->site, &s[MTR_NEW]->sites.at[4]);
	make(MTR_BY_LINE);
	g = diff.groups.at;
	ck_assert_str_eq(g->key, "app.c: main");
	ck_assert(g->folded);
	ck_assert_ptr_eq(g->site, &s[MTR_NEW]->sites.at[4]);
	ck_assert(says("  app.c: main  [app]\n"));
}
END_TEST

START_TEST(where_builds_have_no_names)
{
	static struct mtr_module old, now;

	s[MTR_NEW]->pid++;
	now = other_app;
	rebuild(&now);
	make(MTR_BY_FUNCTION);
	ck_assert(!says("no names"));
	now.stripped = true;
	make(MTR_BY_FUNCTION);
	ck_assert(says("no names      for the new build of app: "));
	old = *s[MTR_OLD]->frames.at[1].module;
	old.stripped = true;
	for (size_t i = 0; i < s[MTR_OLD]->frames.n; i++)
		if (s[MTR_OLD]->frames.at[i].module ==
			    s[MTR_OLD]->frames.at[1].module &&
		    i != 1)
			s[MTR_OLD]->frames.at[i].module = &old;
	s[MTR_OLD]->frames.at[1].module = &old;
	make(MTR_BY_FUNCTION);
	ck_assert(says("no names      for either build of app: "));
	make(MTR_BY_MODULE);
	ck_assert(!says("no names"));
	now = old;
	now.bias += 0x100000;
	make(MTR_BY_FUNCTION);
	ck_assert(!says("no names"));
}
END_TEST

/* Without what is the same for all answers. */
static void clear(void)
{
	for (int i = 0; i < MTR_SIDES; i++) {
		memset(s[i]->heap.descriptor.drops, 0,
		       sizeof(s[i]->heap.descriptor.drops));
		s[i]->heap.damaged = s[i]->heap.conflicts = 0;
		free(s[i]->warnings.at[0]);
		s[i]->warnings.n = 0;
	}
}

START_TEST(text_of_one_process)
{
	change();
	same_start();
	clear();
	make(MTR_BY_FUNCTION);
	sample_same(
		written(&mtr_write_text, 0, false),
		"old           app.core, a core of process 1234\n"
		"              8 blocks, 706 bytes requested\n"
		"new           later.core, a core of process 1234\n"
		"              8 blocks, 1.7 KiB (1,691 bytes) requested\n"
		"growth        0 blocks, +985 bytes\n"
		"new blocks    2 blocks, 1.1 KiB (1,104 bytes)\n"
		"gone blocks   2 blocks, 119 bytes\n"
		"kept blocks   6 blocks, 587 bytes\n"
		"              (1 may have been freed and allocated again: `mar"
		"k` would tell)\n"
		"\n"
		"     GROWTH    BLOCKS        OLD        NEW  FUNCTION\n"
		"    +1000 B        +1      500 B    1.5 KiB  f(int, \"x\")  [a"
		"pp]\n"
		"      -15 B        -1      138 B      123 B  main  [app]\n"
		"\n"
		" GENERATION        NEW    BLOCKS       GONE    BLOCKS       KE"
		"PT    BLOCKS\n"
		"          0      104 B         1      100 B         1       29"
		" B         3\n"
		"          1        0 B         0       19 B         1        0"
		" B         0\n"
		"          2        0 B         0        0 B         0      508"
		" B         2\n"
		"          3        0 B         0        0 B         0       50"
		" B         1\n"
		"          4     1000 B         1        0 B         0        0"
		" B         0\n");
}
END_TEST

START_TEST(text_of_two_builds)
{
	rebuild(&other_app);
	clear();
	s[MTR_NEW]->pid++;
	s[MTR_NEW]->heap.descriptor.stack_depth = 32;
	make(MTR_BY_CALLER);
	sample_same(
		written(&mtr_write_text, 0, false),
		"old           app.core, a core of process 1234\n"
		"              8 blocks, 706 bytes requested\n"
		"new           later.core, a core of process 1235\n"
		"              8 blocks, 706 bytes requested\n"
		"growth        0 blocks, 0 bytes\n"
		"process       another one: matched by names\n"
		"builds        app: build-id none, then 010203\n"
		"              (callers that builds do not share are put togeth"
		"er by function)\n"
		"recorded      call stacks only in the new one: blocks may be c"
		"ounted for other functions\n"
		"\n"
		"     GROWTH    BLOCKS        OLD        NEW  CALLER\n"
		"      +10 B        +1        0 B       10 B  libx.so+0x101fff "
		" main\n"
		"       +8 B        +1        0 B        8 B  "
		"libx.so+0x101233\n"
		"       -8 B        -1        8 B        0 B  libx.so+0x1233\n"
		"      -10 B        -1       10 B        0 B  libx.so+0x1fff  m"
		"ain\n");
}
END_TEST

/* What has no room is not shown: no line is wrapped. */
START_TEST(in_a_narrow_terminal)
{
	change();
	make(MTR_BY_FUNCTION);
	width = 56;
	ck_assert(says("    1.5 KiB  f(int, \"x\")\n"));
	width = 51;
	ck_assert(says("    1.5 KiB  f(i...\n"));
	width = 48;
	ck_assert(says("    1.5 KiB  ...\n"));
	width = 46;
	ck_assert(says("    1.5 KiB  .\n"));
	width = 45;
	ck_assert(says("    1.5 KiB  \n"));
	width = 20;
	ck_assert(says("    1.5 KiB  \n"));
}
END_TEST

START_TEST(the_largest_changes_are_at_both_ends)
{
	change();
	clear();
	make(MTR_BY_SIZE);
	sample_same(
		written(&mtr_write_csv, 3, false),
		"key,module,bytes,blocks,old_bytes,old_blocks,new_bytes,new_blo"
		"cks,function,file,line\n"
		"1000,,1000,1,0,0,1000,1,,,\n"
		"104,,104,1,0,0,104,1,,,\n"
		"100,,-100,-1,100,1,0,0,,,\n");
	sample_same(
		written(&mtr_write_text, 3, false),
		"old           app.core, a core of process 1234\n"
		"              8 blocks, 706 bytes requested\n"
		"new           later.core, a core of process 1234\n"
		"              8 blocks, 1.7 KiB (1,691 bytes) requested\n"
		"growth        0 blocks, +985 bytes\n"
		"process       not known to be the same one: matched by names\n"
		"\n"
		"     GROWTH    BLOCKS        OLD        NEW  SIZE\n"
		"    +1000 B        +1        0 B     1000 B  1000\n"
		"     +104 B        +1        0 B      104 B  104\n"
		"      -19 B in 1 more group (--top=0 shows all)\n"
		"     -100 B        -1      100 B        0 B  100\n");
}
END_TEST

START_TEST(json)
{
	change();
	same_start();
	make(MTR_BY_FUNCTION);
	sample_same(
		written(&mtr_write_json, 1, false),
		"{\"schema\":1,\"command\":\"diff\",\"old\":{\"target\":\"app.c"
		"ore\",\"kind\":\"core\",\"pid\":1234,\"left_out\":{\"blocks\":"
		"0,\"bytes\":0,\"usable\":0,\"slack\":0},\"damaged\":1,\"no_cod"
		"e\":0,\"conflicts\":2,\"lost\":0,\"without_stack\":0,\"sample"
		"\":0,\"warnings\":[\"it is \\\"cut\\\"\\u001b[m\"]},\"new\":{"
		"\"target\":\"later.core\",\"kind\":\"core\",\"pid\":1234,\"lef"
		"t_out\":{\"blocks\":0,\"bytes\":0,\"usable\":0,\"slack\":0},\""
		"damaged\":1,\"no_code\":0,\"conflicts\":2,\"lost\":0,\"without"
		"_stack\":0,\"sample\":0,\"warnings\":[\"it is \\\"cut\\\"\\u00"
		"1b[m\"]},\"by\":\"function\",\"sort\":\"bytes\",\"top\":1,\"fi"
		"lters\":{},\"totals\":{\"blocks\":0,\"bytes\":985,\"usable\":9"
		"76,\"slack\":-9,\"old\":{\"blocks\":8,\"bytes\":706,\"usable\""
		":1416,\"slack\":534},\"new\":{\"blocks\":8,\"bytes\":1691,\"us"
		"able\":2392,\"slack\":525}},\"process\":\"same\",\"changed\":{"
		"\"new\":{\"blocks\":2,\"bytes\":1104,\"usable\":1136,\"slack\""
		":0},\"gone\":{\"blocks\":2,\"bytes\":119,\"usable\":160,\"slac"
		"k\":9},\"kept\":{\"blocks\":6,\"bytes\":587,\"usable\":1256,\""
		"slack\":525},\"unsure\":{\"blocks\":1,\"bytes\":50,\"usable\":"
		"72,\"slack\":6},\"generations\":[{\"generation\":0,\"new\":{\""
		"blocks\":1,\"bytes\":104,\"usable\":120,\"slack\":0},\"gone\":"
		"{\"blocks\":1,\"bytes\":100,\"usable\":120,\"slack\":4},\"kept"
		"\":{\"blocks\":3,\"bytes\":29,\"usable\":144,\"slack\":19}},{"
		"\"generation\":1,\"new\":{\"blocks\":0,\"bytes\":0,\"usable\":"
		"0,\"slack\":0},\"gone\":{\"blocks\":1,\"bytes\":19,\"usable\":"
		"40,\"slack\":5},\"kept\":{\"blocks\":0,\"bytes\":0,\"usable\":"
		"0,\"slack\":0}},{\"generation\":2,\"new\":{\"blocks\":0,\"byte"
		"s\":0,\"usable\":0,\"slack\":0},\"gone\":{\"blocks\":0,\"bytes"
		"\":0,\"usable\":0,\"slack\":0},\"kept\":{\"blocks\":2,\"bytes"
		"\":508,\"usable\":1040,\"slack\":500}},{\"generation\":3,\"new"
		"\":{\"blocks\":0,\"bytes\":0,\"usable\":0,\"slack\":0},\"gone"
		"\":{\"blocks\":0,\"bytes\":0,\"usable\":0,\"slack\":0},\"kept"
		"\":{\"blocks\":1,\"bytes\":50,\"usable\":72,\"slack\":6}},{\"g"
		"eneration\":4,\"new\":{\"blocks\":1,\"bytes\":1000,\"usable\":"
		"1016,\"slack\":0},\"gone\":{\"blocks\":0,\"bytes\":0,\"usable"
		"\":0,\"slack\":0},\"kept\":{\"blocks\":0,\"bytes\":0,\"usable"
		"\":0,\"slack\":0}}]},\"modules\":[],\"unchanged\":4,\"left_out"
		"_by_top\":{\"groups\":1,\"bytes\":-15},\n"
		"\"groups\":[\n"
		"{\"key\":\"f(int, \\\"x\\\")\",\"module\":\"app\",\"blocks\":1"
		",\"bytes\":1000,\"usable\":1016,\"slack\":0,\"old\":{\"blocks"
		"\":1,\"bytes\":500,\"usable\":1016,\"slack\":500},\"new\":{\"b"
		"locks\":2,\"bytes\":1500,\"usable\":2032,\"slack\":500},\"stac"
		"k\":[{\"pc\":\"0x401030\",\"function\":\"f(int, \\\"x\\\")\","
		"\"file\":\"dir/h,1.h\",\"line\":5,\"module\":\"app\",\"inlined"
		"\":true},{\"pc\":\"0x401030\",\"function\":\"work\",\"file\":"
		"\"app.c\",\"line\":30,\"module\":\"app\"}]}\n"
		"]}\n");
}
END_TEST

START_TEST(blocks_in_each_format)
{
	change();
	same_start();
	make(MTR_BY_FUNCTION);
	sample_same(
		written(&mtr_write_text, 0, true),
		"            ADDRESS       SIZE     USABLE GEN  OWNER\n"
		"gone         0x1030        100        120   0  main  [app]\n"
		"new          0x1030        104        120   0  main  [app]\n"
		"gone         0x2000         19         40   1  main  [app]\n"
		"new          0x8000       1000       1016   4  f(int, \"x\")  "
		"[app]\n"
		"2 new blocks, 1.1 KiB (1,104 bytes); 2 gone, 119 bytes\n");
	sample_same(
		written(&mtr_write_csv, 0, true),
		"change,addr,size,usable,caller,function,module,stack_id,genera"
		"tion\n"
		"gone,0x1030,100,120,0x401020,main,app,0,0\n"
		"new,0x1030,104,120,0x401020,main,app,0,0\n"
		"gone,0x2000,19,40,0x401010,main,app,0,1\n"
		"new,0x8000,1000,1016,0x401030,\"f(int, "
		"\"\"x\"\")\",app,0,4\n");
	sample_same(
		written(&mtr_write_json, 0, true),
		"{\"schema\":1,\"command\":\"diff\",\"change\":\"gone\",\"addr"
		"\":\"0x1030\",\"size\":100,\"usable\":120,\"caller\":\"0x40102"
		"0\",\"function\":\"main\",\"module\":\"app\",\"stack_id\":0,\""
		"generation\":0}\n"
		"{\"schema\":1,\"command\":\"diff\",\"change\":\"new\",\"addr\""
		":\"0x1030\",\"size\":104,\"usable\":120,\"caller\":\"0x401020"
		"\",\"function\":\"main\",\"module\":\"app\",\"stack_id\":0,\"g"
		"eneration\":0}\n"
		"{\"schema\":1,\"command\":\"diff\",\"change\":\"gone\",\"addr"
		"\":\"0x2000\",\"size\":19,\"usable\":40,\"caller\":\"0x401010"
		"\",\"function\":\"main\",\"module\":\"app\",\"stack_id\":0,\"g"
		"eneration\":1}\n"
		"{\"schema\":1,\"command\":\"diff\",\"change\":\"new\",\"addr\""
		":\"0x8000\",\"size\":1000,\"usable\":1016,\"caller\":\"0x40103"
		"0\",\"function\":\"f(int, \\\"x\\\")\",\"module\":\"app\",\"st"
		"ack_id\":0,\"generation\":4}\n");
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, nothing_where_nothing_grew);
	tcase_add_test(tests, what_grew_and_nothing_else);
	tcase_add_test(tests, growth_adds_up_by_each_key);
	tcase_add_test(tests, sorted_as_asked);
	tcase_add_test(tests, filters_are_for_both);
	tcase_add_test(tests, addresses_do_not_matter);
	tcase_add_test(tests, functions_of_two_builds);
	tcase_add_test(tests, lines_that_moved);
	tcase_add_test(tests, a_build_of_another_name);
	tcase_add_test(tests, two_files_of_one_name);
	tcase_add_test(tests, nameless_code_of_two_builds);
	tcase_add_test(tests, the_heaviest_of_what_is_folded);
	tcase_add_test(tests, where_builds_have_no_names);
	tcase_add_test(tests, which_process);
	tcase_add_test(tests, block_for_block);
	tcase_add_test(tests, what_is_another_block);
	tcase_add_test(tests, text_of_one_process);
	tcase_add_test(tests, text_of_two_builds);
	tcase_add_test(tests, in_a_narrow_terminal);
	tcase_add_test(tests, the_largest_changes_are_at_both_ends);
	tcase_add_test(tests, json);
	tcase_add_test(tests, blocks_in_each_format);
}

int main(void)
{
	return sample_run("diff", add);
}
