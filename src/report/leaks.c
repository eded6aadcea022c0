/* SPDX-License-Identifier: MIT */
/*
 * See leaks.h for the contract.
 */
#include "report/leaks.h"

#include <inttypes.h>
#include <string.h>

/* What is kept of each cell: see report/tally.h. */
struct cell {
	uint32_t group[2]; /* 1 + that of its definite, of its indirect ones */
	bool judged;
	struct mtr_suppression *suppression;
};

struct maker {
	const struct mtr_heap_view *s;
	struct mtr_suppressions *suppressions;
	const struct mtr_filter *filter;
	struct mtr_leaks *ret;
	struct cell *cells; /* of sites, then of stacks */
};

static const struct mtr_block *block_at(const struct maker *m, uint32_t i)
{
	return &m->s->heap.blocks.at[i];
}

static struct cell *cell_of(const struct maker *m, const struct mtr_block *b)
{
	return &m->cells[mtr_heap_view_stack(m->s, b) ? m->s->sites.n + b->stack
						      : b->site];
}

static struct mtr_suppression *suppression_of(const struct maker *m,
					      uint32_t block)
{
	const struct mtr_block *b = block_at(m, block);
	struct cell *c = cell_of(m, b);

	if (!c->judged && m->suppressions)
		c->suppression = mtr_suppression_of(m->suppressions, m->s, b);
	c->judged = true;
	return c->suppression;
}

static bool suppress(struct maker *m, const struct mtr_lost *l)
{
	struct mtr_suppression *by = suppression_of(m, l->block);

	if (!by)
		by = suppression_of(m, l->leader);
	if (!by)
		return false;
	by->blocks++;
	by->bytes += block_at(m, l->block)->size;
	mtr_sum_block(&m->ret->suppressed, &m->s->heap, block_at(m, l->block));
	return true;
}

/* NULL: no memory. */
static struct mtr_leak_group *
group_of(struct maker *m, const struct mtr_block *b, enum mtr_leak_kind kind)
{
	uint32_t *number = &cell_of(m, b)->group[kind];
	struct mtr_leak_group *g;

	if (*number)
		return &m->ret->groups.at[*number - 1];
	g = mtr_leak_groups_push(&m->ret->groups);
	if (!g)
		return NULL;
	*number = m->ret->groups.n;
	*g = (struct mtr_leak_group){
		.kind = kind,
		.site = &m->s->sites.at[mtr_heap_view_site(m->s, b)],
		.stack = mtr_heap_view_stack(m->s, b),
	};
	return g;
}

static struct mtr_error *lost_add(struct maker *m, const struct mtr_lost *l)
{
	enum mtr_leak_kind kind =
		mtr_lost_is_leader(l) ? MTR_LEAK_DEFINITE : MTR_LEAK_INDIRECT;
	const struct mtr_block *b = block_at(m, l->block);
	struct mtr_leak_group *g = group_of(m, b, kind);

	if (!g)
		return mtr_error_nomem();
	m->ret->shown[l - m->ret->lost->at] = true;
	mtr_sum_block(&g->sum, &m->s->heap, b);
	mtr_sum_block(kind == MTR_LEAK_DEFINITE ? &m->ret->definite
						: &m->ret->indirect,
		      &m->s->heap, b);
	g->cycle |= l->cycle;
	if (!g->example || (g->example->hint.kind == MTR_HINT_NONE &&
			    l->hint.kind != MTR_HINT_NONE))
		g->example = l;
	return NULL;
}

/* What is shown is counted where its leader is, if that is shown too. */
static void hang(struct maker *m, const struct mtr_lost *l)
{
	const struct mtr_lost *leader = mtr_lost_at(m->ret->lost, l->leader);
	const struct mtr_block *b = block_at(m, l->leader);
	uint32_t number = cell_of(m, b)->group[MTR_LEAK_DEFINITE];

	if (leader && number && m->ret->shown[leader - m->ret->lost->at])
		mtr_sum_block(&m->ret->groups.at[number - 1].indirect,
			      &m->s->heap, block_at(m, l->block));
}

static struct mtr_error *group_all(struct maker *m)
{
	const struct mtr_lost_list *lost = m->ret->lost;

	for (size_t i = 0; i < lost->n; i++) {
		const struct mtr_lost *l = &lost->at[i];

		if (suppress(m, l))
			continue;
		if (!mtr_filter_passes(m->filter, block_at(m, l->block)))
			mtr_sum_block(&m->ret->left_out, &m->s->heap,
				      block_at(m, l->block));
		else
			MTR_TRY(lost_add(m, l));
	}
	for (size_t i = 0; i < lost->n; i++) {
		const struct mtr_lost *l = &lost->at[i];

		if (!mtr_lost_is_leader(l) && m->ret->shown[i])
			hang(m, l);
	}
	return NULL;
}

/* ----------------------------------------------------------------- the order
 */

static uint64_t weight(const struct mtr_leak_group *g)
{
	return g->sum.bytes + g->indirect.bytes;
}

static int compare(const void *a, const void *b)
{
	const struct mtr_leak_group *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (weight(x) != weight(y))
		return weight(x) > weight(y) ? -1 : 1;
	return x->example->block < y->example->block ? -1 : 1;
}

/* ------------------------------------------------------------ what is missing
 */

static bool is_missing(const struct mtr_range *r)
{
	return !r->readable && r->prot > 0 && r->prot & MTR_PROT_WRITE;
}

static struct mtr_error *missing_add(const struct mtr_range *r,
				     struct mtr_strings *ret)
{
	char **slot = mtr_strings_push(ret);

	if (!slot)
		return mtr_error_nomem();
	if (asprintf(slot, "%#" PRIx64 "-%#" PRIx64 ", %s", r->start, r->end,
		     r->path ? r->path : "anonymous") >= 0)
		return NULL;
	ret->n--;
	return mtr_error_nomem();
}

static struct mtr_error *missing_find(const struct mtr_heap_view *s,
				      struct mtr_strings *ret)
{
	const struct mtr_ranges *v = s->target && mtr_heap_view_is_core(s)
					     ? mtr_target_ranges(s->target)
					     : NULL;

	for (size_t i = 0; v && i < v->n; i++)
		if (is_missing(&v->at[i]))
			MTR_TRY(missing_add(&v->at[i], ret));
	return NULL;
}

/* ------------------------------------------------------------------ the whole
 */

static struct mtr_error *leaks_make(struct maker *m)
{
	size_t n = m->s->sites.n + m->s->stacks.list.n;
	mtr_auto_free struct cell *cells = calloc(n + 1, sizeof(*cells));

	m->cells = cells;
	m->ret->shown = calloc(m->ret->lost->n + 1, sizeof(*m->ret->shown));
	if (!cells || !m->ret->shown)
		return mtr_error_nomem();
	MTR_TRY(group_all(m));
	if (m->ret->groups.n)
		qsort(m->ret->groups.at, m->ret->groups.n,
		      sizeof(*m->ret->groups.at), compare);
	return missing_find(m->s, &m->ret->missing);
}

struct mtr_error *
mtr_leaks_make(const struct mtr_heap_view *s, const struct mtr_lost_list *lost,
	       const struct mtr_roots *roots, const struct mtr_filter *filter,
	       struct mtr_suppressions *suppressions, struct mtr_leaks *ret)
{
	struct maker m = { .s = s,
			   .suppressions = suppressions,
			   .filter = filter,
			   .ret = ret };
	struct mtr_error *error;

	*ret = (struct mtr_leaks){ .lost = lost, .roots = roots };
	error = leaks_make(&m);
	if (error)
		mtr_leaks_fini(ret);
	return error;
}

void mtr_leaks_fini(struct mtr_leaks *l)
{
	for (size_t i = 0; i < l->missing.n; i++)
		free(l->missing.at[i]);
	mtr_strings_fini(&l->missing);
	mtr_leak_groups_fini(&l->groups);
	free(l->shown);
	*l = (struct mtr_leaks){ 0 };
}
