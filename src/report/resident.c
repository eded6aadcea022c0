/* SPDX-License-Identifier: MIT */
/*
 * Of a live process by statm, which does not walk its pages as smaps does; of a
 * core by its ranges. See resident.h for the contract.
 */
#include "report/resident.h"

#include <stdio.h>

/* /proc/PID/statm: size and resident, in pages. False: it is gone. */
static bool read_statm(int pid, uint64_t *ret)
{
	mtr_auto_fclose FILE *f = NULL;
	unsigned long size, resident;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%lu %lu", &size, &resident) != 2)
		return false;
	*ret = (uint64_t)resident * (uint64_t)getpagesize();
	return true;
}

static uint64_t dumped(struct mtr_target *t)
{
	const struct mtr_ranges *ranges = mtr_target_ranges(t);
	uint64_t bytes = mtr_target_resident(t);

	if (bytes != MTR_RESIDENT_UNKNOWN)
		return bytes;
	bytes = 0;
	for (size_t i = 0; i < ranges->n; i++)
		if (ranges->at[i].readable)
			bytes += ranges->at[i].end - ranges->at[i].start;
	return bytes;
}

void mtr_resident_find(const struct mtr_heap_view *s, struct mtr_resident *ret)
{
	*ret = (struct mtr_resident){ .dumped = s->kind == MTR_TARGET_CORE };
	if (!s->target)
		return;
	if (s->kind == MTR_TARGET_CORE)
		ret->bytes = dumped(s->target);
	else if (s->kind == MTR_TARGET_LIVE && !read_statm(s->pid, &ret->bytes))
		ret->bytes = 0;
}
