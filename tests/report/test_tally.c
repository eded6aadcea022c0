/* SPDX-License-Identifier: MIT */
/*
 * Groups by every key, their sums and their order.
 */
#include "sample.h"

#include <stdio.h>

/* "KEY@MODULE blocks/bytes/usable/slack" of each group, a line each. */
static char *groups(enum mtr_by by, enum mtr_sort sort,
		    const struct mtr_filter_spec *spec)
{
	struct mtr_heap_view *s = sample_create();
	struct mtr_strbuf b = { 0 };
	struct mtr_filter filter;
	struct mtr_tally t;

	ck_assert_ptr_null(mtr_filter_init(s, spec, &filter));
	ck_assert_ptr_null(mtr_tally_make(s, &filter, by, sort, &t));
	for (size_t i = 0; i < t.groups.n; i++) {
		const struct mtr_group *g = &t.groups.at[i];

		mtr_strbuf_printf(&b, "%s@%s %d/%d/%d/%d\n", g->key,
				  g->module ? g->module->name : "",
				  (int)g->sum.blocks, (int)g->sum.bytes,
				  (int)g->sum.usable, (int)g->sum.slack);
	}
	mtr_strbuf_printf(&b, "%d/%d/%d/%d\n", (int)t.total.blocks,
			  (int)t.total.bytes, (int)t.total.usable,
			  (int)t.total.slack);
	mtr_tally_fini(&t);
	mtr_filter_fini(&filter);
	sample_destroy(s);
	return b.text;
}

static char *all(enum mtr_by by, enum mtr_sort sort)
{
	return groups(by, sort, &MTR_FILTER_ALL);
}

START_TEST(by_function)
{
	sample_same(all(MTR_BY_FUNCTION, MTR_SORT_BYTES),
		    "f(int, \"x\")@app 1/500/1016/500\n"
		    "main@app 3/138/200/14\n"
		    "0x9999@ 1/50/72/6\n"
		    "main@libx.so 1/10/40/14\n"
		    "libx.so+0x1233@libx.so 1/8/24/0\n"
		    "(corrupt)@ 1/0/64/0\n"
		    "8/706/1416/534\n");
}
END_TEST

START_TEST(by_module)
{
	sample_same(all(MTR_BY_MODULE, MTR_SORT_BYTES),
		    "app@app 4/638/1216/514\n"
		    "(no module)@ 1/50/72/6\n"
		    "libx.so@libx.so 2/18/64/14\n"
		    "(corrupt)@ 1/0/64/0\n"
		    "8/706/1416/534\n");
}
END_TEST

START_TEST(by_caller)
{
	sample_same(all(MTR_BY_CALLER, MTR_SORT_BYTES),
		    "app+0x102f@app 1/500/1016/500\n"
		    "app+0x101f@app 1/100/120/4\n"
		    "0x9999@ 1/50/72/6\n"
		    "app+0x100f@app 2/38/80/10\n"
		    "libx.so+0x1fff@libx.so 1/10/40/14\n"
		    "libx.so+0x1233@libx.so 1/8/24/0\n"
		    "(corrupt)@ 1/0/64/0\n"
		    "8/706/1416/534\n");
}
END_TEST

START_TEST(by_line)
{
	sample_same(all(MTR_BY_LINE, MTR_SORT_BYTES),
		    "dir/h,1.h:5@app 1/500/1016/500\n"
		    "app.c:20@app 1/100/120/4\n"
		    "0x9999@ 1/50/72/6\n"
		    "app.c:10@app 2/38/80/10\n"
		    "main@libx.so 1/10/40/14\n"
		    "libx.so+0x1233@libx.so 1/8/24/0\n"
		    "(corrupt)@ 1/0/64/0\n"
		    "8/706/1416/534\n");
}
END_TEST

START_TEST(by_size)
{
	sample_same(all(MTR_BY_SIZE, MTR_SORT_BYTES), "500@ 1/500/1016/500\n"
						      "100@ 1/100/120/4\n"
						      "50@ 1/50/72/6\n"
						      "19@ 2/38/80/10\n"
						      "10@ 1/10/40/14\n"
						      "8@ 1/8/24/0\n"
						      "0@ 1/0/64/0\n"
						      "8/706/1416/534\n");
}
END_TEST

START_TEST(by_generation)
{
	sample_same(all(MTR_BY_GENERATION, MTR_SORT_BYTES),
		    "2@ 2/508/1040/500\n"
		    "0@ 4/129/264/23\n"
		    "3@ 1/50/72/6\n"
		    "1@ 1/19/40/5\n"
		    "8/706/1416/534\n");
}
END_TEST

START_TEST(by_type)
{
	sample_has_types = true;
	sample_same(all(MTR_BY_TYPE, MTR_SORT_BYTES),
		    "N::A@ 2/519/1056/505\n"
		    "block of main@app 2/119/160/9\n"
		    "block of 0x9999@ 1/50/72/6\n"
		    "B<int>@ 1/10/40/14\n"
		    "block of libx.so+0x1233@libx.so 1/8/24/0\n"
		    "block of (corrupt)@ 1/0/64/0\n"
		    "8/706/1416/534\n");
	/* by other keys types do not count */
	sample_same(all(MTR_BY_GENERATION, MTR_SORT_BYTES),
		    "2@ 2/508/1040/500\n"
		    "0@ 4/129/264/23\n"
		    "3@ 1/50/72/6\n"
		    "1@ 1/19/40/5\n"
		    "8/706/1416/534\n");
}
END_TEST

/* Nobody asked, or nothing could be read. */
START_TEST(by_type_unknown)
{
	sample_same(all(MTR_BY_TYPE, MTR_SORT_BLOCKS),
		    "block of main@app 3/138/200/14\n"
		    "block of f(int, \"x\")@app 1/500/1016/500\n"
		    "block of 0x9999@ 1/50/72/6\n"
		    "block of main@libx.so 1/10/40/14\n"
		    "block of libx.so+0x1233@libx.so 1/8/24/0\n"
		    "block of (corrupt)@ 1/0/64/0\n"
		    "8/706/1416/534\n");
}
END_TEST

START_TEST(sorts)
{
	sample_same(all(MTR_BY_MODULE, MTR_SORT_BLOCKS),
		    "app@app 4/638/1216/514\n"
		    "libx.so@libx.so 2/18/64/14\n"
		    "(no module)@ 1/50/72/6\n"
		    "(corrupt)@ 1/0/64/0\n"
		    "8/706/1416/534\n");
	sample_same(all(MTR_BY_FUNCTION, MTR_SORT_SLACK),
		    "f(int, \"x\")@app 1/500/1016/500\n"
		    "main@app 3/138/200/14\n"
		    "main@libx.so 1/10/40/14\n"
		    "0x9999@ 1/50/72/6\n"
		    "libx.so+0x1233@libx.so 1/8/24/0\n"
		    "(corrupt)@ 1/0/64/0\n"
		    "8/706/1416/534\n");
}
END_TEST

START_TEST(filters)
{
	struct mtr_filter_spec spec = MTR_FILTER_ALL;

	spec.min_size = 19;
	spec.max_size = 50;
	spec.first = 1;
	sample_same(groups(MTR_BY_FUNCTION, MTR_SORT_BYTES, &spec),
		    "0x9999@ 1/50/72/6\n"
		    "main@app 1/19/40/5\n"
		    "2/69/112/11\n");
	spec = MTR_FILTER_ALL;
	spec.function = "^ma.n$|^libx";
	spec.module = "/lib/libx.so";
	sample_same(groups(MTR_BY_CALLER, MTR_SORT_BYTES, &spec),
		    "libx.so+0x1fff@libx.so 1/10/40/14\n"
		    "libx.so+0x1233@libx.so 1/8/24/0\n"
		    "2/18/64/14\n");
}
END_TEST

START_TEST(heaviest_caller)
{
	const struct mtr_filter every = { .spec = MTR_FILTER_ALL };
	struct mtr_heap_view *s = sample_create();
	struct mtr_tally t;

	ck_assert_ptr_null(
		mtr_tally_make(s, &every, MTR_BY_FUNCTION, MTR_SORT_BYTES, &t));
	ck_assert_str_eq(t.groups.at[1].key, "main");
	ck_assert_uint_eq(t.groups.at[1].site->pc, 0x401020);
	mtr_tally_fini(&t);
	sample_destroy(s);
}
END_TEST

/* Enough of them that every table has to grow. */
START_TEST(many)
{
	enum { N = 50000 };
	const struct mtr_filter every = { .spec = MTR_FILTER_ALL };
	struct mtr_heap_view *s = sample_create();
	struct mtr_tally t;

	for (uint32_t i = 0; i < N; i++) {
		*mtr_sites_push(&s->sites) = (struct mtr_site){
			.pc = 0x410000 + i, .first = 3, .n = 1, .owner = 3
		};
		*mtr_blocks_push(&s->heap.blocks) = (struct mtr_block){
			.addr = 0x10000 + i * 0x1000,
			.size = 1000 + i,
			.usable = 60000,
			.site = (uint32_t)s->sites.n - 1,
		};
	}
	ck_assert_ptr_null(
		mtr_tally_make(s, &every, MTR_BY_CALLER, MTR_SORT_BYTES, &t));
	ck_assert_uint_eq(t.groups.n, N + 7);
	ck_assert_uint_eq(t.total.blocks, N + 8);
	mtr_tally_fini(&t);
	ck_assert_ptr_null(
		mtr_tally_make(s, &every, MTR_BY_SIZE, MTR_SORT_BYTES, &t));
	ck_assert_uint_eq(t.groups.n, N + 7);
	ck_assert_str_eq(t.groups.at[0].key, "50999");
	mtr_tally_fini(&t);
	sample_destroy(s);
}
END_TEST

START_TEST(bad_regex)
{
	struct mtr_filter_spec spec = MTR_FILTER_ALL;
	struct mtr_heap_view *s = sample_create();
	struct mtr_filter filter;
	struct mtr_error *error;

	spec.function = "(";
	error = mtr_filter_init(s, &spec, &filter);
	ck_assert_ptr_nonnull(error);
	ck_assert_ptr_nonnull(strstr(mtr_error_text(error), "'('"));
	mtr_error_destroy(error);
	sample_destroy(s);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, by_function);
	tcase_add_test(t, by_module);
	tcase_add_test(t, by_caller);
	tcase_add_test(t, by_line);
	tcase_add_test(t, by_size);
	tcase_add_test(t, by_generation);
	tcase_add_test(t, by_type);
	tcase_add_test(t, by_type_unknown);
	tcase_add_test(t, sorts);
	tcase_add_test(t, filters);
	tcase_add_test(t, heaviest_caller);
	tcase_add_test(t, many);
	tcase_add_test(t, bad_regex);
}

int main(void)
{
	return sample_run("tally", add);
}
