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
	bool is_new;
	struct mtr_readable *item =
		mtr_readables_put(&n->readable, symbol, &is_new);

	if (!item)
		return mtr_error_nomem();
	if (is_new) {
		item->symbol = symbol;
		MTR_TRY(make(n, symbol, &item->name));
	}
	*ret = item->name;
	return NULL;
}

void mtr_names_fini(struct mtr_names *n)
{
	for (size_t i = 0; i < n->kept.n; i++)
		free(n->kept.at[i]);
	mtr_kept_strings_fini(&n->kept);
	mtr_readables_fini(&n->readable);
}
