/* SPDX-License-Identifier: MIT */
/*
 * One process at two times, block for block. See diff.h for the contract.
 */
#include "report/diff_blocks.h"

#include <string.h>

#include "format/ledger_code.h"

enum mtr_process mtr_diff_process(const struct mtr_heap_view *old,
				  const struct mtr_heap_view *now)
{
	bool pids = old->pid && now->pid;

	if (old->start_known && now->start_known &&
	    memcmp(old->start, now->start, MTR_START_BYTES) != 0)
		return MTR_PROCESS_OTHER;
	/* one that was forked, or of another namespace, has the same start */
	if (!pids)
		return MTR_PROCESS_UNKNOWN;
	if (old->pid != now->pid)
		return old->start_known && now->start_known
			       ? MTR_PROCESS_UNKNOWN
			       : MTR_PROCESS_OTHER;
	return old->start_known && now->start_known ? MTR_PROCESS_SAME
						    : MTR_PROCESS_UNKNOWN;
}

struct blocks {
	struct mtr_diff *d;
	const struct mtr_diff_side *sides;
	unsigned generation; /* the last one of the earlier view */
	struct mtr_age ages[MTR_GENERATION_MAX + 2];
};

static unsigned generation(const struct mtr_heap_view *s)
{
	return mtr_lead_generation((uint8_t)s->heap.descriptor.lead);
}

static uint32_t stack_id(const struct mtr_heap_view *s,
			 const struct mtr_block *b)
{
	return b->stack ? s->stacks.list.at[b->stack].id : 0;
}

static bool is_kept(const struct mtr_diff *d, const struct mtr_block *old,
		    const struct mtr_block *now)
{
	const struct mtr_heap_view *a = d->s[MTR_OLD], *b = d->s[MTR_NEW];

	return old->size == now->size && old->usable == now->usable &&
	       old->generation == now->generation &&
	       old->damaged == now->damaged &&
	       a->sites.at[old->site].pc == b->sites.at[now->site].pc &&
	       stack_id(a, old) == stack_id(b, now);
}

static struct mtr_age *age_of(struct blocks *v, const struct mtr_block *b)
{
	return &v->ages[b->generation <= MTR_GENERATION_MAX
				? b->generation
				: MTR_GENERATION_MAX + 1];
}

static bool changed(struct blocks *v, enum mtr_side side,
		    const struct mtr_block *b)
{
	const struct mtr_heap *heap = &v->d->s[side]->heap;
	struct mtr_changed *c = &v->d->changed;
	struct mtr_change *change;

	if (!mtr_filter_passes(v->sides[side].filter, b))
		return true;
	change = mtr_changes_push(&c->list);
	if (!change)
		return false;
	*change = (struct mtr_change){ side, b };
	mtr_sum_block(side == MTR_OLD ? &c->gone : &c->fresh, heap, b);
	mtr_sum_block(side == MTR_OLD ? &age_of(v, b)->gone
				      : &age_of(v, b)->fresh,
		      heap, b);
	return true;
}

/* A mark came between what is older and the old view. */
static void kept(struct blocks *v, const struct mtr_block *b)
{
	const struct mtr_heap *heap = &v->d->s[MTR_NEW]->heap;
	struct mtr_changed *c = &v->d->changed;

	if (!mtr_filter_passes(v->sides[MTR_NEW].filter, b))
		return;
	mtr_sum_block(&c->kept, heap, b);
	mtr_sum_block(&age_of(v, b)->kept, heap, b);
	if (b->generation >= v->generation)
		mtr_sum_block(&c->unsure, heap, b);
}

static bool merge(struct blocks *v)
{
	const struct mtr_blocks *a = &v->d->s[MTR_OLD]->heap.blocks;
	const struct mtr_blocks *b = &v->d->s[MTR_NEW]->heap.blocks;
	size_t i = 0, j = 0;
	bool ok = true;

	while (ok && (i < a->n || j < b->n)) {
		const struct mtr_block *old = i < a->n ? &a->at[i] : NULL;
		const struct mtr_block *now = j < b->n ? &b->at[j] : NULL;

		if (old && now && old->addr == now->addr &&
		    is_kept(v->d, old, now)) {
			kept(v, now);
			i++;
			j++;
		} else if (old && (!now || old->addr <= now->addr)) {
			ok = changed(v, MTR_OLD, old);
			i++;
		} else {
			ok = changed(v, MTR_NEW, now);
			j++;
		}
	}
	return ok;
}

static bool ages_take(struct blocks *v)
{
	size_t n = sizeof(v->ages) / sizeof(*v->ages);

	for (size_t i = 0; i < n; i++) {
		struct mtr_age *age;

		if (!v->ages[i].gone.blocks && !v->ages[i].fresh.blocks &&
		    !v->ages[i].kept.blocks)
			continue;
		age = mtr_ages_push(&v->d->changed.ages);
		if (!age)
			return false;
		*age = v->ages[i];
		age->generation = (unsigned)i;
	}
	return true;
}

struct mtr_error *mtr_diff_blocks(struct mtr_diff *d,
				  const struct mtr_diff_side sides[MTR_SIDES])
{
	mtr_auto_free struct blocks *v = calloc(1, sizeof(*v));

	if (!v)
		return mtr_error_nomem();
	v->d = d;
	v->sides = sides;
	v->generation = generation(d->s[MTR_OLD]) < generation(d->s[MTR_NEW])
				? generation(d->s[MTR_OLD])
				: generation(d->s[MTR_NEW]);
	return merge(v) && ages_take(v) ? NULL : mtr_error_nomem();
}
