/* SPDX-License-Identifier: MIT */
/*
 * The buffer under the writers. See out.h for the contract.
 */
#include "write/out.h"

#include <stdarg.h>
#include <stdio.h>

void mtr_out_flush(struct mtr_out *o)
{
	if (o->n && !o->error)
		o->error = o->take(o->to, o->buffer, o->n);
	o->n = 0;
}

void mtr_out_bytes(struct mtr_out *o, const char *bytes, size_t n)
{
	while (n) {
		char *to = mtr_out_room(o, 1);
		size_t room = sizeof(o->buffer) - o->n;
		size_t part = n < room ? n : room;

		memcpy(to, bytes, part);
		o->n += part;
		bytes += part;
		n -= part;
	}
}

/* Digits end at @end; where they begin. */
static char *hex_before(char *end, uint64_t value)
{
	do
		*--end = "0123456789abcdef"[value & 15];
	while (value >>= 4);
	return end;
}

static char *dec_before(char *end, uint64_t value)
{
	do
		*--end = '0' + value % 10;
	while (value /= 10);
	return end;
}

static void number(struct mtr_out *o, const char *at, const char *end,
		   int width)
{
	char *to = mtr_out_room(o, MTR_OUT_NUMBER + 64);
	int n = (int)(end - at);

	width = width > 64 ? 64 : width;
	if (width > n) {
		memset(to, ' ', width - n);
		o->n += width - n;
		to += width - n;
	}
	memcpy(to, at, n);
	o->n += n;
}

void mtr_out_hex_wide(struct mtr_out *o, uint64_t value, int width)
{
	char digits[MTR_OUT_NUMBER], *end = digits + sizeof(digits);

	number(o, hex_before(end, value), end, width);
}

void mtr_out_dec_wide(struct mtr_out *o, uint64_t value, int width)
{
	char digits[MTR_OUT_NUMBER], *end = digits + sizeof(digits);

	number(o, dec_before(end, value), end, width);
}

void mtr_out_hex(struct mtr_out *o, uint64_t value)
{
	mtr_out_hex_wide(o, value, 0);
}

void mtr_out_dec(struct mtr_out *o, uint64_t value)
{
	mtr_out_dec_wide(o, value, 0);
}

void mtr_out_commas(struct mtr_out *o, uint64_t value)
{
	char digits[MTR_OUT_NUMBER], *end = digits + sizeof(digits);
	const char *at = dec_before(end, value);

	while (at < end) {
		mtr_out_char(o, *at++);
		if (at < end && (end - at) % 3 == 0)
			mtr_out_char(o, ',');
	}
}

void mtr_out_printf(struct mtr_out *o, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	if (vsnprintf(text, sizeof(text), format, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	mtr_out_text(o, text);
}
