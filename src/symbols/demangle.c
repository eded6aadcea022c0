/* SPDX-License-Identifier: MIT */
/*
 * C++ by the C++ runtime: its ABI fixes the function's name and signature, so
 * the shared library is linked, and no C++ is needed to build. See demangle.h.
 */
#include "symbols/demangle.h"

#include <stddef.h>
#include <string.h>

#ifdef HAVE_CXA_DEMANGLE
/* As the Itanium C++ ABI declares it, in <cxxabi.h> for C++ alone. */
char *__cxa_demangle(const char *symbol, char *buffer, size_t *bytes,
		     int *status);
#endif

char *mtr_demangle(const char *symbol)
{
	/* Rust's older names are C++ too, but for the hash and the escapes. */
	char *name = mtr_demangle_rust_legacy(symbol);

	if (!name)
		name = mtr_demangle_rust_v0(symbol);
#ifdef HAVE_CXA_DEMANGLE
	/* What does not begin so would be taken for a type: "f" is float. */
	if (!name && strncmp(symbol, "_Z", 2) == 0)
		name = __cxa_demangle(symbol, NULL, NULL, NULL);
#endif
	return name;
}
