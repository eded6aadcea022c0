/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer diff: what grew between two targets of one program.
 */
#include "cli/command.h"

#include "report/name.h"

/* One of the two, and what is made of it. */
struct side {
	struct mtr_heap_graph g;
	struct mtr_filter filter;
	struct mtr_holders holders;
};

static void sides_fini(struct side *sides)
{
	for (int i = 0; i < MTR_SIDES; i++) {
		mtr_holders_fini(&sides[i].holders);
		mtr_filter_fini(&sides[i].filter);
		mtr_heap_graph_fini(&sides[i].g);
	}
}

static int read_side(const struct mtr_args *args, struct side *ret)
{
	const struct mtr_graph_options options = { .places = true };
	bool no_names = !mtr_needs_names(args) && !args->blocks;

	return args->by == MTR_BY_ROOT
		       ? mtr_read_graph(args, &options, false, &ret->g)
		       : mtr_read_target(args, no_names, &ret->g.view);
}

struct mtr_heap_view_options mtr_old_view(const struct mtr_args *args)
{
	struct mtr_heap_view_options view = args->view;

	if (args->old_exe)
		view.symbols.exe = args->old_exe;
	if (args->old_sysroot)
		view.symbols.sysroot = args->old_sysroot;
	return view;
}

static int read_sides(const struct mtr_args *args, struct side *sides)
{
	struct mtr_args one = *args;
	int status = MTR_EXIT_DONE;

	for (int i = 0; i < MTR_SIDES && status == MTR_EXIT_DONE; i++) {
		one.operands = args->operands + i;
		one.view = i == MTR_OLD ? mtr_old_view(args) : args->view;
		status = read_side(&one, &sides[i]);
	}
	return status;
}

static struct mtr_error *side_make(const struct mtr_args *args,
				   struct side *side, struct mtr_diff_side *ret)
{
	struct mtr_heap_graph *g = &side->g;

	*ret = (struct mtr_diff_side){
		.s = &g->view,
		.filter = &side->filter,
		.spec = { .by = args->by, .sort = args->sort },
	};
	if (args->by == MTR_BY_ROOT) {
		MTR_TRY(mtr_holders_make(&g->view, &g->graph, &g->lost,
					 &side->holders));
		ret->spec.holders = &side->holders;
	}
	return mtr_filter_init(&g->view, &args->filter, &side->filter);
}

/* Blocks of two processes have nothing to do with each other. */
static struct mtr_error *check(const struct mtr_args *args,
			       const struct mtr_diff *d)
{
	if (!args->blocks || d->process == MTR_PROCESS_SAME)
		return NULL;
	if (d->process == MTR_PROCESS_OTHER)
		return mtr_error_create("it is not the process of %s, so they "
					"have no blocks in common",
					args->operands[MTR_OLD]);
	return mtr_error_create("it is not known to be the process of %s: "
				"which blocks are new cannot be told",
				args->operands[MTR_OLD]);
}

static struct mtr_error *make(const struct mtr_args *args, struct side *sides,
			      struct mtr_diff *ret)
{
	struct mtr_diff_side made[MTR_SIDES];

	for (int i = 0; i < MTR_SIDES; i++)
		MTR_TRY(side_make(args, &sides[i], &made[i]));
	MTR_TRY(mtr_diff_make(made, ret));
	return check(args, ret);
}

static int answer(const struct mtr_args *args, const struct side *sides,
		  const struct mtr_diff *d)
{
	struct mtr_diff_report r = { .diff = d, .top = mtr_top(args) };
	struct mtr_writer w;

	for (int i = 0; i < MTR_SIDES; i++)
		if (args->format == MTR_FORMAT_CSV || args->blocks)
			mtr_say_warnings(&sides[i].g.view);
	mtr_writer_init(&w, args, &sides[MTR_NEW].g.view);
	if (args->blocks)
		mtr_write_changes(&w, d);
	else
		mtr_write_diff(&w, &r);
	return mtr_writer_finish(&w);
}

static int diff(const struct mtr_args *args)
{
	struct side sides[MTR_SIDES] = { 0 };
	struct mtr_diff d = { 0 };
	struct mtr_error *error = NULL;
	int status = MTR_EXIT_USAGE;

	if (args->sort == MTR_SORT_RETAINED || args->sort == MTR_SORT_PINS)
		mtr_say("--sort=%s: diff sorts by bytes, count or unused only",
			mtr_name_sort(args->sort));
	else
		status = read_sides(args, sides);
	if (status == MTR_EXIT_DONE)
		error = make(args, sides, &d);
	if (error)
		status = mtr_fail(args->operands[MTR_NEW], error);
	else if (status == MTR_EXIT_DONE)
		status = answer(args, sides, &d);
	mtr_diff_fini(&d);
	sides_fini(sides);
	return status;
}

const struct mtr_command mtr_cmd_diff = {
	.name = "diff",
	.operands = "OLD NEW",
	.summary = "What grew and shrank between two targets of one program",
	.about = "\nThey may be of one process, of two runs, or of two "
		 "builds.\n",
	.takes = MTR_TAKES_GROUPS | MTR_TAKES_BLOCKS | MTR_TAKES_FILTERS |
		 MTR_TAKES_NAMES | MTR_TAKES_JSON | MTR_TAKES_FORMAT,
	.formats = 1 << MTR_FORMAT_TEXT | 1 << MTR_FORMAT_JSON |
		   1 << MTR_FORMAT_CSV,
	.least = 2,
	.most = 2,
	.run = diff,
};
