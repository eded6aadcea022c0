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
	uint32_t at;   /* as .words of struct mtr_edges */
};

struct reader {
	const struct mtr_index *x;
	struct mtr_edges *e;
	uint64_t low, span; /* all blocks */
	unsigned flags;
	bool no_memory;
	uint32_t from;
	size_t n; /* of .batch */
	struct word batch[BATCH];
	const struct mtr_index_word *words[BATCH];
};

static bool words_reserve(uint32_t **v, size_t *room, size_t n)
{
	void *at = *v;
	bool ok = mtr_vector_reserve(&at, room, n, sizeof(**v));

	*v = at;
	return ok;
}

static bool reserve(struct reader *r, size_t more)
{
	struct mtr_edges *e = r->e;
	size_t n = e->n + more;

	return words_reserve(&e->to, &e->room, n) &&
	       (!(r->flags & MTR_EDGES_PLACES) ||
		words_reserve(&e->words, &e->words_room, n));
}

static void edge_add(struct reader *r, const struct word *w)
{
	struct mtr_edges *e = r->e;
	uint32_t to = w->to - 1;

	if (to == w->from ||
	    (e->first[w->from + 1] && e->n && e->to[e->n - 1] == to))
		return;
	e->first[w->from + 1]++;
	if (r->flags & MTR_EDGES_PLACES)
		e->words[e->n] = w->at;
	e->to[e->n++] = to;
}

static void flush(struct reader *r)
{
	const struct mtr_index *x = r->x;

	r->no_memory |= !reserve(r, r->n);
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
		    !(r->flags & MTR_EDGES_START_ONLY &&
		      mtr_index_start(x, w->to - 1) != w->value))
			edge_add(r, w);
	}
	r->n = 0;
}

static void take(void *to, uint64_t addr, const unsigned char *at, size_t n)
{
	struct reader *r = to;
	uint64_t first = (addr - r->x->blocks[r->from].addr) / WORD;

	for (size_t i = 0; i < n; i++) {
		uint64_t value = mtr_window_word(at, i) & r->x->pointer;

		if (value - r->low > r->span)
			continue;
		r->batch[r->n++] = (struct word){
			.value = value,
			.from = r->from,
			.at = first + i < MTR_EDGE_FAR ? first + i
						       : MTR_EDGE_FAR,
		};
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
				 const struct mtr_index *x, unsigned flags,
				 struct mtr_edges *ret)
{
	mtr_auto_free struct reader *r = calloc(1, sizeof(*r));
	const struct mtr_block *last = x->n ? &x->blocks[x->n - 1] : NULL;

	*ret = (struct mtr_edges){
		.first = mtr_huge_zeros(x->n + 1, sizeof(*ret->first)),
	};
	if (!r || !ret->first) {
		mtr_edges_fini(ret);
		return mtr_error_nomem();
	}
	r->x = x;
	r->e = ret;
	r->flags = flags;
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
	free(e->words);
	*e = (struct mtr_edges){ 0 };
}
