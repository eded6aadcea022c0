/* SPDX-License-Identifier: MIT */
/*
 * Looking up the next allocator. See real.h for the contract.
 */
#include "real.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "preload/arena.h"
#include "preload/entry.h"
#include "preload/init.h"
#include "preload/track.h"

enum { STATE_UNRESOLVED, STATE_TRACED, STATE_SHADOWED };

struct mtr_real mtr_real;

static _Atomic int state;

/* This thread is in the look-up: what it asks for comes from the arena. */
static MTR_TLS bool resolving;

/* Where an object is mapped: tells whether two functions are one library's. */
static void *object_of(void *function)
{
	Dl_info info;

	if (!function || !dladdr(function, &info))
		return NULL;
	return info.dli_fbase;
}

#ifdef MTR_TWIN
/* The unit tests' twin has other names: what it stands before is malloc. */
#define NEXT RTLD_DEFAULT

static bool is_shadowed(void)
{
	return false;
}
#else
#define NEXT RTLD_NEXT

/*
 * Does the name malloc, looked up as the program does it, lead elsewhere? Such
 * a program brings its own, and frees with that too. Comparing addresses would
 * not do: in an executable that is not position-independent malloc's address
 * is that of a stub. While resolving, our malloc answers from the arena.
 */
static bool is_shadowed(void)
{
	void *(*volatile program_malloc)(size_t) = malloc;
	void (*volatile program_free)(void *) = free;
	void *p = program_malloc(1);
	bool shadowed = !mtr_arena_owns(p);

	program_free(p);
	/* this one is no block that the program is missing in the record */
	if (!shadowed)
		__atomic_fetch_sub(&mtr_descriptor.drops[MTR_DROP_STARTUP], 1,
				   __ATOMIC_RELAXED);
	return shadowed;
}
#endif

static void *look_up(const char *name, void *home, bool *foreign)
{
	void *function = dlsym(NEXT, name);

	*foreign = object_of(function) != home;
	return function;
}

/* Returns whether it is glibc's own. */
static bool look_up_all(void)
{
	bool not_libc;
	void *home;

	mtr_real.free = dlsym(NEXT, "free");
	mtr_real.realloc = dlsym(NEXT, "realloc");
	mtr_real.calloc = dlsym(NEXT, "calloc");
	mtr_real.malloc = dlsym(NEXT, "malloc");
	home = object_of((void *)mtr_real.malloc);
	mtr_real.malloc_usable_size =
		look_up("malloc_usable_size", home, &mtr_real.unsized);
	mtr_real.memalign =
		look_up("memalign", home, &mtr_real.memalign_foreign);
	mtr_real.aligned_alloc =
		look_up("aligned_alloc", home, &mtr_real.aligned_alloc_foreign);
	mtr_real.posix_memalign = look_up("posix_memalign", home,
					  &mtr_real.posix_memalign_foreign);
	look_up("gnu_get_libc_version", home, &not_libc);
	return !not_libc;
}

/*
 * glibc's chunk header has not changed in 20 years, but it is not promised
 * either: trust it only if it says what malloc_usable_size says. For another
 * allocator this is the first call of its malloc_usable_size, which may
 * allocate (tcmalloc's does).
 */
static bool chunks_agree(bool libc)
{
	static const size_t sizes[] = { 24,  40,   56,	 88,   120,   248,  504,
					776, 1000, 1032, 2040, 10000, 70000 };
	bool agree = libc;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t *p = mtr_real.malloc(sizes[i]);
		size_t usable, chunk;

		if (!p)
			return false;
		usable = mtr_real.malloc_usable_size(p);
		if (libc) {
			chunk = p[-1];
			if (!(chunk & MTR_CHUNK_MMAPPED) &&
			    (chunk & ~(size_t)MTR_CHUNK_BITS) -
					    MTR_CHUNK_HEADER !=
				    usable)
				agree = false;
		}
		mtr_real.free(p);
		if (!libc)
			break;
	}
	return agree;
}

static const char *const cxx_names[] = {
#define MTR_ENTRY(name)
#define MTR_CXX(name) #name,
#include "preload/entry_points.def"
};

/* Is @function a C++ runtime's, or the next allocator's? */
static bool is_standard(void *function)
{
	static const char *const runtimes[] = { "libstdc++.so", "libc++.so",
						"libc++abi.so" };
	const char *base;
	Dl_info info;

	if (!dladdr(function, &info) || !info.dli_fname)
		return true;
	base = strrchr(info.dli_fname, '/');
	base = base ? base + 1 : info.dli_fname;
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(*runtimes); i++)
		if (strncmp(base, runtimes[i], strlen(runtimes[i])) == 0)
			return true;
	return info.dli_fbase == object_of((void *)mtr_real.malloc);
}

/*
 * A failed dlsym leaves an error for the next dlerror, which the program would
 * see.
 */
static void *dlsym_quietly(void *handle, const char *name)
{
	void *function = dlsym(handle, name);

	if (!function)
		dlerror();
	return function;
}

static bool cxx_is_replaced(void)
{
	void *next = dlsym_quietly(NEXT, cxx_names[MTR_CXX__Znwm]);

	return next && !is_standard(next);
}

static void set_limits(struct mtr_limits *limits, size_t limit)
{
	__atomic_store_n(&limits->malloc, limit, __ATOMIC_RELEASE);
	__atomic_store_n(&limits->cxx, mtr_real.cxx_replaced ? 0 : limit,
			 __ATOMIC_RELEASE);
}

void mtr_real_open_roads(void)
{
	bool stacks = mtr_descriptor.stack_depth;

	if (atomic_load(&state) != STATE_TRACED || !mtr_real.chunks)
		return;
	set_limits(&mtr_real.fast, stacks ? 0 : mtr_size_max);
	set_limits(&mtr_real.stacks, stacks ? mtr_size_max : 0);
}

/*
 * Every field gets the same value from whichever thread stores it; the limits
 * come last and publish the rest.
 */
static void resolve(void)
{
	uint64_t drops = mtr_descriptor.drops[MTR_DROP_STARTUP];
	enum mtr_drop unused;
	bool libc, shadowed;

	resolving = true;
	mtr_init_options();
	libc = look_up_all();
	shadowed = is_shadowed();
	/* valgrind, which shadows us, forbids reading chunk headers */
	mtr_real.chunks = !shadowed && !mtr_real.unsized && chunks_agree(libc);
	mtr_real.cxx_replaced = cxx_is_replaced();
	mtr_init_descriptor(shadowed);
	/* large blocks will lie near us: their tables are there from now on */
	mtr_ledger_make((uintptr_t)&mtr_real, &unused);
	/* what the look-up itself asked for is nobody's */
	mtr_descriptor.drops[MTR_DROP_STARTUP] = drops;
	resolving = false;
	atomic_store(&state, shadowed ? STATE_SHADOWED : STATE_TRACED);
	mtr_real.delete_fast = !shadowed && !mtr_real.cxx_replaced;
	mtr_real_open_roads();
}

MTR_COLD static enum mtr_road road_first(void)
{
	int kept = errno;

	if (resolving)
		return MTR_ROAD_NESTED;
	resolve();
	errno = kept;
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
	if (unlikely(size >= mtr_size_max)) {
		errno = ENOMEM;
		return MTR_ROAD_NOMEM;
	}
	return MTR_ROAD_TRACED;
}

static void *cxx_look_up(enum mtr_cxx form)
{
	void *next = dlsym_quietly(NEXT, cxx_names[form]);
	void *runtime;

	if (next)
		return next;
	/* loaded by a plugin, for itself alone */
	runtime = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
	return runtime ? dlsym_quietly(runtime, cxx_names[form]) : NULL;
}

MTR_COLD void *mtr_real_cxx_next(enum mtr_cxx form)
{
	static _Atomic(void *) known[MTR_CXX_COUNT];
	void *next = atomic_load(&known[form]);
	int kept = errno;

	if (!next) {
		next = cxx_look_up(form);
		atomic_store(&known[form], next);
		errno = kept;
	}
	return next;
}
