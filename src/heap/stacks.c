/* SPDX-License-Identifier: MIT */
/*
 * Following stacks through the depot. See stacks.h for the contract.
 *
 * A node is looked at once, whatever number of stacks it is in. In a live
 * process the depot only grows, and was complete for every id before that came
 * into a record; hence it is read after the records.
 */
#include "heap/stacks.h"

#include <inttypes.h>
#include <string.h>

#include "heap/nodes.h"
#include "heap/pc_map.h"
#include "heap/saved.h"

struct reader {
	struct mtr_target *t;
	struct mtr_heap *heap;
	struct mtr_stacks *stacks;
	struct mtr_nodes nodes;
	struct mtr_pc_map sites; /* of .pcs */
	uint32_t *stack_of;	 /* id -> index of the stack; 0: not seen */
	uint32_t *call_of;	 /* id -> index of the frame; 0: not seen */
};

/* Of .call_of: the frame's way out leads nowhere. */
static const uint32_t nowhere = UINT32_MAX;

/* ------------------------------------------------------------------- sites */

static struct mtr_error *site_for(struct reader *r, uint64_t pc, uint32_t *ret)
{
	struct mtr_addresses *pcs = &r->stacks->pcs;
	bool added;
	uint32_t *site = mtr_pc_map_at(&r->sites, pc, &added);
	uint64_t *slot = site && added ? mtr_addresses_push(pcs) : NULL;

	if (!site || (added && !slot))
		return mtr_error_nomem();
	if (added) {
		*slot = pc;
		*site = pcs->n - 1;
	}
	*ret = *site;
	return NULL;
}

/* ------------------------------------------------------------------ stacks */

/* Nodes on the way from a stack's innermost frame to one that is known. */
struct way {
	uint32_t id[MTR_STACK_FRAMES_MAX];
	uint64_t pc[MTR_STACK_FRAMES_MAX];
	unsigned n;
	uint32_t call; /* the known one; 0: it ends at a root */
	uint8_t end;
};

/* What was found out once holds for all stacks that come this way. */
static bool way_fails(struct reader *r, const struct way *way)
{
	for (unsigned i = 0; i < way->n; i++)
		r->call_of[way->id[i]] = nowhere;
	return false;
}

/* False: it leads nowhere. */
static bool way_find(struct reader *r, uint32_t id, struct way *ret)
{
	const struct mtr_call *known;
	struct mtr_node node;

	ret->n = 0;
	while (id >= MTR_NODE_FIRST && id < r->nodes.n && !r->call_of[id]) {
		if (ret->n == MTR_STACK_FRAMES_MAX) {
			/* it is too deep, but not what is outwards of it */
			ret->n = 1;
			return way_fails(r, ret);
		}
		ret->id[ret->n++] = id;
		if (!mtr_nodes_get(&r->nodes, id, &node))
			return way_fails(r, ret);
		ret->pc[ret->n - 1] = node.pc;
		id = node.parent;
	}
	if (id >= r->nodes.n ||
	    (id >= MTR_NODE_FIRST && r->call_of[id] == nowhere))
		return way_fails(r, ret);
	ret->call = id < MTR_NODE_FIRST ? 0 : r->call_of[id];
	known = &r->stacks->calls.at[ret->call];
	ret->end = ret->call ? known->end : id;
	if (ret->n + known->depth <= MTR_STACK_FRAMES_MAX)
		return true;
	ret->n = ret->n < 1 ? ret->n : 1;
	return way_fails(r, ret);
}

static struct mtr_error *way_add(struct reader *r, const struct way *way,
				 unsigned i, uint32_t *call)
{
	struct mtr_calls *calls = &r->stacks->calls;
	struct mtr_call *added = mtr_calls_push(calls);
	const struct mtr_call *parent;
	uint64_t pc = way->pc[i];

	if (!added)
		return mtr_error_nomem();
	parent = &calls->at[*call];
	*added = (struct mtr_call){
		.parent = *call,
		.depth = parent->depth + 1,
		.end = way->end,
		.signal = !!(pc & MTR_PC_EXACT),
	};
	*call = calls->n - 1;
	r->call_of[way->id[i]] = *call;
	/* what the kernel returned to begins there: nothing was called */
	return site_for(r, parent->signal ? pc | MTR_PC_EXACT : pc,
			&added->site);
}

/* *ret is 0 if the stack is not known. */
static struct mtr_error *stack_follow(struct reader *r, uint32_t id,
				      uint32_t *ret)
{
	struct way way;

	*ret = 0;
	if (id < MTR_NODE_FIRST || !way_find(r, id, &way))
		return NULL;
	*ret = way.call;
	while (way.n > 0)
		MTR_TRY(way_add(r, &way, --way.n, ret));
	return NULL;
}

static struct mtr_error *stack_add(struct reader *r, const struct mtr_block *b)
{
	struct mtr_stack_list *list = &r->stacks->list;
	struct mtr_stack *s = mtr_stack_list_push(list);

	if (!s)
		return mtr_error_nomem();
	*s = (struct mtr_stack){
		.id = b->stack,
		.caller = b->site,
		.owner = b->site,
	};
	r->stack_of[b->stack] = list->n - 1;
	MTR_TRY(stack_follow(r, b->stack, &s->call));
	r->stacks->lost += !s->call;
	return NULL;
}

/* Is @site one of @stack's frames, or may it be of those that are cut off? */
static bool stack_has(const struct reader *r, const struct mtr_stack *stack,
		      uint32_t site)
{
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	unsigned n = mtr_stack_sites(r->stacks, stack, sites);

	for (unsigned i = 0; i < n; i++)
		if (sites[i] == site)
			return true;
	return r->stacks->calls.at[stack->call].end != MTR_ROOT_COMPLETE;
}

/*
 * Is the stack that @b names proof that its trailer was not written over since
 * it was freed? If so, it is known from now on.
 */
static struct mtr_error *freed_check(struct reader *r,
				     const struct mtr_block *b, bool *ret)
{
	struct way way;

	*ret = false;
	if (b->stack < MTR_NODE_FIRST || b->stack >= r->nodes.n)
		return NULL;
	if (!r->stack_of[b->stack]) {
		if (!way_find(r, b->stack, &way))
			return NULL;
		MTR_TRY(stack_add(r, b));
	}
	*ret = stack_has(r, &r->stacks->list.at[r->stack_of[b->stack]],
			 b->site);
	return NULL;
}

/* Those whose stack is none were no blocks, when the process was stopped. */
static struct mtr_error *freed_sift(struct reader *r)
{
	struct mtr_blocks *freed = &r->heap->freed;
	size_t n = 0;

	for (size_t i = 0; i < freed->n; i++) {
		bool proved = true;

		if (freed->at[i].stack)
			MTR_TRY(freed_check(r, &freed->at[i], &proved));
		if (proved)
			freed->at[n++] = freed->at[i];
	}
	freed->n = n;
	return NULL;
}

static struct mtr_error *blocks_renumber(struct reader *r,
					 struct mtr_blocks *blocks)
{
	for (size_t i = 0; i < blocks->n; i++) {
		struct mtr_block *b = &blocks->at[i];

		if (!b->stack)
			continue;
		if (!r->stack_of[b->stack])
			MTR_TRY(stack_add(r, b));
		b->stack = r->stack_of[b->stack];
	}
	return NULL;
}

/* --------------------------------------------------------------- the whole */

static uint32_t largest_id(const struct mtr_blocks *blocks, uint32_t largest)
{
	for (size_t i = 0; i < blocks->n; i++)
		if (blocks->at[i].stack > largest)
			largest = blocks->at[i].stack;
	return largest;
}

static struct mtr_error *in_use_read(struct reader *r)
{
	size_t ids = largest_id(&r->heap->blocks, 0);

	ids = largest_id(&r->heap->freed, ids);
	if (!ids)
		return NULL;
	if (ids < r->nodes.n)
		ids = r->nodes.n;
	r->stack_of = calloc(ids + 1, sizeof(*r->stack_of));
	r->call_of = calloc(ids + 1, sizeof(*r->call_of));
	if (!r->stack_of || !r->call_of)
		return mtr_error_nomem();
	MTR_TRY(blocks_renumber(r, &r->heap->blocks));
	MTR_TRY(freed_sift(r));
	return blocks_renumber(r, &r->heap->freed);
}

static struct mtr_error *stacks_begin(struct reader *r)
{
	const struct mtr_addresses *sites = &r->heap->sites;
	struct mtr_stacks *s = r->stacks;

	if (!mtr_stack_list_push(&s->list) || !mtr_calls_push(&s->calls) ||
	    !mtr_addresses_reserve(&s->pcs, sites->n))
		return mtr_error_nomem();
	s->list.at[0] = (struct mtr_stack){ 0 };
	s->calls.at[0] = (struct mtr_call){ 0 };
	for (size_t i = 0; i < sites->n; i++) {
		uint32_t *site;
		bool added;

		s->pcs.at[s->pcs.n++] = sites->at[i];
		if (!sites->at[i])
			continue;
		site = mtr_pc_map_at(&r->sites, sites->at[i], &added);
		if (!site)
			return mtr_error_nomem();
		*site = i;
	}
	return NULL;
}

static struct mtr_error *stacks_read(struct reader *r)
{
	struct mtr_stacks *s = r->stacks;
	bool there;

	MTR_TRY(mtr_stacks_load(r->t, r->heap, s, &there));
	if (there)
		return NULL;
	MTR_TRY(stacks_begin(r));
	mtr_nodes_open(&r->nodes, r->t, &r->heap->descriptor);
	s->nodes = mtr_nodes_count(&r->nodes);
	MTR_TRY(in_use_read(r));
	if (s->lost)
		mtr_target_warn(r->t,
				"%" PRIu64 " of %zu call stacks are not known: "
				"what the record has of them is damaged, cut "
				"off, or not dumped",
				s->lost, s->list.n - 1);
	return NULL;
}

struct mtr_error *mtr_stacks_read(struct mtr_target *t, struct mtr_heap *heap,
				  struct mtr_stacks *ret)
{
	mtr_auto_free struct reader *r = calloc(1, sizeof(*r));
	struct mtr_error *error;

	*ret = (struct mtr_stacks){ 0 };
	if (!r)
		return mtr_error_nomem();
	r->t = t;
	r->heap = heap;
	r->stacks = ret;
	error = stacks_read(r);
	mtr_nodes_fini(&r->nodes);
	mtr_pc_map_fini(&r->sites);
	free(r->stack_of);
	free(r->call_of);
	if (error)
		mtr_stacks_fini(ret);
	return error;
}

void mtr_stacks_fini(struct mtr_stacks *s)
{
	mtr_stack_list_fini(&s->list);
	mtr_calls_fini(&s->calls);
	mtr_addresses_fini(&s->pcs);
	*s = (struct mtr_stacks){ 0 };
}
