/* SPDX-License-Identifier: MIT */
/*
 * See fuzz.h. What does not hold ends the program, as a finding.
 */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/trailer.h"
#include "fuzz_answers.h"
#include "heap/heap.h"
#include "report/block.h"

#if defined(__SANITIZE_ADDRESS__)
#define FUZZ_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FUZZ_ASAN 1
#endif
#endif

#ifdef FUZZ_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, n) ((void)(at), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(at, n) ((void)(at), (void)(n))
#endif

/* How many of the ranges and of the blocks are looked at one by one. */
enum { LOOKED_AT = 64 };

/* ------------------------------------------------------------------- files */

/* A mapping ends with a page: what is behind the file's last byte. */
static size_t tail_bytes(size_t n)
{
	return -n & (size_t)(sysconf(_SC_PAGESIZE) - 1);
}

struct mtr_map fuzz_map(const void *data, size_t n)
{
	void *at = mmap(NULL, n, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(at != MAP_FAILED);
	memcpy(at, data, n);
	return (struct mtr_map){ .at = at, .bytes = n };
}

/* ------------------------------------------------------------------ target */

static void look_at_range(struct mtr_target *t, const struct mtr_range *r)
{
	unsigned char bytes[LOOKED_AT];
	size_t n = r->end - r->start < sizeof(bytes) ? r->end - r->start
						     : sizeof(bytes);
	struct mtr_build_id id;
	uint64_t bias;
	const void *at;
	/* of a snapshot: it was readable */
	bool readable =
		r->readable && mtr_target_kind(t) != MTR_TARGET_SNAPSHOT;

	MUST(mtr_target_find(t, r->start) == r);
	MUST(mtr_target_find(t, r->end - 1) == r);
	if (readable) {
		MUST(mtr_target_read(t, r->start, bytes, n) == n);
		at = mtr_target_peek(t, r->start, n);
		MUST(!at || memcmp(at, bytes, n) == 0);
		MUST(mtr_target_read(t, r->end - n, bytes, n) == n);
		mtr_target_read(t, r->end - 1, bytes, n);
		mtr_target_peek(t, r->end - 1, n);
	} else {
		MUST(mtr_target_read(t, r->start, bytes, n) == 0);
		MUST(!mtr_target_peek(t, r->start, 1));
	}
	mtr_target_build_id(t, r->start, &id);
	MUST(id.n <= sizeof(id.bytes));
	MUST(!mtr_target_bias(t, r->start, &bias) || bias <= r->start);
}

static void look_at_target(struct mtr_target *t)
{
	const struct mtr_ranges *rs = mtr_target_ranges(t);
	uint64_t end = 0;

	for (size_t i = 0; i < rs->n; i++) {
		const struct mtr_range *r = &rs->at[i];

		MUST(r->start >= end && r->start < r->end);
		end = r->end;
		if (i < LOOKED_AT)
			look_at_range(t, r);
		if (r->path)
			MUST(strlen(r->path) < SIZE_MAX);
	}
	if (mtr_target_exe(t))
		MUST(*mtr_target_exe(t) || !*mtr_target_exe(t));
	MUST(mtr_target_pid(t) >= 0);
}

/* -------------------------------------------------------------------- heap */

/* Blocks come by address and lie apart; returns how many are damaged. */
static uint64_t look_at_blocks(const struct mtr_heap *heap,
			       const struct mtr_blocks *blocks)
{
	uint64_t end = 0, damaged = 0;

	for (size_t i = 0; i < blocks->n; i++) {
		const struct mtr_block *b = &blocks->at[i];

		MUST(b->addr >= end && b->addr >> MTR_ADDR_BITS == 0);
		MUST(b->usable >= MTR_USABLE_MIN);
		MUST(b->site < heap->sites.n);
		MUST(b->generation <= MTR_GENERATION_MAX);
		MUST(b->freed == (blocks == &heap->freed));
		if (b->damaged)
			MUST(!b->size && !b->site && !b->stack);
		else
			MUST(b->size <= mtr_room(b->usable, heap->record) &&
			     (b->site || heap->record == MTR_RECORD_SHORT));
		end = b->addr + b->usable;
		damaged += b->damaged;
	}
	return damaged;
}

static void look_around_block(const struct mtr_heap_view *s,
			      const struct mtr_block *b)
{
	unsigned char bytes[LOOKED_AT];
	uint64_t end = b->addr + b->usable;
	struct mtr_found found;

	mtr_target_read(s->target, b->addr - 16, bytes, sizeof(bytes));
	mtr_target_read(s->target, end - 16, bytes, sizeof(bytes));
	mtr_target_peek(s->target, b->addr, b->usable);
	mtr_block_find(s, end - 1, &found);
	MUST(found.block == b);
	mtr_block_find(s, b->addr, &found);
	MUST(found.block == b && found.offset == 0);
	mtr_block_find(s, b->addr - 1, &found);
	MUST(found.block != b);
}

static void look_at_heap(const struct mtr_heap_view *s)
{
	const struct mtr_heap *heap = &s->heap;

	MUST(heap->sites.n && !heap->sites.at[0]);
	MUST(look_at_blocks(heap, &heap->blocks) == heap->damaged);
	MUST(look_at_blocks(heap, &heap->freed) == 0);
	MUST(heap->lost <= heap->damaged);
	for (size_t i = 0; i < heap->blocks.n && i < LOOKED_AT; i++)
		look_around_block(s, &heap->blocks.at[i]);
	for (size_t i = 0; i < heap->freed.n && i < LOOKED_AT; i++)
		look_around_block(s, &heap->freed.at[i]);
}

/* An error says something, and is all there is. */
static void refused(struct mtr_error *error)
{
	MUST(*mtr_error_text(error));
	mtr_error_destroy(error);
}

static void look(struct mtr_target *t)
{
	struct mtr_heap_view s = { 0 };
	struct mtr_error *error;

	look_at_target(t);
	error = mtr_heap_read(t, &s.heap);
	if (error) {
		refused(error);
		mtr_target_close(t);
		return;
	}
	s.target = t;
	look_at_heap(&s);
	fuzz_answers(&s);
	mtr_heap_view_fini(&s); /* closes @t */
}

void fuzz_run(struct mtr_map map, fuzz_open open)
{
	struct mtr_target *t = NULL;
	size_t tail = tail_bytes(map.bytes);
	struct mtr_error *error;

	ASAN_POISON_MEMORY_REGION(map.at + map.bytes, tail);
	error = open("fuzz", map, &t);
	if (error)
		refused(error);
	else
		look(t);
	/* the next mapping there begins afresh */
	ASAN_UNPOISON_MEMORY_REGION(map.at, map.bytes + tail);
}
