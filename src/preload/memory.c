/* SPDX-License-Identifier: MIT */
/*
 * Memory for tables. See memory.h for the contract.
 *
 * A range is changed by one compare-and-swap on its word, by which what
 * somebody else did meanwhile is never undone: each adds or takes only pages
 * that are its own.
 */
#include "preload/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "preload/sys.h"

struct mtr_own_list mtr_own_list = {
	.entries = MTR_OWN_MAX,
	.bytes = sizeof(mtr_own_list.range[0]),
};

/* No place from here on was ever taken. */
static _Atomic uint32_t used;

/* Up to the end of the last page. */
static uintptr_t end_of(const void *p, size_t bytes)
{
	uintptr_t page = getpagesize();

	return ((uintptr_t)p + bytes + page - 1) & -page;
}

static bool swap(uint64_t *at, uint64_t was, uint64_t is)
{
	return __atomic_compare_exchange_n(at, &was, is, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static uint64_t load(const uint64_t *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

/* Of two that meet, both in one; 0: they do not. */
static uint64_t join(uint64_t a, uint64_t b)
{
	if (mtr_own_kind(a) != mtr_own_kind(b))
		return 0;
	if (mtr_own_end(a) == mtr_own_start(b))
		return mtr_own_range(mtr_own_start(a), mtr_own_end(b),
				     mtr_own_kind(a));
	if (mtr_own_end(b) == mtr_own_start(a))
		return mtr_own_range(mtr_own_start(b), mtr_own_end(a),
				     mtr_own_kind(a));
	return 0;
}

/* To one that it meets; false: there is none. *ret is a free place. */
static bool extend(uint64_t range, uint64_t **ret)
{
	uint64_t *end = mtr_own_list.range + atomic_load(&used);

	*ret = NULL;
	for (uint64_t *at = mtr_own_list.range; at < end; at++) {
		uint64_t was = load(at);
		uint64_t both = was ? join(was, range) : 0;

		if (!was && !*ret)
			*ret = at;
		if (both && swap(at, was, both))
			return true;
	}
	return false;
}

/* One more place, which somebody else may take; false: there is none. */
static bool grow(void)
{
	uint32_t n = atomic_load(&used);

	if (n == MTR_OWN_MAX)
		return false;
	/* if it fails there is one, too */
	atomic_compare_exchange_strong(&used, &n, n + 1);
	return true;
}

static void list(uint64_t range)
{
	uint64_t *place = NULL;

	while (range) {
		if (extend(range, &place) || (place && swap(place, 0, range)))
			return;
		if (!place && !grow())
			break;
	}
	__atomic_fetch_add(&mtr_own_list.lost, 1, __ATOMIC_RELAXED);
}

/* What is left of the range at @at. */
static void cut(uint64_t *at, uintptr_t start, uintptr_t end)
{
	for (;;) {
		uint64_t was = load(at);
		uint64_t first = mtr_own_start(was), last = mtr_own_end(was);
		unsigned int kind = mtr_own_kind(was);
		uint64_t before = mtr_own_range(first, start, kind);
		uint64_t behind = mtr_own_range(end, last, kind);

		if (first >= end || last <= start)
			return;
		if (!swap(at, was, before ? before : behind))
			continue;
		if (before && behind)
			list(behind);
		return;
	}
}

static void unlist(uintptr_t start, uintptr_t end)
{
	uint64_t *stop = mtr_own_list.range + atomic_load(&used);

	for (uint64_t *at = mtr_own_list.range; at < stop; at++)
		cut(at, start, end);
}

/* The second call after a refusal asks, the fourth after two, and so on. */
static bool waits(struct mtr_memory *m)
{
	uint32_t n = atomic_load(&m->refusals);
	uint32_t every = n < 6 ? UINT32_C(1) << n : MTR_MEMORY_PATIENCE;

	return n > 0 && atomic_fetch_add(&m->calls, 1) % every != every - 1;
}

static void *map_listed(void *(*map)(size_t), enum mtr_own_kind kind,
			size_t bytes)
{
	void *p = map(bytes);

	if (p)
		list(mtr_own_range((uintptr_t)p, end_of(p, bytes), kind));
	return p;
}

MTR_COLD void *mtr_memory_map(struct mtr_memory *m, size_t bytes)
{
	return waits(m) ? NULL : mtr_memory_map_anyway(m, bytes);
}

MTR_COLD void *mtr_memory_map_anyway(struct mtr_memory *m, size_t bytes)
{
	void *p = map_listed(m->map, m->kind, bytes);

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
	mtr_memory_unmap_once(p, bytes);
	__atomic_fetch_sub(m->bytes, bytes, __ATOMIC_RELAXED);
}

MTR_COLD void *mtr_memory_map_once(enum mtr_own_kind kind, size_t bytes)
{
	return map_listed(mtr_sys_map, kind, bytes);
}

/* Once it is unmapped another may have it. */
MTR_COLD void mtr_memory_unmap_once(void *p, size_t bytes)
{
	unlist((uintptr_t)p, end_of(p, bytes));
	mtr_sys_unmap(p, bytes);
}
