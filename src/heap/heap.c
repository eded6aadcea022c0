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

#include "format/saved.h"
#include "heap/heap_descriptor.h"
#include "heap/heap_reader.h"
#include "heap/saved.h"

static_assert(sizeof(struct mtr_block) == 32, "32 bytes a block, no more");

struct mtr_tables {
	unsigned char root[sizeof(uint64_t) << MTR_ROOT_BITS];
	unsigned char mid[sizeof(uint64_t) << MTR_MID_BITS];
	unsigned char leaf[MTR_LEAF_BYTES];
};

static void batch_trailers(struct mtr_reader *r)
{
	if (r->live) {
		mtr_live_trailers(r);
		return;
	}
	for (size_t i = 0; i < r->n; i++) {
		struct mtr_entry *e = &r->batch[i];

		r->reads[i] = (struct mtr_read){
			.addr = mtr_entry_trailer(e),
			.to = &e->trailer,
			.bytes = MTR_TRAILER,
		};
	}
	mtr_target_read_many(r->t, r->reads, r->n);
	for (size_t i = 0; i < r->n; i++) {
		r->batch[i].have = r->reads[i].done;
		mtr_entry_complete(r, &r->batch[i]);
	}
}

static struct mtr_error *batch_flush(struct mtr_reader *r)
{
	if (!r->n)
		return NULL;
	batch_trailers(r);
	for (size_t i = 0; i < r->n; i++)
		MTR_TRY(mtr_reader_take(r, &r->batch[i]));
	r->n = 0;
	return NULL;
}

/* ----------------------------------------------------------------- tables */

/*
 * @bytes of a table: in place, or copied to @room, zero where the target has a
 * hole. NULL: nothing of it is there.
 */
static const unsigned char *table_read(struct mtr_reader *r, uint64_t addr,
				       void *room, size_t bytes)
{
	/* a table begins in the first half of a page */
	enum { LEAST = 2048 };
	const void *at;
	size_t n, cost;

	at = mtr_target_peek(r->t, addr, bytes);
	n = at ? bytes : mtr_target_read(r->t, addr, room, bytes);
	cost = n && n < LEAST ? (size_t)LEAST : n;
	if (cost > r->budget) {
		r->budget = 0;
		return NULL;
	}
	r->budget -= cost;
	if (n < bytes) {
		r->first = r->holes++ ? r->first : addr;
		memset((char *)room + n, 0, bytes - n);
	}
	if (at)
		return at;
	return n ? room : NULL;
}

static struct mtr_error *entry_add(struct mtr_reader *r, const uint8_t *leaf,
				   size_t i, uint64_t leaf_at, uint64_t base)
{
	struct mtr_entry *e = &r->batch[r->n];

	/* a lead byte without a size was overtaken by its neighbour's entry,
	 * or is in a live process about to be */
	if (!mtr_entry_decode(leaf + i, MTR_LEAF_BYTES - i, e)) {
		e->usable = 0;
		if (!r->live || !mtr_is_live(leaf[i])) {
			r->heap->conflicts += mtr_is_live(leaf[i]);
			return NULL;
		}
	}
	e->at = leaf_at + i;
	e->addr = base + i * MTR_GRANULE;
	e->moved = false;
	return ++r->n == MTR_READER_BATCH ? batch_flush(r) : NULL;
}

/* A live process may give a leaf to another range: a batch is of one leaf. */
static struct mtr_error *leaf_walk(struct mtr_reader *r,
				   const struct mtr_leaf_place *place,
				   uint64_t base)
{
	const uint64_t leads = UINT64_C(0x8080808080808080);
	uint64_t addr = place->leaf;
	const uint8_t *leaf =
		table_read(r, addr, r->tables->leaf, MTR_LEAF_BYTES);

	r->place = *place;
	for (size_t i = 0; leaf && i < MTR_LEAF_GRANULES; i += 8) {
		uint64_t eight;

		memcpy(&eight, leaf + i, sizeof(eight));
		for (eight &= leads; eight; eight &= eight - 1)
			MTR_TRY(entry_add(r, leaf,
					  i + __builtin_ctzll(eight) / 8, addr,
					  base));
	}
	return r->live ? batch_flush(r) : NULL;
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

/* A library without a list of its mappings has at least these. */
static struct mtr_error *table_note(struct mtr_reader *r, uint64_t addr,
				    size_t bytes)
{
	const struct mtr_range *range = mtr_target_find(r->t, addr);

	/* what the budget does not bound is left out */
	if (!r->budget || !range || !range->readable ||
	    addr > UINT64_MAX - bytes)
		return NULL;
	return mtr_own_add(&r->ledger_tables, addr, addr + bytes,
			   MTR_OWN_LEDGER);
}

static struct mtr_error *mid_walk(struct mtr_reader *r, uint64_t addr,
				  uint64_t base)
{
	const unsigned char *mid =
		table_read(r, addr, r->tables->mid, sizeof(r->tables->mid));

	for (uint64_t i = 0; mid && i >> MTR_MID_BITS == 0; i++) {
		const struct mtr_leaf_place place = {
			.leaf = table_entry(mid, i),
			.slot = addr + i * sizeof(place.leaf),
		};

		if (!place.leaf)
			continue;
		MTR_TRY(table_note(r, place.leaf, MTR_LEAF_BYTES));
		MTR_TRY(leaf_walk(r, &place, base | i << MTR_LEAF_BITS));
	}
	return NULL;
}

static struct mtr_error *root_walk(struct mtr_reader *r)
{
	const unsigned char *root =
		table_read(r, r->heap->descriptor.ledger_root, r->tables->root,
			   sizeof(r->tables->root));

	for (uint64_t i = 0; root && i >> MTR_ROOT_BITS == 0; i++) {
		uint64_t mid = table_entry(root, i);

		if (!mid)
			continue;
		MTR_TRY(table_note(r, mid, sizeof(r->tables->mid)));
		MTR_TRY(mid_walk(r, mid, i << (MTR_MID_BITS + MTR_LEAF_BITS)));
	}
	return batch_flush(r);
}

/* Tables do not overlap, so all of them fit in what can be read. */
static uint64_t tables_budget(const struct mtr_reader *r)
{
	const struct mtr_ranges *rs = mtr_target_ranges(r->t);
	uint64_t sum = sizeof(struct mtr_tables); /* what is there in part */

	for (size_t i = 0; i < rs->n; i++)
		if (rs->at[i].readable)
			sum += rs->at[i].end - rs->at[i].start;
	/* a live process may have grown since its ranges were read */
	return r->live ? sum * 2 : sum;
}

static struct mtr_error *ledger_read(struct mtr_reader *r)
{
	mtr_auto_free struct mtr_tables *tables = malloc(sizeof(*tables));

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

/* What the descriptor, which was found, says of all trailers. */
static struct mtr_error *record_begin(struct mtr_reader *r)
{
	const struct mtr_descriptor *d = &r->heap->descriptor;

	MTR_TRY(mtr_descriptor_check(d));
	r->heap->record =
		d->version == MTR_FORMAT_LONG ? MTR_RECORD_LONG : d->record;
	r->judge.record = r->heap->record;
	return NULL;
}

/* -------------------------------------------------------- saved snapshots */

/* The blocks are all there; what does not come in order is left out. */
static struct mtr_error *saved_blocks(struct mtr_reader *r,
				      const unsigned char *at, size_t n)
{
	struct mtr_snapshot_block saved;
	uint64_t bad = 0, end = 0;

	for (size_t i = 0; i < n; i++) {
		struct mtr_entry e = { .have = true };

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
		MTR_TRY(mtr_reader_take(r, &e));
	}
	if (bad)
		mtr_target_warn(r->t,
				"%" PRIu64 " blocks of the snapshot make no "
				"sense and are left out",
				bad);
	return NULL;
}

static struct mtr_error *saved_descriptor(struct mtr_reader *r)
{
	struct mtr_descriptor *d = &r->heap->descriptor;
	const void *at;
	size_t bytes;

	MTR_TRY(mtr_target_part(r->t, MTR_SAVED_DESCRIPTOR, &at, &bytes));
	if (bytes > sizeof(*d))
		bytes = sizeof(*d);
	if (at)
		memcpy(d, at, bytes);
	if (bytes < MTR_DESCRIPTOR_MIN ||
	    memcmp(d->magic, MTR_MAGIC, sizeof(d->magic)))
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "the snapshot's descriptor is damaged");
	mtr_descriptor_trim(d);
	r->heap->descriptor_addr = d->self;
	return record_begin(r);
}

static struct mtr_error *saved_read(struct mtr_reader *r)
{
	const void *at;
	size_t bytes;
	bool there;

	MTR_TRY(saved_descriptor(r));
	MTR_TRY(mtr_target_part(r->t, MTR_PART_OPENED, &at, &bytes));
	MTR_TRY(mtr_opened_saved(at, bytes, &r->heap->opened));
	MTR_TRY(mtr_heap_load(r->t, r->heap, &there));
	if (there)
		return NULL;
	MTR_TRY(mtr_target_part(r->t, MTR_PART_BLOCKS, &at, &bytes));
	return saved_blocks(r, at, bytes / sizeof(struct mtr_snapshot_block));
}

/* ------------------------------------------------------- its own mappings */

/* The first block that ends behind @addr. */
static size_t block_behind(const struct mtr_blocks *v, uint64_t addr)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->at[middle].addr + v->at[middle].usable <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The program's blocks lie elsewhere. A live process may have got its block
 * from what was the library's when that was read.
 */
static uint64_t own_sift(struct mtr_heap *heap)
{
	struct mtr_own_ranges *v = &heap->own.list;
	uint64_t bad = 0;
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		size_t b = block_behind(&heap->blocks, v->at[i].start);

		if (b < heap->blocks.n &&
		    heap->blocks.at[b].addr < v->at[i].end)
			bad++;
		else
			v->at[n++] = v->at[i];
	}
	v->n = n;
	return bad;
}

static struct mtr_error *own_read(struct mtr_reader *r)
{
	struct mtr_heap *heap = r->heap;
	const struct mtr_own_ranges *tables = &r->ledger_tables.list;
	uint64_t bad;

	MTR_TRY(mtr_own_read(r->t, &heap->descriptor, &bad, &heap->own));
	if (!heap->own.complete) {
		for (size_t i = 0; i < tables->n; i++)
			MTR_TRY(mtr_own_add(&heap->own, tables->at[i].start,
					    tables->at[i].end, MTR_OWN_LEDGER));
		MTR_TRY(mtr_own_add_depot(r->t, heap->descriptor.depot,
					  &heap->own));
	}
	mtr_own_settle(&heap->own);
	if (r->live)
		return NULL;
	bad += own_sift(heap);
	if (bad)
		mtr_target_warn(r->t,
				"%" PRIu64 " mappings that the library lists "
				"as its own make no sense and are left out",
				bad);
	return NULL;
}

/* ---------------------------------------------------------------- the whole */

static struct mtr_error *heap_read(struct mtr_reader *r)
{
	struct mtr_heap *heap = r->heap;
	uint64_t *unknown = mtr_addresses_push(&heap->sites);

	if (!unknown)
		return mtr_error_nomem();
	*unknown = 0;
	if (mtr_target_kind(r->t) == MTR_TARGET_SNAPSHOT)
		return saved_read(r);
	MTR_TRY(mtr_descriptor_find(r->t, &heap->descriptor,
				    &heap->descriptor_addr));
	MTR_TRY(record_begin(r));
	mtr_nodes_open(&r->nodes, r->t, &heap->descriptor);
	MTR_TRY(ledger_read(r));
	/* last: who asked for a block was opened before */
	MTR_TRY(mtr_opened_read(r->t, heap->descriptor.opened, &heap->opened));
	return own_read(r);
}

struct mtr_error *mtr_heap_read(struct mtr_target *t, struct mtr_heap *ret)
{
	mtr_auto_free struct mtr_reader *r = calloc(1, sizeof(*r));
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
	mtr_nodes_fini(&r->nodes);
	mtr_own_fini(&r->ledger_tables);
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
	mtr_own_fini(&heap->own);
	*heap = (struct mtr_heap){ 0 };
}
