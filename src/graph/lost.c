/* SPDX-License-Identifier: MIT */
/*
 * See lost.h for the contract.
 */
#include "graph/lost.h"

#include <string.h>

#include "graph/hints.h"

struct mtr_lost *mtr_lost_at(const struct mtr_lost_list *v, uint32_t block)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct mtr_lost *at = &v->at[middle];

		if (block > at->block)
			low = middle + 1;
		else if (block < at->block)
			high = middle;
		else
			return at;
	}
	return NULL;
}

/* In one allocation: there may be as many as blocks. */
static struct mtr_error *collect(const struct mtr_graph *g,
				 struct mtr_lost_list *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < g->index.n; i++)
		n += !mtr_flood_has(&g->reached, i);
	if (!mtr_lost_list_reserve(ret, n))
		return mtr_error_nomem();
	for (size_t i = 0; i < g->index.n; i++)
		if (!mtr_flood_has(&g->reached, i))
			ret->at[ret->n++] = (struct mtr_lost){
				.block = i,
				.leader = MTR_NO_BLOCK,
				.hint.block = MTR_NO_BLOCK,
			};
	return NULL;
}

static void seen_reset(const struct mtr_graph *g, struct mtr_flood *f)
{
	memcpy(f->seen, g->reached.seen,
	       (g->index.n / 64 + 1) * sizeof(*f->seen));
}

/*
 * In the order of addresses whatever was not reached before leads; but what one
 * that came later reaches does not. So once more from these alone, in reverse:
 * a leader that is reached before its turn is none. Both rounds follow each
 * edge once.
 *
 * A leader is on a cycle just if its own flood comes back to it: had another
 * flood reached what leads back, it would have reached the leader.
 */
static struct mtr_error *leaders(const struct mtr_graph *g,
				 struct mtr_lost_list *v)
{
	mtr_cleanup(mtr_flood_fini) struct mtr_flood f = { 0 };

	MTR_TRY(mtr_flood_create(&g->edges, g->index.n, &f));
	seen_reset(g, &f);
	f.source = MTR_NO_BLOCK;
	for (size_t i = 0; i < v->n; i++) {
		if (mtr_flood_has(&f, v->at[i].block))
			continue;
		v->at[i].leader = v->at[i].block;
		mtr_flood_add(&f, v->at[i].block);
		mtr_flood_run(&f);
	}
	seen_reset(g, &f);
	f.owner = malloc((g->index.n + 1) * sizeof(*f.owner));
	if (!f.owner)
		return mtr_error_nomem();
	for (size_t i = v->n; i-- > 0;) {
		struct mtr_lost *l = &v->at[i];

		if (l->leader != l->block || mtr_flood_has(&f, l->block))
			continue;
		f.source = l->block;
		f.returned = false;
		mtr_flood_add(&f, l->block);
		mtr_flood_run(&f);
		l->cycle = f.returned;
	}
	for (size_t i = 0; i < v->n; i++)
		v->at[i].leader = f.owner[v->at[i].block];
	return NULL;
}

struct mtr_error *mtr_lost_find(const struct mtr_graph *g, bool hints,
				struct mtr_lost_list *ret)
{
	struct mtr_error *error;

	*ret = (struct mtr_lost_list){ 0 };
	error = collect(g, ret);
	if (!error && ret->n)
		error = leaders(g, ret);
	if (!error && ret->n && hints)
		error = mtr_hints_find(g, ret);
	if (error)
		mtr_lost_list_fini(ret);
	return error;
}
