/* SPDX-License-Identifier: MIT */
/*
 * See extents.h for the contract. glibc's chunks: the word before a block is
 * its chunk's size, with flags in the lowest three bits.
 */
#include "graph/extents.h"

#include <string.h>

enum {
	HEADER = 16, /* of a chunk, before its block */
	MMAPPED = 2,
	OTHER_ARENA = 4,
	FLAGS = 7,
	ARENA_HEAP = 64 << 20, /* HEAP_MAX_SIZE: its size and alignment */
	PAGE = 4096,
	PIECE = 1 << 20, /* of the main arena, where brk fails, at least */
};

/* Its segments are no farther apart than pages of any machine are large; what
 * of the file is mapped elsewhere it has as data. */
#define SEGMENT_GAP (UINT64_C(4) << 20)

/* The kernel leaves up to a GiB between the program and what brk(2) gives. */
#define BRK_GAP (UINT64_C(2) << 30)

struct finder {
	struct mtr_target *t;
	struct mtr_areas *areas;
	uint64_t exe_end;     /* of its last segment; 0: not known */
	uint64_t first_named; /* the lowest address that a file is mapped at */
	uint64_t brk; /* where the mapping begins that brk(2) gave; 0: it was
		       * not seen yet */
	size_t piece; /* 1 + the last area that is such a piece of it */
	bool no_memory;
};

static int by_start(const void *a, const void *b)
{
	const struct mtr_area *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void mtr_areas_join(struct mtr_areas *v)
{
	size_t n = 0;

	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_start);
	for (size_t i = 0; i < v->n; i++) {
		struct mtr_area a = v->at[i];

		if (n && a.start <= v->at[n - 1].end) {
			if (a.end > v->at[n - 1].end)
				v->at[n - 1].end = a.end;
			continue;
		}
		if (a.start < a.end)
			v->at[n++] = a;
	}
	v->n = n;
}

/* Grows the last one, if it begins in there. */
static void add(struct finder *f, uint64_t start, uint64_t end)
{
	struct mtr_area *last =
		f->areas->n ? &f->areas->at[f->areas->n - 1] : NULL;
	struct mtr_area *slot;

	if (last && start >= last->start && start <= last->end) {
		if (end > last->end)
			last->end = end;
		return;
	}
	slot = mtr_areas_push(f->areas);
	f->no_memory |= !slot;
	if (slot)
		*slot = (struct mtr_area){ start, end };
}

static bool is_known(const struct finder *f, const struct mtr_block *b)
{
	const struct mtr_area *last =
		f->areas->n ? &f->areas->at[f->areas->n - 1] : NULL;

	return last && b->addr >= last->start &&
	       b->addr + b->usable <= last->end;
}

/* struct heap_info: its arena, the one before, its size. */
static void arena_heap(struct finder *f, const struct mtr_block *b)
{
	uint64_t start = b->addr & -(uint64_t)ARENA_HEAP;
	uint64_t end = b->addr + b->usable;
	uint64_t info[3];

	if (mtr_target_read(f->t, start, info, sizeof(info)) == sizeof(info) &&
	    info[0] && info[2] <= ARENA_HEAP && info[2] % PAGE == 0 &&
	    start + info[2] >= end)
		add(f, start, start + info[2]);
	else
		add(f, b->addr - HEADER, end);
}

static void named_find(struct finder *f)
{
	const struct mtr_ranges *v = mtr_target_ranges(f->t);
	const char *exe = mtr_target_exe(f->t);

	f->first_named = UINT64_MAX;
	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_range *r = &v->at[i];

		if (!r->path)
			continue;
		if (f->first_named == UINT64_MAX)
			f->first_named = r->start;
		if (exe && strcmp(r->path, exe) == 0 &&
		    (!f->exe_end || r->start - f->exe_end < SEGMENT_GAP))
			f->exe_end = r->end;
	}
}

/* In a core nothing tells but where it is: right behind the program or, if that
 * was started by way of the dynamic linker, before all that has a name. */
static bool is_brk(const struct finder *f, const struct mtr_range *r)
{
	if (mtr_target_kind(f->t) == MTR_TARGET_LIVE)
		return r->path && strcmp(r->path, "[heap]") == 0;
	if (!f->exe_end || r->start < f->first_named)
		return true;
	return f->exe_end <= r->start && r->start - f->exe_end < BRK_GAP;
}

/*
 * The main arena is what brk(2) gives: of that all is heap, as the program's
 * own variables right before it are known otherwise. Where brk fails glibc maps
 * pieces elsewhere, which may lie beside anything: of them no more is taken
 * than from one block to the next.
 */
static void main_arena(struct finder *f, const struct mtr_block *b)
{
	const struct mtr_range *r = mtr_target_find(f->t, b->addr);
	uint64_t start = b->addr - HEADER, last;

	if (r && !f->brk && is_brk(f, r))
		f->brk = r->start;
	if (r && r->start == f->brk) {
		add(f, r->start, r->end);
		return;
	}
	if (f->piece && f->piece == f->areas->n) {
		last = f->areas->at[f->piece - 1].end;
		if (r && last > r->start && start - last < PIECE)
			start = last;
	}
	add(f, start, b->addr + b->usable);
	f->piece = f->areas->n;
}

static void chunk(struct finder *f, const struct mtr_block *b)
{
	uint64_t word, size, end = b->addr + b->usable;

	if (b->addr < HEADER)
		return;
	if (mtr_target_read(f->t, b->addr - 8, &word, sizeof(word)) !=
	    sizeof(word))
		word = 0; /* it is not there */
	size = word & ~(uint64_t)FLAGS;
	if (size != b->usable + 8)
		/* mmapped, up to glibc 2.42, or overwritten */
		add(f, b->addr - HEADER, end);
	else if (word & MMAPPED)
		add(f, b->addr - HEADER, end + 8);
	else if (word & OTHER_ARENA)
		arena_heap(f, b);
	else
		main_arena(f, b);
}

static void mapping(struct finder *f, const struct mtr_block *b)
{
	const struct mtr_range *r = mtr_target_find(f->t, b->addr);

	if (r)
		add(f, r->start, r->end);
}

/* ------------------------------------------------------ jemalloc's own memory
 */

/*
 * Where jemalloc keeps what it knows of its pages, and with that their
 * addresses, there may be no block. Such memory begins at a multiple of 2 MiB
 * with its size, which is one as well, the address of another such piece, a
 * word, and what is left of it: where that begins, and its size.
 */
#define JEMALLOC_BASE (UINT64_C(2) << 20)

/* The size of such a piece at @at; 0: there is none. */
static uint64_t base_size(const struct finder *f, uint64_t at)
{
	uint64_t w[5];

	if (mtr_target_read(f->t, at, w, sizeof(w)) != sizeof(w) || !w[0] ||
	    w[0] % JEMALLOC_BASE || w[0] > UINT64_MAX - at || w[3] <= at ||
	    w[3] > at + w[0] || w[4] != at + w[0] - w[3])
		return 0;
	return w[0];
}

static void bases_in(struct finder *f, const struct mtr_range *r)
{
	uint64_t at = (r->start + JEMALLOC_BASE - 1) & -JEMALLOC_BASE;

	while (at >= r->start && at < r->end && !f->no_memory) {
		uint64_t data = mtr_target_data(f->t, at, r->end);
		uint64_t size;

		if (data >= r->end)
			return;
		at = data & -JEMALLOC_BASE;
		size = base_size(f, at);
		if (size)
			add(f, at, size < r->end - at ? at + size : r->end);
		at += JEMALLOC_BASE;
	}
}

static void bases_find(struct finder *f)
{
	const struct mtr_ranges *v = mtr_target_ranges(f->t);

	for (size_t i = 0; i < v->n; i++)
		if ((!v->at[i].path ||
		     strncmp(v->at[i].path, "[anon:", 6) == 0) &&
		    v->at[i].readable)
			bases_in(f, &v->at[i]);
}

struct mtr_error *mtr_extents_find(struct mtr_target *t,
				   const struct mtr_heap *heap,
				   struct mtr_areas *ret)
{
	bool chunks = heap->descriptor.flags & MTR_FLAG_CHUNKS;
	struct finder f = { .t = t, .areas = ret };

	*ret = (struct mtr_areas){ 0 };
	named_find(&f);
	for (size_t i = 0; i < heap->blocks.n && !f.no_memory; i++) {
		const struct mtr_block *b = &heap->blocks.at[i];

		if (is_known(&f, b))
			continue;
		if (chunks)
			chunk(&f, b);
		else
			mapping(&f, b);
	}
	if (!chunks)
		bases_find(&f);
	if (f.no_memory) {
		mtr_areas_fini(ret);
		return mtr_error_nomem();
	}
	mtr_areas_join(ret);
	return NULL;
}
