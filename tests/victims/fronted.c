/* SPDX-License-Identifier: MIT */
/* Are the blocks recorded that a malloc in front of the library hands on? */
#include "check.h"

int main(void)
{
	char *volatile p = malloc(77);

	CHECK(malloc_tracer_active() == (getenv("MTR_TRACED") != NULL));
	CHECK(has_record(p) || !malloc_tracer_active());
	p = realloc(p, 100000);
	p[99999] = 1;
	free(p);
	CHECK(!has_record(p));
	return 0;
}
