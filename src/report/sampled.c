/* SPDX-License-Identifier: MIT */
/*
 * Spreading a sample's stacks. See sampled.h for the contract.
 */
#include "report/sampled.h"

#include <math.h>
#include <stdlib.h>

void mtr_sampled_add(const struct mtr_heap_view *s, const struct mtr_block *b,
		     struct mtr_sampled *sum)
{
	double mean = (double)s->heap.descriptor.sample;
	/* that it was not */
	double odds = exp(-(double)b->size / mean);
	double others = odds < 1 ? odds / (1 - odds) : 0;

	sum->blocks += others;
	sum->bytes += others * (double)b->size;
}

/* Of one caller: what is left to be spread, and over what. */
struct caller {
	struct mtr_sum left;
	struct mtr_sampled weight;
};

/* @part of @whole of *left. */
static uint64_t take(uint64_t *left, double part, double whole)
{
	double share = whole > 0 ? part / whole : 0;
	uint64_t n = share < 1 ? (uint64_t)((double)*left * share) : *left;

	*left -= n;
	return n;
}

static bool is_caller(const struct mtr_heap_view *s, size_t i)
{
	uint32_t call = s->stacks.list.at[i].call;

	return call && s->stacks.calls.at[call].end == MTR_ROOT_CALLER;
}

static void give(struct caller *c, const struct mtr_sampled *sampled,
		 struct mtr_sum *sum)
{
	uint64_t bytes = take(&c->left.bytes, sampled->bytes, c->weight.bytes);

	sum->bytes += bytes;
	sum->slack += take(&c->left.slack, sampled->bytes, c->weight.bytes);
	sum->usable += take(&c->left.usable, sampled->bytes, c->weight.bytes);
	sum->pins += take(&c->left.pins, sampled->bytes, c->weight.bytes);
	sum->blocks += take(&c->left.blocks, sampled->blocks, c->weight.blocks);
	c->weight.bytes -= sampled->bytes;
	c->weight.blocks -= sampled->blocks;
}

bool mtr_sampled_spread(const struct mtr_heap_view *s,
			const struct mtr_sampled *sampled, struct mtr_sum *sums)
{
	const struct mtr_stack_list *list = &s->stacks.list;
	mtr_auto_free struct caller *callers =
		calloc(s->sites.n + 1, sizeof(*callers));
	/* the last one of a caller gets what rounding leaves */
	mtr_auto_free size_t *last = calloc(s->sites.n + 1, sizeof(*last));

	if (!callers || !last)
		return false;
	for (size_t i = 1; i < list->n; i++) {
		struct caller *c = &callers[list->at[i].caller];

		if (is_caller(s, i)) {
			mtr_sum_add(&c->left, &sums[i]);
			continue;
		}
		c->weight.bytes += sampled[i].bytes;
		c->weight.blocks += sampled[i].blocks;
		if (sampled[i].bytes > 0)
			last[list->at[i].caller] = i;
	}
	for (size_t i = 1; i < list->n; i++) {
		uint32_t site = list->at[i].caller;
		struct caller *c = &callers[site];

		if (!last[site])
			continue;
		if (is_caller(s, i))
			sums[i] = (struct mtr_sum){ 0 };
		else if (i != last[site])
			give(c, &sampled[i], &sums[i]);
	}
	for (size_t site = 0; site < s->sites.n; site++)
		if (last[site])
			mtr_sum_add(&sums[last[site]], &callers[site].left);
	return true;
}
