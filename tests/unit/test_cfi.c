/* SPDX-License-Identifier: MIT */
/*
 * Rules by address: what is kept stays what was read, while the table grows and
 * when all is forgotten.
 */
#include "preload/cfi.h"

#include <link.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/cfi_object.h"
#include "unit.h"

enum { PCS = 60000 };

static uintptr_t code;
static struct mtr_rule rules[PCS];

static int visit(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	if (!strstr(info->dlpi_name, "libc.so.6"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD && ph->p_flags & PF_X &&
		    ph->p_memsz > (size_t)PCS * 4)
			code = info->dlpi_addr + ph->p_vaddr;
	}
	return 1;
}

static uint64_t pc_of(int i)
{
	return code + 4 * ((uintptr_t)i + 1);
}

static void check_equal(const struct mtr_rule *a, const struct mtr_rule *b)
{
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_int_eq(a->flags, b->flags);
	ck_assert_int_eq(a->cfa, b->cfa);
	ck_assert_int_eq(a->ra, b->ra);
	ck_assert_int_eq(a->fp, b->fp);
}

/*
 * Of each address, as if it were one that a call returns to. It is read now, or
 * it was before; what is kept is what was read.
 */
static void check_all(bool read_now)
{
	enum { NOT_READ = 0xff };

	for (int i = 0; i < PCS; i++) {
		struct mtr_rule read = { .kind = NOT_READ }, room;
		uint64_t slot = mtr_cfi_slot(pc_of(i), &read);

		ck_assert(mtr_rule_is_for(slot, pc_of(i)));
		ck_assert_int_eq(read.kind != NOT_READ, read_now);
		if (read_now)
			rules[i] = read;
		check_equal(mtr_rule_of(slot, &room), &rules[i]);
	}
}

START_TEST(kept_in_a_growing_table)
{
	dl_iterate_phdr(visit, NULL);
	ck_assert_msg(code, "no libc.so.6 with so much code");
	ck_assert_uint_eq(mtr_rule_table_bits(mtr_rule_table),
			  MTR_RULE_TABLE_MIN);
	check_all(true);
	ck_assert_uint_gt(mtr_rule_table_bits(mtr_rule_table),
			  MTR_RULE_TABLE_MIN + 2);
	check_all(false);
	mtr_cfi_forget();
	check_all(true);
}
END_TEST

/*
 * An address in no object is looked up each time: a plugin may be there
 * tomorrow.
 */
START_TEST(in_no_object)
{
	enum { NOT_READ = 0xff };
	char *page =
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert(page != MAP_FAILED);
	for (int i = 0; i < 3; i++) {
		struct mtr_rule room = { .kind = NOT_READ };

		ck_assert_uint_eq(mtr_cfi_slot((uintptr_t)page + 64, &room), 0);
		ck_assert_int_eq(room.kind, MTR_RULE_END);
		ck_assert_int_eq(room.cfa, MTR_ROOT_NO_CFI);
	}
}
END_TEST

/* A function, and code behind it that no unwind information tells of. */
__asm__(".text\n"
	"test_cfi_described:\n"
	"	.cfi_startproc\n"
	"	nop\n"
	"	nop\n"
	"	.cfi_endproc\n"
	"test_cfi_gap:\n"
	"	nop\n"
	"	nop\n"
	"	.p2align 4\n");
extern const char test_cfi_described[], test_cfi_gap[];

START_TEST(range_of_an_fde)
{
	const uint64_t start = (uintptr_t)test_cfi_described;
	const uint64_t end = (uintptr_t)test_cfi_gap;
	enum mtr_object_kind kind;
	struct mtr_fde fde;

	ck_assert(mtr_fde_find(start, &fde, &kind));
	ck_assert_uint_eq(fde.start, start);
	ck_assert(mtr_fde_find(end - 1, &fde, &kind));
	ck_assert_uint_eq(fde.start, start);
	ck_assert(!mtr_fde_find(end, &fde, &kind));
	ck_assert_int_eq(kind, MTR_OBJECT_PERMANENT);
}
END_TEST

/* The largest of the short rules. */
START_TEST(short_rules)
{
	uint64_t slot = UINT64_C(1) << MTR_SLOT_SHORT_SHIFT |
			UINT64_C(0x1fff) << MTR_SLOT_RULE | 0x1000;
	struct mtr_rule room;
	const struct mtr_rule *r = mtr_rule_of(slot, &room);

	ck_assert(mtr_rule_is_for(slot, 0x1000));
	ck_assert_int_eq(r->kind, MTR_RULE_SP);
	ck_assert_int_eq(r->flags, MTR_RULE_SAVES_FP);
	ck_assert_int_eq(r->cfa, 8 * ((1 << MTR_SHORT_CFA_BITS) - 1));
	r = mtr_rule_of(slot | UINT64_C(1) << MTR_SHORT_FROM_FP_SHIFT, &room);
	ck_assert_int_eq(r->kind, MTR_RULE_FP);
	ck_assert_int_eq(r->flags, MTR_RULE_SAVES_FP | MTR_RULE_USES_FP);
#ifdef __x86_64__
	ck_assert_int_eq(r->ra, -1);
	ck_assert_int_eq(r->fp, -(1 << MTR_SHORT_FP_BITS));
#else
	ck_assert_int_eq(r->fp, 1 - (1 << MTR_SHORT_FP_BITS));
	ck_assert_int_eq(r->ra, r->fp + 1);
#endif
}
END_TEST

Suite *cfi_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("cfi", &tc);

	tcase_add_test(tc, kept_in_a_growing_table);
	tcase_add_test(tc, in_no_object);
	tcase_add_test(tc, range_of_an_fde);
	tcase_add_test(tc, short_rules);
	return s;
}
