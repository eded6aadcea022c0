/* SPDX-License-Identifier: MIT */
/*
 * Names of functions in full, from DWARF: "shop::box<int>::fill" of what DWARF
 * calls "fill" and keeps in a class of a namespace. For functions without a
 * linkage name: what was only ever inlined and is not for other files.
 */
#ifndef MTR_SYMBOLS_QUALIFY_H
#define MTR_SYMBOLS_QUALIFY_H

#include <elfutils/libdw.h>
#include <stdbool.h>

#include "base/error.h"

struct mtr_qualifier;

struct mtr_error *mtr_qualifier_create(struct mtr_qualifier **ret);
void mtr_qualifier_destroy(struct mtr_qualifier *q);

/*
 * Set *ret to the name of the function @die; NULL: it has none. It lives as
 * long as @q and @die's Dwarf. A lambda is called by its line and column,
 * "main::{lambda:31:33}::operator()": which one it is of several DWARF does not
 * tell.
 */
struct mtr_error *mtr_qualifier_name(struct mtr_qualifier *q, Dwarf_Die *die,
				     const char **ret);

/* Names were left bare because DIEs do not stand as they should. */
bool mtr_qualifier_stopped(const struct mtr_qualifier *q);

#endif
