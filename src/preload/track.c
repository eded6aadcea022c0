/* SPDX-License-Identifier: MIT */
/*
 * Recording a block, off the fast road. See track.h for the contract.
 */
#include "track.h"

uint8_t mtr_freed_lead;

/* This thread is inside the next allocator's malloc_usable_size. */
static MTR_TLS bool sizing;

static bool chunk_usable(const void *p, size_t *ret)
{
	size_t chunk;

	if (!mtr_real.chunks)
		return false;
	chunk = ((const size_t *)p)[-1];
	if (chunk & MTR_CHUNK_MMAPPED)
		return false;
	*ret = mtr_chunk_usable(chunk);
	return true;
}

/*
 * The usable size of @p, in whole words. False: malloc_usable_size has come
 * back to us by asking for memory (tcmalloc's does, on its first call). It may
 * know less than we do: tcmalloc's says 0 until its constructor has run.
 */
static bool usable_size(void *p, size_t request, size_t *ret)
{
	if (chunk_usable(p, ret))
		return true;
	if (mtr_real.unsized) {
		*ret = request;
		return true;
	}
	if (sizing)
		return false;
	sizing = true;
	*ret = mtr_real.malloc_usable_size(p) & -(size_t)8;
	sizing = false;
	if (*ret < request)
		*ret = request;
	return true;
}

static uint8_t *entry_make(void *p, size_t usable)
{
	enum mtr_drop drop;
	uint8_t *at = NULL;

	if ((uintptr_t)p % MTR_GRANULE)
		drop = MTR_DROP_UNALIGNED;
	else if (usable < MTR_USABLE_MIN)
		drop = MTR_DROP_SMALL;
	else if (usable >> MTR_USABLE_BITS)
		drop = MTR_DROP_LARGE;
	else
		at = mtr_ledger_make((uintptr_t)p, &drop);
	if (unlikely(!at))
		mtr_descriptor_drop(drop);
	return at;
}

MTR_INLINE void record(void *p, uint8_t *at, size_t size, size_t usable,
		       const struct mtr_site *site)
{
	uint64_t size_stack = size;
	uintptr_t caller = site->pc;

	if (mtr_descriptor.stack_depth && mtr_trailer_has_stack(usable))
		size_stack |= (uint64_t)mtr_capture(site) << MTR_SIZE_BITS;
	if (unlikely(mtr_objects_inner(caller)))
		caller = mtr_capture_outside(site);
	mtr_track_record(p, at, size, usable, caller, size_stack);
}

__attribute__((noinline)) void *mtr_track_request(void *p, size_t size,
						  size_t request,
						  const struct mtr_site *site)
{
	size_t usable;
	uint8_t *at;

	if (!p)
		return NULL;
	if (unlikely(!usable_size(p, request, &usable))) {
		mtr_descriptor_drop(MTR_DROP_NESTED);
		return p;
	}
	at = mtr_ledger_find((uintptr_t)p);
	if (unlikely(!at || (uintptr_t)p % MTR_GRANULE ||
		     usable < MTR_USABLE_MIN || usable >> MTR_USABLE_BITS))
		at = entry_make(p, usable);
	if (unlikely(!at))
		return p;
	record(p, at, size, usable, site);
	mtr_ledger_mark(at, mtr_descriptor.lead, usable);
	return p;
}

/* Most blocks are small ones of glibc's, with stacks too; mmapped ones are
 * large. */
__attribute__((noinline)) void *mtr_track_any(void *p, size_t size,
					      const struct mtr_site *site)
{
	const struct mtr_hint *hint = mtr_hint_for((uintptr_t)p);
	size_t chunk;
	uint8_t *at;

	if (unlikely(!mtr_real.chunks) ||
	    unlikely(!mtr_hint_covers(hint, (uintptr_t)p)))
		return mtr_track_request(p, size, mtr_request(size), site);
	chunk = ((const size_t *)p)[-1];
	if (unlikely(chunk >= MTR_CHUNK_LARGE))
		return mtr_track_request(p, size, mtr_request(size), site);
	at = mtr_hint_byte(hint, (uintptr_t)p);
	record(p, at, size, mtr_chunk_usable(chunk), site);
	atomic_thread_fence(memory_order_release);
	mtr_ledger_put_chunk(at, mtr_descriptor.lead, chunk);
	return p;
}

void *mtr_track_adopt(void *p, size_t size, const struct mtr_site *site)
{
	uint8_t *at = p ? mtr_track_find(p) : NULL;

	if (!at || !mtr_is_live(*at))
		return mtr_track_any(p, size, site);
	record(p, at, size, mtr_track_usable(at), site);
	return p;
}

MTR_COLD void mtr_track_restore(void *p, uint8_t *at, uint8_t lead)
{
	*at = lead;
	mtr_counters_restore(p, at);
}

size_t mtr_track_usable(const uint8_t *at)
{
	return mtr_ledger_usable(at, MTR_ENTRY_LARGE);
}
