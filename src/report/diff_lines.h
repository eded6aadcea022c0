/* SPDX-License-Identifier: MIT */
/*
 * For diff.c: lines of a module of which there are two builds. What is above a
 * line moves it, so they are matched within their function, in their order,
 * where it has as many on both sides; else all of them are one group.
 */
#ifndef MTR_REPORT_DIFF_LINES_H
#define MTR_REPORT_DIFF_LINES_H

#include "base/strbuf.h"
#include "report/diff.h"

struct mtr_moved_line;

struct mtr_moved_lines {
	struct mtr_moved_line *at;
	size_t n, room;
	struct mtr_line_families *families;
};

struct mtr_moved_key {
	const struct mtr_group *group;
	enum mtr_side side;
	uint32_t pair;
	bool alone;  /* the function is on this side only */
	bool folded; /* it stands for all lines of the function */
};

/* @owner has a function and a file. False: no memory. */
bool mtr_moved_lines_add(struct mtr_moved_lines *v, enum mtr_side side,
			 const struct mtr_group *g,
			 const struct mtr_frame *owner, uint32_t pair);

/* When all are there; after it the .n lines have keys. */
void mtr_moved_lines_settle(struct mtr_moved_lines *v);

/* The text of the @i-th line's key into @text. */
void mtr_moved_lines_key(const struct mtr_moved_lines *v, size_t i,
			 struct mtr_strbuf *text, struct mtr_moved_key *ret);

void mtr_moved_lines_fini(struct mtr_moved_lines *v);

#endif
