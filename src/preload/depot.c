/* SPDX-License-Identifier: MIT */
/*
 * Interning call stacks. See depot.h for the contract.
 */
#include "depot.h"

#include <stdatomic.h>
#include <stddef.h>

#include "preload/descriptor.h"
#include "preload/sys.h"

enum { BUCKET_BITS = 18 };

static struct mtr_depot depot = {
	.nodes = MTR_NODE_FIRST,
	.chunk_bits = MTR_CHUNK_NODE_BITS,
};

/* The newest node of each chain; 0: none. */
static _Atomic(_Atomic uint32_t *) buckets;

static void *map_counted(size_t bytes)
{
	void *p = mtr_sys_map(bytes);

	if (p)
		__atomic_fetch_add(&mtr_descriptor.depot_bytes, bytes,
				   __ATOMIC_RELAXED);
	return p;
}

static void unmap_counted(void *p, size_t bytes)
{
	mtr_sys_unmap(p, bytes);
	__atomic_fetch_sub(&mtr_descriptor.depot_bytes, bytes,
			   __ATOMIC_RELAXED);
}

bool mtr_depot_init(void)
{
	const size_t bytes = sizeof(uint32_t) << BUCKET_BITS;
	_Atomic uint32_t *none = NULL, *table;

	if (atomic_load(&buckets))
		return true;
	table = map_counted(bytes);
	if (!table)
		return false;
	if (!atomic_compare_exchange_strong(&buckets, &none, table))
		unmap_counted(table, bytes);
	mtr_descriptor.depot = (uintptr_t)&depot;
	return true;
}

static uint32_t hash(uint32_t parent, uint64_t pc)
{
	uint64_t h = (pc ^ (uint64_t)parent << 40 ^ parent) *
		     UINT64_C(0x9e3779b97f4a7c15);

	return h >> (64 - BUCKET_BITS);
}

static struct mtr_node *node_at(uint32_t id)
{
	uint64_t chunk = __atomic_load_n(
		&depot.chunk[id >> MTR_CHUNK_NODE_BITS], __ATOMIC_RELAXED);

	return (struct mtr_node *)chunk + id % MTR_CHUNK_NODES;
}

static uint32_t find(uint32_t id, uint32_t until, uint32_t parent, uint64_t pc)
{
	while (id != until) {
		const struct mtr_node *node = node_at(id);

		if (node->pc == pc && node->parent == parent)
			return id;
		id = node->link;
	}
	return 0;
}

static bool chunk_make(uint64_t *slot)
{
	const size_t bytes = sizeof(struct mtr_node) * MTR_CHUNK_NODES;
	uint64_t none = 0;
	void *chunk;

	if (__atomic_load_n(slot, __ATOMIC_ACQUIRE))
		return true;
	chunk = map_counted(bytes);
	if (!chunk)
		return false;
	if (!__atomic_compare_exchange_n(slot, &none, (uintptr_t)chunk, false,
					 __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
		unmap_counted(chunk, bytes);
	return true;
}

/* A number that nobody else has, or 0. */
static uint32_t node_create(void)
{
	uint32_t id = __atomic_load_n(&depot.nodes, __ATOMIC_RELAXED);

	do {
		if (id == MTR_NODE_MAX ||
		    !chunk_make(&depot.chunk[id >> MTR_CHUNK_NODE_BITS]))
			return 0;
	} while (!__atomic_compare_exchange_n(&depot.nodes, &id, id + 1, true,
					      __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return id;
}

uint32_t mtr_depot_intern(uint32_t parent, uint64_t pc)
{
	_Atomic uint32_t *bucket;
	uint32_t head, found, id;
	struct mtr_node *node;

	if (parent == 0)
		return 0;
	bucket = &atomic_load_explicit(&buckets,
				       memory_order_relaxed)[hash(parent, pc)];
	head = atomic_load_explicit(bucket, memory_order_acquire);
	found = find(head, 0, parent, pc);
	if (found)
		return found;
	id = node_create();
	if (!id)
		return 0;
	node = node_at(id);
	node->pc = pc;
	node->parent = parent;
	do {
		uint32_t seen = head;

		node->link = head;
		if (atomic_compare_exchange_strong_explicit(
			    bucket, &head, id, memory_order_release,
			    memory_order_acquire))
			return id;
		/* another thread may have put the same one in meanwhile */
		found = find(head, seen, parent, pc);
	} while (!found);
	return found;
}

const struct mtr_node *mtr_depot_node(uint32_t id)
{
	return node_at(id);
}
