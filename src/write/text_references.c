/* SPDX-License-Identifier: MIT */
/*
 * Text for people: who holds a block.
 */
#include "write/text_words.h"

#include <inttypes.h>

#include "base/strbuf.h"

/* Of a path only both ends: a list may have a million. */
enum { ENDS = 8 };

static void offset(struct mtr_writer *w, uint64_t offset)
{
	if (offset == MTR_FAR)
		mtr_out_text(w->out, " + (not known)");
	else if (offset)
		mtr_out_printf(w->out, " + %#" PRIx64, offset);
}

/* "0x5555 (48 bytes, map_insert)" */
static void block(struct mtr_writer *w, const struct mtr_reference *r)
{
	const struct mtr_block *b = &w->s->heap.blocks.at[r->block];

	mtr_out_printf(w->out, "%#" PRIx64 " (", b->addr);
	if (r->type) {
		mtr_text_clean(w, r->type);
		mtr_out_text(w->out, ", ");
	}
	mtr_text_count(w, b->size, "byte");
	mtr_out_text(w->out, ", ");
	mtr_text_owner(w, b, 0);
	mtr_out_char(w->out, ')');
}

static void reference(struct mtr_writer *w, const struct mtr_reference *r)
{
	struct mtr_strbuf name = { 0 };

	if (r->block != MTR_NO_BLOCK) {
		block(w, r);
	} else {
		mtr_reference_name(&name, r);
		if (name.failed)
			mtr_writer_no_memory(w);
		mtr_text_clean(w, mtr_strbuf_text(&name));
		mtr_strbuf_fini(&name);
		/* which word it is says something where it has no name */
		if (r->addr && !r->place.start)
			mtr_out_printf(w->out, " at %#" PRIx64, r->addr);
	}
}

static void lost(struct mtr_writer *w, const struct mtr_lost *l)
{
	mtr_text_label(w, "held by");
	if (mtr_lost_is_leader(l))
		mtr_out_text(w->out, "nothing: it is lost\n");
	else
		mtr_out_printf(
			w->out,
			"nothing but lost blocks: it hangs from %#" PRIx64 "\n",
			w->s->heap.blocks.at[l->leader].addr);
}

static void path(struct mtr_writer *w, const struct mtr_reference_list *v)
{
	for (size_t i = 0; i < v->n; i++) {
		if (i == ENDS && v->n > 2 * ENDS + 1) {
			mtr_text_label(w, "");
			mtr_out_text(w->out, "-> ... ");
			mtr_text_count(w, v->n - 2 * ENDS, "block");
			mtr_out_text(w->out, " (--json has them)\n");
			i = v->n - ENDS;
		}
		mtr_text_label(w, i ? "" : "held by");
		mtr_out_text(w->out, i ? "-> " : "");
		reference(w, &v->at[i]);
		offset(w, v->at[i].offset);
		mtr_out_char(w->out, '\n');
	}
}

static void rest(struct mtr_writer *w, size_t n, const char *what)
{
	if (!n)
		return;
	mtr_text_label(w, "");
	mtr_text_count(w, n, what);
	mtr_out_text(w->out, " (--top=0 shows all)\n");
}

static void referrers(struct mtr_writer *w, const struct mtr_references *r)
{
	for (size_t i = 0; i < r->referrers.n; i++) {
		mtr_text_label(w, i ? "" : "referrers");
		reference(w, &r->referrers.at[i]);
		offset(w, r->referrers.at[i].offset);
		mtr_out_char(w->out, '\n');
	}
	rest(w, r->n_referrers - r->referrers.n, "more referrer");
}

static void referents(struct mtr_writer *w, const struct mtr_references *r)
{
	for (size_t i = 0; i < r->referents.n; i++) {
		const struct mtr_reference *to = &r->referents.at[i];

		mtr_text_label(w, i ? "" : "refers to");
		reference(w, to);
		mtr_out_text(w->out, to->offset ? ", from" : "");
		offset(w, to->offset);
		mtr_out_char(w->out, '\n');
	}
	rest(w, r->n_referents - r->referents.n, "more block");
}

void mtr_text_references(struct mtr_writer *w, const struct mtr_references *r)
{
	if (r->lost)
		lost(w, r->lost);
	path(w, &r->path);
	mtr_text_label(w, "retains");
	mtr_text_bytes(w, r->retained.bytes);
	mtr_out_text(w->out, " in ");
	mtr_text_count(w, r->retained.blocks, "block");
	/* a global is none */
	mtr_out_text(w->out,
		     r->lost || r->path.n ? ", itself included\n" : "\n");
	referrers(w, r);
	referents(w, r);
}
