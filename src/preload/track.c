/* SPDX-License-Identifier: MIT */
/*
 * Recording a block, off the fast road. See track.h for the contract.
 */
#include "preload/track.h"

#include <errno.h>

#include "preload/opened.h"
#include "preload/watch.h"

uint8_t mtr_freed_lead;

/* This thread is inside the next allocator's malloc_usable_size. */
static MTR_TLS bool sizing;

static bool chunk_usable(const void *p, size_t *ret)
{
	size_t chunk;

	if (!mtr_real.chunks)
		return false;
	chunk = mtr_chunk_of(p);
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

/*
 * Does glibc give the block back to the kernel when it is freed? With frees=1
 * what was there is to be seen until there is something else.
 */
static bool is_mapped(const void *p)
{
	return mtr_real.chunks && !mtr_freed_lead &&
	       mtr_chunk_of(p) & MTR_CHUNK_MMAPPED;
}

/* What it gives is to be settled, once there is an entry. */
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
	else if (is_mapped(p))
		at = mtr_ledger_lend((uintptr_t)p, &drop);
	else
		at = mtr_ledger_make((uintptr_t)p, &drop);
	if (unlikely(!at))
		mtr_descriptor_drop(drop);
	return at;
}

MTR_INLINE uintptr_t caller_of(const struct mtr_site *site)
{
	if (unlikely(mtr_span_holds(&mtr_objects.runtimes, site->pc)) &&
	    mtr_objects_in_runtime(site->pc))
		return mtr_capture_outside(site);
	return site->pc;
}

/* Without a stack a block has its caller at least. */
static MTR_COLD uint32_t caller_instead(const struct mtr_site *site)
{
	mtr_descriptor_stop(MTR_ROOT_NONE);
	return mtr_callers_id(caller_of(site));
}

MTR_INLINE uint32_t caller_or_sample(size_t size, const struct mtr_site *site)
{
	uintptr_t pc;
	uint64_t known;

	if (!mtr_callers_is_not_due(size) && mtr_callers_is_due(size))
		return mtr_capture(site);
	pc = caller_of(site);
	return mtr_callers_at_hand(pc, &known) ? known >> MTR_SIZE_BITS
					       : mtr_callers_id(pc);
}

/* @id is the block's stack, or 0: there is no room for it. */
MTR_INLINE struct mtr_fill fill_with(uint32_t id, const struct mtr_site *site)
{
	struct mtr_fill fill = { .caller = site->pc };

	if (unlikely(id == MTR_ROOT_NONE))
		id = caller_instead(site);
	fill.stack = (uint64_t)id << MTR_SIZE_BITS;
	if (unlikely(mtr_real.record == MTR_RECORD_LONG))
		fill.caller = caller_of(site);
	return fill;
}

/* For a block of @size bytes that there is. */
MTR_INLINE struct mtr_fill fill_for(size_t size, const struct mtr_site *site)
{
	if (!mtr_descriptor.stack_depth)
		return (struct mtr_fill){ .caller = caller_of(site) };
	return fill_with(mtr_track_callers() ? caller_or_sample(size, site)
					     : mtr_capture(site),
			 site);
}

static void record(void *p, uint8_t *at, size_t size, size_t usable,
		   struct mtr_fill fill)
{
	if (!mtr_trailer_has_stack(usable))
		fill.stack = 0;
	mtr_track_record(p, at, size, usable, mtr_real.record, fill);
}

static __attribute__((noinline)) void *
track(void *p, size_t size, size_t request, struct mtr_fill fill)
{
	const struct mtr_hint *hint = mtr_hint_for((uintptr_t)p);
	bool made = false;
	size_t usable;
	uint8_t *at;

	if (unlikely(!usable_size(p, request, &usable))) {
		mtr_descriptor_drop(MTR_DROP_NESTED);
		return p;
	}
	at = likely(mtr_hint_covers(hint, (uintptr_t)p))
		     ? mtr_hint_byte(hint, (uintptr_t)p)
		     : mtr_ledger_find_staying((uintptr_t)p);
	if (unlikely(!at || (uintptr_t)p % MTR_GRANULE ||
		     usable < MTR_USABLE_MIN || usable > mtr_watch_large)) {
		at = entry_make(p, usable);
		made = true;
	}
	if (unlikely(!at))
		return p;
	record(p, at, size, usable, fill);
	mtr_ledger_mark(at, mtr_descriptor.lead, usable);
	if (made) {
		mtr_ledger_settle(at, (uintptr_t)p);
		mtr_watch_grown(usable);
	}
	mtr_opened_allocated(p, size, fill.caller);
	return p;
}

void *mtr_track_request(void *p, size_t size, size_t request,
			const struct mtr_site *site)
{
	if (!p)
		return NULL;
	return track(p, size, request, fill_for(size, site));
}

/*
 * Most blocks are small ones of glibc's; mmapped ones are large. All that may
 * call a function comes first: little has to be saved across it.
 */
MTR_INLINE void *track_any(void *p, size_t size, struct mtr_fill fill)
{
	const struct mtr_hint *hint = mtr_hint_for((uintptr_t)p);
	size_t chunk;
	uint8_t *at;

	if (unlikely(!mtr_real.chunks) ||
	    unlikely(!mtr_hint_covers(hint, (uintptr_t)p)))
		return track(p, size, mtr_track_bytes(size), fill);
	chunk = mtr_chunk_of(p);
	if (unlikely(chunk >= MTR_CHUNK_LARGE))
		return track(p, size, mtr_track_bytes(size), fill);
	at = mtr_hint_byte(hint, (uintptr_t)p);
	return mtr_track_small(p, at, size, chunk, mtr_real.record, fill);
}

__attribute__((noinline)) void *mtr_track_any(void *p, size_t size,
					      const struct mtr_site *site)
{
	return p ? track_any(p, size, fill_for(size, site)) : NULL;
}

__attribute__((noinline)) void *mtr_track_malloc(size_t size,
						 const struct mtr_site *site)
{
	void *p = mtr_real.malloc(mtr_request_chunk(size, mtr_real.record));

	if (unlikely(!p))
		return NULL;
	return track_any(p, size, fill_with(mtr_capture(site), site));
}

static bool is_power_of_two(size_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/*
 * glibc always aligns to 16; another allocator may not. An alignment that is no
 * power of two is left to the allocator, to round up or refuse.
 */
static size_t align_up_to_granule(size_t align)
{
	if (is_power_of_two(align) && align < MTR_GRANULE)
		return MTR_GRANULE;
	return align;
}

static bool is_aligned(const void *p, size_t align)
{
	return !is_power_of_two(align) || (uintptr_t)p % align == 0;
}

/*
 * mimalloc 2.0.9 misaligns a block that is as large as its alignment, which is
 * what becomes of 16 bytes less. A little more mends that, or else as much more
 * as any allocator needs that takes the alignment out of a larger block.
 */
static void *ask_with_room(mtr_aligned_fn *ask, size_t align, size_t *request)
{
	const size_t more[] = { 0, MTR_GRANULE, align };

	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
		size_t sum;
		void *p;

		if (__builtin_add_overflow(*request, more[i], &sum))
			return NULL;
		p = ask(align, sum);
		if (!p || is_aligned(p, align)) {
			*request = sum;
			return p;
		}
		mtr_real.free(p);
	}
	return NULL;
}

void *mtr_track_aligned(mtr_aligned_fn *ask, size_t align, size_t size,
			size_t whole, const struct mtr_site *site)
{
	size_t request = mtr_track_bytes(whole);
	int saved_errno = errno;
	void *p = ask_with_room(ask, align_up_to_granule(align), &request);

	if (likely(p)) {
		errno = saved_errno;
		return mtr_track_request(p, size, request, site);
	}
	errno = saved_errno;
	p = ask(align, whole);
	if (p)
		mtr_descriptor_drop(MTR_DROP_ROOM);
	return p;
}

void *mtr_track_adopt(void *p, size_t size, const struct mtr_site *site)
{
	uint8_t *at = p ? mtr_track_find(p) : NULL;

	if (!at || !mtr_is_live(*at) || size > mtr_track_room(at))
		return p;
	record(p, at, size, mtr_track_usable(at), fill_for(size, site));
	return p;
}

/* Its leaf may have gone to another range meanwhile. */
static uint8_t *entry_again(void *p, uint8_t lead)
{
	size_t usable = mtr_real.malloc_usable_size(p) & -(size_t)8;
	uint8_t *at = entry_make(p, usable);

	if (!at)
		return NULL;
	mtr_ledger_mark(at, lead, usable);
	mtr_ledger_settle(at, (uintptr_t)p);
	return at;
}

MTR_COLD void mtr_track_restore(void *p, uint8_t *at, uint8_t lead)
{
	if (is_mapped(p))
		at = entry_again(p, lead);
	else
		*at = lead;
	if (at)
		mtr_counters_restore(p, at);
}

/* Only glibc's own functions can be called past us. */
bool mtr_track_is_there(void *p, const uint8_t *at)
{
	size_t usable = mtr_track_usable(at);

	if (!mtr_is_live(*at))
		return false;
	return !mtr_real.chunks || (mtr_real.malloc_usable_size(p) == usable &&
				    mtr_trailer_fits(mtr_trailer_at(p, usable),
						     usable, mtr_real.record));
}

size_t mtr_track_usable(const uint8_t *at)
{
	return mtr_ledger_usable(at, MTR_ENTRY_LARGE);
}
