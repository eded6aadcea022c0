/* SPDX-License-Identifier: MIT */
/*
 * A live process changes while it is read. See heap_reader.h for the contract.
 */
#include "heap/heap_reader.h"

#include <string.h>

enum {
	ROUNDS = 16, /* to find a block at rest */
	SURE = 4,    /* so many of them agree on a doubtful trailer */
};

/* What tells whether a leaf is still in its place. */
static struct mtr_read slot_read(const struct mtr_leaf_place *place,
				 uint64_t *ret)
{
	*ret = 0;
	return (struct mtr_read){ place->slot, ret, sizeof(*ret), false };
}

bool mtr_live_entry(struct mtr_reader *r, uint64_t at,
		    const struct mtr_leaf_place *place, uint8_t *ret)
{
	uint64_t leaf;
	struct mtr_read reads[] = {
		{ at, ret, MTR_ENTRY_LARGE, false },
		slot_read(place, &leaf),
	};

	mtr_target_read_many(r->t, reads, sizeof(reads) / sizeof(*reads));
	return reads[0].done && leaf == place->leaf;
}

/*
 * The trailer, the entry and the trailer again, by one system call. True: the
 * trailer is that of the block that the entry tells of. *@code has what the
 * ledger says now; nothing, if that is another range's.
 */
static bool round_agrees(struct mtr_reader *r, struct mtr_entry *e,
			 uint8_t *code)
{
	struct mtr_trailer again;
	uint64_t leaf;
	struct mtr_read reads[] = {
		{ mtr_entry_trailer(e), &e->trailer, MTR_TRAILER, false },
		{ e->at, code, MTR_ENTRY_LARGE, false },
		{ mtr_entry_trailer(e), &again, MTR_TRAILER, false },
		slot_read(&r->place, &leaf),
	};

	bool agrees;

	memset(code, 0, MTR_ENTRY_LARGE);
	mtr_target_read_many(r->t, reads, sizeof(reads) / sizeof(*reads));
	e->have = reads[0].done && reads[2].done;
	if (leaf != r->place.leaf)
		memset(code, 0, MTR_ENTRY_LARGE);
	agrees = reads[1].done && mtr_entry_equals(e, code) &&
		 reads[0].done == reads[2].done &&
		 (!e->have ||
		  mtr_trailers_equal(&e->trailer, &again, r->judge.record));
	mtr_entry_complete(r, e);
	return agrees;
}

/*
 * Sound, and with a size that explains its block. When a block goes and comes
 * again between the reads, glibc may have written the size of a free chunk into
 * a trailer whose caller still stands, each time.
 */
static bool entry_is_beyond_doubt(struct mtr_reader *r,
				  const struct mtr_entry *e)
{
	return mtr_entry_verdict(r, e) == MTR_TRAILER_SOUND &&
	       mtr_judge_is_likely(&r->judge, &e->trailer, e->usable);
}

enum mtr_rest mtr_live_rest(struct mtr_reader *r, struct mtr_entry *e)
{
	uint8_t code[MTR_ENTRY_LARGE];
	struct mtr_entry before = *e;
	int same = 0;

	for (int i = 0; i < ROUNDS; i++) {
		bool agrees = e->usable && round_agrees(r, e, code);

		if (agrees && entry_is_beyond_doubt(r, e))
			return MTR_REST_FOUND;
		same = agrees && e->usable == before.usable &&
				       e->have == before.have &&
				       (!e->have ||
					mtr_trailers_equal(&e->trailer,
							   &before.trailer,
							   r->judge.record))
			       ? same + 1
			       : 0;
		if (same == SURE)
			return MTR_REST_FOUND;
		before = *e;
		if (agrees)
			continue;
		if (!mtr_live_entry(r, e->at, &r->place, code))
			return MTR_REST_GONE;
		if (!mtr_entry_decode(code, sizeof(code), e))
			e->usable = 0;
		if (!mtr_is_live(e->lead))
			return MTR_REST_GONE;
	}
	return MTR_REST_NONE;
}

/* A caller in no code that another block at rest had is believed. */
bool mtr_live_is_settled(struct mtr_reader *r, const struct mtr_entry *e)
{
	return entry_is_beyond_doubt(r, e) ||
	       (mtr_entry_verdict(r, e) == MTR_TRAILER_NO_CODE &&
		mtr_judge_knows(&r->judge, e->trailer.caller));
}

/* Reads of what lies near to each other, in one piece. */
struct gather {
	struct mtr_read *first, *last; /* NULL: none yet */
	uint8_t *to;
	uint64_t gap; /* the widest that is read along */
};

static void gather_add(struct gather *g, struct mtr_reader *r, size_t *n,
		       uint64_t addr, size_t bytes)
{
	struct mtr_read *piece = g->last;

	if (!piece || addr < piece->addr ||
	    addr - piece->addr > piece->bytes + g->gap) {
		g->to += piece ? piece->bytes : 0;
		piece = &r->reads[(*n)++];
		*piece = (struct mtr_read){ .addr = addr, .to = g->to };
		g->last = piece;
		g->first = g->first ? g->first : piece;
	}
	if (addr + bytes - piece->addr > piece->bytes)
		piece->bytes = addr + bytes - piece->addr;
}

/* In the order in which they were added: @bytes at @addr; NULL: not there. */
static const void *gather_next(struct gather *g, uint64_t addr, size_t bytes)
{
	while (addr < g->first->addr ||
	       addr + bytes > g->first->addr + g->first->bytes)
		g->first++;
	return g->first->done
		       ? (uint8_t *)g->first->to + (addr - g->first->addr)
		       : NULL;
}

static struct gather gather_trailers(struct mtr_reader *r, size_t *n,
				     uint8_t *to)
{
	struct gather g = { .to = to, .gap = MTR_GAP_TRAILER };

	for (size_t i = 0; i < r->n; i++)
		gather_add(&g, r, n, mtr_entry_trailer(&r->batch[i]),
			   MTR_TRAILER);
	return g;
}

static struct gather gather_entries(struct mtr_reader *r, size_t *n)
{
	struct gather g = { .to = r->ledger, .gap = MTR_GAP_LEDGER };

	for (size_t i = 0; i < r->n; i++)
		gather_add(&g, r, n, r->batch[i].at, MTR_ENTRY_LARGE);
	return g;
}

static bool bytes_are_equal(const void *a, const void *b, uint32_t record)
{
	struct mtr_trailer x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return mtr_trailers_equal(&x, &y, record);
}

void mtr_live_trailers(struct mtr_reader *r)
{
	size_t n = 0;
	struct gather first = gather_trailers(r, &n, r->first_trailers);
	struct gather ledger = gather_entries(r, &n);
	struct gather again = gather_trailers(r, &n, r->trailers);
	uint64_t leaf;

	r->reads[n++] = slot_read(&r->place, &leaf);
	mtr_target_read_many(r->t, r->reads, n);
	for (size_t i = 0; i < r->n; i++) {
		struct mtr_entry *e = &r->batch[i];
		uint64_t addr = mtr_entry_trailer(e);
		const void *a = gather_next(&first, addr, MTR_TRAILER);
		const void *b = gather_next(&again, addr, MTR_TRAILER);
		const void *code = gather_next(&ledger, e->at, MTR_ENTRY_LARGE);

		e->have = a && b;
		e->moved = !a || !b || !code || leaf != r->place.leaf ||
			   !mtr_entry_equals(e, code) ||
			   !bytes_are_equal(a, b, r->judge.record);
		if (a)
			memcpy(&e->trailer, a, MTR_TRAILER);
		mtr_entry_complete(r, e);
	}
}
