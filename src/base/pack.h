/* SPDX-License-Identifier: MIT */
/*
 * Numbers and texts as bytes, and back: what snapshots are made of.
 *
 * A number has 7 bits in each byte, the lowest first; the last one has no high
 * bit. A signed one is folded: 0, -1, 1, -2, ... A text has its length and 1
 * before it and a NUL behind it; 0: there is none.
 *
 * What is read is not trusted: beyond the end, and once something made no
 * sense, all is 0, and .bad says so.
 */
#ifndef MTR_BASE_PACK_H
#define MTR_BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MTR_PACK_NUMBER = 10 }; /* bytes of a number, at the most */

struct mtr_pack {
	unsigned char *at;
	size_t n, room;
	bool failed; /* memory ran out */
};

/* Room for @n more bytes; false: no memory. */
bool mtr_pack_reserve(struct mtr_pack *p, size_t n);
void mtr_pack_bytes(struct mtr_pack *p, const void *from, size_t n);
void mtr_pack_text(struct mtr_pack *p, const char *text);
void mtr_pack_fini(struct mtr_pack *p);

static inline unsigned char *mtr_pack_put(unsigned char *at, uint64_t n)
{
	for (; n > 0x7f; n >>= 7)
		*at++ = (unsigned char)(n | 0x80);
	*at++ = (unsigned char)n;
	return at;
}

static inline void mtr_pack_number(struct mtr_pack *p, uint64_t n)
{
	if (p->room - p->n < MTR_PACK_NUMBER &&
	    !mtr_pack_reserve(p, MTR_PACK_NUMBER))
		return;
	p->n = (size_t)(mtr_pack_put(p->at + p->n, n) - p->at);
}

static inline void mtr_pack_signed(struct mtr_pack *p, int64_t n)
{
	mtr_pack_number(p, (uint64_t)n << 1 ^ (uint64_t)(n >> 63));
}

struct mtr_packed {
	const unsigned char *at, *end;
	bool bad;
};

static inline struct mtr_packed mtr_packed_begin(const void *at, size_t n)
{
	const unsigned char *from = at;

	return (struct mtr_packed){ from, n ? from + n : from, false };
}

/* For numbers of more than a byte, and the end. */
uint64_t mtr_packed_long(struct mtr_packed *c);

static inline uint64_t mtr_packed_number(struct mtr_packed *c)
{
	if (c->at < c->end && *c->at < 0x80)
		return *c->at++;
	return mtr_packed_long(c);
}

static inline int64_t mtr_packed_signed(struct mtr_packed *c)
{
	uint64_t n = mtr_packed_number(c);

	return (int64_t)(n >> 1 ^ -(n & 1));
}

/* A number below @limit. */
static inline uint64_t mtr_packed_below(struct mtr_packed *c, uint64_t limit)
{
	uint64_t n = mtr_packed_number(c);

	if (n < limit)
		return n;
	c->bad = true;
	return 0;
}

/* How many items follow, each of @bytes at the least: so many there are. */
size_t mtr_packed_count(struct mtr_packed *c, size_t bytes);
/* In place; NULL: there are not so many. */
const void *mtr_packed_bytes(struct mtr_packed *c, size_t n);
/* In place, terminated; NULL: there is none. */
const char *mtr_packed_text(struct mtr_packed *c);

#endif
