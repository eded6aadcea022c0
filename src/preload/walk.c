/* SPDX-License-Identifier: MIT */
/*
 * Walking our own record. See walk.h for the contract.
 */
#include "preload/walk.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>

#include "preload/ledger.h"
#include "preload/sys.h"

enum { BATCH = 64 }; /* 4 KiB of stack */

static_assert(BATCH * MTR_TRAILER <= PIPE_BUF, "mtr_sys_peek's at a time");

struct batch {
	struct mtr_snapshot_block block[BATCH];
	struct iovec local[BATCH], remote[BATCH];
	bool gone[BATCH];
	size_t n;
};

/* Fill with what the ledger has at or after @addr; return where to go on. */
static uintptr_t batch_collect(struct batch *b, uintptr_t addr)
{
	for (b->n = 0; b->n < BATCH; b->n++) {
		struct mtr_snapshot_block *block = &b->block[b->n];
		const uint8_t *at;
		uint64_t usable;

		addr = mtr_ledger_next(addr, &at);
		if (!addr)
			return 0;
		usable = mtr_ledger_usable(at, MTR_ENTRY_LARGE);
		block->addr = addr;
		block->usable = usable | (uint64_t)*at << 56;
		b->local[b->n] = (struct iovec){ &block->trailer, MTR_TRAILER };
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
static int batch_read(struct batch *b)
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

static void batch_squeeze(struct batch *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		uint64_t usable = b->block[i].usable & (UINT64_MAX >> 8);

		if (!b->gone[i] &&
		    mtr_trailer_fits(&b->block[i].trailer, usable))
			b->block[n++] = b->block[i];
	}
	b->n = n;
}

int mtr_walk(mtr_walk_fn *fn, void *context)
{
	uintptr_t addr = MTR_GRANULE;
	struct batch b;
	int error = 0;

	while (addr && !error) {
		addr = batch_collect(&b, addr);
		error = batch_read(&b);
		if (error)
			break;
		batch_squeeze(&b);
		error = fn(context, b.block, b.n);
	}
	return error;
}
