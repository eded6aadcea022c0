/* SPDX-License-Identifier: MIT */
/*
 * How to get from a frame to its caller's: one rule for each address, read from
 * .eh_frame once and kept.
 *
 * Any thread, signal handlers included; takes no lock (with glibc before 2.35
 * the loader's, for a moment), allocates nothing. Unwind information is read
 * within the bounds of the segment it lies in, whatever it says.
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

enum { MTR_RULE_FP_SAME = -(1 << 15) };

/* Eight bytes, so that one store publishes it. */
struct mtr_rule {
	int64_t cfa : 26; /* bytes */
	int64_t ra : 16;  /* the return address is at CFA + 8 * ra */
	int64_t fp : 16;  /* the caller's frame pointer at CFA + 8 * fp;
			   * MTR_RULE_FP_SAME: it is the same */
	uint64_t kind : 3;
	uint64_t fp_at_fp : 1; /* .fp counts from fp, not from the CFA */
	uint64_t uses_fp : 1;  /* the frame pointer decides */
	uint64_t exact : 1;    /* a signal: the caller's pc is no return
				* address */
};

static_assert(sizeof(struct mtr_rule) == 8, "one store");

struct mtr_rule_slot {
	_Atomic uint64_t check; /* pc ^ rule: a torn pair is no match */
	_Atomic uint64_t rule;
};

enum { MTR_RULE_SLOT_BITS = 16 };

extern MTR_HIDDEN struct mtr_rule_slot mtr_rule_slots[1 << MTR_RULE_SLOT_BITS];

struct mtr_rule mtr_cfi_read(uint64_t pc);

/* Forget every rule: an object is being unloaded. */
void mtr_cfi_forget(void);

/* The rule for the frame whose return address (or MTR_PC_EXACT) is @pc. */
MTR_INLINE struct mtr_rule mtr_cfi_rule(uint64_t pc)
{
	size_t i = (pc * UINT64_C(0x9e3779b97f4a7c15)) >>
		   (64 - MTR_RULE_SLOT_BITS);
	union {
		uint64_t word;
		struct mtr_rule rule;
	} u;

	u.word = atomic_load_explicit(&mtr_rule_slots[i].rule,
				      memory_order_relaxed);
	if (likely((atomic_load_explicit(&mtr_rule_slots[i].check,
					 memory_order_relaxed) ^
		    u.word) == pc))
		return u.rule;
	return mtr_cfi_read(pc);
}

#endif
