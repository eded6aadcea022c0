/* SPDX-License-Identifier: MIT */
/*
 * The record in a target: the descriptor, and from it every block.
 *
 * Knows src/format and nothing of names. What it reads is checked: a size or a
 * caller that cannot be, entries that overlap. Such a block still counts, with
 * its usable size, and is said to be damaged (judge.h). Of a live process no
 * block is put together from what was there at different times.
 */
#ifndef MTR_HEAP_HEAP_H
#define MTR_HEAP_HEAP_H

#include "format/layout.h"
#include "format/trailer.h"
#include "heap/opened.h"
#include "heap/own.h"
#include "target/target.h"

struct mtr_block {
	uint64_t addr;
	uint64_t size;	      /* requested; 0 if damaged */
	uint64_t usable : 48; /* the allocator's, with the trailer */
	uint64_t generation : 7;
	uint64_t freed : 1;   /* state "freed": frees=1 */
	uint64_t damaged : 1; /* the trailer makes no sense */
	uint64_t no_code : 1; /* its caller lies in no code, or no more */
	uint32_t site;	      /* index into .sites */
	uint32_t stack;	      /* id in the depot; 0: none. stacks.h makes
			       * indices of them */
};

/*
 * Among the callers: that of sound blocks for whose caller there was no room.
 * No code lies there.
 */
#define MTR_CALLER_UNKNOWN UINT64_C(1)

MTR_VECTOR(mtr_blocks, struct mtr_block);
MTR_VECTOR(mtr_addresses, uint64_t);

struct mtr_heap {
	struct mtr_descriptor descriptor;
	uint64_t descriptor_addr;
	uint32_t record;	    /* bytes of a trailer */
	struct mtr_blocks blocks;   /* live, by address */
	struct mtr_blocks freed;    /* freed ones whose trailer still fits */
	struct mtr_addresses sites; /* distinct callers; [0] is 0: damaged */
	struct mtr_opened_modules opened;
	struct mtr_own own; /* see mtr_heap_own_ranges */
	uint64_t damaged;   /* blocks */
	uint64_t no_code;   /* blocks whose caller lies in no code: it
			     * was unloaded, or is data now */
	uint64_t conflicts; /* ledger entries inside another block
			     * that were passed over */
	uint64_t lost;	    /* blocks whose trailer is not in the
			     * target (cut off, not dumped); they
			     * count as damaged too */
};

static inline uint64_t mtr_block_end(const struct mtr_block *b)
{
	return b->addr + b->usable;
}

/* The bytes of @b that are neither requested nor its record; not if damaged. */
static inline uint64_t mtr_heap_slack(const struct mtr_heap *heap,
				      const struct mtr_block *b)
{
	return mtr_room(b->usable, heap->record) - b->size;
}

/*
 * An error if the target has no record ("no malloc_tracer record: was it run
 * under libmalloc_tracer.so?"), one of an unknown version, or a program that
 * brings its own malloc. Damage further in warns through the target.
 */
struct mtr_error *mtr_heap_read(struct mtr_target *t, struct mtr_heap *ret);
void mtr_heap_fini(struct mtr_heap *heap);

/*
 * What the library mapped for itself, by address; none of a snapshot. Without a
 * list (heap->own.complete) it is what is known.
 */
static inline const struct mtr_own_ranges *
mtr_heap_own_ranges(const struct mtr_heap *heap)
{
	return &heap->own.list;
}

#endif
