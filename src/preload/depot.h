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

MTR_INLINE uint64_t mtr_path_hash(uint64_t parent, uint64_t pc)
{
	uint64_t h = (parent ^ pc) * UINT64_C(0x9e3779b97f4a7c15);

	return h ^ h >> 29;
}

/*
 * Give @p[0] to @p[@n - 1], outermost first, their nodes below @p[-1]'s; pcs
 * and hashes they have. Node 0: the depot is full, or no memory; so is every
 * node below 0.
 */
void mtr_depot_intern(struct mtr_path *p, unsigned int n);

/* A path that ends with @hash will be looked for. */
void mtr_depot_expect(uint64_t hash);

#endif
