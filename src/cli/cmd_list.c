/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer list: every live block.
 */
#include "cli/command.h"

static int list(const struct mtr_args *args)
{
	mtr_auto_heap_view struct mtr_heap_view s = { 0 };
	mtr_auto_filter struct mtr_filter filter = { 0 };
	bool no_names = args->format == MTR_FORMAT_CHAP &&
			!mtr_filter_needs_names(&args->filter);
	int status = mtr_read_target(args, no_names, &s);
	struct mtr_error *error;
	struct mtr_writer w;

	if (status != MTR_EXIT_DONE)
		return status;
	error = mtr_filter_init(&s, &args->filter, &filter);
	if (error)
		return mtr_fail(s.name, error);
	mtr_say_warnings(&s);
	mtr_writer_init(&w, args, &s);
	mtr_write_list(&w, &filter);
	return mtr_writer_finish(&w);
}

const struct mtr_command mtr_cmd_list = {
	.name = "list",
	.operands = "TARGET",
	.summary = "Every live block, by address",
	.about = "\nchap is what chap's 'list used' prints; json has an object "
		 "in each line.\n",
	.takes = MTR_TAKES_FILTERS | MTR_TAKES_NAMES | MTR_TAKES_JSON |
		 MTR_TAKES_FORMAT,
	.formats = 1 << MTR_FORMAT_TEXT | 1 << MTR_FORMAT_JSON |
		   1 << MTR_FORMAT_CSV | 1 << MTR_FORMAT_CHAP,
	.least = 1,
	.most = 1,
	.run = list,
};
