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

#include "graph/extents.h"
#include "graph/saved.h"

enum layer { TRACER, STACKS, DATA, HEAP, LAYERS };

/* By address, and how far the sweep is in it. */
struct claims {
	struct mtr_regions list;
	size_t at;
};

struct finder {
	struct mtr_target *t;
	struct claims layers[LAYERS];
	struct mtr_regions *ret;
};

static struct mtr_error *claim(struct claims *c,
			       const struct mtr_region *region)
{
	struct mtr_region *slot;

	if (region->start >= region->end)
		return NULL;
	slot = mtr_regions_push(&c->list);
	if (!slot)
		return mtr_error_nomem();
	*slot = *region;
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct mtr_region *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Of two that overlap the first one counts: the other loses its front. */
static void claims_sort(struct claims *c)
{
	struct mtr_regions *v = &c->list;
	uint64_t end = 0;
	size_t n = 0;

	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_start);
	for (size_t i = 0; i < v->n; i++) {
		struct mtr_region r = v->at[i];

		if (r.start < end)
			r.start = end;
		if (r.start >= r.end)
			continue;
		end = r.end;
		v->at[n++] = r;
	}
	v->n = n;
}

/* ------------------------------------------------------------ what is known */

static struct mtr_error *tracer_find(struct finder *f,
				     const struct mtr_heap *heap)
{
	const struct mtr_own_ranges *v = mtr_heap_own_ranges(heap);

	for (size_t i = 0; i < v->n; i++)
		MTR_TRY(claim(&f->layers[TRACER],
			      &(struct mtr_region){ .start = v->at[i].start,
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
		MTR_TRY(claim(&f->layers[HEAP],
			      &(struct mtr_region){ .start = v.at[i].start,
						    .end = v.at[i].end,
						    .kind = MTR_REGION_HEAP }));
	return NULL;
}

/* What the segment shares its first and last page with is the loader's. */
static struct mtr_region whole_pages(const struct mtr_area *a, const char *name)
{
	enum { PAGE = 4096 };
	struct mtr_region r = {
		.start = a->start & -(uint64_t)PAGE,
		.end = a->end,
		.kind = MTR_REGION_DATA,
		.name = name,
	};

	if (r.end <= UINT64_MAX - PAGE)
		r.end = (r.end + PAGE - 1) & -(uint64_t)PAGE;
	return r;
}

/* A module is where a file is mapped from its beginning. */
static struct mtr_error *data_find(struct finder *f)
{
	enum { SEGMENTS = 8 };
	const struct mtr_ranges *v = mtr_target_ranges(f->t);
	struct mtr_area s[SEGMENTS];

	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_range *r = &v->at[i];
		size_t n = r->path && !r->offset
				   ? mtr_target_segments(f->t, r->start, s,
							 SEGMENTS)
				   : 0;

		for (size_t j = 0; j < n; j++) {
			struct mtr_region data = whole_pages(&s[j], r->path);

			MTR_TRY(claim(&f->layers[DATA], &data));
		}
	}
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
			MTR_TRY(claim(&f->layers[STACKS],
				      &(struct mtr_region){
					      .start = v->at[i].stack_start,
					      .end = v->at[i].stack_end,
					      .kind = MTR_REGION_STACK,
					      .number = v->at[i].tid }));
	return NULL;
}

/* -------------------------------------------------------------- the sweep */

/* See claims_at of roots.c: who has @addr, and where that changes. */
static const struct mtr_region *claims_at(struct claims *c, uint64_t addr,
					  uint64_t *end)
{
	const struct mtr_region *r;
	uint64_t change;

	while (c->at < c->list.n && c->list.at[c->at].end <= addr)
		c->at++;
	if (c->at == c->list.n)
		return NULL;
	r = &c->list.at[c->at];
	change = r->start <= addr ? r->end : r->start;
	if (change < *end)
		*end = change;
	return r->start <= addr ? r : NULL;
}

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
		const struct mtr_region *owner = NULL;

		end = r->end;
		for (int i = 0; i < LAYERS; i++) {
			const struct mtr_region *has =
				claims_at(&f->layers[i], at, &end);

			if (has && !owner)
				owner = has;
		}
		if (owner)
			region = *owner;
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
	MTR_TRY(data_find(f));
	MTR_TRY(heap_find(f, heap));
	for (int i = 0; i < LAYERS; i++)
		claims_sort(&f->layers[i]);
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
		mtr_regions_fini(&f.layers[i].list);
	if (error)
		mtr_regions_fini(ret);
	return error;
}
