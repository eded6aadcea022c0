/* SPDX-License-Identifier: MIT */
/*
 * A line of text put together on the stack: no stdio, no malloc. What does not
 * fit is cut.
 */
#ifndef MTR_PRELOAD_LINE_H
#define MTR_PRELOAD_LINE_H

#include <stddef.h>
#include <stdint.h>

struct mtr_line {
	size_t len;
	char text[320]; /* not terminated */
};

static inline void mtr_line_text(struct mtr_line *l, const char *s)
{
	/* one byte stays free for the newline */
	while (*s && l->len < sizeof(l->text) - 1)
		l->text[l->len++] = *s++;
}

static inline void mtr_line_digits(struct mtr_line *l, uint64_t n,
				   unsigned int base)
{
	char digits[24];
	int i = sizeof(digits) - 1;

	digits[i] = '\0';
	do
		digits[--i] = "0123456789abcdef"[n % base];
	while (n /= base);
	mtr_line_text(l, digits + i);
}

static inline void mtr_line_number(struct mtr_line *l, uint64_t n)
{
	mtr_line_digits(l, n, 10);
}

static inline void mtr_line_hex(struct mtr_line *l, uint64_t n)
{
	mtr_line_text(l, "0x");
	mtr_line_digits(l, n, 16);
}

static inline void mtr_line_end(struct mtr_line *l)
{
	l->text[l->len++] = '\n';
}

#endif
