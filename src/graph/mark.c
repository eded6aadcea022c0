/* SPDX-License-Identifier: MIT */
/*
 * The flood. See mark.h for the contract.
 */
#include "graph/mark.h"

enum { RING = 16 };

#define NOTHING UINT32_MAX

struct mtr_error *mtr_flood_create(const struct mtr_edges *edges, size_t blocks,
				   struct mtr_flood *ret)
{
	*ret = (struct mtr_flood){
		.edges = edges,
		.seen = calloc(blocks / 64 + 1, sizeof(*ret->seen)),
		.stack = mtr_huge_alloc(blocks + 1, sizeof(*ret->stack)),
	};
	if (ret->seen && ret->stack)
		return NULL;
	mtr_flood_fini(ret);
	return mtr_error_nomem();
}

void mtr_flood_fini(struct mtr_flood *f)
{
	free(f->seen);
	free(f->stack);
	free(f->owner);
	*f = (struct mtr_flood){ 0 };
}

static void follow(struct mtr_flood *f, uint32_t block)
{
	const struct mtr_edges *e = f->edges;

	for (uint64_t i = e->first[block]; i < e->first[block + 1]; i++) {
		uint32_t to = e->to[i];

		f->returned |= to == f->source;
		mtr_flood_add(f, to);
	}
}

void mtr_flood_run(struct mtr_flood *f)
{
	const struct mtr_edges *e = f->edges;
	uint32_t ring[RING];
	size_t waiting = 0;

	for (size_t i = 0; i < RING; i++)
		ring[i] = NOTHING;
	for (size_t at = 0; f->n || waiting; at++) {
		uint32_t *slot = &ring[at % RING];
		uint32_t half = ring[(at + RING / 2) % RING];

		if (*slot != NOTHING) {
			follow(f, *slot);
			waiting--;
		}
		*slot = NOTHING;
		if (half != NOTHING && e->to)
			__builtin_prefetch(&e->to[e->first[half]]);
		if (!f->n)
			continue;
		*slot = f->stack[--f->n];
		waiting++;
		__builtin_prefetch(&e->first[*slot]);
	}
}
