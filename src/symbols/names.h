/* SPDX-License-Identifier: MIT */
/*
 * Strings that last as long as the symbols, and symbols' readable names among
 * them, each made once.
 */
#ifndef MTR_SYMBOLS_NAMES_H
#define MTR_SYMBOLS_NAMES_H

#include "base/error.h"
#include "base/map.h"
#include "base/vector.h"

struct mtr_readable {
	const char *symbol, *name;
};

MTR_VECTOR(mtr_kept_strings, char *);

static inline uint64_t mtr_readable_hash(const char *symbol)
{
	return mtr_hash_number((uintptr_t)symbol, 0);
}

static inline bool mtr_readable_is(const struct mtr_readable *item,
				   const char *symbol)
{
	return item->symbol == symbol;
}

MTR_MAP(mtr_readables, struct mtr_readable, const char *, mtr_readable_hash,
	mtr_readable_is);

struct mtr_names {
	struct mtr_kept_strings kept;
	struct mtr_readables readable;
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
