/* SPDX-License-Identifier: MIT */
/*
 * operator new and delete, all 20 forms, under their mangled names.
 *
 * They are here so that the record names the code that says new, not the C++
 * runtime. A form that the program or a library has replaced, or that ends up
 * in a replaced one, is handed on to its next definition (cxx.h).
 *
 * When memory runs out the next operator new takes over: it calls the
 * new-handler, and throws or returns NULL as its form demands. Exceptions of
 * new-handlers and replacements pass through these frames, which have nothing
 * to clean up.
 *
 * Every form of new takes the size first, every form of delete the pointer.
 * What follows (a size, an alignment, a reference to std::nothrow) differs,
 * sits in the next two argument registers at most, and is only handed on.
 */
#include <stdbool.h>

#include "preload/arena.h"
#include "preload/capture.h"
#include "preload/cxx.h"
#include "preload/entry.h"
#include "preload/eventlog.h"
#include "preload/opened.h"
#include "preload/real.h"
#include "preload/track.h"

typedef void *new_form(size_t size, uintptr_t a, uintptr_t b);
typedef void delete_form(void *p, uintptr_t a, uintptr_t b);

/*
 * A form that is handed on is no event of ours: p may lie anywhere in a block.
 * The load is a plain one, of which nothing is left where events are empty.
 */
MTR_INLINE bool is_event(enum mtr_cxx form)
{
	return !(mtr_cxx_handed_on >> form & 1);
}

MTR_INLINE void event_new(enum mtr_cxx form, size_t size, const void *p,
			  uintptr_t caller)
{
	if (is_event(form))
		mtr_event_alloc("operator new", size, p, caller);
}

MTR_INLINE void event_delete(enum mtr_cxx form, const void *p, uintptr_t caller)
{
	if (!is_event(form))
		return;
	mtr_event_check_free(p, mtr_track_find(p), caller);
	mtr_event_free("operator delete", p, caller);
}

/* From the linker: where this library lies. */
extern const char __ehdr_start[] MTR_HIDDEN, _end[] MTR_HIDDEN;

/* The caller for whom this thread has handed on a call that is under way. */
static MTR_TLS uintptr_t handed_on_for;

/*
 * A runtime's form may jump to the form that it ends up in. That one then seems
 * to be called from here: it is called for the same caller.
 */
static uintptr_t caller_behind(uintptr_t pc)
{
	if (pc - (uintptr_t)__ehdr_start < (uintptr_t)(_end - __ehdr_start))
		return handed_on_for;
	return pc;
}

static void *new_next(enum mtr_cxx form, size_t size, uintptr_t a, uintptr_t b,
		      const struct mtr_site *site)
{
	uintptr_t outer = handed_on_for, caller = caller_behind(site->pc);
	new_form *next = (new_form *)mtr_cxx_next(form, caller);
	void *p;

	if (!next)
		return NULL;
	handed_on_for = caller;
	p = next(size, a, b);
	handed_on_for = outer;
	return p;
}

static bool has_next(enum mtr_cxx form, const struct mtr_site *site)
{
	return mtr_cxx_next(form, caller_behind(site->pc));
}

/*
 * Ask the next operator new. A runtime's comes back through our malloc, and
 * then the block is recorded already, as its. A later plugin's replacement may
 * give what is no block of any allocator's.
 */
static MTR_COLD void *new_handed_on(enum mtr_cxx form, size_t size, uintptr_t a,
				    uintptr_t b, const struct mtr_site *site)
{
	return mtr_track_adopt(new_next(form, size, a, b, site), size, site);
}

/* @align is NO_ALIGN for the forms that have none. */
enum { NO_ALIGN = 1 };

static __attribute__((noinline)) void *new_slow(enum mtr_cxx form, size_t size,
						size_t align, uintptr_t a,
						uintptr_t b,
						const struct mtr_site *site)
{
	enum mtr_road road;
	void *p = NULL;

	if (mtr_cxx_is_handed_on(form) && has_next(form, site))
		return new_next(form, size, a, b, site);
	mtr_opened_asked(site->pc);
	road = mtr_real_road(size);
	if (road == MTR_ROAD_NESTED)
		return mtr_arena_alloc(size, align);
	if (road == MTR_ROAD_PLAIN)
		return new_next(form, size, a, b, site);
	if (align == 0 || align & (align - 1) ||
	    (align > NO_ALIGN && mtr_real.aligned_alloc_foreign))
		return new_next(form, size, a, b, site);
	if (road == MTR_ROAD_TRACED)
		p = align > NO_ALIGN
			    ? mtr_track_aligned(mtr_real_aligned, align, size,
						size, site)
			    : mtr_track_any(
				      mtr_real.malloc(mtr_track_bytes(size)),
				      size, site);
	return likely(p) ? p : new_handed_on(form, size, a, b, site);
}

static __attribute__((noinline)) void *new_stacks(enum mtr_cxx form,
						  size_t size, uintptr_t a,
						  uintptr_t b,
						  const struct mtr_site *site)
{
	void *p = mtr_track_malloc(size, site);

	return likely(p) ? p : new_slow(form, size, NO_ALIGN, a, b, site);
}

/*
 * The fast road, as malloc's in interpose.c, where volatile is explained. What
 * it gets may be NULL: then the slow road asks again, and hands on.
 */
/* clang-format off */
#define NEW(name)							\
	MTR_EXPORT new_form MTR_NAME(name);				\
	void *MTR_NAME(name)(size_t size, uintptr_t a, uintptr_t b)	\
	{								\
		volatile size_t asked = size;				\
		volatile uintptr_t asked_a = a, asked_b = b;		\
		void *p = NULL;						\
									\
		if (mtr_road_is_open(&mtr_real.fast.cxx, size))		\
			p = mtr_real.malloc(mtr_request_chunk(		\
				size, MTR_RECORD_LONG));		\
		if (likely(p))						\
			p = mtr_track_chunk(p, asked, MTR_FRAME());	\
		else if (mtr_road_is_open(&mtr_real.callers.cxx,	\
					  asked) &&			\
			 (p = mtr_real.malloc(mtr_request_chunk(	\
				  asked, MTR_RECORD_SHORT))))		\
			p = mtr_track_chunk_short(p, asked, MTR_FRAME());\
		else if (mtr_road_is_open(&mtr_real.stacks.cxx, asked))	\
			p = new_stacks(MTR_CXX_##name, asked, asked_a,	\
				       asked_b, MTR_SITE());		\
		else							\
			p = new_slow(MTR_CXX_##name, asked, NO_ALIGN,	\
				     asked_a, asked_b, MTR_SITE());	\
		event_new(MTR_CXX_##name, size, p, MTR_CALLER());	\
		return p;						\
	}

#define NEW_ALIGNED(name)						\
	MTR_EXPORT new_form MTR_NAME(name);				\
	void *MTR_NAME(name)(size_t size, uintptr_t a, uintptr_t b)	\
	{								\
		void *p = new_slow(MTR_CXX_##name, size, a, a, b,	\
				   MTR_SITE());			\
									\
		event_new(MTR_CXX_##name, size, p, MTR_CALLER());	\
		return p;						\
	}
/* clang-format on */

NEW(_Znwm)
NEW(_Znam)
NEW(_ZnwmRKSt9nothrow_t)
NEW(_ZnamRKSt9nothrow_t)
NEW_ALIGNED(_ZnwmSt11align_val_t)
NEW_ALIGNED(_ZnamSt11align_val_t)
NEW_ALIGNED(_ZnwmSt11align_val_tRKSt9nothrow_t)
NEW_ALIGNED(_ZnamSt11align_val_tRKSt9nothrow_t)

/* Not in the ledger, or not our business. */
static MTR_COLD void delete_slow(enum mtr_cxx form, void *p, uintptr_t a,
				 uintptr_t b, uintptr_t caller)
{
	uintptr_t outer = handed_on_for;
	delete_form *next = NULL;

	if (mtr_arena_owns(p))
		return;
	caller = caller_behind(caller);
	/* a replacement is called for NULL, too */
	if (mtr_cxx_is_handed_on(form))
		next = (delete_form *)mtr_cxx_next(form, caller);
	else if (p && !mtr_track_find(p))
		next = (delete_form *)mtr_cxx_plugin_delete(form, caller);
	if (next) {
		handed_on_for = caller;
		next(p, a, b);
		handed_on_for = outer;
	} else if (mtr_real_road(0) != MTR_ROAD_PLAIN) {
		mtr_interpose_free(p);
	}
}

/*
 * MTR_CALLER(), read where it is said. The builtin is read at the function's
 * start, an instruction of the fast road.
 */
#ifdef __x86_64__
#define CALLER_LATE() (((const volatile uintptr_t *)__builtin_dwarf_cfa())[-1])
#else
#define CALLER_LATE() MTR_CALLER()
#endif

MTR_INLINE void delete_common(enum mtr_cxx form, void *p, uintptr_t a,
			      uintptr_t b, uintptr_t caller)
{
	const struct mtr_hint *hint = mtr_hint_for((uintptr_t)p);
	uint8_t *at;

	event_delete(form, p, caller);
	if (unlikely(!mtr_hint_covers(hint, (uintptr_t)p) ||
		     !mtr_real.delete_fast))
		goto slow;
	at = mtr_hint_byte(hint, (uintptr_t)p);
	if (unlikely(!mtr_is_lead(*at)))
		goto slow;
	mtr_track_forget(p, at);
	mtr_real.free(p);
	return;
slow:
	delete_slow(form, p, a, b, CALLER_LATE());
}

/* clang-format off */
#define DELETE(name)							\
	MTR_EXPORT delete_form MTR_NAME(name);				\
	void MTR_NAME(name)(void *p, uintptr_t a, uintptr_t b)		\
	{								\
		delete_common(MTR_CXX_##name, p, a, b, MTR_CALLER());	\
	}
/* clang-format on */

DELETE(_ZdlPv)
DELETE(_ZdaPv)
DELETE(_ZdlPvm)
DELETE(_ZdaPvm)
DELETE(_ZdlPvRKSt9nothrow_t)
DELETE(_ZdaPvRKSt9nothrow_t)
DELETE(_ZdlPvSt11align_val_t)
DELETE(_ZdaPvSt11align_val_t)
DELETE(_ZdlPvmSt11align_val_t)
DELETE(_ZdaPvmSt11align_val_t)
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t)
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t)
