/* SPDX-License-Identifier: MIT */
/*
 * Memory for tables. See memory.h for the contract.
 */
#include "preload/memory.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "preload/sys.h"

/* The second call after a refusal asks, the fourth after two, and so on. */
static bool waits(struct mtr_memory *m)
{
	uint32_t n = atomic_load(&m->refusals);
	uint32_t every = n < 6 ? UINT32_C(1) << n : MTR_MEMORY_PATIENCE;

	return n > 0 && atomic_fetch_add(&m->calls, 1) % every != every - 1;
}

MTR_COLD void *mtr_memory_map(struct mtr_memory *m, size_t bytes)
{
	return waits(m) ? NULL : mtr_memory_map_anyway(m, bytes);
}

MTR_COLD void *mtr_memory_map_anyway(struct mtr_memory *m, size_t bytes)
{
	void *p = m->map(bytes);

	if (!p) {
		atomic_fetch_add(&m->refusals, 1);
		return NULL;
	}
	atomic_store(&m->refusals, 0);
	__atomic_fetch_add(m->bytes, bytes, __ATOMIC_RELAXED);
	return p;
}

MTR_COLD void mtr_memory_unmap(struct mtr_memory *m, void *p, size_t bytes)
{
	mtr_sys_unmap(p, bytes);
	__atomic_fetch_sub(m->bytes, bytes, __ATOMIC_RELAXED);
}
