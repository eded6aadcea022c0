/* SPDX-License-Identifier: MIT */
/*
 * The leaves of the ledger: their memory, and who may have it next.
 *
 * A leaf that is made to stay is its range's for good: the fast road writes to
 * it without asking anybody. Where the allocator maps each block by itself a
 * leaf is lent: once nothing is in it, it may go to another range, and memory
 * is needed for the ranges that are in use, not for all that ever were. Nothing
 * of it is given back to the kernel: that would take a system call, where a
 * sandbox may kill for it.
 *
 * What makes that safe:
 *
 *   - Who makes an entry in a lent leaf holds the leaf meanwhile. A leaf is
 *     taken away by one compare-and-swap that fails if anybody held it since
 *     it was found empty.
 *   - Who clears an entry needs no hold: the entry is one until it is cleared,
 *     and nothing is written after that.
 *   - Who reads, and may have no block there, compares mtr_leaf_uses() before
 *     and after; if it changed, the range was empty meanwhile.
 *   - A leaf's memory is never unmapped, so a stale pointer is no fault.
 *
 * Any thread, signal handlers; nobody waits. In the child of a fork a leaf that
 * another thread held is not lent again.
 */
#ifndef MTR_PRELOAD_LEAF_H
#define MTR_PRELOAD_LEAF_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/layout.h"
#include "preload/compiler.h"

/* Leaves that were ever in use at once, or very nearly. */
extern MTR_HIDDEN _Atomic uint32_t mtr_leaf_count;

/* A place for the address of a leaf, in a mid table. */
typedef _Atomic(uint8_t *) mtr_leaf;

/*
 * Leaves are mapped a pool at a time. The heads of a pool are all in one page,
 * its first, which is touched if a leaf is lent:
 *
 *	| head 0 | head 1 | ... |     leaf 0     |     leaf 1     | ...
 *	0                      512          262720           524928
 *
 * A leaf's number in its pool is in its address: pools begin with a page, and
 * from one leaf to the next the place in a page goes up by 64.
 */
struct mtr_leaf_head {
	_Atomic uint64_t state; /* leaf.c */
	_Atomic uint64_t uses;	/* how often it went to another range */
	/* Bit i: an entry was made in the bytes from i * 4096 on. */
	_Atomic uint64_t parts;
	uint8_t *leaf;
	mtr_leaf *slot;		    /* where it is published */
	struct mtr_leaf_head *next; /* of all that were ever lent */
	uint32_t listed;
	_Atomic uint32_t last; /* where the last entry was made: mostly, it is
				* still there if any is */
	uint64_t unused;
};

enum {
	MTR_POOL_LEAVES = 7, /* smaller than a huge page */
	MTR_POOL_HEADS = 512,
	MTR_LEAF_STEP = sizeof(struct mtr_leaf_head),
	MTR_LEAF_ROOM = MTR_LEAF_GRANULES + MTR_LEAF_STEP,
};

static_assert(MTR_POOL_LEAVES * MTR_LEAF_STEP <= MTR_POOL_HEADS &&
		      MTR_POOL_HEADS % MTR_LEAF_STEP == 0,
	      "the heads are in front of the leaves");
static_assert((int)MTR_LEAF_ROOM >= (int)MTR_LEAF_BYTES &&
		      MTR_LEAF_GRANULES % 4096 == 0,
	      "leaves are apart, and a step in a page");

MTR_INLINE struct mtr_leaf_head *mtr_leaf_head(const uint8_t *leaf)
{
	size_t i = ((uintptr_t)leaf % 4096 - MTR_POOL_HEADS) / MTR_LEAF_STEP;
	const uint8_t *pool = leaf - MTR_POOL_HEADS - i * MTR_LEAF_ROOM;

	return (struct mtr_leaf_head *)pool + i;
}

/*
 * The leaf of @slot, made if there is none. NULL: no memory. @stays: it is the
 * range's for good. If not, it is held until mtr_leaf_release(), and may still
 * be one that stays.
 */
uint8_t *mtr_leaf_make(mtr_leaf *slot, bool stays);

void mtr_leaf_release(uint8_t *leaf);

/* An entry is about to be made at byte @i of a leaf that is held. */
void mtr_leaf_note(uint8_t *leaf, size_t i);

/* False, once it was so, for good: if it is in its slot. */
bool mtr_leaf_is_lent(const uint8_t *leaf);

MTR_INLINE uint64_t mtr_leaf_uses(const uint8_t *leaf)
{
	return atomic_load(&mtr_leaf_head(leaf)->uses);
}

#endif
