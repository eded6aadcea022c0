/* SPDX-License-Identifier: MIT */
/* One process, read again and again. */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

static struct mtr_heap_view *s;
static struct mtr_watch watch;
static struct mtr_watch_rows rows;
static struct mtr_filter all = { .spec = MTR_FILTER_ALL_INIT };

static void setup(void)
{
	s = sample_create();
	all.s = s;
	watch.keys = 1 << MTR_BY_FUNCTION | 1 << MTR_BY_SIZE;
}

static void teardown(void)
{
	mtr_watch_rows_fini(&rows);
	mtr_watch_fini(&watch);
	sample_destroy(s);
}

static void reading(enum mtr_by by, double at)
{
	ck_assert_ptr_null(mtr_watch_read(&watch, s, &all, by, at));
}

static const struct mtr_watched *row(enum mtr_by by, const char *key)
{
	for (size_t i = 0; i < watch.tables[by].n; i++)
		if (strcmp(watch.tables[by].at[i].key, key) == 0)
			return &watch.tables[by].at[i];
	return NULL;
}

/* As the bytes of that row; of one that is not there all are 0. */
static void row_is(enum mtr_by by, const char *key, uint64_t now,
		   uint64_t before, uint64_t base)
{
	static const struct mtr_watched none;
	const struct mtr_watched *r = row(by, key);

	r = r ? r : &none;
	ck_assert_uint_eq(r->now.bytes, now);
	ck_assert_uint_eq(r->before.bytes, before);
	ck_assert_uint_eq(r->base.bytes, base);
}

static void order_is(enum mtr_watch_sort sort, const char *first,
		     const char *last)
{
	ck_assert_ptr_null(mtr_watch_rows(&watch, MTR_BY_SIZE, sort, &rows));
	ck_assert_str_eq(rows.at[0]->key, first);
	ck_assert_str_eq(rows.at[rows.n - 1]->key, last);
}

START_TEST(from_reading_to_reading)
{
	reading(MTR_BY_FUNCTION, 10);
	row_is(MTR_BY_FUNCTION, "work", 0, 0, 0);
	row_is(MTR_BY_FUNCTION, "f(int, \"x\")", 500, 500, 500);
	s->heap.blocks.at[4].size = 900;
	reading(MTR_BY_FUNCTION, 12);
	row_is(MTR_BY_FUNCTION, "f(int, \"x\")", 900, 500, 500);
	ck_assert_int_eq(mtr_watch_rate(&watch, &watch.now, &watch.before),
			 200);
	ck_assert_uint_eq(
		watch.now.bytes - watch.from[MTR_BY_FUNCTION].sum.bytes, 400);
	reading(MTR_BY_FUNCTION, 13);
	row_is(MTR_BY_FUNCTION, "f(int, \"x\")", 900, 900, 500);
	ck_assert_int_eq(mtr_watch_rate(&watch, &watch.now, &watch.before), 0);
	s->heap.blocks.at[4].size = 100;
	reading(MTR_BY_FUNCTION, 14);
	row_is(MTR_BY_FUNCTION, "f(int, \"x\")", 100, 900, 500);
	ck_assert_int_eq(mtr_watch_rate(&watch, &watch.now, &watch.before),
			 -800);
}
END_TEST

/* By whatever it is grouped later, growth is that since the mark. */
START_TEST(another_key)
{
	reading(MTR_BY_FUNCTION, 1);
	s->heap.blocks.at[4].size = 600;
	reading(MTR_BY_FUNCTION, 2);
	reading(MTR_BY_FUNCTION, 3);
	ck_assert_ptr_null(mtr_watch_turn_to(&watch, s, &all, MTR_BY_SIZE));
	row_is(MTR_BY_SIZE, "600", 600, 600, 0);
	row_is(MTR_BY_SIZE, "500", 0, 0, 500);
	reading(MTR_BY_SIZE, 4);
	row_is(MTR_BY_SIZE, "600", 600, 600, 0);
	s->heap.blocks.at[4].size = 700;
	reading(MTR_BY_SIZE, 5);
	row_is(MTR_BY_SIZE, "600", 0, 600, 0);
	row_is(MTR_BY_SIZE, "700", 700, 0, 0);
}
END_TEST

START_TEST(marked)
{
	reading(MTR_BY_FUNCTION, 1);
	s->heap.blocks.at[4].size = 600;
	reading(MTR_BY_FUNCTION, 2);
	ck_assert_ptr_null(mtr_watch_mark(&watch, s, &all));
	row_is(MTR_BY_FUNCTION, "f(int, \"x\")", 600, 500, 600);
	ck_assert_uint_eq(watch.from[MTR_BY_FUNCTION].sum.bytes,
			  watch.now.bytes);
	ck_assert(watch.from[MTR_BY_SIZE].at > 1.5);
	row_is(MTR_BY_SIZE, "600", 600, 0, 600);
	s->heap.blocks.at[4].size = 601;
	reading(MTR_BY_SIZE, 3);
	row_is(MTR_BY_SIZE, "600", 0, 600, 600);
	row_is(MTR_BY_SIZE, "601", 601, 0, 0);
}
END_TEST

/* Of each stack a text would be held, which nobody may ask for. */
START_TEST(stacks_late)
{
	watch.keys |= 1 << MTR_BY_STACK;
	reading(MTR_BY_FUNCTION, 1);
	ck_assert_uint_gt(watch.tables[MTR_BY_SIZE].n, 0);
	ck_assert_uint_eq(watch.tables[MTR_BY_STACK].n, 0);
	s->heap.blocks.at[4].size = 600;
	reading(MTR_BY_FUNCTION, 2);
	ck_assert_ptr_null(mtr_watch_mark(&watch, s, &all));
	ck_assert_uint_eq(watch.tables[MTR_BY_STACK].n, 0);
	reading(MTR_BY_FUNCTION, 3);
	ck_assert_ptr_null(mtr_watch_turn_to(&watch, s, &all, MTR_BY_STACK));
	row_is(MTR_BY_STACK, "work;f(int, \"x\")", 600, 600, 600);
	ck_assert(watch.from[MTR_BY_STACK].at > 2.5);
	ck_assert(watch.from[MTR_BY_SIZE].at < 2.5);
	s->heap.blocks.at[4].size = 700;
	reading(MTR_BY_STACK, 4);
	row_is(MTR_BY_STACK, "work;f(int, \"x\")", 700, 600, 600);
	ck_assert_ptr_null(mtr_watch_mark(&watch, s, &all));
	row_is(MTR_BY_STACK, "work;f(int, \"x\")", 700, 600, 700);
	ck_assert(watch.from[MTR_BY_STACK].at > 3.5);
}
END_TEST

/* Sizes that come and go: what is gone, and was not there at the mark. */
START_TEST(forgets)
{
	reading(MTR_BY_SIZE, 0);
	for (int i = 1; i <= 1000; i++) {
		s->heap.blocks.at[4].size = (uint64_t)1000 + i;
		reading(MTR_BY_SIZE, i);
	}
	ck_assert_uint_lt(watch.tables[MTR_BY_SIZE].n, 20);
	row_is(MTR_BY_SIZE, "500", 0, 0, 500);
}
END_TEST

START_TEST(in_order)
{
	reading(MTR_BY_SIZE, 0);
	order_is(MTR_WATCH_BYTES, "500", "0");
	order_is(MTR_WATCH_BLOCKS, "19", "0");
	s->heap.blocks.at[4].size = 400;
	reading(MTR_BY_SIZE, 1);
	s->heap.blocks.at[1].size = 101;
	reading(MTR_BY_SIZE, 2);
	order_is(MTR_WATCH_BYTES, "400", "500");
	order_is(MTR_WATCH_GROWTH, "400", "500");
	order_is(MTR_WATCH_RATE, "101", "100");
}
END_TEST

START_TEST(stacks_of_one_name_are_one)
{
	const struct mtr_watched *r;

	sample_destroy(s);
	sample_has_stacks = true;
	s = sample_create();
	sample_has_stacks = false;
	watch.keys = 1 << MTR_BY_STACK;
	reading(MTR_BY_STACK, 1);
	reading(MTR_BY_STACK, 2);
	r = row(MTR_BY_STACK, "start;main;work;f(int, \"x\");xmalloc");
	ck_assert_ptr_nonnull(r);
	ck_assert_uint_eq(r->now.blocks, 2);
	ck_assert_uint_eq(r->base.blocks, 2);
}
END_TEST

static int take(void *to, const char *bytes, size_t n)
{
	mtr_strbuf_add_bytes(to, bytes, n);
	return 0;
}

/* The answer by function. */
static char *written(enum mtr_watch_sort sort)
{
	struct mtr_top top = {
		.watch = &watch,
		.rows = &rows,
		.sort = sort,
		.shown = 3,
		.keys = "   [q]uit",
	};
	struct mtr_out *out = calloc(1, sizeof(*out));
	struct mtr_strbuf text = { 0 };
	struct mtr_writer w = { .ops = &mtr_write_text, .out = out, .s = s };

	out->take = take;
	out->to = &text;
	ck_assert_ptr_null(
		mtr_watch_rows(&watch, MTR_BY_FUNCTION, sort, &rows));
	w.ops->top(&w, &top);
	mtr_out_flush(out);
	mtr_writer_fini(&w);
	free(out);
	return text.text;
}

START_TEST(as_text)
{
	reading(MTR_BY_FUNCTION, 0);
	s->heap.blocks.at[4].size = 8000;
	s->heap.blocks.at[1].size = 50;
	reading(MTR_BY_FUNCTION, 3700);
	sample_same(
		written(MTR_WATCH_GROWTH),
		"process       app.core: 8 blocks, 8.0 KiB\n"
		"growth        0 blocks, +7.3 KiB in 1:01:40; +2 B/s\n"
		"by            function, sorted by growth   [q]uit\n"
		"\n"
		"     BYTES    BLOCKS     GROWTH    BLOCKS   PER SECOND  FUNCTI"
		"ON\n"
		"   7.8 KiB         1   +7.3 KiB         0         +2 B  f(int,"
		" \"x\")  [app]\n"
		"      50 B         1        0 B         0          0 B  "
		"0x9999\n"
		"      10 B         1        0 B         0          0 B  main  "
		"[libx.so]\n");
}
END_TEST

/* What is not known is not said to be nothing. */
START_TEST(rates_that_are_not_known)
{
	reading(MTR_BY_FUNCTION, 1);
	sample_same(
		written(MTR_WATCH_BYTES),
		"process       app.core: 8 blocks, 706 B\n"
		"growth        0 blocks, 0 B in 0:00\n"
		"by            function, sorted by bytes   [q]uit\n"
		"\n"
		"     BYTES    BLOCKS     GROWTH    BLOCKS   PER SECOND  FUNCTI"
		"ON\n"
		"     500 B         1        0 B         0            -  f(int,"
		" \"x\")  [app]\n"
		"     138 B         3        0 B         0            -  main  "
		"[app]\n"
		"      50 B         1        0 B         0            -  0x9999"
		"\n");
	ck_assert(!mtr_watch_has_rate(&watch));
	reading(MTR_BY_FUNCTION, 2);
	ck_assert(mtr_watch_has_rate(&watch));
	ck_assert(mtr_watch_has_rates(&watch, MTR_BY_FUNCTION));
	/* its table was made one reading before */
	ck_assert_ptr_null(mtr_watch_turn_to(&watch, s, &all, MTR_BY_SIZE));
	ck_assert(mtr_watch_has_rates(&watch, MTR_BY_SIZE));
	reading(MTR_BY_SIZE, 3);
	reading(MTR_BY_SIZE, 4);
	ck_assert_ptr_null(mtr_watch_turn_to(&watch, s, &all, MTR_BY_FUNCTION));
	ck_assert(mtr_watch_has_rate(&watch));
	ck_assert(!mtr_watch_has_rates(&watch, MTR_BY_FUNCTION));
	reading(MTR_BY_FUNCTION, 5);
	ck_assert(mtr_watch_has_rates(&watch, MTR_BY_FUNCTION));
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, from_reading_to_reading);
	tcase_add_test(tests, another_key);
	tcase_add_test(tests, marked);
	tcase_add_test(tests, stacks_late);
	tcase_add_test(tests, forgets);
	tcase_add_test(tests, in_order);
	tcase_add_test(tests, stacks_of_one_name_are_one);
	tcase_add_test(tests, as_text);
	tcase_add_test(tests, rates_that_are_not_known);
}

int main(void)
{
	return sample_run("watch", add);
}
