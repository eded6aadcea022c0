/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer memory: where the memory is that a process has.
 */
#include "cli/command.h"

/*
 * The pages first: what is read of a process comes into memory, a page of a
 * file now and then.
 */
struct mtr_error *mtr_stop_and_read(struct mtr_heap_view *s,
				    struct mtr_memory_map *map)
{
	MTR_TRY(mtr_target_stop(s->target));
	if (map)
		MTR_TRY(mtr_target_pages(s->target, &map->pages));
	MTR_TRY(mtr_heap_view_read(s));
	return map ? mtr_regions_find(s->target, &s->heap, &map->regions)
		   : NULL;
}

static struct mtr_error *find(const char *target, struct mtr_heap_view *s,
			      struct mtr_memory *ret)
{
	static const struct mtr_heap_view_options options = { .no_names =
								      true };
	mtr_auto_memory_map struct mtr_memory_map map = { 0 };

	MTR_TRY(mtr_heap_view_open(target, s));
	MTR_TRY(mtr_stop_and_read(s, &map));
	MTR_TRY(mtr_target_resume(s->target));
	MTR_TRY(mtr_heap_view_name(s, &options));
	return mtr_memory_make(s, &map, ret);
}

static int memory(const struct mtr_args *args)
{
	mtr_auto_heap_view struct mtr_heap_view s = { 0 };
	mtr_cleanup(mtr_memory_fini) struct mtr_memory m = { 0 };
	struct mtr_error *error;
	struct mtr_writer w;

	mtr_progress_begin(args->operands[0]);
	error = find(args->operands[0], &s, &m);
	mtr_progress_end();
	if (error)
		return mtr_fail(args->operands[0], error);
	if (args->format == MTR_FORMAT_CSV)
		mtr_say_warnings(&s);
	mtr_writer_init(&w, args, &s);
	w.ops->memory(&w, &m);
	return mtr_writer_finish(&w);
}

const struct mtr_command mtr_cmd_memory = {
	.name = "memory",
	.operands = "TARGET",
	.summary = "Where the memory is that the process has: blocks, free "
		   "heap, files ...",
	.about = "\nA process is stopped while its memory is read.\n",
	.takes = MTR_TAKES_JSON | MTR_TAKES_FORMAT,
	.formats = 1 << MTR_FORMAT_TEXT | 1 << MTR_FORMAT_JSON |
		   1 << MTR_FORMAT_CSV,
	.least = 1,
	.most = 1,
	.run = memory,
};
