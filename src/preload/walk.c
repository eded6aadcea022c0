/* SPDX-License-Identifier: MIT */
/*
 * Walking our own record. See walk.h for the contract.
 */
#include "preload/walk.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>

#include "preload/depot.h"
#include "preload/descriptor.h"
#include "preload/ledger.h"
#include "preload/objects.h"
#include "preload/sys.h"

enum {
	BATCH = MTR_WALK_BATCH,
	ROUNDS = 16, /* to find a block that others change at rest */
	SURE = 4,    /* so many agree on a doubtful one */
};

static_assert(BATCH * MTR_TRAILER <= PIPE_BUF, "mtr_sys_peek's at a time");

static uint64_t block_usable(const struct mtr_snapshot_block *b)
{
	return b->usable & (UINT64_MAX >> 8);
}

/* Fill with what the ledger has at or after @addr; return where to go on. */
static uintptr_t batch_collect(struct mtr_walk_room *b, uintptr_t addr)
{
	for (b->n = 0; b->n < BATCH; b->n++) {
		struct mtr_snapshot_block *block = &b->block[b->n];
		uint64_t usable;

		addr = mtr_ledger_next(addr);
		if (!addr)
			return 0;
		block->addr = addr;
		block->usable = mtr_ledger_load(addr);
		usable = block_usable(block);
		b->remote[b->n].iov_base =
			(void *)(addr + mtr_trailer_offset(usable));
		b->remote[b->n].iov_len = MTR_TRAILER;
		b->gone[b->n] = usable < MTR_USABLE_MIN;
		addr += MTR_GRANULE;
	}
	return addr;
}

/*
 * Memory that is unmapped, or is no trailer, belongs to a block freed since.
 * The kernel stops at the first byte that is unmapped: before a trailer, or
 * within one that lies across two pages. That trailer is skipped, and the next
 * one read.
 */
static int batch_peek(struct mtr_walk_room *b)
{
	size_t done = 0;

	while (done < b->n) {
		long got = mtr_sys_peek(b->local + done, b->remote + done,
					b->n - done);

		if (got < 0 && got != -EFAULT)
			return got;
		if (got > 0)
			done += got / MTR_TRAILER;
		if (got <= 0 || got % MTR_TRAILER)
			b->gone[done++] = true;
	}
	return 0;
}

static bool trailers_equal(const struct mtr_trailer *a,
			   const struct mtr_trailer *b)
{
	return mtr_trailers_equal(a, b, mtr_descriptor.record);
}

/*
 * Who asked for the block. Of a short record 0: none is known, or it is no
 * trailer.
 */
static uint64_t block_caller(const struct mtr_snapshot_block *b)
{
	if (mtr_descriptor.record == MTR_RECORD_LONG)
		return b->trailer.caller;
	return mtr_depot_answerable(
		mtr_trailer_stack(&b->trailer, block_usable(b)));
}

/*
 * Perhaps no trailer, but what stood in a block while it was free: no object
 * holds the caller (which may be a JIT's code, or a plugin's that is gone), or
 * the allocator had no reason to give so much for the size.
 */
static bool is_doubtful(const struct mtr_snapshot_block *b)
{
	const struct mtr_trailer *t = &b->trailer;
	uint64_t usable = block_usable(b);

	return !mtr_size_is_likely(usable, mtr_trailer_size(t, usable),
				   mtr_descriptor.record,
				   mtr_descriptor.flags & MTR_FLAG_CHUNKS) ||
	       !mtr_objects_hold(block_caller(b) - 1);
}

/* One round: the trailer, the entry, the trailer again, all unchanged. */
static bool round_agrees(struct mtr_walk_room *b, size_t i, uint64_t entry)
{
	struct mtr_snapshot_block *block = &b->block[i];
	uint64_t usable = block_usable(block);
	const struct iovec first = { &block->trailer, MTR_TRAILER };
	const struct iovec second = { &b->again[i], MTR_TRAILER };
	const struct iovec from = {
		(void *)(block->addr + mtr_trailer_offset(usable)), MTR_TRAILER
	};

	return usable >= MTR_USABLE_MIN &&
	       mtr_sys_peek(&first, &from, 1) == MTR_TRAILER &&
	       mtr_ledger_load(block->addr) == entry &&
	       mtr_sys_peek(&second, &from, 1) == MTR_TRAILER &&
	       trailers_equal(&block->trailer, &b->again[i]);
}

/*
 * Block @i changed while it was read, or is doubtful: read it alone. Of a
 * doubtful one several rounds in turn have to say the same. What never agrees
 * is left out.
 */
static void block_settle(struct mtr_walk_room *b, size_t i)
{
	struct mtr_snapshot_block *block = &b->block[i];
	int same = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct mtr_snapshot_block before = *block;
		uint64_t entry = mtr_ledger_load(block->addr);

		if (!mtr_is_live(entry >> 56))
			break;
		block->usable = entry;
		if (!round_agrees(b, i, entry)) {
			same = 0;
			continue;
		}
		if (!is_doubtful(block))
			return;
		same = before.usable == entry && trailers_equal(&before.trailer,
								&block->trailer)
			       ? same + 1
			       : 0;
		if (same == SURE)
			return;
	}
	b->gone[i] = true;
}

/* The trailers, the entries, the trailers again: what is the same is of one
 * block. */
static int batch_read(struct mtr_walk_room *b)
{
	int error;

	for (size_t i = 0; i < b->n; i++)
		b->local[i] =
			(struct iovec){ &b->block[i].trailer, MTR_TRAILER };
	error = batch_peek(b);
	for (size_t i = 0; i < b->n; i++) {
		b->same[i] =
			mtr_ledger_load(b->block[i].addr) == b->block[i].usable;
		b->local[i] = (struct iovec){ &b->again[i], MTR_TRAILER };
	}
	if (!error)
		error = batch_peek(b);
	for (size_t i = 0; i < b->n && !error; i++)
		if (!b->gone[i] &&
		    (!b->same[i] || is_doubtful(&b->block[i]) ||
		     !trailers_equal(&b->block[i].trailer, &b->again[i])))
			block_settle(b, i);
	return error;
}

static void batch_squeeze(struct mtr_walk_room *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct mtr_snapshot_block *block = &b->block[i];

		if (b->gone[i] ||
		    !mtr_trailer_fits(&block->trailer, block_usable(block),
				      mtr_descriptor.record))
			continue;
		block->trailer.caller = block_caller(block);
		b->block[n++] = *block;
	}
	b->n = n;
}

int mtr_walk_in(struct mtr_walk_room *b, mtr_walk_fn *fn, void *context)
{
	uintptr_t addr = MTR_GRANULE;
	int error = 0;

	while (addr && !error) {
		addr = batch_collect(b, addr);
		error = batch_read(b);
		if (error)
			break;
		batch_squeeze(b);
		error = fn(context, b->block, b->n);
	}
	return error;
}

int mtr_walk(mtr_walk_fn *fn, void *context)
{
	struct mtr_walk_room room;

	return mtr_walk_in(&room, fn, context);
}
