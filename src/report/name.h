/* SPDX-License-Identifier: MIT */
/*
 * What things are called in every report: callers, and sizes for people.
 */
#ifndef MTR_REPORT_NAME_H
#define MTR_REPORT_NAME_H

#include "base/strbuf.h"
#include "snapshot/heap_view.h"

/* Blocks whose record makes no sense are put down to this. */
#define MTR_NAME_DAMAGED "(damaged)"

/*
 * "libfoo.so+0x1361", the last byte of the call that returns to @pc: so
 * addr2line -e and its likes find the call's own line, not the next one's. In
 * no module there are no such tools, and it is @pc itself: "0x7f...".
 */
void mtr_name_place(struct mtr_strbuf *b, uint64_t pc,
		    const struct mtr_frame *frame);

/* The function, else the place, else MTR_NAME_DAMAGED for a @pc of 0. */
void mtr_name_frame(struct mtr_strbuf *b, uint64_t pc,
		    const struct mtr_frame *frame);

/*
 * "main;work;f": the functions from the outermost one to that which asked for
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

/* "core", "process", "snapshot" */
const char *mtr_name_kind(enum mtr_target_kind kind);

/* As a member of JSON: "unaligned". */
const char *mtr_name_drop_key(unsigned reason);

#endif
