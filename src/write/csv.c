/* SPDX-License-Identifier: MIT */
/*
 * Comma-separated values: a header line, then a line for each group or block.
 *
 * A field is quoted where it must be; lines end with a newline alone, and there
 * is none in a field, nor anything else that a terminal obeys. A name that a
 * spreadsheet would take for a formula has an apostrophe before it.
 */
#include "write/csv_words.h"

#include <inttypes.h>
#include <string.h>

#include "report/name.h"
#include "report/root_name.h"

static bool is_formula(const char *text)
{
	return *text && strchr("=+-@\t\r", *text);
}

void mtr_csv_field(struct mtr_strbuf *b, const char *text)
{
	struct mtr_strbuf shown = { 0 };
	const char *at;

	if (is_formula(text))
		mtr_strbuf_add(&shown, "'");
	mtr_strbuf_add_shown(&shown, text);
	b->failed |= shown.failed;
	at = mtr_strbuf_text(&shown);
	if (*at != '\'' && !at[strcspn(at, ",\"")]) {
		mtr_strbuf_add_bytes(b, at, shown.len);
		mtr_strbuf_fini(&shown);
		return;
	}
	mtr_strbuf_add(b, "\"");
	for (; *at; at++) {
		if (*at == '"')
			mtr_strbuf_add(b, "\"");
		mtr_strbuf_add_bytes(b, at, 1);
	}
	mtr_strbuf_add(b, "\"");
	mtr_strbuf_fini(&shown);
}

static void csv_name(const struct mtr_writer *w, struct mtr_strbuf *b,
		     uint64_t pc, const struct mtr_frame *frame)
{
	struct mtr_strbuf name = { 0 };

	mtr_writer_name(w, &name, pc, frame);
	mtr_csv_field(b, mtr_strbuf_text(&name));
	b->failed |= name.failed;
	mtr_strbuf_fini(&name);
}

/* ---------------------------------------------------------------- report */

static bool has_retained(const struct mtr_writer *w, const struct mtr_report *r)
{
	return r->tally->by == MTR_BY_ROOT || w->sort == MTR_SORT_RETAINED;
}

static void csv_report_begin(struct mtr_writer *w, const struct mtr_report *r)
{
	mtr_out_text(w->out, "key,module,bytes,blocks,usable,slack,function,"
			     "file,line");
	if (has_retained(w, r))
		mtr_out_text(w->out, ",retained");
	mtr_out_text(w->out, r->tally->pins ? ",pins,alone\n" : "\n");
}

void mtr_csv_caller(const struct mtr_writer *w, struct mtr_strbuf *b,
		    const struct mtr_site *site)
{
	const struct mtr_frame *owner = mtr_heap_view_owner(w->s, site);

	csv_name(w, b, site->pc, owner);
	mtr_strbuf_add(b, ",");
	mtr_csv_field(b, owner->file ? owner->file : "");
	mtr_strbuf_printf(b, ",%d", owner->line);
}

static void csv_group(struct mtr_writer *w, const struct mtr_report *r,
		      const struct mtr_group *g)
{
	const uint64_t number[] = { g->sum.bytes, g->sum.blocks, g->sum.usable,
				    g->sum.slack };
	struct mtr_strbuf b = { 0 }, key = { 0 };

	mtr_csv_field(&b, mtr_writer_key(w, g, &key));
	mtr_strbuf_fini(&key);
	mtr_strbuf_add(&b, ",");
	mtr_csv_field(&b, g->module ? g->module->name : "");
	mtr_writer_strbuf(w, &b);
	for (size_t i = 0; i < sizeof(number) / sizeof(*number); i++) {
		mtr_out_char(w->out, ',');
		mtr_out_dec(w->out, number[i]);
	}
	mtr_out_char(w->out, ',');
	if (g->site)
		mtr_csv_caller(w, &b, g->site);
	else
		mtr_strbuf_add(&b, ",,");
	if (has_retained(w, r))
		mtr_strbuf_printf(&b, ",%" PRIu64, g->retained);
	if (r->tally->pins)
		mtr_strbuf_printf(&b, ",%" PRIu64 ",%" PRIu64, g->sum.pins,
				  g->alone);
	mtr_strbuf_add(&b, "\n");
	mtr_writer_strbuf(w, &b);
}

static void csv_report_end(struct mtr_writer *w, const struct mtr_report *r)
{
	(void)w;
	(void)r;
}

/* ------------------------------------------------------------------ list */

static void csv_list_begin(struct mtr_writer *w)
{
	mtr_out_text(w->out, "addr,size,usable,caller,function,module,"
			     "stack_id,generation\n");
}

/* The fields in the middle, with their commas. */
static void csv_owner(const struct mtr_writer *w, const struct mtr_site *site,
		      struct mtr_strbuf *ret)
{
	const struct mtr_frame *owner = mtr_heap_view_owner(w->s, site);

	mtr_strbuf_add(ret, ",");
	csv_name(w, ret, site->pc, owner);
	mtr_strbuf_add(ret, ",");
	mtr_csv_field(ret, owner->module ? owner->module->name : "");
	mtr_strbuf_add(ret, ",");
}

static void csv_block(struct mtr_writer *w, const struct mtr_block *b)
{
	mtr_out_text(w->out, "0x");
	mtr_out_hex(w->out, b->addr);
	mtr_out_char(w->out, ',');
	mtr_out_dec(w->out, b->size);
	mtr_out_char(w->out, ',');
	mtr_out_dec(w->out, b->usable);
	mtr_out_text(w->out, ",0x");
	mtr_out_hex(w->out, mtr_writer_caller(w, b)->pc);
	mtr_out_text(w->out, mtr_writer_owner_text(w, b, csv_owner));
	mtr_out_dec(w->out, mtr_writer_stack_id(w, b));
	mtr_out_char(w->out, ',');
	mtr_out_dec(w->out, b->generation);
	mtr_out_char(w->out, '\n');
}

static void csv_list_end(struct mtr_writer *w, const struct mtr_sum *total,
			 const struct mtr_sum *left_out)
{
	(void)w;
	(void)total;
	(void)left_out;
}

static void csv_gaps(struct mtr_writer *w, const struct mtr_areas *v)
{
	mtr_out_text(w->out, "addr,usable\n");
	for (size_t i = 0; i < v->n && !w->out->error; i++) {
		mtr_out_text(w->out, "0x");
		mtr_out_hex(w->out, v->at[i].start);
		mtr_out_char(w->out, ',');
		mtr_out_dec(w->out, v->at[i].end - v->at[i].start);
		mtr_out_char(w->out, '\n');
	}
}

/* ----------------------------------------------------------------- leaks */

static void csv_note(const struct mtr_writer *w, struct mtr_strbuf *b,
		     const struct mtr_leaks *l, const struct mtr_hint *hint)
{
	struct mtr_strbuf note = { 0 };

	mtr_hint_name(&note, w->s, l->roots, hint);
	mtr_csv_field(b, mtr_strbuf_text(&note));
	b->failed |= note.failed;
	mtr_strbuf_fini(&note);
}

static void csv_leak(struct mtr_writer *w, const struct mtr_leaks *l,
		     const struct mtr_leak_group *g)
{
	const struct mtr_frame *owner = mtr_heap_view_owner(w->s, g->site);
	struct mtr_strbuf b = { 0 };

	mtr_strbuf_printf(&b, "%s,", mtr_writer_leak_kind(g->kind));
	csv_name(w, &b, g->site->pc, owner);
	mtr_strbuf_add(&b, ",");
	mtr_csv_field(&b, owner->module ? owner->module->name : "");
	mtr_strbuf_printf(&b,
			  ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
			  ",%#" PRIx64 ",%d,",
			  g->sum.bytes, g->sum.blocks, g->indirect.bytes,
			  g->indirect.blocks,
			  w->s->heap.blocks.at[g->example->block].addr,
			  g->cycle);
	csv_note(w, &b, l, &g->example->hint);
	mtr_strbuf_add(&b, ",");
	mtr_csv_caller(w, &b, g->site);
	mtr_strbuf_add(&b, "\n");
	mtr_writer_strbuf(w, &b);
}

static void csv_leaks(struct mtr_writer *w, const struct mtr_leaks *l)
{
	mtr_out_text(w->out, "kind,key,module,bytes,blocks,indirect_bytes,"
			     "indirect_blocks,example,cycle,note,function,"
			     "file,line\n");
	for (size_t i = 0; i < l->groups.n; i++)
		csv_leak(w, l, &l->groups.at[i]);
}

static void csv_lost_block(struct mtr_writer *w, const struct mtr_leaks *l,
			   const struct mtr_lost *lost)
{
	const struct mtr_block *b = &w->s->heap.blocks.at[lost->block];
	struct mtr_strbuf line = { 0 };

	mtr_strbuf_printf(&line, "%#" PRIx64 ",%" PRIu64 ",%s,%#" PRIx64 ",",
			  b->addr, b->size,
			  mtr_writer_leak_kind(mtr_lost_is_leader(lost)
						       ? MTR_LEAK_DEFINITE
						       : MTR_LEAK_INDIRECT),
			  w->s->heap.blocks.at[lost->leader].addr);
	csv_note(w, &line, l, &lost->hint);
	mtr_writer_strbuf(w, &line);
	mtr_out_text(w->out, mtr_writer_owner_text(w, b, csv_owner));
	mtr_out_dec(w->out, mtr_writer_stack_id(w, b));
	mtr_out_char(w->out, '\n');
}

static void csv_lost(struct mtr_writer *w, const struct mtr_leaks *l)
{
	mtr_out_text(w->out, "addr,size,kind,leader,note,function,module,"
			     "stack_id\n");
	for (size_t i = 0; i < l->lost->n && !w->out->error; i++)
		if (l->shown[i])
			csv_lost_block(w, l, &l->lost->at[i]);
}

/* ------------------------------------------------------------------ diff */

static void csv_changes_begin(struct mtr_writer *w)
{
	mtr_out_text(w->out, "change,");
	csv_list_begin(w);
}

static void csv_change(struct mtr_writer *w, const struct mtr_change *c)
{
	mtr_out_text(w->out, c->side == MTR_OLD ? "gone," : "new,");
	csv_block(w, c->block);
}

const struct mtr_writer_ops mtr_write_csv = {
	.report_begin = csv_report_begin,
	.group = csv_group,
	.report_end = csv_report_end,
	.list_begin = csv_list_begin,
	.block = csv_block,
	.list_end = csv_list_end,
	.gaps = csv_gaps,
	.leaks = csv_leaks,
	.lost = csv_lost,
	.diff = mtr_csv_diff,
	.changes_begin = csv_changes_begin,
	.change = csv_change,
	.memory = mtr_csv_memory,
};
