/* SPDX-License-Identifier: MIT */
/*
 * The pivot as a snapshot: all that reports need, so that a report of it is
 * that of what it was made of, here or elsewhere.
 */
#ifndef MTR_SNAPSHOT_SAVE_H
#define MTR_SNAPSHOT_SAVE_H

#include "snapshot/heap_view.h"
#include "target/save.h"

/*
 * @s has names. @data are addresses of data that somebody may ask about, @own
 * are such that may be in threads' own. They ascend. NULL: nobody will.
 */
struct mtr_error *mtr_heap_view_save(const struct mtr_heap_view *s,
				     const struct mtr_addresses *data,
				     const struct mtr_addresses *own,
				     struct mtr_save *save);

#endif
