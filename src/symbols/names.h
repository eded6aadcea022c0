/* SPDX-License-Identifier: MIT */
/*
 * Strings that last as long as the symbols, and symbols' readable names among
 * them, each made once.
 */
#ifndef MTR_SYMBOLS_NAMES_H
#define MTR_SYMBOLS_NAMES_H

#include "base/error.h"
#include "base/index.h"
#include "base/vector.h"

struct mtr_readable {
	const char *symbol, *name;
};

MTR_VECTOR(mtr_kept_strings, char *);
MTR_VECTOR(mtr_readables, struct mtr_readable);

struct mtr_names {
	struct mtr_kept_strings kept;
	struct mtr_readables readable;
	struct mtr_index index;
};

/* Give @text, which may be NULL, to @n. */
struct mtr_error *mtr_names_keep(struct mtr_names *n, char *text,
				 const char **ret);

/* @symbol as it is read. It has to stay what and where it is: it is known by
 * its address. */
struct mtr_error *mtr_names_readable(struct mtr_names *n, const char *symbol,
				     const char **ret);

void mtr_names_fini(struct mtr_names *n);

#endif
