/* SPDX-License-Identifier: MIT */
/*
 * How much memory the process has altogether, to hold its heap against.
 */
#ifndef MTR_REPORT_RESIDENT_H
#define MTR_REPORT_RESIDENT_H

#include "snapshot/heap_view.h"

enum mtr_resident_kind {
	MTR_RESIDENT_UNKNOWN,
	MTR_RESIDENT_PAGES, /* what the process has in memory */
	MTR_RESIDENT_DUMPED /* what is in its core: untouched pages, too, and
			     * none of files that were not changed */
};

struct mtr_resident {
	enum mtr_resident_kind kind;
	uint64_t bytes;
};

void mtr_resident_find(const struct mtr_heap_view *s, struct mtr_resident *ret);

#endif
