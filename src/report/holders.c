/* SPDX-License-Identifier: MIT */
/*
 * See holders.h for the contract.
 */
#include "report/holders.h"

#include <string.h>

#include "base/map.h"

/* --------------------------------------------------------------- the places */

static uint64_t place_hash(const struct mtr_root_place *p)
{
	uint64_t hash = mtr_hash_number(p->start, p->kind);

	hash = mtr_hash_number((uintptr_t)p->thread, hash);
	return mtr_hash_number((uintptr_t)p->module, hash);
}

static bool place_is(const struct mtr_holder *h, const struct mtr_root_place *p)
{
	return h->place.kind == p->kind && h->place.start == p->start &&
	       h->place.thread == p->thread && h->place.module == p->module;
}

MTR_MAP(holder_map, struct mtr_holder, const struct mtr_root_place *,
	place_hash, place_is);

struct maker {
	const struct mtr_heap_view *s;
	const struct mtr_graph *g;
	const struct mtr_lost_list *lost;
	struct mtr_holders *ret;
	uint32_t *holder; /* of each of the graph's references */
};

static struct mtr_error *holder_name(struct mtr_holder *h)
{
	struct mtr_strbuf name = { 0 };

	mtr_root_place_name(&name, &h->place);
	h->name = name.failed ? NULL : strdup(mtr_strbuf_text(&name));
	mtr_strbuf_fini(&name);
	return h->name ? NULL : mtr_error_nomem();
}

static struct mtr_error *ref_place(struct maker *m, struct mtr_root_places *p,
				   struct holder_map *map, size_t i)
{
	struct mtr_root_place place;
	struct mtr_holder *h;
	bool is_new;

	MTR_TRY(mtr_root_places_find(p, &m->g->refs.at[i], &place));
	h = holder_map_put(map, &place, &is_new);
	if (!h)
		return mtr_error_nomem();
	h->place = place;
	m->holder[i] = h - map->at;
	return is_new ? holder_name(h) : NULL;
}

static struct mtr_error *find_places(struct maker *m)
{
	struct holder_map map = { 0 };
	struct mtr_root_places places;
	struct mtr_error *error;

	MTR_TRY(mtr_root_places_init(m->s, &m->g->roots, &places));
	error = NULL;
	for (size_t i = 0; i < m->g->refs.n && !error; i++)
		error = ref_place(m, &places, &map, i);
	mtr_root_places_fini(&places);
	MTR_MAP_TAKE(&m->ret->list, &map);
	return error;
}

/* ---------------------------------------------------------- what they point to
 */

struct order {
	const struct mtr_holder *holder;
	uint32_t before; /* its number */
};

static int compare(const void *a, const void *b)
{
	const struct order *x = a, *y = b;
	const struct mtr_root_place *p = &x->holder->place,
				    *q = &y->holder->place;

	if (p->kind != q->kind)
		return p->kind < q->kind ? -1 : 1;
	return x->before < y->before ? -1 : 1;
}

/* Put them in the order in which people would rather be told of them. */
static struct mtr_error *sort(struct maker *m)
{
	struct mtr_holder_list *v = &m->ret->list;
	mtr_auto_free struct order *order = calloc(v->n + 1, sizeof(*order));
	mtr_auto_free uint32_t *after = calloc(v->n + 1, sizeof(*after));
	struct mtr_holder_list sorted = { 0 };

	if (!order || !after || !mtr_holder_list_reserve(&sorted, v->n + 2))
		return mtr_error_nomem();
	for (size_t i = 0; i < v->n; i++)
		order[i] = (struct order){ &v->at[i], i };
	if (v->n)
		qsort(order, v->n, sizeof(*order), compare);
	for (size_t i = 0; i < v->n; i++) {
		after[order[i].before] = i;
		sorted.at[i] = *order[i].holder;
	}
	sorted.n = v->n;
	for (size_t i = 0; i < m->g->refs.n; i++)
		m->holder[i] = after[m->holder[i]];
	mtr_holder_list_fini(v);
	*v = sorted;
	return NULL;
}

static struct mtr_error *root_add(struct maker *m, const char *name)
{
	struct mtr_holder *h = mtr_holder_list_push(&m->ret->list);

	if (!h)
		return mtr_error_nomem();
	*h = (struct mtr_holder){ .name = strdup(name) };
	return h->name ? NULL : mtr_error_nomem();
}

static struct mtr_error *list_roots(struct maker *m)
{
	struct mtr_edges *e = &m->ret->roots;
	size_t n = m->ret->list.n;
	const struct mtr_refs *refs = &m->g->refs;

	e->first = calloc(n + 2, sizeof(*e->first));
	e->to = malloc((refs->n + m->lost->n + 1) * sizeof(*e->to));
	m->ret->refs = malloc((refs->n + 1) * sizeof(*m->ret->refs));
	if (!e->first || !e->to || !m->ret->refs)
		return mtr_error_nomem();
	for (size_t i = 0; i < refs->n; i++)
		e->first[m->holder[i] + 1]++;
	for (size_t i = 0; i < n; i++)
		e->first[i + 1] += e->first[i];
	for (size_t i = 0; i < refs->n; i++) {
		uint64_t edge = e->first[m->holder[i]]++;

		e->to[edge] = refs->at[i].block;
		m->ret->refs[edge] = i;
	}
	/* each has moved on to where the next one begins */
	for (size_t i = n; i > 0; i--)
		e->first[i] = e->first[i - 1];
	e->first[0] = 0;
	e->n = refs->n;
	for (size_t i = 0; i < m->lost->n; i++)
		if (mtr_lost_is_leader(&m->lost->at[i]))
			e->to[e->n++] = m->lost->at[i].block;
	e->first[n + 1] = e->n;
	return NULL;
}

/* ------------------------------------------------------------ who holds what
 */

static void enter(void *to, uint32_t node)
{
	struct mtr_holders *h = to;
	uint32_t up = h->tree.parent[node];

	if (node >= h->tree.blocks)
		return;
	if (up == MTR_NO_BLOCK)
		h->of[node] = h->list.n - 1;
	else if (up >= h->tree.blocks)
		h->of[node] = up - h->tree.blocks;
	else
		h->of[node] = h->of[up];
}

static void leave(void *to, uint32_t node)
{
	(void)to;
	(void)node;
}

static struct mtr_error *list(struct maker *m)
{
	mtr_auto_free uint32_t *holder =
		malloc((m->g->refs.n + 1) * sizeof(*holder));

	m->holder = holder;
	if (!holder)
		return mtr_error_nomem();
	MTR_TRY(find_places(m));
	MTR_TRY(sort(m));
	MTR_TRY(list_roots(m));
	return root_add(m, "(lost: nothing leads to it)");
}

static struct mtr_error *make(struct maker *m)
{
	const struct mtr_graph *g = m->g;

	MTR_TRY(list(m));
	m->ret->of = mtr_huge_alloc(g->index.n + 1, sizeof(*m->ret->of));
	if (!m->ret->of)
		return mtr_error_nomem();
	MTR_TRY(mtr_dominators_find(&g->edges, &g->index, &m->ret->roots,
				    m->ret->list.n, g->reached.seen,
				    &m->ret->tree));
	MTR_TRY(root_add(m, "(shared by several)"));
	return mtr_dominators_walk(&m->ret->tree, enter, leave, m->ret)
		       ? NULL
		       : mtr_error_nomem();
}

struct mtr_error *mtr_holders_make(const struct mtr_heap_view *s,
				   const struct mtr_graph *g,
				   const struct mtr_lost_list *lost,
				   struct mtr_holders *ret)
{
	struct maker m = { .s = s, .g = g, .lost = lost, .ret = ret };
	struct mtr_error *error;

	*ret = (struct mtr_holders){ 0 };
	error = make(&m);
	if (error)
		mtr_holders_fini(ret);
	return error;
}

struct mtr_error *mtr_holders_list(const struct mtr_heap_view *s,
				   const struct mtr_graph *g,
				   const struct mtr_lost_list *lost,
				   struct mtr_holders *ret)
{
	struct maker m = { .s = s, .g = g, .lost = lost, .ret = ret };
	struct mtr_error *error;

	*ret = (struct mtr_holders){ 0 };
	error = list(&m);
	if (error)
		mtr_holders_fini(ret);
	return error;
}

void mtr_holders_fini(struct mtr_holders *h)
{
	for (size_t i = 0; i < h->list.n; i++)
		free(h->list.at[i].name);
	mtr_holder_list_fini(&h->list);
	mtr_edges_fini(&h->roots);
	free(h->refs);
	mtr_dominators_fini(&h->tree);
	free(h->of);
	*h = (struct mtr_holders){ 0 };
}

/* ---------------------------------------------------------------- of groups */

struct retainer {
	const struct mtr_dominators *tree;
	const uint32_t *group;
	uint32_t *around; /* of each group: its blocks that the walk is below */
	uint64_t *ret;
};

static uint32_t group_of(const struct retainer *r, uint32_t node)
{
	return node < r->tree->blocks ? r->group[node] : MTR_NO_BLOCK;
}

/* What a block of the same group holds is counted with that one. */
static void group_enter(void *to, uint32_t node)
{
	struct retainer *r = to;
	uint32_t group = group_of(r, node);

	if (group != MTR_NO_BLOCK && !r->around[group]++)
		r->ret[group] += r->tree->retained[node].bytes;
}

static void group_leave(void *to, uint32_t node)
{
	struct retainer *r = to;
	uint32_t group = group_of(r, node);

	if (group != MTR_NO_BLOCK)
		r->around[group]--;
}

bool mtr_holders_retained(const struct mtr_holders *h, const uint32_t *group,
			  size_t n, uint64_t *ret)
{
	mtr_auto_free uint32_t *around = calloc(n + 1, sizeof(*around));
	struct retainer r = { &h->tree, group, around, ret };

	return around &&
	       mtr_dominators_walk(&h->tree, group_enter, group_leave, &r);
}
