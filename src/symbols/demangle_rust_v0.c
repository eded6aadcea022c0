/* SPDX-License-Identifier: MIT */
/*
 * Rust's v0 mangling: _R and a grammar of paths, types and constants (RFC
 * 2603), in which B<number>_ refers back to what stood before. By hand, for a
 * reason that HACKING tells: libiberty has it as well. See demangle.h.
 *
 * A symbol may be damaged: what does not fit the grammar, or grows beyond all
 * measure, is not demangled.
 */
#include "symbols/demangle.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

/* References back can make a short symbol grow without end. */
enum { MAX_DEPTH = 128, MAX_OUTPUT = 16384 };

struct parser {
	const char *text;
	size_t at, n;
	struct mtr_strbuf out;
	int depth;
	int quiet;	/* over 0: read on, print nothing */
	uint64_t bound; /* lifetimes that enclosing "for<...>" introduced */
	bool failed;
};

static char *finish(struct parser *p)
{
	char *name = NULL;

	if (!p->failed && !p->out.failed && p->out.len)
		name = strdup(p->out.text);
	mtr_strbuf_fini(&p->out);
	return name;
}

static void print_bytes(struct parser *p, const char *text, size_t n)
{
	if (p->out.len + n > MAX_OUTPUT)
		p->failed = true;
	if (!p->quiet && !p->failed)
		mtr_strbuf_add_bytes(&p->out, text, n);
}

static void print(struct parser *p, const char *text)
{
	print_bytes(p, text, strlen(text));
}

static void print_number(struct parser *p, uint64_t number)
{
	char text[24];
	char *at = text + sizeof(text);

	*--at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	print(p, at);
}

static char peek(const struct parser *p)
{
	return p->failed || p->at >= p->n ? '\0' : p->text[p->at];
}

static bool accept(struct parser *p, char c)
{
	if (peek(p) != c)
		return false;
	p->at++;
	return true;
}

/* '\0' and failure at the end. */
static char next(struct parser *p)
{
	char c = peek(p);

	if (!c)
		p->failed = true;
	else
		p->at++;
	return c;
}

static uint64_t read_decimal(struct parser *p)
{
	uint64_t value = 0;

	if (!isdigit((unsigned char)peek(p)))
		p->failed = true;
	if (accept(p, '0'))
		return 0;
	while (isdigit((unsigned char)peek(p)) && value < UINT32_MAX)
		value = value * 10 + (uint64_t)(next(p) - '0');
	return value;
}

/* A run of @bytes, or failure and NULL. */
static const char *read_run(struct parser *p, uint64_t bytes)
{
	const char *run = p->text + p->at;

	if (p->failed || bytes > p->n - p->at) {
		p->failed = true;
		return NULL;
	}
	p->at += bytes;
	return run;
}

static void print_path(struct parser *p, bool in_type);
static void print_type(struct parser *p);
static void print_const(struct parser *p);

struct identifier {
	const char *text;
	size_t n;
	uint64_t disambiguator;
	bool punycode;
};

static bool enter(struct parser *p)
{
	if (++p->depth > MAX_DEPTH)
		p->failed = true;
	return !p->failed;
}

/* "_" is 0, "0_" is 1, "10_" is 63. */
static uint64_t read_base62(struct parser *p)
{
	uint64_t value = 0;

	if (accept(p, '_'))
		return 0;
	while (!accept(p, '_')) {
		char c = next(p);
		uint64_t digit = 0;

		if (isdigit((unsigned char)c))
			digit = (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'z')
			digit = 10 + (uint64_t)(c - 'a');
		else if (c >= 'A' && c <= 'Z')
			digit = 36 + (uint64_t)(c - 'A');
		else
			p->failed = true;
		if (p->failed || __builtin_mul_overflow(value, 62, &value) ||
		    __builtin_add_overflow(value, digit, &value)) {
			p->failed = true;
			return 0;
		}
	}
	return value + 1;
}

/* A number that is there only behind @tag; then it is one more. */
static uint64_t read_optional(struct parser *p, char tag)
{
	return accept(p, tag) ? read_base62(p) + 1 : 0;
}

static struct identifier read_identifier(struct parser *p)
{
	struct identifier id = { .disambiguator = read_optional(p, 's') };

	id.punycode = accept(p, 'u');
	id.n = read_decimal(p);
	accept(p, '_');
	id.text = read_run(p, id.n);
	if (!id.text)
		id.n = 0;
	return id;
}

static void print_identifier(struct parser *p, const struct identifier *id)
{
	if (id->punycode)
		print(p, "punycode{");
	print_bytes(p, id->text ? id->text : "", id->n);
	if (id->punycode)
		print(p, "}");
}

/* What stood before, with @visit; only further in front, or it never ends. */
static void print_reference(struct parser *p, size_t tag,
			    void (*visit)(struct parser *))
{
	uint64_t target = read_base62(p);
	size_t resume = p->at;

	if (target >= tag)
		p->failed = true;
	if (p->failed || p->quiet || !enter(p))
		return;
	p->at = target;
	visit(p);
	p->at = resume;
	p->depth--;
}

static void print_value_path(struct parser *p)
{
	print_path(p, false);
}

static void print_type_path(struct parser *p)
{
	print_path(p, true);
}

static void print_lifetime(struct parser *p, uint64_t index)
{
	uint64_t depth = p->bound - index;
	char letter[] = "'a";

	if (!index) {
		print(p, "'_");
	} else if (index > p->bound) {
		p->failed = true;
	} else if (depth < 26) {
		letter[1] = (char)('a' + depth);
		print(p, letter);
	} else {
		print(p, "'_");
		print_number(p, depth);
	}
}

/* "for<'a, 'b> ", if there is one; how many to take off .bound at its end. */
static uint64_t print_binder(struct parser *p)
{
	uint64_t n = read_optional(p, 'G');

	if (!n || n > MAX_DEPTH) {
		p->failed |= n != 0;
		return 0;
	}
	print(p, "for<");
	for (uint64_t i = 0; i < n; i++) {
		if (i)
			print(p, ", ");
		p->bound++;
		print_lifetime(p, 1);
	}
	print(p, "> ");
	return n;
}

static void print_generic_arg(struct parser *p)
{
	if (accept(p, 'L'))
		print_lifetime(p, read_base62(p));
	else if (accept(p, 'K'))
		print_const(p);
	else
		print_type(p);
}

/* @visit for each up to E; how many there were. */
static size_t print_list(struct parser *p, const char *separator,
			 void (*visit)(struct parser *))
{
	size_t n = 0;

	for (; !p->failed && !accept(p, 'E'); n++) {
		if (n)
			print(p, separator);
		visit(p);
	}
	return n;
}

static void skip_impl_path(struct parser *p)
{
	p->quiet++;
	read_optional(p, 's');
	print_path(p, false);
	p->quiet--;
}

/* Upper case namespaces are the compiler's own: closures and shims. */
static void print_nested(struct parser *p, bool in_type)
{
	char space = next(p);
	struct identifier id;

	p->failed |= !isalpha((unsigned char)space);
	print_path(p, in_type);
	id = read_identifier(p);
	if (!isupper((unsigned char)space)) {
		if (id.n)
			print(p, "::");
		print_identifier(p, &id);
		return;
	}
	print(p, "::{");
	if (space == 'C')
		print(p, "closure");
	else if (space == 'S')
		print(p, "shim");
	else
		print_bytes(p, &space, 1);
	if (id.n)
		print(p, ":");
	print_identifier(p, &id);
	print(p, "#");
	print_number(p, id.disambiguator);
	print(p, "}");
}

static void print_qualified(struct parser *p, char kind)
{
	if (kind != 'Y')
		skip_impl_path(p);
	print(p, "<");
	print_type(p);
	if (kind != 'M') {
		print(p, " as ");
		print_path(p, true);
	}
	print(p, ">");
}

static void print_path(struct parser *p, bool in_type)
{
	size_t tag = p->at;
	struct identifier id;
	char kind = next(p);

	if (!enter(p))
		return;
	switch (kind) {
	case 'C':
		id = read_identifier(p);
		print_identifier(p, &id);
		break;
	case 'N':
		print_nested(p, in_type);
		break;
	case 'M':
	case 'X':
	case 'Y':
		print_qualified(p, kind);
		break;
	case 'I':
		print_path(p, in_type);
		print(p, in_type ? "<" : "::<");
		print_list(p, ", ", print_generic_arg);
		print(p, ">");
		break;
	case 'B':
		print_reference(p, tag,
				in_type ? print_type_path : print_value_path);
		break;
	default:
		p->failed = true;
	}
	p->depth--;
}

static const char *basic_type(char c)
{
	static const char *const names[26] = {
		"i8",	"bool",	 "char",  "f64", "str", "f32", NULL,
		"u8",	"isize", "usize", NULL,	 "i32", "u32", "i128",
		"u128", "_",	 NULL,	  NULL,	 "i16", "u16", "()",
		"...",	NULL,	 "i64",	  "u64", "!",
	};

	return c >= 'a' && c <= 'z' ? names[c - 'a'] : NULL;
}

/* An ABI's name has its dashes as underscores. */
static void print_abi(struct parser *p)
{
	struct identifier id = { .text = "C", .n = 1 };

	if (!accept(p, 'C'))
		id = read_identifier(p);
	print(p, "extern \"");
	for (size_t i = 0; i < id.n; i++)
		print_bytes(p, id.text[i] == '_' ? "-" : &id.text[i], 1);
	print(p, "\" ");
}

static void print_function_type(struct parser *p)
{
	uint64_t bound = print_binder(p);

	if (accept(p, 'U'))
		print(p, "unsafe ");
	if (accept(p, 'K'))
		print_abi(p);
	print(p, "fn(");
	print_list(p, ", ", print_type);
	print(p, ")");
	if (!accept(p, 'u')) {
		print(p, " -> ");
		print_type(p);
	}
	p->bound -= bound;
}

/* A trait, its generics still open; true if there were any. */
static bool print_open_path(struct parser *p)
{
	if (accept(p, 'I')) {
		print_path(p, true);
		print(p, "<");
		print_list(p, ", ", print_generic_arg);
		return true;
	}
	print_path(p, true);
	return false;
}

/* Trait<A, Name = Type> */
static void print_trait(struct parser *p)
{
	bool open = print_open_path(p);

	while (accept(p, 'p')) {
		struct identifier id = read_identifier(p);

		print(p, open ? ", " : "<");
		open = true;
		print_identifier(p, &id);
		print(p, " = ");
		print_type(p);
	}
	if (open)
		print(p, ">");
}

static void print_dyn(struct parser *p)
{
	uint64_t bound, lifetime;

	print(p, "dyn ");
	bound = print_binder(p);
	print_list(p, " + ", print_trait);
	p->bound -= bound;
	if (!accept(p, 'L')) {
		p->failed = true;
		return;
	}
	lifetime = read_base62(p);
	if (lifetime) {
		print(p, " + ");
		print_lifetime(p, lifetime);
	}
}

static void print_borrow(struct parser *p, bool mutable)
{
	uint64_t lifetime = 0;

	print(p, "&");
	if (accept(p, 'L'))
		lifetime = read_base62(p);
	if (lifetime) {
		print_lifetime(p, lifetime);
		print(p, " ");
	}
	if (mutable)
		print(p, "mut ");
	print_type(p);
}

static void print_tuple(struct parser *p)
{
	print(p, "(");
	if (print_list(p, ", ", print_type) == 1)
		print(p, ",");
	print(p, ")");
}

static void print_array(struct parser *p, bool sized)
{
	print(p, "[");
	print_type(p);
	if (sized) {
		print(p, "; ");
		print_const(p);
	}
	print(p, "]");
}

static void print_compound_type(struct parser *p, char kind, size_t tag)
{
	switch (kind) {
	case 'A':
	case 'S':
		print_array(p, kind == 'A');
		break;
	case 'T':
		print_tuple(p);
		break;
	case 'R':
	case 'Q':
		print_borrow(p, kind == 'Q');
		break;
	case 'P':
	case 'O':
		print(p, kind == 'P' ? "*const " : "*mut ");
		print_type(p);
		break;
	case 'F':
		print_function_type(p);
		break;
	case 'D':
		print_dyn(p);
		break;
	case 'B':
		print_reference(p, tag, print_type);
		break;
	default:
		p->at = tag;
		print_path(p, true);
	}
}

static void print_type(struct parser *p)
{
	size_t tag = p->at;
	char kind = next(p);
	const char *basic = basic_type(kind);

	if (!enter(p))
		return;
	if (basic)
		print(p, basic);
	else
		print_compound_type(p, kind, tag);
	p->depth--;
}

/* Hexadecimal digits up to "_"; false: more than 64 bits. */
static bool read_hex(struct parser *p, uint64_t *ret)
{
	size_t from = p->at;

	*ret = 0;
	while (!p->failed && !accept(p, '_')) {
		char c = next(p);

		if (isdigit((unsigned char)c))
			*ret = *ret << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*ret = *ret << 4 | (uint64_t)(10 + c - 'a');
		else
			p->failed = true;
	}
	return p->at - from <= 16 + 1;
}

static void print_char(struct parser *p, uint64_t c)
{
	char text[] = "' '";

	if (c < ' ' || c > '~' || c == '\'' || c == '\\') {
		p->failed = true; /* rare; the mangled name will do */
		return;
	}
	text[1] = (char)c;
	print(p, text);
}

static void print_integer(struct parser *p, bool has_sign)
{
	size_t from;
	uint64_t value;

	if (has_sign && accept(p, 'n'))
		print(p, "-");
	from = p->at;
	if (read_hex(p, &value)) {
		print_number(p, value);
	} else {
		print(p, "0x");
		print_bytes(p, p->text + from, p->at - from - 1);
	}
}

/* Structured constants are left out: such a name stays mangled. */
static void print_const(struct parser *p)
{
	size_t tag = p->at;
	char kind = next(p);
	uint64_t value;

	if (!enter(p))
		return;
	switch (kind) {
	case 'p':
		print(p, "_");
		break;
	case 'B':
		print_reference(p, tag, print_const);
		break;
	case 'b':
		read_hex(p, &value);
		p->failed |= value > 1;
		print(p, value ? "true" : "false");
		break;
	case 'c':
		read_hex(p, &value);
		print_char(p, value);
		break;
	default:
		if (!kind || !strchr("hjmotyailnsx", kind))
			p->failed = true;
		print_integer(p, strchr("ailnsx", kind));
	}
	p->depth--;
}

char *mtr_demangle_rust_v0(const char *symbol)
{
	/* References count from behind "_R". */
	struct parser p = { 0 };

	if (strncmp(symbol, "_R", 2) != 0)
		return NULL;
	p.text = symbol + 2;
	p.n = strcspn(p.text, ".$");
	/* A digit is the version of a mangling yet to come. */
	if (isupper((unsigned char)peek(&p)))
		print_path(&p, false);
	else
		p.failed = true;
	if (peek(&p)) { /* the crate that asked for this instance */
		p.quiet++;
		print_path(&p, false);
	}
	if (p.at != p.n)
		p.failed = true;
	return finish(&p);
}
