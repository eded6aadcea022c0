/* SPDX-License-Identifier: MIT */
/*
 * Interning call stacks. See depot.h for the contract.
 */
#include "preload/depot.h"

#include <stdatomic.h>
#include <stddef.h>

#include "preload/descriptor.h"
#include "preload/memory.h"
#include "preload/objects.h"
#include "preload/sys.h"

enum { BUCKET_BITS = 19 };

static const size_t bucket_bytes = sizeof(uint32_t) << BUCKET_BITS;
static const size_t chunk_bytes = sizeof(struct mtr_node) * MTR_CHUNK_NODES;

/* Huge pages, once there are so many nodes that most look-ups miss the TLB. */
static_assert((sizeof(uint32_t) << BUCKET_BITS) % MTR_SYS_HUGE_PAGE == 0 &&
		      sizeof(struct mtr_node) * MTR_CHUNK_NODES %
				      MTR_SYS_HUGE_PAGE ==
			      0,
	      "whole huge pages");

static struct mtr_depot depot = {
	.nodes = MTR_NODE_CALLERS,
	.chunk_bits = MTR_CHUNK_NODE_BITS,
	.callers = MTR_NODE_FIRST,
};

/*
 * Each bucket has the newest node of a chain, or 0, and above its number a
 * Bloom filter of the chain's nodes, which answers most failed look-ups without
 * walking the chain.
 *
 *   bits: 8 | node: 24
 */
static _Atomic(_Atomic uint32_t *) buckets;

static struct mtr_memory memory = { .map = mtr_sys_map_huge,
				    .kind = MTR_OWN_DEPOT,
				    .bytes = &mtr_descriptor.depot_bytes };

bool mtr_depot_init(void)
{
	_Atomic uint32_t *none = NULL, *table;

	if (atomic_load(&buckets))
		return true;
	table = mtr_memory_map(&memory, bucket_bytes);
	if (!table)
		return false;
	if (!atomic_compare_exchange_strong(&buckets, &none, table))
		mtr_memory_unmap(&memory, table, bucket_bytes);
	mtr_descriptor.depot = (uintptr_t)&depot;
	return true;
}

static _Atomic uint32_t *bucket_of(uint64_t hash)
{
	return &atomic_load_explicit(
		&buckets, memory_order_relaxed)[hash >> (64 - BUCKET_BITS)];
}

/* The bit that every node of @hash sets in its bucket's filter. */
static uint32_t bucket_bit(uint64_t hash)
{
	return UINT32_C(1) << (MTR_NODE_BITS + (hash >> 32) % 8);
}

/* The number in a bucket, or in a node's link. */
static uint32_t link_node(uint32_t link)
{
	return link & (MTR_NODE_MAX - 1);
}

static struct mtr_node *node_at(uint32_t id)
{
	uint64_t chunk = __atomic_load_n(
		&depot.chunk[id >> MTR_CHUNK_NODE_BITS], __ATOMIC_RELAXED);

	MTR_ASSERT(id >= MTR_NODE_FIRST && chunk &&
		   id < __atomic_load_n(id < MTR_NODE_CALLERS ? &depot.callers
							      : &depot.nodes,
					__ATOMIC_RELAXED));
	return (struct mtr_node *)chunk + id % MTR_CHUNK_NODES;
}

/* From node @id on, up to node @until. 0: it is not there. */
static uint32_t find(uint32_t id, uint32_t until, uint32_t parent, uint64_t pc)
{
	while (id != until) {
		const struct mtr_node *node = node_at(id);

		if (node->pc == pc && node->parent == parent)
			return id;
		id = link_node(node->link);
	}
	return 0;
}

/* All that there is, when the second chunk comes; then each chunk by itself. */
static void advise_huge(size_t i, void *chunk)
{
	if (i == 0)
		return;
	mtr_sys_advise_huge(chunk, chunk_bytes);
	if (i > 1)
		return;
	mtr_sys_advise_huge(atomic_load(&buckets), bucket_bytes);
	mtr_sys_advise_huge((void *)depot.chunk[0], chunk_bytes);
}

static bool chunk_make(size_t i)
{
	uint64_t none = 0;
	void *chunk;

	if (__atomic_load_n(&depot.chunk[i], __ATOMIC_ACQUIRE))
		return true;
	chunk = mtr_memory_map(&memory, chunk_bytes);
	if (!chunk)
		return false;
	if (__atomic_compare_exchange_n(&depot.chunk[i], &none,
					(uintptr_t)chunk, false,
					__ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
		advise_huge(i, chunk);
	else
		mtr_memory_unmap(&memory, chunk, chunk_bytes);
	return true;
}

/* The next number of @numbers, which nobody else has; 0: there is none. */
static uint32_t number_next(uint32_t *numbers, uint32_t end)
{
	uint32_t id = __atomic_load_n(numbers, __ATOMIC_RELAXED);

	do {
		if (id == end || !chunk_make(id >> MTR_CHUNK_NODE_BITS))
			return 0;
	} while (!__atomic_compare_exchange_n(numbers, &id, id + 1, true,
					      __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return id;
}

static uint32_t node_create(uint32_t parent)
{
	uint32_t id = 0;

	if (parent == MTR_ROOT_CALLER)
		id = number_next(&depot.callers, MTR_NODE_CALLERS);
	return id ? id : number_next(&depot.nodes, MTR_NODE_MAX);
}

/* What there is to say of the code at @pc. */
static uint32_t node_flags(uint64_t pc)
{
	if (mtr_objects_in_runtime(pc & ~MTR_PC_EXACT))
		return MTR_NODE_RUNTIME;
	return mtr_span_holds(&mtr_objects.linker, pc) ? MTR_NODE_LINKER : 0;
}

/* @p's node, which was not there a moment ago. */
static uint32_t node_intern(const struct mtr_path *p, uint32_t parent)
{
	_Atomic uint32_t *bucket = bucket_of(p->hash);
	uint32_t bit = bucket_bit(p->hash), found = 0, flags, id;
	uint32_t head = atomic_load_explicit(bucket, memory_order_acquire);
	struct mtr_node *node;

	if (head & bit)
		found = find(link_node(head), 0, parent, p->pc);
	if (found || parent == 0)
		return found;
	id = node_create(parent);
	if (!id)
		return 0;
	flags = node_flags(p->pc);
	node = node_at(id);
	node->pc = p->pc;
	node->parent = parent;
	do {
		uint32_t seen = link_node(head);

		node->link = seen | flags;
		if (atomic_compare_exchange_strong_explicit(
			    bucket, &head,
			    id | bit | (head & ~(MTR_NODE_MAX - 1)),
			    memory_order_release, memory_order_acquire))
			return id;
		/* another thread may have put the same one in meanwhile */
		found = find(link_node(head), seen, parent, p->pc);
	} while (!found);
	return found;
}

/*
 * True if the chain from node @id to the root equals the path; then every .node
 * is set.
 */
static bool path_is(struct mtr_path *p, unsigned int n, uint32_t id)
{
	for (struct mtr_path *f = p + n; f-- > p;) {
		const struct mtr_node *node;

		if (id < MTR_NODE_FIRST)
			return false;
		node = node_at(id);
		if (node->pc != f->pc)
			return false;
		f->node = id;
		id = node->parent;
	}
	return id == p[-1].node;
}

/* Look the path up. True: it is in the tree, and every .node is set. */
static bool path_find(struct mtr_path *p, unsigned int n)
{
	uint64_t hash = p[n - 1].hash;
	uint32_t head =
		atomic_load_explicit(bucket_of(hash), memory_order_acquire);

	if (!(head & bucket_bit(hash)))
		return false;
	for (uint32_t id = link_node(head); id;
	     id = link_node(node_at(id)->link))
		if (path_is(p, n, id))
			return true;
	return false;
}

/* Add the path, of which the outer frames may be in the tree already. */
static __attribute__((noinline)) void path_intern(struct mtr_path *p,
						  unsigned int n)
{
	struct mtr_path *next = p + n - 1;

	/* all at once: each bucket is likely a cache miss */
	for (struct mtr_path *f = p; f < next; f++)
		mtr_depot_expect(f->hash);
	while (next > p && !path_find(p, next - p))
		next--;
	for (; next < p + n; next++)
		next->node = node_intern(next, next[-1].node);
}

/*
 * The invariant of a path: each node is a child of the one before, is younger,
 * and is found again by its hash; after a frame without a node there is none.
 */
MTR_INLINE bool path_is_right(const struct mtr_path *p, unsigned int n)
{
	for (const struct mtr_path *f = p; f < p + n; f++) {
		uint32_t head = atomic_load(bucket_of(f->hash));

		if (f->hash != mtr_path_hash(f[-1].hash, f->pc))
			return false;
		if (f->node == 0)
			continue;
		if (f[-1].node == 0 || f[-1].node >= f->node ||
		    node_at(f->node)->parent != f[-1].node ||
		    node_at(f->node)->pc != f->pc ||
		    !(head & bucket_bit(f->hash)) ||
		    !find(link_node(head), 0, f[-1].node, f->pc))
			return false;
	}
	return true;
}

/*
 * Look for the innermost frame first: mostly the whole path is there already,
 * and then only its own nodes are read.
 */
void mtr_depot_intern(struct mtr_path *p, unsigned int n)
{
	if (n > 0 && !path_find(p, n))
		path_intern(p, n);
	MTR_ASSERT(path_is_right(p, n));
}

uint32_t mtr_depot_caller(uint64_t pc)
{
	struct mtr_path path[] = { mtr_path_root(MTR_ROOT_CALLER),
				   { .pc = pc } };

	path[1].hash = mtr_path_hash(path[0].hash, pc);
	return node_intern(&path[1], path[0].node);
}

/* NULL: nobody has been given that number. */
static const struct mtr_node *node_given(uint32_t id)
{
	uint32_t end = __atomic_load_n(id < MTR_NODE_CALLERS ? &depot.callers
							     : &depot.nodes,
				       __ATOMIC_RELAXED);

	return id >= MTR_NODE_FIRST && id < end ? node_at(id) : NULL;
}

uint64_t mtr_depot_answerable(uint32_t id)
{
	const struct mtr_node *node = node_given(id);
	uint64_t first = node ? node->pc & ~MTR_PC_EXACT : 0;
	bool innermost;

	for (; node; node = node_given(node->parent))
		if (mtr_node_answers(node, &innermost))
			return innermost ? first : node->pc & ~MTR_PC_EXACT;
	return first;
}

void mtr_depot_expect(uint64_t hash)
{
	__builtin_prefetch(bucket_of(hash));
}
