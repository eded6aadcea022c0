/* SPDX-License-Identifier: MIT */
/*
 * Reading it. See saved.h for the contract.
 */
#include "graph/saved.h"

#include "format/saved.h"

/* ------------------------------------------------------------------- edges */

static void take_counts(struct mtr_packed *c, size_t blocks, uint64_t n,
			struct mtr_edges *e)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < blocks; i++) {
		sum += mtr_packed_below(c, n - sum + 1);
		e->first[i + 1] = sum;
	}
	c->bad |= sum != n;
}

static void take_targets(struct mtr_packed *c, size_t blocks,
			 struct mtr_edges *e)
{
	for (size_t i = 0; i < blocks; i++)
		for (uint64_t j = e->first[i]; j < e->first[i + 1]; j++) {
			uint64_t to = i + (uint64_t)mtr_packed_signed(c);

			c->bad |= to >= blocks;
			e->to[j] = (uint32_t)to;
		}
}

static void take_words(struct mtr_packed *c, size_t blocks, struct mtr_edges *e)
{
	for (size_t i = 0; i < blocks; i++) {
		uint32_t word = 0;

		for (uint64_t j = e->first[i]; j < e->first[i + 1]; j++) {
			word += (uint32_t)mtr_packed_below(
				c, (uint64_t)(MTR_EDGE_FAR - word) + 1);
			e->words[j] = word;
		}
	}
}

static struct mtr_error *load_edges(struct mtr_graph *g, bool places)
{
	struct mtr_edges *e = &g->edges;
	size_t bytes, blocks = g->index.n;
	struct mtr_packed c;
	const void *at;
	uint64_t n;

	MTR_TRY(mtr_target_part(g->target, MTR_SAVED_EDGES, &at, &bytes));
	c = mtr_packed_begin(at, bytes);
	if (mtr_packed_number(&c) != blocks)
		return mtr_part_senseless(MTR_SAVED_EDGES);
	n = mtr_packed_number(&c);
	if (n > bytes)
		return mtr_part_senseless(MTR_SAVED_EDGES);
	e->first = mtr_huge_zeros(blocks + 1, sizeof(*e->first));
	e->to = mtr_huge_alloc(n + 1, sizeof(*e->to));
	e->words = places ? malloc((n + 1) * sizeof(*e->words)) : NULL;
	if (!e->first || !e->to || (places && !e->words))
		return mtr_error_nomem();
	e->n = n;
	e->room = n + 1;
	e->words_room = places ? n + 1 : 0;
	take_counts(&c, blocks, n, e);
	if (!c.bad)
		take_targets(&c, blocks, e);
	if (!c.bad && places)
		take_words(&c, blocks, e);
	return c.bad ? mtr_part_senseless(MTR_SAVED_EDGES) : NULL;
}

/* ------------------------------------------------------------------- roots */

static uint64_t take_thread(struct mtr_packed *c, const struct mtr_roots *r)
{
	return mtr_packed_below(c, r->threads->n ? r->threads->n : 1);
}

/* In memory: registers lie nowhere. */
static enum mtr_place take_place(struct mtr_packed *c)
{
	enum mtr_place place = mtr_packed_below(c, MTR_PLACE_HEAP + 1);

	c->bad |= place == MTR_PLACE_REGISTERS;
	return place;
}

static struct mtr_error *take_areas(struct mtr_packed *c, struct mtr_roots *r)
{
	size_t n = mtr_packed_count(c, 4);
	uint64_t end = 0;

	if (!mtr_root_list_reserve(&r->list, n))
		return mtr_error_nomem();
	for (size_t i = 0; i < n; i++) {
		struct mtr_root_area *a = &r->list.at[r->list.n];

		a->start = end + mtr_packed_number(c);
		a->end = a->start + mtr_packed_number(c);
		a->place = take_place(c);
		a->thread = (uint32_t)take_thread(c, r);
		if (c->bad || a->start < end || a->end <= a->start)
			return mtr_part_senseless(MTR_SAVED_ROOTS);
		end = a->end;
		r->list.n++;
	}
	return NULL;
}

static struct mtr_error *take_refs(struct mtr_packed *c, struct mtr_graph *g)
{
	size_t n = mtr_packed_count(c, 2);
	uint64_t addr = 0;

	if (!mtr_refs_reserve(&g->refs, n))
		return mtr_error_nomem();
	for (size_t i = 0; i < n; i++) {
		struct mtr_ref *r = &g->refs.at[g->refs.n];
		uint64_t step = mtr_packed_number(c);

		if (step > UINT64_MAX - addr)
			return mtr_part_senseless(MTR_SAVED_ROOTS);
		addr += step;
		*r = (struct mtr_ref){ .addr = addr };
		if (!addr) {
			/* registers are a thread's */
			c->bad |= !g->roots.threads->n;
			r->thread = (uint32_t)take_thread(c, &g->roots);
		}
		r->block = (uint32_t)mtr_packed_below(c, g->index.n);
		if (c->bad)
			return mtr_part_senseless(MTR_SAVED_ROOTS);
		g->refs.n++;
	}
	return NULL;
}

static struct mtr_error *load_roots(struct mtr_graph *g)
{
	struct mtr_packed c;
	const void *at;
	size_t bytes, n;

	MTR_TRY(mtr_target_part(g->target, MTR_SAVED_ROOTS, &at, &bytes));
	MTR_TRY(mtr_target_threads(g->target, &g->roots.threads));
	c = mtr_packed_begin(at, bytes);
	MTR_TRY(take_areas(&c, &g->roots));
	MTR_TRY(take_refs(&c, g));
	for (n = mtr_packed_count(&c, 2); n; n--) {
		const char *text = mtr_packed_text(&c);

		if (text)
			mtr_target_warn(g->target, "%s", text);
	}
	return c.bad ? mtr_part_senseless(MTR_SAVED_ROOTS) : NULL;
}

struct mtr_error *mtr_graph_load(struct mtr_graph *g, bool places)
{
	const void *at;
	size_t bytes;

	MTR_TRY(mtr_target_part(g->target, MTR_SAVED_EDGES, &at, &bytes));
	if (!at)
		return mtr_error_coded(
			MTR_ERROR_UNSUPPORTED,
			"the snapshot does not say who holds its blocks: it "
			"was "
			"written with --no-graph, or by the process itself");
	MTR_TRY(load_edges(g, places));
	return load_roots(g);
}

/* ------------------------------------------------------------------- hints */

struct mtr_error *mtr_hints_load(const struct mtr_graph *g,
				 struct mtr_lost_list *v)
{
	struct mtr_packed c;
	const void *at;
	size_t bytes, n;
	uint64_t block = 0;

	MTR_TRY(mtr_target_part(g->target, MTR_SAVED_LOST, &at, &bytes));
	c = mtr_packed_begin(at, bytes);
	n = at ? mtr_packed_count(&c, 6) : 0;
	for (size_t i = 0; i < n; i++) {
		struct mtr_hint h;
		struct mtr_lost *l;
		uint64_t around;

		block += mtr_packed_below(&c, g->index.n);
		h.kind = mtr_packed_below(&c, MTR_HINT_TAGGED + 1);
		h.place = take_place(&c);
		h.thread = (uint32_t)take_thread(&c, &g->roots);
		around = mtr_packed_below(&c, g->index.n + 1);
		h.block = around ? (uint32_t)around - 1 : MTR_NO_BLOCK;
		h.addr = mtr_packed_number(&c);
		if (c.bad || block >= g->index.n)
			return mtr_part_senseless(MTR_SAVED_LOST);
		l = mtr_lost_at(v, (uint32_t)block);
		if (l)
			l->hint = h;
	}
	return c.bad ? mtr_part_senseless(MTR_SAVED_LOST) : NULL;
}

/* ----------------------------------------------------------------- regions */

struct mtr_error *mtr_regions_load(struct mtr_target *t,
				   struct mtr_regions *ret)
{
	struct mtr_region r = { 0 };
	struct mtr_packed c;
	const void *at;
	size_t bytes, n;

	MTR_TRY(mtr_target_part(t, MTR_SAVED_REGIONS, &at, &bytes));
	c = mtr_packed_begin(at, bytes);
	n = at ? mtr_packed_count(&c, 4) : 0;
	if (!mtr_regions_reserve(ret, n))
		return mtr_error_nomem();
	for (size_t i = 0; i < n; i++) {
		uint64_t end = r.end, kind;

		r.start = end + mtr_packed_number(&c);
		r.end = r.start + mtr_packed_number(&c);
		kind = mtr_packed_below(&c, (MTR_REGION_OTHER + 1) << 1);
		r.kind = kind >> 1;
		r.number = (uint32_t)mtr_packed_number(&c);
		if (!(kind & 1))
			r.name = mtr_packed_text(&c);
		if (c.bad || r.start < end || r.end <= r.start)
			return mtr_part_senseless(MTR_SAVED_REGIONS);
		ret->at[ret->n++] = r;
	}
	return c.bad ? mtr_part_senseless(MTR_SAVED_REGIONS) : NULL;
}
