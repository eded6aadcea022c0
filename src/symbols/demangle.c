/* SPDX-License-Identifier: MIT */
/*
 * C++ by libiberty, piece by piece, so that a name can be given up when it gets
 * too long. HACKING says why this part of libiberty, and not the one for Rust.
 * See demangle.h.
 */
#include "symbols/demangle.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

#ifdef HAVE_LIBIBERTY
/*
 * From its demangle.h, which includes headers under the GPL. The third
 * option is known since binutils 2.32, which refuses names over 1,024 bytes
 * otherwise.
 */
enum { PARAMS = 1 << 0, ANSI = 1 << 1, NO_RECURSE_LIMIT = 1 << 18 };
int cplus_demangle_v3_callback(const char *symbol, int options,
			       void (*add)(const char *text, size_t n,
					   void *data),
			       void *data);

/* It takes stack for each byte of a symbol: with this many, one megabyte. A
 * symbol of 209 bytes may stand for 25 megabytes. */
enum { MAX_SYMBOL = 8192, MAX_NAME = 16384 };

struct sink {
	struct mtr_strbuf out;
	jmp_buf full;
};

/* There is nothing between here and demangle_cxx() that would be lost: it works
 * on the stack alone. */
static void add(const char *text, size_t n, void *data)
{
	struct sink *sink = data;

	mtr_strbuf_add_bytes(&sink->out, text, n);
	if (sink->out.len > MAX_NAME || sink->out.failed)
		longjmp(sink->full, 1);
}

static char *demangle_cxx(const char *symbol)
{
	struct sink sink = { 0 };
	bool ok = false;

	/* What does not begin so would be taken for a type: "f" is float. */
	if (strncmp(symbol, "_Z", 2) != 0 ||
	    strnlen(symbol, MAX_SYMBOL + 1) > MAX_SYMBOL)
		return NULL;
	if (!setjmp(sink.full))
		ok = cplus_demangle_v3_callback(
			symbol, PARAMS | ANSI | NO_RECURSE_LIMIT, add, &sink);
	else
		sink.out.failed = true;
	if (ok && !sink.out.failed && sink.out.len)
		return sink.out.text;
	mtr_strbuf_fini(&sink.out);
	return NULL;
}
#else
static char *demangle_cxx(const char *symbol)
{
	(void)symbol;
	return NULL;
}
#endif

char *mtr_demangle(const char *symbol)
{
	/* Rust's older names are C++ too, but for the hash and the escapes. */
	char *name = mtr_demangle_rust_legacy(symbol);

	if (!name)
		name = mtr_demangle_rust_v0(symbol);
	if (!name)
		name = demangle_cxx(symbol);
	return name;
}
