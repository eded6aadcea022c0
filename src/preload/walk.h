/* SPDX-License-Identifier: MIT */
/*
 * All live blocks of our own process, a batch at a time.
 *
 * Other threads go on meanwhile, and may give back the memory that a trailer
 * stands in: trailers are read by the kernel, which does not fault. Allocates
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
