/* SPDX-License-Identifier: MIT */
/*
 * One sweep by address over pages, regions and blocks together. See memory.h
 * for the contract.
 */
#include "report/memory.h"

#include <inttypes.h>
#include <string.h>

#include "base/map.h"
#include "base/number.h"
#include "base/strbuf.h"

/* glibc's: what is in front of each block, and, counted from the end of the
 * block before it, what malloc_trim(3) leaves of a free chunk */
enum { CHUNK_HEADER = 8, FREE_HEAD = 40 };

struct sweep {
	const struct mtr_heap *heap;
	const struct mtr_pages *pages;
	uint64_t header;     /* bytes in front of a block */
	uint64_t *bytes;     /* of each class */
	uint64_t *of_region; /* bytes that no block has, by region; or NULL */
	size_t region;

	size_t block;	/* the first that ends behind where the sweep is */
	uint64_t reach; /* where that of the last block before it ends */

	/* the page whose free bytes are summed up */
	uint32_t *pins; /* of each block; NULL: not asked for */
	uint64_t page, free;
	size_t first; /* of the blocks that may lie there */
};

static uint64_t overlap(uint64_t start, uint64_t end, uint64_t from,
			uint64_t to)
{
	start = mtr_max(start, from);
	end = mtr_min(end, to);
	return start < end ? end - start : 0;
}

static uint64_t page_of(const struct mtr_pages *p, uint64_t addr)
{
	return addr & -p->page;
}

/* The end of the page that @addr is not the begin of. */
static uint64_t page_end(const struct mtr_pages *p, uint64_t addr)
{
	return addr > UINT64_MAX - p->page ? UINT64_MAX
					   : page_of(p, addr + p->page - 1);
}

static uint64_t clamp(uint64_t n, uint64_t least, uint64_t most)
{
	return mtr_max(least, mtr_min(n, most));
}

/* ------------------------------------------------------------------- pins */

struct mtr_area mtr_memory_reach(const struct mtr_heap *heap, size_t i)
{
	const struct mtr_block *b = &heap->blocks.at[i];
	struct mtr_area a = { b->addr, mtr_block_end(b) };

	if (!(heap->descriptor.flags & MTR_FLAG_CHUNKS))
		return a;
	a.start -= mtr_min(a.start, CHUNK_HEADER);
	if (i)
		a.start = clamp(mtr_block_end(b - 1), a.start, b->addr);
	a.end += mtr_min(UINT64_MAX - a.end, FREE_HEAD);
	if (i + 1 < heap->blocks.n)
		a.end = clamp(b[1].addr - mtr_min(b[1].addr, CHUNK_HEADER),
			      mtr_block_end(b), a.end);
	return a;
}

static uint64_t reach_on(const struct sweep *w, size_t i, uint64_t start,
			 uint64_t end)
{
	struct mtr_area a = mtr_memory_reach(w->heap, i);

	return overlap(a.start, a.end, start, end);
}

/* The free bytes of the page, put down to the blocks on it. */
static void page_flush(struct sweep *w)
{
	const struct mtr_blocks *v = &w->heap->blocks;
	uint64_t end = w->page + w->pages->page, all = 0, sum = 0;
	size_t i, last;

	if (!w->pins || !w->free)
		return;
	while (w->first < v->n &&
	       mtr_memory_reach(w->heap, w->first).end <= w->page)
		w->first++;
	/* a block has a granule; if some overlap that is no reason to look for
	 * long */
	for (i = w->first;
	     i < v->n && mtr_memory_reach(w->heap, i).start < end &&
	     i - w->first <= w->pages->page / MTR_GRANULE;
	     i++)
		all += reach_on(w, i, w->page, end);
	last = i;
	for (i = w->first; i < last; i++) {
		uint64_t before = all ? w->free * sum / all : 0;

		sum += reach_on(w, i, w->page, end);
		w->pins[i] += all ? w->free * sum / all - before : 0;
	}
	w->free = 0;
}

/* Free, and on pages with blocks, or what these need beside them. */
static void pinned(struct sweep *w, uint64_t start, uint64_t end)
{
	for (uint64_t stop; start < end; start = stop) {
		uint64_t page = page_of(w->pages, start);

		stop = page + mtr_min(end - page, w->pages->page);
		w->bytes[MTR_MEMORY_FREE_PINNED] += stop - start;
		if (page != w->page)
			page_flush(w);
		w->page = page;
		w->free += stop - start;
	}
}

/* ---------------------------------------------------------------- classes */

static void free_heap(struct sweep *w, uint64_t start, uint64_t end)
{
	const struct mtr_blocks *v = &w->heap->blocks;
	uint64_t next = w->block < v->n ? v->at[w->block].addr : UINT64_MAX;
	uint64_t begin = next - mtr_min(next, w->header);
	uint64_t head = overlap(start, end, begin, next), left, right;

	w->bytes[MTR_MEMORY_UNUSED] += head;
	end -= head;
	if (start == end)
		return;
	left = clamp(page_end(w->pages, w->reach), start, end);
	right = clamp(page_of(w->pages, begin), left, end);
	pinned(w, start, left);
	w->bytes[MTR_MEMORY_FREE_PAGES] += right - left;
	pinned(w, right, end);
}

static const enum mtr_memory_key class_of[] = {
	[MTR_REGION_TRACER] = MTR_MEMORY_TRACER,
	[MTR_REGION_DATA] = MTR_MEMORY_DATA,
	[MTR_REGION_FILE] = MTR_MEMORY_FILES,
	[MTR_REGION_STACK] = MTR_MEMORY_STACKS,
	[MTR_REGION_OTHER] = MTR_MEMORY_OTHER,
};

/* What no block has. @r: its region, or NULL. */
static void gap(struct sweep *w, const struct mtr_region *r, uint64_t start,
		uint64_t end)
{
	if (start >= end)
		return;
	if (r && r->kind == MTR_REGION_HEAP) {
		free_heap(w, start, end);
		return;
	}
	w->bytes[r ? class_of[r->kind] : MTR_MEMORY_OTHER] += end - start;
	if (r && w->of_region)
		w->of_region[w->region] += end - start;
}

static void block_part(struct sweep *w, const struct mtr_block *b,
		       uint64_t start, uint64_t end)
{
	uint64_t record =
		mtr_block_end(b) - mtr_min(w->heap->record, b->usable);
	uint64_t asked = mtr_min(b->addr + b->size, record), n, m;

	if (b->damaged) {
		w->bytes[MTR_MEMORY_UNUSED] += end - start;
		return;
	}
	n = overlap(start, end, b->addr, asked);
	m = overlap(start, end, record, mtr_block_end(b));
	w->bytes[MTR_MEMORY_REQUESTED] += n;
	w->bytes[MTR_MEMORY_RECORDS] += m;
	w->bytes[MTR_MEMORY_UNUSED] += end - start - n - m;
}

/* Resident, and all of one region. */
static void piece(struct sweep *w, const struct mtr_region *r, uint64_t at,
		  uint64_t end)
{
	const struct mtr_blocks *v = &w->heap->blocks;

	if (r && r->kind == MTR_REGION_TRACER) {
		gap(w, r, at, end);
		return;
	}
	for (; w->block < v->n; w->block++) {
		const struct mtr_block *b = &v->at[w->block];
		uint64_t stop = mtr_min(mtr_block_end(b), end);

		if (b->addr > at) {
			gap(w, r, at, mtr_min(b->addr, end));
			at = mtr_min(b->addr, end);
		}
		if (at < stop) {
			block_part(w, b, at, stop);
			at = stop;
		}
		if (mtr_block_end(b) > end)
			break;
		w->reach = mtr_max(w->reach,
				   mtr_memory_reach(w->heap, w->block).end);
	}
	gap(w, r, at, end);
}

/* Pages and regions are by address; what is in no region is other memory. */
static void sweep(struct sweep *w, const struct mtr_regions *regions)
{
	for (size_t i = 0; i < w->pages->areas.n; i++) {
		const struct mtr_area *a = &w->pages->areas.at[i];

		for (uint64_t at = a->start, stop; at < a->end; at = stop) {
			const struct mtr_region *r;

			while (w->region < regions->n &&
			       regions->at[w->region].end <= at)
				w->region++;
			r = w->region < regions->n ? &regions->at[w->region]
						   : NULL;
			stop = a->end;
			if (r && r->start > at) {
				stop = mtr_min(stop, r->start);
				r = NULL;
			} else if (r) {
				stop = mtr_min(stop, r->end);
			}
			piece(w, r, at, stop);
		}
	}
	page_flush(w);
}

static struct sweep sweep_of(const struct mtr_heap_view *s,
			     const struct mtr_memory_map *map, uint64_t *bytes)
{
	bool chunks = s->heap.descriptor.flags & MTR_FLAG_CHUNKS;

	return (struct sweep){
		.heap = &s->heap,
		.pages = &map->pages,
		.header = chunks ? CHUNK_HEADER : 0,
		.bytes = bytes,
	};
}

struct mtr_error *mtr_memory_pins(const struct mtr_heap_view *s,
				  struct mtr_memory_map *map)
{
	uint64_t bytes[MTR_MEMORY_KEYS] = { 0 };
	struct sweep w = sweep_of(s, map, bytes);

	if (map->pins)
		return NULL;
	w.pins = map->pins = calloc(s->heap.blocks.n + 1, sizeof(*w.pins));
	if (!w.pins)
		return mtr_error_nomem();
	sweep(&w, &map->regions);
	return NULL;
}

/* ---------------------------------------------------------------- largest */

static void region_name(const struct mtr_region *r, struct mtr_strbuf *b)
{
	static const char *const tables[MTR_OWN_KINDS] = {
		[MTR_OWN_LEDGER] = "ledger",  [MTR_OWN_DEPOT] = "call stacks",
		[MTR_OWN_STATES] = "threads", [MTR_OWN_RULES] = "unwind rules",
		[MTR_OWN_OTHER] = "other",
	};

	if (r->kind == MTR_REGION_TRACER && r->number < MTR_OWN_KINDS)
		mtr_strbuf_add(b, tables[r->number]);
	else if (r->kind == MTR_REGION_STACK && r->number)
		mtr_strbuf_printf(b, "thread %" PRIu32, r->number);
	else if (r->name && *r->name)
		mtr_strbuf_add(b, r->name);
	else
		mtr_strbuf_printf(b, "%#" PRIx64 "-%#" PRIx64, r->start,
				  r->end);
}

static uint64_t name_hash(const char *name)
{
	return mtr_hash_text(name, 0);
}

static bool name_is(const struct mtr_memory_part *p, const char *name)
{
	return strcmp(p->name, name) == 0;
}

MTR_MAP(part_map, struct mtr_memory_part, const char *, name_hash, name_is);

static bool part_add(struct part_map *map, const struct mtr_region *r,
		     uint64_t bytes)
{
	struct mtr_strbuf name = { 0 };
	struct mtr_memory_part *p = NULL;
	bool is_new;

	region_name(r, &name);
	if (!name.failed)
		p = part_map_put(map, mtr_strbuf_text(&name), &is_new);
	if (!p) {
		mtr_strbuf_fini(&name);
		return false;
	}
	if (is_new)
		*p = (struct mtr_memory_part){ .name = name.text };
	else
		mtr_strbuf_fini(&name);
	p->bytes += bytes;
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	const struct mtr_memory_part *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void parts_cut(struct mtr_memory_parts *v)
{
	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_bytes);
	while (v->n > MTR_MEMORY_LARGEST)
		free(v->at[--v->n].name);
}

static bool largest_find(const struct mtr_regions *regions,
			 const uint64_t *of_region, struct mtr_memory *ret)
{
	struct part_map maps[MTR_MEMORY_KEYS] = { 0 };
	bool ok = true;

	for (size_t i = 0; i < regions->n && ok; i++) {
		const struct mtr_region *r = &regions->at[i];

		if (of_region[i])
			ok = part_add(&maps[class_of[r->kind]], r,
				      of_region[i]);
	}
	for (int i = 0; i < MTR_MEMORY_KEYS; i++) {
		MTR_MAP_TAKE(&ret->classes[i].largest, &maps[i]);
		parts_cut(&ret->classes[i].largest);
	}
	return ok;
}

/* --------------------------------------------------------------- the whole */

static void beside_set(struct mtr_memory *m, enum mtr_beside_key key,
		       uint64_t bytes)
{
	m->beside[key].bytes = bytes;
	m->beside[key].known = true;
}

static void beside_find(const struct mtr_heap_view *s,
			const struct mtr_memory_map *map,
			struct mtr_memory *ret)
{
	const struct mtr_mapping_list *v = &map->pages.mappings;
	uint64_t asked = 0, swapped = 0, huge = 0, huge_tlb = 0;
	uint64_t there = ret->classes[MTR_MEMORY_REQUESTED].bytes;

	for (size_t i = 0; i < s->heap.blocks.n; i++)
		asked += s->heap.blocks.at[i].size;
	beside_set(ret, MTR_BESIDE_UNTOUCHED,
		   asked > there ? asked - there : 0);
	if (map->pages.undumped)
		beside_set(ret, MTR_BESIDE_UNDUMPED, map->pages.undumped);
	for (size_t i = 0; i < v->n; i++) {
		swapped += v->at[i].swapped;
		huge += v->at[i].huge;
		huge_tlb += v->at[i].huge_tlb;
	}
	if (!v->n) /* a core does not tell */
		return;
	beside_set(ret, MTR_BESIDE_SWAPPED, swapped);
	beside_set(ret, MTR_BESIDE_HUGE, huge);
	beside_set(ret, MTR_BESIDE_HUGE_TLB, huge_tlb);
}

struct mtr_error *mtr_memory_make(const struct mtr_heap_view *s,
				  const struct mtr_memory_map *map,
				  struct mtr_memory *ret)
{
	mtr_auto_free uint64_t *of_region =
		calloc(map->regions.n + 1, sizeof(*of_region));
	uint64_t bytes[MTR_MEMORY_KEYS] = { 0 };
	struct sweep w = sweep_of(s, map, bytes);

	*ret = (struct mtr_memory){ .resident = map->pages.resident,
				    .doubt = map->pages.doubt };
	if (!of_region)
		return mtr_error_nomem();
	w.of_region = of_region;
	sweep(&w, &map->regions);
	for (int i = 0; i < MTR_MEMORY_KEYS; i++)
		ret->classes[i].bytes = bytes[i];
	beside_find(s, map, ret);
	if (largest_find(&map->regions, of_region, ret))
		return NULL;
	mtr_memory_fini(ret);
	return mtr_error_nomem();
}

void mtr_memory_fini(struct mtr_memory *m)
{
	for (int i = 0; i < MTR_MEMORY_KEYS; i++) {
		struct mtr_memory_parts *v = &m->classes[i].largest;

		for (size_t j = 0; j < v->n; j++)
			free(v->at[j].name);
		mtr_memory_parts_fini(v);
	}
}

void mtr_memory_map_fini(struct mtr_memory_map *m)
{
	mtr_pages_fini(&m->pages);
	mtr_regions_fini(&m->regions);
	free(m->pins);
	*m = (struct mtr_memory_map){ 0 };
}

const char *mtr_memory_key(unsigned key)
{
	static const char *const keys[MTR_MEMORY_KEYS] = {
		[MTR_MEMORY_REQUESTED] = "requested",
		[MTR_MEMORY_UNUSED] = "unused",
		[MTR_MEMORY_RECORDS] = "records",
		[MTR_MEMORY_FREE_PINNED] = "free_pinned",
		[MTR_MEMORY_FREE_PAGES] = "free_pages",
		[MTR_MEMORY_TRACER] = "tracer",
		[MTR_MEMORY_DATA] = "data",
		[MTR_MEMORY_FILES] = "files",
		[MTR_MEMORY_STACKS] = "stacks",
		[MTR_MEMORY_OTHER] = "other",
	};

	return key < MTR_MEMORY_KEYS ? keys[key] : NULL;
}

const char *mtr_beside_key(unsigned key)
{
	static const char *const keys[MTR_BESIDE_KEYS] = {
		[MTR_BESIDE_UNTOUCHED] = "untouched",
		[MTR_BESIDE_UNDUMPED] = "undumped",
		[MTR_BESIDE_SWAPPED] = "swapped",
		[MTR_BESIDE_HUGE] = "huge",
		[MTR_BESIDE_HUGE_TLB] = "huge_tlb",
	};

	return key < MTR_BESIDE_KEYS ? keys[key] : NULL;
}
