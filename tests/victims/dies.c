/* SPDX-License-Identifier: MIT */
/* Ends as argv[1] says. */
#include <signal.h>
#include <sys/resource.h>

#include "check.h"

static void at_end(void)
{
	char *p = malloc(100);

	strcpy(p, "at the end\n");
	fputs(p, stdout);
	free(p);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	struct rlimit none = { 0, 0 };
	volatile int *volatile nowhere = NULL;
	char *volatile p = malloc(200);

	setrlimit(RLIMIT_CORE, &none);
	atexit(at_end);
	if (strcmp(how, "segv") == 0)
		*nowhere = 1;
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "term") == 0)
		raise(SIGTERM);
	if (strcmp(how, "_exit") == 0)
		_exit(41);
	if (strcmp(how, "exit") == 0)
		exit(42);
	if (strcmp(how, "double") == 0) {
		free(p);
		free(p);
	}
	if (strcmp(how, "wild") == 0)
		free(p + 16);
	return 43;
}
