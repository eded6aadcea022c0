/* SPDX-License-Identifier: MIT */
/*
 * Two more passes over memory. See hints.h for the contract.
 *
 * The first one is of doubtful roots, for words as they are. The second is of
 * all that is reached, for words that are packed or tagged: these have to be
 * the very address of a block, or any text would do. It looks for the highest
 * byte of the addresses, of which there are few.
 */
#include "graph/hints.h"

#include <string.h>

#include "graph/saved.h"
#include "graph/window.h"

enum {
	WORD = 8,
	TOPS = 16,
	PAGE_BITS = 12,
	SIEVE_BITS = 18, /* 32 KiB: they stay in the cache */
};

#define ADDR_MASK ((UINT64_C(1) << MTR_ADDR_BITS) - 1)

/* The highest byte of an address that is not 0, and how many are below it. */
struct top {
	unsigned char value;
	unsigned below;
};

struct search {
	const struct mtr_graph *g;
	struct mtr_lost_list *v;
	const struct mtr_root_area *root; /* that is looked at */
	struct top tops[TOPS]; /* of lost blocks; of others, if there are more,
				* no packed or tagged pointer is looked for */
	size_t n_tops;
	bool too_many;
	/* a bit for each page that a lost block may lie in, and for others */
	uint64_t sieve[(1 << SIEVE_BITS) / 64];
	uint64_t pages; /* that were put in; of many it has all bits */
};

/* The live block whose bytes asked for have all of the word at @addr. */
static uint32_t block_around(const struct mtr_graph *g, uint64_t addr)
{
	uint32_t b = mtr_index_find(&g->index, addr);

	if (b == MTR_NO_BLOCK ||
	    addr + WORD > mtr_index_start(&g->index, b) +
				  mtr_index_asked(&g->index.blocks[b]))
		return MTR_NO_BLOCK;
	return b;
}

/* The one in whose usable bytes @addr lies, be it in those not asked for. */
static uint32_t block_before(const struct mtr_graph *g, uint64_t addr)
{
	uint32_t next;
	const struct mtr_index_word *w = mtr_index_word(&g->index, addr, &next);

	if (w)
		next = mtr_index_rank(w, addr);
	return next && addr - g->index.blocks[next - 1].addr <
				       g->index.blocks[next - 1].usable
		       ? next - 1
		       : MTR_NO_BLOCK;
}

static void hint(struct search *s, struct mtr_lost *l, enum mtr_hint_kind kind,
		 uint64_t addr, uint32_t block)
{
	l->hint = (struct mtr_hint){
		.kind = kind,
		.place = s->root->place,
		.thread = s->root->thread,
		.block = block,
		.addr = addr,
	};
}

/* The bit of the page that @addr lies in. */
static uint32_t sieve_bit(uint64_t addr)
{
	return (addr >> PAGE_BITS) * UINT64_C(0x9e3779b97f4a7c15) >>
	       (64 - SIEVE_BITS);
}

/* One past its end is still in it. */
static void sieve_add(struct search *s, uint32_t block)
{
	uint64_t start = mtr_index_start(&s->g->index, block);
	uint64_t bytes = mtr_index_asked(&s->g->index.blocks[block]);
	uint64_t pages =
		((start & ((1 << PAGE_BITS) - 1)) + bytes) >> PAGE_BITS;

	s->pages += pages;
	if (s->pages >> SIEVE_BITS) {
		memset(s->sieve, 0xff, sizeof(s->sieve));
		return;
	}
	for (uint64_t i = 0; i <= pages; i++) {
		uint32_t bit = sieve_bit(start + (i << PAGE_BITS));

		s->sieve[bit / 64] |= UINT64_C(1) << bit % 64;
	}
}

/* The entry of the lost block that @word points to, if it has no hint. */
static struct mtr_lost *wanting(const struct search *s, uint64_t word)
{
	uint32_t bit = sieve_bit(word), b;
	struct mtr_lost *l;

	if (!(s->sieve[bit / 64] >> bit % 64 & 1))
		return NULL;
	b = mtr_index_find(&s->g->index, word);
	if (b == MTR_NO_BLOCK || mtr_flood_has(&s->g->reached, b))
		return NULL;
	l = mtr_lost_at(s->v, b);
	return l && l->hint.kind == MTR_HINT_NONE ? l : NULL;
}

static void stale(void *to, uint64_t addr, const unsigned char *at, size_t n)
{
	struct search *s = to;

	for (size_t i = 0; i < n; i++) {
		uint64_t word = mtr_window_word(at, i) & s->g->index.pointer;
		uint64_t where = addr + i * WORD;
		struct mtr_lost *l = word ? wanting(s, word) : NULL;

		if (l && block_around(s->g, where) == MTR_NO_BLOCK)
			hint(s, l, MTR_HINT_STALE, where,
			     block_before(s->g, where));
	}
}

/* A word at @where whose 48 lower bits may be the address of a lost block. */
static void hidden_word(struct search *s, uint64_t where, uint64_t word)
{
	bool aligned = where % WORD == 0, tagged = word >> MTR_ADDR_BITS;
	uint32_t holder = MTR_NO_BLOCK;
	struct mtr_lost *l;

	if (aligned != tagged)
		return;
	word &= ADDR_MASK;
	l = wanting(s, word);
	if (!l || mtr_index_start(&s->g->index, l->block) != word)
		return;
	if (s->root->place == MTR_PLACE_HEAP) {
		holder = block_around(s->g, where);
		if (holder == MTR_NO_BLOCK ||
		    !mtr_flood_has(&s->g->reached, holder))
			return;
	}
	hint(s, l, tagged ? MTR_HINT_TAGGED : MTR_HINT_UNALIGNED, where,
	     holder);
}

static void hidden(void *to, uint64_t addr, const unsigned char *at, size_t n)
{
	const unsigned char *end = at + n * WORD, *found, *from;
	struct search *s = to;
	uint64_t word;

	for (size_t i = 0; i < s->n_tops; i++) {
		const struct top *top = &s->tops[i];

		for (from = at + top->below;
		     from < end &&
		     (found = memchr(from, top->value, (size_t)(end - from)));
		     from = found + 1) {
			const unsigned char *start = found - top->below;

			if (end - start < WORD)
				break;
			memcpy(&word, start, sizeof(word));
			hidden_word(s, addr + (uint64_t)(start - at), word);
		}
	}
}

static void top_add(struct search *s, uint64_t addr)
{
	struct top top = { .below = (63 - __builtin_clzll(addr | 1)) / 8 };

	top.value = addr >> (8 * top.below);
	for (size_t i = 0; i < s->n_tops; i++)
		if (s->tops[i].value == top.value &&
		    s->tops[i].below == top.below)
			return;
	s->too_many |= s->n_tops == TOPS;
	if (s->n_tops < TOPS)
		s->tops[s->n_tops++] = top;
}

static void scan(struct search *s, struct mtr_window *w, bool sure, bool heap,
		 mtr_window_take *take)
{
	const struct mtr_root_list *v = &s->g->roots.list;

	for (size_t i = 0; i < v->n; i++) {
		s->root = &v->at[i];
		if (mtr_place_is_sure(s->root->place) == sure ||
		    (heap && s->root->place == MTR_PLACE_HEAP))
			mtr_window_scan(w, s->root->start, s->root->end, take,
					s);
	}
}

struct mtr_error *mtr_hints_find(const struct mtr_graph *g,
				 struct mtr_lost_list *v)
{
	mtr_cleanup(mtr_window_fini) struct mtr_window w = { 0 };
	mtr_auto_free struct search *s = calloc(1, sizeof(*s));

	if (g->target && mtr_target_kind(g->target) == MTR_TARGET_SNAPSHOT)
		return mtr_hints_load(g, v);
	if (!s)
		return mtr_error_nomem();
	s->g = g;
	s->v = v;
	MTR_TRY(mtr_window_open(g->target, &w));
	for (size_t i = 0; i < v->n; i++) {
		top_add(s, mtr_index_start(&g->index, v->at[i].block));
		sieve_add(s, v->at[i].block);
	}
	if (s->too_many)
		mtr_target_warn(g->target,
				"what is lost lies all over its memory: packed "
				"and tagged pointers are looked for to part of "
				"it only");
	scan(s, &w, false, true, stale);
	scan(s, &w, true, true, hidden);
	return NULL;
}
