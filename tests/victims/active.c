/* SPDX-License-Identifier: MIT */
/* Says whether it is traced, and what its children would preload. */
#include "check.h"

int main(int argc, char **argv)
{
	const char *list = getenv("LD_PRELOAD");
	char *p = strdup(argc > 1 ? argv[1] : "nothing");

	printf("%s: active %d, LD_PRELOAD %s\n", p, malloc_tracer_active(),
	       list ? list : "unset");
	free(p);
	return 3;
}
