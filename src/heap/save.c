/* SPDX-License-Identifier: MIT */
/*
 * Writing them. See saved.h for the contract.
 */
#include "heap/saved.h"

#include <string.h>

#include "format/saved.h"

static unsigned flags_of(const struct mtr_block *b)
{
	return (b->freed ? MTR_SAVED_IS_FREED : 0) |
	       (b->damaged ? MTR_SAVED_IS_DAMAGED : 0) |
	       (b->no_code ? MTR_SAVED_NO_CODE : 0) |
	       (unsigned)b->generation << MTR_SAVED_FLAGS;
}

static void put_flags(const struct mtr_blocks *v, struct mtr_pack *p)
{
	for (size_t i = 0; i < v->n; i++)
		mtr_pack_number(p, flags_of(&v->at[i]));
}

static void put_addresses(const struct mtr_blocks *v, struct mtr_pack *p)
{
	uint64_t before = 0;

	for (size_t i = 0; i < v->n; i++) {
		mtr_pack_number(p, (v->at[i].addr - before) / MTR_GRANULE);
		before = v->at[i].addr;
	}
}

/* Of a damaged one the size is not known. */
static void put_sizes(const struct mtr_heap *heap, const struct mtr_blocks *v,
		      struct mtr_pack *p)
{
	for (size_t i = 0; i < v->n; i++)
		mtr_pack_number(p, v->at[i].usable);
	for (size_t i = 0; i < v->n; i++)
		mtr_pack_number(p, v->at[i].damaged
					   ? 0
					   : mtr_heap_slack(heap, &v->at[i]));
}

static struct mtr_error *save_blocks(const struct mtr_heap *heap,
				     const struct mtr_blocks *v, unsigned kind,
				     struct mtr_save *save)
{
	enum { GUESS = 8 }; /* bytes of a block */
	struct mtr_pack p = { 0 };

	mtr_pack_reserve(&p, v->n * GUESS);
	mtr_pack_number(&p, v->n);
	put_flags(v, &p);
	put_addresses(v, &p);
	put_sizes(heap, v, &p);
	for (size_t i = 0; i < v->n; i++)
		mtr_pack_number(&p, v->at[i].site);
	for (size_t i = 0; i < v->n; i++)
		mtr_pack_number(&p, v->at[i].stack);
	return mtr_save_pack(save, kind, &p);
}

static void put_opened(const struct mtr_opened_modules *o, struct mtr_pack *p)
{
	struct mtr_opened_list head = {
		.entries = (uint32_t)o->list.n,
		.bytes = sizeof(struct mtr_opened),
		.opened = o->list.n + o->lost,
		.lost = o->lost,
	};

	mtr_pack_bytes(p, &head, offsetof(struct mtr_opened_list, entry));
	for (size_t i = 0; i < o->list.n; i++) {
		const struct mtr_opened_module *m = &o->list.at[i];
		struct mtr_opened e = {
			.order = m->order,
			.start = m->start,
			.end = m->end,
			.bias = m->bias,
			.generation = (uint8_t)m->generation,
			.id_bytes = m->build_id.n,
		};

		memcpy(e.id, m->build_id.bytes, sizeof(e.id));
		memcpy(e.path, m->path, sizeof(e.path));
		mtr_pack_bytes(p, &e, sizeof(e));
	}
}

static struct mtr_error *save_opened(const struct mtr_heap *heap,
				     struct mtr_save *save)
{
	struct mtr_pack p = { 0 };

	if (heap->opened.list.n || heap->opened.lost)
		put_opened(&heap->opened, &p);
	return mtr_save_pack(save, MTR_PART_OPENED, &p);
}

static struct mtr_error *save_own(const struct mtr_own *own,
				  struct mtr_save *save)
{
	struct mtr_pack p = { 0 };
	uint64_t end = 0;

	mtr_pack_number(&p, own->complete);
	mtr_pack_number(&p, own->list.n);
	for (size_t i = 0; i < own->list.n; i++) {
		const struct mtr_own_range *r = &own->list.at[i];

		mtr_pack_number(&p, r->kind);
		mtr_pack_number(&p, r->start - end);
		mtr_pack_number(&p, r->end - r->start);
		end = r->end;
	}
	return mtr_save_pack(save, MTR_SAVED_OWN, &p);
}

static struct mtr_error *save_counts(const struct mtr_heap *heap,
				     struct mtr_save *save)
{
	struct mtr_pack p = { 0 };

	mtr_pack_number(&p, heap->descriptor_addr);
	mtr_pack_number(&p, heap->conflicts);
	mtr_pack_number(&p, heap->lost);
	mtr_pack_number(&p, heap->sites.n);
	for (size_t i = 0; i < heap->sites.n; i++)
		mtr_pack_signed(&p, (int64_t)(heap->sites.at[i] -
					      (i ? heap->sites.at[i - 1] : 0)));
	return mtr_save_pack(save, MTR_SAVED_HEAP, &p);
}

struct mtr_error *mtr_heap_save(const struct mtr_heap *heap,
				struct mtr_save *save)
{
	MTR_TRY(mtr_save_bytes(save, MTR_SAVED_DESCRIPTOR, &heap->descriptor,
			       sizeof(heap->descriptor)));
	MTR_TRY(save_counts(heap, save));
	MTR_TRY(save_opened(heap, save));
	MTR_TRY(save_own(&heap->own, save));
	MTR_TRY(save_blocks(heap, &heap->blocks, MTR_SAVED_LIVE, save));
	return save_blocks(heap, &heap->freed, MTR_SAVED_FREED, save);
}

static struct mtr_error *save_calls(const struct mtr_stacks *s, size_t callers,
				    struct mtr_save *save)
{
	struct mtr_pack p = { 0 };

	mtr_pack_number(&p, s->nodes);
	mtr_pack_number(&p, s->pcs.n - callers);
	mtr_pack_bytes(&p, s->pcs.at + callers,
		       (s->pcs.n - callers) * sizeof(*s->pcs.at));
	mtr_pack_number(&p, s->calls.n);
	for (size_t i = 1; i < s->calls.n; i++)
		mtr_pack_number(&p, s->calls.at[i].parent
					    ? i - s->calls.at[i].parent
					    : 0);
	for (size_t i = 1; i < s->calls.n; i++)
		mtr_pack_number(&p, s->calls.at[i].site);
	for (size_t i = 1; i < s->calls.n; i++)
		mtr_pack_number(&p, (unsigned)s->calls.at[i].end << 1 |
					    s->calls.at[i].signal);
	return mtr_save_pack(save, MTR_SAVED_CALLS, &p);
}

struct mtr_error *mtr_stacks_save(const struct mtr_stacks *s,
				  const struct mtr_heap *heap,
				  struct mtr_save *save)
{
	struct mtr_pack p = { 0 };

	MTR_TRY(save_calls(s, heap->sites.n, save));
	mtr_pack_number(&p, s->list.n);
	for (size_t i = 1; i < s->list.n; i++)
		mtr_pack_number(&p, s->list.at[i].id);
	for (size_t i = 1; i < s->list.n; i++)
		mtr_pack_number(&p, s->list.at[i].call);
	for (size_t i = 1; i < s->list.n; i++)
		mtr_pack_number(&p, s->list.at[i].caller);
	return mtr_save_pack(save, MTR_SAVED_STACKS, &p);
}
