/* SPDX-License-Identifier: MIT */
/*
 * The bootstrap arena. See arena.h for the contract.
 */
#include "preload/arena.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>

#include "preload/compiler.h"
#include "preload/descriptor.h"

enum {
	ARENA_BYTES = 64 * 1024,
	ARENA_ALIGN = 16,
};

/* In front of every block of the arena. */
struct head {
	_Alignas(ARENA_ALIGN) size_t size;
};

static _Alignas(ARENA_ALIGN) char arena[ARENA_BYTES];
static _Atomic size_t arena_used;

void *mtr_arena_alloc(size_t size, size_t align)
{
	size_t used = atomic_load(&arena_used);
	uintptr_t p;

	if (align < ARENA_ALIGN)
		align = ARENA_ALIGN;
	if (size > ARENA_BYTES || align > ARENA_BYTES)
		goto full;
	do {
		p = (uintptr_t)arena + used + sizeof(struct head);
		p = (p + align - 1) & -align;
		if (p + size > (uintptr_t)arena + ARENA_BYTES)
			goto full;
	} while (!atomic_compare_exchange_weak(&arena_used, &used,
					       p + size - (uintptr_t)arena));
	((struct head *)p)[-1].size = size;
	mtr_descriptor_drop(MTR_DROP_STARTUP);
	return (void *)p;
full:
	errno = ENOMEM;
	return NULL;
}

bool mtr_arena_owns(const void *p)
{
	return (uintptr_t)p - (uintptr_t)arena < ARENA_BYTES;
}

size_t mtr_arena_size(const void *p)
{
	return ((const struct head *)p)[-1].size;
}
