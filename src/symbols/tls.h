/* SPDX-License-Identifier: MIT */
/*
 * Where a thread's own variables are: a block for each module that has some.
 *
 * By what glibc keeps in memory: the thread's table of blocks, and in the
 * dynamic linker's list of modules the number of each and its place. Where in
 * an element of the list that stands depends on the version; what it looks like
 * does not.
 */
#ifndef MTR_SYMBOLS_TLS_H
#define MTR_SYMBOLS_TLS_H

#include "symbols/symbols.h"

struct mtr_tls_block {
	uint64_t start, end;
	const struct mtr_module *module; /* see mtr_symbols_tls */
};

MTR_VECTOR(mtr_tls_blocks, struct mtr_tls_block);

/*
 * Those of the thread whose thread pointer is @tp, by address, into *ret; as
 * far as they are there: some modules' come with their first use. None where
 * the target does not tell.
 */
struct mtr_error *mtr_symbols_tls_blocks(struct mtr_symbols *s, uint64_t tp,
					 struct mtr_tls_blocks *ret);

#endif
