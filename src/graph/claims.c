/* SPDX-License-Identifier: MIT */
/*
 * See claims.h for the contract.
 */
#include "graph/claims.h"

struct mtr_error *mtr_claims_add(struct mtr_claims *c,
				 const struct mtr_claim *claim)
{
	struct mtr_claim *slot;

	if (claim->start >= claim->end)
		return NULL;
	slot = mtr_claim_list_push(&c->list);
	if (!slot)
		return mtr_error_nomem();
	*slot = *claim;
	return NULL;
}

/* What the segment shares its first and last page with is the loader's. */
static struct mtr_claim whole_pages(const struct mtr_area *a, unsigned kind,
				    const char *name)
{
	enum { PAGE = 4096 };
	struct mtr_claim c = {
		.start = a->start & -(uint64_t)PAGE,
		.end = a->end,
		.kind = kind,
		.name = name,
	};

	if (c.end <= UINT64_MAX - PAGE)
		c.end = (c.end + PAGE - 1) & -(uint64_t)PAGE;
	return c;
}

/* A module is where a file is mapped from its beginning. */
struct mtr_error *mtr_claims_add_data(struct mtr_claims *c,
				      struct mtr_target *t, unsigned kind)
{
	enum { SEGMENTS = 8 };
	const struct mtr_ranges *v = mtr_target_ranges(t);
	struct mtr_area s[SEGMENTS];

	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_range *r = &v->at[i];
		size_t n =
			r->path && !r->offset
				? mtr_target_segments(t, r->start, s, SEGMENTS)
				: 0;

		for (size_t j = 0; j < n; j++) {
			struct mtr_claim data =
				whole_pages(&s[j], kind, r->path);

			MTR_TRY(mtr_claims_add(c, &data));
		}
	}
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct mtr_claim *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void mtr_claims_sort(struct mtr_claims *c)
{
	struct mtr_claim_list *v = &c->list;
	uint64_t end = 0;
	size_t n = 0;

	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_start);
	for (size_t i = 0; i < v->n; i++) {
		struct mtr_claim claim = v->at[i];

		if (claim.start < end)
			claim.start = end;
		if (claim.start >= claim.end)
			continue;
		end = claim.end;
		v->at[n++] = claim;
	}
	v->n = n;
}

static const struct mtr_claim *layer_at(struct mtr_claims *c, uint64_t addr,
					uint64_t *end)
{
	const struct mtr_claim *claim;
	uint64_t change;

	while (c->at < c->list.n && c->list.at[c->at].end <= addr)
		c->at++;
	if (c->at == c->list.n)
		return NULL;
	claim = &c->list.at[c->at];
	change = claim->start <= addr ? claim->end : claim->start;
	if (change < *end)
		*end = change;
	return claim->start <= addr ? claim : NULL;
}

const struct mtr_claim *mtr_claims_at(struct mtr_claims *layers, size_t n,
				      uint64_t addr, uint64_t *end,
				      size_t *layer)
{
	const struct mtr_claim *first = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct mtr_claim *has = layer_at(&layers[i], addr, end);

		if (has && !first) {
			first = has;
			*layer = i;
		}
	}
	return first;
}
