/* SPDX-License-Identifier: MIT */
/*
 * What the bytes before a return address look like. Pure; for who has to tell a
 * caller from a number that happens to lie in code.
 */
#ifndef MTR_TARGET_CALL_SITE_H
#define MTR_TARGET_CALL_SITE_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

enum { MTR_CALL_BYTES = 8 }; /* the longest call, or more */

/* May an instruction that calls end with @code? @machine is EM_X86_64, ... */
static inline bool mtr_ends_with_call(int machine,
				      const uint8_t code[MTR_CALL_BYTES])
{
	const uint8_t *end = code + MTR_CALL_BYTES;

	if (machine == EM_AARCH64) {
		uint32_t word = end[-4] | end[-3] << 8 | end[-2] << 16 |
				(uint32_t)end[-1] << 24;

		/* bl; blr and its forms with an authentication */
		return word >> 26 == 0x25 || (word & 0xfefff000) == 0xd63f0000;
	}
	/* e8 and four bytes; ff /2 and its operand */
	if (end[-5] == 0xe8)
		return true;
	for (int n = 2; n < MTR_CALL_BYTES; n++)
		if (end[-n] == 0xff && (end[1 - n] & 0x38) == 0x10)
			return true;
	return false;
}

#endif
