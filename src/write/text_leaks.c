/* SPDX-License-Identifier: MIT */
/*
 * Leaks for people: what was lost, by whom, and one address to go on from.
 */
#include "write/text_words.h"

#include <inttypes.h>

#include "report/name.h"
#include "report/root_name.h"

enum { SIZE = MTR_TEXT_SIZE, BLOCKS = MTR_TEXT_BLOCKS, ADDRESS = 14 };

/* "3 blocks, 96 bytes" */
static void amount(struct mtr_writer *w, const struct mtr_sum *sum)
{
	mtr_text_count(w, sum->blocks, "block");
	mtr_out_text(w->out, ", ");
	mtr_text_bytes(w, sum->bytes);
}

static void amount_line(struct mtr_writer *w, const char *label,
			const struct mtr_sum *sum)
{
	if (!sum->blocks)
		return;
	mtr_text_label(w, label);
	amount(w, sum);
	mtr_out_char(w->out, '\n');
}

static void missing(struct mtr_writer *w, const struct mtr_leaks *l)
{
	enum { SHOWN = 4 };

	for (size_t i = 0; i < l->missing.n && i < SHOWN; i++) {
		mtr_text_label(w, i ? "" : "not in it");
		mtr_text_clean(w, l->missing.at[i]);
		mtr_out_char(w->out, '\n');
	}
	if (l->missing.n > SHOWN) {
		mtr_text_label(w, "");
		mtr_out_printf(w->out, "... %zu more\n", l->missing.n - SHOWN);
	}
	if (!l->missing.n)
		return;
	mtr_text_label(w, "");
	mtr_out_text(w->out, "(what only these point to looks lost)\n");
}

static void head(struct mtr_writer *w, const struct mtr_leaks *l)
{
	static const struct mtr_resident unknown;
	static const struct mtr_sum none;

	mtr_text_target(w, &unknown, &none);
	mtr_text_label(w, "definite");
	amount(w, &l->definite);
	mtr_out_char(w->out, '\n');
	mtr_text_label(w, "indirect");
	amount(w, &l->indirect);
	if (l->indirect.blocks)
		mtr_out_text(w->out, ", hang from lost blocks");
	mtr_out_char(w->out, '\n');
	amount_line(w, "suppressed", &l->suppressed);
	amount_line(w, "left out", &l->left_out);
	missing(w, l);
	mtr_text_health(w);
}

/* ---------------------------------------------------------------- groups */

static void titles(struct mtr_writer *w, enum mtr_leak_kind kind)
{
	mtr_out_char(w->out, '\n');
	mtr_text_colour(w, "1");
	if (kind == MTR_LEAK_DEFINITE)
		mtr_out_printf(w->out, "%*s%*s %*s%*s  %s", SIZE, "LOST",
			       BLOCKS, "BLOCKS", SIZE, "INDIRECT", BLOCKS,
			       "BLOCKS", "BY");
	else
		mtr_out_printf(w->out, "%*s%*s  %s", SIZE, "INDIRECT", BLOCKS,
			       "BLOCKS", "BY");
	mtr_text_colour(w, "0");
	mtr_out_char(w->out, '\n');
}

static int numbers(struct mtr_writer *w, const struct mtr_leak_group *g)
{
	mtr_text_size(w, g->sum.bytes, SIZE);
	mtr_out_dec_wide(w->out, g->sum.blocks, BLOCKS);
	if (g->kind == MTR_LEAK_DEFINITE) {
		mtr_out_char(w->out, ' ');
		mtr_text_size(w, g->indirect.bytes, SIZE);
		mtr_out_dec_wide(w->out, g->indirect.blocks, BLOCKS);
	}
	mtr_out_text(w->out, "  ");
	return g->kind == MTR_LEAK_DEFINITE ? 2 * (SIZE + BLOCKS) + 3
					    : SIZE + BLOCKS + 2;
}

/* A line below the group's own. */
static void detail(struct mtr_writer *w, struct mtr_strbuf *text,
		   enum mtr_cut cut)
{
	if (text->failed)
		mtr_writer_no_memory(w);
	mtr_text_spaces(w, SIZE + 2);
	mtr_text_fit(w, mtr_strbuf_text(text), mtr_text_room(w, SIZE + 2), cut);
	mtr_out_char(w->out, '\n');
	mtr_strbuf_fini(text);
}

static void owner(struct mtr_writer *w, const struct mtr_leak_group *g,
		  int left)
{
	const struct mtr_frame *frame = mtr_heap_view_owner(w->s, g->site);
	struct mtr_strbuf text = { 0 };

	mtr_writer_leak_key(w, &text, g);
	if (frame->function && frame->module)
		mtr_strbuf_printf(&text, "  [%s]", frame->module->name);
	if (frame->file)
		mtr_strbuf_printf(&text, " at %s:%d", frame->file, frame->line);
	if (text.failed)
		mtr_writer_no_memory(w);
	mtr_text_fit(w, mtr_strbuf_text(&text), mtr_text_room(w, left),
		     MTR_CUT_END);
	mtr_out_char(w->out, '\n');
	mtr_strbuf_fini(&text);
}

static void group(struct mtr_writer *w, const struct mtr_leaks *l,
		  const struct mtr_leak_group *g)
{
	const struct mtr_block *example =
		&w->s->heap.blocks.at[g->example->block];
	struct mtr_strbuf text = { 0 };

	owner(w, g, numbers(w, g));
	if (g->stack) {
		mtr_name_stack(&text, w->s, g->stack, g->site);
		detail(w, &text, MTR_CUT_START);
	}
	mtr_strbuf_printf(&text, "%s %#" PRIx64 "%s",
			  g->sum.blocks > 1 ? "such as" : "at", example->addr,
			  g->cycle ? ", a lost cycle" : "");
	detail(w, &text, MTR_CUT_END);
	mtr_hint_name(&text, w->s, l->roots, &g->example->hint);
	if (text.len)
		detail(w, &text, MTR_CUT_END);
}

void mtr_text_leaks(struct mtr_writer *w, const struct mtr_leaks *l)
{
	head(w, l);
	for (size_t i = 0; i < l->groups.n && !w->out->error; i++) {
		const struct mtr_leak_group *g = &l->groups.at[i];

		if (i == 0 || g[-1].kind != g->kind)
			titles(w, g->kind);
		group(w, l, g);
	}
}

/* ---------------------------------------------------------------- blocks */

static void text_owner(const struct mtr_writer *w, const struct mtr_site *site,
		       struct mtr_strbuf *ret)
{
	struct mtr_strbuf text = { 0 };

	mtr_writer_name(w, &text, site->pc, mtr_heap_view_owner(w->s, site));
	mtr_strbuf_add_shown(ret, mtr_strbuf_text(&text));
	ret->failed |= text.failed;
	mtr_strbuf_fini(&text);
}

static void lost(struct mtr_writer *w, const struct mtr_leaks *l,
		 const struct mtr_lost *lost)
{
	const struct mtr_blocks *blocks = &w->s->heap.blocks;
	const struct mtr_block *b = &blocks->at[lost->block];
	bool leads = mtr_lost_is_leader(lost);
	struct mtr_strbuf text = { 0 };

	mtr_out_printf(w->out, "%#*" PRIx64, ADDRESS, b->addr);
	mtr_out_dec_wide(w->out, b->size, SIZE);
	mtr_out_printf(w->out, " %s %#*" PRIx64 "  ",
		       mtr_writer_leak_kind(leads ? MTR_LEAK_DEFINITE
						  : MTR_LEAK_INDIRECT),
		       ADDRESS, blocks->at[lost->leader].addr);
	mtr_out_text(w->out, mtr_writer_owner_text(w, b, text_owner));
	mtr_hint_name(&text, w->s, l->roots, &lost->hint);
	if (text.len)
		mtr_out_text(w->out, "; ");
	if (text.failed)
		mtr_writer_no_memory(w);
	mtr_text_clean(w, mtr_strbuf_text(&text));
	mtr_strbuf_fini(&text);
	mtr_out_char(w->out, '\n');
}

void mtr_text_lost(struct mtr_writer *w, const struct mtr_leaks *l)
{
	mtr_out_printf(w->out, "%*s%*s %s%*s  %s\n", ADDRESS, "ADDRESS", SIZE,
		       "SIZE", "KIND    ", ADDRESS + 1, "LEADER", "OWNER");
	for (size_t i = 0; i < l->lost->n && !w->out->error; i++)
		if (l->shown[i])
			lost(w, l, &l->lost->at[i]);
}
