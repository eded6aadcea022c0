/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer diff: what grew between two targets of one program.
 */
#include "cli/command.h"

static struct mtr_error *make(const struct mtr_args *args,
			      const struct mtr_heap_view views[MTR_SIDES],
			      struct mtr_diff *ret)
{
	mtr_auto_filter struct mtr_filter old = { 0 };
	mtr_auto_filter struct mtr_filter now = { 0 };

	MTR_TRY(mtr_filter_init(&views[MTR_OLD], &args->filter, &old));
	MTR_TRY(mtr_filter_init(&views[MTR_NEW], &args->filter, &now));
	return mtr_diff_make(&views[MTR_OLD], &views[MTR_NEW],
			     (struct mtr_filter[]){ old, now }, args->by,
			     args->sort, ret);
}

/* Blocks of two processes have nothing to do with each other. */
static struct mtr_error *check(const struct mtr_args *args,
			       const struct mtr_diff *d)
{
	if (!args->blocks || d->process == MTR_PROCESS_SAME)
		return NULL;
	if (d->process == MTR_PROCESS_OTHER)
		return mtr_error_create("it is another process than that of "
					"%s: no block of one is in the other",
					args->operands[MTR_OLD]);
	return mtr_error_create("it is not known to be the process of %s: "
				"which blocks are new cannot be told",
				args->operands[MTR_OLD]);
}

static int answer(const struct mtr_args *args,
		  const struct mtr_heap_view views[MTR_SIDES],
		  const struct mtr_diff *d)
{
	struct mtr_diff_report r = { .diff = d, .top = mtr_top(args) };
	struct mtr_writer w;

	for (int i = 0; i < MTR_SIDES; i++)
		if (args->format == MTR_FORMAT_CSV || args->blocks)
			mtr_say_warnings(&views[i]);
	mtr_writer_init(&w, args, &views[MTR_NEW]);
	if (args->blocks)
		mtr_write_changes(&w, d);
	else
		mtr_write_diff(&w, &r);
	return mtr_writer_finish(&w);
}

static int read_both(const struct mtr_args *args,
		     struct mtr_heap_view views[MTR_SIDES])
{
	bool no_names = !mtr_needs_names(args) && !args->blocks;
	int status = MTR_EXIT_DONE;

	for (int i = 0; i < MTR_SIDES && status == MTR_EXIT_DONE; i++)
		status = mtr_read_one(args->operands[i], args, no_names,
				      &views[i]);
	return status;
}

static int diff(const struct mtr_args *args)
{
	struct mtr_heap_view views[MTR_SIDES] = { 0 };
	struct mtr_diff d = { 0 };
	int status = read_both(args, views);
	struct mtr_error *error = NULL;

	if (status == MTR_EXIT_DONE)
		error = make(args, views, &d);
	if (status == MTR_EXIT_DONE && !error)
		error = check(args, &d);
	if (error)
		status = mtr_fail(args->operands[MTR_NEW], error);
	else if (status == MTR_EXIT_DONE)
		status = answer(args, views, &d);
	mtr_diff_fini(&d);
	for (int i = 0; i < MTR_SIDES; i++)
		mtr_heap_view_fini(&views[i]);
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
