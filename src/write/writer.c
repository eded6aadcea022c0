/* SPDX-License-Identifier: MIT */
/*
 * Answers, handed to a writer piece by piece. See writer.h for the contract.
 */
#include "write/writer.h"

#include <errno.h>

#include "report/name.h"

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

void mtr_write_tree(struct mtr_writer *w, const struct mtr_tally *t,
		    const struct mtr_tree *tree, size_t top)
{
	w->ops->tree(w, t, tree, top);
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
		no_memory(w);
		mtr_strbuf_fini(&text);
		return "";
	}
	w->owners[i] = text.text;
	return text.text;
}

const char *mtr_writer_key(struct mtr_writer *w, const struct mtr_group *g,
			   struct mtr_strbuf *room)
{
	if (g->key)
		return g->key;
	mtr_name_stack(room, w->s, g->stack, g->site);
	if (room->failed)
		no_memory(w);
	return mtr_strbuf_text(room);
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
	for (size_t i = 0; w->owners && i < w->s->sites.n; i++)
		free(w->owners[i]);
	free(w->owners);
	w->owners = NULL;
}
