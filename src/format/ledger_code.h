/* SPDX-License-Identifier: MIT */
/*
 * The code of a ledger entry: which granules start a traced block, and how
 * many usable bytes it has.
 *
 * Pure functions on bytes; both processes use them. The code synchronises
 * itself, like UTF-8: a lead byte has its high bit set, a continuation byte
 * has not, so a reader may start anywhere, and stale continuation bytes mean
 * nothing.
 *
 *   lead          1ggggggg   a live block; g: its generation, 0..122
 *                 11111111   a freed block whose trailer may still be there
 *   continuation  0sssssss   usable size in units of 8 bytes, if below 127
 *                 01111111   escape: six more bytes of 7 bits, low first
 *
 *   small block   | lead | units |                              2 bytes
 *   large block   | lead | 127 | b0 | b1 | b2 | b3 | b4 | b5 |  8 bytes
 */
#ifndef MTR_FORMAT_LEDGER_CODE_H
#define MTR_FORMAT_LEDGER_CODE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "format/layout.h"

enum {
	MTR_LEAD = 0x80,
	MTR_LEAD_FREED = 0xff,
	MTR_UNIT_BITS = 3,
	MTR_ESCAPE = 0x7f,
	MTR_ENTRY_SMALL = 2, /* bytes of an entry */
	MTR_ENTRY_LARGE = 8,
	MTR_USABLE_BITS = 6 * 7 + MTR_UNIT_BITS, /* below 2^45 */
};

static_assert((int)MTR_LEAF_SPARE >= (int)MTR_ENTRY_LARGE,
	      "an entry fits the spare");
static_assert((MTR_LEAD | MTR_GENERATION_MAX) < MTR_LEAD_FREED, "generations");

static inline uint8_t mtr_lead(uint32_t generation)
{
	return MTR_LEAD | (generation & 0x7f);
}

/* A lead byte of either kind. */
static inline bool mtr_is_lead(uint8_t byte)
{
	return byte & MTR_LEAD;
}

static inline bool mtr_is_live(uint8_t byte)
{
	return byte >= MTR_LEAD && byte <= (MTR_LEAD | MTR_GENERATION_MAX);
}

static inline uint32_t mtr_lead_generation(uint8_t lead)
{
	return lead & 0x7f;
}

static inline bool mtr_usable_is_small(uint64_t usable)
{
	return usable >> MTR_UNIT_BITS < MTR_ESCAPE;
}

/*
 * Store an entry with a single store of 2 or 8 bytes, so that a thread stopped
 * anywhere has either written it or not. The caller owns that many granules.
 */
static inline void mtr_ledger_put_small(uint8_t *at, uint8_t lead,
					uint64_t usable)
{
	uint8_t units = usable >> MTR_UNIT_BITS;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint16_t code = lead | units << 8;
#else
	uint16_t code = lead << 8 | units;
#endif
	memcpy(at, &code, sizeof(code));
}

static inline void mtr_ledger_put_large(uint8_t *at, uint8_t lead,
					uint64_t usable)
{
	uint8_t byte[MTR_ENTRY_LARGE] = { lead, MTR_ESCAPE };
	uint64_t units = usable >> MTR_UNIT_BITS;
	uint64_t code;

	for (int i = 2; i < MTR_ENTRY_LARGE; i++, units >>= 7)
		byte[i] = units & 0x7f;
	memcpy(&code, byte, sizeof(code));
	memcpy(at, &code, sizeof(code));
}

static inline void mtr_ledger_put(uint8_t *at, uint8_t lead, uint64_t usable)
{
	if (mtr_usable_is_small(usable))
		mtr_ledger_put_small(at, lead, usable);
	else
		mtr_ledger_put_large(at, lead, usable);
}

/*
 * The usable size that the entry at @at says, in bytes; 0 if the bytes are no
 * entry. @room is how many bytes may be read, the lead byte included.
 */
static inline uint64_t mtr_ledger_usable(const uint8_t *at, size_t room)
{
	uint64_t units = 0;

	if (room < MTR_ENTRY_SMALL || mtr_is_lead(at[1]))
		return 0;
	if (at[1] != MTR_ESCAPE)
		return (uint64_t)at[1] << MTR_UNIT_BITS;
	if (room < MTR_ENTRY_LARGE)
		return 0;
	for (int i = MTR_ENTRY_LARGE - 1; i >= 2; i--) {
		if (mtr_is_lead(at[i]))
			return 0;
		units = units << 7 | at[i];
	}
	return units << MTR_UNIT_BITS;
}

#endif
