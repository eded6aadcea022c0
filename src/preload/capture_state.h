/* SPDX-License-Identifier: MIT */
/*
 * What a thread remembers of the stacks that it captured. For capture*.c.
 *
 * The frames of the last stack that was walked are cached, outermost first. For
 * each of them the words are noted that lead to it: where its return address
 * was read, and what that was, and the same of the registers that its rule
 * needs. As long as these words have not changed, going outwards, the frames
 * are the same: each word that is unchanged proves that its frame is still
 * there, and so that the next word still lies where it lay.
 *
 * Three calls, say main -> parse -> expr -> xmalloc -> malloc:
 *
 *   1. Nothing is cached. The walk steps from xmalloc to main by unwind rules;
 *      all four frames are cached, and interned in the depot.
 *
 *        frame    [1] main    [2] parse    [3] expr    [4] xmalloc
 *        words     in _start   in main      in parse    in expr
 *
 *   2. expr calls xmalloc again. Frame [4] has the same stack pointer and
 *      return address, so the walk meets it at once: frame [4] is *met*. The
 *      words of [3], [2] and [1] are compared, innermost first. All are
 *      unchanged: it is the same stack, and has the same id. (Mostly a memo
 *      says so without the frames: memo.h.)
 *
 *   3. expr has returned, and parse calls term, which calls xmalloc. No cached
 *      frame has the stack pointer and the return address of xmalloc, nor of
 *      term: these two are *fresh*, and stepped over by rules. parse is met at
 *      [2], if it was called from where it was; the words of [1] are compared.
 *      Frames [3] and [4] give way to the fresh ones:
 *
 *        frame    [1] main    [2] parse    [3] term    [4] xmalloc
 *                  compared    met          fresh       fresh
 *
 *      Only the fresh ones are looked up in the depot, below parse's node.
 *
 * A frame is met if its stack pointer and return address are the same and,
 * where a rule of it or of a frame outwards counts from the frame pointer, that
 * as well: a frame that neither changes nor saves the frame pointer passes it
 * on.
 */
#ifndef MTR_PRELOAD_CAPTURE_STATE_H
#define MTR_PRELOAD_CAPTURE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "format/depot.h"
#include "preload/capture.h"
#include "preload/compiler.h"
#include "preload/depot.h"
#include "preload/memo.h"
#include "preload/step.h"

enum {
	MTR_CACHE_FRAMES = MTR_STACK_FRAMES_MAX, /* of a deeper stack the
						  * innermost */
	MTR_CACHE_FRAME_WORDS = 3,
	MTR_CACHE_GUARDS = 3, /* words are compared four at a time */
};

/* A cached frame. */
struct mtr_cached {
	uintptr_t sp, pc, fp;
	uint16_t words; /* .word[] up to here is of this frame and of all that
			 * are outwards of it */
	bool needs_fp;	/* its rule, or that of a frame outwards, needs fp */
};

struct mtr_capture_state {
	uint32_t epoch;
	bool busy;	/* a signal handler must not touch it */
	bool open;	/* frame[1] has a caller that is not cached */
	unsigned int n; /* cached frames */
	uint32_t last;	/* id of the stack that they are */
	struct mtr_cached frame[1 + MTR_CACHE_FRAMES]; /* outermost first; [0]
							* is outwards of all,
							* and has the guards */
	struct mtr_path path[1 + MTR_CACHE_FRAMES];    /* their nodes, unless
							* .open */
	struct mtr_word word[MTR_CACHE_GUARDS +
			     MTR_CACHE_FRAMES * MTR_CACHE_FRAME_WORDS];
	struct mtr_memos memos;
	struct mtr_frame fresh[MTR_CACHE_FRAMES]; /* innermost first */
};

/* So many frames are recorded of a stack that is too deep to be cached whole.
 */
extern MTR_HIDDEN unsigned int mtr_capture_depth;

/* The frame that called the entry point. */
MTR_INLINE struct mtr_frame mtr_capture_innermost(const struct mtr_site *site)
{
	return (struct mtr_frame){
		.pc = site->pc,
		.sp = site->sp,
		.fp = site->fp,
#ifdef __x86_64__
		.ra_at = site->sp - 8,
#endif
	};
}

/*
 * The id of @site's stack, which no memo has; one with @key is made of it,
 * unless memos rest. @s is busy, and is free again when this returns.
 */
uint32_t mtr_capture_walked(struct mtr_capture_state *s,
			    const struct mtr_site *site, uint64_t key);

#endif
