/* SPDX-License-Identifier: MIT */
/*
 * Pieces of the text answers. See text.h for the contract.
 */
#include "write/text_words.h"

#include <string.h>

#include "report/name.h"
#include "base/utf8.h"

/* ------------------------------------------------------------------ words */

/* As much of @text as @columns hold; where it stopped. */
static const char *clean_some(struct mtr_writer *w, const char *text,
			      int columns)
{
	char shown[MTR_UTF8_SHOWN];
	int width;

	while (*text) {
		size_t n = mtr_utf8_show(text, shown, &width);

		if (width > columns)
			break;
		mtr_out_text(w->out, shown);
		columns -= width;
		text += n;
	}
	return text;
}

void mtr_text_clean(struct mtr_writer *w, const char *text)
{
	clean_some(w, text, INT32_MAX);
}

/* Behind the first characters of @text, of @columns at least. */
static const char *skip_columns(const char *text, int columns)
{
	char shown[MTR_UTF8_SHOWN];
	int width;

	while (*text && columns > 0) {
		text += mtr_utf8_show(text, shown, &width);
		columns -= width;
	}
	return text;
}

int mtr_text_columns(const char *text)
{
	char shown[MTR_UTF8_SHOWN];
	int columns = 0, width;

	while (*text) {
		text += mtr_utf8_show(text, shown, &width);
		columns += width;
	}
	return columns;
}

void mtr_text_fit(struct mtr_writer *w, const char *text, int columns,
		  enum mtr_cut cut)
{
	static const char dots[] = "...";
	int have = mtr_text_columns(text), room = columns - 3;

	if (columns < 0)
		return;
	if (!columns || have <= columns) {
		mtr_text_clean(w, text);
		return;
	}
	if (room < 1) {
		mtr_out_text(w->out, dots - room);
		return;
	}
	if (cut == MTR_CUT_END)
		clean_some(w, text, room);
	mtr_out_text(w->out, dots);
	if (cut == MTR_CUT_START)
		mtr_text_clean(w, skip_columns(text, have - room));
}

int mtr_text_room(const struct mtr_writer *w, int left)
{
	if (!w->width)
		return 0;
	return w->width > left ? w->width - left : -1;
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

void mtr_text_growth(struct mtr_writer *w, int64_t bytes, int width)
{
	uint64_t size = mtr_grown_size(bytes);
	char text[MTR_HUMAN + 1];

	text[0] = bytes < 0 ? '-' : '+';
	mtr_name_size(text + 1, size);
	mtr_text_spaces(w, width - (int)strlen(text + !bytes));
	mtr_out_text(w->out, text + !bytes);
}

void mtr_text_count(struct mtr_writer *w, uint64_t n, const char *what)
{
	mtr_out_commas(w->out, n);
	mtr_out_char(w->out, ' ');
	mtr_out_text(w->out, what);
	if (n != 1)
		mtr_out_char(w->out, 's');
}

void mtr_text_sign(struct mtr_writer *w, int64_t number)
{
	if (number)
		mtr_out_char(w->out, number < 0 ? '-' : '+');
}

void mtr_text_grown(struct mtr_writer *w, int64_t n, const char *what)
{
	mtr_text_sign(w, n);
	mtr_text_count(w, mtr_grown_size(n), what);
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

	mtr_writer_name(w, &name, site->pc, mtr_heap_view_owner(w->s, site));
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

void mtr_text_percent(struct mtr_writer *w, uint64_t part, uint64_t whole)
{
	unsigned share = mtr_text_share(part, whole);

	mtr_out_printf(w->out, "%u.%u %%", share / 10, share % 10);
}

/* ------------------------------------------------------------------ lines */

void mtr_text_label(struct mtr_writer *w, const char *label)
{
	mtr_out_text(w->out, label);
	mtr_text_spaces(w, MTR_TEXT_LABEL - (int)strlen(label));
}
