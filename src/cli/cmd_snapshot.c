/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer snapshot: all that is known of a heap, in one file, to be
 * looked at elsewhere.
 */
#include "cli/command.h"

#include "graph/saved.h"
#include "snapshot/save.h"
#include "target/open.h"

/* Addresses of words that may be asked for by name. */
struct places {
	struct mtr_addresses data, own;
};

static void places_fini(struct places *p)
{
	mtr_addresses_fini(&p->data);
	mtr_addresses_fini(&p->own);
}

static bool place_add(struct places *p, const struct mtr_roots *roots,
		      uint64_t addr)
{
	const struct mtr_root_area *area = mtr_roots_at(roots, addr);
	uint64_t *slot = mtr_addresses_push(
		area && area->place == MTR_PLACE_DATA ? &p->data : &p->own);

	if (slot)
		*slot = addr;
	return slot;
}

static int by_address(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void sort(struct mtr_addresses *v)
{
	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_address);
}

static struct mtr_error *places_find(const struct mtr_heap_graph *g,
				     struct places *ret)
{
	const struct mtr_refs *refs = &g->graph.refs;

	for (size_t i = 0; i < refs->n; i++)
		if (refs->at[i].addr &&
		    !place_add(ret, &g->graph.roots, refs->at[i].addr))
			return mtr_error_nomem();
	for (size_t i = 0; i < g->lost.n; i++) {
		const struct mtr_hint *h = &g->lost.at[i].hint;

		if (h->kind != MTR_HINT_NONE && h->place == MTR_PLACE_DATA &&
		    !place_add(ret, &g->graph.roots, h->addr))
			return mtr_error_nomem();
	}
	sort(&ret->data);
	sort(&ret->own);
	return NULL;
}

/* What is to be saved. */
struct all {
	struct mtr_heap_graph g;
	bool graph;		 /* who refers to whom is known */
	size_t warned, warnings; /* what came of it: from which on, up to */
	struct places places;
	bool map; /* which pages are in memory is known */
	struct mtr_pages pages;
	struct mtr_regions regions;
};

static void all_fini(struct all *a)
{
	places_fini(&a->places);
	mtr_pages_fini(&a->pages);
	mtr_regions_fini(&a->regions);
	mtr_heap_graph_fini(&a->g);
}

/* What refers to what, if it is known: a snapshot may lack it. */
static struct mtr_error *read_graph(struct all *a)
{
	const struct mtr_graph_options options = { .places = true };
	struct mtr_heap_graph *g = &a->g;
	struct mtr_target *t = g->view.target;
	struct mtr_error *error;

	a->warned = mtr_target_warnings(t)->n;
	error = mtr_graph_read(t, &g->view.heap, &options, &g->graph);
	if (error && mtr_target_kind(t) == MTR_TARGET_SNAPSHOT &&
	    mtr_error_code(error) == MTR_ERROR_UNSUPPORTED) {
		mtr_error_destroy(error);
		return NULL;
	}
	if (!error)
		error = mtr_lost_find(&g->graph, true, &g->lost);
	a->graph = !error;
	a->warnings = mtr_target_warnings(t)->n;
	return error;
}

/* Those of a process have to be asked while it stands, or not at all. */
static struct mtr_error *read_threads(struct mtr_target *t)
{
	const struct mtr_threads *unused;

	return mtr_target_kind(t) == MTR_TARGET_LIVE
		       ? NULL
		       : mtr_target_threads(t, &unused);
}

/*
 * Which pages are in memory, of a process that stands. The pages first: what is
 * read comes into memory. Where it is not known nothing else suffers.
 */
static struct mtr_error *read_pages(struct all *a, const struct mtr_args *args)
{
	struct mtr_target *t = a->g.view.target;
	struct mtr_error *error;

	if (args->no_graph && mtr_target_kind(t) == MTR_TARGET_LIVE)
		return NULL;
	error = mtr_target_pages(t, &a->pages);
	a->map = !error;
	if (!error || mtr_error_code(error) != MTR_ERROR_UNSUPPORTED)
		return error;
	mtr_error_destroy(error);
	return NULL;
}

static struct mtr_error *read_all(const struct mtr_args *args, struct all *a)
{
	struct mtr_heap_view_options options = args->view;
	struct mtr_heap_view *s = &a->g.view;

	/* a snapshot has what there is */
	options.types = s->kind != MTR_TARGET_SNAPSHOT;
	if (!args->no_graph)
		MTR_TRY(mtr_target_stop(s->target));
	MTR_TRY(read_pages(a, args));
	MTR_TRY(mtr_heap_view_read(s));
	if (a->map)
		MTR_TRY(mtr_regions_find(s->target, &s->heap, &a->regions));
	if (!args->no_graph)
		MTR_TRY(read_graph(a));
	MTR_TRY(mtr_heap_view_type(s, &options));
	MTR_TRY(read_threads(s->target));
	mtr_target_resident(s->target);
	MTR_TRY(mtr_target_resume(s->target));
	return mtr_heap_view_name(s, &options);
}

static struct mtr_error *save_all(const struct mtr_args *args, struct all *a,
				  struct mtr_save *save)
{
	struct mtr_heap_graph *g = &a->g;
	struct mtr_strings warnings;

	MTR_TRY(read_all(args, a));
	if (a->map) {
		MTR_TRY(mtr_save_pages(save, &a->pages));
		MTR_TRY(mtr_regions_save(&a->regions, save));
	}
	if (!a->graph)
		return mtr_heap_view_save(&g->view, NULL, NULL, save);
	MTR_TRY(places_find(g, &a->places));
	MTR_TRY(mtr_heap_view_save(&g->view, &a->places.data, &a->places.own,
				   save));
	warnings = *mtr_target_warnings(g->view.target);
	warnings.at += a->warned;
	warnings.n = a->warnings - a->warned;
	return mtr_graph_save(&g->graph, &g->lost, &warnings, save);
}

struct mtr_error *mtr_snapshot_make(const struct mtr_args *args,
				    struct mtr_target *t, const char *path)
{
	mtr_cleanup(all_fini) struct all a = { 0 };
	mtr_cleanup(mtr_save_fini) struct mtr_save save = { 0 };
	struct mtr_error *error;

	mtr_heap_view_begin(t, &a.g.view);
	MTR_TRY(save_all(args, &a, &save));
	mtr_say_warnings(&a.g.view);
	error = mtr_save_write(&save, t, path);
	return error ? mtr_error_prefix(error, "%s", path) : NULL;
}

static int snapshot(const struct mtr_args *args)
{
	const char *target = args->operands[0];
	struct mtr_target *t = NULL;
	struct mtr_error *error;

	if (!args->output) {
		mtr_say("snapshot needs -o FILE");
		return MTR_EXIT_USAGE;
	}
	mtr_fail_when_too_large();
	mtr_progress_begin(target);
	error = mtr_target_open(target, &t);
	if (!error)
		error = mtr_snapshot_make(args, t, args->output);
	mtr_progress_end();
	return error ? mtr_fail(target, error) : MTR_EXIT_DONE;
}

const struct mtr_command mtr_cmd_snapshot = {
	.name = "snapshot",
	.operands = "TARGET",
	.summary = "All that is known of a heap, in one file",
	.about = "\nEvery command reads the file, here or on another machine. "
		 "A process is stopped\nwhile its memory is read, but with "
		 "--no-graph.\n",
	.takes = MTR_TAKES_SAVE | MTR_TAKES_NAMES,
	.least = 1,
	.most = 1,
	.run = snapshot,
};
