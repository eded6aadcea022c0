/* SPDX-License-Identifier: MIT */
/*
 * What has to be known to judge a report: memory that malloc does not see, and
 * blocks in which somebody keeps many more.
 */
#ifndef MTR_REPORT_NOTES_H
#define MTR_REPORT_NOTES_H

#include "report/resident.h"
#include "report/tally.h"

/* An allocator above malloc. */
struct mtr_pool {
	const char *what;   /* "CPython's objects" */
	const char *where;  /* "in arenas of its own" */
	const char *advice; /* how to see them after all; NULL: none */
	bool hidden;	    /* its memory does not come from malloc */
};

struct mtr_found_pool {
	const struct mtr_pool *pool;
	struct mtr_sum sum; /* of the blocks that it has; 0 if .hidden */
};

enum { MTR_POOLS_MAX = 16 };

struct mtr_notes {
	struct mtr_resident resident;
	struct mtr_sum live; /* all blocks, whatever a report is about */
	struct mtr_found_pool pools[MTR_POOLS_MAX];
	size_t n; /* of .pools */
};

/*
 * Only what is certain, by the functions and modules that ask for memory; so
 * there is nothing where names are missing.
 */
struct mtr_error *mtr_notes_make(const struct mtr_heap_view *s,
				 const struct mtr_tally *t,
				 struct mtr_notes *ret);

#endif
