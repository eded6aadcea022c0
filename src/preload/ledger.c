/* SPDX-License-Identifier: MIT */
/*
 * The ledger's growing and walking. See ledger.h for the contract.
 */
#include "preload/ledger.h"

#include <stdbool.h>
#include <string.h>

#include "preload/descriptor.h"
#include "preload/memory.h"
#include "preload/sys.h"

enum { MID_BYTES = sizeof(mtr_leaf) << MTR_MID_BITS };

/* The tag of a slot that is being filled, or never will be. */
#define HINT_TAKEN UINTPTR_MAX

mtr_mid mtr_ledger_root[1 << MTR_ROOT_BITS];
/* The tag of an empty slot is 0, which the lowest 4 MiB have too. */
struct mtr_hint mtr_ledger_hints[1 << MTR_HINT_BITS] = {
	[0] = { .tag = HINT_TAKEN },
};

static struct mtr_memory memory = { .map = mtr_sys_map_small,
				    .kind = MTR_OWN_LEDGER,
				    .bytes = &mtr_descriptor.ledger_bytes };

static mtr_leaf *mid_make(mtr_mid *slot, bool stays)
{
	mtr_leaf *mid = atomic_load(slot), *none = NULL;

	if (mid)
		return mid;
	mid = stays ? mtr_memory_map(&memory, MID_BYTES)
		    : mtr_memory_map_anyway(&memory, MID_BYTES);
	if (!mid || atomic_compare_exchange_strong(slot, &none, mid))
		return mid;
	mtr_memory_unmap(&memory, mid, MID_BYTES);
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
 * Where the address of @addr's leaf stands, or NULL. A relaxed load is enough:
 * what is loaded through it depends on it, and a table is zeroed memory when
 * its address is stored.
 */
static mtr_leaf *slot_find(uintptr_t addr)
{
	mtr_leaf *mid;

	if (mtr_root_index(addr) >= 1 << MTR_ROOT_BITS)
		return NULL;
	mid = atomic_load_explicit(&mtr_ledger_root[mtr_root_index(addr)],
				   memory_order_relaxed);
	return mid ? &mid[mtr_mid_index(addr)] : NULL;
}

uint8_t *mtr_ledger_find(uintptr_t addr)
{
	mtr_leaf *slot;
	uint8_t *leaf;

	addr = mtr_untag(addr);
	slot = slot_find(addr);
	leaf = slot ? atomic_load_explicit(slot, memory_order_relaxed) : NULL;
	return leaf ? leaf + mtr_leaf_index(addr) : NULL;
}

/* A leaf that is another range's by now may stay there. */
uint8_t *mtr_ledger_find_staying(uintptr_t addr)
{
	mtr_leaf *slot;
	uint8_t *leaf;

	addr = mtr_untag(addr);
	slot = slot_find(addr);
	leaf = slot ? atomic_load(slot) : NULL;
	if (!leaf || mtr_leaf_is_lent(leaf) || atomic_load(slot) != leaf)
		return NULL;
	return leaf + mtr_leaf_index(addr);
}

/* A look at a leaf, and whether it was @slot's all the time. */
struct look {
	mtr_leaf *slot;
	uint8_t *leaf; /* NULL: there is none */
	uint64_t uses;
};

static struct look look_begin(uintptr_t addr)
{
	struct look l = { .slot = slot_find(addr) };

	l.leaf = l.slot ? atomic_load(l.slot) : NULL;
	if (!l.leaf)
		return l;
	l.uses = mtr_leaf_uses(l.leaf);
	if (atomic_load(l.slot) != l.leaf)
		l.leaf = NULL;
	return l;
}

static bool look_end(const struct look *l)
{
	atomic_thread_fence(memory_order_acquire);
	return mtr_leaf_uses(l->leaf) == l->uses;
}

uint8_t *mtr_ledger_find_entry(uintptr_t addr)
{
	struct look l;
	uint8_t *at;

	addr = mtr_untag(addr);
	l = look_begin(addr);
	if (!l.leaf)
		return NULL;
	at = l.leaf + mtr_leaf_index(addr);
	return mtr_is_lead(*at) && look_end(&l) ? at : NULL;
}

uint64_t mtr_ledger_load(uintptr_t addr)
{
	struct look l;
	const uint8_t *at;
	uint64_t entry;

	addr = mtr_untag(addr);
	l = look_begin(addr);
	if (!l.leaf)
		return 0;
	at = l.leaf + mtr_leaf_index(addr);
	entry = mtr_ledger_usable(at, MTR_ENTRY_LARGE) | (uint64_t)*at << 56;
	return mtr_is_lead(entry >> 56) && look_end(&l) ? entry : 0;
}

static uint8_t *leaf_make(uintptr_t addr, bool stays, enum mtr_drop *drop)
{
	mtr_leaf *mid;

	*drop = MTR_DROP_HIGH;
	if (mtr_root_index(addr) >> MTR_ROOT_BITS)
		return NULL;
	*drop = MTR_DROP_LEDGER;
	mid = mid_make(&mtr_ledger_root[mtr_root_index(addr)], stays);
	return mid ? mtr_leaf_make(&mid[mtr_mid_index(addr)], stays) : NULL;
}

MTR_COLD uint8_t *mtr_ledger_make(uintptr_t addr, enum mtr_drop *drop)
{
	uint8_t *leaf;

	addr = mtr_untag(addr);
	leaf = leaf_make(addr, true, drop);
	if (!leaf)
		return NULL;
	hint_set(addr, leaf);
	MTR_ASSERT(mtr_ledger_find(addr) == leaf + mtr_leaf_index(addr));
	return leaf + mtr_leaf_index(addr);
}

MTR_COLD uint8_t *mtr_ledger_lend(uintptr_t addr, enum mtr_drop *drop)
{
	uint8_t *leaf;

	addr = mtr_untag(addr);
	leaf = leaf_make(addr, false, drop);
	if (!leaf)
		return NULL;
	mtr_leaf_note(leaf, mtr_leaf_index(addr));
	return leaf + mtr_leaf_index(addr);
}

MTR_COLD void mtr_ledger_settle(uint8_t *at, uintptr_t addr)
{
	mtr_leaf_release(at - mtr_leaf_index(mtr_untag(addr)));
}

/* The first address that a table entry @bits wide after @addr's speaks for. */
static uintptr_t align_next(uintptr_t addr, int bits)
{
	return ((addr >> bits) + 1) << bits;
}

static uintptr_t leaf_next(const uint8_t *leaf, uintptr_t addr)
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
			addr &= -((uintptr_t)1 << MTR_LEAF_BITS);
			return addr + i * MTR_GRANULE;
		}
		i++;
	}
	return 0;
}

uintptr_t mtr_ledger_next(uintptr_t addr)
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
		found = leaf ? leaf_next(leaf, addr) : 0;
		if (found)
			return found;
		addr = align_next(addr, MTR_LEAF_BITS);
	}
	return 0;
}

uintptr_t mtr_ledger_previous(uintptr_t addr)
{
	addr = mtr_untag(addr) & -(uintptr_t)MTR_GRANULE;
	if (mtr_root_index(addr) >> MTR_ROOT_BITS)
		return 0;
	for (;;) {
		const uint8_t *byte = mtr_ledger_find(addr);
		int bits = MTR_GRANULE_BITS;

		if (byte && mtr_is_live(*byte) &&
		    mtr_ledger_find_entry(addr) == byte)
			return addr;
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
