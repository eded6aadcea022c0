/* SPDX-License-Identifier: MIT */
/*
 * Interning call stacks: format/depot.h has the shape.
 *
 * Any thread, signal handlers included: no locks, memory from the kernel alone,
 * nothing is ever moved or given back.
 */
#ifndef MTR_PRELOAD_DEPOT_H
#define MTR_PRELOAD_DEPOT_H

#include <stdbool.h>
#include <stdint.h>

#include "format/depot.h"
#include "preload/compiler.h"

/* Before the first stack. False: no memory. */
bool mtr_depot_init(void);

/* A frame, and where in the tree it is. */
struct mtr_path {
	uint64_t pc;
	uint64_t hash; /* of all pcs from the root to here */
	uint32_t node;
};

/* The path's beginning. */
MTR_INLINE struct mtr_path mtr_path_root(enum mtr_root root)
{
	return (struct mtr_path){ .hash = root, .node = root };
}

/*
 * The hash of a path is a polynomial in its pcs, the innermost with power 0. So
 * the end of a path can be summed up before its beginning is known.
 */
#define MTR_HASH_BASE UINT64_C(0x9e3779b97f4a7c15)
#define MTR_HASH_PC UINT64_C(0xc2b2ae3d27d4eb4f)

MTR_INLINE uint64_t mtr_path_hash(uint64_t parent, uint64_t pc)
{
	return parent * MTR_HASH_BASE + pc * MTR_HASH_PC;
}

/* The end of a path; of nothing yet: 0 and 1. */
struct mtr_tail {
	uint64_t sum, power;
};

/* @pc is outwards of all that are there. */
MTR_INLINE void mtr_tail_add(struct mtr_tail *t, uint64_t pc)
{
	t->sum += pc * MTR_HASH_PC * t->power;
	t->power *= MTR_HASH_BASE;
}

/* That of the whole path. */
MTR_INLINE uint64_t mtr_tail_hash(const struct mtr_tail *t, uint64_t parent)
{
	return parent * t->power + t->sum;
}

/*
 * Give @p[0] to @p[@n - 1], outermost first, their nodes below @p[-1]'s; pcs
 * and hashes they have. Node 0: the depot is full, or no memory; so is every
 * node below 0.
 */
void mtr_depot_intern(struct mtr_path *p, unsigned int n);

/* A path with @hash will be looked for. */
void mtr_depot_expect(uint64_t hash);

#endif
