/* SPDX-License-Identifier: MIT */
/*
 * The first words of all blocks. See types.h for the contract.
 *
 * Blocks lie close together: they are read in pieces of memory, or looked at in
 * place. Most first words are no pointer into a module; of those that are, few
 * are distinct.
 */
#include "snapshot/types.h"

#include <string.h>

#include "base/map.h"
#include "base/pack.h"
#include "format/saved.h"
#include "symbols/types.h"

enum {
	PIECE = 1 << 16, /* bytes that are read at once */
	GAP = 1 << 10,	 /* and between two blocks that are read along */
	PIECES = 64,	 /* in a call */
	WINDOW = 1 << 26,
};

struct word_type {
	uint64_t word;
	uint32_t type;
};

static uint64_t word_hash(uint64_t word)
{
	return mtr_hash_number(word, 0);
}

static bool word_is(const struct word_type *w, uint64_t word)
{
	return w->word == word;
}

MTR_MAP(word_types, struct word_type, uint64_t, word_hash, word_is);

struct finder {
	struct mtr_target *t;
	struct mtr_symbols *symbols;
	const struct mtr_heap *heap;
	struct mtr_types *types;
	struct word_types known;
	struct mtr_ranges modules;   /* by address */
	uint64_t gap_start, gap_end; /* between two of them: the last miss */
};

/* ----------------------------------------------------------------- modules */

static struct mtr_error *list_modules(struct finder *f)
{
	const struct mtr_ranges *rs = mtr_target_ranges(f->t);

	for (size_t i = 0; i < rs->n; i++) {
		struct mtr_range *r;

		if (!mtr_symbols_module(f->symbols, rs->at[i].start))
			continue;
		r = mtr_ranges_push(&f->modules);
		if (!r)
			return mtr_error_nomem();
		*r = rs->at[i];
	}
	return NULL;
}

/* Does @word point into a module? Blocks of a list all point elsewhere. */
static bool in_module(struct finder *f, uint64_t word)
{
	const struct mtr_ranges *v = &f->modules;
	size_t low = 0, high = v->n;

	if (word - f->gap_start < f->gap_end - f->gap_start)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->at[middle].start <= word)
			low = middle + 1;
		else
			high = middle;
	}
	if (low && word < v->at[low - 1].end)
		return true;
	f->gap_start = low ? v->at[low - 1].end : 0;
	f->gap_end = low < v->n ? v->at[low].start : UINT64_MAX;
	return false;
}

/* ------------------------------------------------------------------- types */

static struct mtr_error *type_new(struct finder *f, uint64_t word,
				  uint32_t *ret)
{
	const char *name, **slot;

	*ret = 0;
	MTR_TRY(mtr_symbols_class(f->symbols, word, &name));
	if (!name)
		return NULL;
	slot = mtr_type_names_push(&f->types->names);
	if (!slot)
		return mtr_error_nomem();
	*slot = name;
	*ret = f->types->names.n - 1;
	return NULL;
}

static struct mtr_error *take(struct finder *f, size_t block, uint64_t word)
{
	struct word_type *known;
	bool is_new;

	if (word % sizeof(word) || !in_module(f, word))
		return NULL;
	known = word_types_put(&f->known, word, &is_new);
	if (!known)
		return mtr_error_nomem();
	if (is_new) {
		known->word = word;
		MTR_TRY(type_new(f, word, &known->type));
	}
	f->types->of[block] = known->type;
	return NULL;
}

/* ------------------------------------------------------------------- words */

/* Is the first word one that was asked for? */
static bool has_word(const struct mtr_block *b)
{
	return b->size >= sizeof(uint64_t);
}

/* As long as @addr is within reach it is looked at in place. */
struct window {
	uint64_t start, end;
	const unsigned char *at;
};

static void window_move(struct finder *f, uint64_t addr, struct window *w)
{
	const struct mtr_range *r = mtr_target_find(f->t, addr);
	uint64_t bytes = r ? r->end - addr : 0;

	*w = (struct window){ addr, addr, NULL };
	bytes = bytes < WINDOW ? bytes : WINDOW;
	w->at = bytes ? mtr_target_peek(f->t, addr, bytes) : NULL;
	if (w->at)
		w->end = addr + bytes;
}

static struct mtr_error *look_in_place(struct finder *f)
{
	const struct mtr_blocks *v = &f->heap->blocks;
	struct window w = { 0 };

	for (size_t i = 0; i < v->n; i++) {
		uint64_t addr = v->at[i].addr, word;

		if (!has_word(&v->at[i]))
			continue;
		if (addr < w.start || addr + sizeof(word) > w.end)
			window_move(f, addr, &w);
		if (w.at && w.end - addr >= sizeof(word))
			memcpy(&word, w.at + (addr - w.start), sizeof(word));
		else if (mtr_target_read(f->t, addr, &word, sizeof(word)) !=
			 sizeof(word))
			continue;
		MTR_TRY(take(f, i, word));
	}
	return NULL;
}

/* Behind the last one that is read together with the @first. */
static size_t piece_end(const struct mtr_blocks *v, size_t first)
{
	size_t i = first + 1;

	while (i < v->n && v->at[i].addr - v->at[i - 1].addr < GAP &&
	       v->at[i].addr - v->at[first].addr < PIECE)
		i++;
	return i;
}

/* A page of a piece may be gone, and yet a block behind it be there. */
static struct mtr_error *take_piece(struct finder *f, size_t first, size_t end,
				    const unsigned char *at, size_t bytes)
{
	const struct mtr_blocks *v = &f->heap->blocks;

	for (size_t i = first; i < end; i++) {
		uint64_t offset = v->at[i].addr - v->at[first].addr, word;

		if (!has_word(&v->at[i]))
			continue;
		if (offset + sizeof(word) <= bytes)
			memcpy(&word, at + offset, sizeof(word));
		else if (mtr_target_read(f->t, v->at[i].addr, &word,
					 sizeof(word)) != sizeof(word))
			continue;
		MTR_TRY(take(f, i, word));
	}
	return NULL;
}

/* Pieces that a single call reads. */
struct batch {
	struct mtr_read read[PIECES];
	size_t first[PIECES + 1], n;
	unsigned char bytes[PIECES][PIECE + sizeof(uint64_t)];
};

static struct mtr_error *batch_take(struct finder *f, struct batch *b)
{
	mtr_target_read_many(f->t, b->read, b->n);
	for (size_t i = 0; i < b->n; i++) {
		size_t bytes = b->read[i].bytes;

		if (!b->read[i].done)
			bytes = mtr_target_read(f->t, b->read[i].addr,
						b->bytes[i], bytes);
		MTR_TRY(take_piece(f, b->first[i], b->first[i + 1], b->bytes[i],
				   bytes));
	}
	b->n = 0;
	return NULL;
}

static struct mtr_error *read_pieces(struct finder *f)
{
	mtr_auto_free struct batch *b = malloc(sizeof(*b));
	const struct mtr_blocks *v = &f->heap->blocks;

	if (!b)
		return mtr_error_nomem();
	b->n = 0;
	for (size_t i = 0; i < v->n;) {
		size_t end = piece_end(v, i);

		b->read[b->n] = (struct mtr_read){
			.addr = v->at[i].addr,
			.to = b->bytes[b->n],
			.bytes = v->at[end - 1].addr - v->at[i].addr +
				 sizeof(uint64_t),
		};
		b->first[b->n++] = i;
		b->first[b->n] = i = end;
		if (b->n == PIECES)
			MTR_TRY(batch_take(f, b));
	}
	return batch_take(f, b);
}

/* ---------------------------------------------------------------- the whole */

/* The names live as long as the target. */
static struct mtr_error *load(struct finder *f)
{
	struct mtr_types *types = f->types;
	size_t bytes, n, blocks = f->heap->blocks.n;
	struct mtr_packed c;
	const void *at;

	MTR_TRY(mtr_target_part(f->t, MTR_SAVED_TYPES, &at, &bytes));
	if (!at) {
		mtr_target_warn(f->t, "the snapshot does not say of what class "
				      "blocks are");
		return NULL;
	}
	c = mtr_packed_begin(at, bytes);
	n = mtr_packed_number(&c);
	if (!n || n - 1 > (size_t)(c.end - c.at))
		return mtr_part_senseless(MTR_SAVED_TYPES);
	if (!mtr_type_names_reserve(&types->names, n))
		return mtr_error_nomem();
	while (types->names.n < n)
		types->names.at[types->names.n++] = mtr_packed_text(&c);
	if (mtr_packed_number(&c) != blocks)
		return mtr_part_senseless(MTR_SAVED_TYPES);
	for (size_t i = 0; i < blocks; i++)
		types->of[i] = (uint32_t)mtr_packed_below(&c, n);
	return c.bad ? mtr_part_senseless(MTR_SAVED_TYPES) : NULL;
}

static struct mtr_error *find(struct finder *f)
{
	const char **none = mtr_type_names_push(&f->types->names);

	f->types->of = calloc(f->heap->blocks.n + 1, sizeof(*f->types->of));
	if (!none || !f->types->of)
		return mtr_error_nomem();
	*none = NULL;
	if (mtr_target_kind(f->t) == MTR_TARGET_SNAPSHOT)
		return load(f);
	MTR_TRY(list_modules(f));
	return mtr_target_kind(f->t) == MTR_TARGET_LIVE ? read_pieces(f)
							: look_in_place(f);
}

struct mtr_error *mtr_types_find(struct mtr_target *t, struct mtr_symbols *s,
				 const struct mtr_heap *heap,
				 struct mtr_types *ret)
{
	struct finder f = { .t = t, .symbols = s, .heap = heap, .types = ret };
	struct mtr_error *error;

	*ret = (struct mtr_types){ 0 };
	error = find(&f);
	word_types_fini(&f.known);
	mtr_ranges_fini(&f.modules);
	if (error)
		mtr_types_fini(ret);
	return error;
}

struct mtr_error *mtr_type_find(struct mtr_target *t, struct mtr_symbols *s,
				const struct mtr_block *b, const char **ret)
{
	uint64_t word;

	*ret = NULL;
	if (!b || b->freed || !has_word(b) ||
	    mtr_target_read(t, b->addr, &word, sizeof(word)) != sizeof(word))
		return NULL;
	return mtr_symbols_class(s, word, ret);
}

void mtr_types_fini(struct mtr_types *types)
{
	mtr_type_names_fini(&types->names);
	free(types->of);
	*types = (struct mtr_types){ 0 };
}
