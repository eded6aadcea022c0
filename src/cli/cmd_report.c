/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer report: totals, and who owns them.
 */
#include "cli/command.h"
#include "report/sampled.h"

/* Is it to be found out who holds what? */
static bool needs_graph(const struct mtr_args *args)
{
	return args->by == MTR_BY_ROOT || args->sort == MTR_SORT_RETAINED;
}

static int read_target(const struct mtr_args *args, struct mtr_heap_graph *ret)
{
	const struct mtr_graph_options options = { .places = true };

	ret->pages = args->sort == MTR_SORT_PINS;
	if (needs_graph(args))
		return mtr_read_graph(args, &options, false, ret);
	if (ret->pages)
		return mtr_read_pages(args, !mtr_needs_names(args), ret);
	return mtr_read_target(args, !mtr_needs_names(args), &ret->view);
}

/*
 * Of a sample's stacks it is estimated how many blocks they have, not which
 * ones: what these keep or pin together cannot be told.
 */
static struct mtr_error *blocks_are_known(const struct mtr_args *args,
					  const struct mtr_heap_view *s)
{
	bool asked =
		args->sort == MTR_SORT_RETAINED || args->sort == MTR_SORT_PINS;

	if (!asked || !s->heap.descriptor.sample ||
	    !mtr_sampled_estimates(args->by))
		return NULL;
	return mtr_error_coded(
		MTR_ERROR_UNSUPPORTED,
		"its call stacks are a sample (sample=), which does not tell "
		"what the blocks of such a group %s: --by=caller does",
		args->sort == MTR_SORT_PINS ? "pin" : "keep");
}

static struct mtr_error *tally(const struct mtr_args *args,
			       struct mtr_heap_graph *g, struct mtr_tally *ret)
{
	mtr_auto_filter struct mtr_filter filter = { 0 };
	mtr_auto_holders struct mtr_holders holders = { 0 };
	struct mtr_tally_spec spec = { .by = args->by, .sort = args->sort };

	if (needs_graph(args)) {
		MTR_TRY(mtr_holders_make(&g->view, &g->graph, &g->lost,
					 &holders));
		spec.holders = &holders;
	}
	if (g->pages) {
		MTR_TRY(mtr_memory_pins(&g->view, &g->map));
		spec.map = &g->map;
	}
	MTR_TRY(mtr_filter_init(&g->view, &args->filter, &filter));
	return mtr_tally_make_as(&g->view, &filter, &spec, ret);
}

static struct mtr_error *write_report(struct mtr_writer *w,
				      const struct mtr_args *args,
				      const struct mtr_tally *t)
{
	mtr_auto_tree struct mtr_tree tree = { 0 };
	struct mtr_notes notes;
	struct mtr_report r = {
		.tally = t,
		.notes = &notes,
		.top = mtr_top(args),
	};

	MTR_TRY(mtr_notes_make(w->s, t, &notes));
	/* a branch has no number for what its blocks retain together */
	if (args->by == MTR_BY_STACK && w->ops->tree &&
	    args->sort != MTR_SORT_RETAINED) {
		MTR_TRY(mtr_tree_make(w->s, t, w->sort, &tree));
		r.tree = &tree;
	}
	mtr_write_report(w, &r);
	return NULL;
}

static int report(const struct mtr_args *args)
{
	mtr_auto_heap_graph struct mtr_heap_graph g = { 0 };
	mtr_auto_tally struct mtr_tally t = { 0 };
	int status = read_target(args, &g);
	const struct mtr_heap_view *s = &g.view;
	struct mtr_error *error;
	struct mtr_writer w;

	if (status != MTR_EXIT_DONE)
		return status;
	error = blocks_are_known(args, s);
	if (!error)
		error = tally(args, &g, &t);
	if (error)
		return mtr_fail(s->name, error);
	if (args->format == MTR_FORMAT_CSV)
		mtr_say_warnings(s);
	mtr_writer_init(&w, args, s);
	error = write_report(&w, args, &t);
	if (error)
		return mtr_fail(s->name, error);
	return mtr_writer_finish(&w);
}

const struct mtr_command mtr_cmd_report = {
	.name = "report",
	.operands = "TARGET",
	.summary = "Totals, then a table of which code allocated the live "
		   "blocks",
	.about = "",
	.takes = MTR_TAKES_GROUPS | MTR_TAKES_FILTERS | MTR_TAKES_NAMES |
		 MTR_TAKES_JSON | MTR_TAKES_FORMAT,
	.formats = 1 << MTR_FORMAT_TEXT | 1 << MTR_FORMAT_JSON |
		   1 << MTR_FORMAT_CSV,
	.least = 1,
	.most = 1,
	.run = report,
};
