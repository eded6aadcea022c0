/* SPDX-License-Identifier: MIT */
/*
 * Page by page, each with the blocks on it; of a large block all pages between
 * its first and its last at once. See memory.h for the contract.
 */
#include "report/memory.h"

/* How far the walk is in pages and regions: it goes on by address. */
struct walk {
	const struct mtr_heap *heap;
	const struct mtr_blocks *blocks;
	const struct mtr_memory_map *map;
	const uint32_t *group_of;
	size_t area, region;
};

/* The bytes of [@start, @end) that are in memory. */
static uint64_t resident(struct walk *w, uint64_t start, uint64_t end)
{
	const struct mtr_areas *v = &w->map->pages.areas;
	uint64_t sum = 0;

	while (w->area < v->n && v->at[w->area].end <= start)
		w->area++;
	for (size_t i = w->area; i < v->n && v->at[i].start < end; i++) {
		uint64_t from = v->at[i].start, to = v->at[i].end;

		sum += (to < end ? to : end) - (from > start ? from : start);
		/* what is behind @end is asked for next */
		if (to <= end)
			w->area = i + 1;
	}
	return sum;
}

/* All of it is heap, and nothing else. @b is the first block there. */
static bool is_heap(struct walk *w, const struct mtr_block *b, uint64_t start,
		    uint64_t end)
{
	const struct mtr_regions *v = &w->map->regions;
	const struct mtr_region *r;

	if (b->addr <= start && mtr_block_end(b) >= end)
		return true;
	while (w->region < v->n && v->at[w->region].end <= start)
		w->region++;
	r = w->region < v->n ? &v->at[w->region] : NULL;
	return r && r->kind == MTR_REGION_HEAP && r->start <= start &&
	       r->end >= end;
}

/*
 * The page at @page, which @first is the first to reach: the next one that does
 * not. *group is theirs, or MTR_NO_GROUP if they have several.
 */
static size_t page_blocks(const struct walk *w, size_t first, uint64_t end,
			  uint32_t *group)
{
	size_t i = first;

	*group = w->group_of[first];
	for (; i < w->blocks->n && mtr_memory_reach(w->heap, i).start < end;
	     i++)
		if (w->group_of[i] != *group)
			*group = MTR_NO_GROUP;
	return i;
}

/* @page: the first that has not been looked at. Sets what is next. */
static size_t page_walk(struct walk *w, size_t first, uint64_t *page,
			uint64_t *ret)
{
	uint64_t size = w->map->pages.page;
	uint64_t at = mtr_memory_reach(w->heap, first).start & -size, end;
	uint64_t within; /* the end of what are whole pages of a block */
	uint32_t group;
	size_t next;

	at = at > *page ? at : *page;
	*page = at + size;
	next = page_blocks(w, first, at + size, &group);
	if (group != MTR_NO_GROUP &&
	    is_heap(w, &w->blocks->at[first], at, at + size) &&
	    resident(w, at, at + size) == size)
		ret[group] += size;
	/* the last one may go on */
	end = mtr_memory_reach(w->heap, next - 1).end;
	if (end <= at + size)
		return next;
	group = w->group_of[next - 1];
	within = mtr_block_end(&w->blocks->at[next - 1]) & -size;
	if (within > *page) {
		if (group != MTR_NO_GROUP)
			ret[group] += resident(w, *page, within);
		*page = within;
	}
	return end > *page ? next - 1 : next;
}

void mtr_memory_alone(const struct mtr_heap_view *s,
		      const struct mtr_memory_map *map,
		      const uint32_t *group_of, uint64_t *ret)
{
	struct walk w = { &s->heap, &s->heap.blocks, map, group_of, 0, 0 };
	uint64_t page = 0;
	size_t i = 0;

	while (i < w.blocks->n) {
		if (mtr_memory_reach(w.heap, i).end <= page)
			i++; /* it overlaps another one */
		else
			i = page_walk(&w, i, &page, ret);
	}
}
