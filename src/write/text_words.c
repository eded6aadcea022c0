/* SPDX-License-Identifier: MIT */
/*
 * Pieces of the text answers. See text.h for the contract.
 */
#include "write/text_words.h"

#include <string.h>

#include "report/name.h"
#include "base/utf8.h"

/* ------------------------------------------------------------------ words */

/* A character that may be printed, its bytes in *ret_n; NULL: it may not. */
static const char *clean_char(const char *text, size_t *ret_n)
{
	uint32_t code;
	size_t n = mtr_utf8_char(text, &code);

	*ret_n = n ? n : 1;
	return n && !mtr_utf8_is_control(code) ? text : NULL;
}

/* Up to @columns characters of @text; where it stopped. */
static const char *clean_some(struct mtr_writer *w, const char *text,
			      int columns)
{
	size_t n;

	for (; *text && columns > 0; text += n, columns--) {
		const char *c = clean_char(text, &n);

		mtr_out_bytes(w->out, c ? c : "?", c ? n : 1);
	}
	return text;
}

void mtr_text_clean(struct mtr_writer *w, const char *text)
{
	clean_some(w, text, INT32_MAX);
}

static const char *skip_chars(const char *text, int n)
{
	size_t bytes;

	for (; *text && n > 0; n--) {
		clean_char(text, &bytes);
		text += bytes;
	}
	return text;
}

int mtr_text_columns(const char *text)
{
	int n = 0;

	for (; *text; n++)
		text = skip_chars(text, 1);
	return n;
}

void mtr_text_fit(struct mtr_writer *w, const char *text, int columns,
		  enum mtr_cut cut)
{
	static const char dots[] = "...";
	int have = mtr_text_columns(text), room = columns - 3;

	if (columns <= 0 || have <= columns) {
		mtr_text_clean(w, text);
		return;
	}
	room = room < 1 ? 1 : room;
	if (cut == MTR_CUT_END)
		clean_some(w, text, room);
	mtr_out_text(w->out, dots);
	if (cut == MTR_CUT_START)
		mtr_text_clean(w, skip_chars(text, have - room));
}

void mtr_text_spaces(struct mtr_writer *w, int n)
{
	for (; n > 0; n--)
		mtr_out_char(w->out, ' ');
}

void mtr_text_size(struct mtr_writer *w, uint64_t bytes, int width)
{
	char size[MTR_HUMAN];

	mtr_name_size(size, bytes);
	mtr_text_spaces(w, width - (int)strlen(size));
	mtr_out_text(w->out, size);
}

void mtr_text_count(struct mtr_writer *w, uint64_t n, const char *what)
{
	mtr_out_commas(w->out, n);
	mtr_out_char(w->out, ' ');
	mtr_out_text(w->out, what);
	if (n != 1)
		mtr_out_char(w->out, 's');
}

void mtr_text_bytes(struct mtr_writer *w, uint64_t bytes)
{
	if (bytes < 1024) {
		mtr_text_count(w, bytes, "byte");
		return;
	}
	mtr_text_size(w, bytes, 0);
	mtr_out_text(w->out, " (");
	mtr_text_count(w, bytes, "byte");
	mtr_out_char(w->out, ')');
}

void mtr_text_owner(struct mtr_writer *w, const struct mtr_block *b,
		    int columns)
{
	const struct mtr_site *site = mtr_writer_owner(w, b);
	struct mtr_strbuf name = { 0 };

	mtr_name_frame(&name, site->pc, mtr_heap_view_owner(w->s, site));
	mtr_text_fit(w, mtr_strbuf_text(&name), columns, MTR_CUT_END);
	mtr_strbuf_fini(&name);
}

void mtr_text_colour(struct mtr_writer *w, const char *code)
{
	if (!w->colour)
		return;
	mtr_out_text(w->out, "\033[");
	mtr_out_text(w->out, code);
	mtr_out_char(w->out, 'm');
}

unsigned mtr_text_share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole * 1000 + 0.5 : 0;
}

/* ------------------------------------------------------------------ lines */

void mtr_text_label(struct mtr_writer *w, const char *label)
{
	mtr_out_text(w->out, label);
	mtr_text_spaces(w, MTR_TEXT_LABEL - (int)strlen(label));
}

void mtr_text_target(struct mtr_writer *w)
{
	mtr_text_label(w, "target");
	mtr_text_clean(w, w->s->name);
	if (w->s->kind == MTR_TARGET_LIVE) {
		mtr_out_text(w->out, ", a live process\n");
		return;
	}
	mtr_out_printf(w->out, ", a %s", mtr_name_kind(w->s->kind));
	if (w->s->pid > 0)
		mtr_out_printf(w->out, " of process %d", w->s->pid);
	mtr_out_char(w->out, '\n');
}

void mtr_text_live(struct mtr_writer *w, const struct mtr_sum *total)
{
	bool all = total->blocks == w->s->heap.blocks.n;

	mtr_text_label(w, all ? "live" : "selected");
	mtr_text_count(w, total->blocks, "block");
	mtr_out_text(w->out, ", ");
	mtr_text_bytes(w, total->bytes);
	mtr_out_text(w->out, " asked for\n");
	mtr_text_label(w, "usable");
	mtr_text_size(w, total->usable, 0);
	mtr_out_text(w->out, " from the allocator, of which ");
	mtr_text_size(w, total->slack, 0);
	mtr_out_text(w->out, " slack\n");
}

void mtr_text_tracer(struct mtr_writer *w)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;
	uint64_t records = (uint64_t)w->s->heap.blocks.n * MTR_TRAILER;

	mtr_text_label(w, "tracer");
	mtr_text_size(w, d->ledger_bytes + d->depot_bytes + records, 0);
	mtr_out_text(w->out, ": ");
	mtr_text_size(w, records, 0);
	mtr_out_text(w->out, " records in blocks, ");
	mtr_text_size(w, d->ledger_bytes, 0);
	mtr_out_text(w->out, " ledger");
	if (d->depot_bytes) {
		mtr_out_text(w->out, ", ");
		mtr_text_size(w, d->depot_bytes, 0);
		mtr_out_text(w->out, " stacks");
	}
	mtr_out_char(w->out, '\n');
}

static void drops(struct mtr_writer *w)
{
	const char *label = "not recorded";

	for (unsigned i = 0; i < MTR_DROP_MAX; i++) {
		uint64_t n = w->s->heap.descriptor.drops[i];
		const char *why = mtr_name_drop(i);

		if (!n)
			continue;
		mtr_text_label(w, label);
		label = "";
		mtr_text_count(w, n, "block");
		mtr_out_text(w->out, " ");
		mtr_out_text(w->out, why ? why : "for another reason");
		mtr_out_char(w->out, '\n');
	}
	if (*label) {
		mtr_text_label(w, label);
		mtr_out_text(w->out, "nothing\n");
	}
}

static void damages(struct mtr_writer *w)
{
	const struct mtr_heap *h = &w->s->heap;

	if (h->damaged) {
		mtr_text_label(w, "damaged");
		mtr_text_count(w, h->damaged, "block");
		mtr_out_text(w->out, " whose record makes no sense");
		if (h->lost) {
			mtr_out_text(w->out, ", or is not there: ");
			mtr_out_commas(w->out, h->lost);
		}
		mtr_out_char(w->out, '\n');
	}
	if (h->no_code) {
		mtr_text_label(w, "no code");
		mtr_text_count(w, h->no_code, "block");
		mtr_out_text(w->out, " allocated by code that is not there any "
				     "more\n");
	}
	if (h->conflicts) {
		mtr_text_label(w, "passed over");
		mtr_text_count(w, h->conflicts, "mark");
		mtr_out_text(w->out, " inside of other blocks\n");
	}
}

static void stackless(struct mtr_writer *w)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;
	uint64_t n = d->stops[MTR_ROOT_NONE];

	if (!n)
		return;
	mtr_text_label(w, "call stacks");
	if (!d->stack_depth) {
		mtr_out_text(w->out,
			     "none: no memory for the table of stacks\n");
		return;
	}
	mtr_text_count(w, n, "block");
	mtr_out_text(w->out, " without: the table of stacks is full, or no "
			     "memory was left for it\n");
}

void mtr_text_health(struct mtr_writer *w)
{
	drops(w);
	stackless(w);
	damages(w);
	for (size_t i = 0; i < w->s->warnings.n; i++) {
		mtr_text_label(w, "warning");
		mtr_text_clean(w, w->s->warnings.at[i]);
		mtr_out_char(w->out, '\n');
	}
}

void mtr_text_head(struct mtr_writer *w, const struct mtr_sum *total)
{
	mtr_text_target(w);
	mtr_text_live(w, total);
	mtr_text_tracer(w);
	mtr_text_health(w);
	mtr_out_char(w->out, '\n');
}
