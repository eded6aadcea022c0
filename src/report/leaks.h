/* SPDX-License-Identifier: MIT */
/*
 * Leaks, put together by who asked for them: those that nothing leads to, and
 * those that hang from another one.
 */
#ifndef MTR_REPORT_LEAKS_H
#define MTR_REPORT_LEAKS_H

#include "graph/lost.h"
#include "report/filter.h"
#include "report/suppress.h"
#include "report/tally.h"

enum mtr_leak_kind { MTR_LEAK_DEFINITE, MTR_LEAK_INDIRECT };

/* Blocks of one stack or, where that is not known, of one caller. */
struct mtr_leak_group {
	enum mtr_leak_kind kind;
	bool cycle; /* there is one that only its own references lead to */
	struct mtr_sum sum;
	struct mtr_sum indirect;	/* what hangs from them */
	const struct mtr_site *site;	/* that they are attributed to */
	const struct mtr_stack *stack;	/* NULL: not known */
	const struct mtr_lost *example; /* the first one; one that has a hint
					 * before others */
};

MTR_VECTOR(mtr_leak_groups, struct mtr_leak_group);

struct mtr_leaks {
	struct mtr_sum definite, indirect; /* what passed the filter */
	struct mtr_sum suppressed, left_out;
	struct mtr_leak_groups groups; /* definite ones first, and of these the
					* largest, with what hangs from them */
	const struct mtr_lost_list *lost;
	bool *shown; /* of each of .lost: in a group */

	const struct mtr_roots *roots; /* for names of places */
	struct mtr_strings missing;    /* memory that pointers may lie in, and
					* that cannot be read: each owned */
};

/*
 * @suppressions may be NULL. What hangs from a block that is suppressed is so,
 * too.
 */
struct mtr_error *
mtr_leaks_make(const struct mtr_heap_view *s, const struct mtr_lost_list *lost,
	       const struct mtr_roots *roots, const struct mtr_filter *filter,
	       struct mtr_suppressions *suppressions, struct mtr_leaks *ret);
void mtr_leaks_fini(struct mtr_leaks *l);

#endif
