/* SPDX-License-Identifier: MIT */
/*
 * What a process has at one time, and how it grows: a table that is shown again
 * and again.
 */
#include "write/text_words.h"

#include <inttypes.h>

#include "report/name.h"

enum { SIZE = MTR_TEXT_SIZE, GROWTH = MTR_TEXT_SIZE + 1, RATE = 13 };
enum { BLOCKS = MTR_TEXT_BLOCKS };

const char *mtr_writer_watch_sort(enum mtr_watch_sort sort)
{
	static const char *const names[MTR_WATCH_SORTS] = {
		[MTR_WATCH_BYTES] = "bytes",
		[MTR_WATCH_BLOCKS] = "blocks",
		[MTR_WATCH_GROWTH] = "growth",
		[MTR_WATCH_RATE] = "growth per second",
	};

	return names[sort];
}

/* "1:02:03", "0:12" */
static void duration(struct mtr_writer *w, double from, double to)
{
	uint64_t seconds = to > from ? (uint64_t)(to - from + 0.5) : 0;

	if (seconds >= 3600)
		mtr_out_printf(w->out, "%" PRIu64 ":%02u:%02u", seconds / 3600,
			       (unsigned)(seconds / 60 % 60),
			       (unsigned)(seconds % 60));
	else
		mtr_out_printf(w->out, "%u:%02u", (unsigned)(seconds / 60),
			       (unsigned)(seconds % 60));
}

static void head(struct mtr_writer *w, const struct mtr_top *t)
{
	const struct mtr_watch *watch = t->watch;
	const struct mtr_watch_from *from = &watch->from[t->by];
	int64_t blocks = mtr_grown(from->sum.blocks, watch->now.blocks);

	mtr_text_label(w, "process");
	mtr_text_clean(w, w->s->name);
	mtr_out_text(w->out, ": ");
	mtr_text_count(w, watch->now.blocks, "block");
	mtr_out_text(w->out, ", ");
	mtr_text_size(w, watch->now.bytes, 0);
	mtr_out_char(w->out, '\n');
	mtr_text_label(w, "growth");
	mtr_text_grown(w, blocks, "block");
	mtr_out_text(w->out, ", ");
	mtr_text_growth(w, mtr_grown(from->sum.bytes, watch->now.bytes), 0);
	mtr_out_text(w->out, " in ");
	duration(w, from->at, watch->at);
	if (mtr_watch_has_rate(watch)) {
		mtr_out_text(w->out, "; ");
		mtr_text_growth(
			w, mtr_watch_rate(watch, &watch->now, &watch->before),
			0);
		mtr_out_text(w->out, "/s");
	}
	mtr_out_char(w->out, '\n');
	mtr_text_label(w, "by");
	mtr_out_text(w->out, mtr_name_by(t->by));
	mtr_out_text(w->out, ", sorted by ");
	mtr_out_text(w->out, mtr_writer_watch_sort(t->sort));
	if (t->keys)
		mtr_out_text(w->out, t->keys);
	mtr_out_text(w->out, "\n\n");
}

static void titles(struct mtr_writer *w, const struct mtr_top *t)
{
	mtr_text_colour(w, "1");
	mtr_out_printf(w->out, "%*s%*s%*s%*s%*s  %s", SIZE, "BYTES", BLOCKS,
		       "BLOCKS", GROWTH, "GROWTH", BLOCKS, "BLOCKS", RATE,
		       "PER SECOND", mtr_text_title(t->by));
	mtr_text_colour(w, "0");
	mtr_out_char(w->out, '\n');
}

static void growth(struct mtr_writer *w, int64_t bytes, int width)
{
	mtr_text_colour(w, bytes > 0 ? "31" : bytes < 0 ? "32" : "0");
	mtr_text_growth(w, bytes, width);
	mtr_text_colour(w, "0");
}

static int numbers(struct mtr_writer *w, const struct mtr_top *t,
		   const struct mtr_watched *row)
{
	int64_t blocks = mtr_grown(row->base.blocks, row->now.blocks);

	mtr_text_size(w, row->now.bytes, SIZE);
	mtr_out_dec_wide(w->out, row->now.blocks, BLOCKS);
	growth(w, mtr_grown(row->base.bytes, row->now.bytes), GROWTH);
	mtr_out_printf(w->out, blocks ? "%+*" PRId64 : "%*" PRId64, BLOCKS,
		       blocks);
	if (mtr_watch_has_rates(t->watch, t->by))
		growth(w, mtr_watch_rate(t->watch, &row->now, &row->before),
		       RATE);
	else
		mtr_out_printf(w->out, "%*s", RATE, "-");
	mtr_out_text(w->out, "  ");
	return SIZE + BLOCKS + GROWTH + BLOCKS + RATE + 2;
}

static void name(struct mtr_writer *w, const struct mtr_top *t,
		 const struct mtr_watched *row, int left)
{
	struct mtr_strbuf shown = { 0 }, more = { 0 };
	int room = mtr_text_room(w, left);
	int key;

	if (w->short_names && row->module)
		mtr_name_short(&shown, row->key);
	else
		mtr_strbuf_add(&shown, row->key);
	key = mtr_text_columns(mtr_strbuf_text(&shown));
	mtr_text_details(w, t->by, row->site, row->module, &more);
	mtr_text_fit(w, mtr_strbuf_text(&shown), room, mtr_text_cut(t->by));
	/* less than that of it tells nothing */
	if (!room || key + 8 <= room)
		mtr_text_fit(w, mtr_strbuf_text(&more), room ? room - key : 0,
			     MTR_CUT_END);
	if (shown.failed || more.failed)
		mtr_writer_no_memory(w);
	mtr_strbuf_fini(&shown);
	mtr_strbuf_fini(&more);
	mtr_out_char(w->out, '\n');
}

void mtr_text_top(struct mtr_writer *w, const struct mtr_top *t)
{
	head(w, t);
	titles(w, t);
	for (size_t i = 0; i < t->rows->n && i < t->shown; i++)
		name(w, t, t->rows->at[i], numbers(w, t, t->rows->at[i]));
}
