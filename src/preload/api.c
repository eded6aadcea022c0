/* SPDX-License-Identifier: MIT */
/*
 * The public API. malloc_tracer.h has the contract.
 */
#include "malloc_tracer.h"

#include <errno.h>

#include "preload/compiler.h"
#include "preload/depot.h"
#include "preload/snapshot.h"
#include "preload/track.h"
#include "preload/walk.h"

MTR_EXPORT int malloc_tracer_active(void)
{
	return mtr_real_road(0) == MTR_ROAD_TRACED;
}

/* 0, or -1 with errno set if nothing is traced. */
static int fail_unless_active(void)
{
	if (malloc_tracer_active())
		return 0;
	errno = ENOSYS;
	return -1;
}

/* A kernel's answer, as libc gives it. */
static int answer(int error)
{
	if (error >= 0)
		return 0;
	errno = -error;
	return -1;
}

static uintptr_t caller_of(const struct mtr_trailer *t, uint64_t usable)
{
	if (mtr_real.record == MTR_RECORD_LONG)
		return t->caller;
	return mtr_depot_answerable(mtr_trailer_stack(t, usable));
}

MTR_EXPORT int malloc_tracer_lookup(const void *addr,
				    struct malloc_tracer_block *ret)
{
	const struct mtr_trailer *t;
	uint64_t entry, usable;
	uintptr_t start;

	if (fail_unless_active())
		return -1;
	start = mtr_ledger_previous((uintptr_t)addr);
	entry = start ? mtr_ledger_load(start) : 0;
	usable = entry & (UINT64_MAX >> 8);
	if (usable < MTR_USABLE_MIN ||
	    mtr_untag((uintptr_t)addr) - start >=
		    mtr_room(usable, mtr_real.record)) {
		errno = ENOENT;
		return -1;
	}
	start = mtr_tag_like((uintptr_t)addr, start);
	t = mtr_trailer_at((void *)start, usable);
	*ret = (struct malloc_tracer_block){
		.addr = (const void *)start,
		.size = mtr_trailer_size(t, usable),
		.usable = mtr_room(usable, mtr_real.record),
		.caller = (const void *)caller_of(t, usable),
		.generation = mtr_lead_generation(entry >> 56),
		.stack_id = mtr_trailer_stack(t, usable),
	};
	return 0;
}

static int add_up(void *context, const struct mtr_snapshot_block *blocks,
		  size_t n)
{
	struct malloc_tracer_totals *sum = context;

	for (size_t i = 0; i < n; i++) {
		uint64_t usable = blocks[i].usable & (UINT64_MAX >> 8);

		sum->bytes += mtr_trailer_size(&blocks[i].trailer, usable);
		sum->usable += mtr_room(usable, mtr_real.record);
	}
	sum->blocks += n;
	return 0;
}

MTR_EXPORT int malloc_tracer_count(struct malloc_tracer_totals *ret)
{
	struct malloc_tracer_totals sum = { 0 };
	int error;

	if (fail_unless_active())
		return -1;
	error = mtr_walk(add_up, &sum);
	if (error)
		return answer(error);
	for (int i = 0; i < MTR_DROP_COUNT; i++)
		sum.not_recorded += mtr_descriptor.drops[i];
	sum.overhead = mtr_descriptor.ledger_bytes + mtr_descriptor.depot_bytes;
	*ret = sum;
	return 0;
}

MTR_EXPORT int malloc_tracer_mark(void)
{
	uint32_t lead, next;

	if (fail_unless_active())
		return -1;
	lead = __atomic_load_n(&mtr_descriptor.lead, __ATOMIC_RELAXED);
	do
		next = lead < mtr_lead(MTR_GENERATION_MAX) ? lead + 1 : lead;
	while (!__atomic_compare_exchange_n(&mtr_descriptor.lead, &lead, next,
					    false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED));
	return mtr_lead_generation(next);
}

MTR_EXPORT int malloc_tracer_snapshot(const char *path)
{
	if (fail_unless_active())
		return -1;
	return answer(mtr_snapshot_write(path));
}
