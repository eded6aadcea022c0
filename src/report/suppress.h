/* SPDX-License-Identifier: MIT */
/*
 * Suppressions as LeakSanitizer has them: a line "leak:PATTERN" says that a
 * leak is none if the pattern is found in a function, a source file or a module
 * of its stack. * is any text, ^ and $ at the ends are the name's; a line that
 * begins with # is a comment.
 */
#ifndef MTR_REPORT_SUPPRESS_H
#define MTR_REPORT_SUPPRESS_H

#include "snapshot/heap_view.h"

struct mtr_suppression {
	const char *pattern;	/* in .text */
	uint64_t blocks, bytes; /* that it has matched */
};

MTR_VECTOR(mtr_suppression_list, struct mtr_suppression);

struct mtr_suppressions {
	struct mtr_suppression_list list;
	char *text;
};

/* An error says which line is wrong. */
struct mtr_error *mtr_suppressions_parse(const char *text, size_t bytes,
					 struct mtr_suppressions *ret);
void mtr_suppressions_fini(struct mtr_suppressions *v);

bool mtr_pattern_matches(const char *pattern, const char *text);

/* The first one that is about @b, or NULL. */
struct mtr_suppression *mtr_suppression_of(const struct mtr_suppressions *v,
					   const struct mtr_heap_view *s,
					   const struct mtr_block *b);

#endif
