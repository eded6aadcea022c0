/* SPDX-License-Identifier: MIT */
/*
 * What is counted and what is listed, brought together. See resident.h and
 * resident_impl.h for the contracts.
 */
#include "target/resident.h"

#include "base/number.h"
#include "target/resident_impl.h"
#include "target/target_impl.h"

void mtr_pages_fini(struct mtr_pages *p)
{
	mtr_areas_fini(&p->areas);
	mtr_mapping_list_fini(&p->mappings);
	*p = (struct mtr_pages){ 0 };
}

bool mtr_pages_add(struct mtr_pages *p, uint64_t start, uint64_t end)
{
	struct mtr_area *last =
		p->areas.n ? &p->areas.at[p->areas.n - 1] : NULL;

	if (last && start < last->end)
		start = last->end;
	if (start >= end)
		return true;
	p->resident += end - start;
	if (last && last->end == start) {
		last->end = end;
		return true;
	}
	last = mtr_areas_push(&p->areas);
	if (last)
		*last = (struct mtr_area){ start, end };
	return last;
}

/* ------------------------------------------------------ listed and counted */

/* Of @pages pages @take are in memory; which ones nobody says. */
struct guess {
	uint64_t pages, take, seen;
};

/* Spread evenly. */
static bool add_some(struct mtr_pages *p, uint64_t start, uint64_t end,
		     struct guess *g)
{
	if (g->take >= g->pages)
		return mtr_pages_add(p, start, end);
	for (uint64_t at = start; g->take && at < end; at += p->page) {
		uint64_t stop = end - at > p->page ? at + p->page : end;
		__extension__ typedef unsigned __int128 wide;

		if ((wide)(g->seen + 1) * g->take / g->pages !=
			    (wide)g->seen * g->take / g->pages &&
		    !mtr_pages_add(p, at, stop))
			return false;
		g->seen++;
	}
	return true;
}

static uint64_t pages_of(const struct mtr_pages *p, uint64_t bytes)
{
	return bytes / p->page + (bytes % p->page ? 1 : 0);
}

/* What of a listed area lies in @m. */
static struct mtr_area part_of(const struct mtr_mapping_pages *m,
			       const struct mtr_listed *l)
{
	return (struct mtr_area){ mtr_max(l->start, m->start),
				  mtr_min(l->end, m->end) };
}

/* Of what is not listed as much as is missing. */
static bool fill(struct mtr_pages *p, uint64_t start, uint64_t end,
		 uint64_t *missing)
{
	uint64_t bytes = end > start ? end - start : 0;

	if (*missing < bytes / p->page)
		bytes = *missing * p->page;
	*missing -= mtr_min(*missing, pages_of(p, bytes));
	return mtr_pages_add(p, start, start + bytes);
}

/* @from: the first of the listing that may lie in @m. */
static bool fit(struct mtr_pages *p, const struct mtr_mapping_pages *m,
		const struct mtr_listing *v, size_t from)
{
	uint64_t left = pages_of(p, m->resident), at = m->start;
	struct guess sure = { 0 }, doubtful = { 0 };
	struct mtr_area a;

	for (size_t i = from; i < v->n && v->at[i].start < m->end; i++) {
		struct guess *g = v->at[i].doubtful ? &doubtful : &sure;

		a = part_of(m, &v->at[i]);
		g->pages += pages_of(p, a.end - a.start);
	}
	sure.take = mtr_min(left, sure.pages);
	doubtful.take = mtr_min(left - sure.take, doubtful.pages);
	/* what counts for nobody is no guess */
	if (left && (left < sure.pages || left > sure.pages + doubtful.pages ||
		     (doubtful.take && doubtful.take < doubtful.pages)))
		p->doubt = MTR_PAGES_SCALED;
	left -= sure.take + doubtful.take;
	for (size_t i = from; i < v->n && v->at[i].start < m->end; i++) {
		a = part_of(m, &v->at[i]);
		if (!fill(p, at, a.start, &left) ||
		    !add_some(p, a.start, a.end,
			      v->at[i].doubtful ? &doubtful : &sure))
			return false;
		at = a.end;
	}
	return fill(p, at, m->end, &left);
}

struct mtr_error *mtr_pages_fit(struct mtr_pages *p,
				const struct mtr_listing *v)
{
	size_t at = 0;

	for (size_t i = 0; i < p->mappings.n; i++) {
		const struct mtr_mapping_pages *m = &p->mappings.at[i];

		while (at < v->n && v->at[at].end <= m->start)
			at++;
		if (!fit(p, m, v, at))
			return mtr_error_nomem();
	}
	return NULL;
}

/* ------------------------------------------------------------ of a target */

struct mtr_error *mtr_target_pages(struct mtr_target *t, struct mtr_pages *ret)
{
	struct mtr_error *error;

	*ret = (struct mtr_pages){ 0 };
	if (!t->ops->pages)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "it does not tell which of its pages "
				       "were in memory");
	error = t->ops->pages(t, ret);
	if (error)
		mtr_pages_fini(ret);
	return error;
}

uint64_t mtr_target_resident(struct mtr_target *t)
{
	if (t->ops->resident && !t->resident_asked)
		t->resident = t->ops->resident(t);
	t->resident_asked = true;
	return t->resident;
}
