/* SPDX-License-Identifier: MIT */
/*
 * The bootstrap arena: what malloc answers from while the next allocator is
 * being looked up.
 *
 * A static piece of memory, handed out once and never taken back. Safe in any
 * thread and in signal handlers; allocates nothing, blocks never. Its blocks
 * are not recorded, but counted.
 */
#ifndef MTR_PRELOAD_ARENA_H
#define MTR_PRELOAD_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Zeroed memory for @size bytes at a multiple of @align, a power of two.
 * NULL, with errno ENOMEM: the arena is used up.
 */
void *mtr_arena_alloc(size_t size, size_t align);
bool mtr_arena_owns(const void *p);
size_t mtr_arena_size(const void *p);

#endif
