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
 *      [0] main  [1] ...  [j] parse   [j+1] ... [n-1] xmalloc     kept
 *       ▲          ▲       ▲ met here  ▲ replaced by new frames
 *       └ compared ┘
 */
#include "capture.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

#include "format/depot.h"
#include "preload/cfi.h"
#include "preload/depot.h"
#include "preload/descriptor.h"
#include "preload/objects.h"
#include "preload/stack_end.h"
#include "preload/sys.h"
#include "preload/threads.h"

enum {
	FRAMES = MTR_STACK_FRAMES_MAX, /* of a deeper one the innermost */
	PATHS_BITS = 15,
	MEMOS_WORTH = 256,
	EXTRA = 1,	  /* in .at of a word: .extra of its frame */
	MEMOS_TRIED = 16, /* of so many, one, where they seem not worth it */
	MEMOS_BITS = 10,
	MEMO_WORDS = 36,
	STATES_TRIED = 32,
	INNER_FRAMES = 64, /* of libc and its likes, at the most */
};

struct frame {
	uintptr_t pc;	 /* MTR_PC_EXACT included */
	uintptr_t ra_at; /* where it was read; 0: in a register */
	uintptr_t sp;
	uintptr_t sp_at; /* where sp was read; 0: reckoned */
	uintptr_t fp;
	uintptr_t fp_at; /* where fp was read; 0: as in the frame inside */
	uint32_t node;	 /* 0: further in than a stack may be deep */
	bool uses_fp;	 /* its rule looks at fp */
	bool saves_fp;	 /* its rule finds another fp for its caller */
	bool needs_fp;	 /* it or a frame outwards of it looks at fp */
	bool ends;	 /* its rule says that it has no caller */
	bool extra;	 /* more than the pc has to be compared */
};

/* What tells that a kept frame is still there. */
struct word {
	uintptr_t at, was;
};

/*
 * A stack that was walked before: where on the stack its return addresses were
 * and what they were, outwards. Each that is still there proves where the next
 * one lies; if all are, it is the same stack.
 */
struct memo {
	uintptr_t pc, sp, fp;
	uint32_t epoch;
	uint32_t node : 24;
	uint32_t n : 7;
	uint32_t needs_fp : 1;
	uint64_t word[MEMO_WORDS]; /* 16 bits: distance from the word before,
				    * in words; 48 bits: what was there */
};

struct state {
	struct mtr_owner owner;
	struct state *next;
	struct mtr_stack_end end;
	uint32_t epoch;
	bool busy;	 /* a signal handler must not touch it */
	bool open;	 /* frame[0] has a caller that is not kept */
	unsigned int n;	 /* frames kept */
	uint32_t last;	 /* id of the stack they are; 0: not known */
	int memos_worth; /* grows with each hit, shrinks with each miss */
	unsigned int skipped;
	struct word word[FRAMES]; /* of .frame; apart, to be compared fast */
	struct memo memo[1 << MEMOS_BITS];
	struct frame frame[FRAMES]; /* outermost first */
	struct frame fresh[FRAMES]; /* innermost first */
};

/* Of a stack that is too deep to be kept whole, so many frames. */
static unsigned int depth;
static _Atomic(struct state *) states;
static _Atomic uint32_t epoch = 1;

static MTR_TLS struct state *own;

/*
 * Where the nodes of a path below some node end: a hash's upper half and the
 * last node's id. A hint, checked against the nodes.
 */
static _Atomic uint64_t paths[1 << PATHS_BITS];

bool mtr_capture_init(unsigned int wanted)
{
	depth = wanted;
	return mtr_depot_init();
}

void mtr_capture_forget(void)
{
	atomic_fetch_add(&epoch, 1);
	mtr_cfi_forget();
}

/* Take over what an ended thread left. Not all are asked: there may be many. */
static struct state *state_inherit(void)
{
	struct state *s = atomic_load(&states);

	for (int i = 0; s && i < STATES_TRIED; i++, s = s->next)
		if (mtr_owner_take(&s->owner))
			return s;
	return NULL;
}

static struct state *state_create(void)
{
	struct state *s = mtr_sys_map(sizeof(*s));

	if (!s)
		return NULL;
	mtr_owner_take(&s->owner);
	s->next = atomic_load(&states);
	while (!atomic_compare_exchange_weak(&states, &s->next, s))
		;
	__atomic_fetch_add(&mtr_descriptor.depot_bytes, sizeof(*s),
			   __ATOMIC_RELAXED);
	return s;
}

static MTR_COLD struct state *state_claim(void)
{
	struct state *s = state_inherit();

	if (!s)
		s = state_create();
	if (!s)
		return NULL;
	s->n = 0;
	s->busy = false;
	s->end = (struct mtr_stack_end){ 0 };
	own = s;
	return s;
}

/* Where @r says that the CFA is. False: not within the stack. */
static bool find_cfa(const struct frame *f, struct mtr_rule r,
		     const struct mtr_stack_end *end, struct frame *ret)
{
	ret->sp_at = 0;
	switch (r.kind) {
	case MTR_RULE_SP:
		ret->sp = f->sp + r.cfa;
		break;
	case MTR_RULE_FP:
		ret->sp = f->fp + r.cfa;
		break;
	default:
		ret->sp_at =
			(r.kind == MTR_RULE_SP_DEREF ? f->sp : f->fp) + r.cfa;
		if (!mtr_stack_holds(end, f->sp, ret->sp_at))
			return false;
		ret->sp = *(uintptr_t *)ret->sp_at;
	}
	/* only a signal may have come on another stack */
	return ret->sp % 8 == 0 &&
	       (ret->sp > f->sp || r.kind == MTR_RULE_SP_DEREF);
}

/*
 * The lowest address at which @f's registers may be saved. A signal may come in
 * an epilogue: on x86-64 what is popped already is found where it was, in the
 * 128 bytes below the stack pointer that belong to the function. Not below
 * @end, though: whether there is anything nobody has looked.
 */
static uintptr_t lowest(const struct frame *f, const struct mtr_stack_end *end)
{
	uintptr_t low = f->sp;

#ifdef __x86_64__
	if (unlikely(f->pc & MTR_PC_EXACT))
		low = f->sp - end->lo < 128 ? end->lo : f->sp - 128;
#else
	(void)end;
#endif
	return low;
}

/*
 * From @f to its caller's frame. Returns MTR_ROOT_NONE, or why there is none.
 * Every word is read from between f->sp and the end of that stack.
 */
static enum mtr_root step(struct frame *f, struct mtr_stack_end *end,
			  struct frame *ret)
{
	struct mtr_rule r = mtr_cfi_rule(f->pc);
	uintptr_t from;

	f->uses_fp = r.uses_fp;
	f->saves_fp = r.fp != MTR_RULE_FP_SAME;
	f->ends = r.kind == MTR_RULE_END;
	if (unlikely(f->ends))
		return r.cfa;
	if (unlikely(!find_cfa(f, r, end, ret)))
		return MTR_ROOT_STACK;
	from = r.kind == MTR_RULE_SP_DEREF ? f->sp : ret->sp;
	ret->ra_at = from + 8 * r.ra;
	ret->fp_at = 0;
	ret->fp = f->fp;
	if (unlikely(!mtr_stack_holds(end, f->sp, ret->ra_at)))
		return MTR_ROOT_STACK;
	if (f->saves_fp) {
		ret->fp_at = (r.fp_at_fp ? f->fp : from) + 8 * r.fp;
		if (unlikely(!mtr_stack_holds(end, lowest(f, end), ret->fp_at)))
			return MTR_ROOT_STACK;
		ret->fp = *(uintptr_t *)ret->fp_at;
	}
	ret->pc = mtr_strip_pac(*(uintptr_t *)ret->ra_at);
	if (unlikely(ret->pc == 0))
		return MTR_ROOT_COMPLETE;
	if (unlikely(r.exact))
		ret->pc |= MTR_PC_EXACT;
	if (unlikely(r.kind == MTR_RULE_SP_DEREF))
		mtr_stack_enter(end, ret->sp);
	return MTR_ROOT_NONE;
}

/* What has to be there still besides its return address. */
static MTR_COLD bool extra_is_there(const struct frame *f)
{
	if (!f->ra_at || (f->sp_at && *(uintptr_t *)f->sp_at != f->sp))
		return false;
	return !f->needs_fp || !f->fp_at || *(uintptr_t *)f->fp_at == f->fp;
}

/*
 * Frame @j stands. The outermost one that does, @stop at the most. Frame by
 * frame: only what stands tells where its caller's words are.
 */
static unsigned int compare(const struct state *s, unsigned int j,
			    unsigned int stop)
{
	for (; j > stop; j--) {
		const struct word *w = &s->word[j - 1];

		if (unlikely(w->at & EXTRA) &&
		    !extra_is_there(&s->frame[j - 1]))
			break;
		if (*(const uintptr_t *)(w->at & -(uintptr_t)8) != w->was)
			break;
	}
	return j;
}

/*
 * Is @f just like one of the outermost *known frames? Then it is the last of
 * those that remain in *known: the ones further in are gone.
 */
static bool meet(const struct state *s, const struct frame *f,
		 unsigned int *known)
{
	const struct frame *k = &s->frame[*known];

	while (k > s->frame && k[-1].sp < f->sp)
		k--;
	*known = k - s->frame;
	return k > s->frame && k[-1].sp == f->sp && k[-1].pc == f->pc &&
	       (!k[-1].needs_fp || k[-1].fp == f->fp);
}

/*
 * With @n fresh frames inside of frame @j, how far out do frames matter? All of
 * a stack that is kept whole do.
 */
static unsigned int matters(const struct state *s, unsigned int n,
			    unsigned int j)
{
	unsigned int total = n + j + 1;

	if (!s->open)
		return 0;
	if (total < depth)
		return FRAMES; /* too few are kept */
	return total - depth < j ? total - depth : j;
}

/*
 * Walk outwards from s->fresh[0], until a frame is met that is kept and stands
 * with all that matters outwards of it. Then *n is how many are fresh, and
 * s->n how many are to be kept. Or until the stack ends, for the reason that is
 * returned; then none is kept.
 */
static enum mtr_root walk(struct state *s, unsigned int *n)
{
	unsigned int known = s->n;
	enum mtr_root why;

	for (*n = 0; *n < FRAMES - 1; ++*n) {
		struct frame *f = &s->fresh[*n];

		if (meet(s, f, &known)) {
			unsigned int met = known - 1;
			unsigned int stop = matters(s, *n, met);

			known = compare(s, met, stop);
			if (known == stop) {
				s->n = met + 1;
				return MTR_ROOT_NONE;
			}
		}
		why = step(f, &s->end, f + 1);
		if (why != MTR_ROOT_NONE) {
			++*n;
			s->n = 0;
			return why;
		}
	}
	s->n = 0;
	return MTR_ROOT_DEPTH;
}

/* The return address as it stands, which on AArch64 may be a signed one. */
static uintptr_t word_of(const struct frame *f)
{
#ifdef __aarch64__
	return f->ra_at ? *(const uintptr_t *)f->ra_at : 0;
#else
	return f->pc & ~MTR_PC_EXACT;
#endif
}

/* Keep @f, inside of what is kept. */
static void append(struct state *s, const struct frame *f)
{
	struct frame *k = &s->frame[s->n];
	const struct frame *outer = s->n ? k - 1 : NULL;

	*k = *f;
	k->needs_fp = f->uses_fp || (!f->saves_fp && outer && outer->needs_fp);
	k->extra = !f->ra_at || f->sp_at || (k->needs_fp && f->fp_at);
	k->node = 0;
	s->word[s->n].at = f->ra_at | (k->extra ? EXTRA : 0);
	s->word[s->n].was = word_of(f);
	s->n++;
}

static uint64_t mix(uint64_t hash, uint64_t pc)
{
	hash = (hash ^ pc) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/*
 * Give the frames from @first to @end their nodes, if a path of nodes that
 * ends in @id is theirs and starts below @parent.
 */
static bool path_take(struct state *s, unsigned int first, unsigned int end,
		      uint32_t parent, uint32_t id)
{
	for (unsigned int i = end; i > first; i--) {
		const struct mtr_node *node;

		if (id < MTR_NODE_FIRST)
			return false;
		node = mtr_depot_node(id);
		if (node->pc != s->frame[i - 1].pc)
			return false;
		s->frame[i - 1].node = id;
		id = node->parent;
	}
	return id == parent;
}

/* Give the frames from @first to @end their nodes below @parent. */
static void path_intern(struct state *s, unsigned int first, unsigned int end,
			uint32_t parent)
{
	uint64_t hash = parent;
	_Atomic uint64_t *slot;
	uint64_t hint;

	if (first == end)
		return;
	for (unsigned int i = first; i < end; i++)
		hash = mix(hash, s->frame[i].pc);
	slot = &paths[hash >> (64 - PATHS_BITS)];
	hint = atomic_load_explicit(slot, memory_order_acquire);
	if ((hint ^ hash) >> 32 == 0 &&
	    path_take(s, first, end, parent, (uint32_t)hint))
		return;
	for (unsigned int i = first; i < end; i++) {
		parent = mtr_depot_intern(parent, s->frame[i].pc);
		s->frame[i].node = parent;
	}
	hint = hash >> 32 << 32 | parent;
	atomic_store_explicit(slot, hint, memory_order_release);
}

/* The innermost frames of a stack that is too deep to be kept whole. */
static uint32_t cut(struct state *s)
{
	path_intern(s, s->n - depth, s->n, MTR_ROOT_DEPTH);
	return s->frame[s->n - 1].node;
}

/* The frames that are fresh become kept ones, and all get their nodes. */
static void settle(struct state *s, unsigned int n, enum mtr_root root)
{
	unsigned int first = s->n;
	uint32_t parent = first ? s->frame[first - 1].node : root;

	while (n > 0)
		append(s, &s->fresh[--n]);
	if (!s->open)
		path_intern(s, first, s->n, parent);
}

/* There is no room for @n frames more: the outermost ones have to go. */
static MTR_COLD void make_room(struct state *s, unsigned int n)
{
	unsigned int left = FRAMES - n < FRAMES / 2 ? FRAMES - n : FRAMES / 2;
	unsigned int gone = s->n - left;

	memmove(s->frame, s->frame + gone, left * sizeof(s->frame[0]));
	memmove(s->word, s->word + gone, left * sizeof(s->word[0]));
	s->n = left;
	s->open = true;
}

/*
 * The stack from s->fresh[0] outwards; its frames are kept. *sure is false if
 * it ends for what was found on the stack, not for what the code is: then
 * another stack may have the same words up to there, and go on.
 */
static uint32_t capture_kept(struct state *s, bool *sure)
{
	unsigned int was = s->n, n;
	enum mtr_root root = walk(s, &n);

	*sure = true;
	if (root == MTR_ROOT_NONE && n == 0 && s->n == was)
		return s->last;
	if (root != MTR_ROOT_NONE) {
		s->open = root == MTR_ROOT_DEPTH;
		*sure = s->open || s->fresh[n - 1].ends;
	}
	if (unlikely(n + s->n > FRAMES))
		make_room(s, n);
	if (root > MTR_ROOT_DEPTH)
		__atomic_fetch_add(&mtr_descriptor.stops[root], 1,
				   __ATOMIC_RELAXED);
	settle(s, n, root);
	s->last = s->open ? cut(s) : s->frame[s->n - 1].node;
	return s->last;
}

static struct memo *memo_for(struct state *s, const struct mtr_site *site)
{
	uint64_t h = (site->pc ^ site->sp << 20) * UINT64_C(0x9e3779b97f4a7c15);

	return &s->memo[h >> (64 - MEMOS_BITS)];
}

/*
 * Where recursion makes most stacks new, keeping them costs more than it
 * saves; now and then it is tried again.
 */
static bool memo_is_worth(struct state *s)
{
	return s->memos_worth >= 0 || ++s->skipped % MEMOS_TRIED == 0;
}

static bool memo_holds(const struct memo *m, const struct mtr_site *site,
		       uint32_t now)
{
	const uint64_t *at = (const uint64_t *)site->sp;

	if (m->pc != site->pc || m->sp != site->sp || m->epoch != now ||
	    (m->needs_fp && m->fp != site->fp))
		return false;
	for (unsigned int i = 0; i < m->n; i++) {
		at += m->word[i] >> 48;
		if ((*at ^ m->word[i]) << 16)
			return false;
	}
	return true;
}

/* One more word to compare. False: it cannot be expressed. */
static bool memo_add(struct memo *m, uintptr_t *last, uintptr_t at,
		     uintptr_t word)
{
	uintptr_t distance = (at - *last) / 8;

	if (at < *last || distance >> 16 || word >> 48 || m->n == MEMO_WORDS)
		return false;
	m->word[m->n++] = distance << 48 | word;
	*last = at;
	return true;
}

static bool memo_add_frame(struct memo *m, uintptr_t *last,
			   const struct frame *f)
{
	if (!f->ra_at || f->sp_at)
		return false;
	if (f->extra && f->fp_at < f->ra_at &&
	    !memo_add(m, last, f->fp_at, f->fp))
		return false;
	if (!memo_add(m, last, f->ra_at, f->pc))
		return false;
	return !f->extra || f->fp_at < f->ra_at ||
	       memo_add(m, last, f->fp_at, f->fp);
}

/* Keep the stack that was just walked. */
static void memo_set(struct state *s, struct memo *m,
		     const struct mtr_site *site, uint32_t id)
{
	unsigned int outermost = s->open ? s->n - depth : 0;
	uintptr_t last = site->sp;

	m->n = 0;
	m->sp = 0; /* matches nothing, should it stay unfinished */
	for (unsigned int i = s->n - 1; i > outermost; i--)
		if (!memo_add_frame(m, &last, &s->frame[i - 1]))
			return;
	m->pc = site->pc;
	m->sp = site->sp;
	m->fp = site->fp;
	m->needs_fp = s->frame[s->n - 1].needs_fp;
	m->epoch = s->epoch;
	m->node = id;
}

/*
 * A signal handler within capture, or no memory for a state: walk, keep
 * nothing.
 */
static MTR_COLD uint32_t capture_plain(const struct frame *innermost)
{
	struct mtr_stack_end end = { 0 };
	struct frame at = *innermost, outer;
	enum mtr_root root = MTR_ROOT_DEPTH;
	uint64_t pc[MTR_STACK_DEPTH_MAX];
	unsigned int n = 0;
	uint32_t node;

	mtr_stack_enter(&end, at.sp);
	while (n < depth) {
		pc[n++] = at.pc;
		root = step(&at, &end, &outer);
		if (root != MTR_ROOT_NONE)
			break;
		at = outer;
	}
	node = root == MTR_ROOT_NONE ? MTR_ROOT_DEPTH : root;
	while (n > 0)
		node = mtr_depot_intern(node, pc[--n]);
	return node;
}

uint32_t mtr_capture(const struct mtr_site *site)
{
	struct state *s = own;
	uint32_t now = atomic_load_explicit(&epoch, memory_order_acquire);
	struct frame innermost = { .pc = site->pc,
				   .sp = site->sp,
				   .fp = site->fp };
	struct memo *memo = NULL;
	bool sure;
	uint32_t id;

#ifdef __x86_64__
	innermost.ra_at = site->sp - 8;
#endif
	if (unlikely(!s))
		s = state_claim();
	if (unlikely(!s || s->busy))
		return capture_plain(&innermost);
	s->busy = true;
	atomic_signal_fence(memory_order_seq_cst);
	if (memo_is_worth(s)) {
		memo = memo_for(s, site);
		if (memo_holds(memo, site, now)) {
			s->memos_worth += s->memos_worth < MEMOS_WORTH;
			id = memo->node;
			goto done;
		}
		s->memos_worth -= s->memos_worth > -MEMOS_WORTH;
	}
	if (unlikely(s->epoch != now)) {
		s->epoch = now;
		s->n = 0;
	}
	mtr_stack_enter(&s->end, site->sp);
	s->fresh[0] = innermost;
	id = capture_kept(s, &sure);
	if (unlikely(!sure))
		s->n = 0;
	else if (memo)
		memo_set(s, memo, site, id);
done:
	atomic_signal_fence(memory_order_seq_cst);
	s->busy = false;
	return id;
}

uintptr_t mtr_capture_outside(const struct mtr_site *site)
{
	struct mtr_stack_end plain_end = { 0 }, *end = &plain_end;
	struct frame at = { .pc = site->pc, .sp = site->sp, .fp = site->fp };
	struct frame outer;
	struct state *s = own;

	if (unlikely(!s))
		s = state_claim();
	if (likely(s && !s->busy))
		end = &s->end;
	mtr_stack_enter(end, at.sp);
	for (int i = 0; i < INNER_FRAMES; i++) {
		if (step(&at, end, &outer) != MTR_ROOT_NONE)
			break;
		if (!mtr_objects_inner(outer.pc & ~MTR_PC_EXACT))
			return outer.pc & ~MTR_PC_EXACT;
		at = outer;
	}
	return site->pc;
}
