/* SPDX-License-Identifier: MIT */
/*
 * Which functions only pass an allocation on: malloc and its family, operator
 * new, all of std and of Rust's library, the containers of Qt and GLib, strdup,
 * xmalloc ... A block is attributed to the first function that is none of
 * these.
 */
#ifndef MTR_SYMBOLS_WRAPPERS_H
#define MTR_SYMBOLS_WRAPPERS_H

#include <stdbool.h>

#include "base/error.h"

struct mtr_wrappers;

/* @skip: a POSIX extended regular expression, found anywhere in the readable
 * name, for more of them; or NULL. */
struct mtr_error *mtr_wrappers_create(const char *skip,
				      struct mtr_wrappers **ret);
void mtr_wrappers_destroy(struct mtr_wrappers *w);

/* All of a module's functions are wrappers, named or not: "libglib-2.0.so.0",
 * or a whole path. May be called again for more. */
struct mtr_error *mtr_wrappers_skip_module(struct mtr_wrappers *w,
					   const char *module);

/* Is it one of those? */
bool mtr_wrappers_match_module(const struct mtr_wrappers *w, const char *path);

/* @function is a readable (demangled) name, with or without parameters. */
bool mtr_wrappers_match(const struct mtr_wrappers *w, const char *function);

#endif
