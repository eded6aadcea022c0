/* SPDX-License-Identifier: MIT */
/*
 * sample=N: one block in so many bytes has its stack, all others their caller
 * alone. What these have is put down to the stacks of the same caller, as the
 * sample has them: a block of n bytes stands for 1 / (1 - e^(-n / N)) blocks.
 * So sums by caller stay exact, and sums by stack are estimates. A caller none
 * of whose blocks was sampled keeps its own.
 */
#ifndef MTR_REPORT_SAMPLED_H
#define MTR_REPORT_SAMPLED_H

#include "report/tally.h"

/* By such a key a sample's sums are estimates. */
static inline bool mtr_sampled_estimates(enum mtr_by by)
{
	return by != MTR_BY_CALLER && by != MTR_BY_SIZE &&
	       by != MTR_BY_GENERATION && by != MTR_BY_ROOT;
}

/* Of one stack's blocks that were sampled: how many more they stand for. */
struct mtr_sampled {
	double blocks, bytes;
};

/* Has @b its caller alone, for not being sampled? */
static inline bool mtr_sampled_not(const struct mtr_heap_view *s,
				   const struct mtr_block *b)
{
	const struct mtr_stack *stack = mtr_heap_view_stack(s, b);

	return stack && s->stacks.calls.at[stack->call].end == MTR_ROOT_CALLER;
}

/* @b, which was sampled, into *sum. */
void mtr_sampled_add(const struct mtr_heap_view *s, const struct mtr_block *b,
		     struct mtr_sampled *sum);

/*
 * Spread what the callers alone have in @sums, by index in stacks.list, over
 * the others. False: no memory.
 */
bool mtr_sampled_spread(const struct mtr_heap_view *s,
			const struct mtr_sampled *sampled,
			struct mtr_sum *sums);

#endif
