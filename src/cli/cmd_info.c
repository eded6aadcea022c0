/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer info: what is recorded, and at what cost.
 */
#include "cli/command.h"

static int info(const struct mtr_args *args)
{
	mtr_auto_heap_view struct mtr_heap_view s = { 0 };
	int status = mtr_read_target(args, true, &s);
	const struct mtr_range *allocator;
	struct mtr_info info = { 0 };
	struct mtr_writer w;

	if (status != MTR_EXIT_DONE)
		return status;
	for (size_t i = 0; i < s.heap.blocks.n; i++)
		mtr_sum_block(&info.total, &s.heap.blocks.at[i]);
	mtr_resident_find(&s, &info.resident);
	allocator = mtr_target_find(s.target, s.heap.descriptor.next_malloc);
	info.allocator = allocator ? allocator->path : NULL;
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
