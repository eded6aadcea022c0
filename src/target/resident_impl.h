/* SPDX-License-Identifier: MIT */
/*
 * How the pages of a process and of a core are put together. For *_pages.c,
 * resident.c and the tests.
 */
#ifndef MTR_TARGET_RESIDENT_IMPL_H
#define MTR_TARGET_RESIDENT_IMPL_H

#include "target/resident.h"

/* What was listed: by address, none overlap. */
struct mtr_listed {
	uint64_t start, end;
	bool doubtful; /* it may count, or not */
};

MTR_VECTOR(mtr_listing, struct mtr_listed);

/* One more resident area, at or behind the last. False: no memory. */
bool mtr_pages_add(struct mtr_pages *p, uint64_t start, uint64_t end);

/*
 * p->areas: of what is listed in each of p->mappings as much as it has
 * resident, sure ones first, then any. Sets .doubt where that takes a guess.
 */
struct mtr_error *mtr_pages_fit(struct mtr_pages *p,
				const struct mtr_listing *listing);

/*
 * The mappings of a text like /proc/PID/smaps. What makes no sense is left out:
 * they come by address, without overlaps, and none has more than it is large.
 */
struct mtr_error *mtr_smaps_read(const char *text, size_t bytes,
				 struct mtr_mapping_list *ret);

/* Those of process @pid. @scan: by PAGEMAP_SCAN, if this kernel has it. */
struct mtr_error *mtr_live_pages(int pid, bool scan, struct mtr_pages *ret);

#endif
