/* SPDX-License-Identifier: MIT */
/*
 * Text from outside may be in no encoding at all: one character at a time, or
 * the word that it is none.
 */
#ifndef MTR_BASE_UTF8_H
#define MTR_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * How many bytes the character at @s has, 0 if there is none (of the shortest
 * form, no surrogate); its code in *ret. @s ends with a NUL, which is one of
 * 1 byte.
 */
static inline size_t mtr_utf8_char(const char *s, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] < 0x80		   ? 1
		   : (u[0] & 0xe0) == 0xc0 ? 2
		   : (u[0] & 0xf0) == 0xe0 ? 3
		   : (u[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	uint32_t code = n == 1 ? u[0] : u[0] & (0x7f >> n);

	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (u[i] & 0x3f);
	}
	if (!n || code < least[n] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret = code;
	return n;
}

/* Would it do something to a terminal? */
static inline int mtr_utf8_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/*
 * Is it not seen itself, but changes what is? Such are the marks that turn the
 * direction of the text behind them, those without a width, and the separators
 * of lines that are no newline. All have four digits.
 */
static inline int mtr_utf8_is_unseen(uint32_t code)
{
	return code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x2069) || code == 0xfeff;
}

enum { MTR_UTF8_SHOWN = 8 };

/*
 * What people are shown of the character at @s, in ret: itself, or "?" for what
 * a terminal obeys and what is no character, or "\u202e" for what is not seen.
 * How many bytes it has at @s.
 */
static inline size_t mtr_utf8_show(const char *s, char ret[MTR_UTF8_SHOWN],
				   int *ret_columns)
{
	static const char digit[] = "0123456789abcdef";
	uint32_t code = 0;
	size_t n = mtr_utf8_char(s, &code);

	*ret_columns = 1;
	if (!n || mtr_utf8_is_control(code)) {
		ret[0] = '?';
		ret[1] = '\0';
		return n ? n : 1;
	}
	if (mtr_utf8_is_unseen(code)) {
		const char escaped[] = { '\\',
					 'u',
					 digit[code >> 12 & 15],
					 digit[code >> 8 & 15],
					 digit[code >> 4 & 15],
					 digit[code & 15],
					 '\0' };

		memcpy(ret, escaped, sizeof(escaped));
		*ret_columns = 6;
		return n;
	}
	memcpy(ret, s, n);
	ret[n] = '\0';
	return n;
}

#endif
