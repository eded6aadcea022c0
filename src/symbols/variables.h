/* SPDX-License-Identifier: MIT */
/*
 * Variables with a fixed place, by DWARF: at an address, or in the thread-local
 * block of a module. All units are walked once, in order; malformed DWARF ends
 * in fewer of them.
 */
#ifndef MTR_SYMBOLS_VARIABLES_H
#define MTR_SYMBOLS_VARIABLES_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "symbols/scopes.h"

struct mtr_variable {
	uint64_t start, end; /* as the file has it */
	Dwarf_Die die;
	Dwarf_Die function; /* in which it stands; .addr NULL: in none */
};

struct mtr_variables;

struct mtr_error *mtr_variables_create(struct mtr_scopes *s,
				       struct mtr_variables **ret);
void mtr_variables_destroy(struct mtr_variables *v);

/* What holds @addr, or the offset in the thread-local block; NULL: none. */
const struct mtr_variable *mtr_variables_find(const struct mtr_variables *v,
					      uint64_t addr, bool is_local);

/* "f()::cache", to be freed; NULL: it has no name. */
struct mtr_error *mtr_variables_name(struct mtr_scopes *s,
				     const struct mtr_variable *v, char **ret);

/* Was anything left out because it is damaged? */
bool mtr_variables_damaged(const struct mtr_variables *v);

#endif
