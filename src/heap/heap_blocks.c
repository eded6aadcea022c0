/* SPDX-License-Identifier: MIT */
/*
 * From entries of the ledger to blocks: each trailer is judged, and of two
 * blocks that overlap one has to go. See heap_reader.h for the contract.
 */
#include "heap/heap_reader.h"

static struct mtr_error *entry_block(struct mtr_reader *r,
				     const struct mtr_entry *e,
				     struct mtr_block *ret)
{
	enum mtr_verdict v = MTR_TRAILER_SOUND;
	uint32_t site = 0;

	*ret = (struct mtr_block){
		.addr = e->addr,
		.usable = e->usable,
		.generation = mtr_lead_generation(e->lead),
		.freed = e->lead == MTR_LEAD_FREED,
		.damaged = 1,
	};
	if (ret->freed)
		ret->generation = 0;
	if (!e->have ||
	    !mtr_judge_at_once(&r->judge, &e->trailer, e->usable, &site)) {
		v = mtr_entry_verdict(r, e);
		if (v == MTR_TRAILER_DAMAGED)
			return NULL;
		MTR_TRY(mtr_judge_site(&r->judge, e->trailer.caller, &site));
	}
	ret->damaged = 0;
	ret->no_code = v == MTR_TRAILER_NO_CODE;
	ret->site = site;
	ret->size = mtr_trailer_size(&e->trailer, e->usable);
	ret->stack = mtr_trailer_stack(&e->trailer, e->usable);
	return NULL;
}

static struct mtr_block *last_block(struct mtr_blocks *blocks)
{
	return blocks->n ? &blocks->at[blocks->n - 1] : NULL;
}

/* Count @b in, or out again. */
static void count(struct mtr_reader *r, const struct mtr_block *b, bool lost,
		  uint64_t sign)
{
	r->heap->damaged += sign * b->damaged;
	r->heap->no_code += sign * b->no_code;
	r->heap->lost += sign * lost;
}

static void drop_last(struct mtr_reader *r)
{
	struct mtr_blocks *blocks = &r->heap->blocks;

	count(r, last_block(blocks), r->last_lost, -(uint64_t)1);
	r->last_lost = false;
	blocks->n--;
}

/* Is the entry of @b still what it was? It is but in a live process. */
static bool block_stands(struct mtr_reader *r, uint64_t at,
			 const struct mtr_leaf_place *place,
			 const struct mtr_block *b)
{
	uint8_t code[MTR_ENTRY_LARGE];
	struct mtr_entry e;

	return !r->live || (mtr_live_entry(r, at, place, code) &&
			    mtr_entry_decode(code, sizeof(code), &e) &&
			    mtr_is_live(e.lead) && e.usable == b->usable);
}

/*
 * Two live blocks cannot overlap: one of them left by a road that the tracer
 * does not see, or, in a live process, just now. The one whose trailer checks
 * out is kept; the earlier one, if both do. False: @b is the one to go.
 */
static bool settle_overlap(struct mtr_reader *r, uint64_t at,
			   const struct mtr_block *b)
{
	const struct mtr_block *last = last_block(&r->heap->blocks);

	if (!last || mtr_block_end(last) <= b->addr)
		return true;
	if (!block_stands(r, at, &r->place, b))
		return false;
	if (!block_stands(r, r->last_at, &r->last_place, last)) {
		drop_last(r);
		return true;
	}
	r->heap->conflicts++;
	if (last->damaged + last->no_code <= b->damaged + b->no_code)
		return false;
	drop_last(r);
	return true;
}

static struct mtr_error *live_add(struct mtr_reader *r,
				  const struct mtr_entry *e,
				  const struct mtr_block *b)
{
	struct mtr_blocks *freed = &r->heap->freed;
	struct mtr_block *slot;

	if (!settle_overlap(r, e->at, b))
		return NULL;
	while (freed->n && mtr_block_end(last_block(freed)) > b->addr)
		freed->n--;
	slot = mtr_blocks_push(&r->heap->blocks);
	if (!slot)
		return mtr_error_nomem();
	*slot = *b;
	r->last_at = e->at;
	r->last_place = r->place;
	r->last_lost = !e->have;
	count(r, b, r->last_lost, 1);
	return NULL;
}

/*
 * A freed block is worth telling of while nothing has been put in its place;
 * and its mark may have outlived a larger block that was, and that went, too.
 */
static struct mtr_error *freed_add(struct mtr_reader *r,
				   const struct mtr_entry *e)
{
	struct mtr_block *live = last_block(&r->heap->blocks);
	struct mtr_block *freed = last_block(&r->heap->freed);
	struct mtr_block b, *slot;

	if (e->moved || !e->have || (live && mtr_block_end(live) > e->addr) ||
	    (freed && mtr_block_end(freed) > e->addr))
		return NULL;
	if (!mtr_judge_freed(&r->judge, &e->trailer, e->usable))
		return NULL;
	MTR_TRY(entry_block(r, e, &b));
	slot = mtr_blocks_push(&r->heap->freed);
	if (!slot)
		return mtr_error_nomem();
	*slot = b;
	return NULL;
}

struct mtr_error *mtr_reader_take(struct mtr_reader *r, struct mtr_entry *e)
{
	struct mtr_block b;

	if (e->lead == MTR_LEAD_FREED)
		return freed_add(r, e);
	if (r->live && (e->moved || !mtr_live_is_settled(r, e))) {
		enum mtr_rest rest = mtr_live_rest(r, e);

		if (rest == MTR_REST_NONE)
			++*(e->usable ? &r->restless : &r->heap->conflicts);
		if (rest != MTR_REST_FOUND)
			return NULL;
	}
	MTR_TRY(entry_block(r, e, &b));
	return live_add(r, e, &b);
}
