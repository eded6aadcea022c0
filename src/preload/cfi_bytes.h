/* SPDX-License-Identifier: MIT */
/*
 * Reading the numbers that unwind information is made of, within bounds: what
 * would lie beyond the end reads as 0 and sets .bad.
 */
#ifndef MTR_PRELOAD_CFI_BYTES_H
#define MTR_PRELOAD_CFI_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct mtr_bytes {
	const uint8_t *at, *end;
	bool bad;
};

static inline uint64_t mtr_bytes_number(struct mtr_bytes *b, size_t n)
{
	uint64_t number = 0;

	if ((size_t)(b->end - b->at) < n) {
		b->bad = true;
		b->at = b->end;
		return 0;
	}
	memcpy(&number, b->at, n); /* little-endian, as both processors are */
	b->at += n;
	return number;
}

static inline uint8_t mtr_bytes_u8(struct mtr_bytes *b)
{
	if (b->at < b->end)
		return *b->at++;
	b->bad = true;
	return 0;
}

static inline uint16_t mtr_bytes_u16(struct mtr_bytes *b)
{
	return mtr_bytes_number(b, 2);
}

static inline uint32_t mtr_bytes_u32(struct mtr_bytes *b)
{
	return mtr_bytes_number(b, 4);
}

static inline uint64_t mtr_bytes_u64(struct mtr_bytes *b)
{
	return mtr_bytes_number(b, 8);
}

static inline uint64_t mtr_bytes_uleb(struct mtr_bytes *b)
{
	uint8_t byte = mtr_bytes_u8(b);
	uint64_t number = byte & 0x7f;

	for (unsigned int shift = 7; byte & 0x80 && !b->bad; shift += 7) {
		byte = mtr_bytes_u8(b);
		if (shift < 64)
			number |= (uint64_t)(byte & 0x7f) << shift;
	}
	return number;
}

static inline int64_t mtr_bytes_sleb(struct mtr_bytes *b)
{
	uint64_t number = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = mtr_bytes_u8(b);
		if (shift < 64)
			number |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !b->bad);
	if (byte & 0x40 && shift < 64)
		number |= -(UINT64_C(1) << shift);
	return number;
}

/* The bytes of a block that its length comes before. */
static inline struct mtr_bytes mtr_bytes_block(struct mtr_bytes *b)
{
	uint64_t n = mtr_bytes_uleb(b);
	struct mtr_bytes block = { b->at, b->at, false };

	if (n > (uint64_t)(b->end - b->at)) {
		b->bad = block.bad = true;
		return block;
	}
	b->at += n;
	block.end = b->at;
	return block;
}

static inline const char *mtr_bytes_string(struct mtr_bytes *b)
{
	const char *text = (const char *)b->at;
	const uint8_t *nul = memchr(b->at, 0, b->end - b->at);

	if (!nul) {
		b->bad = true;
		return "";
	}
	b->at = nul + 1;
	return text;
}

/* DW_EH_PE_*: the form in the low four bits, what it counts from above. */
static inline uint64_t mtr_bytes_pointer(struct mtr_bytes *b, uint8_t encoding,
					 uint64_t data)
{
	uint64_t from = (uintptr_t)b->at, n;

	switch (encoding & 0x0f) {
	case 0x00:
	case 0x04:
	case 0x0c:
		n = mtr_bytes_u64(b);
		break;
	case 0x01:
		n = mtr_bytes_uleb(b);
		break;
	case 0x02:
		n = mtr_bytes_u16(b);
		break;
	case 0x03:
		n = mtr_bytes_u32(b);
		break;
	case 0x09:
		n = mtr_bytes_sleb(b);
		break;
	case 0x0a:
		n = (int16_t)mtr_bytes_u16(b);
		break;
	case 0x0b:
		n = (int32_t)mtr_bytes_u32(b);
		break;
	default:
		b->bad = true;
		return 0;
	}
	switch (encoding & 0xf0) {
	case 0x00:
		return n;
	case 0x10: /* pcrel */
		return n + from;
	case 0x30: /* datarel */
		return n + data;
	default:
		b->bad = true;
		return 0;
	}
}

#endif
