/* SPDX-License-Identifier: MIT */
/*
 * Interning call stacks: format/depot.h has the shape.
 *
 * Any thread, signal handlers included: no locks, memory from the kernel alone,
 * nothing is ever moved or given back.
 */
#ifndef MTR_PRELOAD_DEPOT_H
#define MTR_PRELOAD_DEPOT_H

#include <stdbool.h>
#include <stdint.h>

#include "format/depot.h"

/* Before the first stack. False: no memory. */
bool mtr_depot_init(void);

/*
 * The node for @pc below @parent. 0: the depot is full, or no memory; so is
 * every node below 0.
 */
uint32_t mtr_depot_intern(uint32_t parent, uint64_t pc);

/* The node that mtr_depot_intern() gave the number @id, not 0. */
const struct mtr_node *mtr_depot_node(uint32_t id);

#endif
