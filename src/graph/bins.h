/* SPDX-License-Identifier: MIT */
/*
 * What glibc's allocator itself points to.
 *
 * Its main arena lies among libc's variables, and its bins name free chunks by
 * an address that is 8 bytes before the chunk's end: the last word of the block
 * in front, which is the record. Where the record has but these 8 bytes, that
 * is one past the end of what was asked for as well, if it fits exactly. From
 * there such a pointer says nothing.
 */
#ifndef MTR_GRAPH_BINS_H
#define MTR_GRAPH_BINS_H

#include "heap/heap.h"

struct mtr_bins {
	uint64_t start, end; /* libc's variables; 0: nothing has to be known */
};

struct mtr_bins mtr_bins_find(struct mtr_target *t,
			      const struct mtr_heap *heap);

/* Is the word @value at @addr, which points to @b, no more than that? */
static inline bool mtr_bins_has(const struct mtr_bins *bins, uint64_t addr,
				uint64_t value, const struct mtr_block *b)
{
	return addr >= bins->start && addr < bins->end &&
	       value == b->addr + b->usable - MTR_RECORD_SHORT;
}

#endif
