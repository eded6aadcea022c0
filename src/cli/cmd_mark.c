/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer mark: start the next generation in a live process.
 */
#include "cli/command.h"

#include <stddef.h>
#include <stdio.h>

#include "format/ledger_code.h"
#include "heap/heap_descriptor.h"
#include "target/open.h"

static void close_target(struct mtr_target **t)
{
	mtr_target_close(*t);
}

/* The blocks are of no interest, so the ledger is not read. */
static struct mtr_error *next_generation(const char *name, unsigned *ret)
{
	mtr_cleanup(close_target) struct mtr_target *t = NULL;
	struct mtr_descriptor d;
	uint64_t at;
	uint32_t lead;

	MTR_TRY(mtr_target_open(name, &t));
	if (mtr_target_kind(t) != MTR_TARGET_LIVE)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "only a live process can be marked");
	MTR_TRY(mtr_descriptor_find(t, &d, &at));
	MTR_TRY(mtr_descriptor_check(&d));
	*ret = mtr_lead_generation((uint8_t)d.lead) + 1;
	if (*ret > MTR_GENERATION_MAX)
		return mtr_error_create("generation %d is the last one",
					MTR_GENERATION_MAX);
	lead = mtr_lead(*ret);
	at += offsetof(struct mtr_descriptor, lead);
	return mtr_target_write(t, at, &lead, sizeof(lead));
}

static int mark(const struct mtr_args *args)
{
	unsigned generation;
	struct mtr_error *error =
		next_generation(args->operands[0], &generation);

	if (error)
		return mtr_fail(args->operands[0], error);
	printf("generation %u begins; 'malloc_tracer report --generation=%u- "
	       "%s' shows what is allocated from now on\n",
	       generation, generation, args->operands[0]);
	return mtr_stdout_finish();
}

const struct mtr_command mtr_cmd_mark = {
	.name = "mark",
	.operands = "PID",
	.summary = "Start the next generation in a live process",
	.about = "\nBlocks allocated from now on belong to it; report "
		 "--generation=N- shows them.\n",
	.least = 1,
	.most = 1,
	.run = mark,
};
