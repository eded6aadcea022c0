/* SPDX-License-Identifier: MIT */
/*
 * Every mapping is cut where something known begins or ends in it. See
 * regions.h for the contract.
 *
 * Where several lay claim to an address, the first of this order has it: the
 * library's tables, stacks, modules' variables, the heap. Blocks come before
 * all but the first of these, but that is for who counts them.
 */
#include "graph/regions.h"

#include <string.h>

#include "graph/claims.h"
#include "graph/extents.h"
#include "graph/saved.h"

enum layer { TRACER, STACKS, DATA, HEAP, LAYERS };

struct finder {
	struct mtr_target *t;
	struct mtr_claims layers[LAYERS];
	struct mtr_regions *ret;
};

/* ------------------------------------------------------------ what is known */

static struct mtr_error *tracer_find(struct finder *f,
				     const struct mtr_heap *heap)
{
	const struct mtr_own_ranges *v = mtr_heap_own_ranges(heap);

	for (size_t i = 0; i < v->n; i++)
		MTR_TRY(mtr_claims_add(
			&f->layers[TRACER],
			&(struct mtr_claim){ .start = v->at[i].start,
					     .end = v->at[i].end,
					     .kind = MTR_REGION_TRACER,
					     .number = v->at[i].kind }));
	return NULL;
}

static struct mtr_error *heap_find(struct finder *f,
				   const struct mtr_heap *heap)
{
	mtr_cleanup(mtr_areas_fini) struct mtr_areas v = { 0 };

	MTR_TRY(mtr_extents_find(f->t, heap, &v));
	for (size_t i = 0; i < v.n; i++)
		MTR_TRY(mtr_claims_add(
			&f->layers[HEAP],
			&(struct mtr_claim){ .start = v.at[i].start,
					     .end = v.at[i].end,
					     .kind = MTR_REGION_HEAP }));
	return NULL;
}

static struct mtr_error *stacks_find(struct finder *f)
{
	const struct mtr_threads *v = NULL;

	MTR_TRY(mtr_target_threads(f->t, &v));
	if (!v->n)
		mtr_target_warn(f->t, "it does not tell of its threads: their "
				      "stacks are counted as other memory");
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i].bounded)
			MTR_TRY(mtr_claims_add(
				&f->layers[STACKS],
				&(struct mtr_claim){
					.start = v->at[i].stack_start,
					.end = v->at[i].stack_end,
					.kind = MTR_REGION_STACK,
					.number = v->at[i].tid }));
	return NULL;
}

/* -------------------------------------------------------------- the sweep */

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* What of the kernel's names means memory that no file has. */
static enum mtr_region_kind kind_of(const struct mtr_range *r)
{
	if (!r->path)
		return MTR_REGION_OTHER;
	if (begins(r->path, "[stack"))
		return MTR_REGION_STACK;
	if (*r->path == '[' || begins(r->path, "/dev/zero") ||
	    begins(r->path, "/memfd:") || begins(r->path, "/SYSV"))
		return MTR_REGION_OTHER;
	return MTR_REGION_FILE;
}

static struct mtr_error *region_add(struct mtr_regions *v,
				    const struct mtr_region *r)
{
	struct mtr_region *last = v->n ? &v->at[v->n - 1] : NULL, *slot;

	if (last && last->end == r->start && last->kind == r->kind &&
	    last->name == r->name && last->number == r->number) {
		last->end = r->end;
		return NULL;
	}
	slot = mtr_regions_push(v);
	if (!slot)
		return mtr_error_nomem();
	*slot = *r;
	return NULL;
}

static struct mtr_error *range_cut(struct finder *f, const struct mtr_range *r)
{
	for (uint64_t at = r->start, end; at < r->end; at = end) {
		struct mtr_region region = { .kind = kind_of(r),
					     .name = r->path };
		const struct mtr_claim *owner;
		size_t layer;

		end = r->end;
		owner = mtr_claims_at(f->layers, LAYERS, at, &end, &layer);
		if (owner)
			region = (struct mtr_region){ .kind = owner->kind,
						      .name = owner->name,
						      .number = owner->number };
		region.start = at;
		region.end = end;
		MTR_TRY(region_add(f->ret, &region));
	}
	return NULL;
}

static struct mtr_error *regions_find(struct finder *f,
				      const struct mtr_heap *heap)
{
	const struct mtr_ranges *v = mtr_target_ranges(f->t);

	MTR_TRY(tracer_find(f, heap));
	MTR_TRY(stacks_find(f));
	MTR_TRY(mtr_claims_add_data(&f->layers[DATA], f->t, MTR_REGION_DATA));
	MTR_TRY(heap_find(f, heap));
	for (int i = 0; i < LAYERS; i++)
		mtr_claims_sort(&f->layers[i]);
	for (size_t i = 0; i < v->n; i++)
		MTR_TRY(range_cut(f, &v->at[i]));
	return NULL;
}

struct mtr_error *mtr_regions_find(struct mtr_target *t,
				   const struct mtr_heap *heap,
				   struct mtr_regions *ret)
{
	struct finder f = { .t = t, .ret = ret };
	struct mtr_error *error;

	*ret = (struct mtr_regions){ 0 };
	error = mtr_target_kind(t) == MTR_TARGET_SNAPSHOT
			? mtr_regions_load(t, ret)
			: regions_find(&f, heap);
	for (int i = 0; i < LAYERS; i++)
		mtr_claim_list_fini(&f.layers[i].list);
	if (error)
		mtr_regions_fini(ret);
	return error;
}
