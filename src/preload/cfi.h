/* SPDX-License-Identifier: MIT */
/*
 * How to get from a frame to its caller's: one rule for each address, read from
 * .eh_frame once and stored.
 *
 * Any thread, signal handlers included; allocates nothing. objects.h says when
 * a lock is taken. Unwind information is read within the bounds of the segment
 * it lies in, whatever it says.
 */
#ifndef MTR_PRELOAD_CFI_H
#define MTR_PRELOAD_CFI_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "format/depot.h"
#include "preload/compiler.h"

/* Where the canonical frame address (CFA) is. */
enum mtr_rule_kind {
	MTR_RULE_SP,	   /* sp + cfa */
	MTR_RULE_FP,	   /* fp + cfa */
	MTR_RULE_FP_DEREF, /* at fp + cfa: a realigned stack's */
	MTR_RULE_SP_DEREF, /* at sp + cfa; ra and fp count from sp too:
			    * a signal frame */
	MTR_RULE_END,	   /* nowhere: .cfa is the enum mtr_root */
};

enum mtr_rule_flags {
	MTR_RULE_USES_FP = 1, /* the frame pointer decides */
	MTR_RULE_SAVES_FP =
		2, /* the caller's fp is saved; else it is the same */
	MTR_RULE_FP_AT_FP = 4, /* .fp counts from fp, not from the CFA */
	MTR_RULE_EXACT = 8,    /* a signal: the caller's pc is no return
				* address */
	MTR_RULE_ENDS = 16,    /* MTR_RULE_END */
};

struct mtr_rule {
	int32_t cfa; /* bytes */
	int16_t ra;  /* the return address is at CFA + 8 * ra */
	int16_t fp;  /* the caller's frame pointer is at CFA + 8 * fp */
	uint8_t kind;
	uint8_t flags;
};

/*
 * For each address a slot:
 *
 *   exact: 1 | short: 1 | rule: 14 | address: 48
 *
 * Most rules are of a few shapes, and are in the slot itself; one bit says
 * whether the CFA counts from the frame pointer:
 *
 *   x86-64     from fp: 1 | words to where fp is saved: 4 | to the CFA: 9
 *              the return address is one word below the CFA, fp is so many
 *              words below that; 0: it is not saved
 *   AArch64    from fp: 1 | words to where fp is saved: 6 | to the CFA: 7
 *              fp is so many words below the CFA, the return address above it
 *
 * A longer rule is stored once, in a table of its own, and the slot has its
 * index there.
 *
 * An address may have any slot of a set, which is two cache lines. The table of
 * sets is as large as it has to be, and so it is in the cache, too: when a set
 * is full the next table, of twice the size, is taken into use. Table n has 2^n
 * sets. The first is static, the others are mapped when their turn comes: of
 * address space, too, a program pays for what it needs.
 *
 * Where a table lies and how large it is are one word, so that one load gets
 * both:
 *
 *   address of its sets, without the low bits: 58 | 64 - n: 6
 */
enum {
	MTR_RULE_BITS = 14,
	MTR_RULE_SLOTS = 16,
#ifdef __x86_64__
	MTR_SHORT_CFA_BITS = 9,
	MTR_SHORT_FP_BITS = 4,
#else
	MTR_SHORT_CFA_BITS = 7,
	MTR_SHORT_FP_BITS = 6,
#endif
	MTR_SLOT_RULE = 48, /* its lowest bit */
	MTR_SHORT_FP_SHIFT = MTR_SLOT_RULE + MTR_SHORT_CFA_BITS,
	MTR_SHORT_FROM_FP_SHIFT = MTR_SLOT_RULE + MTR_RULE_BITS - 1,
	MTR_SLOT_SHORT_SHIFT = MTR_SLOT_RULE + MTR_RULE_BITS,
	MTR_RULE_TABLE_MIN = 8,
	MTR_RULE_TABLE_MAX = 14,
};

struct mtr_rule_set {
	_Atomic uint64_t slot[MTR_RULE_SLOTS];
};

extern MTR_HIDDEN _Atomic uintptr_t mtr_rule_table; /* in use */

static_assert(MTR_PC_EXACT >> 63 == 1 && (int)MTR_SLOT_SHORT_SHIFT == 62 &&
		      (int)MTR_SHORT_FP_SHIFT + (int)MTR_SHORT_FP_BITS ==
			      (int)MTR_SHORT_FROM_FP_SHIFT,
	      "slot");
static_assert((int)MTR_RULE_TABLE_MIN >= 1 && (int)MTR_RULE_TABLE_MAX < 64 &&
		      sizeof(struct mtr_rule_set) % (1 + 63) == 0,
	      "a table's word");

enum { MTR_TABLE_SHIFT_MASK = 63 };

/* The n of a table of 2^n sets. */
MTR_INLINE unsigned int mtr_rule_table_bits(uintptr_t table)
{
	return 64 - (table & MTR_TABLE_SHIFT_MASK);
}

/* The set of @pc in @table. What is called from near-by has the same. */
MTR_INLINE struct mtr_rule_set *mtr_rule_set(uint64_t pc, uintptr_t table)
{
	uint64_t hash = (pc >> 6) * UINT64_C(0x9e3779b97f4a7c15);

	return (struct mtr_rule_set *)(table &
				       ~(uintptr_t)MTR_TABLE_SHIFT_MASK) +
	       (hash >> (table & MTR_TABLE_SHIFT_MASK));
}

/* The first of its slots to look at. */
MTR_INLINE unsigned int mtr_rule_slot(uint64_t pc)
{
	return (pc ^ pc >> 4) % MTR_RULE_SLOTS;
}

/* Is @slot that of @pc? */
MTR_INLINE bool mtr_rule_is_for(uint64_t slot, uint64_t pc)
{
	return (slot & ~(UINT64_C(0x7fff) << 48)) == pc;
}

MTR_INLINE bool mtr_rule_is_short(uint64_t slot)
{
	return slot >> MTR_SLOT_SHORT_SHIFT & 1;
}

/* Of a short rule: does the CFA count from the frame pointer? */
MTR_INLINE bool mtr_short_from_fp(uint64_t slot)
{
	return slot >> MTR_SHORT_FROM_FP_SHIFT & 1;
}

/* Words from the CFA down to where the frame pointer is saved; 0: it is not. */
MTR_INLINE unsigned int mtr_short_fp(uint64_t slot)
{
	unsigned int n =
		slot >> MTR_SHORT_FP_SHIFT & ((1 << MTR_SHORT_FP_BITS) - 1);

#ifdef __x86_64__
	return n ? n + 1 : 0;
#else
	return n;
#endif
}

/* Words from the stack pointer or frame pointer up to the CFA. */
MTR_INLINE unsigned int mtr_short_cfa(uint64_t slot)
{
	return slot >> MTR_SLOT_RULE & ((1 << MTR_SHORT_CFA_BITS) - 1);
}

/* Words from the CFA down to the return address. */
MTR_INLINE unsigned int mtr_short_ra(uint64_t slot)
{
#ifdef __x86_64__
	(void)slot;
	return 1;
#else
	return mtr_short_fp(slot) - 1;
#endif
}

/*
 * Decode @slot into *@buf, or find the stored rule that it names. A @slot of 0
 * means that *@buf has the rule already.
 */
const struct mtr_rule *mtr_rule_of(uint64_t slot, struct mtr_rule *buf);

/* mtr_cfi_slot() for what is not in its first slot. */
uint64_t mtr_cfi_find(uint64_t pc, struct mtr_rule *buf);

/* Forget every address: an object is being unloaded. */
void mtr_cfi_forget(void);

/* The first slot that @pc may have. */
MTR_INLINE uint64_t mtr_cfi_first_slot(uint64_t pc)
{
	uintptr_t table =
		atomic_load_explicit(&mtr_rule_table, memory_order_relaxed);

	return atomic_load_explicit(
		&mtr_rule_set(pc, table)->slot[mtr_rule_slot(pc)],
		memory_order_acquire);
}

/*
 * The slot for the frame whose return address (or MTR_PC_EXACT) is @pc, not 0.
 * 0: the rule cannot be stored, and is in *@buf.
 */
MTR_INLINE uint64_t mtr_cfi_slot(uint64_t pc, struct mtr_rule *buf)
{
	uint64_t slot = mtr_cfi_first_slot(pc);

	return likely(mtr_rule_is_for(slot, pc)) ? slot : mtr_cfi_find(pc, buf);
}

#endif
