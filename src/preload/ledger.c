/* SPDX-License-Identifier: MIT */
/*
 * The ledger's growing and walking. See ledger.h for the contract.
 */
#include "preload/ledger.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "preload/descriptor.h"
#include "preload/memory.h"
#include "preload/sys.h"

enum {
	MID_BYTES = sizeof(mtr_leaf) << MTR_MID_BITS,
	/* Leaves are mapped some at a time: one by one, their spare bytes
	 * would cost a page each. A small program shall not pay for many,
	 * where address space is limited or memory locked: a pool is as large
	 * as what was there before. */
	POOL_LEAVES_MIN = 2,
	POOL_LEAVES = 15,
	POOL_LEFT_MASK = 15,
};

/* The tag of a slot that is being filled, or never will be. */
#define HINT_TAKEN UINTPTR_MAX

static_assert(POOL_LEAVES - 1 <= POOL_LEFT_MASK && MTR_LEAF_BYTES % 16 == 0,
	      "the count fits the low bits of a leaf's address");

mtr_mid mtr_ledger_root[1 << MTR_ROOT_BITS];
/* The tag of an empty slot is 0, which the lowest 4 MiB have too. */
struct mtr_hint mtr_ledger_hints[1 << MTR_HINT_BITS] = {
	[0] = { .tag = HINT_TAKEN },
};

/* The next free leaf of the pool; its low bits count how many there are. */
static _Atomic uintptr_t pool;

static struct mtr_memory memory = { .map = mtr_sys_map,
				    .kind = MTR_OWN_LEDGER,
				    .bytes = &mtr_descriptor.ledger_bytes };

static size_t pool_leaves(void)
{
	size_t n = __atomic_load_n(&mtr_descriptor.ledger_bytes,
				   __ATOMIC_RELAXED) /
		   MTR_LEAF_BYTES;

	if (n < POOL_LEAVES_MIN)
		return POOL_LEAVES_MIN;
	return n < POOL_LEAVES ? n : POOL_LEAVES;
}

static uint8_t *leaf_map_pool(uintptr_t empty)
{
	size_t leaves = pool_leaves();
	size_t bytes = leaves * MTR_LEAF_BYTES;
	uint8_t *first = mtr_memory_map(&memory, bytes);
	uintptr_t rest;

	if (!first)
		return NULL;
	rest = ((uintptr_t)first + MTR_LEAF_BYTES) | (leaves - 1);
	if (atomic_compare_exchange_strong(&pool, &empty, rest))
		return first;
	mtr_memory_unmap(&memory, first, bytes);
	return NULL;
}

static uint8_t *leaf_create(void)
{
	uintptr_t next = atomic_load(&pool);

	for (;;) {
		uintptr_t left = next & POOL_LEFT_MASK;

		if (!left) {
			uint8_t *leaf = leaf_map_pool(next);
			uintptr_t now = atomic_load(&pool);

			if (leaf || now == next)
				return leaf;
			next = now;
		} else if (atomic_compare_exchange_weak(
				   &pool, &next, next + MTR_LEAF_BYTES - 1)) {
			return (uint8_t *)(next - left);
		}
	}
}

static mtr_leaf *mid_make(mtr_mid *slot)
{
	mtr_leaf *mid = atomic_load(slot), *none = NULL;

	if (mid)
		return mid;
	mid = mtr_memory_map(&memory, MID_BYTES);
	if (!mid || atomic_compare_exchange_strong(slot, &none, mid))
		return mid;
	mtr_memory_unmap(&memory, mid, MID_BYTES);
	return none;
}

/* Of two threads that race here one's leaf stays unused: 260 KB, untouched. */
static uint8_t *leaf_make(mtr_leaf *slot)
{
	uint8_t *leaf = atomic_load(slot), *none = NULL;

	if (leaf)
		return leaf;
	leaf = leaf_create();
	if (!leaf || atomic_compare_exchange_strong(slot, &none, leaf))
		return leaf;
	return none;
}

/* Take the slot for @addr's leaf, unless another leaf has it. */
static void hint_set(uintptr_t addr, uint8_t *leaf)
{
	struct mtr_hint *hint = (struct mtr_hint *)mtr_hint_for(addr);
	uintptr_t tag = addr >> MTR_LEAF_BITS, empty = 0;

	if (!__atomic_compare_exchange_n(&hint->tag, &empty, HINT_TAKEN, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	MTR_ASSERT(hint->bias == 0);
	hint->bias = (uintptr_t)leaf - tag * MTR_LEAF_GRANULES;
	__atomic_store_n(&hint->tag, tag, __ATOMIC_RELEASE);
}

/*
 * Relaxed loads are enough: each depends on the one before, and a table is
 * zeroed memory when its address is stored.
 */
uint8_t *mtr_ledger_find(uintptr_t addr)
{
	mtr_leaf *mid;
	uint8_t *leaf;

	addr = mtr_untag(addr);
	if (mtr_root_index(addr) >= 1 << MTR_ROOT_BITS)
		return NULL;
	mid = atomic_load_explicit(&mtr_ledger_root[mtr_root_index(addr)],
				   memory_order_relaxed);
	if (!mid)
		return NULL;
	leaf = atomic_load_explicit(&mid[mtr_mid_index(addr)],
				    memory_order_relaxed);
	if (!leaf)
		return NULL;
	return leaf + mtr_leaf_index(addr);
}

MTR_COLD uint8_t *mtr_ledger_make(uintptr_t addr, enum mtr_drop *drop)
{
	mtr_leaf *mid;
	uint8_t *leaf;

	addr = mtr_untag(addr);
	*drop = MTR_DROP_HIGH;
	if (mtr_root_index(addr) >> MTR_ROOT_BITS)
		return NULL;
	*drop = MTR_DROP_LEDGER;
	mid = mid_make(&mtr_ledger_root[mtr_root_index(addr)]);
	if (!mid)
		return NULL;
	leaf = leaf_make(&mid[mtr_mid_index(addr)]);
	if (!leaf)
		return NULL;
	hint_set(addr, leaf);
	MTR_ASSERT(mtr_ledger_find(addr) == leaf + mtr_leaf_index(addr));
	return leaf + mtr_leaf_index(addr);
}

/* The first address that a table entry @bits wide after @addr's speaks for. */
static uintptr_t align_next(uintptr_t addr, int bits)
{
	return ((addr >> bits) + 1) << bits;
}

static uintptr_t leaf_next(const uint8_t *leaf, uintptr_t addr,
			   const uint8_t **at)
{
	const uint64_t leads = UINT64_C(0x8080808080808080);
	size_t i = mtr_leaf_index(addr);

	while (i < MTR_LEAF_GRANULES) {
		uint64_t eight;

		if (i % 8 == 0) {
			memcpy(&eight, leaf + i, sizeof(eight));
			if (!(eight & leads)) {
				i += 8;
				continue;
			}
		}
		if (mtr_is_live(leaf[i])) {
			*at = leaf + i;
			addr &= -((uintptr_t)1 << MTR_LEAF_BITS);
			return addr + i * MTR_GRANULE;
		}
		i++;
	}
	return 0;
}

uintptr_t mtr_ledger_next(uintptr_t addr, const uint8_t **at)
{
	addr = (mtr_untag(addr) + MTR_GRANULE - 1) & -(uintptr_t)MTR_GRANULE;
	while (!(mtr_root_index(addr) >> MTR_ROOT_BITS)) {
		mtr_leaf *mid = mtr_ledger_root[mtr_root_index(addr)];
		uint8_t *leaf;
		uintptr_t found;

		if (!mid) {
			addr = align_next(addr, MTR_LEAF_BITS + MTR_MID_BITS);
			continue;
		}
		leaf = mid[mtr_mid_index(addr)];
		found = leaf ? leaf_next(leaf, addr, at) : 0;
		if (found)
			return found;
		addr = align_next(addr, MTR_LEAF_BITS);
	}
	return 0;
}

uintptr_t mtr_ledger_previous(uintptr_t addr, const uint8_t **at)
{
	addr = mtr_untag(addr) & -(uintptr_t)MTR_GRANULE;
	if (mtr_root_index(addr) >> MTR_ROOT_BITS)
		return 0;
	for (;;) {
		const uint8_t *byte = mtr_ledger_find(addr);
		int bits = MTR_GRANULE_BITS;

		if (byte && mtr_is_live(*byte)) {
			*at = byte;
			return addr;
		}
		if (!byte)
			bits = mtr_ledger_root[mtr_root_index(addr)]
				       ? MTR_LEAF_BITS
				       : MTR_LEAF_BITS + MTR_MID_BITS;
		addr = addr >> bits << bits;
		if (addr < MTR_GRANULE)
			return 0;
		addr -= MTR_GRANULE;
	}
}
