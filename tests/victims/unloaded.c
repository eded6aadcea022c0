/* SPDX-License-Identifier: MIT */
/*
 * A victim: plugins leave blocks behind and are closed, and something else
 * comes in their place. "block FUNCTION ADDRESS SIZE" of each, then "ready
 *PID", then it waits for a line.
 *
 *	unloaded SNAPSHOT PLUGIN...	SNAPSHOT "-": none
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "malloc_tracer.h"

enum { BLOCKS = 100, SIZE = 1234 };

static void *page_of(void *at)
{
	return (void *)((uintptr_t)at & -(uintptr_t)4096);
}

int main(int argc, char **argv)
{
	static void *block[16][BLOCKS];
	void *code = NULL;
	char byte;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	for (int i = 2; i < argc && i < 16; i++) {
		void *plugin = dlopen(argv[i], RTLD_NOW);
		void *(*leak)(size_t);

		if (!plugin) {
			fprintf(stderr, "%s\n", dlerror());
			return 1;
		}
		code = dlsym(plugin, "plugin_make");
		*(void **)&leak = code;
		for (int j = 0; code && j < BLOCKS; j++)
			block[i][j] = leak(SIZE);
		dlclose(plugin);
	}
	if (!code ||
	    mmap(page_of(code), 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return 1;
	for (int i = 2; i < argc && i < 16; i++)
		for (int j = 0; j < BLOCKS; j++)
			printf("block plugin_make %p %d\n", block[i][j], SIZE);
	if (argv[1][0] != '-' && malloc_tracer_snapshot(argv[1])) {
		perror(argv[1]);
		return 1;
	}
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) == 1)
		;
	return 0;
}
