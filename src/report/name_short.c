/* SPDX-License-Identifier: MIT */
/*
 * Names of C++ and Rust without their template arguments: Map<K, V>::add<W>(K)
 * becomes Map::add(K).
 *
 * What a demangler writes is read from left to right, once. A "<" begins
 * arguments only behind a name; elsewhere it is an operator, or the first
 * character of Rust's "<T as Trait>". Inside of arguments nothing is kept, but
 * has to be understood to find their end: a ">" may be part of "->", of
 * "operator>", or of an expression, which then stands in parentheses.
 */
#include "report/name.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH = 64 }; /* parentheses in each other; more are left as they are */

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

/* The bytes of the operator's own characters at @s, behind "operator". */
static size_t operator_sign(const char *s)
{
	/* of two that begin alike the longer one first */
	static const char *const signs[] = {
		"<=>", "<<=", ">>=", "->*", "()", "[]", "<<", ">>", "<=", ">=",
		"->",  "==",  "!=",  "+=",  "-=", "*=", "/=", "%=", "^=", "&=",
		"|=",  "&&",  "||",  "++",  "--", "<",	">",  "+",  "-",  "*",
		"/",   "%",   "^",   "&",   "|",  "~",	"!",  "=",  ",",
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		size_t n = strlen(signs[i]);

		if (strncmp(s, signs[i], n) == 0)
			return n;
	}
	return 0;
}

/* The bytes of "operator<" and such at @s, which begins at @text; 0: there is
 * none. */
static size_t operator_at(const char *text, const char *s)
{
	static const char word[] = "operator";
	const size_t n = sizeof(word) - 1;
	size_t sign;

	if (strncmp(s, word, n) != 0 || (s > text && is_name(s[-1])))
		return 0;
	sign = operator_sign(s + n);
	return sign ? n + sign : 0;
}

/* Does a "<" at @s begin template arguments? @after: behind an operator. */
static bool begins_arguments(const char *text, const char *s, bool after)
{
	char before = s > text ? s[-1] : '\0';

	return after || is_name(before) || before == ']' || before == '}';
}

/*
 * Behind the arguments that begin at @s; NULL: they do not end. open[i]: how
 * many of them are open inside of the i-th parenthesis.
 */
static const char *skip_arguments(const char *s)
{
	unsigned open[DEPTH] = { 0 }, depth = 0;
	const char *text = s;
	bool after = true;

	while (*s) {
		size_t sign = operator_at(text, s);

		if (sign) {
			s += sign;
			s += *s == ' ' && s[1] == '<';
			after = true;
			continue;
		}
		if (*s == '<' && begins_arguments(text, s, after))
			open[depth]++;
		else if (*s == '-' && s[1] == '>')
			s++;
		else if (*s == '>' && open[depth])
			open[depth]--;
		else if (*s == '(' && ++depth < DEPTH)
			open[depth] = 0;
		else if (*s == ')' && depth)
			depth--;
		if (depth >= DEPTH)
			return NULL;
		s++;
		after = false;
		if (!depth && !open[0])
			return s;
	}
	return NULL;
}

void mtr_name_short(struct mtr_strbuf *b, const char *text)
{
	const char *s = text, *from = text;
	bool after = false;

	while (*s) {
		size_t sign = operator_at(text, s);
		bool arguments = *s == '<' && begins_arguments(text, s, after);
		const char *end = arguments ? skip_arguments(s) : NULL;

		if (arguments && !end)
			break;
		if (end) {
			const char *to = after && s[-1] == ' ' ? s - 1 : s;

			mtr_strbuf_add_bytes(b, from, to - from);
			s = from = end;
			after = false;
			continue;
		}
		after = sign;
		s += sign ? sign : 1;
		if (sign && *s == ' ' && s[1] == '<')
			s++;
	}
	mtr_strbuf_add(b, from);
}
