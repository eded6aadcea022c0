/* SPDX-License-Identifier: MIT */
/*
 * A string that grows. Running out of memory is remembered and asked for once,
 * at the end.
 */
#ifndef MTR_BASE_STRBUF_H
#define MTR_BASE_STRBUF_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>

struct mtr_strbuf {
	char *text; /* NULL while empty, else terminated */
	size_t len, room;
	bool failed; /* memory ran out; the text is cut */
};

void mtr_strbuf_add(struct mtr_strbuf *b, const char *text);
void mtr_strbuf_add_bytes(struct mtr_strbuf *b, const char *text, size_t n);
/* @text as people are shown it: see mtr_utf8_show. */
void mtr_strbuf_add_shown(struct mtr_strbuf *b, const char *text);
void mtr_strbuf_printf(struct mtr_strbuf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void mtr_strbuf_vprintf(struct mtr_strbuf *b, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* What was put in, "" if nothing was. Valid until the next change. */
const char *mtr_strbuf_text(const struct mtr_strbuf *b);
void mtr_strbuf_fini(struct mtr_strbuf *b);

#endif
