/* SPDX-License-Identifier: MIT */
/*
 * What grew between two views of one program, and shrank.
 *
 * Groups are matched by what survives a run: by names, and by offsets in files
 * that are the same; never by addresses, for these are random. Where a module
 * is another build, its callers are matched by function, and so are those of
 * its lines that cannot be told from each other by their order in the function.
 *
 * Of one process it is also known which blocks are new and which are gone.
 */
#ifndef MTR_REPORT_DIFF_H
#define MTR_REPORT_DIFF_H

#include "report/pairs.h"
#include "report/tally.h"

struct mtr_diff_group {
	char *key;     /* owned */
	uint32_t pair; /* its module, in .pairs; 0: none */
	struct mtr_sum sum[MTR_SIDES];
	/* those with the most bytes in the newer of the sides that have it;
	 * NULL as in struct mtr_group */
	const struct mtr_site *site;
	const struct mtr_stack *stack;
	enum mtr_side side; /* that these are of */
	bool folded;	    /* by caller or line: it is a whole function */
};

MTR_VECTOR(mtr_diff_groups, struct mtr_diff_group);

enum mtr_process {
	MTR_PROCESS_UNKNOWN, /* it may be the same one, or not */
	MTR_PROCESS_SAME,
	MTR_PROCESS_OTHER,
};

/* A block that is only on one of the sides. */
struct mtr_change {
	enum mtr_side side; /* MTR_OLD: it is gone; MTR_NEW: it is new */
	const struct mtr_block *block;
};

MTR_VECTOR(mtr_changes, struct mtr_change);

struct mtr_age {
	unsigned generation;
	struct mtr_sum gone, fresh, kept;
};

MTR_VECTOR(mtr_ages, struct mtr_age);

/*
 * Of the blocks of one process. Kept are those of the same address, size,
 * caller, stack and generation; what realloc changed is gone and new.
 */
struct mtr_changed {
	struct mtr_changes list; /* by address, what is gone first */
	struct mtr_sum gone, fresh, kept;
	struct mtr_sum unsure; /* of what is kept: may have been freed, and
				* allocated again, all alike. Not what is of a
				* generation before the old view's last one */
	struct mtr_ages ages;  /* by generation */
};

struct mtr_diff {
	const struct mtr_heap_view *s[MTR_SIDES];
	enum mtr_by by;
	struct mtr_pairs pairs;
	struct mtr_sum total[MTR_SIDES]; /* what passed the filters */
	struct mtr_sum left_out[MTR_SIDES];
	struct mtr_diff_groups groups; /* only those with a change: what grew
					* most first, what shrank most last */
	size_t unchanged;	       /* how many have none */
	enum mtr_process process;
	struct mtr_changed changed; /* MTR_PROCESS_SAME */
	bool in_order;	 /* lines of two builds were matched by their order */
	uint64_t folded; /* groups by caller or line that were put together by
			  * function */
	bool depths_differ; /* one of them has call stacks, the other none */
};

static inline int64_t mtr_grown(uint64_t old, uint64_t now)
{
	return (int64_t)(now - old);
}

/* How much that is, whether more or less. */
static inline uint64_t mtr_grown_size(int64_t grown)
{
	return grown < 0 ? -(uint64_t)grown : (uint64_t)grown;
}

/* Of one side. Both are of the same .by and .sort, which is not retained. */
struct mtr_diff_side {
	const struct mtr_heap_view *s;
	const struct mtr_filter *filter;
	struct mtr_tally_spec spec;
};

/* The module of @g in the newer of the sides that have it, or NULL. */
static inline const struct mtr_module *
mtr_diff_module(const struct mtr_diff *d, const struct mtr_diff_group *g)
{
	const struct mtr_pair *pair = &d->pairs.list.at[g->pair];

	return pair->module[g->side] ? pair->module[g->side]
				     : mtr_pair_any(pair);
}

struct mtr_error *mtr_diff_make(const struct mtr_diff_side sides[MTR_SIDES],
				struct mtr_diff *ret);
void mtr_diff_fini(struct mtr_diff *d);

#endif
