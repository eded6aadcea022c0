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

/* A frame, and its node in the tree. */
struct mtr_path {
	uint64_t pc;
	uint64_t hash; /* of all pcs from the root to here */
	uint32_t node;
};

/* What comes before the outermost frame of a path. */
MTR_INLINE struct mtr_path mtr_path_root(enum mtr_root root)
{
	return (struct mtr_path){ .hash = root, .node = root };
}

/*
 * The hash of a path is a polynomial in its pcs, the innermost with power 0. So
 * the inner frames can be hashed before the outer ones are known.
 */
#define MTR_HASH_BASE UINT64_C(0x9e3779b97f4a7c15)
#define MTR_HASH_PC UINT64_C(0xc2b2ae3d27d4eb4f)

MTR_INLINE uint64_t mtr_path_hash(uint64_t parent, uint64_t pc)
{
	return parent * MTR_HASH_BASE + pc * MTR_HASH_PC;
}

/* The inner frames of a path, hashed; none yet: { 0, 1 }. */
struct mtr_tail {
	uint64_t sum, power;
};

/* Add @pc, which is outwards of all frames so far. */
MTR_INLINE void mtr_tail_add(struct mtr_tail *t, uint64_t pc)
{
	t->sum += pc * MTR_HASH_PC * t->power;
	t->power *= MTR_HASH_BASE;
}

/* The hash of the whole path, if that of the outer frames is @parent. */
MTR_INLINE uint64_t mtr_tail_hash(const struct mtr_tail *t, uint64_t parent)
{
	return parent * t->power + t->sum;
}

/*
 * Set .node of @p[0] to @p[@n - 1], outermost first, whose .pc and .hash are
 * set; p[-1] is their parent. Node 0: the depot is full, or there is no memory;
 * the children of node 0 are 0, too.
 */
void mtr_depot_intern(struct mtr_path *p, unsigned int n);

/* The number of the stack that is the caller @pc alone; 0: no room. */
uint32_t mtr_depot_caller(uint64_t pc);

/*
 * Who answers for the blocks of stack @id, as format/depot.h has it; 0: there
 * is no such stack. @id may be anything.
 */
uint64_t mtr_depot_answerable(uint32_t id);

/* Prefetch: a path with @hash will be looked up. */
void mtr_depot_expect(uint64_t hash);

#endif
