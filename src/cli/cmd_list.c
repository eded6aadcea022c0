/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer list: every live block, or every piece of free heap.
 */
#include "cli/command.h"

#include "graph/gaps.h"

/* -------------------------------------------------------------- free heap */

/* Of whom a block is says nothing of what is free. */
static bool is_of_blocks(const struct mtr_filter_spec *f)
{
	return f->function || f->module || f->first || f->last != UINT32_MAX;
}

static struct mtr_error *find_gaps(const struct mtr_args *args,
				   struct mtr_heap_view *s,
				   struct mtr_areas *ret)
{
	mtr_auto_memory_map struct mtr_memory_map map = { 0 };

	MTR_TRY(mtr_heap_view_open(args->operands[0], s));
	if (s->kind == MTR_TARGET_SNAPSHOT)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "a snapshot does not tell of free heap");
	MTR_TRY(mtr_target_stop(s->target));
	MTR_TRY(mtr_heap_view_read(s));
	MTR_TRY(mtr_regions_find(s->target, &s->heap, &map.regions));
	MTR_TRY(mtr_gaps_find(s->target, &s->heap, &map.regions, ret));
	return mtr_target_resume(s->target);
}

static void keep_sizes(const struct mtr_filter_spec *f, struct mtr_areas *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		uint64_t size = v->at[i].end - v->at[i].start;

		if (size >= f->min_size && size <= f->max_size)
			v->at[n++] = v->at[i];
	}
	v->n = n;
}

static int list_free(const struct mtr_args *args)
{
	mtr_auto_heap_view struct mtr_heap_view s = { 0 };
	mtr_cleanup(mtr_areas_fini) struct mtr_areas gaps = { 0 };
	struct mtr_error *error;
	struct mtr_writer w;

	if (is_of_blocks(&args->filter)) {
		mtr_say("--free takes no filters but those for sizes");
		return MTR_EXIT_USAGE;
	}
	mtr_progress_begin(args->operands[0]);
	error = find_gaps(args, &s, &gaps);
	mtr_progress_end();
	if (error)
		return mtr_fail(args->operands[0], error);
	keep_sizes(&args->filter, &gaps);
	mtr_say_warnings(&s);
	mtr_writer_init(&w, args, &s);
	w.ops->gaps(&w, &gaps);
	return mtr_writer_finish(&w);
}

/* ----------------------------------------------------------------- blocks */

static int list_blocks(const struct mtr_args *args)
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

static int list(const struct mtr_args *args)
{
	return args->free ? list_free(args) : list_blocks(args);
}

const struct mtr_command mtr_cmd_list = {
	.name = "list",
	.operands = "TARGET",
	.summary = "Every live block, by address",
	.about = "\nchap is what chap's 'list used' prints; json has an object "
		 "in each line.\nWith --free a process is stopped while its "
		 "memory is read.\n",
	.takes = MTR_TAKES_FILTERS | MTR_TAKES_NAMES | MTR_TAKES_JSON |
		 MTR_TAKES_FORMAT | MTR_TAKES_FREE,
	.formats = 1 << MTR_FORMAT_TEXT | 1 << MTR_FORMAT_JSON |
		   1 << MTR_FORMAT_CSV | 1 << MTR_FORMAT_CHAP,
	.least = 1,
	.most = 1,
	.run = list,
};
