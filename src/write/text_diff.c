/* SPDX-License-Identifier: MIT */
/*
 * What grew, for people: the two targets, what is known of single blocks, a
 * table.
 */
#include "write/text_words.h"

#include <inttypes.h>
#include <string.h>

#include "report/name.h"

enum { SIZE = MTR_TEXT_SIZE + 1, BLOCKS = MTR_TEXT_BLOCKS, PAIRS = 4 };

/* ------------------------------------------------------------------ head */

/* "3 blocks, 96 bytes" */
static void amount(struct mtr_writer *w, const struct mtr_sum *sum)
{
	mtr_text_count(w, sum->blocks, "block");
	mtr_out_text(w->out, ", ");
	mtr_text_bytes(w, sum->bytes);
}

static void side(struct mtr_writer *w, const struct mtr_diff *d,
		 enum mtr_side side)
{
	w->s = d->s[side];
	mtr_text_label(w, side == MTR_OLD ? "old" : "new");
	mtr_text_target_name(w, w->s);
	mtr_out_char(w->out, '\n');
	mtr_text_label(w, "");
	mtr_text_selected(w, &d->total[side], &d->left_out[side]);
	mtr_text_health(w);
	w->s = d->s[MTR_NEW];
}

/* "+1,000 blocks, +97.7 KiB (+100,000 bytes)" */
static void grown(struct mtr_writer *w, const struct mtr_sum sum[MTR_SIDES])
{
	int64_t blocks = mtr_grown(sum[MTR_OLD].blocks, sum[MTR_NEW].blocks);
	int64_t bytes = mtr_grown(sum[MTR_OLD].bytes, sum[MTR_NEW].bytes);

	mtr_text_label(w, "growth");
	mtr_text_grown(w, blocks, "block");
	mtr_out_text(w->out, ", ");
	mtr_text_sign(w, bytes);
	mtr_text_bytes(w, mtr_grown_size(bytes));
	mtr_out_char(w->out, '\n');
}

static void same_process(struct mtr_writer *w, const struct mtr_changed *c)
{
	mtr_text_label(w, "new blocks");
	amount(w, &c->fresh);
	mtr_out_char(w->out, '\n');
	mtr_text_label(w, "gone blocks");
	amount(w, &c->gone);
	mtr_out_char(w->out, '\n');
	mtr_text_label(w, "kept blocks");
	amount(w, &c->kept);
	mtr_out_char(w->out, '\n');
	if (!c->unsure.blocks)
		return;
	mtr_text_label(w, "");
	mtr_out_char(w->out, '(');
	mtr_out_commas(w->out, c->unsure.blocks);
	mtr_out_text(w->out, " may have been freed and allocated again: `mark` "
			     "would tell)\n");
}

static void process(struct mtr_writer *w, const struct mtr_diff *d)
{
	if (d->process == MTR_PROCESS_SAME) {
		same_process(w, &d->changed);
		return;
	}
	mtr_text_label(w, "process");
	mtr_out_text(w->out, d->process == MTR_PROCESS_OTHER
				     ? "another one: matched by names\n"
				     : "not known to be the same one: matched "
				       "by names\n");
}

/* Of @n modules the first ones are shown. */
static void more_pairs(struct mtr_writer *w, size_t n)
{
	if (n <= PAIRS)
		return;
	mtr_text_label(w, "");
	mtr_out_printf(w->out, "... %zu more\n", n - PAIRS);
}

static void pair_name(struct mtr_writer *w, const struct mtr_pair *pair)
{
	struct mtr_strbuf name = { 0 };

	mtr_pair_name(&name, pair);
	mtr_text_clean(w, mtr_strbuf_text(&name));
	if (name.failed)
		mtr_writer_no_memory(w);
	mtr_strbuf_fini(&name);
}

static void builds(struct mtr_writer *w, const struct mtr_pairs *p)
{
	size_t more = 0;

	for (size_t i = 1; i < p->list.n; i++) {
		const struct mtr_pair *pair = &p->list.at[i];
		const struct mtr_module *a = pair->module[MTR_OLD];
		const struct mtr_module *b = pair->module[MTR_NEW];
		char id[MTR_NAME_BUILD_ID];

		if (!a || !b || pair->same || more++ >= PAIRS)
			continue;
		mtr_text_label(w, more > 1 ? "" : "builds");
		pair_name(w, pair);
		mtr_out_text(w->out, ": build-id ");
		mtr_out_text(w->out, mtr_name_build_id(id, &a->build_id));
		mtr_out_text(w->out, ", then ");
		mtr_out_text(w->out, mtr_name_build_id(id, &b->build_id));
		mtr_out_char(w->out, '\n');
	}
	more_pairs(w, more);
}

/* Which of the builds has no names; NULL: what is not matched for it, none. */
static const char *nameless(const struct mtr_pair *pair, enum mtr_by by)
{
	const struct mtr_module *a = pair->module[MTR_OLD];
	const struct mtr_module *b = pair->module[MTR_NEW];

	if (!a || !b)
		return NULL;
	if (!pair->named)
		return mtr_pair_has_names(a) ? "the new build"
					     : "the old build";
	/* variables without a name are one group on both sides */
	if (pair->same || mtr_pair_has_names(a) || by == MTR_BY_ROOT)
		return NULL;
	return "either build";
}

/* Groups of such modules seem to come and go. */
static void names(struct mtr_writer *w, const struct mtr_diff *d)
{
	const struct mtr_pairs *p = &d->pairs;
	size_t more = 0;

	for (size_t i = 1; i < p->list.n && d->by != MTR_BY_MODULE; i++) {
		const struct mtr_pair *pair = &p->list.at[i];
		const char *which = nameless(pair, d->by);

		if (!which || more++ >= PAIRS)
			continue;
		mtr_text_label(w, more > 1 ? "" : "no names");
		mtr_out_printf(w->out, "for %s of ", which);
		pair_name(w, pair);
		mtr_out_text(w->out, ": what has no name is not matched\n");
	}
	more_pairs(w, more);
}

static void notes(struct mtr_writer *w, const struct mtr_diff *d)
{
	if (d->by == MTR_BY_SIZE || d->by == MTR_BY_GENERATION)
		return;
	builds(w, &d->pairs);
	if (d->in_order) {
		mtr_text_label(w, "");
		mtr_out_text(w->out, "(lines are matched by their order in a "
				     "function)\n");
	}
	if (d->folded) {
		mtr_text_label(w, "");
		mtr_out_printf(w->out,
			       "(%ss that builds do not share are put "
			       "together by function)\n",
			       mtr_name_by(d->by));
	}
	names(w, d);
	if (d->depths_differ) {
		mtr_text_label(w, "recorded");
		mtr_out_printf(w->out,
			       "call stacks only in the %s one: blocks may be "
			       "counted for other functions\n",
			       d->s[MTR_NEW]->heap.descriptor.stack_depth > 1
				       ? "new"
				       : "old");
	}
}

/* ----------------------------------------------------------------- table */

static void titles(struct mtr_writer *w, const struct mtr_diff *d)
{
	mtr_out_char(w->out, '\n');
	mtr_text_colour(w, "1");
	mtr_out_printf(w->out, "%*s%*s", SIZE, "GROWTH", BLOCKS, "BLOCKS");
	if (w->sort == MTR_SORT_SLACK)
		mtr_out_printf(w->out, "%*s", SIZE, "UNUSED");
	mtr_out_printf(w->out, "%*s%*s  %s", SIZE, "OLD", SIZE, "NEW",
		       mtr_text_title(d->by));
	mtr_text_colour(w, "0");
	mtr_out_char(w->out, '\n');
}

/* The columns of the numbers; how many they take. */
static int numbers(struct mtr_writer *w, const struct mtr_diff_group *g)
{
	const struct mtr_sum *a = &g->sum[MTR_OLD], *b = &g->sum[MTR_NEW];
	int64_t bytes = mtr_grown(a->bytes, b->bytes);
	int64_t blocks = mtr_grown(a->blocks, b->blocks);
	bool slack = w->sort == MTR_SORT_SLACK;

	mtr_text_colour(w, bytes > 0 ? "31" : "32");
	mtr_text_growth(w, bytes, SIZE);
	mtr_text_colour(w, "0");
	mtr_out_printf(w->out, blocks ? "%+*" PRId64 : "%*" PRId64, BLOCKS,
		       blocks);
	if (slack)
		mtr_text_growth(w, mtr_grown(a->slack, b->slack), SIZE);
	mtr_text_size(w, a->bytes, SIZE);
	mtr_text_size(w, b->bytes, SIZE);
	mtr_out_text(w->out, "  ");
	return (3 + slack) * SIZE + BLOCKS + 2;
}

static void name(struct mtr_writer *w, const struct mtr_diff *d,
		 const struct mtr_diff_group *g, int left)
{
	struct mtr_strbuf more = { 0 }, made = { 0 };
	const char *text = mtr_writer_diff_key(w, g, &made);
	int room = mtr_text_room(w, left);
	int key = mtr_text_columns(text);

	mtr_text_fit(w, text, room, mtr_text_cut(d->by));
	mtr_text_details(w, g->folded ? MTR_BY_FUNCTION : d->by, g->site,
			 mtr_diff_module(d, g), &more);
	/* less than that of it tells nothing */
	if (!room || key + 8 <= room)
		mtr_text_fit(w, mtr_strbuf_text(&more), room ? room - key : 0,
			     MTR_CUT_END);
	mtr_strbuf_fini(&more);
	mtr_strbuf_fini(&made);
	mtr_out_char(w->out, '\n');
}

static void rest(struct mtr_writer *w, const struct mtr_diff_report *r)
{
	if (!r->more_grown && !r->more_shrunk)
		return;
	if (r->more_grown) {
		mtr_text_growth(w, r->bytes_grown, SIZE);
		mtr_out_text(w->out, " in ");
		mtr_text_count(w, r->more_grown, "more group");
	}
	if (r->more_grown && r->more_shrunk)
		mtr_out_text(w->out, ", ");
	if (r->more_shrunk) {
		mtr_text_growth(w, r->bytes_shrunk, r->more_grown ? 0 : SIZE);
		mtr_out_text(w->out, " in ");
		mtr_text_count(w, r->more_shrunk, "more group");
	}
	mtr_out_text(w->out, " (--top=0 shows all)\n");
}

/* ------------------------------------------------------------------ ages */

static void ages(struct mtr_writer *w, const struct mtr_changed *c)
{
	if (c->ages.n < 2)
		return;
	mtr_out_char(w->out, '\n');
	mtr_text_colour(w, "1");
	mtr_out_printf(w->out, "%*s%*s%*s%*s%*s%*s%*s", SIZE, "GENERATION",
		       SIZE, "NEW", BLOCKS, "BLOCKS", SIZE, "GONE", BLOCKS,
		       "BLOCKS", SIZE, "KEPT", BLOCKS, "BLOCKS");
	mtr_text_colour(w, "0");
	mtr_out_char(w->out, '\n');
	for (size_t i = 0; i < c->ages.n; i++) {
		const struct mtr_age *age = &c->ages.at[i];
		const struct mtr_sum *const sums[] = { &age->fresh, &age->gone,
						       &age->kept };

		mtr_out_dec_wide(w->out, age->generation, SIZE);
		for (size_t k = 0; k < sizeof(sums) / sizeof(*sums); k++) {
			mtr_text_size(w, sums[k]->bytes, SIZE);
			mtr_out_dec_wide(w->out, sums[k]->blocks, BLOCKS);
		}
		mtr_out_char(w->out, '\n');
	}
}

void mtr_text_diff(struct mtr_writer *w, const struct mtr_diff_report *r)
{
	const struct mtr_diff *d = r->diff;

	side(w, d, MTR_OLD);
	side(w, d, MTR_NEW);
	grown(w, d->total);
	process(w, d);
	notes(w, d);
	if (d->groups.n)
		titles(w, d);
	else
		mtr_out_printf(w->out, "\nNo %s has grown or shrunk.\n",
			       mtr_name_by(d->by));
	for (size_t i = 0; i < d->groups.n && !w->out->error; i++) {
		if (!mtr_writer_shows(r, i))
			continue;
		if (r->last && i == d->groups.n - r->last)
			rest(w, r);
		w->s = d->s[d->groups.at[i].side];
		name(w, d, &d->groups.at[i], numbers(w, &d->groups.at[i]));
		w->s = d->s[MTR_NEW];
	}
	if (!r->last)
		rest(w, r);
	ages(w, &d->changed);
}
