/* SPDX-License-Identifier: MIT */
/*
 * The roots: all memory that is no live block, in pieces, each with its place.
 *
 * What lies in a sure place holds what it points to. A doubtful one has what
 * nobody reads any more: the heap outside of blocks, the stacks of threads that
 * have ended, what is below a stack pointer. The registers of threads are sure,
 * and lie nowhere.
 *
 * The library's own tables are no roots, to the byte.
 */
#ifndef MTR_GRAPH_ROOTS_H
#define MTR_GRAPH_ROOTS_H

#include "heap/heap.h"

enum mtr_place {
	MTR_PLACE_REGISTERS, /* of a thread */
	MTR_PLACE_STACK,     /* of a thread, in use; its thread-local storage
			      * with it */
	MTR_PLACE_DATA,	     /* a module's variables */
	MTR_PLACE_MAPPING,   /* any other memory */
	/* doubtful from here on */
	MTR_PLACE_BELOW, /* a thread's stack, beyond its stack pointer */
	MTR_PLACE_ENDED, /* the stack of a thread that has ended */
	MTR_PLACE_HEAP,	 /* outside of live blocks */
};

static inline bool mtr_place_is_sure(enum mtr_place place)
{
	return place < MTR_PLACE_BELOW;
}

struct mtr_root_area {
	uint64_t start, end;
	enum mtr_place place;
	uint32_t thread; /* its number in the list of threads, or 0 */
};

MTR_VECTOR(mtr_root_list, struct mtr_root_area);

struct mtr_roots {
	struct mtr_root_list list; /* by address, without overlaps; of
				    * MTR_PLACE_HEAP live blocks as well */
	const struct mtr_threads *threads;
};

/*
 * @t is stopped, or does not run. Of a live process, files that it has mapped
 * and cannot write to are left out: they would have to be read from disk.
 */
struct mtr_error *mtr_roots_find(struct mtr_target *t,
				 const struct mtr_heap *heap,
				 struct mtr_roots *ret);
void mtr_roots_fini(struct mtr_roots *r);

/* The one that @addr lies in, or NULL. */
const struct mtr_root_area *mtr_roots_at(const struct mtr_roots *r,
					 uint64_t addr);

#endif
