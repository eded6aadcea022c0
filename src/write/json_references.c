/* SPDX-License-Identifier: MIT */
/*
 * JSON: who holds a block.
 */
#include "write/writer.h"

#include "write/json_words.h"

static void what_member(struct mtr_emitter *e, struct mtr_writer *w,
			const struct mtr_reference *r)
{
	struct mtr_strbuf name = { 0 };

	if (r->block == MTR_NO_BLOCK)
		mtr_reference_name(&name, r);
	else
		mtr_strbuf_add(&name, r->type ? r->type : "block");
	mtr_json_strbuf(e, w, "what", &name);
}

static uint64_t address(const struct mtr_writer *w,
			const struct mtr_reference *r)
{
	if (r->block != MTR_NO_BLOCK)
		return w->s->heap.blocks.at[r->block].addr;
	return r->place.start ? r->place.start : r->addr;
}

static void reference(struct mtr_emitter *e, struct mtr_writer *w,
		      const struct mtr_reference *r)
{
	const struct mtr_block *b = r->block == MTR_NO_BLOCK
					    ? NULL
					    : &w->s->heap.blocks.at[r->block];
	const struct mtr_site *site = b ? mtr_writer_owner(w, b) : NULL;

	mtr_emit_object(e, NULL);
	what_member(e, w, r);
	mtr_emit_addr(e, "addr", address(w, r));
	if (r->offset == MTR_FAR)
		mtr_emit_null(e, "offset");
	else
		mtr_emit_number(e, "offset", r->offset);
	if (site)
		mtr_json_function(e, w, site->pc,
				  mtr_heap_view_owner(w->s, site));
	else
		mtr_emit_text(e, "function", "");
	mtr_emit_end(e);
}

static void references(struct mtr_emitter *e, struct mtr_writer *w,
		       const char *name, const struct mtr_reference_list *v)
{
	mtr_emit_array(e, name);
	for (size_t i = 0; i < v->n; i++)
		reference(e, w, &v->at[i]);
	mtr_emit_end(e);
}

static void nothing(struct mtr_emitter *e, const char *why_not)
{
	mtr_emit_null(e, "retained");
	mtr_emit_null(e, "lost");
	mtr_emit_null(e, "path");
	mtr_emit_null(e, "referrers");
	mtr_emit_null(e, "referents");
	mtr_emit_text(e, "no_references", why_not);
}

void mtr_json_references(struct mtr_emitter *e, struct mtr_writer *w,
			 const struct mtr_why *why)
{
	const struct mtr_references *r = why->references;

	if (!r) {
		nothing(e, why->no_references);
		return;
	}
	mtr_emit_object(e, "retained");
	mtr_emit_number(e, "blocks", r->retained.blocks);
	mtr_emit_number(e, "bytes", r->retained.bytes);
	mtr_emit_end(e);
	if (r->lost)
		mtr_emit_text(
			e, "lost",
			mtr_writer_leak_kind(mtr_lost_is_leader(r->lost)
						     ? MTR_LEAK_DEFINITE
						     : MTR_LEAK_INDIRECT));
	else
		mtr_emit_null(e, "lost");
	references(e, w, "path", &r->path);
	references(e, w, "referrers", &r->referrers);
	references(e, w, "referents", &r->referents);
	mtr_emit_object(e, "left_out");
	mtr_emit_number(e, "referrers", r->n_referrers - r->referrers.n);
	mtr_emit_number(e, "referents", r->n_referents - r->referents.n);
	mtr_emit_end(e);
}
