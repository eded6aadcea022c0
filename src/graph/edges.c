/* SPDX-License-Identifier: MIT */
/*
 * Edges, read block by block. See edges.h for the contract.
 *
 * What may be a pointer, by its upper bits, is looked up in batches, for each
 * look-up is two cache misses in a large heap: one round asks for all words of
 * the index, the next for all blocks.
 */
#include "graph/edges.h"

enum { BATCH = 128, WORD = 8, NEAR = 4096 };

/* A word that may point to a block. */
struct word {
	uint64_t value;
	uint32_t from; /* its block */
	uint32_t to;   /* 1 + the block before it; 0: none */
};

struct reader {
	const struct mtr_index *x;
	struct mtr_edges *e;
	uint64_t low, span; /* all blocks */
	bool start_only, no_memory;
	uint32_t from;
	size_t n; /* of .batch */
	struct word batch[BATCH];
	const struct mtr_index_word *words[BATCH];
};

static bool reserve(struct mtr_edges *e, size_t more)
{
	void *at = e->to;
	bool ok =
		mtr_vector_reserve(&at, &e->room, e->n + more, sizeof(*e->to));

	e->to = at;
	return ok;
}

static void edge_add(struct reader *r, uint32_t from, uint32_t to)
{
	struct mtr_edges *e = r->e;

	if (to == from || (e->first[from + 1] && e->n && e->to[e->n - 1] == to))
		return;
	e->first[from + 1]++;
	e->to[e->n++] = to;
}

static void flush(struct reader *r)
{
	const struct mtr_index *x = r->x;

	r->no_memory |= !reserve(r->e, r->n);
	for (size_t i = 0; i < r->n; i++) {
		struct word *w = &r->batch[i];

		r->words[i] = mtr_index_word(x, w->value, &w->to);
		__builtin_prefetch(r->words[i]);
	}
	for (size_t i = 0; i < r->n; i++) {
		struct word *w = &r->batch[i];

		if (r->words[i])
			w->to = mtr_index_rank(r->words[i], w->value);
		if (w->to)
			__builtin_prefetch(&x->spans[w->to - 1]);
	}
	for (size_t i = 0; i < r->n && !r->no_memory; i++) {
		const struct word *w = &r->batch[i];

		if (w->to && mtr_index_reaches(x, w->to - 1, w->value) &&
		    !(r->start_only &&
		      mtr_index_start(x, w->to - 1) != w->value))
			edge_add(r, w->from, w->to - 1);
	}
	r->n = 0;
}

static void take(void *to, uint64_t addr, const unsigned char *at, size_t n)
{
	struct reader *r = to;

	(void)addr;
	for (size_t i = 0; i < n; i++) {
		uint64_t value = mtr_window_word(at, i);

		if (value - r->low > r->span)
			continue;
		r->batch[r->n++] =
			(struct word){ .value = value, .from = r->from };
		if (r->n == BATCH)
			flush(r);
	}
}

/* The end of what lies close together from block @i on. */
static uint64_t run_end(const struct mtr_index *x, size_t i)
{
	uint64_t start = x->blocks[i].addr, end;

	do {
		end = x->blocks[i].addr + mtr_index_asked(&x->blocks[i]);
		i++;
	} while (i < x->n && x->blocks[i].addr - end < NEAR &&
		 end - start < MTR_WINDOW_BYTES);
	return end;
}

static void blocks_read(struct mtr_window *w, struct reader *r)
{
	const struct mtr_index *x = r->x;
	uint64_t run = 0;

	for (size_t i = 0; i < x->n && !r->no_memory; i++) {
		const struct mtr_block *b = &x->blocks[i];
		uint64_t asked = mtr_index_asked(b);
		const unsigned char *at = NULL;

		r->from = i;
		if (asked < WORD)
			continue;
		if (asked <= MTR_WINDOW_BYTES / 2) {
			if (b->addr + asked > run)
				run = run_end(x, i);
			at = mtr_window_get(w, b->addr, asked, run);
		}
		if (at)
			take(r, b->addr, at, asked / WORD);
		else
			mtr_window_scan(w, b->addr, b->addr + asked, take, r);
	}
	flush(r);
}

struct mtr_error *mtr_edges_read(struct mtr_window *w,
				 const struct mtr_index *x, bool start_only,
				 struct mtr_edges *ret)
{
	mtr_auto_free struct reader *r = calloc(1, sizeof(*r));
	const struct mtr_block *last = x->n ? &x->blocks[x->n - 1] : NULL;

	*ret = (struct mtr_edges){
		.first = calloc(x->n + 1, sizeof(*ret->first)),
	};
	if (!r || !ret->first) {
		mtr_edges_fini(ret);
		return mtr_error_nomem();
	}
	r->x = x;
	r->e = ret;
	r->start_only = start_only;
	if (last) {
		r->low = x->blocks[0].addr;
		r->span = last->addr + mtr_index_asked(last) - r->low;
	}
	blocks_read(w, r);
	for (size_t i = 0; i < x->n; i++)
		ret->first[i + 1] += ret->first[i];
	if (!r->no_memory)
		return NULL;
	mtr_edges_fini(ret);
	return mtr_error_nomem();
}

void mtr_edges_fini(struct mtr_edges *e)
{
	free(e->first);
	free(e->to);
	*e = (struct mtr_edges){ 0 };
}
