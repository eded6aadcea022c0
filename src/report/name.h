/* SPDX-License-Identifier: MIT */
/*
 * What things are called in every report: callers, and sizes for people.
 */
#ifndef MTR_REPORT_NAME_H
#define MTR_REPORT_NAME_H

#include "base/strbuf.h"
#include "report/tally.h"

/* Blocks whose record is corrupt are attributed to this. */
#define MTR_NAME_CORRUPT "(corrupt)"

/*
 * "libfoo.so+0x1361", the last byte of the call that returns to @pc: so
 * addr2line -e and its likes find the call's own line, not the next one's. In
 * no module there are no such tools, and it is @pc itself: "0x7f...".
 */
void mtr_name_place(struct mtr_strbuf *b, uint64_t pc,
		    const struct mtr_frame *frame);

/* @text, a name of C++ or Rust, without template arguments. */
void mtr_name_short(struct mtr_strbuf *b, const char *text);

/* The function, else the place, else MTR_NAME_CORRUPT for a @pc of 0. */
void mtr_name_frame(struct mtr_strbuf *b, uint64_t pc,
		    const struct mtr_frame *frame);

/*
 * "main;work;f": the functions from the outermost one to that which requested
 * the memory, as flame graphs have them. @site where there is no @stack.
 */
void mtr_name_stack(struct mtr_strbuf *b, const struct mtr_heap_view *s,
		    const struct mtr_stack *stack, const struct mtr_site *site);

/* Why a stack ends, one of enum mtr_root: "cut at 32 frames". */
void mtr_name_end(struct mtr_strbuf *b, unsigned end, unsigned depth);
/* As a member of JSON: "depth". */
const char *mtr_name_end_key(unsigned end);

/* "19 B", "1.2 MiB": rounded to one decimal, in 10 characters. */
enum { MTR_HUMAN = 32 };
const char *mtr_name_size(char ret[MTR_HUMAN], uint64_t bytes);

/* One sentence's worth: "not on a 16-byte boundary"; NULL: no such reason. */
const char *mtr_name_drop(unsigned reason);

/* In hex; "none" if it is not known. */
enum { MTR_NAME_BUILD_ID = 2 * 40 + 1 };
const char *mtr_name_build_id(char ret[MTR_NAME_BUILD_ID],
			      const struct mtr_build_id *id);

/* As options and JSON have them: "function", "bytes"; NULL: no such one. */
const char *mtr_name_by(unsigned by);
const char *mtr_name_sort(unsigned sort);

/* "core", "process", "snapshot" */
const char *mtr_name_kind(enum mtr_target_kind kind);

/* As a member of JSON: "unaligned". */
const char *mtr_name_drop_key(unsigned reason);

#endif
