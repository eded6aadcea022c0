/* SPDX-License-Identifier: MIT */
/*
 * Capturing call stacks: whose memo says that the stack is there again, and
 * what each thread has for that. See capture.h for the contract,
 * capture_state.h for how it works.
 */
#include "preload/capture.h"

#include <stdatomic.h>

#include "preload/capture_state.h"
#include "preload/descriptor.h"
#include "preload/threads.h"

unsigned int mtr_capture_depth;

/* Goes up when an object may have been unloaded. */
static _Atomic uint32_t epoch = 1;
static struct mtr_pools states = { .bytes = sizeof(struct mtr_capture_state) };

bool mtr_capture_init(unsigned int wanted)
{
	mtr_capture_depth = wanted;
	mtr_threads_init();
	return mtr_depot_init();
}

void mtr_capture_forget(void)
{
	atomic_fetch_add(&epoch, 1);
	mtr_cfi_forget();
}

/* The state of a thread. */

/* Nothing is left of the thread that had the state before, which may have ended
 * in the middle of a capture. */
static void state_reset(struct mtr_capture_state *s)
{
	s->busy = false;
	s->n = 0;
	s->open = false;
	s->frame[0].sp = UINTPTR_MAX;
	s->frame[0].words = MTR_CACHE_GUARDS;
	for (unsigned int i = 0; i < MTR_CACHE_GUARDS; i++)
		s->word[i] = mtr_word_always;
	s->memos.hits = 0;
	s->memos.misses = 0;
	s->memos.rest = 0;
	s->memos.newest = 0;
	/* last: a signal handler may have used it in between */
	atomic_signal_fence(memory_order_seq_cst);
	s->epoch = 0;
	atomic_signal_fence(memory_order_seq_cst);
}

static MTR_COLD struct mtr_capture_state *state_claim(void)
{
	uint32_t number = mtr_thread_number();
	size_t mapped = 0;
	struct mtr_capture_state *s;

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

/*
 * In a signal handler that interrupted a capture, or without memory for a
 * state: walk, and cache nothing.
 */
static MTR_COLD uint32_t capture_plain(struct mtr_frame at)
{
	struct mtr_stack_end end;
	struct mtr_frame outer;
	enum mtr_root root = MTR_ROOT_DEPTH;
	struct mtr_path path[1 + MTR_STACK_DEPTH_MAX];
	struct mtr_path *last = path + 1 + mtr_capture_depth, *p = last;

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
	for (struct mtr_path *i = p; i < last; i++)
		i->hash = mtr_path_hash(i[-1].hash, i->pc);
	mtr_depot_intern(p, last - p);
	return last[-1].node;
}

/* Memos and cached frames may be of objects that are gone. */
static void state_forget(struct mtr_capture_state *s, uint32_t now)
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
	struct mtr_capture_state *s = mtr_thread.capture;

	if (!s)
		s = state_claim();
	if (!s || s->busy)
		return capture_plain(mtr_capture_innermost(site));
	state_forget(s, now);
	return mtr_capture(site);
}

/*
 * The memo with @key, and those behind it. Of stacks that are told apart only
 * behind the last one that is looked at, the newest has its place.
 */
static __attribute__((noinline)) uint32_t
capture_behind(struct mtr_capture_state *s, const struct mtr_site *site,
	       uint64_t key)
{
	const struct mtr_memo *memo;
	uint64_t place = key;
	uint32_t id;

	for (unsigned int i = 1; i < MTR_MEMO_PROBES; i++) {
		place = key;
		if (mtr_memo_is(&s->memos, site, &key, &memo)) {
			s->memos.hits++;
			id = memo->node;
			atomic_signal_fence(memory_order_seq_cst);
			s->busy = false;
			return id;
		}
		if (!memo)
			break;
	}
	return mtr_capture_walked(s, site, place);
}

/* To find the first memo no function is called; what follows is a tail call. */
uint32_t mtr_capture(const struct mtr_site *site)
{
	uint32_t now = atomic_load_explicit(&epoch, memory_order_acquire);
	struct mtr_capture_state *s = mtr_thread.capture;
	uint64_t key = mtr_memo_key(site);
	const struct mtr_memo *memo;
	uint32_t id;

	if (unlikely(!s) || unlikely(s->busy) || unlikely(s->epoch != now))
		return capture_other(site, now);
	s->busy = true;
	atomic_signal_fence(memory_order_seq_cst);
	if (unlikely(s->memos.rest))
		return mtr_capture_walked(s, site, key);
	if (unlikely(!mtr_memo_is(&s->memos, site, &key, &memo)))
		return memo ? capture_behind(s, site, key)
			    : mtr_capture_walked(s, site, key);
	s->memos.hits++;
	id = memo->node;
	atomic_signal_fence(memory_order_seq_cst);
	s->busy = false;
	return id;
}
