/* SPDX-License-Identifier: MIT */
/*
 * The next allocator: glibc's, or whatever stands behind this library in the
 * search order (jemalloc, tcmalloc, mimalloc, one's own).
 *
 * Looked up at the first call of any entry point, which may come long before
 * our constructor. No thread ever waits for another here: two that race both
 * look up, and store the same values.
 *
 *   unresolved ──first call──► resolving ──► ready      traced
 *                                │      └──► shadowed   passed on, not traced
 *                                ▼
 *              calls from within are answered from the bootstrap arena
 */
#ifndef MTR_PRELOAD_REAL_H
#define MTR_PRELOAD_REAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trailer.h"
#include "preload/compiler.h"

static const size_t mtr_size_max = PTRDIFF_MAX - MTR_TRAILER - 8;

/*
 * A size that is not below its limit does not take the road. 0 until ready, and
 * where the road does not apply: one comparison for all of it.
 */
struct mtr_limits {
	size_t malloc;
	size_t cxx; /* the same for operator new */
};

struct mtr_real {
	/*
	 * glibc's blocks: with long records and no stacks, with short ones and
	 * mostly the caller alone, and with stacks. One at the most is not 0.
	 */
	struct mtr_limits fast, callers, stacks;
	size_t record; /* bytes of a trailer; 0 until ready */

	void *(*malloc)(size_t size);
	void (*free)(void *p);
	void *(*calloc)(size_t n, size_t size);
	void *(*realloc)(void *p, size_t size);
	/* for a product that is too large; none before glibc 2.26 */
	void *(*reallocarray)(void *p, size_t n, size_t size);
	void *(*memalign)(size_t align, size_t size);
	void *(*aligned_alloc)(size_t align, size_t size);
	int (*posix_memalign)(void **ret, size_t align, size_t size);
	size_t (*malloc_usable_size)(void *p);

	bool chunks;	  /* glibc: the chunk header gives the usable size */
	bool delete_fast; /* every form of operator delete is free */
	bool unsized;	  /* no malloc_usable_size beside malloc */
	/* from another library than malloc: their blocks are not recorded */
	bool memalign_foreign, aligned_alloc_foreign, posix_memalign_foreign;
};

extern MTR_HIDDEN struct mtr_real mtr_real;

typedef void *mtr_aligned_fn(size_t align, size_t size);

/*
 * aligned_alloc, for a request that is no multiple of @align: C11 lets an
 * allocator refuse that. memalign takes any, but what is no power of two.
 */
MTR_INLINE void *mtr_real_aligned(size_t align, size_t request)
{
	if (mtr_real.memalign_foreign || !align || align & (align - 1))
		return mtr_real.aligned_alloc(align, request);
	return mtr_real.memalign(align, request);
}

/* How a request is to be served. */
enum mtr_road {
	MTR_ROAD_TRACED,
	MTR_ROAD_PLAIN,	 /* hand it on as it is */
	MTR_ROAD_NESTED, /* from within the look-up: the arena */
	MTR_ROAD_NOMEM,	 /* too large: the allocator's to refuse */
};

/* Resolves at the first call. */
enum mtr_road mtr_real_road(size_t size);

/* The same for an entry point that was called from @pc. */
enum mtr_road mtr_real_road_from(size_t size, uintptr_t pc);

/* The options are known now, or the next allocator is. */
void mtr_real_open_roads(void);

MTR_INLINE bool mtr_road_is_open(const size_t *limit, size_t size)
{
	return likely(size < mtr_load_published(limit));
}

#endif
