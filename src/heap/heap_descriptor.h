/* SPDX-License-Identifier: MIT */
/*
 * Finding the descriptor in a target's memory, and telling whether it is one
 * that we can follow. For heap.c.
 */
#ifndef MTR_HEAP_HEAP_DESCRIPTOR_H
#define MTR_HEAP_HEAP_DESCRIPTOR_H

#include "format/layout.h"
#include "target/target.h"

struct mtr_error *mtr_descriptor_find(struct mtr_target *t,
				      struct mtr_descriptor *ret,
				      uint64_t *ret_addr);

/* What a library had not that wrote a smaller one is zero. */
void mtr_descriptor_trim(struct mtr_descriptor *d);

/* A version, geometry or program that has nothing for us is an error. */
struct mtr_error *mtr_descriptor_check(const struct mtr_descriptor *d);

#endif
