/* SPDX-License-Identifier: MIT */
/*
 * Readable names for symbols of C++ and Rust.
 */
#ifndef MTR_SYMBOLS_DEMANGLE_H
#define MTR_SYMBOLS_DEMANGLE_H

/* To be freed; NULL: not mangled, in no way known here, or no memory. */
char *mtr_demangle(const char *symbol);

/* The same for one language each. The hash of a Rust name, and the numbers that
 * tell crates apart, are left out. */
char *mtr_demangle_rust_legacy(const char *symbol);
char *mtr_demangle_rust_v0(const char *symbol);

#endif
