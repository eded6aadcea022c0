/* SPDX-License-Identifier: MIT */
/*
 * Where the heap lies: what belongs to the allocator, block or not. All else is
 * memory of the program, which may hold what it wants.
 *
 * A mapping with a block in it is not all heap: the kernel puts a program's own
 * mappings and large blocks that lie side by side into one. With glibc the
 * chunk's header in front of a block tells: it has a mapping of its own, or is
 * part of an arena's heap of at most 64 MiB, or of the main arena's. Of other
 * allocators no more is known than the mapping, and where jemalloc keeps
 * addresses of its own.
 *
 * What is doubtful is left out, for a word in the heap that is in no block is
 * no pointer that counts.
 */
#ifndef MTR_GRAPH_EXTENTS_H
#define MTR_GRAPH_EXTENTS_H

#include "heap/heap.h"

/* By address, without overlaps. */
struct mtr_error *mtr_extents_find(struct mtr_target *t,
				   const struct mtr_heap *heap,
				   struct mtr_areas *ret);

/* Sort by address; of two that overlap one, or with its neighbour. */
void mtr_areas_join(struct mtr_areas *v);

#endif
