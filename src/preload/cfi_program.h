/* SPDX-License-Identifier: MIT */
/*
 * Running the call frame instructions of a function up to an address: where
 * they say that the caller's registers are.
 *
 * Touches nothing but its arguments.
 */
#ifndef MTR_PRELOAD_CFI_PROGRAM_H
#define MTR_PRELOAD_CFI_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/cfi_object.h"

/* A value, as far as it is known when the rule is read. */
enum mtr_base {
	MTR_BASE_CONST,
	MTR_BASE_SP,
	MTR_BASE_FP,
	MTR_BASE_SP_DEREF,
	MTR_BASE_FP_DEREF,
};

struct mtr_value {
	enum mtr_base base;
	int64_t n; /* added to the base; for _DEREF before it is read */
};

/* How a register of the caller is found. */
enum mtr_how {
	MTR_HOW_SAME,
	MTR_HOW_UNDEFINED,
	MTR_HOW_CFA,
	MTR_HOW_EXPRESSION,
	MTR_HOW_OTHER,
};

struct mtr_reg {
	enum mtr_how how;
	int64_t n;	     /* MTR_HOW_CFA: saved at CFA + n */
	struct mtr_value at; /* MTR_HOW_EXPRESSION: saved there */
};

/* What holds at one address. */
struct mtr_row {
	bool cfa_known;
	struct mtr_value cfa;
	struct mtr_reg fp, ra;
};

/* The row for @pc, which @fde covers. False: malformed, or not known. */
bool mtr_row_find(const struct mtr_fde *fde, uint64_t pc, struct mtr_row *ret);

#endif
