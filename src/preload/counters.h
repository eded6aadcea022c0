/* SPDX-License-Identifier: MIT */
/*
 * --enable-counters: TOTAL_ALLOCS and TOTAL_ALLOCATED_BYTES, the live blocks
 * and the bytes asked for, exact at any moment at which no thread is inside
 * the library. Without it everything here is empty.
 *
 * Any thread, signal handlers included. While the process has one thread the
 * two exported words hold the totals. Later each thread counts in a slot of its
 * own, because two threads that add to one word cost each other 80 ns a time;
 * counters_debug.S tells debuggers that the variables are the sum. A slot
 * outlives its thread, and the next thread goes on counting in it.
 */
#ifndef MTR_PRELOAD_COUNTERS_H
#define MTR_PRELOAD_COUNTERS_H

#include <stdint.h>

#include "format/ledger_code.h"
#include "format/trailer.h"
#include "preload/chunk.h"
#include "preload/compiler.h"
#include "preload/threads.h"

#ifdef MTR_COUNTERS
#include <sys/single_threaded.h>

struct mtr_counter {
	uint64_t blocks;
	uint64_t bytes;
};

extern MTR_HIDDEN uint64_t mtr_total_allocs, mtr_total_bytes;

void mtr_counters_count_slow(uint64_t blocks, uint64_t bytes);

/* One instruction, so that a signal handler cannot come between. */
MTR_INLINE void mtr_counter_add(uint64_t *at, uint64_t n)
{
#ifdef __x86_64__
	__asm__("addq %1, %0" : "+m"(*at) : "er"(n) : "cc");
#else
	__atomic_fetch_add(at, n, __ATOMIC_RELAXED);
#endif
}

MTR_INLINE void mtr_counters_count(uint64_t blocks, uint64_t bytes)
{
	struct mtr_counter *own;

	if (__libc_single_threaded) {
		mtr_counter_add(&mtr_total_allocs, blocks);
		mtr_counter_add(&mtr_total_bytes, bytes);
		return;
	}
	own = mtr_thread.counter;
	if (unlikely(!own)) {
		mtr_counters_count_slow(blocks, bytes);
		return;
	}
	mtr_counter_add(&own->blocks, blocks);
	mtr_counter_add(&own->bytes, bytes);
}

MTR_INLINE void mtr_counters_add(uint64_t size)
{
	mtr_counters_count(1, size);
}

/*
 * Count the block at @p, whose ledger byte is @at, out or back in. Of one that
 * is there no more nobody knows the bytes.
 */
MTR_INLINE void mtr_counters_move(void *p, const uint8_t *at, uint64_t sign)
{
	uint64_t usable = mtr_ledger_usable(at, MTR_ENTRY_LARGE);

	if (!mtr_is_live(*at) || usable < MTR_USABLE_MIN)
		return;
	if (likely(mtr_chunk_is(p, usable)))
		mtr_counters_count(
			sign, sign * mtr_trailer_size(mtr_trailer_at(p, usable),
						      usable));
	else
		mtr_counters_count(sign, 0);
}

MTR_INLINE void mtr_counters_remove(void *p, const uint8_t *at)
{
	mtr_counters_move(p, at, -(uint64_t)1);
}

MTR_INLINE void mtr_counters_restore(void *p, const uint8_t *at)
{
	mtr_counters_move(p, at, 1);
}

/*
 * The address @p is about to be recorded. If it still is, its block has left
 * by a road that we do not see.
 */
MTR_INLINE void mtr_counters_replace(void *p, const uint8_t *at)
{
	if (unlikely(mtr_is_live(*at)))
		mtr_counters_remove(p, at);
}

#else
MTR_INLINE void mtr_counters_add(uint64_t size)
{
	(void)size;
}

MTR_INLINE void mtr_counters_remove(void *p, const uint8_t *at)
{
	(void)p;
	(void)at;
}

MTR_INLINE void mtr_counters_restore(void *p, const uint8_t *at)
{
	(void)p;
	(void)at;
}

MTR_INLINE void mtr_counters_replace(void *p, const uint8_t *at)
{
	(void)p;
	(void)at;
}
#endif

#endif
