/* SPDX-License-Identifier: MIT */
/*
 * Reading the record: the ledger's tables, and the trailers that its entries
 * lead to. See heap.h for the contract.
 *
 * Nothing read here is believed. The tables are walked by index, so that no
 * pointer can lead in a circle, and no more of them than the target has bytes.
 * Entries come in the order of their addresses, which makes overlaps a matter
 * of the block before.
 */
#include "heap/heap.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "format/ledger_code.h"
#include "format/snapshot.h"
#include "format/trailer.h"
#include "heap/heap_descriptor.h"
#include "heap/judge.h"

static_assert(sizeof(struct mtr_block) == 32, "32 bytes a block, no more");

enum {
	BATCH = 1024,
	GAP_LEDGER = 128, /* bytes between two that are read along */
	GAP_TRAILER = 512,
	ROUNDS = 16, /* to find a block of a live process at rest */
	SURE = 4,    /* so many of them agree on a doubtful trailer */
};

/* An entry of the ledger, and the trailer that it leads to. */
struct entry {
	uint64_t at; /* where it stands in the target; 0: in a snapshot */
	uint64_t addr, usable;
	uint8_t lead;
	bool have;  /* the trailer was there to be read */
	bool moved; /* of a live process: it changed meanwhile */
	struct mtr_trailer trailer;
};

struct tables {
	unsigned char root[sizeof(uint64_t) << MTR_ROOT_BITS];
	unsigned char mid[sizeof(uint64_t) << MTR_MID_BITS];
	unsigned char leaf[MTR_LEAF_BYTES];
};

struct reader {
	struct mtr_target *t;
	struct mtr_heap *heap;
	bool live;
	struct mtr_judge judge;
	struct tables *tables;
	uint64_t budget;       /* bytes of tables that may yet be read */
	uint64_t holes, first; /* tables not there, and where the first was */
	uint64_t restless;     /* blocks that changed in every round */
	uint64_t last_at;      /* where the last kept block's entry stands */
	bool last_lost;	       /* and whether its trailer was not there */
	struct entry batch[BATCH];
	struct mtr_read reads[3 * BATCH];
	size_t n;
	/* of a live process: what is read once, or a second time */
	uint8_t ledger[BATCH * (MTR_ENTRY_LARGE + GAP_LEDGER)];
	uint8_t first_trailers[BATCH * (MTR_TRAILER + GAP_TRAILER)];
	uint8_t trailers[BATCH * (MTR_TRAILER + GAP_TRAILER)];
};

/* ---------------------------------------------------------------- entries */

static bool entry_decode(const uint8_t *at, size_t room, struct entry *ret)
{
	ret->lead = *at;
	ret->usable = mtr_ledger_usable(at, room);
	return (mtr_is_live(*at) || *at == MTR_LEAD_FREED) &&
	       ret->usable >= MTR_USABLE_MIN;
}

/* Do @code's bytes say what @e says? */
static bool entry_equals(const struct entry *e, const uint8_t *code)
{
	struct entry now;

	return entry_decode(code, MTR_ENTRY_LARGE, &now) &&
	       now.lead == e->lead && now.usable == e->usable;
}

static uint64_t trailer_addr(const struct entry *e)
{
	return e->addr + mtr_trailer_offset(e->usable);
}

static bool trailers_equal(const struct mtr_trailer *a,
			   const struct mtr_trailer *b)
{
	return a->caller == b->caller && a->size_stack == b->size_stack;
}

/* ---------------------------------------------------------------- judging */

static enum mtr_verdict entry_verdict(struct reader *r, const struct entry *e)
{
	return e->have ? mtr_judge(&r->judge, &e->trailer, e->usable)
		       : MTR_TRAILER_DAMAGED;
}

static struct mtr_error *entry_block(struct reader *r, const struct entry *e,
				     struct mtr_block *ret)
{
	enum mtr_verdict v = MTR_TRAILER_SOUND;
	uint32_t site = 0;

	*ret = (struct mtr_block){
		.addr = e->addr,
		.usable = e->usable,
		.generation = mtr_lead_generation(e->lead),
		.freed = e->lead == MTR_LEAD_FREED,
		.damaged = 1,
	};
	if (ret->freed)
		ret->generation = 0;
	if (!e->have ||
	    !mtr_judge_at_once(&r->judge, &e->trailer, e->usable, &site)) {
		v = entry_verdict(r, e);
		if (v == MTR_TRAILER_DAMAGED)
			return NULL;
		MTR_TRY(mtr_judge_site(&r->judge, e->trailer.caller, &site));
	}
	ret->damaged = 0;
	ret->no_code = v == MTR_TRAILER_NO_CODE;
	ret->site = site;
	ret->size = mtr_trailer_size(&e->trailer, e->usable);
	ret->stack = mtr_trailer_stack(&e->trailer, e->usable);
	return NULL;
}

static uint64_t block_end(const struct mtr_block *b)
{
	return b->addr + b->usable;
}

static struct mtr_block *last_block(struct mtr_blocks *blocks)
{
	return blocks->n ? &blocks->at[blocks->n - 1] : NULL;
}

/* Count @b in, or out again. */
static void count(struct reader *r, const struct mtr_block *b, bool lost,
		  uint64_t sign)
{
	r->heap->damaged += sign * b->damaged;
	r->heap->no_code += sign * b->no_code;
	r->heap->lost += sign * lost;
}

static void drop_last(struct reader *r)
{
	struct mtr_blocks *blocks = &r->heap->blocks;

	count(r, last_block(blocks), r->last_lost, -(uint64_t)1);
	r->last_lost = false;
	blocks->n--;
}

/* Is the entry of @b still what it was? It is but in a live process. */
static bool block_stands(struct reader *r, uint64_t at,
			 const struct mtr_block *b)
{
	uint8_t code[MTR_ENTRY_LARGE];
	struct entry e;

	return !r->live ||
	       (mtr_target_read(r->t, at, code, sizeof(code)) == sizeof(code) &&
		entry_decode(code, sizeof(code), &e) && mtr_is_live(e.lead) &&
		e.usable == b->usable);
}

/*
 * Two live blocks cannot overlap: one of them left by a road that the tracer
 * does not see, or, in a live process, just now. The one whose trailer checks
 * out is kept; the earlier one, if both do. False: @b is the one to go.
 */
static bool settle_overlap(struct reader *r, uint64_t at,
			   const struct mtr_block *b)
{
	const struct mtr_block *last = last_block(&r->heap->blocks);

	if (!last || block_end(last) <= b->addr)
		return true;
	if (!block_stands(r, at, b))
		return false;
	if (!block_stands(r, r->last_at, last)) {
		drop_last(r);
		return true;
	}
	r->heap->conflicts++;
	if (last->damaged + last->no_code <= b->damaged + b->no_code)
		return false;
	drop_last(r);
	return true;
}

static struct mtr_error *live_add(struct reader *r, const struct entry *e,
				  const struct mtr_block *b)
{
	struct mtr_blocks *freed = &r->heap->freed;
	struct mtr_block *slot;

	if (!settle_overlap(r, e->at, b))
		return NULL;
	while (freed->n && block_end(last_block(freed)) > b->addr)
		freed->n--;
	slot = mtr_blocks_push(&r->heap->blocks);
	if (!slot)
		return mtr_error_nomem();
	*slot = *b;
	r->last_at = e->at;
	r->last_lost = !e->have;
	count(r, b, r->last_lost, 1);
	return NULL;
}

/*
 * A freed block is worth telling of while nothing has been put in its place;
 * and its mark may have outlived a larger block that was, and that went, too.
 */
static struct mtr_error *freed_add(struct reader *r, const struct entry *e)
{
	struct mtr_block *live = last_block(&r->heap->blocks);
	struct mtr_block *freed = last_block(&r->heap->freed);
	struct mtr_block b, *slot;

	if (e->moved || !e->have || (live && block_end(live) > e->addr) ||
	    (freed && block_end(freed) > e->addr))
		return NULL;
	if (!mtr_judge_freed(&r->judge, &e->trailer, e->usable))
		return NULL;
	MTR_TRY(entry_block(r, e, &b));
	slot = mtr_blocks_push(&r->heap->freed);
	if (!slot)
		return mtr_error_nomem();
	*slot = b;
	return NULL;
}

/* -------------------------------------------------------- a block at rest */

enum rest {
	REST_FOUND,
	REST_GONE, /* freed, and nothing is in its place */
	REST_NONE, /* it changed in every round */
};

/*
 * The trailer, the entry and the trailer again, by one system call. True: the
 * trailer is that of the block that the entry tells of. *@code has what the
 * ledger says now.
 */
static bool round_agrees(struct reader *r, struct entry *e, uint8_t *code)
{
	struct mtr_trailer again;
	struct mtr_read reads[] = {
		{ trailer_addr(e), &e->trailer, MTR_TRAILER, false },
		{ e->at, code, MTR_ENTRY_LARGE, false },
		{ trailer_addr(e), &again, MTR_TRAILER, false },
	};

	memset(code, 0, MTR_ENTRY_LARGE);
	mtr_target_read_many(r->t, reads, sizeof(reads) / sizeof(*reads));
	e->have = reads[0].done && reads[2].done;
	return reads[1].done && entry_equals(e, code) &&
	       reads[0].done == reads[2].done &&
	       (!e->have || trailers_equal(&e->trailer, &again));
}

/*
 * Sound, and with a size that explains its block. When a block goes and comes
 * again between the reads, glibc may have written the size of a free chunk into
 * a trailer whose caller still stands, each time.
 */
static bool entry_is_beyond_doubt(struct reader *r, const struct entry *e)
{
	return entry_verdict(r, e) == MTR_TRAILER_SOUND &&
	       mtr_judge_is_likely(&r->judge, &e->trailer, e->usable);
}

/*
 * What a live process allocates and frees meanwhile may show the entry of one
 * block with the bytes of another. A trailer beyond doubt is believed once it
 * was the same before and after its entry; of anything else several rounds in
 * turn have to say the same. What is there now is taken in place of what was.
 */
static enum rest entry_rest(struct reader *r, struct entry *e)
{
	uint8_t code[MTR_ENTRY_LARGE];
	struct entry before = *e;
	int same = 0;

	for (int i = 0; i < ROUNDS; i++) {
		bool agrees = e->usable && round_agrees(r, e, code);

		if (agrees && entry_is_beyond_doubt(r, e))
			return REST_FOUND;
		same = agrees && e->usable == before.usable &&
				       e->have == before.have &&
				       (!e->have ||
					trailers_equal(&e->trailer,
						       &before.trailer))
			       ? same + 1
			       : 0;
		if (same == SURE)
			return REST_FOUND;
		before = *e;
		if (agrees)
			continue;
		if (mtr_target_read(r->t, e->at, code, sizeof(code)) !=
		    sizeof(code))
			return REST_GONE;
		if (!entry_decode(code, sizeof(code), e))
			e->usable = 0;
		if (!mtr_is_live(e->lead))
			return REST_GONE;
	}
	return REST_NONE;
}

/* A caller in no code that another block at rest had is believed. */
static bool entry_is_settled(struct reader *r, const struct entry *e)
{
	return entry_is_beyond_doubt(r, e) ||
	       (entry_verdict(r, e) == MTR_TRAILER_NO_CODE &&
		mtr_judge_knows(&r->judge, e->trailer.caller));
}

static struct mtr_error *entry_judge(struct reader *r, struct entry *e)
{
	struct mtr_block b;

	if (e->lead == MTR_LEAD_FREED)
		return freed_add(r, e);
	if (r->live && (e->moved || !entry_is_settled(r, e))) {
		enum rest rest = entry_rest(r, e);

		if (rest == REST_NONE)
			++*(e->usable ? &r->restless : &r->heap->conflicts);
		if (rest != REST_FOUND)
			return NULL;
	}
	MTR_TRY(entry_block(r, e, &b));
	return live_add(r, e, &b);
}

/* ---------------------------------------------------------------- batches */

/* Reads of what lies near to each other, in one piece. */
struct gather {
	struct mtr_read *first, *last; /* NULL: none yet */
	uint8_t *to;
	uint64_t gap; /* the widest that is read along */
};

static void gather_add(struct gather *g, struct reader *r, size_t *n,
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

static struct gather gather_trailers(struct reader *r, size_t *n, uint8_t *to)
{
	struct gather g = { .to = to, .gap = GAP_TRAILER };

	for (size_t i = 0; i < r->n; i++)
		gather_add(&g, r, n, trailer_addr(&r->batch[i]), MTR_TRAILER);
	return g;
}

static struct gather gather_entries(struct reader *r, size_t *n)
{
	struct gather g = { .to = r->ledger, .gap = GAP_LEDGER };

	for (size_t i = 0; i < r->n; i++)
		gather_add(&g, r, n, r->batch[i].at, MTR_ENTRY_LARGE);
	return g;
}

/*
 * Of a live process: the trailers, the ledger's bytes and the trailers again,
 * in this order. What was the same is of one block, which was there when its
 * entry was read.
 */
static void live_trailers(struct reader *r)
{
	size_t n = 0;
	struct gather first = gather_trailers(r, &n, r->first_trailers);
	struct gather ledger = gather_entries(r, &n);
	struct gather again = gather_trailers(r, &n, r->trailers);

	mtr_target_read_many(r->t, r->reads, n);
	for (size_t i = 0; i < r->n; i++) {
		struct entry *e = &r->batch[i];
		uint64_t addr = trailer_addr(e);
		const void *a = gather_next(&first, addr, MTR_TRAILER);
		const void *b = gather_next(&again, addr, MTR_TRAILER);
		const void *code = gather_next(&ledger, e->at, MTR_ENTRY_LARGE);

		e->have = a && b;
		e->moved = !a || !b || !code || !entry_equals(e, code) ||
			   memcmp(a, b, MTR_TRAILER) != 0;
		if (a)
			memcpy(&e->trailer, a, MTR_TRAILER);
	}
}

static void batch_trailers(struct reader *r)
{
	if (r->live) {
		live_trailers(r);
		return;
	}
	for (size_t i = 0; i < r->n; i++) {
		struct entry *e = &r->batch[i];

		r->reads[i] = (struct mtr_read){
			.addr = trailer_addr(e),
			.to = &e->trailer,
			.bytes = MTR_TRAILER,
		};
	}
	mtr_target_read_many(r->t, r->reads, r->n);
	for (size_t i = 0; i < r->n; i++)
		r->batch[i].have = r->reads[i].done;
}

static struct mtr_error *batch_flush(struct reader *r)
{
	batch_trailers(r);
	for (size_t i = 0; i < r->n; i++)
		MTR_TRY(entry_judge(r, &r->batch[i]));
	r->n = 0;
	return NULL;
}

/* ----------------------------------------------------------------- tables */

/*
 * @bytes of a table: in place, or copied to @room, zero where the target has a
 * hole. NULL: nothing of it is there.
 */
static const unsigned char *table_read(struct reader *r, uint64_t addr,
				       void *room, size_t bytes)
{
	const void *at;
	size_t n;

	at = mtr_target_peek(r->t, addr, bytes);
	n = at ? bytes : mtr_target_read(r->t, addr, room, bytes);
	if (n > r->budget) {
		r->budget = 0;
		return NULL;
	}
	r->budget -= n;
	if (n < bytes) {
		r->first = r->holes++ ? r->first : addr;
		memset((char *)room + n, 0, bytes - n);
	}
	if (at)
		return at;
	return n ? room : NULL;
}

static struct mtr_error *entry_add(struct reader *r, const uint8_t *leaf,
				   size_t i, uint64_t leaf_at, uint64_t base)
{
	struct entry *e = &r->batch[r->n];

	/* a lead byte without a size was overtaken by its neighbour's entry,
	 * or is in a live process about to be */
	if (!entry_decode(leaf + i, MTR_LEAF_BYTES - i, e)) {
		e->usable = 0;
		if (!r->live || !mtr_is_live(leaf[i])) {
			r->heap->conflicts += mtr_is_live(leaf[i]);
			return NULL;
		}
	}
	e->at = leaf_at + i;
	e->addr = base + i * MTR_GRANULE;
	e->moved = false;
	return ++r->n == BATCH ? batch_flush(r) : NULL;
}

static struct mtr_error *leaf_walk(struct reader *r, uint64_t addr,
				   uint64_t base)
{
	const uint64_t leads = UINT64_C(0x8080808080808080);
	const uint8_t *leaf =
		table_read(r, addr, r->tables->leaf, MTR_LEAF_BYTES);

	for (size_t i = 0; leaf && i < MTR_LEAF_GRANULES; i += 8) {
		uint64_t eight;

		memcpy(&eight, leaf + i, sizeof(eight));
		for (eight &= leads; eight; eight &= eight - 1)
			MTR_TRY(entry_add(r, leaf,
					  i + __builtin_ctzll(eight) / 8, addr,
					  base));
	}
	return NULL;
}

static_assert(MTR_LEAF_GRANULES % 8 == 0, "eight at a time");
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the lowest byte is not the first one"
#endif

static uint64_t table_entry(const unsigned char *table, uint64_t i)
{
	uint64_t entry;

	memcpy(&entry, table + i * sizeof(entry), sizeof(entry));
	return entry;
}

static struct mtr_error *mid_walk(struct reader *r, uint64_t addr,
				  uint64_t base)
{
	const unsigned char *mid =
		table_read(r, addr, r->tables->mid, sizeof(r->tables->mid));

	for (uint64_t i = 0; mid && i >> MTR_MID_BITS == 0; i++) {
		uint64_t leaf = table_entry(mid, i);

		if (leaf)
			MTR_TRY(leaf_walk(r, leaf, base | i << MTR_LEAF_BITS));
	}
	return NULL;
}

static struct mtr_error *root_walk(struct reader *r)
{
	const unsigned char *root =
		table_read(r, r->heap->descriptor.ledger_root, r->tables->root,
			   sizeof(r->tables->root));

	for (uint64_t i = 0; root && i >> MTR_ROOT_BITS == 0; i++) {
		uint64_t mid = table_entry(root, i);

		if (mid)
			MTR_TRY(mid_walk(r, mid,
					 i << (MTR_MID_BITS + MTR_LEAF_BITS)));
	}
	return batch_flush(r);
}

/* Tables do not overlap, so all of them fit in what can be read. */
static uint64_t tables_budget(const struct reader *r)
{
	const struct mtr_ranges *rs = mtr_target_ranges(r->t);
	uint64_t sum = sizeof(struct tables); /* what is there in part */

	for (size_t i = 0; i < rs->n; i++)
		if (rs->at[i].readable)
			sum += rs->at[i].end - rs->at[i].start;
	/* a live process may have grown since its ranges were read */
	return r->live ? sum * 2 : sum;
}

static struct mtr_error *ledger_read(struct reader *r)
{
	mtr_auto_free struct tables *tables = malloc(sizeof(*tables));

	if (!tables)
		return mtr_error_nomem();
	r->tables = tables;
	r->budget = tables_budget(r);
	MTR_TRY(root_walk(r));
	if (r->holes)
		mtr_target_warn(r->t,
				"%" PRIu64 " tables of the record are missing "
				"or cut off, the first at %#" PRIx64
				": the blocks in them are not known",
				r->holes, r->first);
	if (r->restless)
		mtr_target_warn(r->t,
				"%" PRIu64 " blocks changed whenever they were "
				"read, and are left out",
				r->restless);
	if (!r->budget)
		mtr_target_warn(r->t, "the tables of the record overlap: it is "
				      "damaged, and was not read to its end");
	return NULL;
}

/* -------------------------------------------------------- saved snapshots */

/* The blocks are all there; what does not come in order is left out. */
static struct mtr_error *saved_blocks(struct reader *r, const unsigned char *at,
				      size_t n)
{
	struct mtr_snapshot_block saved;
	uint64_t bad = 0, end = 0;

	for (size_t i = 0; i < n; i++) {
		struct entry e = { .have = true };

		memcpy(&saved, at + i * sizeof(saved), sizeof(saved));
		e.addr = saved.addr;
		e.usable = saved.usable & (UINT64_MAX >> 8);
		e.lead = saved.usable >> 56;
		e.trailer = saved.trailer;
		if (e.addr < end || e.addr >> MTR_ADDR_BITS ||
		    e.usable >> MTR_ADDR_BITS || e.usable < MTR_USABLE_MIN ||
		    !(mtr_is_live(e.lead) || e.lead == MTR_LEAD_FREED)) {
			bad++;
			continue;
		}
		end = e.addr + 1;
		MTR_TRY(entry_judge(r, &e));
	}
	if (bad)
		mtr_target_warn(r->t,
				"%" PRIu64 " blocks of the snapshot make no "
				"sense and are left out",
				bad);
	return NULL;
}

static struct mtr_error *saved_read(struct reader *r, const unsigned char *file,
				    size_t bytes)
{
	const struct mtr_snapshot_section *part;
	struct mtr_snapshot_header h;

	/* target_snapshot.c has checked that the header and its parts fit */
	mtr_snapshot_header_read(file, bytes, &h);
	if (memcmp(h.descriptor.magic, MTR_MAGIC, sizeof(h.descriptor.magic)))
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "the snapshot's descriptor is damaged");
	r->heap->descriptor = h.descriptor;
	mtr_descriptor_trim(&r->heap->descriptor);
	r->heap->descriptor_addr = h.descriptor.self;
	MTR_TRY(mtr_descriptor_check(&r->heap->descriptor));
	part = &h.section[MTR_PART_OPENED];
	MTR_TRY(mtr_opened_saved(file + part->offset, part->bytes,
				 &r->heap->opened));
	part = &h.section[MTR_PART_BLOCKS];
	return saved_blocks(r, file + part->offset,
			    part->bytes / sizeof(struct mtr_snapshot_block));
}

/* ---------------------------------------------------------------- the whole */

static struct mtr_error *heap_read(struct reader *r)
{
	struct mtr_heap *heap = r->heap;
	uint64_t *unknown = mtr_addresses_push(&heap->sites);
	const unsigned char *file;
	size_t bytes;

	if (!unknown)
		return mtr_error_nomem();
	*unknown = 0;
	file = mtr_target_snapshot_file(r->t, &bytes);
	if (file)
		return saved_read(r, file, bytes);
	MTR_TRY(mtr_descriptor_find(r->t, &heap->descriptor,
				    &heap->descriptor_addr));
	MTR_TRY(mtr_descriptor_check(&heap->descriptor));
	MTR_TRY(ledger_read(r));
	/* last: who asked for a block was opened before */
	return mtr_opened_read(r->t, heap->descriptor.opened, &heap->opened);
}

struct mtr_error *mtr_heap_read(struct mtr_target *t, struct mtr_heap *ret)
{
	mtr_auto_free struct reader *r = calloc(1, sizeof(*r));
	struct mtr_error *error;

	*ret = (struct mtr_heap){ 0 };
	if (!r)
		return mtr_error_nomem();
	r->t = t;
	r->heap = ret;
	r->judge = (struct mtr_judge){ .t = t, .heap = ret };
	r->live = mtr_target_kind(t) == MTR_TARGET_LIVE;
	error = heap_read(r);
	mtr_judge_fini(&r->judge);
	if (error)
		mtr_heap_fini(ret);
	return error;
}

void mtr_heap_fini(struct mtr_heap *heap)
{
	mtr_blocks_fini(&heap->blocks);
	mtr_blocks_fini(&heap->freed);
	mtr_addresses_fini(&heap->sites);
	mtr_opened_fini(&heap->opened);
	*heap = (struct mtr_heap){ 0 };
}
