/* SPDX-License-Identifier: MIT */
/*
 * Answers, handed to a writer piece by piece. See writer.h for the contract.
 */
#include "report/writer.h"

#include <errno.h>

static void no_memory(struct mtr_writer *w)
{
	if (!w->out->error)
		w->out->error = ENOMEM;
}

void mtr_write_report(struct mtr_writer *w, const struct mtr_tally *t,
		      size_t top)
{
	struct mtr_rest rest = { 0 };

	w->ops->report_begin(w, t);
	for (size_t i = 0; i < t->groups.n; i++) {
		const struct mtr_group *g = &t->groups.at[i];

		if (!top || i < top) {
			w->ops->group(w, t, g);
			continue;
		}
		rest.groups++;
		mtr_sum_add(&rest.sum, &g->sum);
	}
	w->ops->report_end(w, &rest);
}

void mtr_write_list(struct mtr_writer *w, const struct mtr_filter *filter)
{
	const struct mtr_blocks *blocks = &w->s->heap.blocks;
	struct mtr_sum total = { 0 };

	w->ops->list_begin(w);
	for (size_t i = 0; i < blocks->n && !w->out->error; i++) {
		const struct mtr_block *b = &blocks->at[i];

		if (!mtr_filter_passes(filter, b))
			continue;
		mtr_sum_block(&total, b);
		w->ops->block(w, b);
	}
	w->ops->list_end(w, &total);
}

const char *mtr_writer_site_text(struct mtr_writer *w,
				 const struct mtr_block *b, mtr_site_text *make)
{
	struct mtr_strbuf text = { 0 };

	if (!w->sites)
		w->sites = calloc(w->s->sites.n + 1, sizeof(*w->sites));
	if (w->sites && w->sites[b->site])
		return w->sites[b->site];
	make(w, mtr_writer_site(w, b), &text);
	if (!w->sites || text.failed || !text.text) {
		no_memory(w);
		mtr_strbuf_fini(&text);
		return "";
	}
	w->sites[b->site] = text.text;
	return text.text;
}

void mtr_writer_strbuf(struct mtr_writer *w, struct mtr_strbuf *b)
{
	if (b->failed)
		no_memory(w);
	mtr_out_text(w->out, mtr_strbuf_text(b));
	mtr_strbuf_fini(b);
}

void mtr_writer_fini(struct mtr_writer *w)
{
	for (size_t i = 0; w->sites && i < w->s->sites.n; i++)
		free(w->sites[i]);
	free(w->sites);
	w->sites = NULL;
}
