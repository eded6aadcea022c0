/* SPDX-License-Identifier: MIT */
/*
 * See window.h for the contract.
 */
#include "graph/window.h"

enum {
	PAGE = 4096,
	WORD = 8,
	/* below that a look for holes costs more than it saves */
	HOLES = 1 << 16,
	/* pages one after the other that are not there, though they are
	 * mapped: behind the end of a file, say, and then nothing is */
	MISSING = 1 << 14,
};

struct mtr_error *mtr_window_open(struct mtr_target *t, struct mtr_window *ret)
{
	*ret = (struct mtr_window){ .t = t, .room = malloc(MTR_WINDOW_BYTES) };
	return ret->room ? NULL : mtr_error_nomem();
}

void mtr_window_fini(struct mtr_window *w)
{
	free(w->room);
	*w = (struct mtr_window){ 0 };
}

const unsigned char *mtr_window_get(struct mtr_window *w, uint64_t addr,
				    size_t bytes, uint64_t end)
{
	const void *at = mtr_target_peek(w->t, addr, bytes);
	uint64_t more = end > addr ? end - addr : 0;

	if (at)
		return at;
	if (addr < w->at || addr - w->at > w->n ||
	    bytes > w->n - (addr - w->at)) {
		if (more > MTR_WINDOW_BYTES)
			more = MTR_WINDOW_BYTES;
		w->at = addr;
		w->n = mtr_target_read(w->t, addr, w->room,
				       bytes > more ? bytes : more);
		if (w->n < bytes)
			return NULL;
	}
	return w->room + (addr - w->at);
}

/* As much as there is from @addr on, whole words: *n is how many. */
static const unsigned char *piece(struct mtr_window *w, uint64_t addr,
				  uint64_t bytes, size_t *n)
{
	const unsigned char *at = mtr_target_peek(w->t, addr, bytes);

	*n = bytes / WORD;
	if (at)
		return at;
	w->at = addr;
	w->n = mtr_target_read(w->t, addr, w->room, bytes);
	*n = w->n / WORD;
	return w->room;
}

/* Where to go on behind what cannot be zeros alone; @end: nowhere. */
static uint64_t leap(struct mtr_window *w, uint64_t addr, uint64_t end)
{
	if (end - addr < HOLES)
		return addr;
	return mtr_target_data(w->t, addr, end) & -(uint64_t)WORD;
}

/* The first of the ranges that end behind @addr. */
static const struct mtr_range *range_from(const struct mtr_ranges *v,
					  uint64_t addr)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr >= v->at[middle].end)
			low = middle + 1;
		else
			high = middle;
	}
	return v->at + low;
}

/* Where to go on from @addr, the next page after one that is not there: in what
 * can be read at all. */
static uint64_t skip(struct mtr_window *w, uint64_t addr, uint64_t end)
{
	const struct mtr_ranges *v = mtr_target_ranges(w->t);
	const struct mtr_range *r = range_from(v, addr), *last = v->at + v->n;

	/* of a live process what it may not read itself is there as well */
	if (mtr_target_kind(w->t) != MTR_TARGET_LIVE)
		while (r < last && r->start < end && !r->readable)
			r++;
	if (r == last || r->start >= end)
		return end;
	if (addr < r->start)
		addr = (r->start + WORD - 1) & -(uint64_t)WORD;
	return addr < end ? leap(w, addr, end) : end;
}

void mtr_window_scan(struct mtr_window *w, uint64_t start, uint64_t end,
		     mtr_window_take *take, void *to)
{
	uint64_t addr = (start + WORD - 1) & -(uint64_t)WORD, before;
	unsigned missing = 0;

	end &= -(uint64_t)WORD;
	if (addr < start)
		return;
	if (addr < end)
		addr = leap(w, addr, end);
	while (addr < end) {
		uint64_t left = MTR_WINDOW_BYTES - addr % MTR_WINDOW_BYTES;
		const unsigned char *at;
		size_t n;

		left = left < end - addr ? left : end - addr;
		at = piece(w, addr, left, &n);
		if (n)
			take(to, addr, at, n);
		missing = n ? 0 : missing + 1;
		before = addr;
		addr += (uint64_t)n * WORD;
		if (n < left / WORD) {
			addr = (addr | (PAGE - 1)) + 1;
			if (addr > before && addr < end)
				addr = skip(w, addr, end);
		} else if (addr < end) {
			addr = leap(w, addr, end);
		}
		/* behind the last address comes the first */
		if (addr <= before)
			return;
		if (missing == MISSING && addr < end) {
			w->skipped += end - addr;
			return;
		}
	}
}
