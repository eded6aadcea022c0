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

#include "graph/extents.h"
#include "graph/stacks.h"

enum layer { OWN, STACKS, DATA, HEAP, LAYERS };

/* By address, and how far the sweep is in it. */
struct claims {
	struct mtr_root_list list;
	size_t at;
};

struct finder {
	struct mtr_target *t;
	struct mtr_roots *ret;
	struct claims layers[LAYERS];
};

static struct mtr_error *claim(struct claims *c,
			       const struct mtr_root_area *root)
{
	struct mtr_root_area *slot = mtr_root_list_push(&c->list);

	if (!slot)
		return mtr_error_nomem();
	*slot = *root;
	return NULL;
}

static struct mtr_error *
claim_areas(struct claims *c, const struct mtr_areas *v, enum mtr_place place)
{
	for (size_t i = 0; i < v->n; i++)
		MTR_TRY(claim(c,
			      &(struct mtr_root_area){ .start = v->at[i].start,
						       .end = v->at[i].end,
						       .place = place }));
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct mtr_root_area *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Of two that overlap the first one counts: the other loses its front. */
static void claims_sort(struct claims *c)
{
	struct mtr_root_list *v = &c->list;
	uint64_t end = 0;
	size_t n = 0;

	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_start);
	for (size_t i = 0; i < v->n; i++) {
		struct mtr_root_area r = v->at[i];

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

static struct mtr_error *own_find(struct finder *f, const struct mtr_heap *heap)
{
	const struct mtr_own_ranges *v = mtr_heap_own_ranges(heap);

	for (size_t i = 0; i < v->n; i++)
		MTR_TRY(claim(&f->layers[OWN],
			      &(struct mtr_root_area){ .start = v->at[i].start,
						       .end = v->at[i].end }));
	return NULL;
}

static struct mtr_error *heap_find(struct finder *f,
				   const struct mtr_heap *heap)
{
	struct mtr_areas heaps = { 0 };
	struct mtr_error *error = mtr_extents_find(f->t, heap, &heaps);

	if (!error)
		error = claim_areas(&f->layers[HEAP], &heaps, MTR_PLACE_HEAP);
	mtr_areas_fini(&heaps);
	return error;
}

/* A module is where a file is mapped from its beginning. */
static struct mtr_error *data_find(struct finder *f)
{
	enum { SEGMENTS = 8, PAGE = 4096 };
	const struct mtr_ranges *v = mtr_target_ranges(f->t);
	struct mtr_area s[SEGMENTS];

	for (size_t i = 0; i < v->n; i++) {
		size_t n = v->at[i].path && !v->at[i].offset
				   ? mtr_target_segments(f->t, v->at[i].start,
							 s, SEGMENTS)
				   : 0;

		for (size_t j = 0; j < n; j++) {
			/* the rest of the last page has nobody else's */
			if (s[j].end <= UINT64_MAX - PAGE)
				s[j].end = (s[j].end + PAGE - 1) & -PAGE;
			MTR_TRY(claim(&f->layers[DATA],
				      &(struct mtr_root_area){
					      .start = s[j].start,
					      .end = s[j].end,
					      .place = MTR_PLACE_DATA }));
		}
	}
	return NULL;
}

/* -------------------------------------------------------------- the sweep */

/*
 * Who of @c has @addr; NULL: nobody. *end moves to where that changes, if that
 * is before it. Asked with ascending addresses.
 */
static const struct mtr_root_area *claims_at(struct claims *c, uint64_t addr,
					     uint64_t *end)
{
	const struct mtr_root_area *r;
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
		const struct mtr_root_area *owner = NULL;
		enum layer layer = LAYERS;

		end = r->end;
		for (enum layer i = 0; i < LAYERS; i++) {
			const struct mtr_root_area *has =
				claims_at(&f->layers[i], at, &end);

			if (has && !owner) {
				owner = has;
				layer = i;
			}
		}
		if (layer == OWN || (!owner && !all))
			continue;
		if (owner)
			root = *owner;
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
	MTR_TRY(data_find(f));
	for (int i = 0; i < LAYERS; i++)
		claims_sort(&f->layers[i]);
	MTR_TRY(mtr_thread_stacks_find(f->t, f->ret->threads,
				       &f->layers[HEAP].list,
				       &f->layers[STACKS].list));
	claims_sort(&f->layers[STACKS]);
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
		mtr_root_list_fini(&f.layers[i].list);
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
