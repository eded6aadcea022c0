/* SPDX-License-Identifier: MIT */
/*
 * Which pages of a target are in memory: plain arrays, which a saved snapshot
 * can have as well as a process.
 */
#ifndef MTR_TARGET_RESIDENT_H
#define MTR_TARGET_RESIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vector.h"

struct mtr_area {
	uint64_t start, end; /* [start, end) */
};

MTR_VECTOR(mtr_areas, struct mtr_area);

/* Of one mapping, in bytes. */
struct mtr_mapping_pages {
	uint64_t start, end;
	uint64_t resident, swapped;
	uint64_t huge;	   /* of .resident, in transparent huge pages */
	uint64_t huge_tlb; /* in the system's pool of huge pages, which counts
			    * for nobody's resident size */
};

MTR_VECTOR(mtr_mapping_list, struct mtr_mapping_pages);

/* Why the pages are not exactly those that are in memory. */
enum mtr_pages_doubt {
	MTR_PAGES_EXACT,
	MTR_PAGES_SCALED,   /* the kernel counts fewer, or more, of a mapping
			     * than it lists: which ones is a guess */
	MTR_PAGES_COPIED,   /* a core that the kernel did not write, or that was
			     * copied: what is not all zero is taken */
	MTR_PAGES_UNDUMPED, /* .undumped: whether it was touched nobody says */
	MTR_PAGES_CUT,	    /* a core that is cut off */
	MTR_PAGES_DOUBTS
};

struct mtr_pages {
	struct mtr_areas areas; /* in memory; by address, none overlap or
				 * meet */
	struct mtr_mapping_list mappings; /* by address; of a core none */
	uint64_t resident;		  /* bytes of .areas */
	uint64_t undumped; /* bytes that could be written to and are not in the
			    * core: never touched, or left out (MADV_DONTDUMP,
			    * coredump_filter) */
	uint64_t page;	   /* bytes of one */
	enum mtr_pages_doubt doubt;
};

void mtr_pages_fini(struct mtr_pages *p);

struct mtr_target;

/*
 * Find them out. A live process is to be stopped, or what is counted and what
 * is listed are of two moments. Of a core it is what is no hole in its file,
 * which is exact for one that the kernel wrote and nobody copied, with all that
 * can be written to in it; pages of files that are like the file are not in a
 * core. An error where it is not known.
 */
struct mtr_error *mtr_target_pages(struct mtr_target *t, struct mtr_pages *ret);

/*
 * The sum alone, which costs little, of a process that goes on; 0: not known.
 * Of a core without holes it is all that there is.
 */
uint64_t mtr_target_resident(struct mtr_target *t);

#endif
