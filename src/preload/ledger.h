/* SPDX-License-Identifier: MIT */
/*
 * The ledger: a byte for every 16 bytes of address space, in a table of three
 * levels, that says where the live blocks are and how large.
 *
 * Any thread, signal handlers included; no locks and no atomic
 * read-modify-write outside of growing: a live block owns its granules, hence
 * its ledger bytes. Addresses may have tags; those that come back have none.
 * Memory comes from the kernel and is never given back; leaf.h says what of it
 * is used again. format/layout.h has the shape, format/ledger_code.h the code.
 */
#ifndef MTR_PRELOAD_LEDGER_H
#define MTR_PRELOAD_LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/layout.h"
#include "format/ledger_code.h"
#include "preload/compiler.h"
#include "preload/leaf.h"

typedef _Atomic(mtr_leaf *) mtr_mid;

extern MTR_HIDDEN mtr_mid mtr_ledger_root[1 << MTR_ROOT_BITS];

/*
 * A short way to the leaves that stay. A slot is filled once and for all, .bias
 * before .tag, so that whoever sees the tag sees its bias; of two leaves that
 * meet in a slot the later one is found through the table.
 */
enum { MTR_HINT_BITS = 12 };

struct mtr_hint {
	uintptr_t tag;	/* address >> MTR_LEAF_BITS */
	uintptr_t bias; /* + (address >> MTR_GRANULE_BITS): its byte */
};

extern MTR_HIDDEN struct mtr_hint mtr_ledger_hints[1 << MTR_HINT_BITS];

MTR_INLINE const struct mtr_hint *mtr_hint_for(uintptr_t addr)
{
	return &mtr_ledger_hints[addr >> MTR_LEAF_BITS &
				 ((1 << MTR_HINT_BITS) - 1)];
}

MTR_INLINE bool mtr_hint_covers(const struct mtr_hint *hint, uintptr_t addr)
{
	return mtr_load_published(&hint->tag) ==
	       mtr_untag(addr) >> MTR_LEAF_BITS;
}

MTR_INLINE uint8_t *mtr_hint_byte(const struct mtr_hint *hint, uintptr_t addr)
{
	return (uint8_t *)(hint->bias + (mtr_untag(addr) >> MTR_GRANULE_BITS));
}

/*
 * The byte for @addr, or NULL if the table does not reach there. It may go to
 * another range at any moment, unless the leaf stays or there is a live block.
 */
__attribute__((pure)) uint8_t *mtr_ledger_find(uintptr_t addr);

/* The same, if the leaf stays. */
uint8_t *mtr_ledger_find_staying(uintptr_t addr);

/* The same, if an entry begins there, of a live block or of a freed one. */
__attribute__((pure)) uint8_t *mtr_ledger_find_entry(uintptr_t addr);

/*
 * What the entry at @addr says: its usable size, and in the upper byte its lead
 * byte. 0: there is none.
 */
uint64_t mtr_ledger_load(uintptr_t addr);

/*
 * The byte for @addr, growing the table; its leaf stays. NULL: no memory, or
 * @addr is above 2^48. *drop says which.
 */
uint8_t *mtr_ledger_make(uintptr_t addr, enum mtr_drop *drop);

/*
 * The same for a block that its allocator gives back to the kernel when it is
 * freed: the leaf may go to another range once no block is in it. Until
 * mtr_ledger_settle(@at) it does not.
 */
uint8_t *mtr_ledger_lend(uintptr_t addr, enum mtr_drop *drop);
void mtr_ledger_settle(uint8_t *at, uintptr_t addr);

/*
 * What holds of @at, where the entry of the block of @usable bytes at @addr
 * goes: the short way and the table lead there, and the block has the granules
 * that the entry needs.
 */
MTR_INLINE void mtr_ledger_check(const uint8_t *at, uintptr_t addr,
				 uint64_t usable)
{
	(void)at;
	(void)addr;
	(void)usable;
	MTR_ASSERT(addr % MTR_GRANULE == 0 && at == mtr_ledger_find(addr));
	MTR_ASSERT(usable % 8 == 0 && !(usable >> MTR_USABLE_BITS));
	MTR_ASSERT((usable + MTR_GRANULE - 1) / MTR_GRANULE >=
		   (mtr_usable_is_small(usable) ? MTR_ENTRY_SMALL
						: MTR_ENTRY_LARGE));
}

/* Store an entry. The trailer must have been written before. */
MTR_INLINE void mtr_ledger_mark(uint8_t *at, uint8_t lead, uint64_t usable)
{
	MTR_ASSERT(mtr_is_live(lead));
	atomic_thread_fence(memory_order_release);
	mtr_ledger_put(at, lead, usable);
	MTR_ASSERT(mtr_ledger_usable(at, MTR_ENTRY_LARGE) == usable);
}

/*
 * The address of the first live block at or after @addr. 0: there is none. It
 * may be gone: mtr_ledger_load() says.
 */
uintptr_t mtr_ledger_next(uintptr_t addr);

/* That of the live block that starts at or before @addr, likewise. */
uintptr_t mtr_ledger_previous(uintptr_t addr);

#endif
