/* SPDX-License-Identifier: MIT */
/*
 * malloc and its family, with glibc's semantics.
 *
 * Any thread, signal handlers as far as the next allocator allows. Each entry
 * point is a short straight road for glibc once it is resolved, and one exit to
 * a cold function for everything else: the first call, other allocators, a
 * program with its own malloc, sizes that no allocator has.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "preload/arena.h"
#include "preload/capture.h"
#include "preload/entry.h"
#include "preload/eventlog.h"
#include "preload/objects.h"
#include "preload/opened.h"
#include "preload/real.h"
#include "preload/track.h"

/*
 * A size that no allocator has is asked of the next one all the same: how it
 * says so is its business.
 */
static void *untraced(void *p)
{
	if (p)
		mtr_descriptor_drop(MTR_DROP_FOREIGN);
	return p;
}

/* malloc */

static __attribute__((noinline)) void *malloc_slow(size_t size,
						   const struct mtr_site *site)
{
	switch (mtr_real_road_from(size, site->pc)) {
	case MTR_ROAD_TRACED:
		return mtr_track_any(mtr_real.malloc(mtr_track_bytes(size)),
				     size, site);
	case MTR_ROAD_PLAIN:
		return mtr_real.malloc(size);
	case MTR_ROAD_NESTED:
		return mtr_arena_alloc(size, 0);
	default:
		return untraced(mtr_real.malloc(size));
	}
}

/*
 * volatile: what is needed after the call waits on the stack, not in registers
 * that would have to be saved and restored for it.
 */
void *MTR_NAME(malloc)(size_t size)
{
	volatile size_t asked = size;
	void *p;

	if (mtr_road_is_open(&mtr_real.fast.malloc, size)) {
		p = mtr_real.malloc(mtr_request_chunk(size, MTR_RECORD_LONG));
		p = mtr_track_chunk(p, asked, MTR_FRAME());
	} else if (mtr_road_is_open(&mtr_real.callers.malloc, size)) {
		p = mtr_real.malloc(mtr_request_chunk(size, MTR_RECORD_SHORT));
		p = mtr_track_chunk_short(p, asked, MTR_FRAME());
	} else if (mtr_road_is_open(&mtr_real.stacks.malloc, size)) {
		p = mtr_track_malloc(size, MTR_SITE());
	} else {
		p = malloc_slow(size, MTR_SITE());
	}
	mtr_event_alloc("malloc", size, p, MTR_CALLER());
	return p;
}

/* free */

/* A block that is not in the ledger: none of ours, or before our time. */
static MTR_COLD void free_foreign(void *p)
{
	if (!p || mtr_arena_owns(p))
		return;
	/* within the look-up free is the first that is known */
	if (mtr_real_road(0) != MTR_ROAD_NESTED || mtr_real.free)
		mtr_real.free(p);
}

/*
 * The dynamic linker frees when it unloads an object. If it frees anything
 * else, the rules are forgotten for nothing, and read again.
 */
static MTR_COLD void free_watched(const void *p)
{
	if (mtr_objects.watch & MTR_WATCH_OPENING)
		mtr_opened_freed_by_linker(p);
	if (mtr_objects.watch & MTR_WATCH_RULES)
		mtr_capture_forget();
}

static __attribute__((noinline)) void free_slow(void *p, uintptr_t caller)
{
	uint8_t *at = mtr_track_find(p);

	if (mtr_objects_watched(caller))
		free_watched(p);
	if (unlikely(!at)) {
		free_foreign(p);
		return;
	}
	mtr_track_forget(p, at);
	mtr_real.free(p);
}

MTR_INLINE void free_common(void *p, uintptr_t caller)
{
	const struct mtr_hint *hint = mtr_hint_for((uintptr_t)p);
	uint8_t *at;

	if (unlikely(!mtr_hint_covers(hint, (uintptr_t)p)))
		goto slow;
	at = mtr_hint_byte(hint, (uintptr_t)p);
	if (unlikely(!mtr_is_lead(*at)) || mtr_objects_watched(caller))
		goto slow;
	mtr_track_forget(p, at);
	mtr_real.free(p);
	return;
slow:
	free_slow(p, caller);
}

MTR_INLINE void free_logged(const char *what, void *p, uintptr_t caller)
{
	mtr_event_check_free(p, mtr_track_find(p), caller);
	mtr_event_free(what, p, caller);
	free_common(p, caller);
}

void mtr_interpose_free(void *p)
{
	free_common(p, 0);
}

void MTR_NAME(free)(void *p)
{
	free_logged("free", p, MTR_CALLER());
}

void MTR_NAME(cfree)(void *p)
{
	free_logged("cfree", p, MTR_CALLER());
}

void MTR_NAME(free_sized)(void *p, size_t size)
{
	(void)size;
	free_logged("free_sized", p, MTR_CALLER());
}

void MTR_NAME(free_aligned_sized)(void *p, size_t align, size_t size)
{
	(void)align;
	(void)size;
	free_logged("free_aligned_sized", p, MTR_CALLER());
}

/* calloc */

/*
 * calloc(1, n), never malloc and memset: what comes fresh from the kernel is
 * zero already, and must not be touched.
 */
static __attribute__((noinline)) void *calloc_slow(size_t size,
						   const struct mtr_site *site)
{
	switch (mtr_real_road_from(size, site->pc)) {
	case MTR_ROAD_TRACED:
		return mtr_track_any(mtr_real.calloc(1, mtr_track_bytes(size)),
				     size, site);
	case MTR_ROAD_PLAIN:
		return mtr_real.calloc(1, size);
	case MTR_ROAD_NESTED:
		return mtr_arena_alloc(size, 0);
	default:
		return untraced(mtr_real.calloc(1, size));
	}
}

/* tcmalloc leaves errno alone here, others do not */
static MTR_COLD void *calloc_overflow(size_t n, size_t size)
{
	if (mtr_real_road(0) == MTR_ROAD_NESTED)
		return NULL;
	return untraced(mtr_real.calloc(n, size));
}

void *MTR_NAME(calloc)(size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return calloc_overflow(n, size);
	if (mtr_road_is_open(&mtr_real.fast.malloc, bytes))
		p = mtr_track_chunk(
			mtr_real.calloc(
				1, mtr_request_chunk(bytes, MTR_RECORD_LONG)),
			bytes, MTR_FRAME());
	else if (mtr_road_is_open(&mtr_real.callers.malloc, bytes))
		p = mtr_track_chunk_short(
			mtr_real.calloc(
				1, mtr_request_chunk(bytes, MTR_RECORD_SHORT)),
			bytes, MTR_FRAME());
	else
		p = calloc_slow(bytes, MTR_SITE());
	mtr_event_alloc("calloc", bytes, p, MTR_CALLER());
	return p;
}

/* realloc */

static void *realloc_arena(void *p, size_t size, const struct mtr_site *site)
{
	size_t old = mtr_arena_size(p);
	void *q;

	if (size == 0)
		return NULL;
	q = malloc_slow(size, site);
	if (!q)
		return NULL;
	/* without memcpy: it may be too early for that */
	for (size_t i = 0; i < old && i < size; i++)
		((volatile char *)q)[i] = ((const char *)p)[i];
	return q;
}

/* realloc(p, 0): glibc frees, others give a block without our request's room */
static void *realloc_zero(void *p)
{
	uint8_t *at = mtr_track_find(p);

	if (at)
		mtr_track_forget(p, at);
	return untraced(mtr_real.realloc(p, 0));
}

/* What realloc was given has no record; what it gives has one. */
static void *realloc_foreign(void *p, size_t size, const struct mtr_site *site)
{
	return mtr_track_any(mtr_real.realloc(p, mtr_track_bytes(size)), size,
			     site);
}

/*
 * The record goes before the block may move, lest another thread is given the
 * place and we wipe out its record. The trailer stays where it is.
 */
static void *realloc_traced(void *p, uint8_t *at, size_t size,
			    const struct mtr_site *site)
{
	uint8_t lead = *at;
	void *q;

	mtr_track_forget(p, at);
	q = mtr_real.realloc(p, mtr_track_bytes(size));
	if (unlikely(!q)) {
		mtr_track_restore(p, at, lead);
		return NULL;
	}
	if (mtr_road_is_open(&mtr_real.fast.malloc, size))
		return mtr_track_chunk(q, size, site->pc, site->sp, &site->fp);
	if (mtr_road_is_open(&mtr_real.callers.malloc, size))
		return mtr_track_chunk_short(q, size, site->pc, site->sp,
					     &site->fp);
	return mtr_track_any(q, size, site);
}

static void *realloc_huge(void *p, uint8_t *at, size_t size)
{
	uint8_t lead = at ? *at : 0;
	void *q;

	if (at)
		mtr_track_forget(p, at);
	q = untraced(mtr_real.realloc(p, size));
	if (!q && at)
		mtr_track_restore(p, at, lead);
	return q;
}

static MTR_COLD void *realloc_slow(void *p, size_t size,
				   const struct mtr_site *site)
{
	enum mtr_road road = mtr_real_road_from(size, site->pc);
	uint8_t *at;

	if (!p)
		return malloc_slow(size, site);
	if (mtr_arena_owns(p))
		return realloc_arena(p, size, site);
	if (road == MTR_ROAD_PLAIN ||
	    (road == MTR_ROAD_NESTED && mtr_real.realloc))
		return mtr_real.realloc(p, size);
	if (road == MTR_ROAD_NESTED)
		return NULL;
	if (size == 0)
		return realloc_zero(p);
	at = mtr_track_find(p);
	if (road == MTR_ROAD_NOMEM)
		return realloc_huge(p, at, size);
	return at ? realloc_traced(p, at, size, site)
		  : realloc_foreign(p, size, site);
}

static void *realloc_common(void *p, size_t size, const struct mtr_site *site)
{
	uint8_t *at = mtr_track_find(p);

	mtr_event_check_free(p, at, site->pc);
	/* size 0 wraps, and leaves by the slow road too */
	if (unlikely(!at) ||
	    !(mtr_road_is_open(&mtr_real.fast.malloc, size - 1) ||
	      mtr_road_is_open(&mtr_real.callers.malloc, size - 1) ||
	      mtr_road_is_open(&mtr_real.stacks.malloc, size - 1)))
		return realloc_slow(p, size, site);
	return realloc_traced(p, at, size, site);
}

void *MTR_NAME(realloc)(void *p, size_t size)
{
	void *q = realloc_common(p, size, MTR_SITE());

	mtr_event_realloc(p, size, q, MTR_CALLER());
	return q;
}

void *MTR_NAME(reallocarray)(void *p, size_t n, size_t size)
{
	size_t bytes;
	void *q;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		/* not everybody's errno: mimalloc's is EOVERFLOW */
		return mtr_real.reallocarray ? mtr_real.reallocarray(p, n, size)
					     : NULL;
	}
	q = realloc_common(p, bytes, MTR_SITE());
	/* every reallocarray says so, but not every realloc does */
	if (unlikely(!q) && bytes)
		errno = ENOMEM;
	mtr_event_realloc(p, bytes, q, MTR_CALLER());
	return q;
}

/* memalign and its kin */

/*
 * @whole is what the program may use, @size what is recorded; pvalloc alone
 * makes them differ.
 */
static void *memalign_common(size_t align, size_t size, size_t whole,
			     const struct mtr_site *site)
{
	switch (mtr_real_road_from(whole, site->pc)) {
	case MTR_ROAD_TRACED:
		break;
	case MTR_ROAD_PLAIN:
		return mtr_real.memalign(align, whole);
	case MTR_ROAD_NESTED:
		return mtr_arena_alloc(whole, align);
	default:
		return untraced(mtr_real.memalign(align, whole));
	}
	if (mtr_real.memalign_foreign)
		return untraced(mtr_real.memalign(align, whole));
	return mtr_track_aligned(mtr_real.memalign, align, size, whole, site);
}

void *MTR_NAME(memalign)(size_t align, size_t size)
{
	void *p = memalign_common(align, size, size, MTR_SITE());

	mtr_event_alloc("memalign", size, p, MTR_CALLER());
	return p;
}

void *MTR_NAME(valloc)(size_t size)
{
	void *p = memalign_common(getpagesize(), size, size, MTR_SITE());

	mtr_event_alloc("valloc", size, p, MTR_CALLER());
	return p;
}

/* The program may use whole pages. */
void *MTR_NAME(pvalloc)(size_t size)
{
	size_t page = getpagesize(), whole;
	void *p;

	if (__builtin_add_overflow(size, page - 1, &whole))
		whole = SIZE_MAX;
	else
		whole &= -page;
	p = memalign_common(page, size, whole, MTR_SITE());
	/* libc's says so; not every memalign does, and few have a pvalloc */
	if (!p)
		errno = ENOMEM;
	mtr_event_alloc("pvalloc", size, p, MTR_CALLER());
	return p;
}

static void *aligned_alloc_common(size_t align, size_t size,
				  const struct mtr_site *site)
{
	int saved_errno = errno;
	void *p;

	switch (mtr_real_road_from(size, site->pc)) {
	case MTR_ROAD_TRACED:
		break;
	case MTR_ROAD_PLAIN:
		return mtr_real.aligned_alloc(align, size);
	case MTR_ROAD_NESTED:
		return mtr_arena_alloc(size, align);
	default:
		return untraced(mtr_real.aligned_alloc(align, size));
	}
	if (mtr_real.aligned_alloc_foreign)
		return untraced(mtr_real.aligned_alloc(align, size));
	p = mtr_track_aligned(mtr_real_aligned, align, size, size, site);
	if (p)
		return p;
	/* memalign may say otherwise why not */
	errno = saved_errno;
	return untraced(mtr_real.aligned_alloc(align, size));
}

void *MTR_NAME(aligned_alloc)(size_t align, size_t size)
{
	void *p = aligned_alloc_common(align, size, MTR_SITE());

	mtr_event_alloc("aligned_alloc", size, p, MTR_CALLER());
	return p;
}

static bool posix_align_is_valid(size_t align)
{
	return align && !(align & (align - 1)) && align % sizeof(void *) == 0;
}

static void *ask_posix_memalign(size_t align, size_t size)
{
	void *p = NULL;

	return mtr_real.posix_memalign(&p, align, size) ? NULL : p;
}

static int posix_memalign_untraced(void **ret, size_t align, size_t size)
{
	int error = mtr_real.posix_memalign(ret, align, size);

	if (!error)
		untraced(*ret);
	return error;
}

static int posix_memalign_common(void **ret, size_t align, size_t size,
				 const struct mtr_site *site)
{
	int saved_errno = errno;
	void *p;

	if (!posix_align_is_valid(align))
		return EINVAL;
	switch (mtr_real_road_from(size, site->pc)) {
	case MTR_ROAD_TRACED:
		break;
	case MTR_ROAD_PLAIN:
		return mtr_real.posix_memalign(ret, align, size);
	case MTR_ROAD_NESTED:
		*ret = mtr_arena_alloc(size, align);
		return *ret ? 0 : ENOMEM;
	default:
		errno = saved_errno;
		return posix_memalign_untraced(ret, align, size);
	}
	if (mtr_real.posix_memalign_foreign)
		return posix_memalign_untraced(ret, align, size);
	p = mtr_track_aligned(ask_posix_memalign, align, size, size, site);
	if (!p)
		return ENOMEM;
	*ret = p;
	return 0;
}

int MTR_NAME(posix_memalign)(void **ret, size_t align, size_t size)
{
	int error = posix_memalign_common(ret, align, size, MTR_SITE());

	mtr_event_alloc("posix_memalign", size, error ? NULL : *ret,
			MTR_CALLER());
	return error;
}

/* malloc_usable_size */

/* What the program may fill: the trailer is not its own. */
size_t MTR_NAME(malloc_usable_size)(void *p)
{
	uint8_t *at = mtr_track_find(p);

	if (likely(at && mtr_track_is_there(p, at)))
		return mtr_track_room(at);
	if (!p)
		return 0;
	if (mtr_arena_owns(p))
		return mtr_arena_size(p);
	mtr_real_road(0);
	return mtr_real.malloc_usable_size ? mtr_real.malloc_usable_size(p) : 0;
}
