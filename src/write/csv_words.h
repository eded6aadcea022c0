/* SPDX-License-Identifier: MIT */
/*
 * What the answers in CSV share. For csv*.c.
 */
#ifndef MTR_WRITE_CSV_WORDS_H
#define MTR_WRITE_CSV_WORDS_H

#include "write/writer.h"

/* @text, quoted where it must be. */
void mtr_csv_field(struct mtr_strbuf *b, const char *text);

/* "main,main.c,12": what @site is called, and where it is. */
void mtr_csv_caller(const struct mtr_writer *w, struct mtr_strbuf *b,
		    const struct mtr_site *site);

void mtr_csv_diff(struct mtr_writer *w, const struct mtr_diff_report *r);
void mtr_csv_memory(struct mtr_writer *w, const struct mtr_memory *m);

#endif
