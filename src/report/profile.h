/* SPDX-License-Identifier: MIT */
/*
 * What other tools call a profile: the live blocks summed up by call stack, for
 * the formats that have stacks and numbers, and nothing of single blocks.
 *
 * A row is the blocks of one stack or, without one, of one caller; and of one
 * generation, where that is asked for. Of a sample (sample=) the rows are
 * estimates, as those of a report by stack, and of all generations together.
 */
#ifndef MTR_REPORT_PROFILE_H
#define MTR_REPORT_PROFILE_H

#include "report/tally.h"

/* What the numbers are of. */
enum mtr_value {
	MTR_VALUE_BYTES,
	MTR_VALUE_BLOCKS,
	MTR_VALUE_UNUSED,
	MTR_VALUE_RETAINED,
	MTR_VALUE_PINS,
	MTR_VALUE_COUNT
};

/* As --value has it; NULL: no such one. */
const char *mtr_value_name(unsigned value);
/* The order in which a report has the same numbers. */
enum mtr_sort mtr_value_sort(enum mtr_value value);

struct mtr_profile_row {
	const struct mtr_site *site;   /* that it is attributed to */
	const struct mtr_stack *stack; /* NULL: none, or not known */
	unsigned generation;
	struct mtr_sum sum;
	uint64_t retained; /* 0 if nobody asked */
};

MTR_VECTOR(mtr_profile_rows, struct mtr_profile_row);

struct mtr_profile {
	struct mtr_profile_rows rows; /* the largest first */
	bool generations;	      /* rows are of one each */
	struct mtr_sum total;	      /* of what passed the filter */
};

struct mtr_profile_spec {
	enum mtr_value value; /* to sort by */
	bool generations;
	const struct mtr_holders *holders; /* for .retained; may be NULL */
	const struct mtr_memory_map *map;  /* for .sum.pins, the same */
};

struct mtr_error *mtr_profile_make(const struct mtr_heap_view *s,
				   const struct mtr_filter *filter,
				   const struct mtr_profile_spec *spec,
				   struct mtr_profile *ret);
void mtr_profile_fini(struct mtr_profile *p);

uint64_t mtr_profile_value(const struct mtr_profile_row *row,
			   enum mtr_value value);

/* Who calls whom, from the function that asked for the memory outwards. */
struct mtr_profile_stack {
	unsigned n;
	uint32_t sites[MTR_STACK_FRAMES_MAX]; /* innermost first */
	uint32_t skip; /* of the first site: so many of its frames, the
			* innermost ones, belong to wrappers */
};

/*
 * That of @stack or, where it is NULL, of @site: without the wrappers that it
 * begins with. So a tool that puts numbers down to the innermost function puts
 * them down to the one that a report names.
 */
void mtr_profile_stack(const struct mtr_heap_view *s,
		       const struct mtr_stack *stack,
		       const struct mtr_site *site,
		       struct mtr_profile_stack *ret);

#endif
