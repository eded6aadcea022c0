/* SPDX-License-Identifier: MIT */
/*
 * How much memory the process has altogether, to hold its heap against.
 */
#ifndef MTR_REPORT_RESIDENT_H
#define MTR_REPORT_RESIDENT_H

#include "snapshot/heap_view.h"

struct mtr_resident {
	uint64_t bytes; /* 0: not known */
	bool dumped;	/* what a core has: none of files that were not changed
			 * and, where the file has no holes, pages that were
			 * never touched as well; else what is in memory */
};

/* Of a snapshot that of what it was made of. */
void mtr_resident_find(const struct mtr_heap_view *s, struct mtr_resident *ret);

#endif
