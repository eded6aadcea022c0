/* SPDX-License-Identifier: MIT */
/*
 * Recording a block: its trailer, its ledger entry, its counts.
 *
 * Any thread, signal handlers included. Allocates nothing but ledger memory,
 * blocks never, keeps errno. What cannot be recorded is dropped and counted in
 * the descriptor.
 */
#ifndef MTR_PRELOAD_TRACK_H
#define MTR_PRELOAD_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/layout.h"
#include "format/trailer.h"
#include "preload/callers.h"
#include "preload/capture.h"
#include "preload/chunk.h"
#include "preload/compiler.h"
#include "preload/counters.h"
#include "preload/descriptor.h"
#include "preload/ledger.h"
#include "preload/objects.h"
#include "preload/real.h"

/* What free leaves in the ledger: 0, or MTR_LEAD_FREED with frees=1. */
extern MTR_HIDDEN uint8_t mtr_freed_lead;

/* What to ask of the next allocator for @size bytes and the record. */
MTR_INLINE size_t mtr_track_bytes(size_t size)
{
	return mtr_request(size, mtr_real.record);
}

/*
 * Record the block @p, for which mtr_track_bytes(@size) bytes were asked of the
 * next allocator. Any allocator, any size. Returns @p, which may be NULL.
 */
void *mtr_track_any(void *p, size_t size, const struct mtr_site *site);

/* The same where @request bytes were asked for. */
void *mtr_track_request(void *p, size_t size, size_t request,
			const struct mtr_site *site);

/*
 * The road of mtr_real.stacks: ask glibc for a block, and record it with its
 * stack. NULL: no memory.
 */
void *mtr_track_malloc(size_t size, const struct mtr_site *site);

/*
 * A block that begins at a multiple of @align, for a program that may use
 * @whole bytes of it, recorded with @size. @ask is memalign or its like, of the
 * next allocator. What that makes of a size that we chose is not the program's
 * business: a block that is not aligned is asked for again with more room, and
 * where there is none with room for a record the program gets what it would
 * have without us, unrecorded. NULL: that is NULL, too, and errno is its.
 */
void *mtr_track_aligned(mtr_aligned_fn *ask, size_t align, size_t size,
			size_t whole, const struct mtr_site *site);

/*
 * Another size and caller for @p, if it is recorded already: what is not, or is
 * smaller, is no block that we asked for.
 */
void *mtr_track_adopt(void *p, size_t size, const struct mtr_site *site);

/* Is a block's caller told by its stack's id, and mostly by nothing more? */
MTR_INLINE bool mtr_track_callers(void)
{
	return mtr_descriptor.stack_depth == 1 || mtr_descriptor.sample;
}

/* What a trailer has. */
struct mtr_fill {
	uint64_t caller; /* not in a short one */
	uint64_t stack;	 /* its id in bits 40 to 63 */
};

MTR_INLINE void mtr_track_record(void *p, uint8_t *at, size_t size,
				 size_t usable, size_t record,
				 struct mtr_fill fill)
{
	struct mtr_trailer *t = mtr_trailer_at(p, usable);

	mtr_ledger_check(at, (uintptr_t)p, usable);
	MTR_ASSERT(record == mtr_real.record);
	MTR_ASSERT(size <= mtr_room(usable, record));
	mtr_counters_replace(p, at);
	/* two stores: as one, of 16 bytes, they would often cross a line */
	if (record == MTR_RECORD_LONG)
		__atomic_store_n(&t->caller, fill.caller, __ATOMIC_RELAXED);
	__atomic_store_n(&t->size_stack, size | fill.stack, __ATOMIC_RELAXED);
	mtr_counters_add(size);
}

/*
 * A small block of glibc's: @chunk, its header word, is below MTR_CHUNK_LARGE.
 * The trailer comes first, for the entry says that it is there.
 */
MTR_INLINE void *mtr_track_small(void *p, uint8_t *at, size_t size,
				 size_t chunk, size_t record,
				 struct mtr_fill fill)
{
	mtr_track_record(p, at, size, mtr_chunk_usable(chunk), record, fill);
	atomic_thread_fence(memory_order_release);
	mtr_ledger_put_chunk(at, mtr_descriptor.lead, chunk);
	return p;
}

/*
 * The fast road: a small block of glibc's, for which mtr_request_chunk() was
 * asked, and no stack. About 25 instructions; two loads that hit the cache find
 * the ledger byte. Large and mmapped chunks, callers in libc and its likes, a
 * ledger that must grow leave by the one exit.
 */
MTR_INLINE void *mtr_track_chunk(void *p, size_t size, uintptr_t pc,
				 uintptr_t sp, const uintptr_t *frame)
{
	const struct mtr_hint *hint = mtr_hint_for((uintptr_t)p);
	size_t chunk;
	uint8_t *at;

	if (unlikely(!mtr_hint_covers(hint, (uintptr_t)p)) ||
	    unlikely(mtr_span_holds(&mtr_objects.runtimes, pc)))
		goto other;
	at = mtr_hint_byte(hint, (uintptr_t)p);
	chunk = mtr_chunk_of(p);
	if (unlikely(chunk >= MTR_CHUNK_LARGE))
		goto other;
	return mtr_track_small(p, at, size, chunk, MTR_RECORD_LONG,
			       (struct mtr_fill){ .caller = pc });
other:
	return mtr_track_any(p, size, &(struct mtr_site){ pc, sp, *frame });
}

/*
 * The same for mtr_real.callers: the id of the caller in a short record. A
 * caller whose id is not at hand, as no runtime's ever is, and a block whose
 * stack is due leave by the exit.
 */
MTR_INLINE void *mtr_track_chunk_short(void *p, size_t size, uintptr_t pc,
				       uintptr_t sp, const uintptr_t *frame)
{
	const struct mtr_hint *hint = mtr_hint_for((uintptr_t)p);
	uint64_t caller;
	size_t chunk;
	uint8_t *at;

	if (unlikely(!mtr_hint_covers(hint, (uintptr_t)p)) ||
	    unlikely(!mtr_callers_at_hand(pc, &caller)))
		goto other;
	at = mtr_hint_byte(hint, (uintptr_t)p);
	chunk = mtr_chunk_of(p);
	if (unlikely(chunk >= MTR_CHUNK_LARGE) ||
	    unlikely(!mtr_callers_is_not_due(size)))
		goto other;
	return mtr_track_small(p, at, size, chunk, MTR_RECORD_SHORT,
			       (struct mtr_fill){ .stack = caller });
other:
	return mtr_track_any(p, size, &(struct mtr_site){ pc, sp, *frame });
}

/*
 * The ledger byte of the traced block that starts at @p, live, or with frees=1
 * freed; or NULL.
 */
MTR_INLINE uint8_t *mtr_track_find(const void *p)
{
	const struct mtr_hint *hint = mtr_hint_for((uintptr_t)p);
	uint8_t *at;

	if (likely(mtr_hint_covers(hint, (uintptr_t)p)))
		at = mtr_hint_byte(hint, (uintptr_t)p);
	else
		at = mtr_ledger_find_entry((uintptr_t)p);
	MTR_ASSERT(!at || at == mtr_ledger_find((uintptr_t)p));
	return likely(at && mtr_is_lead(*at)) ? at : NULL;
}

/* The block at @p goes back to its allocator; @at is its ledger byte. */
MTR_INLINE void mtr_track_forget(void *p, uint8_t *at)
{
	mtr_counters_remove(p, at);
	*at = mtr_freed_lead;
}

/* It did not: undo. @lead is what the ledger byte was. */
void mtr_track_restore(void *p, uint8_t *at, uint8_t lead);

/*
 * Is what is at @p still the block that was recorded? What is allocated through
 * us may be freed behind our back (RTLD_DEEPBIND), and the place given to
 * somebody in the same way. The block must not be a freed one.
 */
bool mtr_track_is_there(void *p, const uint8_t *at);

/* The usable size of a traced block, trailer included. */
size_t mtr_track_usable(const uint8_t *at);

/* How much of it the program may use. */
MTR_INLINE size_t mtr_track_room(const uint8_t *at)
{
	return mtr_room(mtr_track_usable(at), mtr_real.record);
}

#endif
