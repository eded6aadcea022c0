/* SPDX-License-Identifier: MIT */
/*
 * What reads the record: entries of the ledger, batch by batch, and what they
 * become. For heap*.c.
 */
#ifndef MTR_HEAP_HEAP_READER_H
#define MTR_HEAP_HEAP_READER_H

#include "format/ledger_code.h"
#include "format/trailer.h"
#include "heap/heap.h"
#include "heap/judge.h"
#include "heap/nodes.h"

enum {
	MTR_READER_BATCH = 1024,
	/* bytes between two that are read along */
	MTR_GAP_LEDGER = 128,
	MTR_GAP_TRAILER = 512,
};

/* An entry of the ledger, and the trailer that it leads to. */
struct mtr_entry {
	uint64_t at; /* where it stands in the target; 0: in a snapshot */
	uint64_t addr, usable;
	uint8_t lead;
	bool have;  /* the trailer was there to be read */
	bool moved; /* of a live process: it changed meanwhile */
	struct mtr_trailer trailer;
};

/* A leaf, and where its address stands in a mid table. */
struct mtr_leaf_place {
	uint64_t leaf, slot;
};

struct mtr_tables;

struct mtr_reader {
	struct mtr_target *t;
	struct mtr_heap *heap;
	bool live;
	struct mtr_judge judge;
	struct mtr_nodes nodes; /* of short records: who answers */
	struct mtr_tables *tables;
	struct mtr_own ledger_tables; /* where they are */
	uint64_t budget;	      /* bytes of tables that may yet be read */
	uint64_t holes, first; /* tables not there, and where the first was */
	uint64_t restless;     /* blocks that changed in every round */
	struct mtr_leaf_place place; /* of a live process: the batch's */
	uint64_t last_at; /* where the last kept block's entry stands */
	struct mtr_leaf_place last_place;
	bool last_lost; /* and whether its trailer was not there */
	struct mtr_entry batch[MTR_READER_BATCH];
	struct mtr_read reads[3 * MTR_READER_BATCH + 1];
	size_t n;
	/* of a live process: what is read once, or a second time */
	uint8_t ledger[MTR_READER_BATCH * (MTR_ENTRY_LARGE + MTR_GAP_LEDGER)];
	uint8_t first_trailers[MTR_READER_BATCH *
			       (MTR_TRAILER + MTR_GAP_TRAILER)];
	uint8_t trailers[MTR_READER_BATCH * (MTR_TRAILER + MTR_GAP_TRAILER)];
};

static inline bool mtr_entry_decode(const uint8_t *at, size_t room,
				    struct mtr_entry *ret)
{
	ret->lead = *at;
	ret->usable = mtr_ledger_usable(at, room);
	return (mtr_is_live(*at) || *at == MTR_LEAD_FREED) &&
	       ret->usable >= MTR_USABLE_MIN;
}

/* Do @code's bytes say what @e says? */
static inline bool mtr_entry_equals(const struct mtr_entry *e,
				    const uint8_t *code)
{
	struct mtr_entry now;

	return mtr_entry_decode(code, MTR_ENTRY_LARGE, &now) &&
	       now.lead == e->lead && now.usable == e->usable;
}

static inline uint64_t mtr_entry_trailer(const struct mtr_entry *e)
{
	return e->addr + mtr_trailer_offset(e->usable);
}

/* The trailer of @e was read: of a short one .caller was not. */
static inline void mtr_entry_complete(struct mtr_reader *r, struct mtr_entry *e)
{
	if (r->judge.record == MTR_RECORD_SHORT)
		e->trailer.caller = mtr_nodes_answers(
			&r->nodes, mtr_trailer_stack(&e->trailer, e->usable));
}

static inline enum mtr_verdict mtr_entry_verdict(struct mtr_reader *r,
						 const struct mtr_entry *e)
{
	return e->have ? mtr_judge(&r->judge, &e->trailer, e->usable)
		       : MTR_TRAILER_DAMAGED;
}

/* ------------------------------------------------------- heap_blocks.c */

/* What @e tells of, into the heap; nothing, if that is no block. */
struct mtr_error *mtr_reader_take(struct mtr_reader *r, struct mtr_entry *e);

/* --------------------------------------------------------- heap_live.c */

/*
 * Of a live process: the trailers of the batch, the ledger's bytes, the
 * trailers again and the address of the leaf, in this order. What was the same
 * is of one block, which was there when its entry was read: a leaf may go to
 * another range, which makes its entries those of other addresses.
 */
void mtr_live_trailers(struct mtr_reader *r);

/*
 * Of a live process: the entry at @at, of the leaf at @place. False: it is not
 * there, or not in this place any more.
 */
bool mtr_live_entry(struct mtr_reader *r, uint64_t at,
		    const struct mtr_leaf_place *place, uint8_t *ret);

/* Is @e believed as it was read? */
bool mtr_live_is_settled(struct mtr_reader *r, const struct mtr_entry *e);

enum mtr_rest {
	MTR_REST_FOUND,
	MTR_REST_GONE, /* freed, and nothing is in its place */
	MTR_REST_NONE, /* it changed in every round */
};

/*
 * What a live process allocates and frees meanwhile may show the entry of one
 * block with the bytes of another. A trailer beyond doubt is believed once it
 * was the same before and after its entry; of anything else several rounds in
 * turn have to say the same. What is there now is taken in place of what was.
 */
enum mtr_rest mtr_live_rest(struct mtr_reader *r, struct mtr_entry *e);

#endif
