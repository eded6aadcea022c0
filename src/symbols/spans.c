/* SPDX-License-Identifier: MIT */
/*
 * A sweep over extents by address. See spans.h for the contract.
 */
#include "symbols/spans.h"

#include "base/cleanup.h"

static int by_start(const void *a, const void *b)
{
	const struct mtr_extent *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

static bool is_sorted(const struct mtr_extents *v)
{
	for (size_t i = 1; i < v->n; i++)
		if (by_start(&v->at[i - 1], &v->at[i]) > 0)
			return false;
	return true;
}

struct sweep {
	const struct mtr_extent *from;
	size_t *open; /* those that have begun, the last of them on top */
	size_t n_open;
	size_t first; /* span of this sweep */
	struct mtr_spans *ret;
};

/* From @start on it is what is on top. There is room: twice the extents. */
static void sweep_emit(struct sweep *s, uint64_t start)
{
	size_t item = s->n_open ? s->from[s->open[s->n_open - 1]].item
				: MTR_SPAN_NONE;

	if (s->ret->n > s->first && s->ret->at[s->ret->n - 1].start == start)
		s->ret->n--;
	s->ret->at[s->ret->n++] = (struct mtr_span){ start, item };
}

static uint64_t sweep_end(const struct sweep *s)
{
	return s->from[s->open[s->n_open - 1]].end;
}

/* End what ends at or before @limit: each once, whatever lies below it. */
static void sweep_close(struct sweep *s, uint64_t limit)
{
	while (s->n_open && sweep_end(s) <= limit) {
		uint64_t at = sweep_end(s);

		while (s->n_open && sweep_end(s) <= at)
			s->n_open--;
		sweep_emit(s, at);
	}
}

bool mtr_spans_make(struct mtr_extents *from, struct mtr_spans *ret)
{
	mtr_auto_free size_t *open = NULL;
	struct sweep s = { .from = from->at, .first = ret->n, .ret = ret };

	if (!from->n)
		return true;
	open = s.open = reallocarray(NULL, from->n, sizeof(*open));
	if (!open || !mtr_spans_reserve(ret, ret->n + 2 * from->n))
		return false;
	if (!is_sorted(from))
		qsort(from->at, from->n, sizeof(*from->at), by_start);
	for (size_t i = 0; i < from->n; i++) {
		sweep_close(&s, from->at[i].start);
		if (from->at[i].end <= from->at[i].start)
			continue;
		s.open[s.n_open++] = i;
		sweep_emit(&s, from->at[i].start);
	}
	sweep_close(&s, UINT64_MAX);
	return true;
}

size_t mtr_spans_find(const struct mtr_span *spans, size_t n, uint64_t addr)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (spans[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? spans[low - 1].item : MTR_SPAN_NONE;
}
