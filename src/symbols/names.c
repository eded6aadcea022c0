/* SPDX-License-Identifier: MIT */
/*
 * See names.h for the contract.
 */
#include "symbols/names.h"

#include <string.h>

#include "base/cleanup.h"
#include "symbols/demangle.h"

struct mtr_error *mtr_names_keep(struct mtr_names *n, char *text,
				 const char **ret)
{
	char **slot = text ? mtr_kept_strings_push(&n->kept) : NULL;

	if (!slot) {
		free(text);
		return mtr_error_nomem();
	}
	*slot = text;
	*ret = text;
	return NULL;
}

static uint64_t hash_of(const char *symbol)
{
	return mtr_index_mix((uintptr_t)symbol);
}

static bool rehash(struct mtr_names *n)
{
	if (!mtr_index_grow(&n->index, n->readable.n + 1))
		return false;
	for (size_t i = 0; i < n->readable.n; i++)
		mtr_index_put(&n->index, hash_of(n->readable.at[i].symbol), i);
	return true;
}

/* "@VERSION" is no part of a name. */
static struct mtr_error *make(struct mtr_names *n, const char *symbol,
			      const char **ret)
{
	mtr_auto_free char *bare = strndup(symbol, strcspn(symbol, "@"));
	char *demangled = bare ? mtr_demangle(bare) : NULL;

	return mtr_names_keep(n, demangled ? demangled : mtr_take(bare), ret);
}

struct mtr_error *mtr_names_readable(struct mtr_names *n, const char *symbol,
				     const char **ret)
{
	uint64_t slot = hash_of(symbol);
	struct mtr_readable *made;
	uint32_t at;

	if (mtr_index_is_full(&n->index, n->readable.n) && !rehash(n))
		return mtr_error_nomem();
	while ((at = mtr_index_next(&n->index, &slot))) {
		*ret = n->readable.at[at - 1].name;
		if (n->readable.at[at - 1].symbol == symbol)
			return NULL;
	}
	MTR_TRY(make(n, symbol, ret));
	made = mtr_readables_push(&n->readable);
	if (!made)
		return mtr_error_nomem();
	*made = (struct mtr_readable){ symbol, *ret };
	mtr_index_put(&n->index, hash_of(symbol), n->readable.n - 1);
	return NULL;
}

void mtr_names_fini(struct mtr_names *n)
{
	for (size_t i = 0; i < n->kept.n; i++)
		free(n->kept.at[i]);
	mtr_kept_strings_fini(&n->kept);
	mtr_readables_fini(&n->readable);
	mtr_index_fini(&n->index);
}
