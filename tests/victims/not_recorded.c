/* SPDX-License-Identifier: MIT */
/*
 * How many allocations of this program have no record?
 */
#include <inttypes.h>
#include <stdio.h>

#include <malloc_tracer.h>

int main(void)
{
	struct malloc_tracer_totals totals;

	if (malloc_tracer_totals(&totals) < 0) {
		perror("malloc_tracer_totals");
		return 1;
	}
	printf("%" PRIu64 "\n", totals.not_recorded);
	return 0;
}
