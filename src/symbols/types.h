/* SPDX-License-Identifier: MIT */
/*
 * The class of a C++ object, by the vtable that its first word points into.
 *
 * By the symbol of the vtable, its own, one of its bases' in it, or that which
 * it has while it is made; or, where that has none, by the run-time type
 * information that stands before the functions in it.
 */
#ifndef MTR_SYMBOLS_TYPES_H
#define MTR_SYMBOLS_TYPES_H

#include "symbols/symbols.h"

/* *ret is NULL if @word points into no vtable. It lives as long as @s. */
struct mtr_error *mtr_symbols_class(struct mtr_symbols *s, uint64_t word,
				    const char **ret);

#endif
