/* SPDX-License-Identifier: MIT */
/*
 * From an address to what lies there, where things may overlap: of several the
 * one that begins last. Made once, in n log n, and asked in log n, whatever the
 * overlaps: a file may say that all of its functions lie in one place.
 */
#ifndef MTR_SYMBOLS_SPANS_H
#define MTR_SYMBOLS_SPANS_H

#include "base/vector.h"

struct mtr_extent {
	uint64_t start, end;
	size_t item; /* the caller's */
};

MTR_VECTOR(mtr_extents, struct mtr_extent);

/* Up to where the next one begins. */
struct mtr_span {
	uint64_t start;
	size_t item; /* MTR_SPAN_NONE: nothing is there */
};

static const size_t MTR_SPAN_NONE = SIZE_MAX;

MTR_VECTOR(mtr_spans, struct mtr_span);

/*
 * Append the spans of @from to @ret. Of two that begin at one address the
 * shorter counts, then the one with the greater item. Sorts @from. False: no
 * memory.
 */
bool mtr_spans_make(struct mtr_extents *from, struct mtr_spans *ret);

/* The item at @addr, or MTR_SPAN_NONE. */
size_t mtr_spans_find(const struct mtr_span *spans, size_t n, uint64_t addr);

#endif
