/* SPDX-License-Identifier: MIT */
/*
 * A program that opens the library when it has long been running, in the way
 * that the second argument says:
 *
 *   opens_late LIBRARY local|global|deep
 *
 * None of its blocks is recorded, from before or after, and they may go to and
 * fro between the two mallocs. It ends when it can read a byte.
 */
#include <dlfcn.h>
#include <errno.h>

#include "check.h"

enum { BLOCKS = 200 };

static void *library;

/* A function of the library's, whatever the program is bound to. */
#define OURS(name) ((__typeof__(&(name)))dlsym(library, #name))

static int flags_of(const char *how)
{
	if (strcmp(how, "global") == 0)
		return RTLD_NOW | RTLD_GLOBAL;
	return strcmp(how, "deep") == 0 ? RTLD_NOW | RTLD_DEEPBIND : RTLD_NOW;
}

static void allocate(void *blocks[BLOCKS])
{
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(i * 37 + 1);
		CHECK(blocks[i]);
		memset(blocks[i], i, i * 37 + 1);
	}
}

/* Each by the other malloc's free, and by its own. */
static void mix(void *blocks[BLOCKS])
{
	for (int i = 0; i < BLOCKS; i++) {
		char *p = OURS(malloc)(100);

		p = i % 2 ? realloc(p, 3000) : OURS(realloc)(p, 3000);
		CHECK(p);
		blocks[i] = OURS(realloc)(blocks[i], 5000);
		CHECK(((char *)blocks[i])[0] == (char)i);
		(i % 3 ? free : OURS(free))(p);
		(i % 3 ? OURS(free) : free)(blocks[i]);
	}
}

int main(int argc, char **argv)
{
	void *before[BLOCKS], *after[BLOCKS];

	if (argc != 3)
		return 2;
	allocate(before);
	library = dlopen(argv[1], flags_of(argv[2]));
	if (!library) {
		puts(dlerror());
		return 1;
	}
	allocate(after);
	CHECK(dlsym(library, "malloc_tracer_active"));
	CHECK(((int (*)(void))dlsym(library, "malloc_tracer_active"))() == 0);
	CHECK(((int (*)(void))dlsym(library, "malloc_tracer_mark"))() == -1);
	CHECK(errno == ENOSYS);
	mix(before);
	mix(after);
	CHECK(((int (*)(void))dlsym(library, "malloc_tracer_active"))() == 0);
	puts("ready");
	fflush(stdout);
	return getchar() == EOF;
}
