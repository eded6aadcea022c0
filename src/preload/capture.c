/* SPDX-License-Identifier: MIT */
/*
 * Capturing call stacks. See capture.h for the contract.
 *
 * Each thread keeps the frames of the last stack it walked. A walk goes
 * outwards by rules until it meets a frame that it knows: the same stack
 * pointer, the same return address and, where that decides, the same frame
 * pointer. Such a frame's caller lies where it lay, so from there on it is
 * enough to compare, frame for frame, the word where the return address was;
 * each comparison proves that the next may be made. Only the frames inside of
 * it are looked up in the depot.
 *
 *      outermost                                      innermost
 *      [1] main  [2] ...  [j] parse   [j+1] ... [n] xmalloc     kept
 *       ▲          ▲       ▲ met here  ▲ replaced by new frames
 *       └ compared ┘
 */
#include "preload/capture.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "format/depot.h"
#include "preload/depot.h"
#include "preload/descriptor.h"
#include "preload/memo.h"
#include "preload/objects.h"
#include "preload/step.h"
#include "preload/sys.h"
#include "preload/threads.h"

enum {
	FRAMES = MTR_STACK_FRAMES_MAX, /* of a deeper one the innermost */
	FRAME_WORDS = 3,
	GUARD_WORDS = 3,   /* words are compared four at a time */
	INNER_FRAMES = 64, /* of libc and its likes, at the most */
};

/* A frame that is kept. */
struct kept {
	uintptr_t sp, pc, fp;
	uint16_t words; /* up to here they are those of this frame, and of all
			 * outwards of it */
	bool needs_fp;	/* it or a frame outwards of it looks at fp */
};

struct state {
	uint32_t epoch;
	bool busy;	/* a signal handler must not touch it */
	bool open;	/* frame[1] has a caller that is not kept */
	unsigned int n; /* frames kept */
	uint32_t last;	/* id of the stack they are */
	struct kept frame[1 + FRAMES]; /* outermost first; [0] lies outwards of
					* every frame, and has the guards */
	struct mtr_path path[1 + FRAMES]; /* their nodes, unless .open */
	struct mtr_word word[GUARD_WORDS + FRAMES * FRAME_WORDS];
	struct mtr_memos memos;
	struct mtr_frame fresh[FRAMES]; /* innermost first */
};

/* What a walk found. */
struct found {
	enum mtr_root root; /* MTR_ROOT_NONE: it met a frame that is kept */
	unsigned int fresh; /* frames that are not kept yet */
	unsigned int kept;  /* frames that remain, the one that was met last */
};

/* Of a stack that is too deep to be kept whole, so many frames. */
static unsigned int depth;
static _Atomic uint32_t epoch = 1;
static struct mtr_pools states = { .bytes = sizeof(struct state) };

bool mtr_capture_init(unsigned int wanted)
{
	depth = wanted;
	mtr_threads_init();
	return mtr_depot_init();
}

void mtr_capture_forget(void)
{
	atomic_fetch_add(&epoch, 1);
	mtr_cfi_forget();
}

/* The state of a thread. */

/* Of whoever had it nothing remains, not even that he was in our midst. */
static void state_reset(struct state *s)
{
	s->busy = false;
	s->n = 0;
	s->open = false;
	s->frame[0].sp = UINTPTR_MAX;
	s->frame[0].words = GUARD_WORDS;
	for (unsigned int i = 0; i < GUARD_WORDS; i++)
		s->word[i] = mtr_word_always;
	s->memos.worth = 0;
	s->memos.skipped = 0;
	/* last: a signal handler may have used it in between */
	atomic_signal_fence(memory_order_seq_cst);
	s->epoch = 0;
	atomic_signal_fence(memory_order_seq_cst);
}

static MTR_COLD struct state *state_claim(void)
{
	uint32_t number = mtr_thread_number();
	size_t mapped = 0;
	struct state *s;

	if (!number || mtr_thread.bare)
		return NULL;
	s = mtr_pools_get(&states, number, &mapped);
	if (mapped)
		__atomic_fetch_add(&mtr_descriptor.depot_bytes, mapped,
				   __ATOMIC_RELAXED);
	if (!s) {
		mtr_thread.bare = true;
		return NULL;
	}
	state_reset(s);
	mtr_thread.capture = s;
	return s;
}

/* The walk. */

static struct mtr_frame innermost(const struct mtr_site *site)
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
 * The words from @w down to @last are those of frames outwards of one that
 * stands. How far do these stand, too? Frame by frame: only what stands tells
 * where its caller's words are. @last or below: all do.
 */
static const struct mtr_word *compare(const struct mtr_word *w,
				      const struct mtr_word *last)
{
	while (w > last && likely(mtr_four_stand(w)))
		w -= 4;
	while (w > last && *w[-1].at == w[-1].was)
		w--;
	return w;
}

/*
 * Frame @met stands. Do all outwards of it, up to @stop? If not, *ret is the
 * innermost that does not.
 */
static bool stands(const struct state *s, unsigned int met, unsigned int stop,
		   const struct kept **ret)
{
	const struct kept *k = &s->frame[met - 1];
	const struct mtr_word *last = s->word + s->frame[stop - 1].words;
	const struct mtr_word *w = compare(s->word + k->words, last);

	if (likely(w <= last))
		return true;
	while (s->word + k[-1].words >= w)
		k--;
	*ret = k;
	return false;
}

/*
 * Frame @k is there again, with others inside of it. Are its words where they
 * were? They may lie on the stack of a signal handler that is gone, or where
 * another function saved the registers.
 */
static bool words_lie_there(const struct state *s, const struct kept *k,
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
 * With @n fresh frames inside of frame @met, how far out do frames matter? All
 * of a stack that is kept whole do. 0: too few are kept.
 */
static unsigned int outermost(const struct state *s, unsigned int n,
			      unsigned int met)
{
	unsigned int total = n + met;

	if (likely(!s->open))
		return 1;
	if (total < depth)
		return 0;
	return total - depth + 1 < met ? total - depth + 1 : met;
}

/*
 * Walk outwards from @at, until a frame is met that is kept and stands with all
 * that matters outwards of it; or until the stack ends.
 */
static struct found walk(struct state *s, struct mtr_stack_end *end,
			 struct mtr_frame at)
{
	const struct kept *k = &s->frame[s->n];
	struct found f = { .root = MTR_ROOT_DEPTH };
	struct mtr_tail tail = { .sum = 0, .power = 1 };
	struct mtr_frame outer;

	while (f.fresh < FRAMES - 1) {
		while (k->sp < at.sp)
			k--;
		if (k->sp == at.sp && k->pc == at.pc &&
		    (!k->needs_fp || k->fp == at.fp) &&
		    (f.fresh == 0 || words_lie_there(s, k, &at))) {
			unsigned int met = k - s->frame;
			unsigned int stop = outermost(s, f.fresh, met);

			mtr_depot_expect(
				mtr_tail_hash(&tail, s->path[met].hash));
			if (likely(stop) && stands(s, met, stop, &k)) {
				f.kept = met;
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

/* Keeping. */

/* The return address as it stands, which on AArch64 may be a signed one. */
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

/* Keep @f, inside of what is kept. */
static void keep(struct state *s, const struct mtr_frame *f)
{
	struct kept *k = &s->frame[++s->n];
	struct mtr_word *w = s->word + k[-1].words;
	struct mtr_path *p = &s->path[s->n];

	p->pc = f->pc;
	p->hash = mtr_path_hash(p[-1].hash, f->pc);
	k->sp = f->sp;
	k->pc = f->pc;
	k->fp = f->fp;
	k->needs_fp = f->flags & MTR_RULE_USES_FP ||
		      (!(f->flags & MTR_RULE_SAVES_FP) && k[-1].needs_fp);
	MTR_ASSERT(s->n <= FRAMES && f->pc != 0);
	*w++ = likely(f->ra_at) ? word_at(f->ra_at, word_of(f))
				: mtr_word_never;
	if (k->needs_fp && f->fp_at)
		*w++ = word_at(f->fp_at, f->fp);
	if (unlikely(f->sp_at))
		*w++ = word_at(f->sp_at, f->sp);
	k->words = w - s->word;
	MTR_ASSERT(k->words <= GUARD_WORDS + s->n * FRAME_WORDS);
}

/* There is no room for @n frames more: the outermost ones have to go. */
static MTR_COLD void make_room(struct state *s, unsigned int n)
{
	unsigned int left = FRAMES - n < FRAMES / 2 ? FRAMES - n : FRAMES / 2;
	unsigned int gone = s->n - left;
	unsigned int first = s->frame[gone].words;

	MTR_ASSERT(n <= FRAMES && left <= s->n);
	memmove(s->word + GUARD_WORDS, s->word + first,
		(s->frame[s->n].words - first) * sizeof(s->word[0]));
	memmove(s->frame + 1, s->frame + 1 + gone, left * sizeof(s->frame[0]));
	memmove(s->path + 1, s->path + 1 + gone, left * sizeof(s->path[0]));
	for (unsigned int i = 1; i <= left; i++)
		s->frame[i].words -= first - GUARD_WORDS;
	s->n = left;
	s->open = true;
}

/* The innermost frames of a stack that is too deep to be kept whole. */
static uint32_t cut(struct state *s)
{
	struct mtr_path *first = &s->path[s->n - depth + 1];
	struct mtr_path *last = &s->path[s->n];

	/* not its pc: it may matter again, once the stack is less deep */
	first[-1].hash = MTR_ROOT_DEPTH;
	first[-1].node = MTR_ROOT_DEPTH;
	for (struct mtr_path *p = first; p <= last; p++)
		p->hash = mtr_path_hash(p[-1].hash, p->pc);
	mtr_depot_intern(first, depth);
	return last->node;
}

/*
 * The stack from @at outwards; its frames are kept, unless it ends for
 * what was found on the stack, not for what the code is: then another stack may
 * have the same words up to there, and go on.
 */
static uint32_t capture_kept(struct state *s, struct mtr_stack_end *end,
			     struct mtr_frame at)
{
	struct found f = walk(s, end, at);
	bool sure = true;

	if (f.root == MTR_ROOT_NONE) {
		if (f.fresh == 0 && f.kept == s->n)
			return s->last;
	} else {
		s->open = f.root == MTR_ROOT_DEPTH;
		s->path[0] = mtr_path_root(f.root);
		/* of what goes on and on, on a stack that is not the thread's
		 * own, some may be garbage: nothing proves that it stays */
		sure = s->open ? end->hi == mtr_stack_own.hi
			       : s->fresh[f.fresh - 1].flags & MTR_RULE_ENDS;
	}
	s->n = f.kept;
	if (unlikely(f.fresh + s->n > FRAMES))
		make_room(s, f.fresh);
	if (unlikely(f.root > MTR_ROOT_DEPTH))
		mtr_descriptor_stop(f.root);
	for (unsigned int i = f.fresh; i > 0; i--)
		keep(s, &s->fresh[i - 1]);
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

/* Keep what tells that the stack that was just walked is there. */
static void memo_add(struct state *s, struct mtr_memo_set *set,
		     const struct mtr_site *site)
{
	const struct kept *innermost = &s->frame[s->n];
	unsigned int outermost = s->open ? s->n - depth : 0;
	unsigned int first = s->frame[outermost].words;

	mtr_memo_add(&s->memos, set, site, innermost->needs_fp, s->last,
		     s->word + first, innermost[-1].words - first);
}

/*
 * A signal handler within capture, or no memory for a state: walk, keep
 * nothing.
 */
static MTR_COLD uint32_t capture_plain(struct mtr_frame at)
{
	struct mtr_stack_end end;
	struct mtr_frame outer;
	enum mtr_root root = MTR_ROOT_DEPTH;
	struct mtr_path path[1 + MTR_STACK_DEPTH_MAX];
	struct mtr_path *inner = path + 1 + depth, *p = inner;

	mtr_stack_enter(&end, at.sp);
	while (p > path + 1) {
		*--p = (struct mtr_path){ .pc = at.pc };
		root = mtr_step(&at, &end, &outer);
		if (root != MTR_ROOT_NONE)
			break;
		at = outer;
	}
	if (root > MTR_ROOT_DEPTH)
		mtr_descriptor_stop(root);
	p[-1] = mtr_path_root(root == MTR_ROOT_NONE ? MTR_ROOT_DEPTH : root);
	for (struct mtr_path *i = p; i < inner; i++)
		i->hash = mtr_path_hash(i[-1].hash, i->pc);
	mtr_depot_intern(p, inner - p);
	return inner[-1].node;
}

/* @s is busy, and no longer is afterwards. */
static __attribute__((noinline)) uint32_t
capture_walked(struct state *s, const struct mtr_site *site,
	       struct mtr_memo_set *memos)
{
	struct mtr_stack_end end;
	uint32_t id;

	mtr_stack_enter(&end, site->sp);
	id = capture_kept(s, &end, innermost(site));
	if (memos) {
		mtr_memos_missed(&s->memos);
		if (s->n)
			memo_add(s, memos, site);
	}
	MTR_ASSERT(s->busy && s == mtr_thread.capture);
	atomic_signal_fence(memory_order_seq_cst);
	s->busy = false;
	return id;
}

/* What is kept is of objects that may be gone. */
static void state_forget(struct state *s, uint32_t now)
{
	s->busy = true;
	atomic_signal_fence(memory_order_seq_cst);
	s->epoch = now;
	s->n = 0;
	mtr_memos_forget(&s->memos);
	atomic_signal_fence(memory_order_seq_cst);
	s->busy = false;
}

static MTR_COLD uint32_t capture_other(const struct mtr_site *site,
				       uint32_t now)
{
	struct state *s = mtr_thread.capture;

	if (!s)
		s = state_claim();
	if (!s || s->busy)
		return capture_plain(innermost(site));
	state_forget(s, now);
	return mtr_capture(site);
}

/* Finding a memo calls nothing; the walk is a tail call. */
uint32_t mtr_capture(const struct mtr_site *site)
{
	uint32_t now = atomic_load_explicit(&epoch, memory_order_acquire);
	struct state *s = mtr_thread.capture;
	struct mtr_memo_set *memos;
	const struct mtr_memo *memo;
	uint32_t id;

	if (unlikely(!s) || unlikely(s->busy) || unlikely(s->epoch != now))
		return capture_other(site, now);
	s->busy = true;
	atomic_signal_fence(memory_order_seq_cst);
	memos = mtr_memos_for(&s->memos, site);
	memo = likely(memos) ? mtr_memo_find(memos, site) : NULL;
	if (unlikely(!memo))
		return capture_walked(s, site, memos);
	s->memos.worth++;
	id = memo->node;
	atomic_signal_fence(memory_order_seq_cst);
	s->busy = false;
	return id;
}

/* When an object is set up, nobody calls it but the linker, which is not the
 * one that wants memory: libstdc++'s reserve for exceptions is its own. */
static uintptr_t answerable(const struct mtr_site *site, uintptr_t pc)
{
	return mtr_span_holds(&mtr_objects.linker, pc) ? site->pc : pc;
}

static __attribute__((noinline)) uintptr_t outside(const struct mtr_site *site)
{
	struct mtr_frame at = { .pc = site->pc,
				.sp = site->sp,
				.fp = site->fp };
	struct mtr_stack_end end;
	struct mtr_frame outer;

	mtr_stack_enter(&end, at.sp);
	/* the frames are libc's, and where it says: no page is asked for just
	 * because they lie across its end */
	if (end.open)
		end.hi += MTR_SYS_PAGE;
	for (int i = 0; i < INNER_FRAMES; i++) {
		if (mtr_step(&at, &end, &outer) != MTR_ROOT_NONE)
			break;
		if (!mtr_objects_in_runtime(outer.pc & ~MTR_PC_EXACT))
			return answerable(site, outer.pc & ~MTR_PC_EXACT);
		at = outer;
	}
	return site->pc;
}

/* Mostly the stack pointer tells, on the thread's own stack. */
uintptr_t mtr_capture_outside(const struct mtr_site *site)
{
	const struct mtr_stack_own *own = &mtr_stack_own;
	struct mtr_stack_end end = { own->lo, own->hi, false };
	uintptr_t pc = site->pc, sp = site->sp;

	while (likely(mtr_step_sp(&pc, &sp, &end)))
		if (!mtr_objects_in_runtime(pc))
			return answerable(site, pc);
	return outside(site);
}
