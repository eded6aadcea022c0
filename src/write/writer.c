/* SPDX-License-Identifier: MIT */
/*
 * Answers, handed to a writer piece by piece. See writer.h for the contract.
 */
#include "write/writer.h"

#include <errno.h>

#include "base/map.h"
#include "report/name.h"

void mtr_writer_no_memory(struct mtr_writer *w)
{
	if (!w->out->error)
		w->out->error = ENOMEM;
}

/* ------------------------------------------------------------- short names */

struct short_name {
	char *text;
	bool twice; /* of two groups */
};

static uint64_t short_hash(const char *text)
{
	return mtr_hash_text(text, 0);
}

static bool short_is(const struct short_name *item, const char *text)
{
	return strcmp(item->text, text) == 0;
}

MTR_MAP(mtr_shorts, struct short_name, const char *, short_hash, short_is);

/* False: no memory. */
static bool shorts_add(struct mtr_shorts *shorts, const char *key)
{
	struct mtr_strbuf text = { 0 };
	struct short_name *item = NULL;
	bool is_new;

	mtr_name_short(&text, key);
	if (!text.failed)
		item = mtr_shorts_put(shorts, mtr_strbuf_text(&text), &is_new);
	if (item && is_new)
		item->text = strdup(mtr_strbuf_text(&text));
	else if (item)
		item->twice = true;
	mtr_strbuf_fini(&text);
	return item && item->text;
}

/* Of the groups that are shown. */
static void find_shorts(struct mtr_writer *w, const struct mtr_report *r)
{
	if (!w->short_names ||
	    (r->tally->by != MTR_BY_FUNCTION && r->tally->by != MTR_BY_TYPE))
		return;
	w->shorts = calloc(1, sizeof(*w->shorts));
	for (size_t i = 0; w->shorts && i < r->shown; i++)
		if (!shorts_add(w->shorts, r->tally->groups.at[i].key))
			break;
}

static void find_diff_shorts(struct mtr_writer *w,
			     const struct mtr_diff_report *r)
{
	const struct mtr_diff *d = r->diff;

	if (!w->short_names ||
	    (d->by != MTR_BY_FUNCTION && d->by != MTR_BY_TYPE))
		return;
	w->shorts = calloc(1, sizeof(*w->shorts));
	for (size_t i = 0; w->shorts && i < d->groups.n; i++)
		if (mtr_writer_shows(r, i) &&
		    !shorts_add(w->shorts, d->groups.at[i].key))
			break;
}

static void shorts_fini(struct mtr_writer *w)
{
	for (size_t i = 0; w->shorts && i < w->shorts->n; i++)
		free(w->shorts->at[i].text);
	if (w->shorts)
		mtr_shorts_fini(w->shorts);
	free(w->shorts);
	w->shorts = NULL;
}

void mtr_writer_name(const struct mtr_writer *w, struct mtr_strbuf *b,
		     uint64_t pc, const struct mtr_frame *frame)
{
	if (w->short_names && frame->function)
		mtr_name_short(b, frame->function);
	else
		mtr_name_frame(b, pc, frame);
}

void mtr_writer_leak_key(const struct mtr_writer *w, struct mtr_strbuf *b,
			 const struct mtr_leak_group *g)
{
	mtr_writer_name(w, b, g->site->pc, mtr_heap_view_owner(w->s, g->site));
}

const char *mtr_writer_leak_kind(enum mtr_leak_kind kind)
{
	return kind == MTR_LEAK_DEFINITE ? "definite" : "indirect";
}

/* The key, or what was made of it. */
static const char *short_key(struct mtr_writer *w, const char *key,
			     struct mtr_strbuf *room)
{
	const struct short_name *item;

	mtr_name_short(room, key);
	if (room->failed)
		return key;
	item = mtr_shorts_find(w->shorts, mtr_strbuf_text(room));
	return item && !item->twice ? mtr_strbuf_text(room) : key;
}

const char *mtr_writer_key(struct mtr_writer *w, const struct mtr_group *g,
			   struct mtr_strbuf *room)
{
	struct mtr_strbuf whole = { 0 };

	if (g->key)
		return w->shorts ? short_key(w, g->key, room) : g->key;
	if (w->short_names) {
		mtr_name_stack(&whole, w->s, g->stack, g->site);
		mtr_name_short(room, mtr_strbuf_text(&whole));
		room->failed |= whole.failed;
		mtr_strbuf_fini(&whole);
	} else {
		mtr_name_stack(room, w->s, g->stack, g->site);
	}
	if (room->failed)
		mtr_writer_no_memory(w);
	return mtr_strbuf_text(room);
}

const char *mtr_writer_diff_key(struct mtr_writer *w,
				const struct mtr_diff_group *g,
				struct mtr_strbuf *room)
{
	if (w->shorts)
		return short_key(w, g->key, room);
	/* of numbers it is the same */
	if (!w->short_names || !g->site)
		return g->key;
	mtr_name_short(room, g->key);
	if (room->failed)
		mtr_writer_no_memory(w);
	return mtr_strbuf_text(room);
}

/* ----------------------------------------------------------------- answers */

void mtr_write_report(struct mtr_writer *w, struct mtr_report *r)
{
	const struct mtr_groups *groups = &r->tally->groups;

	if (r->tree && w->ops->tree) {
		w->ops->tree(w, r);
		return;
	}
	r->shown = r->top && r->top < groups->n ? r->top : groups->n;
	for (size_t i = r->shown; i < groups->n; i++)
		mtr_sum_add(&r->rest, &groups->at[i].sum);
	find_shorts(w, r);
	w->ops->report_begin(w, r);
	for (size_t i = 0; i < r->shown && !w->out->error; i++)
		w->ops->group(w, r, &groups->at[i]);
	w->ops->report_end(w, r);
}

void mtr_write_list(struct mtr_writer *w, const struct mtr_filter *filter)
{
	const struct mtr_blocks *blocks = &w->s->heap.blocks;
	struct mtr_sum total = { 0 }, left_out = { 0 };

	w->ops->list_begin(w);
	for (size_t i = 0; i < blocks->n && !w->out->error; i++) {
		const struct mtr_block *b = &blocks->at[i];

		if (!mtr_filter_passes(filter, b)) {
			mtr_sum_block(&left_out, &w->s->heap, b);
			continue;
		}
		mtr_sum_block(&total, &w->s->heap, b);
		w->ops->block(w, b);
	}
	w->ops->list_end(w, &total, &left_out);
}

uint64_t mtr_areas_bytes(const struct mtr_areas *v)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < v->n; i++)
		bytes += v->at[i].end - v->at[i].start;
	return bytes;
}

static int64_t grown(const struct mtr_diff_group *g, enum mtr_sort sort)
{
	return mtr_grown(mtr_sum_by(&g->sum[MTR_OLD], sort),
			 mtr_sum_by(&g->sum[MTR_NEW], sort));
}

/* Groups come by what they grew, so the largest changes are at both ends. */
static void choose(const struct mtr_writer *w, struct mtr_diff_report *r)
{
	const struct mtr_diff_groups *v = &r->diff->groups;
	size_t n = r->top && r->top < v->n ? r->top : v->n;

	if (n == v->n) {
		r->first = n;
		return;
	}
	while (r->first + r->last < n) {
		const struct mtr_diff_group *g = &v->at[r->first];
		const struct mtr_diff_group *h = &v->at[v->n - 1 - r->last];

		if (mtr_grown_size(grown(g, w->sort)) >=
		    mtr_grown_size(grown(h, w->sort)))
			r->first++;
		else
			r->last++;
	}
}

void mtr_write_diff(struct mtr_writer *w, struct mtr_diff_report *r)
{
	const struct mtr_diff_groups *v = &r->diff->groups;

	choose(w, r);
	for (size_t i = r->first; i < v->n - r->last; i++) {
		int64_t bytes = grown(&v->at[i], MTR_SORT_BYTES);

		if (grown(&v->at[i], w->sort) < 0) {
			r->more_shrunk++;
			r->bytes_shrunk += bytes;
		} else {
			r->more_grown++;
			r->bytes_grown += bytes;
		}
	}
	find_diff_shorts(w, r);
	w->ops->diff(w, r);
}

void mtr_write_changes(struct mtr_writer *w, const struct mtr_diff *d)
{
	const struct mtr_changes *v = &d->changed.list;
	struct mtr_writer sides[MTR_SIDES] = { *w, *w };

	for (int i = 0; i < MTR_SIDES; i++)
		sides[i].s = d->s[i];
	w->ops->changes_begin(w);
	for (size_t i = 0; i < v->n && !w->out->error; i++)
		w->ops->change(&sides[v->at[i].side], &v->at[i]);
	if (w->ops->changes_end)
		w->ops->changes_end(w, &d->changed);
	for (int i = 0; i < MTR_SIDES; i++)
		mtr_writer_fini(&sides[i]);
}

/* ------------------------------------------------- for the writers themselves
 */

const char *mtr_writer_owner_text(struct mtr_writer *w,
				  const struct mtr_block *b,
				  mtr_site_text *make)
{
	uint32_t i = mtr_heap_view_site(w->s, b);
	struct mtr_strbuf text = { 0 };

	if (!w->owners)
		w->owners = calloc(w->s->sites.n + 1, sizeof(*w->owners));
	if (w->owners && w->owners[i])
		return w->owners[i];
	make(w, &w->s->sites.at[i], &text);
	if (!w->owners || text.failed || !text.text) {
		mtr_writer_no_memory(w);
		mtr_strbuf_fini(&text);
		return "";
	}
	w->owners[i] = text.text;
	return text.text;
}

void mtr_writer_strbuf(struct mtr_writer *w, struct mtr_strbuf *b)
{
	if (b->failed)
		mtr_writer_no_memory(w);
	mtr_out_text(w->out, mtr_strbuf_text(b));
	mtr_strbuf_fini(b);
}

void mtr_writer_fini(struct mtr_writer *w)
{
	for (size_t i = 0; w->owners && i < w->s->sites.n; i++)
		free(w->owners[i]);
	free(w->owners);
	free(w->emitter);
	free(w->frame_of);
	w->emitter = NULL;
	w->owners = NULL;
	w->frame_of = NULL;
	shorts_fini(w);
}
