/* SPDX-License-Identifier: MIT */
/*
 * A target with all that refers to each other in it.
 */
#include "cli/command.h"

/* Blocks and memory belong together: a process is stopped for as long. */
static struct mtr_error *read_stopped(const struct mtr_graph_options *options,
				      bool hints, struct mtr_heap_graph *ret)
{
	struct mtr_target *t = ret->view.target;

	MTR_TRY(mtr_stop_and_read(&ret->view, ret->pages ? &ret->map : NULL));
	MTR_TRY(mtr_graph_read(t, &ret->view.heap, options, &ret->graph));
	MTR_TRY(mtr_lost_find(&ret->graph, hints, &ret->lost));
	return mtr_target_resume(t);
}

static struct mtr_error *take(const struct mtr_args *args,
			      const struct mtr_graph_options *options,
			      bool hints, struct mtr_heap_graph *ret)
{
	MTR_TRY(mtr_heap_view_open(args->operands[0], &ret->view));
	MTR_TRY(read_stopped(options, hints, ret));
	return mtr_heap_view_name(&ret->view, &args->view);
}

int mtr_read_graph(const struct mtr_args *args,
		   const struct mtr_graph_options *options, bool hints,
		   struct mtr_heap_graph *ret)
{
	struct mtr_error *error;

	mtr_progress_begin(args->operands[0]);
	error = take(args, options, hints, ret);
	mtr_progress_end();
	return error ? mtr_fail(args->operands[0], error) : MTR_EXIT_DONE;
}

static struct mtr_error *read_pages(const struct mtr_args *args, bool no_names,
				    struct mtr_heap_graph *ret)
{
	struct mtr_heap_view_options options = args->view;

	options.no_names = no_names;
	MTR_TRY(mtr_heap_view_open(args->operands[0], &ret->view));
	MTR_TRY(mtr_stop_and_read(&ret->view, &ret->map));
	MTR_TRY(mtr_target_resume(ret->view.target));
	return mtr_heap_view_name(&ret->view, &options);
}

int mtr_read_pages(const struct mtr_args *args, bool no_names,
		   struct mtr_heap_graph *ret)
{
	struct mtr_error *error;

	mtr_progress_begin(args->operands[0]);
	error = read_pages(args, no_names, ret);
	mtr_progress_end();
	return error ? mtr_fail(args->operands[0], error) : MTR_EXIT_DONE;
}

void mtr_heap_graph_fini(struct mtr_heap_graph *g)
{
	mtr_lost_list_fini(&g->lost);
	mtr_graph_fini(&g->graph);
	mtr_memory_map_fini(&g->map);
	mtr_heap_view_fini(&g->view);
}
