/* SPDX-License-Identifier: MIT */
/*
 * Leaks in JSON: a document of groups, or one for each block.
 */
#include "report/root_name.h"
#include "write/json_words.h"

static void counts(struct mtr_emitter *e, const struct mtr_sum *sum)
{
	mtr_emit_number(e, "blocks", sum->blocks);
	mtr_emit_number(e, "bytes", sum->bytes);
}

static void counts_object(struct mtr_emitter *e, const char *name,
			  const struct mtr_sum *sum)
{
	mtr_emit_object(e, name);
	counts(e, sum);
	mtr_emit_end(e);
}

static void note_member(struct mtr_emitter *e, struct mtr_writer *w,
			const struct mtr_leaks *l, const struct mtr_hint *hint)
{
	struct mtr_strbuf note = { 0 };

	mtr_hint_name(&note, w->s, l->roots, hint);
	mtr_json_strbuf(e, w, "note", &note);
}

static void group(struct mtr_emitter *e, struct mtr_writer *w,
		  const struct mtr_leaks *l, const struct mtr_leak_group *g)
{
	const struct mtr_block *example =
		&w->s->heap.blocks.at[g->example->block];
	struct mtr_strbuf key = { 0 };

	mtr_emit_object(e, NULL);
	mtr_emit_text(e, "kind", mtr_writer_leak_kind(g->kind));
	mtr_writer_leak_key(w, &key, g);
	mtr_json_strbuf(e, w, "key", &key);
	counts(e, &g->sum);
	counts_object(e, "indirect", &g->indirect);
	mtr_emit_addr(e, "example", example->addr);
	mtr_emit_bool(e, "cycle", g->cycle);
	note_member(e, w, l, &g->example->hint);
	mtr_json_block_stack(e, w, example);
	mtr_emit_end(e);
}

void mtr_json_leaks(struct mtr_writer *w, const struct mtr_leaks *l)
{
	struct mtr_emitter e;

	mtr_json_begin(&e, w, "leaks");
	mtr_emit_text(&e, "target", w->s->name);
	mtr_json_filters(&e, w->filter);
	mtr_emit_object(&e, "totals");
	counts_object(&e, "definite", &l->definite);
	counts_object(&e, "indirect", &l->indirect);
	mtr_emit_end(&e);
	counts_object(&e, "suppressed", &l->suppressed);
	counts_object(&e, "left_out", &l->left_out);
	mtr_emit_rows(&e, "groups");
	for (size_t i = 0; i < l->groups.n; i++)
		group(&e, w, l, &l->groups.at[i]);
	mtr_emit_end(&e);
	mtr_emit_array(&e, "missing");
	for (size_t i = 0; i < l->missing.n; i++)
		mtr_emit_text(&e, NULL, l->missing.at[i]);
	mtr_emit_end(&e);
	mtr_json_health(&e, w);
	mtr_emit_end(&e);
}

static void lost(struct mtr_writer *w, const struct mtr_leaks *l,
		 const struct mtr_lost *lost)
{
	const struct mtr_block *b = &w->s->heap.blocks.at[lost->block];
	const struct mtr_site *owner = mtr_writer_owner(w, b);
	const struct mtr_frame *frame = mtr_heap_view_owner(w->s, owner);
	bool leads = mtr_lost_is_leader(lost);
	struct mtr_emitter e;

	mtr_json_begin(&e, w, "leaks");
	mtr_emit_addr(&e, "addr", b->addr);
	mtr_emit_number(&e, "size", b->size);
	mtr_emit_text(&e, "kind",
		      mtr_writer_leak_kind(leads ? MTR_LEAK_DEFINITE
						 : MTR_LEAK_INDIRECT));
	mtr_emit_addr(&e, "leader", w->s->heap.blocks.at[lost->leader].addr);
	note_member(&e, w, l, &lost->hint);
	mtr_json_function(&e, w, owner->pc, frame);
	mtr_emit_text(&e, "module", frame->module ? frame->module->name : "");
	mtr_emit_number(&e, "stack_id", mtr_writer_stack_id(w, b));
	mtr_emit_end(&e);
}

void mtr_json_lost(struct mtr_writer *w, const struct mtr_leaks *l)
{
	for (size_t i = 0; i < l->lost->n && !w->out->error; i++)
		if (l->shown[i])
			lost(w, l, &l->lost->at[i]);
}
