/* SPDX-License-Identifier: MIT */
/*
 * Reading them. See saved.h for the contract.
 */
#include "heap/saved.h"

#include <string.h>

#include "format/saved.h"

/* ------------------------------------------------------------------ blocks */

static void take_flags(struct mtr_packed *c, struct mtr_block *b)
{
	uint64_t n = mtr_packed_below(c, (MTR_GENERATION_MAX + 1)
						 << MTR_SAVED_FLAGS);

	*b = (struct mtr_block){
		.freed = !!(n & MTR_SAVED_IS_FREED),
		.damaged = !!(n & MTR_SAVED_IS_DAMAGED),
		.no_code = !!(n & MTR_SAVED_NO_CODE),
		.generation = n >> MTR_SAVED_FLAGS,
	};
}

/* By address, without overlaps, below the last address there may be. */
static void take_addresses(struct mtr_packed *c, struct mtr_blocks *v)
{
	uint64_t addr = 0;

	for (size_t i = 0; i < v->n; i++) {
		uint64_t step = mtr_packed_below(
			c, UINT64_C(1) << (MTR_ADDR_BITS - MTR_GRANULE_BITS));

		addr += step * MTR_GRANULE;
		c->bad |= addr >> MTR_ADDR_BITS != 0;
		v->at[i].addr = addr;
	}
}

static void take_sizes(struct mtr_packed *c, const struct mtr_heap *heap,
		       struct mtr_blocks *v)
{
	uint64_t end = 0;

	for (size_t i = 0; i < v->n; i++) {
		struct mtr_block *b = &v->at[i];
		uint64_t usable =
			mtr_packed_below(c, UINT64_C(1) << MTR_ADDR_BITS);

		b->usable = usable;
		c->bad |= usable < MTR_USABLE_MIN || b->addr < end ||
			  (b->addr + usable) >> MTR_ADDR_BITS;
		end = b->addr + usable;
	}
	for (size_t i = 0; i < v->n && !c->bad; i++) {
		struct mtr_block *b = &v->at[i];
		uint64_t room = mtr_room(b->usable, heap->record);
		uint64_t slack = mtr_packed_below(c, room + 1);

		b->size = b->damaged ? 0 : room - slack;
	}
}

/* Who allocated a block is known, unless its record is damaged. */
static bool has_origin(const struct mtr_block *b, uint32_t record)
{
	if (b->damaged)
		return !b->freed && !b->site && !b->stack;
	return b->site || record == MTR_RECORD_SHORT;
}

static struct mtr_error *load_blocks(struct mtr_target *t,
				     const struct mtr_heap *heap, unsigned kind,
				     bool freed, struct mtr_blocks *v)
{
	enum { LEAST = 6 }; /* bytes of a block */
	struct mtr_packed c;
	const void *at;
	size_t bytes, n;

	MTR_TRY(mtr_target_part(t, kind, &at, &bytes));
	c = mtr_packed_begin(at, bytes);
	n = at ? mtr_packed_count(&c, LEAST) : 0;
	if (n > UINT32_MAX / 2)
		return mtr_part_senseless(kind);
	if (!mtr_blocks_reserve(v, n))
		return mtr_error_nomem();
	for (v->n = 0; v->n < n; v->n++)
		take_flags(&c, &v->at[v->n]);
	take_addresses(&c, v);
	take_sizes(&c, heap, v);
	for (size_t i = 0; i < n; i++)
		v->at[i].site = (uint32_t)mtr_packed_below(&c, heap->sites.n);
	for (size_t i = 0; i < n; i++) {
		v->at[i].stack = (uint32_t)mtr_packed_below(&c, MTR_NODE_MAX);
		c.bad |= v->at[i].freed != freed ||
			 !has_origin(&v->at[i], heap->record);
	}
	return c.bad ? mtr_part_senseless(kind) : NULL;
}

/* No live block lies where a freed one was. */
static struct mtr_error *check_apart(const struct mtr_heap *heap)
{
	const struct mtr_blocks *live = &heap->blocks, *freed = &heap->freed;
	size_t k = 0;

	for (size_t i = 0; i < live->n; i++) {
		const struct mtr_block *b = &live->at[i];

		while (k < freed->n &&
		       freed->at[k].addr + freed->at[k].usable <= b->addr)
			k++;
		if (k < freed->n && freed->at[k].addr < b->addr + b->usable)
			return mtr_part_senseless(MTR_SAVED_FREED);
	}
	return NULL;
}

/* ----------------------------------------------------- what else it knows */

static struct mtr_error *load_own(struct mtr_target *t, struct mtr_own *own)
{
	struct mtr_packed c;
	const void *at;
	size_t bytes, n;
	uint64_t end = 0;

	MTR_TRY(mtr_target_part(t, MTR_SAVED_OWN, &at, &bytes));
	if (!at)
		return NULL;
	c = mtr_packed_begin(at, bytes);
	own->complete = mtr_packed_below(&c, 2);
	n = mtr_packed_count(&c, 3);
	for (size_t i = 0; i < n && !c.bad; i++) {
		enum mtr_own_kind kind = mtr_packed_below(&c, MTR_OWN_KINDS);
		uint64_t start = end + mtr_packed_number(&c);
		uint64_t size = mtr_packed_number(&c);

		if (start < end || !size || size > UINT64_MAX - start)
			return mtr_part_senseless(MTR_SAVED_OWN);
		end = start + size;
		MTR_TRY(mtr_own_add(own, start, end, kind));
	}
	return c.bad ? mtr_part_senseless(MTR_SAVED_OWN) : NULL;
}

static struct mtr_error *load_counts(const void *at, size_t bytes,
				     struct mtr_heap *heap)
{
	struct mtr_packed c = mtr_packed_begin(at, bytes);
	uint64_t pc = 0;
	size_t n;

	heap->descriptor_addr = mtr_packed_number(&c);
	heap->conflicts = mtr_packed_number(&c);
	heap->lost = mtr_packed_number(&c);
	n = mtr_packed_count(&c, 1);
	if (!mtr_addresses_reserve(&heap->sites, n))
		return mtr_error_nomem();
	heap->sites.n = 0;
	while (heap->sites.n < n) {
		pc += (uint64_t)mtr_packed_signed(&c);
		heap->sites.at[heap->sites.n++] = pc;
	}
	/* the first is that of damaged blocks */
	return c.bad || !n || heap->sites.at[0] || n > UINT32_MAX
		       ? mtr_part_senseless(MTR_SAVED_HEAP)
		       : NULL;
}

struct mtr_error *mtr_heap_load(struct mtr_target *t, struct mtr_heap *heap,
				bool *there)
{
	const void *at;
	size_t bytes;

	MTR_TRY(mtr_target_part(t, MTR_SAVED_HEAP, &at, &bytes));
	*there = at;
	if (!at)
		return NULL;
	MTR_TRY(load_counts(at, bytes, heap));
	MTR_TRY(load_own(t, &heap->own));
	MTR_TRY(load_blocks(t, heap, MTR_SAVED_LIVE, false, &heap->blocks));
	MTR_TRY(load_blocks(t, heap, MTR_SAVED_FREED, true, &heap->freed));
	for (size_t i = 0; i < heap->blocks.n; i++) {
		heap->damaged += heap->blocks.at[i].damaged;
		heap->no_code += heap->blocks.at[i].no_code;
	}
	return heap->lost <= heap->damaged ? check_apart(heap)
					   : mtr_part_senseless(MTR_SAVED_HEAP);
}

/* ------------------------------------------------------------------ stacks */

static struct mtr_error *load_pcs(struct mtr_packed *c,
				  const struct mtr_heap *heap,
				  struct mtr_stacks *s)
{
	size_t n = mtr_packed_count(c, sizeof(*s->pcs.at));
	size_t bytes = n * sizeof(*s->pcs.at);
	const void *at = mtr_packed_bytes(c, bytes);

	if (!mtr_addresses_reserve(&s->pcs, heap->sites.n + n))
		return mtr_error_nomem();
	memcpy(s->pcs.at, heap->sites.at,
	       heap->sites.n * sizeof(*heap->sites.at));
	if (bytes && at)
		memcpy(s->pcs.at + heap->sites.n, at, bytes);
	s->pcs.n = heap->sites.n + n;
	return NULL;
}

/* What it is the end of is the same for all of a stack, and its code is
 * somewhere. */
static bool is_call(const struct mtr_stacks *s, const struct mtr_call *call)
{
	return call->end > MTR_ROOT_NONE && call->end < MTR_NODE_FIRST &&
	       (!call->parent || call->end == s->calls.at[call->parent].end) &&
	       s->pcs.at[call->site] & ~MTR_PC_EXACT;
}

/* No chain of them is too long, or comes back to itself. */
static void take_calls(struct mtr_packed *c, size_t n, struct mtr_stacks *s)
{
	struct mtr_call *v = s->calls.at;

	for (size_t i = 1; i < n; i++) {
		uint64_t back = mtr_packed_below(c, i);

		v[i] = (struct mtr_call){ .parent = back ? i - back : 0 };
		v[i].depth = v[v[i].parent].depth + 1;
		if (v[i].depth > MTR_STACK_FRAMES_MAX) {
			c->bad = true;
			return;
		}
	}
	for (size_t i = 1; i < n; i++)
		v[i].site = (uint32_t)mtr_packed_below(c, s->pcs.n);
	for (size_t i = 1; i < n; i++) {
		uint64_t end = mtr_packed_below(c, MTR_NODE_FIRST << 1);

		v[i].end = (uint8_t)(end >> 1);
		v[i].signal = end & 1;
		c->bad |= !is_call(s, &v[i]);
	}
}

static struct mtr_error *load_calls(const void *at, size_t bytes,
				    const struct mtr_heap *heap,
				    struct mtr_stacks *s)
{
	struct mtr_packed c = mtr_packed_begin(at, bytes);
	size_t n;

	s->nodes = mtr_packed_number(&c);
	MTR_TRY(load_pcs(&c, heap, s));
	n = mtr_packed_number(&c);
	if (!n || (n - 1) * 3 > (size_t)(c.end - c.at) || n > UINT32_MAX ||
	    s->nodes > MTR_NODE_MAX)
		return mtr_part_senseless(MTR_SAVED_CALLS);
	if (!mtr_calls_reserve(&s->calls, n))
		return mtr_error_nomem();
	s->calls.at[0] = (struct mtr_call){ 0 };
	s->calls.n = n;
	take_calls(&c, n, s);
	return c.bad ? mtr_part_senseless(MTR_SAVED_CALLS) : NULL;
}

static struct mtr_error *load_list(struct mtr_target *t,
				   const struct mtr_heap *heap,
				   struct mtr_stacks *s)
{
	struct mtr_packed c;
	const void *at;
	size_t bytes, n;

	MTR_TRY(mtr_target_part(t, MTR_SAVED_STACKS, &at, &bytes));
	c = mtr_packed_begin(at, bytes);
	n = mtr_packed_number(&c);
	if (!n || (n - 1) * 3 > (size_t)(c.end - c.at) || n > UINT32_MAX)
		return mtr_part_senseless(MTR_SAVED_STACKS);
	if (!mtr_stack_list_reserve(&s->list, n))
		return mtr_error_nomem();
	memset(s->list.at, 0, n * sizeof(*s->list.at));
	s->list.n = n;
	for (size_t i = 1; i < n; i++) {
		s->list.at[i].id = (uint32_t)mtr_packed_below(&c, MTR_NODE_MAX);
		c.bad |= !s->list.at[i].id;
	}
	for (size_t i = 1; i < n; i++) {
		s->list.at[i].call = (uint32_t)mtr_packed_below(&c, s->calls.n);
		s->lost += !s->list.at[i].call;
	}
	for (size_t i = 1; i < n; i++) {
		s->list.at[i].caller = s->list.at[i].owner =
			(uint32_t)mtr_packed_below(&c, heap->sites.n);
		c.bad |= !s->list.at[i].caller;
	}
	return c.bad ? mtr_part_senseless(MTR_SAVED_STACKS) : NULL;
}

static bool stacks_are_below(const struct mtr_blocks *v, size_t n)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i].stack >= n)
			return false;
	return true;
}

struct mtr_error *mtr_stacks_load(struct mtr_target *t, struct mtr_heap *heap,
				  struct mtr_stacks *s, bool *there)
{
	const void *at;
	size_t bytes;

	MTR_TRY(mtr_target_part(t, MTR_SAVED_CALLS, &at, &bytes));
	*there = at;
	if (!at)
		return NULL;
	MTR_TRY(load_calls(at, bytes, heap, s));
	MTR_TRY(load_list(t, heap, s));
	if (stacks_are_below(&heap->blocks, s->list.n) &&
	    stacks_are_below(&heap->freed, s->list.n))
		return NULL;
	return mtr_part_senseless(MTR_SAVED_STACKS);
}
