/* SPDX-License-Identifier: MIT */
/*
 * From the kernel's word for a live process, from the ranges of a core. See
 * resident.h for the contract.
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

static uint64_t dumped(const struct mtr_target *t)
{
	const struct mtr_ranges *ranges = mtr_target_ranges(t);
	uint64_t bytes = 0;

	for (size_t i = 0; i < ranges->n; i++)
		if (ranges->at[i].readable)
			bytes += ranges->at[i].end - ranges->at[i].start;
	return bytes;
}

void mtr_resident_find(const struct mtr_heap_view *s, struct mtr_resident *ret)
{
	*ret = (struct mtr_resident){ 0 };
	if (!s->target)
		return;
	if (s->kind == MTR_TARGET_CORE) {
		ret->kind = MTR_RESIDENT_DUMPED;
		ret->bytes = dumped(s->target);
	} else if (s->kind == MTR_TARGET_LIVE &&
		   read_statm(s->pid, &ret->bytes)) {
		ret->kind = MTR_RESIDENT_PAGES;
	}
}
