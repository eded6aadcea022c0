/* SPDX-License-Identifier: MIT */
/*
 * A string that grows. See strbuf.h for the contract.
 */
#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* Room for @n bytes more and the end; false: no memory, and remembered. */
static bool strbuf_grow(struct mtr_strbuf *b, size_t n)
{
	size_t room = b->room ? b->room : 64;
	size_t want;
	char *text;

	if (b->failed)
		return false;
	if (__builtin_add_overflow(b->len, n, &want) || want > SIZE_MAX / 2 - 1)
		goto failed;
	if (want < b->room)
		return true;
	while (room <= want)
		room *= 2;
	text = realloc(b->text, room);
	if (!text)
		goto failed;
	b->text = text;
	b->room = room;
	return true;
failed:
	b->failed = true;
	return false;
}

void mtr_strbuf_add_bytes(struct mtr_strbuf *b, const char *text, size_t n)
{
	if (!n || !strbuf_grow(b, n))
		return;
	memcpy(b->text + b->len, text, n);
	b->len += n;
	b->text[b->len] = '\0';
}

void mtr_strbuf_add(struct mtr_strbuf *b, const char *text)
{
	mtr_strbuf_add_bytes(b, text, strlen(text));
}

void mtr_strbuf_add_shown(struct mtr_strbuf *b, const char *text)
{
	char shown[MTR_UTF8_SHOWN];
	int columns;

	while (*text) {
		text += mtr_utf8_show(text, shown, &columns);
		mtr_strbuf_add(b, shown);
	}
}

void mtr_strbuf_vprintf(struct mtr_strbuf *b, const char *format, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		b->failed = true;
	if (n <= 0 || !strbuf_grow(b, n))
		return;
	vsnprintf(b->text + b->len, n + 1, format, ap);
	b->len += n;
}

void mtr_strbuf_printf(struct mtr_strbuf *b, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	mtr_strbuf_vprintf(b, format, ap);
	va_end(ap);
}

const char *mtr_strbuf_text(const struct mtr_strbuf *b)
{
	return b->text ? b->text : "";
}

void mtr_strbuf_fini(struct mtr_strbuf *b)
{
	free(b->text);
	*b = (struct mtr_strbuf){ 0 };
}
