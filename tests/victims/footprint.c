/* SPDX-License-Identifier: MIT */
/*
 * What a process of one block takes, in KB: its address space at the most, and
 * with "lock" what is locked of it. With "fill": blocks until there are no
 * more. With "fill KB LIBRARY": the same with LIBRARY preloaded, in KB of
 * address space. A shell that limits itself may fail before it starts us.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

struct link {
	struct link *next;
};

static void print(const char *field)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, field, strlen(field)) == 0)
			printf("%ld\n", strtol(line + strlen(field), NULL, 10));
	if (f)
		fclose(f);
}

static int fill(void)
{
	struct link *all = NULL, *one;

	while ((one = malloc(1000))) {
		one->next = all;
		all = one;
	}
	while ((one = all)) {
		all = one->next;
		free(one);
	}
	return puts("filled") < 0;
}

static int fill_within(const char *program, const char *kb, const char *library)
{
	rlim_t bytes = strtoul(kb, NULL, 10) * 1024;
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = bytes };

	if (setenv("LD_PRELOAD", library, 1) != 0 ||
	    setrlimit(RLIMIT_AS, &limit) != 0)
		return 77;
	execl(program, program, "fill", (char *)NULL);
	return 126;
}

int main(int argc, char **argv)
{
	void *volatile block;

	if (argc == 4)
		return fill_within(argv[0], argv[2], argv[3]);
	if (argc > 1 && strcmp(argv[1], "fill") == 0)
		return fill();
	if (argc > 1 && mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
		return 77;
	block = malloc(100);
	print(argc > 1 ? "VmLck:" : "VmPeak:");
	free(block);
	return 0;
}
