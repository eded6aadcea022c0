/* SPDX-License-Identifier: MIT */
/*
 * A table with an end to its chains. See pc_map.h for the contract.
 */
#include "heap/pc_map.h"

#include <stdlib.h>

#include "base/vector.h"

enum { NEAR = 16 }; /* so many places from its own on */

/* Each step can be undone: no two addresses have the same hash. */
static uint64_t hash_of(uint64_t pc)
{
	pc ^= pc >> 32;
	pc *= UINT64_C(0x9e3779b97f4a7c15);
	pc ^= pc >> 29;
	pc *= UINT64_C(0xc2b2ae3d27d4eb4f);
	return pc ^ pc >> 32;
}

/* The place that has @pc, or a free one for it; NULL: neither is near. */
static struct mtr_pc_number *near_place(const struct mtr_pc_map *m, uint64_t pc)
{
	size_t first = hash_of(pc);

	for (size_t i = 0; m->size && i < NEAR; i++) {
		struct mtr_pc_number *at = &m->at[(first + i) & (m->size - 1)];

		if (!at->pc || at->pc == pc)
			return at;
	}
	return NULL;
}

/* What leads to @pc in the tree, or to where it belongs. */
static uint32_t *tree_link(struct mtr_pc_map *m, uint32_t *root, uint64_t pc)
{
	uint64_t hash = hash_of(pc);
	uint32_t *link = root;

	for (; *link && m->tree[*link - 1].item.pc != pc; hash <<= 2)
		link = &m->tree[*link - 1].child[hash >> 62];
	return link;
}

static struct mtr_pc_number *tree_find(struct mtr_pc_map *m, uint64_t pc)
{
	uint32_t root = m->branches > 0, *link = tree_link(m, &root, pc);

	return *link ? &m->tree[*link - 1].item : NULL;
}

static struct mtr_pc_number *tree_add(struct mtr_pc_map *m, uint64_t pc)
{
	uint32_t root = m->branches > 0;
	void *tree = m->tree;

	if (m->branches == UINT32_MAX ||
	    !mtr_vector_reserve(&tree, &m->tree_size, m->branches + 1,
				sizeof(*m->tree)))
		return NULL;
	m->tree = tree;
	m->tree[m->branches] = (struct mtr_pc_branch){ .item = { .pc = pc } };
	*tree_link(m, &root, pc) = m->branches + 1;
	return &m->tree[m->branches++].item;
}

/* Some of what was near may have to move into the tree. */
static bool grow(struct mtr_pc_map *m)
{
	struct mtr_pc_number *old = m->at;
	size_t size = m->size;

	m->at = calloc(size ? size * 2 : 1024, sizeof(*m->at));
	if (!m->at) {
		m->at = old;
		return false;
	}
	m->size = size ? size * 2 : 1024;
	m->n = 0;
	for (size_t i = 0; i < size; i++) {
		struct mtr_pc_number *to;

		if (!old[i].pc)
			continue;
		to = near_place(m, old[i].pc);
		m->n += to != NULL;
		if (!to)
			to = tree_add(m, old[i].pc);
		if (!to) {
			free(old);
			return false;
		}
		*to = old[i];
	}
	free(old);
	return true;
}

static struct mtr_pc_number *find(struct mtr_pc_map *m, uint64_t pc)
{
	struct mtr_pc_number *at = near_place(m, pc);

	if (at && at->pc)
		return at;
	return m->branches ? tree_find(m, pc) : NULL;
}

const uint32_t *mtr_pc_map_find(struct mtr_pc_map *m, uint64_t pc)
{
	const struct mtr_pc_number *at = find(m, pc);

	return at ? &at->number : NULL;
}

uint32_t *mtr_pc_map_at(struct mtr_pc_map *m, uint64_t pc, bool *added)
{
	struct mtr_pc_number *at = find(m, pc);

	*added = !at;
	if (at)
		return &at->number;
	if (m->n * 2 >= m->size && !grow(m))
		return NULL;
	at = near_place(m, pc);
	m->n += at != NULL;
	if (!at)
		at = tree_add(m, pc);
	if (!at)
		return NULL;
	at->pc = pc;
	return &at->number;
}

void mtr_pc_map_fini(struct mtr_pc_map *m)
{
	free(m->at);
	free(m->tree);
	*m = (struct mtr_pc_map){ 0 };
}
