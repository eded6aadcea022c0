/* SPDX-License-Identifier: MIT */
/*
 * Looking up the next allocator. See real.h for the contract.
 */
#include "preload/real.h"

#include <errno.h>
#include <string.h>

#include "preload/arena.h"
#include "preload/chunk.h"
#include "preload/cxx.h"
#include "preload/entry.h"
#include "preload/init.h"
#include "preload/linkage.h"
#include "preload/objects.h"
#include "preload/opened.h"
#include "preload/stack_end.h"
#include "preload/track.h"

enum { STATE_UNRESOLVED, STATE_TRACED, STATE_SHADOWED };

struct mtr_real mtr_real;

static _Atomic int state;

/* This thread is in the look-up: what it asks for comes from the arena. */
static MTR_TLS bool resolving;

/* What has to be looked up, in this order. */
enum wanted {
	WANTED_MALLOC,
	WANTED_FREE,
	WANTED_CALLOC,
	WANTED_REALLOC,
	WANTED_REALLOCARRAY,
	WANTED_MEMALIGN,
	WANTED_ALIGNED_ALLOC,
	WANTED_POSIX_MEMALIGN,
	WANTED_USABLE_SIZE,
	WANTED_LIBC, /* tells where libc is */
	WANTED_FIND_OBJECT,
	WANTED_ITERATE,
	WANTED_CXX,
	WANTED_COUNT = WANTED_CXX + MTR_CXX_COUNT,
};

static const char *const wanted_names[WANTED_COUNT] = {
	[WANTED_MALLOC] = "malloc",
	[WANTED_FREE] = "free",
	[WANTED_CALLOC] = "calloc",
	[WANTED_REALLOC] = "realloc",
	[WANTED_REALLOCARRAY] = "reallocarray",
	[WANTED_MEMALIGN] = "memalign",
	[WANTED_ALIGNED_ALLOC] = "aligned_alloc",
	[WANTED_POSIX_MEMALIGN] = "posix_memalign",
	[WANTED_USABLE_SIZE] = "malloc_usable_size",
	[WANTED_LIBC] = "gnu_get_libc_version",
	[WANTED_FIND_OBJECT] = "_dl_find_object",
	[WANTED_ITERATE] = "dl_iterate_phdr",
#define MTR_ENTRY(name)
#define MTR_CXX(name) [WANTED_CXX + MTR_CXX_##name] = #name,
#include "preload/entry_points.def"
};

static void look_up_all(struct mtr_lookup *found)
{
	memset(found, 0, WANTED_COUNT * sizeof(*found));
	for (size_t i = 0; i < WANTED_COUNT; i++)
		found[i].name = wanted_names[i];
	mtr_linkage_look_up(found, WANTED_COUNT);
#ifdef MTR_TWIN
	/* the twin has other names: what it stands before is malloc */
	for (size_t i = 0; i < WANTED_COUNT; i++)
		found[i].next = found[i].first;
#endif
}

/* The front: what defines the malloc that the program is bound to. */
static struct mtr_span front;

/*
 * Does the program's malloc lead elsewhere? Its own may take locks, or not be
 * ready: it is not called. Ours is, for valgrind leads whoever calls it
 * elsewhere; while resolving, our malloc answers from the arena.
 */
static bool is_shadowed(const struct mtr_lookup *found)
{
#ifdef MTR_TWIN
	(void)found;
	return false;
#else
	const struct mtr_definition *program = &found[WANTED_MALLOC].first;
	struct mtr_object object;
	bool shadowed;
	void *p;

	if (program->map != mtr_linkage_self()) {
		if (mtr_objects_find((uintptr_t)program->at, &object))
			front = (struct mtr_span){ object.start,
						   object.end - object.start };
		return true;
	}
	p = ((void *(*)(size_t))program->at)(1);
	shadowed = !mtr_arena_owns(p);
	if (shadowed)
		((void (*)(void *))found[WANTED_FREE].first.at)(p);
	return shadowed;
#endif
}

/*
 * Is the program bound to libc's malloc, and not to ours? So it is where the
 * library is opened later on.
 */
static bool is_late(const struct mtr_lookup *found)
{
	const struct link_map *libc = found[WANTED_LIBC].first.map;

	return libc && found[WANTED_MALLOC].first.map == libc;
}

/* What comes from another library than malloc is foreign to it. */
static bool is_foreign(const struct mtr_lookup *found, enum wanted what)
{
	return found[what].next.map != found[WANTED_MALLOC].next.map;
}

static void take_all(const struct mtr_lookup *found)
{
	mtr_real.free = (void (*)(void *))found[WANTED_FREE].next.at;
	mtr_real.realloc =
		(void *(*)(void *, size_t))found[WANTED_REALLOC].next.at;
	mtr_real.reallocarray =
		(void *(*)(void *, size_t, size_t))found[WANTED_REALLOCARRAY]
			.next.at;
	mtr_real.calloc =
		(void *(*)(size_t, size_t))found[WANTED_CALLOC].next.at;
	mtr_real.malloc = (void *(*)(size_t))found[WANTED_MALLOC].next.at;
	mtr_real.malloc_usable_size =
		(size_t(*)(void *))found[WANTED_USABLE_SIZE].next.at;
	mtr_real.memalign =
		(void *(*)(size_t, size_t))found[WANTED_MEMALIGN].next.at;
	mtr_real.aligned_alloc =
		(void *(*)(size_t, size_t))found[WANTED_ALIGNED_ALLOC].next.at;
	mtr_real.posix_memalign =
		(int (*)(void **, size_t, size_t))found[WANTED_POSIX_MEMALIGN]
			.next.at;
	mtr_real.unsized = is_foreign(found, WANTED_USABLE_SIZE);
	mtr_real.memalign_foreign = is_foreign(found, WANTED_MEMALIGN);
	mtr_real.aligned_alloc_foreign =
		is_foreign(found, WANTED_ALIGNED_ALLOC);
	mtr_real.posix_memalign_foreign =
		is_foreign(found, WANTED_POSIX_MEMALIGN);
}

/*
 * Would a C++ runtime's operator new and delete come to us? Aligned ones call
 * any of three.
 */
static bool is_bypassed(const struct mtr_lookup *found)
{
#ifdef MTR_TWIN
	(void)found;
	return false;
#else
	static const enum wanted called[] = { WANTED_MALLOC, WANTED_FREE,
					      WANTED_MEMALIGN,
					      WANTED_ALIGNED_ALLOC,
					      WANTED_POSIX_MEMALIGN };

	for (size_t i = 0; i < sizeof(called) / sizeof(*called); i++)
		if (found[called[i]].first.map != mtr_linkage_self())
			return true;
	return false;
#endif
}

static void set_limits(struct mtr_limits *limits, size_t limit)
{
	__atomic_store_n(&limits->malloc, limit, __ATOMIC_RELEASE);
	__atomic_store_n(&limits->cxx, mtr_cxx_hands_on_none() ? limit : 0,
			 __ATOMIC_RELEASE);
}

static void close_roads(void)
{
	set_limits(&mtr_real.fast, 0);
	set_limits(&mtr_real.callers, 0);
	set_limits(&mtr_real.stacks, 0);
}

void mtr_real_open_roads(void)
{
	struct mtr_limits *open = &mtr_real.fast;

	if (atomic_load(&state) != STATE_TRACED || mtr_opened_is_under_way())
		return;
	mtr_real.delete_fast = mtr_cxx_hands_on_none();
	if (!mtr_real.chunks)
		return;
	if (mtr_descriptor.stack_depth)
		open = mtr_track_callers() ? &mtr_real.callers
					   : &mtr_real.stacks;
	close_roads();
	/* callers with long records are nobody's business */
	if (open == &mtr_real.callers && mtr_real.record == MTR_RECORD_LONG)
		return;
	set_limits(open, mtr_size_max);
}

/*
 * Every field gets the same value from whichever thread stores it; the limits
 * come last and publish the rest.
 */
static void resolve(void)
{
	uint64_t drops = mtr_descriptor.drops[MTR_DROP_STARTUP];
	struct mtr_lookup found[WANTED_COUNT];
	int unresolved = STATE_UNRESOLVED;
	enum mtr_drop unused;
	bool libc, shadowed;

	resolving = true;
	look_up_all(found);
	take_all(found);
	mtr_objects_init(&(struct mtr_loader){
		(int (*)(void *, void *))found[WANTED_FIND_OBJECT].next.at,
		(int (*)(int (*)(struct dl_phdr_info *, size_t, void *),
			 void *))found[WANTED_ITERATE]
			.next.at });
	mtr_stack_init();
	mtr_opened_init(close_roads, mtr_real_open_roads);
	mtr_init_options();
	/* the options that come later, as the environment does, cannot have a
	 * say in what the first blocks have */
	mtr_init_record(MTR_RECORD_LONG);
	libc = !is_foreign(found, WANTED_LIBC);
	shadowed = is_shadowed(found);
	/* valgrind, which shadows us, forbids reading chunk headers */
	mtr_real.chunks =
		!shadowed && !mtr_real.unsized && mtr_chunks_agree(libc);
	mtr_cxx_start(&found[WANTED_CXX], found[WANTED_MALLOC].next.map,
		      shadowed || is_bypassed(found));
	mtr_init_descriptor(shadowed, is_late(found));
	/* large blocks will lie near us: their tables are there from now on */
	mtr_ledger_make((uintptr_t)&mtr_real, &unused);
	/* what the look-up itself asked for is nobody's */
	mtr_descriptor.drops[MTR_DROP_STARTUP] = drops;
	resolving = false;
	atomic_compare_exchange_strong(
		&state, &unresolved, shadowed ? STATE_SHADOWED : STATE_TRACED);
	mtr_real_open_roads();
}

/*
 * Another library's resolver of an indirect function may allocate before the
 * dynamic linker has come to this library: neither thread-local variables nor
 * functions of libc can be used then.
 */
static bool is_relocated(void)
{
	static const volatile void *const volatile self = &self;

	return self == (const volatile void *)&self;
}

MTR_COLD static enum mtr_road road_first(void)
{
	int saved_errno;

	if (!is_relocated() || resolving)
		return MTR_ROAD_NESTED;
	saved_errno = errno;
	resolve();
	errno = saved_errno;
	return atomic_load(&state) == STATE_TRACED ? MTR_ROAD_TRACED
						   : MTR_ROAD_PLAIN;
}

enum mtr_road mtr_real_road(size_t size)
{
	switch (atomic_load_explicit(&state, memory_order_acquire)) {
	case STATE_UNRESOLVED: {
		enum mtr_road road = road_first();

		if (road != MTR_ROAD_TRACED)
			return road;
		break;
	}
	case STATE_SHADOWED:
		return MTR_ROAD_PLAIN;
	}
	if (unlikely(resolving))
		return MTR_ROAD_NESTED;
	if (unlikely(size >= mtr_size_max))
		return MTR_ROAD_NOMEM;
	return MTR_ROAD_TRACED;
}

/*
 * The malloc that stands before ours calls ours: it wraps it, or takes its own
 * memory from it, and these blocks are recorded. One that brings all of its own
 * never calls.
 */
MTR_COLD enum mtr_road mtr_real_road_from(size_t size, uintptr_t pc)
{
	int shadowed = STATE_SHADOWED;
	enum mtr_road road = mtr_real_road(size);

	mtr_opened_asked(pc);
	if (likely(road != MTR_ROAD_PLAIN) || !mtr_span_holds(&front, pc))
		return road;
	if (atomic_compare_exchange_strong(&state, &shadowed, STATE_TRACED))
		__atomic_fetch_and(&mtr_descriptor.flags,
				   ~(uint32_t)MTR_FLAG_SHADOWED,
				   __ATOMIC_RELAXED);
	return mtr_real_road(size);
}
