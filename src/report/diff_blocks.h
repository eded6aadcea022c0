/* SPDX-License-Identifier: MIT */
/*
 * For diff.c: is it one process, and which of its blocks changed.
 */
#ifndef MTR_REPORT_DIFF_BLOCKS_H
#define MTR_REPORT_DIFF_BLOCKS_H

#include "report/diff.h"

enum mtr_process mtr_diff_process(const struct mtr_heap_view *old,
				  const struct mtr_heap_view *now);

/* d->changed, of one process. */
struct mtr_error *mtr_diff_blocks(struct mtr_diff *d,
				  const struct mtr_diff_side sides[MTR_SIDES]);

#endif
