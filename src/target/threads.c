/* SPDX-License-Identifier: MIT */
/*
 * Threads: their registers, whatever the machine, and their stacks. See
 * threads.h.
 */
#include "target/threads.h"

#include <elf.h>
#include <string.h>

#include "target/threads_impl.h"

/* Where in the kernel's order; the thread pointer may be elsewhere: -1. */
struct machine {
	int number;
	int general, pc, sp, tp;
};

static const struct machine machines[] = {
	{ EM_X86_64, 27, 16, 19, 21 }, /* ... rip, rsp, fs_base */
	{ EM_AARCH64, 34, 32, 31, -1 },
};

static const struct machine *machine_of(int number)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (machines[i].number == number)
			return &machines[i];
	return NULL;
}

size_t mtr_general_bytes(int machine)
{
	const struct machine *m = machine_of(machine);

	return m ? m->general * sizeof(uint64_t) : 0;
}

bool mtr_thread_more(struct mtr_thread *t, const void *from, size_t bytes)
{
	size_t n = bytes / sizeof(*t->words);
	uint64_t *words;

	if (!n)
		return true;
	words = reallocarray(t->words, t->n_words + n, sizeof(*words));
	if (!words)
		return false;
	memcpy(words + t->n_words, from, n * sizeof(*words));
	t->words = words;
	t->n_words += n;
	return true;
}

struct mtr_thread *mtr_thread_add(struct mtr_threads *v, int machine, int tid,
				  const void *from)
{
	const struct machine *m = machine_of(machine);
	struct mtr_thread *t = mtr_threads_push(v);

	if (!t)
		return NULL;
	*t = (struct mtr_thread){ .tid = tid };
	if (!mtr_thread_more(t, from, m->general * sizeof(*t->words))) {
		v->n--;
		return NULL;
	}
	t->general = m->general;
	t->pc = t->words[m->pc];
	t->sp = t->words[m->sp];
	t->tp = m->tp < 0 ? 0 : t->words[m->tp];
	return t;
}

void mtr_threads_destroy(struct mtr_threads *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->at[i].words);
	mtr_threads_fini(v);
}

/* ----------------------------------------------------------------- stacks */

/*
 * Is [@start, @start + @bytes) a stack that @t is on, with its own data at the
 * end? Both are in the mapping @r.
 */
static bool is_its_stack(const struct mtr_thread *t, const struct mtr_range *r,
			 uint64_t start, uint64_t bytes)
{
	return bytes && bytes <= UINT64_MAX - start && t->sp >= start &&
	       t->sp - start < bytes && t->tp >= start &&
	       t->tp - start < bytes && start + bytes <= r->end;
}

/*
 * What pthreads know of a stack they made lies beside the thread pointer: its
 * start and its size, in two words next to each other. Where, depends on the
 * version of the C library; that both the stack pointer and the thread pointer
 * lie in it does not. The tightest pair counts.
 */
static bool pthread_stack(struct mtr_target *target, struct mtr_thread *t)
{
	enum { AROUND = 4096 / sizeof(uint64_t) };
	uint64_t words[2 * AROUND], best = UINT64_MAX;
	uint64_t at = (t->tp & -(uint64_t)sizeof(*words)) - sizeof(words) / 2;
	const struct mtr_range *r = mtr_target_find(target, t->sp);
	size_t n;

	/* the main thread's data is elsewhere */
	if (!r || t->tp < sizeof(words) || t->tp < r->start || t->tp >= r->end)
		return false;
	n = mtr_target_read(target, at, words, sizeof(words)) / sizeof(*words);
	if (n < AROUND) { /* it may begin with the thread pointer's page */
		at += sizeof(words) / 2;
		n = mtr_target_read(target, at, words, sizeof(words) / 2) /
		    sizeof(*words);
	}
	for (size_t i = 0; i + 1 < n; i++) {
		if (words[i + 1] >= best ||
		    !is_its_stack(t, r, words[i], words[i + 1]))
			continue;
		best = words[i + 1];
		t->stack_start = words[i];
		t->stack_end = words[i] + best;
	}
	t->bounded = best != UINT64_MAX;
	return t->bounded;
}

/* The mapping that it is in: the main thread's stack, a coroutine's. */
static void mapped_stack(struct mtr_target *target, struct mtr_thread *t)
{
	const struct mtr_range *r = mtr_target_find(target, t->sp);

	/* an empty stack's pointer is its end */
	if (!r && t->sp)
		r = mtr_target_find(target, t->sp - 1);
	if (!r)
		return;
	t->stack_start = r->start;
	t->stack_end = r->end;
	/* the kernel puts the program's name at the main stack's end */
	t->bounded = (r->path && strcmp(r->path, "[stack]") == 0) ||
		     (target->auxv.execfn >= r->start &&
		      target->auxv.execfn < r->end);
}

static void stacks_find(struct mtr_target *target, struct mtr_threads *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (!pthread_stack(target, &v->at[i]))
			mapped_stack(target, &v->at[i]);
}

/* What the target said of its threads, which are there unless @error. */
static struct mtr_error *threads_taken(struct mtr_target *t,
				       struct mtr_error *error)
{
	if (error) {
		mtr_threads_destroy(&t->threads);
		return error;
	}
	stacks_find(t, &t->threads);
	t->threads_known = true;
	return NULL;
}

struct mtr_error *mtr_target_threads(struct mtr_target *t,
				     const struct mtr_threads **ret)
{
	*ret = &t->threads;
	if (t->threads_known || !t->ops->threads)
		return NULL;
	return threads_taken(t, t->ops->threads(t, &t->threads));
}

uint64_t mtr_target_threads_missing(const struct mtr_target *t)
{
	return t->threads_missing;
}

struct mtr_error *mtr_target_stop(struct mtr_target *t)
{
	if (!t->ops->stop || t->hold.pid)
		return NULL;
	mtr_threads_destroy(&t->threads);
	t->threads_known = false;
	return threads_taken(t, t->ops->stop(t, &t->threads));
}

struct mtr_error *mtr_target_resume(struct mtr_target *t)
{
	return t->hold.pid && t->ops->resume ? t->ops->resume(t) : NULL;
}
