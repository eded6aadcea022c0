/* SPDX-License-Identifier: MIT */
/*
 * From unwind information to rules, and storing them. See cfi.h for the
 * contract.
 */
#include "preload/cfi.h"

#include <stddef.h>
#ifdef __aarch64__
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#endif

#include "preload/cfi_object.h"
#include "preload/cfi_program.h"
#include "preload/descriptor.h"
#include "preload/memory.h"
#include "preload/objects.h"
#include "preload/sys.h"

/* A rule that is too long for a slot. */
struct long_rule {
	struct mtr_rule rule;
	_Atomic uint32_t state;
};

/* 2^MTR_RULE_BITS of them, mapped when the first comes: most programs meet a
 * few, for the linker's stubs. */
static _Atomic(struct long_rule *) long_rules;

/* The tables, by the n of their 2^n sets; 0: not there yet. */
static struct mtr_rule_set first_table[1 << MTR_RULE_TABLE_MIN]
	__attribute__((aligned(128)));
static _Atomic uintptr_t tables[MTR_RULE_TABLE_MAX + 1] = {
	[MTR_RULE_TABLE_MIN] = (uintptr_t)first_table + 64 - MTR_RULE_TABLE_MIN,
};
_Atomic uintptr_t mtr_rule_table =
	(uintptr_t)first_table + 64 - MTR_RULE_TABLE_MIN;

static struct mtr_memory memory = { .map = mtr_sys_map,
				    .kind = MTR_OWN_RULES,
				    .bytes = &mtr_descriptor.depot_bytes };

/* From a row to a rule. */

static bool fits(int64_t n, int bits)
{
	return n >= -((int64_t)1 << (bits - 1)) && n < (int64_t)1 << (bits - 1);
}

static struct mtr_rule rule_end(enum mtr_root why)
{
	return (struct mtr_rule){ .kind = MTR_RULE_END,
				  .flags = MTR_RULE_ENDS,
				  .cfa = why };
}

static bool rule_set_cfa(const struct mtr_row *row, struct mtr_rule *r)
{
	static const uint8_t kind[] = {
		[MTR_BASE_CONST] = MTR_RULE_END,
		[MTR_BASE_SP] = MTR_RULE_SP,
		[MTR_BASE_FP] = MTR_RULE_FP,
		[MTR_BASE_SP_DEREF] = MTR_RULE_SP_DEREF,
		[MTR_BASE_FP_DEREF] = MTR_RULE_FP_DEREF,
	};

	r->kind = kind[row->cfa.base];
	r->cfa = row->cfa.n;
	if (r->kind == MTR_RULE_FP || r->kind == MTR_RULE_FP_DEREF)
		r->flags |= MTR_RULE_USES_FP;
	return row->cfa_known && r->kind != MTR_RULE_END &&
	       fits(row->cfa.n, 32);
}

/* Where a register is saved, in words from what it counts from. */
static bool saved_at(const struct mtr_reg *reg, const struct mtr_rule *r,
		     bool *at_fp, int64_t *ret)
{
	int64_t n;

	*at_fp = false;
	if (reg->how == MTR_HOW_CFA && r->kind != MTR_RULE_SP_DEREF) {
		n = reg->n;
	} else if (reg->how == MTR_HOW_EXPRESSION &&
		   reg->at.base == MTR_BASE_FP) {
		*at_fp = true;
		n = reg->at.n;
	} else if (reg->how == MTR_HOW_EXPRESSION &&
		   reg->at.base == MTR_BASE_SP &&
		   r->kind == MTR_RULE_SP_DEREF) {
		n = reg->at.n;
	} else {
		return false;
	}
	*ret = n / 8;
	return n % 8 == 0 && fits(*ret, 16);
}

static struct mtr_rule rule_from(const struct mtr_row *row, bool signal)
{
	struct mtr_rule r = { .flags = signal ? MTR_RULE_EXACT : 0 };
	int64_t words;
	bool at_fp;

	if (row->ra.how == MTR_HOW_UNDEFINED)
		return rule_end(MTR_ROOT_COMPLETE);
	if (!rule_set_cfa(row, &r) || !saved_at(&row->ra, &r, &at_fp, &words) ||
	    at_fp)
		return rule_end(MTR_ROOT_EXPRESSION);
	r.ra = words;
	if (row->fp.how != MTR_HOW_SAME && row->fp.how != MTR_HOW_UNDEFINED) {
		if (!saved_at(&row->fp, &r, &at_fp, &words))
			return rule_end(MTR_ROOT_EXPRESSION);
		r.fp = words;
		r.flags |= MTR_RULE_SAVES_FP;
		if (at_fp)
			r.flags |= MTR_RULE_FP_AT_FP | MTR_RULE_USES_FP;
	}
	return r;
}

/*
 * @pc lies in the instruction before a return address, or is the address of
 * the one that a signal interrupted.
 */
static struct mtr_rule rule_compute(uint64_t pc, enum mtr_object_kind *kind)
{
	struct mtr_fde fde;
	struct mtr_row row;

	if (!mtr_fde_find(pc, &fde, kind))
		return rule_end(MTR_ROOT_NO_CFI);
	if (!mtr_row_find(&fde, pc, &row))
		return rule_end(MTR_ROOT_DAMAGED);
	return rule_from(&row, fde.cie.signal);
}

#ifdef __aarch64__
/* What the kernel has put at the stack pointer when a handler returns. */
struct signal_frame {
	siginfo_t info;
	ucontext_t context;
};

#define SIGNAL_WORD(name) \
	(offsetof(struct signal_frame, context.uc_mcontext.name) / 8)

static_assert(SIGNAL_WORD(pc) == 71, "the kernel's struct rt_sigframe");

/*
 * The kernel has a handler return to two instructions of which no unwind
 * information tells: "mov x8, #__NR_rt_sigreturn; svc #0".
 */
static void rule_for_signal(uint64_t pc, struct mtr_rule *ret)
{
	static const uint32_t code[] = { 0xd2801168, 0xd4000001 };

	if (pc % sizeof(code[0]) != 0 || !mtr_sys_readable((const void *)pc) ||
	    memcmp((const void *)pc, code, sizeof(code)) != 0)
		return;
	*ret = (struct mtr_rule){
		.kind = MTR_RULE_SP_DEREF,
		.flags = MTR_RULE_EXACT | MTR_RULE_SAVES_FP,
		.cfa = SIGNAL_WORD(sp) * 8,
		.ra = SIGNAL_WORD(pc),
		.fp = SIGNAL_WORD(regs[29]),
	};
}
#else
static void rule_for_signal(uint64_t pc, struct mtr_rule *ret)
{
	(void)pc;
	(void)ret;
}
#endif

/* Storing rules. */

enum { RULE_FREE, RULE_CLAIMED, RULE_READY };

static bool rules_equal(const struct mtr_rule *a, const struct mtr_rule *b)
{
	return a->cfa == b->cfa && a->ra == b->ra && a->fp == b->fp &&
	       a->kind == b->kind && a->flags == b->flags;
}

static struct long_rule *long_rules_make(void)
{
	const size_t bytes = sizeof(struct long_rule) << MTR_RULE_BITS;
	struct long_rule *all = atomic_load(&long_rules), *none = NULL;

	if (all)
		return all;
	all = mtr_memory_map(&memory, bytes);
	if (!all || atomic_compare_exchange_strong(&long_rules, &none, all))
		return all;
	mtr_memory_unmap(&memory, all, bytes);
	return none;
}

/*
 * The place of @rule in long_rules; -1: all are taken, or no memory. A place
 * that is being filled in, perhaps by the code that this signal handler
 * interrupts, is passed over.
 */
static int long_rule_place(const struct mtr_rule *rule)
{
	uint64_t h = (uint32_t)rule->cfa ^ (uint64_t)(uint16_t)rule->fp << 32 ^
		     (uint64_t)(uint16_t)rule->ra << 48 ^
		     (uint64_t)(rule->kind ^ rule->flags << 3) << 20;
	size_t at = (h * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - MTR_RULE_BITS);
	struct long_rule *all = long_rules_make();

	for (size_t i = 0; all && i < 1 << MTR_RULE_BITS; i++) {
		size_t place = (at + i) % (1 << MTR_RULE_BITS);
		struct long_rule *k = &all[place];
		uint32_t state = RULE_FREE;

		if (atomic_compare_exchange_strong(&k->state, &state,
						   RULE_CLAIMED)) {
			k->rule = *rule;
			atomic_store_explicit(&k->state, RULE_READY,
					      memory_order_release);
			return place;
		}
		if (state == RULE_READY && rules_equal(&k->rule, rule))
			return place;
	}
	return -1;
}

/* The next table, of twice the size; 0: there is none. */
static uintptr_t table_next(uintptr_t table)
{
	unsigned int n = mtr_rule_table_bits(table) + 1;
	uintptr_t next, none = 0;
	void *sets;

	if (n > MTR_RULE_TABLE_MAX)
		return 0;
	next = atomic_load(&tables[n]);
	if (next)
		return next;
	sets = mtr_memory_map(&memory, sizeof(struct mtr_rule_set) << n);
	if (!sets)
		return 0;
	next = (uintptr_t)sets + 64 - n;
	if (atomic_compare_exchange_strong(&tables[n], &none, next))
		return next;
	mtr_memory_unmap(&memory, sets, sizeof(struct mtr_rule_set) << n);
	return none;
}

static bool set_add(struct mtr_rule_set *set, uint64_t pc, uint64_t slot)
{
	unsigned int first = mtr_rule_slot(pc);

	for (unsigned int i = 0; i < MTR_RULE_SLOTS; i++) {
		uint64_t none = 0;

		if (atomic_compare_exchange_strong(&set->slot[first ^ i], &none,
						   slot))
			return true;
	}
	return false;
}

/* A rule is never moved: while another thread forgets all rules, one that is on
 * its way would survive, and its object might not. */
static void slot_store(uint64_t pc, uint64_t slot)
{
	uintptr_t table = atomic_load(&mtr_rule_table);

	while (!set_add(mtr_rule_set(pc, table), pc, slot)) {
		uintptr_t next = table_next(table);

		if (!next) {
			atomic_store(&mtr_rule_set(pc, table)
					      ->slot[mtr_rule_slot(pc)],
				     slot);
			return;
		}
		/* else another thread did so, or a handler */
		if (atomic_compare_exchange_strong(&mtr_rule_table, &table,
						   next))
			table = next;
	}
}

/*
 * @r as a slot's bits; 0 where it has none of the short shapes. What is saved
 * is saved below the CFA and, if that counts from sp, at or above sp.
 */
static uint64_t rule_shorten(const struct mtr_rule *r)
{
	bool from_fp = r->kind == MTR_RULE_FP;
	bool saves_fp = r->flags & MTR_RULE_SAVES_FP;
	int fp = saves_fp ? -r->fp : 0;
	uint64_t slot;

	if ((!from_fp && r->kind != MTR_RULE_SP) ||
	    r->flags & (MTR_RULE_EXACT | MTR_RULE_FP_AT_FP))
		return 0;
#ifdef __x86_64__
	if (saves_fp)
		fp--;
#endif
	if (saves_fp != (fp > 0) || fp >= 1 << MTR_SHORT_FP_BITS ||
	    r->cfa < 0 || r->cfa % 8 != 0 ||
	    r->cfa / 8 >= 1 << MTR_SHORT_CFA_BITS)
		return 0;
	slot = UINT64_C(1) << MTR_SLOT_SHORT_SHIFT |
	       (uint64_t)from_fp << MTR_SHORT_FROM_FP_SHIFT |
	       (uint64_t)fp << MTR_SHORT_FP_SHIFT |
	       (uint64_t)(r->cfa / 8) << MTR_SLOT_RULE;
	if ((int)mtr_short_ra(slot) != -r->ra || r->ra >= 0 ||
	    (!from_fp && mtr_short_cfa(slot) < mtr_short_fp(slot)))
		return 0;
	return slot;
}

static struct mtr_rule rule_lengthen(uint64_t slot)
{
	bool from_fp = mtr_short_from_fp(slot);
	unsigned int fp = mtr_short_fp(slot);

	return (struct mtr_rule){
		.kind = from_fp ? MTR_RULE_FP : MTR_RULE_SP,
		.flags = (from_fp ? MTR_RULE_USES_FP : 0) |
			 (fp ? MTR_RULE_SAVES_FP : 0),
		.cfa = 8 * mtr_short_cfa(slot),
		.ra = -(int)mtr_short_ra(slot),
		.fp = -(int)fp,
	};
}

const struct mtr_rule *mtr_rule_of(uint64_t slot, struct mtr_rule *buf)
{
	if (slot == 0)
		return buf;
	if (!mtr_rule_is_short(slot))
		return &atomic_load_explicit(
				&long_rules,
				memory_order_relaxed)[slot >> MTR_SLOT_RULE &
						      ((1 << MTR_RULE_BITS) -
						       1)]
				.rule;
	*buf = rule_lengthen(slot);
	return buf;
}

/* What a slot says of @rule; false: all places are taken. */
static bool rule_bits(const struct mtr_rule *rule, uint64_t *ret)
{
	int place;

	*ret = rule_shorten(rule);
	if (*ret)
		return true;
	place = long_rule_place(rule);
	*ret = (uint64_t)place << MTR_SLOT_RULE;
	return place >= 0;
}

/*
 * A rule for an address in no object is not stored: a plugin may be loaded
 * there later, and nothing would tell us to forget the rule.
 */
static MTR_COLD uint64_t read_rule(uint64_t pc, struct mtr_rule *buf)
{
	bool exact = pc & MTR_PC_EXACT;
	enum mtr_object_kind kind;
	uint64_t bits;

	*buf = rule_compute((pc & ~MTR_PC_EXACT) - !exact, &kind);
	if (buf->flags & MTR_RULE_ENDS && buf->cfa == MTR_ROOT_NO_CFI)
		rule_for_signal(pc, buf);
	if (kind == MTR_OBJECT_NONE || !mtr_rule_is_for(pc, pc))
		return 0;
	if (kind == MTR_OBJECT_PASSING)
		mtr_objects_watch(MTR_WATCH_RULES);
	if (!rule_bits(buf, &bits))
		return 0;
	slot_store(pc, pc | bits);
	return pc | bits;
}

/* 0: not there. */
static uint64_t set_find(const struct mtr_rule_set *set, uint64_t pc)
{
	unsigned int first = mtr_rule_slot(pc);

	for (unsigned int i = 0; i < MTR_RULE_SLOTS; i++) {
		uint64_t slot = atomic_load_explicit(&set->slot[first ^ i],
						     memory_order_acquire);

		/* set_add() would have taken the empty one */
		if (slot == 0 || mtr_rule_is_for(slot, pc))
			return slot;
	}
	return 0;
}

__attribute__((noinline)) uint64_t mtr_cfi_find(uint64_t pc,
						struct mtr_rule *buf)
{
	uintptr_t table = atomic_load(&mtr_rule_table);
	unsigned int n = mtr_rule_table_bits(table);
	uint64_t slot = set_find(mtr_rule_set(pc, table), pc);

	if (slot)
		return slot;
	while (!slot && n-- > MTR_RULE_TABLE_MIN)
		slot = set_find(mtr_rule_set(pc, atomic_load(&tables[n])), pc);
	if (!slot)
		return read_rule(pc, buf);
	slot_store(pc, slot);
	return slot;
}

static void table_forget(uintptr_t table)
{
	struct mtr_rule_set *set = mtr_rule_set(0, table);
	struct mtr_rule_set *end = set + (1 << mtr_rule_table_bits(table));

	for (; set < end; set++)
		for (unsigned int j = 0; j < MTR_RULE_SLOTS; j++)
			atomic_store_explicit(&set->slot[j], 0,
					      memory_order_relaxed);
}

void mtr_cfi_forget(void)
{
	for (unsigned int n = MTR_RULE_TABLE_MIN; n <= MTR_RULE_TABLE_MAX; n++)
		if (atomic_load(&tables[n]))
			table_forget(atomic_load(&tables[n]));
}
