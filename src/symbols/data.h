/* SPDX-License-Identifier: MIT */
/*
 * Names for addresses of data: globals, static locals, vtables, thread-local
 * variables. By the symbol tables first; by DWARF what those lack, and the
 * function of C's static locals. Both are read when the first address falls in
 * a module, once, and sorted.
 *
 * A name is that of what holds the address: the nearest one before it would be
 * some exported variable far off. See symbols.h.
 */
#ifndef MTR_SYMBOLS_DATA_H
#define MTR_SYMBOLS_DATA_H

#include "symbols/symbols.h"

struct mtr_data {
	const char *name;     /* readable: "f()::cache"; NULL: unknown */
	const char *symbol;   /* as the symbol table has it; NULL: it is of
			       * DWARF alone */
	uint64_t start, size; /* of a thread-local one .start is the offset
			       * in the module's block */
	uint64_t offset;      /* of what was asked about: from .start on or,
			       * where there is no name, from the module's
			       * address 0 */
	const struct mtr_module *module; /* NULL: in none */
	bool of_thread;
};

MTR_VECTOR(mtr_data_list, struct mtr_data);

/* What holds @addr. The .bss of a module is its, too. */
struct mtr_error *mtr_symbols_data(struct mtr_symbols *s, uint64_t addr,
				   struct mtr_data *ret);

/* The thread-local variable at @offset in any thread's block of @m. */
struct mtr_error *mtr_symbols_tls(struct mtr_symbols *s,
				  const struct mtr_module *m, uint64_t offset,
				  struct mtr_data *ret);

/*
 * All that are called @name, as reports or symbol tables have it, or without
 * what stands before its last "::" if none is called that: the program's own
 * or, if it has none, those of libraries.
 */
struct mtr_error *mtr_symbols_data_named(struct mtr_symbols *s,
					 const char *name,
					 struct mtr_data_list *ret);

#endif
