/* SPDX-License-Identifier: MIT */
/*
 * Blocks and stacks as parts of a snapshot: saved as they are here, not as they
 * stand in memory, so that they come back the same. For heap.c, stacks.c and
 * whoever saves.
 */
#ifndef MTR_HEAP_SAVED_H
#define MTR_HEAP_SAVED_H

#include "heap/stacks.h"
#include "target/save.h"

/*
 * Of blocks each kind of number comes in a row of its own: so they are alike,
 * and small, and pack well. Of their flags:
 */
enum {
	MTR_SAVED_IS_FREED = 1,
	MTR_SAVED_IS_DAMAGED = 2,
	MTR_SAVED_NO_CODE = 4,
	MTR_SAVED_FLAGS = 3, /* bits; then the generation */
};

/* Blocks' .stack are indices, as mtr_stacks_read() leaves them. */
struct mtr_error *mtr_heap_save(const struct mtr_heap *heap,
				struct mtr_save *save);
struct mtr_error *mtr_stacks_save(const struct mtr_stacks *stacks,
				  const struct mtr_heap *heap,
				  struct mtr_save *save);

/*
 * *there is false where @t has no such parts. The descriptor is the caller's
 * business. mtr_stacks_load() looks at the blocks' .stack, too.
 */
struct mtr_error *mtr_heap_load(struct mtr_target *t, struct mtr_heap *heap,
				bool *there);
struct mtr_error *mtr_stacks_load(struct mtr_target *t, struct mtr_heap *heap,
				  struct mtr_stacks *stacks, bool *there);

#endif
