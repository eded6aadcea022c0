/* SPDX-License-Identifier: MIT */
/*
 * See graph.h for the contract.
 */
#include "graph/graph.h"

#include <elf.h>
#include <inttypes.h>

#include "graph/bins.h"
#include "graph/saved.h"

struct marker {
	struct mtr_graph *g;
	const struct mtr_graph_options *options;
	bool no_memory;
	struct mtr_bins bins;
};

static void mark_word(struct marker *m, uint64_t word, uint64_t addr,
		      uint32_t thread)
{
	uint32_t block;
	struct mtr_ref *slot;

	word &= m->g->index.pointer;
	block = mtr_index_find(&m->g->index, word);
	if (block == MTR_NO_BLOCK ||
	    (m->options->start_only &&
	     mtr_index_start(&m->g->index, block) != word) ||
	    mtr_bins_has(&m->bins, addr, word, &m->g->index.blocks[block]))
		return;
	mtr_flood_add(&m->g->reached, block);
	if (!m->options->places)
		return;
	slot = mtr_refs_push(&m->g->refs);
	if (slot)
		*slot = (struct mtr_ref){ addr, thread, block };
	m->no_memory |= !slot;
}

static void take(void *to, uint64_t addr, const unsigned char *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t word = mtr_window_word(at, i);

		if (word)
			mark_word(to, word, addr + i * sizeof(word), 0);
	}
}

static void mark_roots(struct marker *m, struct mtr_window *w)
{
	const struct mtr_roots *r = &m->g->roots;

	for (size_t i = 0; i < r->threads->n; i++)
		for (size_t j = 0; j < r->threads->at[i].n_words; j++)
			mark_word(m, r->threads->at[i].words[j], 0, i);
	for (size_t i = 0; i < r->list.n; i++)
		if (mtr_place_is_sure(r->list.at[i].place))
			mtr_window_scan(w, r->list.at[i].start,
					r->list.at[i].end, take, m);
	mtr_flood_run(&m->g->reached);
}

/* AArch64 takes no notice of a pointer's upper byte: tags are in there, those
 * of memory tagging too (Arm ARM, "Address tagging"). */
static uint64_t pointer_bits(struct mtr_target *t)
{
	return mtr_target_machine(t) == EM_AARCH64 ? UINT64_MAX >> 8
						   : UINT64_MAX;
}

static struct mtr_error *graph_read(struct mtr_graph *g,
				    const struct mtr_graph_options *options)
{
	mtr_cleanup(mtr_window_fini) struct mtr_window w = { 0 };
	struct marker m = { g, options, false,
			    mtr_bins_find(g->target, g->heap) };
	unsigned flags = (options->start_only ? MTR_EDGES_START_ONLY : 0) |
			 (options->places ? MTR_EDGES_PLACES : 0);

	MTR_TRY(mtr_window_open(g->target, &w));
	MTR_TRY(mtr_index_create(&g->heap->blocks, &g->index));
	g->index.pointer = pointer_bits(g->target);
	MTR_TRY(mtr_edges_read(&w, &g->index, flags, &g->edges));
	MTR_TRY(mtr_roots_find(g->target, g->heap, &g->roots));
	MTR_TRY(mtr_flood_create(&g->edges, g->index.n, &g->reached));
	g->reached.source = MTR_NO_BLOCK;
	mark_roots(&m, &w);
	if (w.skipped)
		mtr_target_warn(g->target,
				"%" PRIu64 " KiB of its memory could not be "
				"read: what only that points to looks lost",
				w.skipped >> 10);
	return m.no_memory ? mtr_error_nomem() : NULL;
}

/* All of it was read when the snapshot was made. */
static struct mtr_error *graph_load(struct mtr_graph *g,
				    const struct mtr_graph_options *options)
{
	if (options->start_only)
		return mtr_error_coded(
			MTR_ERROR_UNSUPPORTED,
			"a snapshot does not say which references are to the "
			"first byte of a block: --start-only needs a core or a "
			"process");
	MTR_TRY(mtr_index_create(&g->heap->blocks, &g->index));
	MTR_TRY(mtr_graph_load(g, options->places));
	MTR_TRY(mtr_flood_create(&g->edges, g->index.n, &g->reached));
	g->reached.source = MTR_NO_BLOCK;
	for (size_t i = 0; i < g->refs.n; i++)
		mtr_flood_add(&g->reached, g->refs.at[i].block);
	mtr_flood_run(&g->reached);
	return NULL;
}

struct mtr_error *mtr_graph_read(struct mtr_target *t,
				 const struct mtr_heap *heap,
				 const struct mtr_graph_options *options,
				 struct mtr_graph *ret)
{
	struct mtr_error *error;

	*ret = (struct mtr_graph){ .target = t, .heap = heap };
	error = mtr_target_kind(t) == MTR_TARGET_SNAPSHOT
			? graph_load(ret, options)
			: graph_read(ret, options);
	if (error)
		mtr_graph_fini(ret);
	return error;
}

void mtr_graph_fini(struct mtr_graph *g)
{
	mtr_flood_fini(&g->reached);
	mtr_refs_fini(&g->refs);
	mtr_roots_fini(&g->roots);
	mtr_edges_fini(&g->edges);
	mtr_index_fini(&g->index);
	*g = (struct mtr_graph){ 0 };
}
