/* SPDX-License-Identifier: MIT */
/*
 * Where writers put their bytes: a buffer, and who takes it when it is full.
 *
 * Made for lists of millions of lines: numbers are put in by hand, not by
 * printf. The first failure is kept in .error, and nothing is taken after it:
 * who gave the taker asks once, at the end.
 */
#ifndef MTR_WRITE_OUT_H
#define MTR_WRITE_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct mtr_out {
	/* 0, or an errno */
	int (*take)(void *to, const char *bytes, size_t n);
	void *to;
	int error;
	size_t n;
	char buffer[1 << 16];
};

enum { MTR_OUT_NUMBER = 24 }; /* room for any number, with its commas */

void mtr_out_flush(struct mtr_out *o);

/* Room for @n bytes, at most a buffer; the caller adds to o->n what it used. */
static inline char *mtr_out_room(struct mtr_out *o, size_t n)
{
	if (sizeof(o->buffer) - o->n < n)
		mtr_out_flush(o);
	return o->buffer + o->n;
}

static inline void mtr_out_char(struct mtr_out *o, char c)
{
	*mtr_out_room(o, 1) = c;
	o->n++;
}

void mtr_out_bytes(struct mtr_out *o, const char *bytes, size_t n);

static inline void mtr_out_text(struct mtr_out *o, const char *text)
{
	mtr_out_bytes(o, text, strlen(text));
}

/* Lower case, without 0x. */
void mtr_out_hex(struct mtr_out *o, uint64_t value);
void mtr_out_dec(struct mtr_out *o, uint64_t value);
/* 1,234,567 */
void mtr_out_commas(struct mtr_out *o, uint64_t value);
/* As mtr_out_dec and mtr_out_hex, at the right of @width columns. */
void mtr_out_dec_wide(struct mtr_out *o, uint64_t value, int width);
void mtr_out_hex_wide(struct mtr_out *o, uint64_t value, int width);

/* For short things; what is longer than 512 bytes is cut. */
void mtr_out_printf(struct mtr_out *o, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
