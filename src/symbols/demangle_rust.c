/* SPDX-License-Identifier: MIT */
/*
 * Rust's older mangling, which looks like C++: nested names of which the last
 * is a hash, and $..$ for what an assembler takes for no letter.
 *
 *	_ZN 4core 3fmt 5write 17h0123456789abcdef E
 *
 * See demangle.h for the contract.
 */
#include "symbols/demangle.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

enum { HASH = 17 }; /* 'h' and 16 digits */

static bool is_hash(const char *part, size_t n)
{
	if (n != HASH || part[0] != 'h')
		return false;
	for (size_t i = 1; i < n; i++)
		if (!isdigit((unsigned char)part[i]) &&
		    (part[i] < 'a' || part[i] > 'f'))
			return false;
	return true;
}

/* $u7e$ is '~'. */
static size_t add_character(struct mtr_strbuf *out, const char *part, size_t n)
{
	unsigned long value;
	char *end, c;

	if (n < 4 || part[1] != 'u' || !isxdigit((unsigned char)part[2]))
		return 0;
	value = strtoul(part + 2, &end, 16);
	if (value < ' ' || value > '~' || end >= part + n || *end != '$')
		return 0;
	c = (char)value;
	mtr_strbuf_add_bytes(out, &c, 1);
	return (size_t)(end + 1 - part);
}

/* What the escape that @part begins with stands for; its length, or 0. */
static size_t add_escape(struct mtr_strbuf *out, const char *part, size_t n)
{
	static const struct {
		const char *code, *text;
	} escapes[] = {
		{ "$SP$", "@" }, { "$BP$", "*" }, { "$RF$", "&" },
		{ "$LT$", "<" }, { "$GT$", ">" }, { "$LP$", "(" },
		{ "$RP$", ")" }, { "$C$", "," },
	};

	for (size_t i = 0; i < sizeof(escapes) / sizeof(*escapes); i++) {
		size_t length = strlen(escapes[i].code);

		if (length <= n && !memcmp(part, escapes[i].code, length)) {
			mtr_strbuf_add(out, escapes[i].text);
			return length;
		}
	}
	return add_character(out, part, n);
}

static void add_part(struct mtr_strbuf *out, const char *part, size_t n)
{
	/* An identifier must not begin with the dollar of an escape. */
	size_t i = n > 1 && part[0] == '_' && part[1] == '$';

	while (i < n) {
		size_t escape = 0;

		if (part[i] == '$')
			escape = add_escape(out, part + i, n - i);
		if (escape) {
			i += escape;
		} else if (part[i] == '.' && i + 1 < n && part[i + 1] == '.') {
			mtr_strbuf_add(out, "::");
			i += 2;
		} else {
			mtr_strbuf_add_bytes(out, &part[i++], 1);
		}
	}
}

/* The length that *at begins with; 0: there is none that fits. */
static size_t read_length(const char **at)
{
	char *end;
	unsigned long n;

	if (!isdigit((unsigned char)**at))
		return 0;
	n = strtoul(*at, &end, 10);
	*at = end;
	return n <= strlen(end) ? n : 0;
}

char *mtr_demangle_rust_legacy(const char *symbol)
{
	struct mtr_strbuf out = { 0 };
	const char *at = symbol + 3;
	char *name = NULL;
	size_t n;

	if (strncmp(symbol, "_ZN", 3) != 0)
		return NULL;
	while ((n = read_length(&at)) && !is_hash(at, n)) {
		if (out.len)
			mtr_strbuf_add(&out, "::");
		add_part(&out, at, n);
		at += n;
	}
	/* Behind the hash nothing comes but suffixes of the compiler's. */
	if (n && at[n] == 'E' && (!at[n + 1] || at[n + 1] == '.') && out.len &&
	    !out.failed)
		name = strdup(out.text);
	mtr_strbuf_fini(&out);
	return name;
}
