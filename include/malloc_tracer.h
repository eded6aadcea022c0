/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer: ask the tracer about the heap of the calling process.
 *
 * Every function may be called at any time from any thread, whether or not
 * libmalloc_tracer.so is in the process: the symbols are weak, and without the
 * library each call answers "not active". Nothing needs to be linked; a program
 * that wants the library in any case links it (pkg-config malloc_tracer).
 *
 * None of the functions calls malloc. See malloc_tracer(3).
 */
#ifndef MALLOC_TRACER_H
#define MALLOC_TRACER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if !defined(__GNUC__)
#error "malloc_tracer.h needs weak symbols: gcc or clang"
#elif defined(MALLOC_TRACER_BUILD)
#define MALLOC_TRACER_WEAK
#elif defined(__clang__)
#define MALLOC_TRACER_WEAK __attribute__((weak))
#else
/* noplt: a program that is not position-independent looks at run time, too */
#define MALLOC_TRACER_WEAK __attribute__((weak, noplt))
#endif

/* One live block. */
struct malloc_tracer_block {
	const void *addr;    /* what malloc returned */
	size_t size;	     /* requested bytes */
	size_t usable;	     /* bytes the program may use: what
			      * malloc_usable_size says */
	const void *caller;  /* return address into who allocated it */
	uint32_t generation; /* 0 to 122, see malloc_tracer_mark */
	uint32_t stack_id;   /* the call stack, 0: not recorded */
};

/* All live blocks together. */
struct malloc_tracer_totals {
	uint64_t blocks;       /* live blocks that carry a record */
	uint64_t bytes;	       /* sum of the requested sizes */
	uint64_t usable;       /* sum of the usable sizes */
	uint64_t not_recorded; /* allocations that could not be recorded */
	uint64_t overhead;     /* bytes that the tracer itself has mapped */
};

/*
 * Is this process traced? 1: yes. 0: no library, or the program's own malloc
 * comes before it.
 */
int malloc_tracer_active(void) MALLOC_TRACER_WEAK;

/*
 * Find the live block that holds @addr, which may point anywhere into its
 * usable bytes. 0: *ret is filled. -1: there is none; errno ENOENT, or ENOSYS
 * if not active. The caller makes sure that nobody frees the block meanwhile.
 */
int malloc_tracer_lookup(const void *addr,
			 struct malloc_tracer_block *ret) MALLOC_TRACER_WEAK;

/*
 * Called as malloc_tracer_totals(ret), and so is the symbol: a function and a
 * type of one name would keep C++ from naming the type.
 *
 * Count all live blocks. 0: *ret is filled. -1: errno ENOSYS if not active, or
 * what process_vm_readv(2) and pipe(2) failed with. Reads every record: the
 * time grows with their number. Other threads go on; what they allocate or free
 * meanwhile may be counted or not.
 */
int malloc_tracer_count(struct malloc_tracer_totals *ret) __asm__(
	"malloc_tracer_totals") MALLOC_TRACER_WEAK;

/*
 * Start the next generation: blocks allocated from now on carry it. Returns its
 * number, 1 to 122; at 122 it stays there. -1: errno ENOSYS if not active.
 */
int malloc_tracer_mark(void) MALLOC_TRACER_WEAK;

/*
 * Write the record of this process (no block contents) to @path, which is
 * created or replaced with mode 0600. 0: done. -1: errno is that of the failed
 * open(2), write(2) or rename(2), EEXIST where @path is there and is no regular
 * file, or ENOSYS if not active.
 */
int malloc_tracer_snapshot(const char *path) MALLOC_TRACER_WEAK;

#ifdef __cplusplus
}
#endif

#ifndef MALLOC_TRACER_BUILD
/*
 * A weak function that is not there may not be called, so each call goes
 * through a macro that looks first. The plain name (no parentheses) is the
 * function's address, null without the library.
 */
#include <errno.h>
#define malloc_tracer_active() \
	(malloc_tracer_active ? malloc_tracer_active() : 0)
#define malloc_tracer_lookup(addr, ret)                             \
	(malloc_tracer_lookup ? malloc_tracer_lookup((addr), (ret)) \
			      : (errno = ENOSYS, -1))
#define malloc_tracer_count(ret) \
	(malloc_tracer_count ? malloc_tracer_count(ret) : (errno = ENOSYS, -1))
#define malloc_tracer_totals(ret) malloc_tracer_count(ret)
#define malloc_tracer_mark() \
	(malloc_tracer_mark ? malloc_tracer_mark() : (errno = ENOSYS, -1))
#define malloc_tracer_snapshot(path)                           \
	(malloc_tracer_snapshot ? malloc_tracer_snapshot(path) \
				: (errno = ENOSYS, -1))
#endif

#endif
