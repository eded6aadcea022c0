/* SPDX-License-Identifier: MIT */
/*
 * The ledger: a byte for every 16 bytes of address space, in a table of three
 * levels, that says where the live blocks are and how large.
 *
 * Any thread, signal handlers included; no locks and no atomic
 * read-modify-write outside of growing: a live block owns its granules, hence
 * its ledger bytes. Memory comes from the kernel and is never given back.
 * format/layout.h has the shape, format/ledger_code.h the code.
 */
#ifndef MTR_PRELOAD_LEDGER_H
#define MTR_PRELOAD_LEDGER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "format/layout.h"
#include "format/ledger_code.h"
#include "preload/compiler.h"

typedef _Atomic(uint8_t *) mtr_leaf;
typedef _Atomic(mtr_leaf *) mtr_mid;

extern MTR_HIDDEN mtr_mid mtr_ledger_root[1 << MTR_ROOT_BITS];

/*
 * The byte for @addr, or NULL if the ledger does not reach there. Relaxed
 * loads are enough: each depends on the one before, and a table is zeroed
 * memory when its address is stored. mtr_ledger_find_low trusts @addr to be
 * below 2^48.
 */
MTR_INLINE uint8_t *mtr_ledger_find_low(uintptr_t addr)
{
	mtr_leaf *mid;
	uint8_t *leaf;

	mid = atomic_load_explicit(&mtr_ledger_root[mtr_root_index(addr)],
				   memory_order_relaxed);
	if (unlikely(!mid))
		return NULL;
	leaf = atomic_load_explicit(&mid[mtr_mid_index(addr)],
				    memory_order_relaxed);
	if (unlikely(!leaf))
		return NULL;
	return leaf + mtr_leaf_index(addr);
}

MTR_INLINE uint8_t *mtr_ledger_find(uintptr_t addr)
{
	if (unlikely(mtr_root_index(addr) >= 1 << MTR_ROOT_BITS))
		return NULL;
	return mtr_ledger_find_low(addr);
}

/*
 * The same, growing the table. NULL: no memory, or @addr is above 2^48. *drop
 * says which.
 */
uint8_t *mtr_ledger_make(uintptr_t addr, enum mtr_drop *drop);

/* Store an entry. The trailer must have been written before. */
MTR_INLINE void mtr_ledger_mark(uint8_t *at, uint8_t lead, uint64_t usable)
{
	atomic_thread_fence(memory_order_release);
	mtr_ledger_put(at, lead, usable);
}

/*
 * The first live block at or after @addr: its address, and in *at its entry.
 * 0: there is none.
 */
uintptr_t mtr_ledger_next(uintptr_t addr, const uint8_t **at);

/* The live block that starts at or before @addr, likewise. */
uintptr_t mtr_ledger_previous(uintptr_t addr, const uint8_t **at);

#endif
