/* SPDX-License-Identifier: MIT */
/*
 * Text from outside may be in no encoding at all: one character at a time, or
 * the word that it is none.
 */
#ifndef MTR_BASE_UTF8_H
#define MTR_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

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

#endif
