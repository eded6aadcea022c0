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

static_assert(sizeof(struct mtr_block) == 32, "32 bytes a block, no more");

enum {
	BATCH = 1024,
	REFRESHES = 4, /* of what is damaged in a live process */
};

/* An entry of the ledger, and the trailer that it leads to. */
struct entry {
	uint64_t at; /* where it stands in the target; 0: in a snapshot */
	uint64_t addr, usable;
	uint8_t lead;
	bool have; /* the trailer was there to be read */
	struct mtr_trailer trailer;
};

/* A caller seen before: its index in .sites, 0 if it can be none. */
struct known {
	uint64_t caller; /* 0: a free slot */
	uint32_t site;
};

/* Open addressing; .room is a power of two, at least twice .n. */
struct callers {
	struct known *at;
	size_t n, room;
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
	struct callers callers;
	struct known last_caller;
	struct tables *tables;
	uint64_t budget;       /* bytes of tables that may yet be read */
	uint64_t holes, first; /* tables not there, and where the first was */
	uint64_t last_at;      /* where the last kept block's entry stands */
	bool last_lost;	       /* and whether its trailer was not there */
	struct entry batch[BATCH];
	struct mtr_read reads[BATCH];
	size_t n;
};

/* ---------------------------------------------------------------- callers */

static size_t caller_hash(uint64_t caller)
{
	return caller * UINT64_C(0x9e3779b97f4a7c15) >> 32;
}

/* The slot that has @caller, or the free one where it belongs. */
static struct known *callers_slot(const struct callers *c, uint64_t caller)
{
	size_t i = caller_hash(caller) & (c->room - 1);

	while (c->at[i].caller && c->at[i].caller != caller)
		i = (i + 1) & (c->room - 1);
	return &c->at[i];
}

static bool callers_grow(struct callers *c)
{
	struct callers grown = { .n = c->n, .room = c->room * 2 };

	if (!c->room)
		grown.room = 1024;
	grown.at = calloc(grown.room, sizeof(*grown.at));
	if (!grown.at)
		return false;
	for (size_t i = 0; i < c->room; i++)
		if (c->at[i].caller)
			*callers_slot(&grown, c->at[i].caller) = c->at[i];
	free(c->at);
	*c = grown;
	return true;
}

/*
 * Can code at @caller have called? What lies in no mapping may have been
 * unloaded; what lies in data is no return address.
 */
static bool caller_plausible(const struct mtr_target *t, uint64_t caller)
{
	static const uint64_t lowest = 4096;
	const struct mtr_range *r;

	if (caller <= lowest || caller >> MTR_ADDR_BITS)
		return false;
	r = mtr_target_find(t, caller - 1);
	return !r || r->prot < 0 || r->prot & MTR_PROT_EXEC;
}

static struct mtr_error *callers_add(struct reader *r, struct known *slot,
				     uint64_t caller)
{
	uint32_t site = 0;

	if (caller_plausible(r->t, caller)) {
		uint64_t *pc = mtr_addresses_push(&r->heap->sites);

		if (!pc)
			return mtr_error_nomem();
		*pc = caller;
		site = r->heap->sites.n - 1;
	}
	*slot = (struct known){ caller, site };
	r->callers.n++;
	return NULL;
}

/* *ret is 0 if @caller cannot be one. @caller is not 0. */
static struct mtr_error *caller_site(struct reader *r, uint64_t caller,
				     uint32_t *ret)
{
	struct known *slot;

	if (r->last_caller.caller == caller) {
		*ret = r->last_caller.site;
		return NULL;
	}
	if (r->callers.n * 2 >= r->callers.room && !callers_grow(&r->callers))
		return mtr_error_nomem();
	slot = callers_slot(&r->callers, caller);
	if (!slot->caller)
		MTR_TRY(callers_add(r, slot, caller));
	r->last_caller = *slot;
	*ret = slot->site;
	return NULL;
}

/* ---------------------------------------------------------------- judging */

static struct mtr_error *entry_block(struct reader *r, const struct entry *e,
				     struct mtr_block *ret)
{
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
	if (!e->have || !mtr_trailer_fits(&e->trailer, e->usable))
		return NULL;
	MTR_TRY(caller_site(r, e->trailer.caller, &site));
	if (!site)
		return NULL;
	ret->damaged = 0;
	ret->site = site;
	ret->size = mtr_trailer_size(&e->trailer, e->usable);
	ret->stack = mtr_trailer_stack(&e->trailer, e->usable);
	return NULL;
}

static bool entry_decode(const uint8_t *at, size_t room, struct entry *ret)
{
	ret->lead = *at;
	ret->usable = mtr_ledger_usable(at, room);
	return (mtr_is_live(*at) || *at == MTR_LEAD_FREED) &&
	       ret->usable >= MTR_USABLE_MIN;
}

/*
 * What a live process had freed between the reading of its ledger and of the
 * trailer looks damaged. Read both again; false: it is gone. What has been
 * allocated in its place meanwhile is taken instead.
 */
static bool entry_refresh(struct reader *r, struct entry *e)
{
	uint8_t code[MTR_ENTRY_LARGE];
	uint64_t at;

	if (mtr_target_read(r->t, e->at, code, sizeof(code)) != sizeof(code) ||
	    !entry_decode(code, sizeof(code), e) || !mtr_is_live(e->lead))
		return false;
	at = e->addr + mtr_trailer_offset(e->usable);
	e->have = mtr_target_read(r->t, at, &e->trailer, MTR_TRAILER) ==
		  MTR_TRAILER;
	return true;
}

static uint64_t block_end(const struct mtr_block *b)
{
	return b->addr + b->usable;
}

static struct mtr_block *last_block(struct mtr_blocks *blocks)
{
	return blocks->n ? &blocks->at[blocks->n - 1] : NULL;
}

static void drop_last(struct reader *r)
{
	struct mtr_blocks *blocks = &r->heap->blocks;

	r->heap->damaged -= last_block(blocks)->damaged;
	r->heap->lost -= r->last_lost;
	r->last_lost = false;
	blocks->n--;
}

/* Is the entry of @b still what it was? It is but in a live process. */
static bool block_stands(struct reader *r, uint64_t at,
			 const struct mtr_block *b)
{
	struct entry e = { .at = at, .addr = b->addr };

	return !r->live || (entry_refresh(r, &e) && e.usable == b->usable);
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
	if (!last->damaged || b->damaged)
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
	r->heap->damaged += b->damaged;
	r->heap->lost += r->last_lost;
	return NULL;
}

/* A freed block is worth telling of while nothing has been put in its place. */
static struct mtr_error *freed_add(struct reader *r, const struct mtr_block *b)
{
	struct mtr_block *live = last_block(&r->heap->blocks);
	struct mtr_block *freed = last_block(&r->heap->freed);
	struct mtr_block *slot;

	if (b->damaged || (live && block_end(live) > b->addr) ||
	    (freed && block_end(freed) > b->addr))
		return NULL;
	slot = mtr_blocks_push(&r->heap->freed);
	if (!slot)
		return mtr_error_nomem();
	*slot = *b;
	return NULL;
}

static struct mtr_error *entry_judge(struct reader *r, struct entry *e)
{
	struct mtr_block b;

	MTR_TRY(entry_block(r, e, &b));
	if (b.freed)
		return freed_add(r, &b);
	for (int i = 0; r->live && b.damaged && i < REFRESHES; i++) {
		if (!entry_refresh(r, e))
			return NULL;
		MTR_TRY(entry_block(r, e, &b));
	}
	return live_add(r, e, &b);
}

/* ---------------------------------------------------------------- batches */

static void batch_trailers(struct reader *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct entry *e = &r->batch[i];

		r->reads[i] = (struct mtr_read){
			.addr = e->addr + mtr_trailer_offset(e->usable),
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

	/* a lead byte without a size was overtaken by its neighbour's entry */
	if (!entry_decode(leaf + i, MTR_LEAF_BYTES - i, e)) {
		r->heap->conflicts += mtr_is_live(leaf[i]);
		return NULL;
	}
	e->at = leaf_at + i;
	e->addr = base + i * MTR_GRANULE;
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

static struct mtr_error *saved_read(struct reader *r, const unsigned char *file)
{
	const struct mtr_snapshot_section *part;
	struct mtr_snapshot_header h;

	/* target_snapshot.c has checked that the header and its parts fit */
	memcpy(&h, file, sizeof(h));
	part = &h.section[MTR_PART_BLOCKS];
	if (memcmp(h.descriptor.magic, MTR_MAGIC, sizeof(h.descriptor.magic)))
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "the snapshot's descriptor is damaged");
	r->heap->descriptor = h.descriptor;
	r->heap->descriptor_addr = h.descriptor.self;
	MTR_TRY(mtr_descriptor_check(&r->heap->descriptor));
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
		return saved_read(r, file);
	MTR_TRY(mtr_descriptor_find(r->t, &heap->descriptor,
				    &heap->descriptor_addr));
	MTR_TRY(mtr_descriptor_check(&heap->descriptor));
	return ledger_read(r);
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
	r->live = mtr_target_kind(t) == MTR_TARGET_LIVE;
	error = heap_read(r);
	free(r->callers.at);
	if (error)
		mtr_heap_fini(ret);
	return error;
}

void mtr_heap_fini(struct mtr_heap *heap)
{
	mtr_blocks_fini(&heap->blocks);
	mtr_blocks_fini(&heap->freed);
	mtr_addresses_fini(&heap->sites);
	*heap = (struct mtr_heap){ 0 };
}
