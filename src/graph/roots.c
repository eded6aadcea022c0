/* SPDX-License-Identifier: MIT */
/*
 * Every readable range is cut where something known begins or ends in it. See
 * roots.h for the contract.
 *
 * Where several lay claim to an address, the first of this order has it: the
 * library's tables, stacks, modules' variables, the heap; what is left is any
 * other memory.
 */
#include "graph/roots.h"

#include <string.h>

#include "graph/claims.h"
#include "graph/extents.h"
#include "graph/stacks.h"

enum layer { OWN, STACKS, DATA, HEAP, LAYERS };

struct finder {
	struct mtr_target *t;
	struct mtr_roots *ret;
	struct mtr_claims layers[LAYERS];
	struct mtr_areas heap;
};

/* ------------------------------------------------------------ what is known */

static struct mtr_error *own_find(struct finder *f, const struct mtr_heap *heap)
{
	const struct mtr_own_ranges *v = mtr_heap_own_ranges(heap);

	for (size_t i = 0; i < v->n; i++)
		MTR_TRY(mtr_claims_add(
			&f->layers[OWN],
			&(struct mtr_claim){ .start = v->at[i].start,
					     .end = v->at[i].end }));
	return NULL;
}

static struct mtr_error *heap_find(struct finder *f,
				   const struct mtr_heap *heap)
{
	MTR_TRY(mtr_extents_find(f->t, heap, &f->heap));
	for (size_t i = 0; i < f->heap.n; i++)
		MTR_TRY(mtr_claims_add(
			&f->layers[HEAP],
			&(struct mtr_claim){ .start = f->heap.at[i].start,
					     .end = f->heap.at[i].end,
					     .kind = MTR_PLACE_HEAP }));
	return NULL;
}

static struct mtr_error *stacks_find(struct finder *f)
{
	mtr_cleanup(mtr_root_list_fini) struct mtr_root_list v = { 0 };

	MTR_TRY(mtr_thread_stacks_find(f->t, f->ret->threads, &f->heap, &v));
	for (size_t i = 0; i < v.n; i++)
		MTR_TRY(mtr_claims_add(
			&f->layers[STACKS],
			&(struct mtr_claim){ .start = v.at[i].start,
					     .end = v.at[i].end,
					     .kind = v.at[i].place,
					     .number = v.at[i].thread }));
	return NULL;
}

/* -------------------------------------------------------------- the sweep */

static struct mtr_error *root_add(struct mtr_root_list *v,
				  const struct mtr_root_area *r)
{
	struct mtr_root_area *last = v->n ? &v->at[v->n - 1] : NULL, *slot;

	if (last && last->end == r->start && last->place == r->place &&
	    last->thread == r->thread) {
		last->end = r->end;
		return NULL;
	}
	slot = mtr_root_list_push(v);
	if (!slot)
		return mtr_error_nomem();
	*slot = *r;
	return NULL;
}

static struct mtr_error *range_cut(struct finder *f, const struct mtr_range *r,
				   bool all)
{
	for (uint64_t at = r->start, end; at < r->end; at = end) {
		struct mtr_root_area root = { .place = MTR_PLACE_MAPPING };
		const struct mtr_claim *owner;
		size_t layer = LAYERS;

		end = r->end;
		owner = mtr_claims_at(f->layers, LAYERS, at, &end, &layer);
		if (layer == OWN || (!owner && !all))
			continue;
		if (owner)
			root = (struct mtr_root_area){
				.place = (enum mtr_place)owner->kind,
				.thread = owner->number
			};
		root.start = at;
		root.end = end;
		MTR_TRY(root_add(&f->ret->list, &root));
	}
	return NULL;
}

/* Could it be anything but what is in a file? */
static bool is_scanned(const struct mtr_target *t, const struct mtr_range *r)
{
	return mtr_target_kind(t) != MTR_TARGET_LIVE || !r->path ||
	       *r->path == '[' || r->prot & MTR_PROT_WRITE;
}

/* Of a live process what it may not read itself can be read all the same. */
static bool is_there(const struct mtr_target *t, const struct mtr_range *r)
{
	return r->readable ||
	       (mtr_target_kind(t) == MTR_TARGET_LIVE && !r->path);
}

static struct mtr_error *roots_find(struct finder *f,
				    const struct mtr_heap *heap)
{
	const struct mtr_ranges *v = mtr_target_ranges(f->t);

	MTR_TRY(mtr_target_threads(f->t, &f->ret->threads));
	MTR_TRY(own_find(f, heap));
	MTR_TRY(heap_find(f, heap));
	MTR_TRY(mtr_claims_add_data(&f->layers[DATA], f->t, MTR_PLACE_DATA));
	MTR_TRY(stacks_find(f));
	for (int i = 0; i < LAYERS; i++)
		mtr_claims_sort(&f->layers[i]);
	for (size_t i = 0; i < v->n; i++)
		if (is_there(f->t, &v->at[i]))
			MTR_TRY(range_cut(f, &v->at[i],
					  is_scanned(f->t, &v->at[i])));
	return NULL;
}

struct mtr_error *mtr_roots_find(struct mtr_target *t,
				 const struct mtr_heap *heap,
				 struct mtr_roots *ret)
{
	struct finder f = { .t = t, .ret = ret };
	struct mtr_error *error;

	*ret = (struct mtr_roots){ 0 };
	error = roots_find(&f, heap);
	for (int i = 0; i < LAYERS; i++)
		mtr_claim_list_fini(&f.layers[i].list);
	mtr_areas_fini(&f.heap);
	if (error)
		mtr_roots_fini(ret);
	return error;
}

void mtr_roots_fini(struct mtr_roots *r)
{
	mtr_root_list_fini(&r->list);
	*r = (struct mtr_roots){ 0 };
}

const struct mtr_root_area *mtr_roots_at(const struct mtr_roots *r,
					 uint64_t addr)
{
	size_t low = 0, high = r->list.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct mtr_root_area *at = &r->list.at[middle];

		if (addr >= at->end)
			low = middle + 1;
		else if (addr < at->start)
			high = middle;
		else
			return at;
	}
	return NULL;
}
