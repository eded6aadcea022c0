/* SPDX-License-Identifier: MIT */
/*
 * The descriptor, the options in force, and our constructor. See init.h.
 */
#include "preload/init.h"

#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "preload/arena.h"
#include "preload/callers.h"
#include "preload/capture.h"
#include "preload/eventlog.h"
#include "preload/linkage.h"
#include "preload/memory.h"
#include "preload/objects.h"
#include "preload/opened.h"
#include "preload/options.h"
#include "preload/real.h"
#include "preload/sys.h"
#include "preload/threads.h"
#include "preload/track.h"
#include "preload/watch.h"

MTR_EXPORT struct mtr_descriptor malloc_tracer_descriptor = {
	.magic = MTR_MAGIC,
	.version = MTR_FORMAT_LONG,
	.size = sizeof(struct mtr_descriptor),
	.self = (uintptr_t)&mtr_descriptor,
	.ledger_root = (uintptr_t)mtr_ledger_root,
	.ledger_bytes = sizeof(mtr_ledger_root),
	.opened = (uintptr_t)&mtr_opened_list,
	.own = (uintptr_t)&mtr_own_list,
	.granule_bits = MTR_GRANULE_BITS,
	.leaf_bits = MTR_LEAF_BITS,
	.mid_bits = MTR_MID_BITS,
	.root_bits = MTR_ROOT_BITS,
	.lead = MTR_LEAD,
	.flags = 0
#ifdef MTR_COUNTERS
		 | MTR_FLAG_COUNTERS
#endif
#ifdef MTR_DEBUG
		 | MTR_FLAG_DEBUG
#endif
	,
	.package_version = PACKAGE_VERSION,
	.record = MTR_RECORD_LONG,
};

extern struct mtr_descriptor mtr_descriptor
	__attribute__((alias("malloc_tracer_descriptor")));

static struct mtr_options options = MTR_OPTIONS_DEFAULT;
static _Atomic bool options_read;

static void complain(const char *line, size_t len)
{
	mtr_sys_say(STDERR_FILENO, line, len);
}

bool mtr_init_stacks(unsigned int depth)
{
	if (mtr_capture_init(depth))
		mtr_descriptor.stack_depth = depth;
	else
		mtr_descriptor_stop(MTR_ROOT_NONE);
	return mtr_descriptor.stack_depth;
}

/* Once and for all, before the first block: what comes later has no say. */
void mtr_init_record(size_t record)
{
	size_t none = 0;

	if (!__atomic_compare_exchange_n(&mtr_real.record, &none, record, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	mtr_descriptor.record = record;
	mtr_descriptor.version = record == MTR_RECORD_LONG ? MTR_FORMAT_LONG
							   : MTR_FORMAT_VERSION;
}

/* A sample of stacks is one of whole stacks. */
static void init_stacks(void)
{
	enum { DEPTH = 32 /* where sample= alone is given */ };

	if (options.sample && options.stacks < 2)
		options.stacks = DEPTH;
	if (!options.stacks || !mtr_init_stacks(options.stacks))
		return;
	mtr_callers_sample(options.sample);
	mtr_descriptor.sample = options.sample;
	if (!options.long_record)
		mtr_init_record(MTR_RECORD_SHORT);
}

/*
 * Where the first call comes so early that libc does not know the environment
 * yet, the constructor reads the options.
 */
void mtr_init_options(void)
{
	const char *text;

	if (!environ || atomic_exchange(&options_read, true))
		return;
	text = mtr_options_text();
	if (text)
		mtr_options_parse(text, complain, &options);
#ifdef MTR_DEBUG
	mtr_event_log_to(options.log);
	mtr_freed_lead = MTR_LEAD_FREED;
#endif
	if (options.frees)
		mtr_freed_lead = MTR_LEAD_FREED;
	mtr_descriptor.flags |= (mtr_freed_lead ? MTR_FLAG_FREES : 0) |
				(options.follow ? 0 : MTR_FLAG_NOFOLLOW) |
				(options.direct ? MTR_FLAG_DIRECT : 0);
	if (!options.direct)
		mtr_objects_look_through();
	init_stacks();
	mtr_watch_init(&options);
}

void mtr_init_descriptor(bool shadowed, bool late)
{
	mtr_descriptor.next_malloc = (uintptr_t)mtr_real.malloc;
	mtr_descriptor.flags |= MTR_FLAG_READY |
				(shadowed ? MTR_FLAG_SHADOWED : 0) |
				(shadowed && late ? MTR_FLAG_LATE : 0) |
				(mtr_real.chunks ? MTR_FLAG_CHUNKS : 0) |
				(mtr_real.unsized ? MTR_FLAG_UNSIZED : 0);
}

/*
 * follow=0: the children's environment does not name us. The program may stand
 * before getenv and unsetenv.
 */
static void unfollow(void)
{
	static const char name[] = "LD_PRELOAD=";
	const struct link_map *self = mtr_linkage_self();
	const char *base = self ? strrchr(self->l_name, '/') : NULL;
	char **to = environ;

	if (!self)
		return;
	for (char **from = environ; *from; from++) {
		if (strncmp(*from, name, sizeof(name) - 1) == 0) {
			char *list = *from + sizeof(name) - 1;

			mtr_options_unpreload(list,
					      base ? base + 1 : self->l_name);
			if (!*list)
				continue;
		}
		*to++ = *from;
	}
	*to = NULL;
}

/* Only these keep something for each thread. */
static void init_threads(void)
{
#ifndef MTR_COUNTERS
	if (!mtr_descriptor.stack_depth)
		return;
#endif
	mtr_threads_init();
	mtr_threads_follow_forks();
}

__attribute__((constructor)) static void construct(void)
{
	mtr_real_road(0);
	mtr_init_options();
	mtr_real_open_roads();
	init_threads();
	if (!(mtr_descriptor.flags & MTR_FLAG_SHADOWED))
		mtr_watch_handle(&options);
	if (!options.follow && environ)
		unfollow();
}
