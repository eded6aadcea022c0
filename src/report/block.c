/* SPDX-License-Identifier: MIT */
/*
 * Both kinds of blocks lie sorted: a binary search in each. See block.h.
 */
#include "report/block.h"

#include "format/trailer.h"

/* How many blocks start at or below @addr. */
static size_t count_upto(const struct mtr_blocks *v, uint64_t addr)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->at[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct mtr_block *holder(const struct mtr_blocks *v, uint64_t addr)
{
	size_t n = count_upto(v, addr);
	const struct mtr_block *b = n ? &v->at[n - 1] : NULL;

	return b && addr - b->addr < b->usable ? b : NULL;
}

static enum mtr_in in_what(const struct mtr_heap *heap,
			   const struct mtr_block *b, uint64_t offset)
{
	if (offset < b->size)
		return MTR_IN_PAYLOAD;
	if (offset >= mtr_room(b->usable, heap->record))
		return MTR_IN_RECORD;
	return MTR_IN_SLACK;
}

/* The last one that ends at or below @addr. */
static const struct mtr_block *last_before(const struct mtr_blocks *v,
					   uint64_t addr)
{
	size_t n = addr ? count_upto(v, addr - 1) : 0;

	return n ? &v->at[n - 1] : NULL;
}

/* The first one at or above @addr. */
static const struct mtr_block *first_after(const struct mtr_blocks *v,
					   uint64_t addr)
{
	size_t n = addr ? count_upto(v, addr - 1) : 0;

	return n < v->n ? &v->at[n] : NULL;
}

static const struct mtr_block *nearer(const struct mtr_block *a,
				      const struct mtr_block *b, bool higher)
{
	if (!a || !b)
		return a ? a : b;
	return (a->addr > b->addr) == higher ? a : b;
}

static void neighbours(const struct mtr_heap *h, uint64_t start, uint64_t end,
		       struct mtr_found *ret)
{
	ret->before = nearer(last_before(&h->blocks, start),
			     last_before(&h->freed, start), true);
	ret->after = nearer(first_after(&h->blocks, end),
			    first_after(&h->freed, end), false);
}

void mtr_block_find(const struct mtr_heap_view *s, uint64_t addr,
		    struct mtr_found *ret)
{
	const struct mtr_heap *h = &s->heap;
	const struct mtr_block *b = holder(&h->blocks, addr);

	*ret = (struct mtr_found){ .state = MTR_STATE_LIVE };
	if (!b) {
		b = holder(&h->freed, addr);
		ret->state = b ? MTR_STATE_FREED : MTR_STATE_UNKNOWN;
	}
	if (!b) {
		neighbours(h, addr, addr, ret);
		return;
	}
	ret->block = b;
	ret->offset = addr - b->addr;
	ret->in = in_what(h, b, ret->offset);
	neighbours(h, b->addr, b->addr + b->usable, ret);
}

void mtr_block_window(uint64_t asked, uint64_t start, uint64_t end,
		      uint64_t *ret_at, size_t *ret_bytes)
{
	enum { ROW = 16, WINDOW = MTR_BLOCK_WINDOW };
	uint64_t row = (asked - start) / ROW * ROW;
	/* the first window that comes to the end */
	uint64_t last = end - start > WINDOW
				? (end - start - WINDOW + ROW - 1) / ROW * ROW
				: 0;
	uint64_t from = row > WINDOW / 2 ? row - WINDOW / 2 : 0;

	from = from < last ? from : last;
	*ret_at = start + from;
	*ret_bytes = end - *ret_at < WINDOW ? end - *ret_at : WINDOW;
}
