/* SPDX-License-Identifier: MIT */
/*
 * Where the memory is that a process has: each resident byte is put down to one
 * class, so the classes add up to the resident size whatever the input is.
 *
 * A page is in memory as a whole. Free heap on a page with a live block, or
 * with what that needs beside it, cannot be given back while the block lives:
 * it is pinned, and put down to the blocks on that page in proportion to their
 * bytes there.
 */
#ifndef MTR_REPORT_MEMORY_H
#define MTR_REPORT_MEMORY_H

#include "graph/regions.h"
#include "snapshot/heap_view.h"

enum mtr_memory_key {
	MTR_MEMORY_REQUESTED,
	MTR_MEMORY_UNUSED, /* slack, glibc's chunk headers, and all of blocks
			    * whose record is damaged */
	MTR_MEMORY_RECORDS,
	MTR_MEMORY_FREE_PINNED, /* free heap on pages with live blocks */
	MTR_MEMORY_FREE_PAGES,	/* on others */
	MTR_MEMORY_TRACER,
	MTR_MEMORY_DATA,
	MTR_MEMORY_FILES,
	MTR_MEMORY_STACKS,
	MTR_MEMORY_OTHER,
	MTR_MEMORY_KEYS
};

struct mtr_memory_part {
	char *name; /* owned */
	uint64_t bytes;
};

MTR_VECTOR(mtr_memory_parts, struct mtr_memory_part);

enum { MTR_MEMORY_LARGEST = 8 };

/* What is beside the sum. */
enum mtr_beside_key {
	MTR_BESIDE_UNTOUCHED, /* requested, and not in memory */
	MTR_BESIDE_UNDUMPED,  /* could be written to, and not in the core */
	MTR_BESIDE_SWAPPED,
	MTR_BESIDE_HUGE,     /* of the sum, in transparent huge pages */
	MTR_BESIDE_HUGE_TLB, /* in huge pages of the system's pool */
	MTR_BESIDE_KEYS
};

struct mtr_memory {
	uint64_t resident;
	enum mtr_pages_doubt doubt;
	struct {
		uint64_t bytes;
		/* the mappings or modules, threads, tables with the most;
		 * none of what is in the heap */
		struct mtr_memory_parts largest;
	} classes[MTR_MEMORY_KEYS];
	struct {
		uint64_t bytes;
		bool known;
	} beside[MTR_BESIDE_KEYS];
};

/*
 * All that is asked of pages: which are in memory, and what for. .pins of each
 * live block, by its number in heap.blocks: see mtr_memory_pins.
 */
struct mtr_memory_map {
	struct mtr_pages pages;
	struct mtr_regions regions;
	uint32_t *pins;
};

void mtr_memory_map_fini(struct mtr_memory_map *m);

/*
 * The memory that block @i keeps from being given back. With glibc that is more
 * than its own: the header of its chunk before it, and behind it the head of a
 * free chunk, which malloc_trim(3) leaves where it is. No two overlap, unless
 * the blocks do.
 */
struct mtr_area mtr_memory_reach(const struct mtr_heap *heap, size_t i);

struct mtr_error *mtr_memory_make(const struct mtr_heap_view *s,
				  const struct mtr_memory_map *map,
				  struct mtr_memory *ret);
void mtr_memory_fini(struct mtr_memory *m);

/* Find map->pins. Their sum is the pinned class. */
struct mtr_error *mtr_memory_pins(const struct mtr_heap_view *s,
				  struct mtr_memory_map *map);

#define MTR_NO_GROUP UINT32_MAX

/*
 * How many bytes of pages each group of blocks is alone on: @group_of each
 * block, less than @groups or MTR_NO_GROUP. When it ends they can be given
 * back.
 */
void mtr_memory_alone(const struct mtr_heap_view *s,
		      const struct mtr_memory_map *map,
		      const uint32_t *group_of, uint64_t *ret);

/* As members of JSON: "free_pinned", "untouched"; NULL: no such one. */
const char *mtr_memory_key(unsigned key);
const char *mtr_beside_key(unsigned key);

#endif
