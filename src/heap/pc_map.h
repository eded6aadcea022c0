/* SPDX-License-Identifier: MIT */
/*
 * Numbers for code addresses that a target names.
 *
 * A hash table, as long as the addresses are what programs have. Whoever made
 * the file may have chosen them for one hash: what finds no place near its own
 * goes into a tree by the bits of its hash, which no choice makes deeper than
 * 33. So each question takes a bounded time, and the same one in each run.
 */
#ifndef MTR_HEAP_PC_MAP_H
#define MTR_HEAP_PC_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mtr_pc_number {
	uint64_t pc; /* 0: a free place */
	uint32_t number;
};

struct mtr_pc_branch {
	struct mtr_pc_number item;
	uint32_t child[4]; /* 1 + an index; 0: none */
};

/* All zero: empty. */
struct mtr_pc_map {
	struct mtr_pc_number *at;
	size_t n, size; /* .size is a power of two, at least twice .n */
	struct mtr_pc_branch *tree;
	size_t branches, tree_size;
};

/*
 * The place of @pc's number, zero where @pc, which is not 0, was not there:
 * *added. Valid until the next call; NULL: no memory.
 */
uint32_t *mtr_pc_map_at(struct mtr_pc_map *m, uint64_t pc, bool *added);

/* NULL: it is not there. */
const uint32_t *mtr_pc_map_find(struct mtr_pc_map *m, uint64_t pc);

void mtr_pc_map_fini(struct mtr_pc_map *m);

#endif
