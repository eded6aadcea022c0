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

#include <stddef.h>

#include "format/snapshot.h"

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

#endif
