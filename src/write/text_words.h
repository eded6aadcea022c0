/* SPDX-License-Identifier: MIT */
/*
 * What the text answers are made of: names made harmless and cut to fit, and
 * the lines above a table. For text*.c.
 */
#ifndef MTR_WRITE_TEXT_WORDS_H
#define MTR_WRITE_TEXT_WORDS_H

#include "write/writer.h"

enum mtr_cut { MTR_CUT_END, MTR_CUT_START };

/* @text as people are shown it: see mtr_utf8_show. */
void mtr_text_clean(struct mtr_writer *w, const char *text);

/* The same, in at most @columns; "..." stands for what is cut. 0: whole; less:
 * nothing. */
void mtr_text_fit(struct mtr_writer *w, const char *text, int columns,
		  enum mtr_cut cut);
/* The columns of the terminal beyond the first @left, for that. */
int mtr_text_room(const struct mtr_writer *w, int left);
int mtr_text_columns(const char *text);

/* "1.2 MiB", at the right of @width columns. */
void mtr_text_size(struct mtr_writer *w, uint64_t bytes, int width);
/* "+1.2 MiB", "-19 B", "0 B" */
void mtr_text_growth(struct mtr_writer *w, int64_t bytes, int width);
/* Of 0 there is none. */
void mtr_text_sign(struct mtr_writer *w, int64_t number);
/* "+1 block", "-2 blocks", "0 blocks" */
void mtr_text_grown(struct mtr_writer *w, int64_t n, const char *what);
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

/* What groups are called above a table, and where a long key is cut. */
const char *mtr_text_title(enum mtr_by by);
enum mtr_cut mtr_text_cut(enum mtr_by by);
/* What stands behind a group's key: whose it is, or where. */
void mtr_text_details(const struct mtr_writer *w, enum mtr_by by,
		      const struct mtr_site *site,
		      const struct mtr_module *module, struct mtr_strbuf *ret);

enum {
	MTR_TEXT_SIZE = 10, /* columns: "1023.9 MiB" */
	MTR_TEXT_SHARE = 7,
	MTR_TEXT_BLOCKS = 10,
};

/* "1", "36": as terminals have it; "0": none. Nothing where none is wanted. */
void mtr_text_colour(struct mtr_writer *w, const char *code);

/* Thousandths, rounded; nothing of nothing is 0. */
unsigned mtr_text_share(uint64_t part, uint64_t whole);

/* "12.3 %" */
void mtr_text_percent(struct mtr_writer *w, uint64_t part, uint64_t whole);

/* What stands above a table: what there is, what is not known, an empty line.
 */
void mtr_text_head(struct mtr_writer *w, const struct mtr_report *r);

/*
 * Where nothing passed the filters: what there would have been. @left_out is
 * all that there is.
 */
void mtr_text_nothing(struct mtr_writer *w, const struct mtr_sum *left_out);

/* The lines that a report and `info` share. @live: of all blocks. */
/* "a.core, a core of process 123" */
void mtr_text_target_name(struct mtr_writer *w, const struct mtr_heap_view *s);
void mtr_text_target(struct mtr_writer *w, const struct mtr_resident *resident,
		     const struct mtr_sum *live);
/* @left_out: by filters. */
/* "2 blocks of 10, 1.2 MiB (1,258,291 bytes) requested" and the line's end. */
void mtr_text_selected(struct mtr_writer *w, const struct mtr_sum *total,
		       const struct mtr_sum *left_out);
void mtr_text_live(struct mtr_writer *w, const struct mtr_sum *total,
		   const struct mtr_sum *left_out);
/* What was not recorded, is corrupt, or was said while it was read. */
void mtr_text_health(struct mtr_writer *w);

/* "libfoo.so, build-id 1234", which is stripped, and what helps then. */
void mtr_text_stripped(struct mtr_writer *w, const struct mtr_module *module);
void mtr_text_stripped_hint(struct mtr_writer *w);

void mtr_text_tree(struct mtr_writer *w, const struct mtr_report *r);
void mtr_text_why(struct mtr_writer *w, const struct mtr_why *why);
void mtr_text_references(struct mtr_writer *w, const struct mtr_references *r);
void mtr_text_info(struct mtr_writer *w, const struct mtr_info *info);
void mtr_text_leaks(struct mtr_writer *w, const struct mtr_leaks *l);
void mtr_text_diff(struct mtr_writer *w, const struct mtr_diff_report *r);
void mtr_text_top(struct mtr_writer *w, const struct mtr_top *t);
void mtr_text_memory(struct mtr_writer *w, const struct mtr_memory *m);
void mtr_text_lost(struct mtr_writer *w, const struct mtr_leaks *l);

#endif
