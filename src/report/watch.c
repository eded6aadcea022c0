/* SPDX-License-Identifier: MIT */
/*
 * Each reading makes a table anew, and takes over what the one before knew: so
 * what is gone for good is forgotten. See watch.h for the contract.
 */
#include "report/watch.h"

#include <string.h>

#include "report/name.h"

/* The key of which no table is made before it is asked for. */
enum { LATE = MTR_BY_STACK };

static void table_fini(struct mtr_watch_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->at[i].key);
	mtr_watch_table_fini(t);
}

/* The row of that key, which may be a new one; NULL: no memory. */
static struct mtr_watched *table_row(struct mtr_watch_table *t,
				     struct mtr_watch_key key)
{
	bool is_new;
	struct mtr_watched *row = mtr_watch_table_put(t, key, &is_new);
	char *text;

	if (!row || !is_new)
		return row;
	text = strdup(key.text);
	if (!text) {
		t->n--;
		return NULL;
	}
	row->key = text;
	row->module = key.module;
	return row;
}

/* By stack several groups may have one name. */
static bool add_group(struct mtr_watch_table *t, const struct mtr_heap_view *s,
		      const struct mtr_group *g)
{
	struct mtr_strbuf made = { 0 };
	struct mtr_watch_key key = { g->key, g->module };
	struct mtr_watched *row = NULL;

	if (!g->key) {
		mtr_name_stack(&made, s, g->stack, g->site);
		key.text = mtr_strbuf_text(&made);
	}
	if (!made.failed)
		row = table_row(t, key);
	mtr_strbuf_fini(&made);
	if (!row)
		return false;
	mtr_sum_add(&row->now, &g->sum);
	if (!row->site)
		row->site = g->site;
	return true;
}

static bool add_groups(struct mtr_watch_table *t, const struct mtr_heap_view *s,
		       const struct mtr_tally *tally)
{
	for (size_t i = 0; i < tally->groups.n; i++)
		if (!add_group(t, s, &tally->groups.at[i]))
			return false;
	return true;
}

/* What @old knew of earlier times. */
static bool take_over(struct mtr_watch_table *t,
		      const struct mtr_watch_table *old)
{
	for (size_t i = 0; i < old->n; i++) {
		const struct mtr_watched *from = &old->at[i];
		struct mtr_watch_key key = { from->key, from->module };
		struct mtr_watched *to = mtr_watch_table_find(t, key);

		if (!to && !from->now.blocks && !from->base.blocks)
			continue;
		to = to ? to : table_row(t, key);
		if (!to)
			return false;
		to->before = from->now;
		to->base = from->base;
	}
	return true;
}

static struct mtr_error *read_table(struct mtr_watch *w,
				    const struct mtr_heap_view *s,
				    const struct mtr_filter *filter,
				    enum mtr_by by, struct mtr_sum *total)
{
	struct mtr_watch_table fresh = { 0 };
	struct mtr_tally tally;
	bool ok;

	MTR_TRY(mtr_tally_make(s, filter, by, MTR_SORT_BYTES, &tally));
	*total = tally.total;
	ok = add_groups(&fresh, s, &tally) && take_over(&fresh, &w->tables[by]);
	mtr_tally_fini(&tally);
	if (!ok) {
		table_fini(&fresh);
		return mtr_error_nomem();
	}
	table_fini(&w->tables[by]);
	w->tables[by] = fresh;
	return NULL;
}

static void count_from_now(struct mtr_watch *w, enum mtr_by by)
{
	struct mtr_watch_table *t = &w->tables[by];

	for (size_t i = 0; i < t->n; i++)
		t->at[i].base = t->at[i].now;
	w->from[by] = (struct mtr_watch_from){ w->now, w->at };
}

struct mtr_error *mtr_watch_mark(struct mtr_watch *w,
				 const struct mtr_heap_view *s,
				 const struct mtr_filter *filter)
{
	for (int by = 0; by < MTR_BY_COUNT; by++) {
		if (!(w->keys & 1U << by) || (by == LATE && !w->turns[by]))
			continue;
		MTR_TRY(mtr_watch_turn_to(w, s, filter, by));
		count_from_now(w, by);
	}
	return NULL;
}

struct mtr_error *mtr_watch_turn_to(struct mtr_watch *w,
				    const struct mtr_heap_view *s,
				    const struct mtr_filter *filter,
				    enum mtr_by by)
{
	struct mtr_sum total;

	if (w->turns[by] == w->turn)
		return NULL;
	MTR_TRY(read_table(w, s, filter, by, &total));
	/* it may have skipped some */
	w->rated[by] = w->turns[by] && w->turns[by] + 1 == w->turn;
	if (!w->rated[by])
		for (size_t i = 0; i < w->tables[by].n; i++)
			w->tables[by].at[i].before = w->tables[by].at[i].now;
	if (!w->turns[by])
		count_from_now(w, by);
	w->turns[by] = w->turn;
	return NULL;
}

struct mtr_error *mtr_watch_read(struct mtr_watch *w,
				 const struct mtr_heap_view *s,
				 const struct mtr_filter *filter,
				 enum mtr_by by, double at)
{
	struct mtr_sum total;

	MTR_TRY(read_table(w, s, filter, by, &total));
	w->before = w->turn ? w->now : total;
	w->now = total;
	w->last_at = w->turn ? w->at : at;
	w->at = at;
	w->rated[by] = w->turn && w->turns[by] == w->turn;
	if (!w->rated[by])
		for (size_t i = 0; i < w->tables[by].n; i++)
			w->tables[by].at[i].before = w->tables[by].at[i].now;
	w->turn++;
	w->turns[by] = w->turn;
	return w->turn == 1 ? mtr_watch_mark(w, s, filter) : NULL;
}

bool mtr_watch_has_rate(const struct mtr_watch *w)
{
	return w->turn > 1 && w->at > w->last_at;
}

bool mtr_watch_has_rates(const struct mtr_watch *w, enum mtr_by by)
{
	return w->rated[by] && mtr_watch_has_rate(w);
}

int64_t mtr_watch_rate(const struct mtr_watch *w, const struct mtr_sum *now,
		       const struct mtr_sum *before)
{
	double seconds = w->at - w->last_at;
	double bytes = (double)(int64_t)(now->bytes - before->bytes);

	return seconds > 0 ? (int64_t)(bytes / seconds) : 0;
}

static int64_t weight(const struct mtr_watched *row, enum mtr_watch_sort sort)
{
	switch (sort) {
	case MTR_WATCH_BLOCKS:
		return (int64_t)row->now.blocks;
	case MTR_WATCH_GROWTH:
		return (int64_t)(row->now.bytes - row->base.bytes);
	case MTR_WATCH_RATE:
		return (int64_t)(row->now.bytes - row->before.bytes);
	default:
		return (int64_t)row->now.bytes;
	}
}

static int compare_rows(const void *a, const void *b, void *sort)
{
	const struct mtr_watched *x = *(const struct mtr_watched *const *)a;
	const struct mtr_watched *y = *(const struct mtr_watched *const *)b;
	int64_t m = weight(x, *(enum mtr_watch_sort *)sort);
	int64_t n = weight(y, *(enum mtr_watch_sort *)sort);

	if (m != n)
		return m < n ? 1 : -1;
	if (x->now.bytes != y->now.bytes)
		return x->now.bytes < y->now.bytes ? 1 : -1;
	return strverscmp(x->key, y->key);
}

struct mtr_error *mtr_watch_rows(const struct mtr_watch *w, enum mtr_by by,
				 enum mtr_watch_sort sort,
				 struct mtr_watch_rows *ret)
{
	const struct mtr_watch_table *t = &w->tables[by];

	ret->n = 0;
	if (!mtr_watch_rows_reserve(ret, t->n))
		return mtr_error_nomem();
	for (size_t i = 0; i < t->n; i++)
		if (t->at[i].now.blocks || t->at[i].base.blocks)
			ret->at[ret->n++] = &t->at[i];
	if (ret->n)
		qsort_r(ret->at, ret->n, sizeof(*ret->at), compare_rows, &sort);
	return NULL;
}

void mtr_watch_fini(struct mtr_watch *w)
{
	for (int by = 0; by < MTR_BY_COUNT; by++)
		table_fini(&w->tables[by]);
	*w = (struct mtr_watch){ 0 };
}
