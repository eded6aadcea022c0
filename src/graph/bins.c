/* SPDX-License-Identifier: MIT */
/*
 * See bins.h for the contract.
 */
#include "graph/bins.h"

#include <string.h>

/* libc.so.6, or libc-2.31.so as it was called before. */
static bool is_libc(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash && (strncmp(slash, "/libc.so.", 9) == 0 ||
			 strncmp(slash, "/libc-2.", 8) == 0);
}

struct mtr_bins mtr_bins_find(struct mtr_target *t, const struct mtr_heap *heap)
{
	enum { SEGMENTS = 8 };
	const struct mtr_ranges *v = mtr_target_ranges(t);
	struct mtr_area s[SEGMENTS];

	if (heap->record != MTR_RECORD_SHORT ||
	    !(heap->descriptor.flags & MTR_FLAG_CHUNKS))
		return (struct mtr_bins){ 0 };
	for (size_t i = 0; i < v->n; i++) {
		size_t n = !v->at[i].offset && is_libc(v->at[i].path)
				   ? mtr_target_segments(t, v->at[i].start, s,
							 SEGMENTS)
				   : 0;

		if (n)
			return (struct mtr_bins){ s[0].start, s[n - 1].end };
	}
	return (struct mtr_bins){ 0 };
}
