/* SPDX-License-Identifier: MIT */
/*
 * The grammar of JSON. See emitter.h for the contract.
 */
#include "write/emitter.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"

/* ------------------------------------------------------------------- text */

enum { ODD = 8 }; /* bytes that a character may become */

/* The escape for @code in @to; how long it is. */
static size_t escape(uint32_t code, char to[ODD])
{
	static const char letter[][3] = {
		['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n",
		['\r'] = "\\r", ['\t'] = "\\t",
	};
	static const char digit[] = "0123456789abcdef";

	if (code < sizeof(letter) / sizeof(*letter) && letter[code][0]) {
		memcpy(to, letter[code], 2);
		return 2;
	}
	memcpy(to, "\\u", 2);
	for (int i = 0; i < 4; i++)
		to[2 + i] = digit[code >> (12 - 4 * i) & 15];
	return 6;
}

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

/* What the character at *text, which is not plain, becomes. */
static size_t odd_char(const char **text, char to[ODD])
{
	uint32_t code;
	size_t n = mtr_utf8_char(*text, &code);

	if (!n) {
		*text += 1;
		memcpy(to, "\xef\xbf\xbd", 3);
		return 3;
	}
	*text += n;
	if (code < 0x80 || mtr_utf8_is_control(code) ||
	    mtr_utf8_is_unseen(code))
		return escape(code, to);
	memcpy(to, *text - n, n);
	return n;
}

static void quoted(const struct mtr_emitter *e, const char *text)
{
	char markup = e->markup ? '<' : '"', odd[ODD];
	struct mtr_out *o = e->out;

	mtr_out_char(o, '"');
	while (*text) {
		const char *from = text;

		while (is_plain(*text) && *text != markup)
			text++;
		mtr_out_bytes(o, from, text - from);
		if (*text)
			mtr_out_bytes(o, odd, odd_char(&text, odd));
	}
	mtr_out_char(o, '"');
}

void mtr_emit_quote(struct mtr_strbuf *b, const char *text)
{
	char odd[ODD];

	mtr_strbuf_add(b, "\"");
	while (*text) {
		const char *from = text;

		while (is_plain(*text))
			text++;
		mtr_strbuf_add_bytes(b, from, text - from);
		if (*text)
			mtr_strbuf_add_bytes(b, odd, odd_char(&text, odd));
	}
	mtr_strbuf_add(b, "\"");
}

/* ---------------------------------------------------------------- nesting */

/* What stands before a value: a comma, a line's end, its name. */
static void begin(struct mtr_emitter *e, const char *name)
{
	bool in_object = e->depth && e->at[e->depth].end == '}';

	assert(!name == !in_object);
	if (e->at[e->depth].begun)
		mtr_out_char(e->out, ',');
	if (e->at[e->depth].rows)
		mtr_out_char(e->out, '\n');
	e->at[e->depth].begun = true;
	if (!name)
		return;
	quoted(e, name);
	mtr_out_char(e->out, ':');
}

static void enter(struct mtr_emitter *e, char start, char end, bool rows)
{
	assert(e->depth < MTR_EMIT_DEPTH);
	mtr_out_char(e->out, start);
	e->depth++;
	e->at[e->depth].end = end;
	e->at[e->depth].begun = false;
	e->at[e->depth].rows = rows;
}

void mtr_emit_object(struct mtr_emitter *e, const char *name)
{
	begin(e, name);
	enter(e, '{', '}', false);
}

void mtr_emit_array(struct mtr_emitter *e, const char *name)
{
	begin(e, name);
	enter(e, '[', ']', false);
}

void mtr_emit_rows(struct mtr_emitter *e, const char *name)
{
	/* its name begins a line as well */
	if (e->at[e->depth].begun)
		mtr_out_char(e->out, ',');
	mtr_out_char(e->out, '\n');
	e->at[e->depth].begun = false;
	begin(e, name);
	enter(e, '[', ']', true);
}

void mtr_emit_end(struct mtr_emitter *e)
{
	assert(e->depth);
	if (e->at[e->depth].rows)
		mtr_out_char(e->out, '\n');
	mtr_out_char(e->out, e->at[e->depth].end);
	e->depth--;
	if (e->depth)
		return;
	mtr_out_char(e->out, '\n');
	e->at[0].begun = false;
}

/* ----------------------------------------------------------------- values */

void mtr_emit_text(struct mtr_emitter *e, const char *name, const char *text)
{
	begin(e, name);
	quoted(e, text ? text : "");
}

void mtr_emit_number(struct mtr_emitter *e, const char *name, uint64_t number)
{
	begin(e, name);
	mtr_out_dec(e->out, number);
}

void mtr_emit_signed(struct mtr_emitter *e, const char *name, int64_t number)
{
	begin(e, name);
	if (number < 0)
		mtr_out_char(e->out, '-');
	mtr_out_dec(e->out, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void mtr_emit_addr(struct mtr_emitter *e, const char *name, uint64_t addr)
{
	begin(e, name);
	mtr_out_text(e->out, "\"0x");
	mtr_out_hex(e->out, addr);
	mtr_out_char(e->out, '"');
}

void mtr_emit_bool(struct mtr_emitter *e, const char *name, bool is)
{
	begin(e, name);
	mtr_out_text(e->out, is ? "true" : "false");
}

void mtr_emit_null(struct mtr_emitter *e, const char *name)
{
	begin(e, name);
	mtr_out_text(e->out, "null");
}
