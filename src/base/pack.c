/* SPDX-License-Identifier: MIT */
/*
 * See pack.h for the contract.
 */
#include "base/pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/vector.h"

bool mtr_pack_reserve(struct mtr_pack *p, size_t n)
{
	void *at = p->at;

	if (p->failed || n > SIZE_MAX - p->n ||
	    !mtr_vector_reserve(&at, &p->room, p->n + n, 1)) {
		p->failed = true;
		return false;
	}
	p->at = at;
	return true;
}

void mtr_pack_bytes(struct mtr_pack *p, const void *from, size_t n)
{
	if (!n || !mtr_pack_reserve(p, n))
		return;
	memcpy(p->at + p->n, from, n);
	p->n += n;
}

void mtr_pack_text(struct mtr_pack *p, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	mtr_pack_number(p, text ? n + 1 : 0);
	if (text)
		mtr_pack_bytes(p, text, n + 1);
}

void mtr_pack_fini(struct mtr_pack *p)
{
	free(p->at);
	*p = (struct mtr_pack){ 0 };
}

static void fail(struct mtr_packed *c)
{
	c->bad = true;
	c->at = c->end;
}

uint64_t mtr_packed_long(struct mtr_packed *c)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 64 && c->at < c->end; shift += 7) {
		uint64_t seven = *c->at & 0x7f;

		n |= seven << shift;
		if (shift == 63 && seven > 1)
			break;
		if (*c->at++ < 0x80)
			return n;
	}
	fail(c);
	return 0;
}

size_t mtr_packed_count(struct mtr_packed *c, size_t bytes)
{
	uint64_t n = mtr_packed_number(c);

	if (n <= (uint64_t)(c->end - c->at) / bytes)
		return n;
	fail(c);
	return 0;
}

const void *mtr_packed_bytes(struct mtr_packed *c, size_t n)
{
	const void *at = c->at;

	if (n > (size_t)(c->end - c->at)) {
		fail(c);
		return NULL;
	}
	c->at += n;
	return at;
}

const char *mtr_packed_text(struct mtr_packed *c)
{
	uint64_t n = mtr_packed_number(c);
	const char *text;

	if (!n)
		return NULL;
	text = n <= (uint64_t)(c->end - c->at) ? mtr_packed_bytes(c, n) : NULL;
	if (text && memchr(text, '\0', n) == text + n - 1)
		return text;
	fail(c);
	return NULL;
}
