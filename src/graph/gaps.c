/* SPDX-License-Identifier: MIT */
/*
 * One sweep by address over regions and blocks. See gaps.h for the contract.
 *
 * Behind what a block of glibc's can use stands the size of the next chunk; it
 * counts from there to the size of the one after that.
 */
#include "graph/gaps.h"

#include "graph/window.h"

enum {
	WORD = 8,
	GRANULE = 16,
	SMALLEST = 2 * GRANULE, /* chunk */
	FLAGS = 7,
	ALONG = 4096, /* bytes to read along with a size */
};

struct finder {
	const struct mtr_blocks *blocks;
	bool chunks;
	struct mtr_window window;
	size_t block; /* the first that ends behind where the sweep is */
	struct mtr_areas *ret;
};

static struct mtr_error *add(struct finder *f, uint64_t start, uint64_t end)
{
	struct mtr_area *slot;

	if (end < start ||
	    end - start < (f->chunks ? SMALLEST - WORD : GRANULE))
		return NULL;
	slot = mtr_areas_push(f->ret);
	if (!slot)
		return mtr_error_nomem();
	*slot = (struct mtr_area){ start, end };
	return NULL;
}

/* Of the chunk whose size stands at @at; 0: that is none up to @stop. */
static uint64_t chunk_size(struct finder *f, uint64_t at, uint64_t stop)
{
	uint64_t size, end = stop - at > ALONG ? at + ALONG : stop;
	const unsigned char *word = mtr_window_get(&f->window, at, WORD, end);

	if (!word)
		return 0;
	size = mtr_window_word(word, 0) & ~(uint64_t)FLAGS;
	return size >= SMALLEST && size % GRANULE == 0 && size <= stop - at
		       ? size
		       : 0;
}

/* From the size at @at to the one at @stop; false: they do not lead there. */
static struct mtr_error *chunks(struct finder *f, uint64_t at, uint64_t stop,
				uint64_t end, bool *ret)
{
	size_t before = f->ret->n;
	uint64_t size;

	*ret = false;
	for (; at < stop; at += size) {
		size = chunk_size(f, at, stop);
		if (!size) {
			f->ret->n = before;
			return NULL;
		}
		MTR_TRY(add(f, at + WORD, at + size < end ? at + size : end));
	}
	*ret = true;
	return NULL;
}

/*
 * What lies between two blocks, or one and an end of the region. The first
 * chunk of a region has an unused word in front of its size; the last one ends
 * where the word behind it would.
 */
static struct mtr_error *gap(struct finder *f, uint64_t start, uint64_t end,
			     bool is_first, bool is_last)
{
	uint64_t at = is_first ? start + WORD : start;
	uint64_t stop = is_last ? end + WORD : end - WORD;
	bool done = false;

	if (start >= end)
		return NULL;
	if (f->chunks && at < stop)
		MTR_TRY(chunks(f, at, stop, end, &done));
	if (done)
		return NULL;
	return add(f, start, f->chunks && !is_last ? end - WORD : end);
}

static struct mtr_error *region(struct finder *f, const struct mtr_region *r)
{
	const struct mtr_blocks *v = f->blocks;
	uint64_t at = r->start;

	for (; f->block < v->n && v->at[f->block].addr < r->end; f->block++) {
		const struct mtr_block *b = &v->at[f->block];
		uint64_t end = b->addr + b->usable;

		if (b->addr > at)
			MTR_TRY(gap(f, at, b->addr, at == r->start, false));
		if (end > at)
			at = end;
		if (end > r->end)
			return NULL;
	}
	return gap(f, at, r->end, at == r->start, true);
}

struct mtr_error *mtr_gaps_find(struct mtr_target *t,
				const struct mtr_heap *heap,
				const struct mtr_regions *regions,
				struct mtr_areas *ret)
{
	struct finder f = {
		.blocks = &heap->blocks,
		.chunks = heap->descriptor.flags & MTR_FLAG_CHUNKS,
		.ret = ret,
	};
	struct mtr_error *error = mtr_window_open(t, &f.window);

	for (size_t i = 0; i < regions->n && !error; i++)
		if (regions->at[i].kind == MTR_REGION_HEAP)
			error = region(&f, &regions->at[i]);
	mtr_window_fini(&f.window);
	return error;
}
