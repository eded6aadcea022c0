/* SPDX-License-Identifier: MIT */
/* Steps by hand-made rules, which stay within the stack whatever they say. */
#include "preload/step.h"

#include "unit.h"

enum { CFA = 3, WORDS = 8 };

static const uintptr_t pc = 0x1234, outer_pc = 0x5678;

static uintptr_t stack[WORDS];

/* The CFA is @words above sp or fp, and below it lies the return address. */
static void put_rule(unsigned int words, bool from_fp)
{
	uint64_t slot = pc | UINT64_C(1) << MTR_SLOT_SHORT_SHIFT |
			(uint64_t)from_fp << MTR_SHORT_FROM_FP_SHIFT |
			(uint64_t)words << MTR_SLOT_RULE;

#ifdef __aarch64__
	slot |= UINT64_C(2) << MTR_SHORT_FP_SHIFT;
#endif
	mtr_rule_set(pc, mtr_rule_table)->slot[mtr_rule_slot(pc)] = slot;
}

static struct mtr_stack_end end_at(int lo, int hi)
{
	return (struct mtr_stack_end){ (uintptr_t)&stack[lo],
				       (uintptr_t)&stack[hi] };
}

static void steps(struct mtr_stack_end end)
{
	uintptr_t p = pc, sp = (uintptr_t)stack;

	ck_assert(mtr_step_sp(&p, &sp, &end));
	ck_assert_uint_eq(p, outer_pc);
	ck_assert_uint_eq(sp, (uintptr_t)&stack[CFA]);
}

static void stays(uintptr_t from, uintptr_t sp, struct mtr_stack_end end)
{
	uintptr_t p = from, s = sp;

	ck_assert(!mtr_step_sp(&p, &s, &end));
	ck_assert_uint_eq(p, from);
	ck_assert_uint_eq(s, sp);
}

START_TEST(by_the_stack_pointer)
{
	uintptr_t sp = (uintptr_t)stack;

	stack[CFA - 1] = outer_pc;
	put_rule(CFA, false);
	steps(end_at(0, WORDS));
	steps(end_at(0, CFA));
	stays(pc, sp, end_at(0, CFA - 1));
	stays(pc, sp, end_at(1, WORDS));
	stays(pc, sp, (struct mtr_stack_end){ 0, 0 });
	stays(pc, sp, (struct mtr_stack_end){ 0, sp });
	stays(pc, sp + 4, end_at(0, WORDS));
	stays(pc + 1, sp, end_at(0, WORDS));
	stack[CFA - 1] = 0;
	stays(pc, sp, end_at(0, WORDS));
	stack[CFA - 1] = outer_pc;
	put_rule(0, false);
	stays(pc, sp, end_at(0, WORDS));
	put_rule(CFA, true);
	stays(pc, sp, end_at(0, WORDS));
}
END_TEST

static enum mtr_root step(struct mtr_frame *outer, uintptr_t sp, uintptr_t fp,
			  int hi)
{
	struct mtr_stack_end end = end_at(0, hi);
	struct mtr_frame f = { .pc = pc, .sp = sp, .fp = fp };

	return mtr_step(&f, &end, outer);
}

START_TEST(by_the_frame_pointer)
{
	uintptr_t sp = (uintptr_t)stack, fp = (uintptr_t)&stack[2];
	struct mtr_frame outer;

	stack[2 + CFA - 1] = outer_pc;
	put_rule(CFA, true);
	ck_assert_int_eq(step(&outer, sp, fp, WORDS), MTR_ROOT_NONE);
	ck_assert_uint_eq(outer.pc, outer_pc);
	ck_assert_uint_eq(outer.sp, (uintptr_t)&stack[2 + CFA]);
	ck_assert_int_eq(step(&outer, sp, fp, 2 + CFA - 1), MTR_ROOT_STACK);
	ck_assert_int_eq(step(&outer, sp, fp + 4, WORDS), MTR_ROOT_STACK);
	ck_assert_int_eq(step(&outer, sp, sp - 8 * CFA, WORDS), MTR_ROOT_STACK);
	ck_assert_int_eq(step(&outer, sp, UINTPTR_MAX - 7, WORDS),
			 MTR_ROOT_STACK);
}
END_TEST

Suite *step_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("step", &tc);

	tcase_add_test(tc, by_the_stack_pointer);
	tcase_add_test(tc, by_the_frame_pointer);
	return s;
}
