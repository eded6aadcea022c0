/* SPDX-License-Identifier: MIT */
/*
 * A search in breadth. See path.h for the contract.
 */
#include "graph/path.h"

#define NOT_SEEN UINT32_MAX
/* Of those that a root points to: above all blocks. */
#define FIRST (UINT32_MAX - 1)

struct search {
	uint32_t *from;	 /* of each block the one before, FIRST or NOT_SEEN */
	uint32_t *queue; /* in the order in which they are seen */
	size_t n, at;
};

static void see(struct search *s, uint32_t block, uint32_t from)
{
	if (s->from[block] != NOT_SEEN)
		return;
	s->from[block] = from;
	s->queue[s->n++] = block;
}

static void run(struct search *s, const struct mtr_edges *edges,
		const struct mtr_edges *roots, size_t n_roots, uint32_t block)
{
	for (uint64_t i = 0; i < roots->first[n_roots]; i++)
		see(s, roots->to[i], FIRST);
	while (s->at < s->n && s->from[block] == NOT_SEEN) {
		uint32_t b = s->queue[s->at++];

		for (uint64_t i = edges->first[b]; i < edges->first[b + 1]; i++)
			see(s, edges->to[i], b);
	}
}

/* The root that points to @block. */
static uint32_t root_of(const struct mtr_edges *roots, size_t n_roots,
			uint32_t block)
{
	for (size_t i = 0; i < n_roots; i++)
		for (uint64_t j = roots->first[i]; j < roots->first[i + 1]; j++)
			if (roots->to[j] == block)
				return (uint32_t)i;
	return MTR_NO_BLOCK;
}

static struct mtr_error *steps_make(const struct search *s, uint32_t block,
				    struct mtr_steps *ret)
{
	size_t n = 1;

	for (uint32_t b = block; s->from[b] != FIRST; b = s->from[b])
		n++;
	if (!mtr_steps_reserve(ret, n))
		return mtr_error_nomem();
	ret->n = n;
	for (uint32_t b = block; n > 0; b = s->from[b])
		ret->at[--n] = b;
	return NULL;
}

struct mtr_error *mtr_path_find(const struct mtr_edges *edges, size_t blocks,
				const struct mtr_edges *roots, size_t n_roots,
				uint32_t block, struct mtr_path *ret)
{
	mtr_auto_free uint32_t *from = malloc((blocks + 1) * sizeof(*from));
	mtr_auto_free uint32_t *queue = malloc((blocks + 1) * sizeof(*queue));
	struct search s = { .from = from, .queue = queue };

	*ret = (struct mtr_path){ .root = MTR_NO_BLOCK };
	if (!from || !queue)
		return mtr_error_nomem();
	for (size_t i = 0; i < blocks; i++)
		from[i] = NOT_SEEN;
	run(&s, edges, roots, n_roots, block);
	if (from[block] == NOT_SEEN)
		return NULL;
	MTR_TRY(steps_make(&s, block, &ret->steps));
	ret->root = root_of(roots, n_roots, ret->steps.at[0]);
	return NULL;
}

void mtr_path_fini(struct mtr_path *p)
{
	mtr_steps_fini(&p->steps);
	*p = (struct mtr_path){ 0 };
}
