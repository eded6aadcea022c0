/* SPDX-License-Identifier: MIT */
/* Steps by hand-made rules, which stay within the stack whatever they say. */
#include "preload/step.h"

#include <pthread.h>
#include <sys/mman.h>

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
	return (struct mtr_stack_end){ .lo = (uintptr_t)&stack[lo],
				       .hi = (uintptr_t)&stack[hi] };
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
	stays(pc, sp, (struct mtr_stack_end){ .hi = 0 });
	stays(pc, sp, (struct mtr_stack_end){ .hi = sp });
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

/*
 * The frame pointer is saved two words below the CFA. In a function that runs,
 * that is never below the stack pointer; where a signal came, in an epilogue,
 * it may be, on x86-64.
 */
START_TEST(a_frame_pointer_below_the_stack_pointer)
{
	struct mtr_stack_end end = end_at(0, WORDS);
	struct mtr_rule r = { .kind = MTR_RULE_SP,
			      .flags = MTR_RULE_SAVES_FP,
			      .cfa = 8,
			      .ra = -1,
			      .fp = -2 };
	struct mtr_frame f = { .pc = pc, .sp = (uintptr_t)&stack[4] }, outer;

	stack[4] = outer_pc;
	stack[3] = 77;
	ck_assert_int_eq(mtr_step_by(0, &r, &f, &end, &outer), MTR_ROOT_STACK);
	r.fp = -1;
	ck_assert_int_eq(mtr_step_by(0, &r, &f, &end, &outer), MTR_ROOT_NONE);
	ck_assert_uint_eq(outer.fp, outer_pc);
	r.fp = -2;
	f.pc |= MTR_PC_EXACT;
#ifdef __x86_64__
	ck_assert_int_eq(mtr_step_by(0, &r, &f, &end, &outer), MTR_ROOT_NONE);
	ck_assert_uint_eq(outer.fp, 77);
	ck_assert_uint_eq(outer.pc, outer_pc);
	end = end_at(4, WORDS);
#endif
	ck_assert_int_eq(mtr_step_by(0, &r, &f, &end, &outer), MTR_ROOT_STACK);
}
END_TEST

#ifdef __x86_64__
/* The same by a short rule from the frame pointer, in a function that runs. */
START_TEST(a_short_rule_and_a_low_frame_pointer)
{
	struct mtr_stack_end end = end_at(0, WORDS);
	struct mtr_frame f = { .pc = pc,
			       .sp = (uintptr_t)&stack[4],
			       .fp = (uintptr_t)&stack[2] };
	struct mtr_frame outer;

	stack[4] = outer_pc;
	put_rule(CFA, true);
	mtr_rule_set(pc, mtr_rule_table)->slot[mtr_rule_slot(pc)] |=
		UINT64_C(1) << MTR_SHORT_FP_SHIFT;
	ck_assert_int_eq(mtr_step(&f, &end, &outer), MTR_ROOT_STACK);
	f.sp -= 8;
	ck_assert_int_eq(mtr_step(&f, &end, &outer), MTR_ROOT_NONE);
}
END_TEST
#endif

/*
 * A stack that nobody knows is read to the end of its memory, and a signal's
 * frame may say anything.
 */
START_TEST(an_unknown_stack)
{
	enum { PAGE = 4096, PAGES = 4 };
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t sp = (uintptr_t)p + PAGE - 64, top;
	struct mtr_stack_end end;

	ck_assert(p != MAP_FAILED);
	munmap(p + 3 * PAGE, PAGE);
	top = (uintptr_t)p + 3 * PAGE;
	mtr_stack_enter(&end, sp);
	ck_assert_uint_eq(end.hi, (uintptr_t)p + PAGE);
	ck_assert(mtr_stack_holds(&end, sp, end.hi));
	ck_assert(mtr_stack_holds(&end, sp, top - 8));
	ck_assert(!mtr_stack_holds(&end, sp, top));
	ck_assert(!mtr_stack_holds(&end, sp, -(uintptr_t)8));
	ck_assert(!mtr_stack_holds(&end, sp, sp - 8));
	ck_assert_uint_eq(end.hi, top);
	/* asked anew: a smaller stack may be there now */
	munmap(p + 2 * PAGE, PAGE);
	mtr_stack_enter(&end, sp);
	ck_assert(!mtr_stack_holds(&end, sp, top - 8));
	mtr_stack_enter(&end, (uintptr_t)p + PAGE);
	ck_assert_uint_eq(end.lo, (uintptr_t)p);
	ck_assert_uint_eq(end.hi, (uintptr_t)p + PAGE);
	mtr_stack_switch(&end, top);
	ck_assert(!mtr_stack_holds(&end, top, top));
	mtr_stack_switch(&end, sp);
	ck_assert(mtr_stack_holds(&end, sp, sp));
	munmap(p, 2 * PAGE);
}
END_TEST

/* A thread's own needs no question, nor where it has not been yet. */
static void *check_own_stack(void *size)
{
	struct mtr_stack_end end;
	uintptr_t here = (uintptr_t)&end & -(uintptr_t)8;

	mtr_stack_enter(&end, here);
	ck_assert(!end.open);
	ck_assert_uint_le(end.lo, here);
	ck_assert_uint_gt(end.hi, here);
	ck_assert_uint_lt(end.hi - here, (uintptr_t)size);
	ck_assert_uint_gt(here - mtr_stack_own.floor, (uintptr_t)size / 2);
	/* what code says that runs there is true; a signal's frame may lie */
	mtr_stack_enter(&end, here - 20000);
	ck_assert(!end.open && end.lo <= here - 20000);
	return NULL;
}

START_TEST(own_stacks)
{
	static char memory[256 << 10];
	size_t bytes = 256 << 10;
	pthread_attr_t attr;
	pthread_t thread;

	check_own_stack((void *)((size_t)4 << 20));
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, bytes);
	ck_assert_int_eq(
		pthread_create(&thread, &attr, check_own_stack, (void *)bytes),
		0);
	pthread_join(thread, NULL);
	/* the program's own memory, with no page's bounds */
	pthread_attr_setstack(&attr, memory + 16, bytes - 64);
	ck_assert_int_eq(
		pthread_create(&thread, &attr, check_own_stack, (void *)bytes),
		0);
	pthread_join(thread, NULL);
}
END_TEST

Suite *step_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("step", &tc);

	tcase_add_test(tc, by_the_stack_pointer);
	tcase_add_test(tc, by_the_frame_pointer);
	tcase_add_test(tc, a_frame_pointer_below_the_stack_pointer);
#ifdef __x86_64__
	tcase_add_test(tc, a_short_rule_and_a_low_frame_pointer);
#endif
	tcase_add_test(tc, an_unknown_stack);
	tcase_add_test(tc, own_stacks);
	return s;
}
