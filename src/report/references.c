/* SPDX-License-Identifier: MIT */
/*
 * See references.h for the contract.
 */
#include "report/references.h"

#include "graph/path.h"

struct finder {
	const struct mtr_heap_view *s;
	const struct mtr_graph *g;
	const struct mtr_lost_list *lost;
	const struct mtr_subject *subject;
	uint32_t block; /* that of .subject */
	size_t top;
	struct mtr_root_places places;
	struct mtr_references *ret;
};

/* ------------------------------------------------------------- one reference
 */

static struct mtr_error *add(struct mtr_reference_list *v,
			     const struct mtr_reference *r)
{
	struct mtr_reference *slot = mtr_reference_list_push(v);

	if (!slot)
		return mtr_error_nomem();
	*slot = *r;
	return NULL;
}

static struct mtr_error *add_root(struct finder *f,
				  struct mtr_reference_list *v,
				  const struct mtr_ref *ref)
{
	struct mtr_reference r = { .block = MTR_NO_BLOCK, .addr = ref->addr };

	MTR_TRY(mtr_root_places_find(&f->places, ref, &r.place));
	if (r.place.start)
		r.offset = r.addr - r.place.start;
	return add(v, &r);
}

/* @edge: of @block; UINT64_MAX: none. */
static struct mtr_error *add_block(struct finder *f,
				   struct mtr_reference_list *v, uint32_t block,
				   uint64_t edge)
{
	const struct mtr_block *b = &f->s->heap.blocks.at[block];
	struct mtr_reference r = { .block = block };

	if (edge != UINT64_MAX) {
		uint32_t word = f->g->edges.words[edge];

		r.offset = word == MTR_EDGE_FAR ? MTR_FAR
						: word * sizeof(uint64_t);
		r.addr = r.offset == MTR_FAR ? 0 : b->addr + r.offset;
	}
	MTR_TRY(mtr_heap_view_type_of(f->s, b, &r.type));
	return add(v, &r);
}

/* ------------------------------------------------------------------ the path
 */

/*
 * Of ways that are as short, one from a variable says more than one from the
 * stack.
 */
static unsigned rank(const struct finder *f, const struct mtr_ref *ref)
{
	const struct mtr_root_area *area =
		ref->addr ? mtr_roots_at(&f->g->roots, ref->addr) : NULL;

	return !area				  ? 3
	       : area->place == MTR_PLACE_DATA	  ? 0
	       : area->place == MTR_PLACE_MAPPING ? 1
						  : 2;
}

enum { RANKS = 4 };

/* All references of roots, the best ones first, as those of one root. */
static struct mtr_error *roots_list(const struct finder *f,
				    struct mtr_edges *ret, uint32_t *refs)
{
	const struct mtr_refs *v = &f->g->refs;

	ret->first = calloc(2, sizeof(*ret->first));
	ret->to = malloc((v->n + 1) * sizeof(*ret->to));
	if (!ret->first || !ret->to)
		return mtr_error_nomem();
	for (unsigned r = 0; r < RANKS; r++)
		for (size_t i = 0; i < v->n; i++)
			if (rank(f, &v->at[i]) == r) {
				refs[ret->n] = i;
				ret->to[ret->n++] = v->at[i].block;
			}
	ret->first[1] = ret->n;
	return NULL;
}

static uint64_t edge_between(const struct mtr_edges *e, uint32_t from,
			     uint32_t to)
{
	for (uint64_t i = e->first[from]; i < e->first[from + 1]; i++)
		if (e->to[i] == to)
			return i;
	return UINT64_MAX;
}

static struct mtr_error *path_list(struct finder *f, const struct mtr_path *p,
				   const struct mtr_edges *roots,
				   const uint32_t *refs)
{
	size_t first = 0;

	if (p->root == MTR_NO_BLOCK)
		return NULL;
	while (roots->to[first] != p->steps.at[0])
		first++;
	MTR_TRY(add_root(f, &f->ret->path, &f->g->refs.at[refs[first]]));
	for (size_t i = 0; i < p->steps.n; i++)
		MTR_TRY(add_block(f, &f->ret->path, p->steps.at[i],
				  i + 1 < p->steps.n
					  ? edge_between(&f->g->edges,
							 p->steps.at[i],
							 p->steps.at[i + 1])
					  : UINT64_MAX));
	return NULL;
}

static struct mtr_error *find_path(struct finder *f)
{
	mtr_auto_free uint32_t *refs =
		malloc((f->g->refs.n + 1) * sizeof(*refs));
	mtr_cleanup(mtr_edges_fini) struct mtr_edges roots = { 0 };
	mtr_cleanup(mtr_path_fini) struct mtr_path path = { 0 };

	if (!refs)
		return mtr_error_nomem();
	MTR_TRY(roots_list(f, &roots, refs));
	MTR_TRY(mtr_path_find(&f->g->edges, f->g->index.n, &roots, 1, f->block,
			      &path));
	return path_list(f, &path, &roots, refs);
}

/* ------------------------------------------------- what refers to what */

static bool is_wanted(const struct finder *f, size_t *n)
{
	return ++*n <= f->top || !f->top;
}

static struct mtr_error *find_referrers(struct finder *f)
{
	struct mtr_references *ret = f->ret;
	const struct mtr_edges *e = &f->g->edges;

	for (size_t i = 0; i < f->g->refs.n; i++)
		if (f->g->refs.at[i].block == f->block &&
		    is_wanted(f, &ret->n_referrers))
			MTR_TRY(add_root(f, &ret->referrers,
					 &f->g->refs.at[i]));
	for (size_t block = 0; block < f->g->index.n; block++)
		for (uint64_t i = e->first[block]; i < e->first[block + 1]; i++)
			if (e->to[i] == f->block &&
			    is_wanted(f, &ret->n_referrers))
				MTR_TRY(add_block(f, &ret->referrers, block,
						  i));
	return NULL;
}

/* @offset: of the asking one's word. */
static struct mtr_error *add_referent(struct finder *f, uint32_t block,
				      uint64_t offset)
{
	struct mtr_reference_list *v = &f->ret->referents;

	if (!is_wanted(f, &f->ret->n_referents))
		return NULL;
	MTR_TRY(add_block(f, v, block, UINT64_MAX));
	v->at[v->n - 1].offset = offset;
	return NULL;
}

static bool is_subject(const struct finder *f, const struct mtr_ref *ref)
{
	return f->block == MTR_NO_BLOCK && ref->addr >= f->subject->start &&
	       ref->addr < f->subject->end;
}

static struct mtr_error *find_referents(struct finder *f)
{
	const struct mtr_edges *e = &f->g->edges;
	const struct mtr_refs *refs = &f->g->refs;

	for (size_t i = 0; f->block == MTR_NO_BLOCK && i < refs->n; i++)
		if (is_subject(f, &refs->at[i]))
			MTR_TRY(add_referent(f, refs->at[i].block,
					     refs->at[i].addr -
						     f->subject->start));
	if (f->block == MTR_NO_BLOCK)
		return NULL;
	for (uint64_t i = e->first[f->block]; i < e->first[f->block + 1]; i++) {
		uint64_t word = e->words[i];

		MTR_TRY(add_referent(f, e->to[i],
				     word == MTR_EDGE_FAR
					     ? MTR_FAR
					     : word * sizeof(uint64_t)));
	}
	return NULL;
}

/* ------------------------------------------------------- what it retains */

/* What is lost holds nothing that is live. */
static void add_lost(const struct finder *f, struct mtr_flood *flood)
{
	for (size_t i = 0; i < f->lost->n; i++)
		if (mtr_lost_is_leader(&f->lost->at[i]))
			mtr_flood_add(flood, f->lost->at[i].block);
}

/* What is reached, by roots or else by what is lost, but not without it. */
static struct mtr_error *find_retained(struct finder *f)
{
	mtr_cleanup(mtr_flood_fini) struct mtr_flood flood = { 0 };
	const struct mtr_graph *g = f->g;

	MTR_TRY(mtr_flood_create(&g->edges, g->index.n, &flood));
	flood.source = MTR_NO_BLOCK;
	if (f->block != MTR_NO_BLOCK)
		flood.seen[f->block / 64] |= UINT64_C(1) << f->block % 64;
	for (size_t i = 0; i < g->refs.n; i++)
		if (!is_subject(f, &g->refs.at[i]))
			mtr_flood_add(&flood, g->refs.at[i].block);
	if (f->ret->lost)
		add_lost(f, &flood);
	mtr_flood_run(&flood);
	for (size_t i = 0; i < g->index.n; i++)
		if (i == f->block ||
		    (!mtr_flood_has(&flood, i) &&
		     mtr_flood_has(&g->reached, i) == !f->ret->lost)) {
			f->ret->retained.blocks++;
			f->ret->retained.bytes +=
				mtr_index_asked(&g->index.blocks[i]);
		}
	return NULL;
}

/* -------------------------------------------------------------- the whole */

static struct mtr_error *find(struct finder *f)
{
	MTR_TRY(mtr_root_places_init(f->s, &f->g->roots, &f->places));
	if (f->block != MTR_NO_BLOCK) {
		f->ret->lost = mtr_lost_at(f->lost, f->block);
		MTR_TRY(find_path(f));
		MTR_TRY(find_referrers(f));
	}
	MTR_TRY(find_referents(f));
	return find_retained(f);
}

struct mtr_error *mtr_references_find(const struct mtr_heap_view *s,
				      const struct mtr_graph *g,
				      const struct mtr_lost_list *lost,
				      const struct mtr_subject *subject,
				      size_t top, struct mtr_references *ret)
{
	struct finder f = { .s = s,
			    .g = g,
			    .lost = lost,
			    .subject = subject,
			    .block = subject->block,
			    .top = top,
			    .ret = ret };
	struct mtr_error *error;

	*ret = (struct mtr_references){ 0 };
	error = find(&f);
	mtr_root_places_fini(&f.places);
	if (error)
		mtr_references_fini(ret);
	return error;
}

void mtr_reference_name(struct mtr_strbuf *b, const struct mtr_reference *r)
{
	const struct mtr_root_place *p = &r->place;

	if (!r->addr) {
		mtr_strbuf_add(b, "register");
		mtr_root_thread_name(b, p->thread);
		return;
	}
	mtr_strbuf_add(b, p->kind == MTR_AT_GLOBAL ? "global "
			  : p->kind == MTR_AT_OWN  ? "thread-local "
						   : "");
	mtr_root_place_name(b, p);
	if (p->module)
		mtr_strbuf_printf(b, " [%s]", p->module->name);
}

void mtr_references_fini(struct mtr_references *r)
{
	mtr_reference_list_fini(&r->path);
	mtr_reference_list_fini(&r->referrers);
	mtr_reference_list_fini(&r->referents);
	*r = (struct mtr_references){ 0 };
}
