/* SPDX-License-Identifier: MIT */
/*
 * From an address in a file to the functions it lies in, by its DWARF.
 *
 * A compilation unit's functions are collected when the first address falls in
 * it, what is inlined into one of them when the first falls in that: thousands
 * of addresses cost one walk over each, not one each. Malformed DWARF ends in
 * fewer answers, not in errors; and soon, for what is looked at of a unit is
 * held against its size.
 */
#ifndef MTR_SYMBOLS_SCOPES_H
#define MTR_SYMBOLS_SCOPES_H

#include <elfutils/libdw.h>

#include "base/error.h"
#include "base/vector.h"

/* Strings belong to the Dwarf. */
struct mtr_scope {
	Dwarf_Die die;	     /* of the function; .addr NULL: none */
	const char *name;    /* in the source, bare; NULL: unknown */
	const char *linkage; /* mangled; NULL: there is none */
	const char *file;    /* NULL: unknown */
	const char *dir;     /* what .file is relative to, or NULL */
	int line;	     /* 0: unknown */
	bool inlined;	     /* into the scope that follows */
};

MTR_VECTOR(mtr_scope_chain, struct mtr_scope);

struct mtr_scopes;

/* @dwarf was read from the file @path, beside which split units are looked for.
 */
struct mtr_error *mtr_scopes_create(Dwarf *dwarf, const char *path,
				    struct mtr_scopes **ret);
void mtr_scopes_destroy(struct mtr_scopes *s);

/*
 * Set *ret to the functions around @addr, the innermost inlined one first; none
 * if DWARF does not know the address. A single scope without a name, but with a
 * line, is what it says of assembler.
 */
struct mtr_error *mtr_scopes_find(struct mtr_scopes *s, Dwarf_Addr addr,
				  struct mtr_scope_chain *ret);

/* The name of @scope's function with its namespaces and classes; lives as long
 * as @s. NULL: there is none. */
struct mtr_error *mtr_scopes_full_name(struct mtr_scopes *s,
				       struct mtr_scope *scope,
				       const char **ret);

/* Each unit in turn, with what it has in another file in its place. */
struct mtr_error *
mtr_scopes_each_unit(struct mtr_scopes *s,
		     struct mtr_error *(*visit)(void *context, Dwarf_Die *unit),
		     void *context);

/* Was anything left out because it is damaged? */
bool mtr_scopes_damaged(const struct mtr_scopes *s);

/* What a unit was said to be in and is no regular file; NULL: nothing. */
const char *mtr_scopes_refused(const struct mtr_scopes *s);

#endif
