/* SPDX-License-Identifier: MIT */
/*
 * Walking a stack: up to a cached frame, or to its end. See capture_state.h for
 * how frames are cached, met and compared.
 */
#include "preload/capture_state.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "preload/descriptor.h"
#include "preload/threads.h"

/* What a walk found. */
struct found {
	enum mtr_root root; /* MTR_ROOT_NONE: a cached frame was met */
	unsigned int fresh; /* frames that are not cached yet */
	unsigned int met;   /* cached frames that stay: the last one was
			     * met */
};

/* Comparing. */

/*
 * Frame @met is still there. Are all that are outwards of it, up to @stop? If
 * not, *ret is the innermost that has changed.
 */
static bool outer_are_there(const struct mtr_capture_state *s, unsigned int met,
			    unsigned int stop, const struct mtr_cached **ret)
{
	const struct mtr_cached *k = &s->frame[met - 1];
	const struct mtr_word *last = s->word + s->frame[stop - 1].words;
	const struct mtr_word *w = mtr_word_changed(s->word + k->words, last);

	if (likely(!w) || w < last)
		return true;
	while (s->word + k[-1].words > w)
		k--;
	*ret = k;
	return false;
}

/*
 * Frame @k is there again, with other frames inside of it. Do its words lie
 * where they lay? They may be noted on the stack of a signal handler that has
 * returned, or where another function saved the registers.
 */
static bool words_lie_there(const struct mtr_capture_state *s,
			    const struct mtr_cached *k,
			    const struct mtr_frame *at)
{
	const struct mtr_word *w = s->word + k[-1].words;
	const struct mtr_word *end = s->word + k->words;

	if ((w++)->at != (const uintptr_t *)at->ra_at)
		return false;
	if (k->needs_fp && at->fp_at &&
	    (w == end || (w++)->at != (const uintptr_t *)at->fp_at))
		return false;
	if (unlikely(at->sp_at) &&
	    (w == end || (w++)->at != (const uintptr_t *)at->sp_at))
		return false;
	return w == end;
}

/*
 * The outermost frame that matters when @n fresh frames lie inside of frame
 * @met: the first one, if the stack is cached whole. 0: too few frames are
 * cached.
 */
static unsigned int outermost(const struct mtr_capture_state *s, unsigned int n,
			      unsigned int met)
{
	unsigned int total = n + met;

	if (likely(!s->open))
		return 1;
	if (total < mtr_capture_depth)
		return 0;
	return total - mtr_capture_depth + 1 < met
		       ? total - mtr_capture_depth + 1
		       : met;
}

/*
 * Walk outwards from @at, until a cached frame is met that is still there, with
 * all outwards of it that matter; or until the stack ends.
 */
static struct found walk(struct mtr_capture_state *s, struct mtr_stack_end *end,
			 struct mtr_frame at)
{
	const struct mtr_cached *k = &s->frame[s->n];
	struct found f = { .root = MTR_ROOT_DEPTH };
	struct mtr_tail tail = { .sum = 0, .power = 1 };
	struct mtr_frame outer;

	while (f.fresh < MTR_CACHE_FRAMES - 1) {
		while (k->sp < at.sp)
			k--;
		if (k->sp == at.sp && k->pc == at.pc &&
		    (!k->needs_fp || k->fp == at.fp) &&
		    (f.fresh == 0 || words_lie_there(s, k, &at))) {
			unsigned int met = k - s->frame;
			unsigned int stop = outermost(s, f.fresh, met);

			mtr_depot_expect(
				mtr_tail_hash(&tail, s->path[met].hash));
			if (likely(stop) && outer_are_there(s, met, stop, &k)) {
				f.met = met;
				f.root = MTR_ROOT_NONE;
				return f;
			}
		}
		f.root = mtr_step(&at, end, &outer);
		s->fresh[f.fresh++] = at;
		mtr_tail_add(&tail, at.pc);
		if (unlikely(f.root != MTR_ROOT_NONE))
			break;
		f.root = MTR_ROOT_DEPTH;
		at = outer;
	}
	return f;
}

/* Caching. */

/* The return address as it is in memory; on AArch64 it may be signed. */
static uintptr_t word_of(const struct mtr_frame *f)
{
#ifdef __aarch64__
	return *(const uintptr_t *)f->ra_at;
#else
	return f->pc & ~MTR_PC_EXACT;
#endif
}

static struct mtr_word word_at(uintptr_t at, uintptr_t was)
{
	return (struct mtr_word){ (const uintptr_t *)at, was };
}

/* Cache @f, inside of the frames that are cached. */
static void cache_frame(struct mtr_capture_state *s, const struct mtr_frame *f)
{
	struct mtr_cached *k = &s->frame[++s->n];
	struct mtr_word *w = s->word + k[-1].words;
	struct mtr_path *p = &s->path[s->n];

	p->pc = f->pc;
	p->hash = mtr_path_hash(p[-1].hash, f->pc);
	k->sp = f->sp;
	k->pc = f->pc;
	k->fp = f->fp;
	k->needs_fp = f->flags & MTR_RULE_USES_FP ||
		      (!(f->flags & MTR_RULE_SAVES_FP) && k[-1].needs_fp);
	MTR_ASSERT(s->n <= MTR_CACHE_FRAMES && f->pc != 0);
	*w++ = likely(f->ra_at) ? word_at(f->ra_at, word_of(f))
				: mtr_word_never;
	if (k->needs_fp && f->fp_at)
		*w++ = word_at(f->fp_at, f->fp);
	if (unlikely(f->sp_at))
		*w++ = word_at(f->sp_at, f->sp);
	k->words = w - s->word;
	MTR_ASSERT(k->words <= MTR_CACHE_GUARDS + s->n * MTR_CACHE_FRAME_WORDS);
}

/* Forget the outermost frames, so that @n more can be cached. */
static MTR_COLD void drop_outermost(struct mtr_capture_state *s, unsigned int n)
{
	unsigned int left = MTR_CACHE_FRAMES - n < MTR_CACHE_FRAMES / 2
				    ? MTR_CACHE_FRAMES - n
				    : MTR_CACHE_FRAMES / 2;
	unsigned int gone = s->n - left;
	unsigned int first = s->frame[gone].words;

	MTR_ASSERT(n <= MTR_CACHE_FRAMES && left <= s->n);
	memmove(s->word + MTR_CACHE_GUARDS, s->word + first,
		(s->frame[s->n].words - first) * sizeof(s->word[0]));
	memmove(s->frame + 1, s->frame + 1 + gone, left * sizeof(s->frame[0]));
	memmove(s->path + 1, s->path + 1 + gone, left * sizeof(s->path[0]));
	for (unsigned int i = 1; i <= left; i++)
		s->frame[i].words -= first - MTR_CACHE_GUARDS;
	s->n = left;
	s->open = true;
}

/* The id of the innermost frames, of a stack that is too deep to be cached
 * whole. */
static uint32_t cut(struct mtr_capture_state *s)
{
	struct mtr_path *first = &s->path[s->n - mtr_capture_depth + 1];
	struct mtr_path *last = &s->path[s->n];

	/* its pc stays: it is needed again when the stack is less deep */
	first[-1].hash = MTR_ROOT_DEPTH;
	first[-1].node = MTR_ROOT_DEPTH;
	for (struct mtr_path *p = first; p <= last; p++)
		p->hash = mtr_path_hash(p[-1].hash, p->pc);
	mtr_depot_intern(first, mtr_capture_depth);
	return last->node;
}

/*
 * The id of the stack from @at outwards. Its frames stay cached, unless the
 * walk was stopped by stack contents rather than by unwind information: then
 * another stack may have the same words up to there, and go on.
 */
static uint32_t capture_cached(struct mtr_capture_state *s,
			       struct mtr_stack_end *end, struct mtr_frame at)
{
	struct found f = walk(s, end, at);
	bool sure = true;

	if (f.root == MTR_ROOT_NONE) {
		if (f.fresh == 0 && f.met == s->n)
			return s->last;
	} else {
		s->open = f.root == MTR_ROOT_DEPTH;
		s->path[0] = mtr_path_root(f.root);
		/* a stack that is too deep, and is not the thread's own, may
		 * have garbage in it: nothing proves that this stays */
		sure = s->open ? end->hi == mtr_stack_own.hi
			       : s->fresh[f.fresh - 1].flags & MTR_RULE_ENDS;
	}
	s->n = f.met;
	if (unlikely(f.fresh + s->n > MTR_CACHE_FRAMES))
		drop_outermost(s, f.fresh);
	if (unlikely(f.root > MTR_ROOT_DEPTH))
		mtr_descriptor_stop(f.root);
	for (unsigned int i = f.fresh; i > 0; i--)
		cache_frame(s, &s->fresh[i - 1]);
	if (unlikely(s->open)) {
		s->last = cut(s);
	} else {
		mtr_depot_intern(&s->path[s->n - f.fresh + 1], f.fresh);
		s->last = s->path[s->n].node;
	}
	MTR_ASSERT(s->open || s->path[s->n].node == s->last);
	if (unlikely(!sure))
		s->n = 0;
	return s->last;
}

/* A memo of the stack that was just walked. */
static void memo_add(struct mtr_capture_state *s, uint64_t key,
		     const struct mtr_site *site)
{
	const struct mtr_cached *innermost = &s->frame[s->n];
	unsigned int outermost = s->open ? s->n - mtr_capture_depth : 0;
	unsigned int first = s->frame[outermost].words;

	mtr_memo_add(&s->memos, key, site, innermost->needs_fp, s->last,
		     s->word + first, innermost[-1].words - first);
}

__attribute__((noinline)) uint32_t
mtr_capture_walked(struct mtr_capture_state *s, const struct mtr_site *site,
		   uint64_t key)
{
	struct mtr_stack_end end;
	uint32_t id;

	mtr_stack_enter(&end, site->sp);
	id = capture_cached(s, &end, mtr_capture_innermost(site));
	if (likely(!s->memos.rest)) {
		mtr_memos_missed(&s->memos, id);
		if (s->n)
			memo_add(s, key, site);
	} else {
		s->memos.rest--;
	}
	MTR_ASSERT(s->busy && s == mtr_thread.capture);
	atomic_signal_fence(memory_order_seq_cst);
	s->busy = false;
	return id;
}
