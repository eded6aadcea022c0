/* SPDX-License-Identifier: MIT */
/*
 * What each piece of the address space is for, to put pages down to it: the
 * heap, what the library has for itself, modules' variables, stacks, files, and
 * other memory. No contents are looked at, so it is cheap.
 */
#ifndef MTR_GRAPH_REGIONS_H
#define MTR_GRAPH_REGIONS_H

#include "heap/heap.h"

enum mtr_region_kind {
	MTR_REGION_HEAP, /* the allocator's, live blocks or not */
	MTR_REGION_TRACER,
	MTR_REGION_DATA, /* a module's variables */
	MTR_REGION_FILE,
	MTR_REGION_STACK,
	MTR_REGION_OTHER,
};

struct mtr_region {
	uint64_t start, end;
	enum mtr_region_kind kind;
	const char *name; /* of its mapping: a path, "[vdso]"; NULL: none */
	uint32_t number;  /* of a stack: its thread's; of the tracer: enum
			   * mtr_own_kind */
};

/* By address, without overlaps: all that the target says is mapped. */
MTR_VECTOR(mtr_regions, struct mtr_region);

/*
 * @t is stopped, or does not run. Where it does not tell of threads no stack is
 * known but the first one, which is warned about. Names are @t's.
 */
struct mtr_error *mtr_regions_find(struct mtr_target *t,
				   const struct mtr_heap *heap,
				   struct mtr_regions *ret);

#endif
