/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer info: what is recorded, and at what cost.
 */
#include "cli/command.h"

/* What cannot be had of a process, to be stopped, is said and no failure. */
static struct mtr_error *threads_find(struct mtr_target *t,
				      struct mtr_info *ret)
{
	struct mtr_error *error = mtr_target_threads(t, &ret->threads);

	if (!error)
		return NULL;
	ret->threads = NULL;
	ret->no_threads = mtr_error_text(error);
	return error;
}

static int info(const struct mtr_args *args)
{
	mtr_auto_heap_view struct mtr_heap_view s = { 0 };
	int status = mtr_read_target(args, true, &s);
	const struct mtr_range *allocator;
	struct mtr_info info = { 0 };
	mtr_auto_error struct mtr_error *no_threads = NULL;
	struct mtr_writer w;

	if (status != MTR_EXIT_DONE)
		return status;
	for (size_t i = 0; i < s.heap.blocks.n; i++)
		mtr_sum_block(&info.total, &s.heap, &s.heap.blocks.at[i]);
	mtr_resident_find(&s, &info.resident);
	allocator = mtr_target_find(s.target, s.heap.descriptor.next_malloc);
	info.allocator = allocator ? allocator->path : NULL;
	no_threads = threads_find(s.target, &info);
	/* of one that has none they are not known */
	if (s.kind == MTR_TARGET_SNAPSHOT && info.threads && !info.threads->n)
		info.threads = NULL;
	mtr_writer_init(&w, args, &s);
	w.ops->info(&w, &info);
	return mtr_writer_finish(&w);
}

const struct mtr_command mtr_cmd_info = {
	.name = "info",
	.operands = "TARGET",
	.summary = "What is recorded: versions, options, counts, costs",
	.about = "",
	.takes = MTR_TAKES_JSON,
	.formats = 1 << MTR_FORMAT_TEXT | 1 << MTR_FORMAT_JSON,
	.least = 1,
	.most = 1,
	.run = info,
};
