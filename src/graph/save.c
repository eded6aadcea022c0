/* SPDX-License-Identifier: MIT */
/*
 * Writing it. See saved.h for the contract.
 */
#include "graph/saved.h"

#include "format/saved.h"

/* Of each block how many there are; then to which blocks, by how many further
 * on; then at which words, in each block upwards. */
static struct mtr_error *save_edges(const struct mtr_edges *e, size_t blocks,
				    struct mtr_save *save)
{
	enum { GUESS = 5 };
	struct mtr_pack p = { 0 };

	mtr_pack_reserve(&p, blocks + e->n * GUESS);
	mtr_pack_number(&p, blocks);
	mtr_pack_number(&p, e->n);
	for (size_t i = 0; i < blocks; i++)
		mtr_pack_number(&p, e->first[i + 1] - e->first[i]);
	for (size_t i = 0; i < blocks; i++)
		for (uint64_t j = e->first[i]; j < e->first[i + 1]; j++)
			mtr_pack_signed(&p, (int64_t)e->to[j] - (int64_t)i);
	for (size_t i = 0; i < blocks; i++) {
		uint32_t before = 0;

		for (uint64_t j = e->first[i]; j < e->first[i + 1]; j++) {
			mtr_pack_number(&p, e->words[j] - before);
			before = e->words[j];
		}
	}
	return mtr_save_pack(save, MTR_SAVED_EDGES, &p);
}

static void put_areas(const struct mtr_root_list *v, struct mtr_pack *p)
{
	uint64_t end = 0;

	mtr_pack_number(p, v->n);
	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_root_area *a = &v->at[i];

		mtr_pack_number(p, a->start - end);
		mtr_pack_number(p, a->end - a->start);
		mtr_pack_number(p, a->place);
		mtr_pack_number(p, a->thread);
		end = a->end;
	}
}

/* Those in registers first, with their threads. */
static void put_refs(const struct mtr_refs *v, struct mtr_pack *p)
{
	uint64_t before = 0;

	mtr_pack_number(p, v->n);
	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_ref *r = &v->at[i];

		mtr_pack_number(p, r->addr - before);
		if (!r->addr)
			mtr_pack_number(p, r->thread);
		mtr_pack_number(p, r->block);
		before = r->addr;
	}
}

static struct mtr_error *save_roots(const struct mtr_graph *g,
				    const struct mtr_strings *warnings,
				    struct mtr_save *save)
{
	struct mtr_pack p = { 0 };

	put_areas(&g->roots.list, &p);
	put_refs(&g->refs, &p);
	mtr_pack_number(&p, warnings->n);
	for (size_t i = 0; i < warnings->n; i++)
		mtr_pack_text(&p, warnings->at[i]);
	return mtr_save_pack(save, MTR_SAVED_ROOTS, &p);
}

static struct mtr_error *save_lost(const struct mtr_lost_list *v,
				   struct mtr_save *save)
{
	struct mtr_pack p = { 0 };
	uint32_t before = 0;
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += v->at[i].hint.kind != MTR_HINT_NONE;
	mtr_pack_number(&p, n);
	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_hint *h = &v->at[i].hint;

		if (h->kind == MTR_HINT_NONE)
			continue;
		mtr_pack_number(&p, v->at[i].block - before);
		mtr_pack_number(&p, h->kind);
		mtr_pack_number(&p, h->place);
		mtr_pack_number(&p, h->thread);
		mtr_pack_number(&p, (uint32_t)(h->block + 1));
		mtr_pack_number(&p, h->addr);
		before = v->at[i].block;
	}
	return mtr_save_pack(save, MTR_SAVED_LOST, &p);
}

struct mtr_error *mtr_graph_save(const struct mtr_graph *g,
				 const struct mtr_lost_list *lost,
				 const struct mtr_strings *warnings,
				 struct mtr_save *save)
{
	MTR_TRY(save_edges(&g->edges, g->index.n, save));
	MTR_TRY(save_roots(g, warnings, save));
	return save_lost(lost, save);
}

/* ----------------------------------------------------------------- regions */

struct mtr_error *mtr_regions_save(const struct mtr_regions *v,
				   struct mtr_save *save)
{
	struct mtr_pack p = { 0 };
	const char *name = NULL;
	uint64_t end = 0;

	mtr_pack_number(&p, v->n);
	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_region *r = &v->at[i];
		bool again = i && r->name == name;

		mtr_pack_number(&p, r->start - end);
		mtr_pack_number(&p, r->end - r->start);
		mtr_pack_number(&p, (unsigned)r->kind << 1 | again);
		mtr_pack_number(&p, r->number);
		if (!again)
			mtr_pack_text(&p, r->name);
		name = r->name;
		end = r->end;
	}
	return mtr_save_pack(save, MTR_SAVED_REGIONS, &p);
}
