/* SPDX-License-Identifier: MIT */
/*
 * See root_place.h for the contract.
 */
#include "report/root_place.h"

#include <elf.h>
#include <inttypes.h>

/* ------------------------------------------------- threads' own variables */

static int by_start(const void *a, const void *b)
{
	const struct mtr_root_block *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static struct mtr_error *block_add(struct mtr_root_places *p,
				   const struct mtr_root_block *b)
{
	struct mtr_root_block *slot = mtr_root_blocks_push(&p->own);

	if (!slot)
		return mtr_error_nomem();
	*slot = *b;
	return NULL;
}

/*
 * What libc has of a thread, struct pthread, is where the thread pointer
 * points to, or ends 16 bytes behind that (AArch64). How large it is depends
 * on the version: there is nothing else in its page that would have a name.
 */
static struct mtr_error *libc_add(struct mtr_root_places *p,
				  const struct mtr_thread *t)
{
	enum { BEFORE = 2048, BEHIND = 16, BYTES = 2304 };
	struct mtr_root_block b = { .thread = t };

	if (mtr_target_machine(p->s->target) == EM_AARCH64) {
		b.start = t->tp < BEFORE ? 0 : t->tp - BEFORE;
		b.end = t->tp + BEHIND;
	} else {
		b.start = t->tp;
		b.end = t->tp + BYTES;
	}
	return b.end > b.start ? block_add(p, &b) : NULL;
}

/*
 * Threads times modules may be more than there is memory: then the variables of
 * the last ones have the names of what they lie in.
 */
static struct mtr_error *thread_add(struct mtr_root_places *p,
				    const struct mtr_thread *t)
{
	enum { MOST = 1 << 20 };
	struct mtr_tls_blocks v = { 0 };
	struct mtr_error *error = NULL;

	if (!t->tp)
		return NULL;
	if (p->s->symbols && p->own.n < MOST)
		error = mtr_symbols_tls_blocks(p->s->symbols, t->tp, &v);
	for (size_t i = 0; i < v.n && !error; i++)
		error = block_add(
			p, &(struct mtr_root_block){ .start = v.at[i].start,
						     .end = v.at[i].end,
						     .module = v.at[i].module,
						     .thread = t });
	mtr_tls_blocks_fini(&v);
	return error ? error : libc_add(p, t);
}

struct mtr_error *mtr_root_places_init(const struct mtr_heap_view *s,
				       const struct mtr_roots *roots,
				       struct mtr_root_places *ret)
{
	struct mtr_error *error = NULL;

	*ret = (struct mtr_root_places){ .s = s, .roots = roots };
	for (size_t i = 0; i < roots->threads->n && !error; i++)
		error = thread_add(ret, &roots->threads->at[i]);
	if (error)
		mtr_root_places_fini(ret);
	else if (ret->own.n)
		qsort(ret->own.at, ret->own.n, sizeof(*ret->own.at), by_start);
	return error;
}

void mtr_root_places_fini(struct mtr_root_places *p)
{
	mtr_root_blocks_fini(&p->own);
	*p = (struct mtr_root_places){ 0 };
}

/* The first block that ends behind @addr, or NULL. */
static const struct mtr_root_block *
block_behind(const struct mtr_root_blocks *v, uint64_t addr)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->at[middle].end <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low < v->n ? &v->at[low] : NULL;
}

/* ------------------------------------------------------------- the places */

/*
 * The answer is that for all of a variable, of whose size a file says what it
 * likes, in [@low, @high).
 */
static void hold(struct mtr_root_places *p, uint64_t start, uint64_t size,
		 uint64_t low, uint64_t high)
{
	p->start = start > low ? start : low;
	p->end = start < high && size < high - start ? start + size : high;
}

static struct mtr_error *find_own(struct mtr_root_places *p, uint64_t addr,
				  const struct mtr_root_block *b)
{
	struct mtr_data d = { 0 };

	p->last = (struct mtr_root_place){ .kind = MTR_AT_STORAGE,
					   .thread = b->thread };
	p->start = b->start;
	p->end = b->end;
	if (!b->module)
		return NULL;
	MTR_TRY(mtr_symbols_tls(p->s->symbols, b->module, addr - b->start, &d));
	p->start = addr;
	p->end = addr + 1;
	if (!d.name)
		return NULL;
	p->last.kind = MTR_AT_OWN;
	p->last.name = d.name;
	p->last.module = d.module;
	p->last.start = b->start + d.start;
	hold(p, p->last.start, d.size, b->start, b->end);
	return NULL;
}

static struct mtr_error *find_data(struct mtr_root_places *p, uint64_t addr,
				   const struct mtr_root_area *area)
{
	struct mtr_data d = { 0 };

	if (p->s->symbols)
		MTR_TRY(mtr_symbols_data(p->s->symbols, addr, &d));
	p->last = (struct mtr_root_place){ .kind = MTR_AT_DATA,
					   .module = d.module };
	p->start = addr;
	p->end = addr + 1;
	if (!d.name)
		return NULL;
	p->last.kind = MTR_AT_GLOBAL;
	p->last.name = d.name;
	p->last.start = d.start;
	hold(p, d.start, d.size, area->start, area->end);
	return NULL;
}

static void find_mapping(struct mtr_root_places *p, uint64_t addr)
{
	const struct mtr_range *r =
		p->s->target ? mtr_target_find(p->s->target, addr) : NULL;

	p->last = (struct mtr_root_place){ .kind = MTR_AT_MAPPING };
	if (!r)
		return;
	p->last.name = r->path;
	p->last.start = r->start;
}

static void find_stack(struct mtr_root_places *p, uint32_t thread)
{
	p->last = (struct mtr_root_place){
		.kind = MTR_AT_STACK,
		.thread = thread < p->roots->threads->n
				  ? &p->roots->threads->at[thread]
				  : NULL,
	};
}

static struct mtr_error *find(struct mtr_root_places *p, uint64_t addr)
{
	const struct mtr_root_block *b = block_behind(&p->own, addr);
	const struct mtr_root_area *area = mtr_roots_at(p->roots, addr);

	if (b && b->start <= addr)
		return find_own(p, addr, b);
	p->start = addr;
	p->end = addr + 1;
	if (area && area->place == MTR_PLACE_DATA)
		return find_data(p, addr, area);
	/* up to where a thread's variables begin */
	p->end = area ? area->end : addr + 1;
	if (b && b->start < p->end)
		p->end = b->start;
	if (area && area->place == MTR_PLACE_STACK)
		find_stack(p, area->thread);
	else
		find_mapping(p, addr);
	return NULL;
}

struct mtr_error *mtr_root_places_find(struct mtr_root_places *p,
				       const struct mtr_ref *ref,
				       struct mtr_root_place *ret)
{
	struct mtr_error *error = NULL;

	if (!ref->addr) {
		p->start = p->end = 0;
		find_stack(p, ref->thread);
	} else if (ref->addr < p->start || ref->addr >= p->end) {
		error = find(p, ref->addr);
	}
	*ret = p->last;
	return error;
}

/* --------------------------------------------------------------- the names */

void mtr_root_thread_name(struct mtr_strbuf *b, const struct mtr_thread *t)
{
	if (!t)
		return;
	mtr_strbuf_printf(b, " of thread %d", t->tid);
	if (*t->name)
		mtr_strbuf_printf(b, " (%s)", t->name);
}

void mtr_root_place_name(struct mtr_strbuf *b,
			 const struct mtr_root_place *place)
{
	switch (place->kind) {
	case MTR_AT_GLOBAL:
	case MTR_AT_OWN:
		mtr_strbuf_add(b, place->name);
		break;
	case MTR_AT_DATA:
		mtr_strbuf_add(b, "variables without a name");
		break;
	case MTR_AT_STORAGE:
		mtr_strbuf_add(b, "thread-local storage");
		break;
	case MTR_AT_MAPPING:
		if (place->name)
			mtr_strbuf_add(b, place->name);
		else
			mtr_strbuf_printf(b, "anonymous mapping at %#" PRIx64,
					  place->start);
		break;
	case MTR_AT_STACK:
		mtr_strbuf_add(b, "stack");
		break;
	}
	mtr_root_thread_name(b, place->thread);
}
