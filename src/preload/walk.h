/* SPDX-License-Identifier: MIT */
/*
 * All live blocks of our own process, a batch at a time.
 *
 * Other threads go on meanwhile, and may unmap the memory of a trailer. So the
 * kernel reads the trailers: it returns an error instead of a fault. Allocates
 * nothing.
 */
#ifndef MTR_PRELOAD_WALK_H
#define MTR_PRELOAD_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "format/snapshot.h"

enum { MTR_WALK_BATCH = 64 };

/* What is being read: 6 KiB. */
struct mtr_walk_room {
	struct mtr_snapshot_block block[MTR_WALK_BATCH];
	struct mtr_trailer again[MTR_WALK_BATCH];
	struct iovec local[MTR_WALK_BATCH], remote[MTR_WALK_BATCH];
	bool gone[MTR_WALK_BATCH], same[MTR_WALK_BATCH];
	size_t n;
};

/*
 * Called with up to some hundred blocks. Not 0 ends the walk, and is what it
 * returns.
 */
typedef int mtr_walk_fn(void *context, const struct mtr_snapshot_block *blocks,
			size_t n);

/*
 * 0, what @fn ended the walk with, or a negative errno value: neither
 * process_vm_readv(2) of ourselves nor a pipe is to be had.
 */
int mtr_walk(mtr_walk_fn *fn, void *context);

/* The same without @room on the stack. */
int mtr_walk_in(struct mtr_walk_room *room, mtr_walk_fn *fn, void *context);

#endif
