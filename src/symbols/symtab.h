/* SPDX-License-Identifier: MIT */
/*
 * The functions of a symbol table, by address. Where they come from is left to
 * the caller; so are the names, which must outlive the table.
 */
#ifndef MTR_SYMBOLS_SYMTAB_H
#define MTR_SYMBOLS_SYMTAB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vector.h"

struct mtr_symbol {
	uint64_t start, end;
	uint64_t reach; /* the furthest end of all up to this one */
	const char *name;
	int weakness; /* of two names for one place the lower is taken */
};

MTR_VECTOR(mtr_symtab, struct mtr_symbol);

/* False: no memory. One without a size or that wraps around is left out. */
bool mtr_symtab_add(struct mtr_symtab *t, uint64_t start, uint64_t size,
		    int weakness, const char *name);

/* Once all are in. */
void mtr_symtab_sort(struct mtr_symtab *t);

/*
 * The name of the innermost function that holds @addr, or NULL. The nearest
 * symbol before @addr is not good enough: in a stripped library it is some
 * exported function, far off.
 */
const char *mtr_symtab_find(const struct mtr_symtab *t, uint64_t addr);

#endif
