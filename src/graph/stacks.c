/* SPDX-License-Identifier: MIT */
/*
 * See stacks.h for the contract.
 */
#include "graph/stacks.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "graph/window.h"

enum {
	RED_ZONE = 128, /* below the stack pointer, and in use */
	WORD = 8,
	PTHREAD_ALIGN = 64,
	PTHREAD_WORDS = 512,	/* more than it has */
	PTHREADS_MAX = 1 << 16, /* that are looked at */
	PTHREAD_DTV = 1,	/* words */
	PTHREAD_SELF = 2,
	PTHREAD_GUARDS = 5, /* of stacks, of pointers */
	PTHREAD_KNOWN = 7,  /* all up to here */
	PAGE = 4096,
	BEHIND = 2 * PAGE, /* it is that near to its stack's end, or nearer */
};

static struct mtr_error *add(struct mtr_root_list *v, uint64_t start,
			     uint64_t end, enum mtr_place place,
			     uint32_t thread)
{
	struct mtr_root_area *slot;

	if (start >= end)
		return NULL;
	slot = mtr_root_list_push(v);
	if (!slot)
		return mtr_error_nomem();
	*slot = (struct mtr_root_area){ start, end, place, thread };
	return NULL;
}

/* --------------------------------------------------------- threads that run */

static struct mtr_error *running(const struct mtr_threads *threads,
				 struct mtr_root_list *ret)
{
	for (size_t i = 0; i < threads->n; i++) {
		const struct mtr_thread *t = &threads->at[i];
		uint64_t used = t->sp < RED_ZONE ? 0 : t->sp - RED_ZONE;

		if (!t->bounded || t->sp < t->stack_start ||
		    t->sp > t->stack_end)
			continue;
		used &= -(uint64_t)WORD;
		if (used < t->stack_start)
			used = t->stack_start;
		MTR_TRY(add(ret, t->stack_start, used, MTR_PLACE_BELOW, i));
		MTR_TRY(add(ret, used, t->stack_end, MTR_PLACE_STACK, i));
	}
	return NULL;
}

/* ---------------------------------------------------- threads that have ended
 */

MTR_VECTOR(addresses, uint64_t);

struct search {
	uint64_t guards[2];
	struct addresses found;
	bool no_memory, too_many;
};

/* True: @at is what a struct pthread at @self begins with. */
static bool is_pthread(const uint64_t at[PTHREAD_KNOWN], uint64_t self)
{
	return at[0] == self && at[PTHREAD_SELF] == self;
}

/* False: no thread has them. The first one is never 0. */
static bool guards_find(struct mtr_target *t, const struct mtr_threads *threads,
			uint64_t ret[2])
{
	for (size_t i = 0; i < threads->n; i++) {
		uint64_t tp = threads->at[i].tp, at[PTHREAD_KNOWN];

		if (mtr_target_read(t, tp, at, sizeof(at)) != sizeof(at) ||
		    !is_pthread(at, tp) || !at[PTHREAD_GUARDS])
			continue;
		memcpy(ret, &at[PTHREAD_GUARDS], 2 * WORD);
		return true;
	}
	return false;
}

/* What points to itself as a struct pthread does. */
static void take(void *to, uint64_t addr, const unsigned char *at, size_t n)
{
	struct search *s = to;
	size_t i = -addr % PTHREAD_ALIGN / WORD;

	for (; i + PTHREAD_KNOWN <= n; i += PTHREAD_ALIGN / WORD) {
		uint64_t self = addr + i * WORD, words[PTHREAD_KNOWN], *slot;

		if (mtr_window_word(at, i) != self)
			continue;
		memcpy(words, at + i * WORD, sizeof(words));
		if (!is_pthread(words, self) ||
		    memcmp(&words[PTHREAD_GUARDS], s->guards,
			   sizeof(s->guards)) != 0)
			continue;
		s->too_many |= s->found.n == PTHREADS_MAX;
		if (s->too_many)
			return;
		slot = addresses_push(&s->found);
		s->no_memory |= !slot;
		if (slot)
			*slot = self;
	}
}

/* The pieces of memory that may have such a stack: *at is the first of @heap
 * that may concern them. */
static void range_search(struct mtr_window *w, const struct mtr_range *r,
			 const struct mtr_areas *heap, size_t *at,
			 struct search *s)
{
	uint64_t from = r->start;

	while (*at < heap->n && heap->at[*at].end <= from)
		++*at;
	for (size_t i = *at; i < heap->n && heap->at[i].start < r->end; i++) {
		if (heap->at[i].start > from)
			mtr_window_scan(w, from, heap->at[i].start, take, s);
		if (heap->at[i].end > from)
			from = heap->at[i].end;
	}
	if (from < r->end)
		mtr_window_scan(w, from, r->end, take, s);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static struct mtr_error *pointers_of(const struct mtr_threads *threads,
				     struct addresses *ret)
{
	for (size_t i = 0; i < threads->n; i++) {
		uint64_t *slot = addresses_push(ret);

		if (!slot)
			return mtr_error_nomem();
		*slot = threads->at[i].tp;
	}
	if (ret->n)
		qsort(ret->at, ret->n, sizeof(*ret->at), by_value);
	return NULL;
}

/*
 * The stack that @self lies at the end of: two words of it, a start and a size,
 * of whole pages. The tightest such pair counts.
 */
static bool stack_around(struct mtr_target *t, uint64_t self,
			 const struct mtr_range *r, struct mtr_area *ret)
{
	uint64_t words[PTHREAD_WORDS], best = UINT64_MAX;
	size_t n = mtr_target_read(t, self, words, sizeof(words)) / WORD;

	for (size_t i = 0; i + 1 < n; i++) {
		uint64_t start = words[i], bytes = words[i + 1];

		if (bytes >= best || start >= self || start % PAGE ||
		    bytes % PAGE || bytes <= self - start ||
		    bytes - (self - start) > BEHIND || bytes > r->end - start)
			continue;
		best = bytes;
		*ret = (struct mtr_area){ start, start + bytes };
	}
	return best != UINT64_MAX;
}

static struct mtr_error *ended_add(struct mtr_target *t, uint64_t self,
				   struct mtr_root_list *ret)
{
	const struct mtr_range *r = mtr_target_find(t, self);
	uint64_t table = self + PTHREAD_DTV * WORD;
	struct mtr_area a;

	if (!r || !stack_around(t, self, r, &a))
		return NULL;
	if (a.start < r->start) /* its guard */
		a.start = r->start;
	/* the table's own word is left to be sure */
	MTR_TRY(add(ret, a.start, table, MTR_PLACE_ENDED, 0));
	return add(ret, table + WORD, a.end, MTR_PLACE_ENDED, 0);
}

static struct mtr_error *found_add(struct mtr_target *t,
				   const struct mtr_threads *threads,
				   const struct search *s,
				   struct mtr_root_list *ret)
{
	mtr_cleanup(addresses_fini) struct addresses tps = { 0 };

	MTR_TRY(pointers_of(threads, &tps));
	for (size_t i = 0; i < s->found.n; i++)
		if (!tps.n || !bsearch(&s->found.at[i], tps.at, tps.n,
				       sizeof(*tps.at), by_value))
			MTR_TRY(ended_add(t, s->found.at[i], ret));
	return NULL;
}

static struct mtr_error *ended(struct mtr_target *t,
			       const struct mtr_threads *threads,
			       const struct mtr_areas *heap,
			       struct mtr_root_list *ret)
{
	mtr_cleanup(mtr_window_fini) struct mtr_window w = { 0 };
	const struct mtr_ranges *v = mtr_target_ranges(t);
	struct mtr_error *error;
	struct search s = { 0 };
	size_t at = 0;

	if (!guards_find(t, threads, s.guards))
		return NULL;
	MTR_TRY(mtr_window_open(t, &w));
	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_range *r = &v->at[i];

		if (r->readable && !r->path && r->prot & MTR_PROT_WRITE)
			range_search(&w, r, heap, &at, &s);
	}
	if (s.too_many)
		mtr_target_warn(t,
				"more than %d stacks of threads that have "
				"ended: those behind %#" PRIx64 " are taken to "
				"be in use",
				PTHREADS_MAX, s.found.at[PTHREADS_MAX - 1]);
	error = s.no_memory ? mtr_error_nomem()
			    : found_add(t, threads, &s, ret);
	addresses_fini(&s.found);
	return error;
}

struct mtr_error *mtr_thread_stacks_find(struct mtr_target *t,
					 const struct mtr_threads *threads,
					 const struct mtr_areas *heap,
					 struct mtr_root_list *ret)
{
	MTR_TRY(running(threads, ret));
	/* without a thread nothing tells a stack in use from another */
	if (mtr_target_machine(t) != EM_X86_64 || !threads->n ||
	    mtr_target_threads_missing(t))
		return NULL;
	return ended(t, threads, heap, ret);
}
