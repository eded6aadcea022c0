/* SPDX-License-Identifier: MIT */
/*
 * Snapshots that nobody has to call for: when the heap first spans so much
 * (snapshot_at=), or on a signal (snapshot_signal=).
 *
 * What the heap spans is noticed where the ledger grows, and costs nothing
 * before: 4 MiB for each leaf that is in use, and what large blocks have beyond
 * that. They are let go without notice, so where they matter they are counted
 * anew; that is bounded by what is allocated meanwhile.
 *
 * Any thread, signal handlers. One snapshot at a time: who comes meanwhile does
 * without. No signal interrupts the thread that writes one, nothing is written
 * to its stack but what calls take, and what fails is counted in the
 * descriptor. A forked child counts its own, from 1 on.
 */
#ifndef MTR_PRELOAD_WATCH_H
#define MTR_PRELOAD_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "preload/compiler.h"
#include "preload/options.h"

/* A block above that is told of, whether or not the ledger grows for it. */
extern MTR_HIDDEN size_t mtr_watch_large;

/* The ledger grew for a block of @usable bytes, or it is such a one. */
void mtr_watch_grown(size_t usable);

/* What @options ask for; the signal's handler comes with the second. */
void mtr_watch_init(const struct mtr_options *options);
void mtr_watch_handle(const struct mtr_options *options);

/* The file of the snapshot @number; -ENAMETOOLONG: @bytes are too few. */
int mtr_watch_path(const char *pattern, uint32_t number, char *room,
		   size_t bytes);

#endif
