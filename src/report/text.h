/* SPDX-License-Identifier: MIT */
/*
 * What the text answers are made of: names made harmless and cut to fit, and
 * the lines that say how a record is doing. For write_text*.c.
 */
#ifndef MTR_REPORT_TEXT_H
#define MTR_REPORT_TEXT_H

#include "report/writer.h"

enum mtr_cut { MTR_CUT_END, MTR_CUT_START };

/* @text with what could do something to a terminal replaced by "?". */
void mtr_text_clean(struct mtr_writer *w, const char *text);

/* The same, in at most @columns; "..." stands for what is cut. 0: whole. */
void mtr_text_fit(struct mtr_writer *w, const char *text, int columns,
		  enum mtr_cut cut);
int mtr_text_columns(const char *text);

/* "1.2 MiB", at the right of @width columns. */
void mtr_text_size(struct mtr_writer *w, uint64_t bytes, int width);
/* "1.2 MiB (1,258,291 bytes)", "19 bytes" */
void mtr_text_bytes(struct mtr_writer *w, uint64_t bytes);

void mtr_text_spaces(struct mtr_writer *w, int n);

/* "1 block", "2 blocks" */
void mtr_text_count(struct mtr_writer *w, uint64_t n, const char *what);

/* "main", or "libfoo.so+0x1362" */
void mtr_text_owner(struct mtr_writer *w, const struct mtr_block *b,
		    int columns);

enum { MTR_TEXT_LABEL = 14 };
void mtr_text_label(struct mtr_writer *w, const char *label);

/* The lines that a report and `info` share. */
void mtr_text_target(struct mtr_writer *w);
/* @total: of all blocks, or of those that passed a filter. */
void mtr_text_live(struct mtr_writer *w, const struct mtr_sum *total);
void mtr_text_tracer(struct mtr_writer *w);
void mtr_text_health(struct mtr_writer *w);

void mtr_text_why(struct mtr_writer *w, const struct mtr_why *why);
void mtr_text_info(struct mtr_writer *w, const struct mtr_info *info);

#endif
