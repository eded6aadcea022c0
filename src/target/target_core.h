/* SPDX-License-Identifier: MIT */
/*
 * What the parts of a core's reading share: target_core.c opens it and reads
 * memory, core_segments.c makes ranges of the program headers, core_notes.c
 * reads the notes.
 *
 * The file is mapped and read in place, by hand: it may be hundreds of
 * gigabytes, cut off anywhere, or made up by somebody. Every offset and count
 * is held against the size of the file before it is followed.
 */
#ifndef MTR_TARGET_TARGET_CORE_H
#define MTR_TARGET_TARGET_CORE_H

#include "target/core_header.h"
#include "target/target_impl.h"

/* What a PT_LOAD says, and how much of it the file has. */
struct segment {
	uint64_t start, end;
	uint64_t have;	 /* end of what is in the file */
	uint64_t offset; /* of @start in the file */
	int prot;
};

/* Dumped memory that is one piece in the file, too. */
struct extent {
	uint64_t start, end;
	const unsigned char *at;
};

/* What NT_FILE says. */
struct mapping {
	uint64_t start, end, offset;
	const char *path; /* NULL: anonymous */
};

MTR_VECTOR(segments, struct segment);
MTR_VECTOR(extents, struct extent);
MTR_VECTOR(mappings, struct mapping);

struct core {
	struct mtr_target target;
	struct segments segments;
	struct extents extents;
	struct mappings mappings;
	const struct extent *last; /* where the last look-up ended */
	bool by_kernel;		   /* it looks as if the kernel wrote it */
	bool cut;		   /* not all of it is there */
};

/* What was found wrong on the way, to be said once each. */
struct damage {
	uint64_t unclaimed;	    /* bytes of the file: see mtr_core_claim */
	uint64_t promised, missing; /* bytes of dumped memory */
	uint64_t impossible;	    /* segments that cannot be */
	uint64_t overlaps;
	uint64_t notes;
	uint64_t mappings;
};

static inline struct core *core_of(struct mtr_target *t)
{
	return (struct core *)t;
}

/*
 * How many of @bytes at @offset are in the file. All that is claimed adds up to
 * twice the file at the most, which forgives a damaged header or two: if
 * thousands of segments could be the same megabyte, a small file would need the
 * time and the memory of a huge one.
 */
uint64_t mtr_core_claim(const struct core *c, uint64_t offset, uint64_t bytes,
			struct damage *d);

/* .segments and .extents, from the program headers. */
struct mtr_error *mtr_core_segments_read(struct core *c,
					 const struct mtr_phdrs *p,
					 struct damage *d);

/* .mappings, the auxiliary vector and what else the notes have. */
struct mtr_error *mtr_core_notes_read(struct core *c, const struct mtr_phdrs *p,
				      struct damage *d);

/* .mappings by what the dynamic linker knew, where the notes have none. */
struct mtr_error *mtr_core_modules_find(struct core *c);

/* By address; what overlaps is left out, and counted. */
void mtr_core_mappings_sort(struct core *c, struct damage *d);

/* Where in the file @e begins. */
static inline uint64_t mtr_core_offset(const struct core *c,
				       const struct extent *e)
{
	return e->at - c->target.map.at;
}

/*
 * The next place in the file from @from on of that kind, SEEK_DATA or
 * SEEK_HOLE, before @end; @end: there is none.
 */
uint64_t mtr_core_next(struct mtr_target *t, uint64_t from, uint64_t end,
		       int whence);

/* See mtr_target_resident and mtr_target_pages. */
uint64_t mtr_core_resident(struct mtr_target *t);
struct mtr_error *mtr_core_pages(struct mtr_target *t, struct mtr_pages *ret);

/* The target's ranges, from .segments and .mappings. */
struct mtr_error *mtr_core_ranges_make(struct core *c);

#endif
