/* SPDX-License-Identifier: MIT */
/*
 * The functions, or the data, of a symbol table, by address. Where they come
 * from is left to the caller; so are the names, which must outlive the table.
 */
#ifndef MTR_SYMBOLS_SYMTAB_H
#define MTR_SYMBOLS_SYMTAB_H

#include "symbols/spans.h"

/* The weakness of what no other file sees. */
enum { MTR_SYMBOL_LOCAL = 2 };

struct mtr_symbol {
	uint64_t start, end;
	const char *name;
	int weakness; /* of two names for one place the lower is taken */
};

MTR_VECTOR(mtr_symbol_list, struct mtr_symbol);

struct mtr_symtab {
	struct mtr_symbol_list list;
	struct mtr_spans spans; /* their items are places in .list */
};

void mtr_symtab_fini(struct mtr_symtab *t);

/* False: no memory. One without a size or that wraps around is left out. */
bool mtr_symtab_add(struct mtr_symtab *t, uint64_t start, uint64_t size,
		    int weakness, const char *name);

/* Once all are in. False: no memory. */
bool mtr_symtab_sort(struct mtr_symtab *t);

/*
 * The name of the innermost function that holds @addr, or NULL. The nearest
 * symbol before @addr is not good enough: in a stripped library it is some
 * exported function, far off.
 */
const char *mtr_symtab_find(const struct mtr_symtab *t, uint64_t addr);

/* All that there is of it. */
const struct mtr_symbol *mtr_symtab_at(const struct mtr_symtab *t,
				       uint64_t addr);

#endif
