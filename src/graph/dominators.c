/* SPDX-License-Identifier: MIT */
/*
 * Dominators by semidominators, in nearly linear time (Lengauer and Tarjan, A
 * Fast Algorithm for Finding Dominators in a Flowgraph, 1979). What finds them
 * along the tree alone is faster for most heaps, and takes hours for a list
 * whose blocks point to what a table points to as well. See dominators.h for
 * the contract.
 *
 * From the depth-first search on a node is the number that it has there, the
 * top 0; a node's parent in that tree has a smaller one.
 */
#include "graph/dominators.h"

#include <string.h>

/*
 * How far ahead memory is asked for: in a large heap nearly each step of what
 * follows is a cache miss.
 */
enum { AHEAD = 8 };

/* Of a node: its number, 0: none; and how many edges lead to it. */
struct place {
	uint32_t number, edges;
};

/*
 * Of a number: one above it; between the two, itself included, the one with the
 * least semidominator, and this. The next one in its bucket, which has those of
 * one semidominator that wait for their dominator; 0: none.
 */
struct link {
	uint32_t up, least, semi, next;
};

struct finder {
	const struct mtr_edges *edges, *roots;
	const uint64_t *live; /* a bit a block; NULL: there are no others */
	size_t blocks, n_roots, nodes; /* .nodes: with the top */

	uint32_t n;	      /* numbers that were given out */
	struct place *places; /* of each node */
	uint32_t *node;	      /* of each number; of 0 none */
	uint32_t *parent;     /* from here on by number */
	uint32_t *semi;	  /* while it is searched: how many of the edges were
			   * followed */
	uint32_t *first;  /* where its predecessors begin, and one more */
	uint32_t *before; /* these */
	struct link *links;
	uint32_t *idom;
};

/* ------------------------------------------------------- depth-first search */

/* Where the edges of the node with number @i begin and end. Those of the top
 * lead to the roots, and are no list. */
static void edges_of(const struct finder *f, uint32_t i, uint64_t *from,
		     uint64_t *to)
{
	uint32_t node = f->node[i];

	if (!i) {
		*from = 0;
		*to = f->n_roots;
	} else if (node < f->blocks) {
		*from = f->edges->first[node];
		*to = f->edges->first[node + 1];
	} else {
		*from = f->roots->first[node - f->blocks];
		*to = f->roots->first[node - f->blocks + 1];
	}
}

static bool is_live(const struct finder *f, uint32_t block)
{
	return f->live[block / 64] >> block % 64 & 1;
}

/* Does the node with number @i hold nothing that is live? */
static bool is_lost(const struct finder *f, uint32_t i)
{
	return f->live && i && f->node[i] < f->blocks &&
	       !is_live(f, f->node[i]);
}

static uint32_t edge_to(const struct finder *f, uint32_t i, uint64_t at)
{
	if (!i)
		return (uint32_t)(f->blocks + at);
	return f->node[i] < f->blocks ? f->edges->to[at] : f->roots->to[at];
}

static void enter(struct finder *f, uint32_t node, uint32_t parent)
{
	f->node[f->n] = node;
	f->parent[f->n] = parent;
	f->semi[f->n] = 0;
	if (f->n)
		f->places[node].number = f->n;
	f->n++;
}

/* That of the first edges of @i, all at once. */
static void search_ahead(const struct finder *f, uint32_t i)
{
	uint64_t from, end;

	edges_of(f, i, &from, &end);
	end = end - from < AHEAD ? end : from + AHEAD;
	for (; from < end; from++) {
		uint32_t to = edge_to(f, i, from);

		__builtin_prefetch(&f->places[to]);
		if (to < f->blocks)
			__builtin_prefetch(&f->edges->first[to]);
	}
}

/* The way back is by the parents: there is no stack. */
static void search(struct finder *f)
{
	uint32_t at = 0;

	enter(f, MTR_NO_BLOCK, 0);
	for (;;) {
		bool lost = is_lost(f, at);
		uint64_t from, end;
		uint32_t to = 0;

		edges_of(f, at, &from, &end);
		for (from += f->semi[at]; from < end; from++) {
			f->semi[at]++;
			to = edge_to(f, at, from);
			if (lost && is_live(f, to))
				continue;
			f->places[to].edges++;
			if (!f->places[to].number)
				break;
		}
		if (from < end) {
			enter(f, to, at);
			at = f->n - 1;
			search_ahead(f, at);
		} else if (at) {
			at = f->parent[at];
		} else {
			return;
		}
	}
}

/* ------------------------------------------------------------ predecessors */

/* In three steps, each of which needs what the one before has asked for. */
static void edges_ahead(const struct finder *f, uint32_t i)
{
	uint32_t node = i + 3 * AHEAD < f->n ? f->node[i + 3 * AHEAD] : 0;

	if (node < f->blocks)
		__builtin_prefetch(&f->edges->first[node]);
	node = i + 2 * AHEAD < f->n ? f->node[i + 2 * AHEAD] : 0;
	if (node < f->blocks && f->edges->to)
		__builtin_prefetch(&f->edges->to[f->edges->first[node]]);
	if (i + AHEAD < f->n)
		search_ahead(f, i + AHEAD);
}

/* Where the predecessors of each number begin. */
static void first_set(struct finder *f)
{
	for (uint32_t i = 1; i < f->n; i++) {
		if (i + AHEAD < f->n)
			__builtin_prefetch(&f->places[f->node[i + AHEAD]]);
		f->first[i + 1] = f->first[i] + f->places[f->node[i]].edges;
	}
}

static struct mtr_error *predecessors(struct finder *f)
{
	f->first = mtr_huge_zeros(f->n + 1, sizeof(*f->first));
	if (!f->first)
		return mtr_error_nomem();
	first_set(f);
	f->before =
		mtr_huge_alloc((size_t)f->first[f->n] + 1, sizeof(*f->before));
	if (!f->before)
		return mtr_error_nomem();
	for (uint32_t i = 0; i < f->n; i++) {
		bool lost = is_lost(f, i);
		uint64_t at, end;

		edges_ahead(f, i);
		edges_of(f, i, &at, &end);
		for (; at < end; at++) {
			uint32_t to = edge_to(f, i, at);

			if (lost && is_live(f, to))
				continue;
			to = f->places[to].number;
			f->before[f->first[to]++] = i;
		}
	}
	/* each has moved on to where the next one begins */
	for (uint32_t i = f->n; i > 0; i--)
		f->first[i] = f->first[i - 1];
	f->first[0] = 0;
	return NULL;
}

/* -------------------------------------------------------------- dominators */

/*
 * The node with the least semidominator on the way from @i up to, and without,
 * those that are below @linked; half of the way is made short.
 */
static struct link *least(struct link *links, uint32_t i, uint32_t linked)
{
	struct link *at = &links[i], *best = at;

	while (at->up >= linked) {
		const struct link *up = &links[at->up];

		if (up->semi < at->semi) {
			at->semi = up->semi;
			at->least = up->least;
		}
		at->up = up->up;
		if (at->semi < best->semi)
			best = at;
		if (at->up < linked)
			break;
		at = &links[at->up];
		if (at->semi < best->semi)
			best = at;
	}
	return best;
}

/* Whose turn has not come yet stands for itself. */
static uint32_t semidominator(struct finder *f, uint32_t i)
{
	uint32_t semi = f->parent[i];

	for (uint32_t j = f->first[i]; j < f->first[i + 1]; j++) {
		uint32_t from = f->before[j];

		if (from > i)
			from = least(f->links, from, i + 1)->semi;
		if (from < semi)
			semi = from;
	}
	return semi;
}

/*
 * All whose semidominator is the parent of @i, and which are below @i, know
 * their dominator now: that one, or the one of a node between the two.
 */
static void bucket_empty(struct finder *f, uint32_t i)
{
	uint32_t parent = f->parent[i], next;

	for (uint32_t at = f->idom[parent]; at; at = next) {
		const struct link *between = least(f->links, at, i);

		next = f->links[at].next;
		f->idom[at] = between->semi < parent ? between->least : parent;
	}
	f->idom[parent] = 0;
}

/* Until its turn has come a number's .idom is the first one of its bucket. */
static struct mtr_error *dominators(struct finder *f)
{
	f->links = mtr_huge_alloc(f->n, sizeof(*f->links));
	f->idom = mtr_huge_zeros(f->n, sizeof(*f->idom));
	if (!f->links || !f->idom)
		return mtr_error_nomem();
	for (uint32_t i = 0; i < f->n; i++)
		f->links[i] = (struct link){ f->parent[i], i, i, 0 };
	for (uint32_t i = f->n - 1; i > 0; i--) {
		uint32_t semi = semidominator(f, i);

		f->semi[i] = f->links[i].semi = semi;
		f->links[i].next = f->idom[semi];
		f->idom[semi] = i;
		bucket_empty(f, i);
	}
	for (uint32_t i = 1; i < f->n; i++)
		if (f->idom[i] != f->semi[i])
			f->idom[i] = f->idom[f->idom[i]];
	return NULL;
}

/* ------------------------------------------------------------------ answer */

static void retained(struct finder *f, const struct mtr_index *x,
		     struct mtr_dominators *ret)
{
	for (uint32_t i = f->n - 1; i > 0; i--) {
		uint32_t node = f->node[i], up = f->idom[i];
		struct mtr_retained *r = &ret->retained[node];

		if (i > AHEAD) {
			__builtin_prefetch(&x->blocks[f->node[i - AHEAD]]);
			__builtin_prefetch(&ret->retained[f->node[i - AHEAD]]);
		}

		if (node < f->blocks) {
			r->blocks++;
			r->bytes += mtr_index_asked(&x->blocks[node]);
		}
		if (!up)
			continue;
		ret->parent[node] = f->node[up];
		ret->retained[f->node[up]].blocks += r->blocks;
		ret->retained[f->node[up]].bytes += r->bytes;
	}
}

static struct mtr_error *find(struct finder *f, const struct mtr_index *x,
			      struct mtr_dominators *ret)
{
	f->places = mtr_huge_zeros(f->nodes, sizeof(*f->places));
	f->node = mtr_huge_alloc(f->nodes, sizeof(*f->node));
	f->parent = mtr_huge_alloc(f->nodes, sizeof(*f->parent));
	f->semi = mtr_huge_alloc(f->nodes, sizeof(*f->semi));
	if (!f->places || !f->node || !f->parent || !f->semi)
		return mtr_error_nomem();
	search(f);
	MTR_TRY(predecessors(f));
	free(f->places);
	f->places = NULL;
	MTR_TRY(dominators(f));
	free(f->before);
	f->before = NULL;
	free(f->links);
	f->links = NULL;
	ret->parent = mtr_huge_alloc(f->nodes, sizeof(*ret->parent));
	ret->retained = mtr_huge_zeros(f->nodes, sizeof(*ret->retained));
	if (!ret->parent || !ret->retained)
		return mtr_error_nomem();
	for (size_t i = 0; i < f->nodes; i++)
		ret->parent[i] = MTR_NO_BLOCK;
	retained(f, x, ret);
	return NULL;
}

struct mtr_error *mtr_dominators_find(const struct mtr_edges *edges,
				      const struct mtr_index *x,
				      const struct mtr_edges *roots,
				      size_t n_roots, const uint64_t *live,
				      struct mtr_dominators *ret)
{
	struct finder f = { .edges = edges,
			    .roots = roots,
			    .live = live,
			    .blocks = x->n,
			    .n_roots = n_roots,
			    .nodes = x->n + n_roots + 1 };
	struct mtr_error *error;

	*ret = (struct mtr_dominators){ .blocks = x->n, .roots = n_roots };
	if (f.nodes >= MTR_NO_BLOCK ||
	    edges->n + roots->n + n_roots >= UINT32_MAX)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "it has more than 2^32 references");
	error = find(&f, x, ret);
	free(f.places);
	free(f.node);
	free(f.parent);
	free(f.first);
	free(f.before);
	free(f.semi);
	free(f.links);
	free(f.idom);
	if (error)
		mtr_dominators_fini(ret);
	return error;
}

/* ------------------------------------------------------------------ the tree
 */

/* Of each node, and of the top as the last one: those right below it. */
struct below {
	uint32_t *first, *next; /* MTR_NO_BLOCK: there are no more */
};

static uint32_t up_from(const struct mtr_dominators *d, uint32_t node)
{
	return d->parent[node] == MTR_NO_BLOCK ? d->blocks + d->roots
					       : d->parent[node];
}

static void walk(const struct mtr_dominators *d, const struct below *b,
		 void (*down)(void *to, uint32_t node),
		 void (*up)(void *to, uint32_t node), void *to)
{
	const uint32_t top = d->blocks + d->roots;
	uint32_t at = b->first[top];

	while (at != MTR_NO_BLOCK && at != top) {
		down(to, at);
		if (b->first[at] != MTR_NO_BLOCK) {
			at = b->first[at];
			continue;
		}
		up(to, at);
		while (b->next[at] == MTR_NO_BLOCK) {
			at = up_from(d, at);
			if (at == top)
				return;
			up(to, at);
		}
		at = b->next[at];
	}
}

bool mtr_dominators_walk(const struct mtr_dominators *d,
			 void (*down)(void *to, uint32_t node),
			 void (*up)(void *to, uint32_t node), void *to)
{
	const size_t nodes = d->blocks + d->roots + 1;
	mtr_auto_free uint32_t *first = mtr_huge_alloc(nodes, sizeof(*first));
	mtr_auto_free uint32_t *next = mtr_huge_alloc(nodes, sizeof(*next));

	if (!first || !next)
		return false;
	memset(first, 0xff, nodes * sizeof(*first));
	for (size_t i = nodes - 1; i-- > 0;) {
		uint32_t *list = &first[up_from(d, i)];

		next[i] = *list;
		*list = i;
	}
	walk(d, &(struct below){ first, next }, down, up, to);
	return true;
}

void mtr_dominators_fini(struct mtr_dominators *d)
{
	free(d->parent);
	free(d->retained);
	*d = (struct mtr_dominators){ 0 };
}
