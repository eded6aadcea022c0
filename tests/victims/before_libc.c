/* SPDX-License-Identifier: MIT */
/*
 * A program that stands before the functions of libc that a preloaded library
 * is tempted to call, and allocates in each. What it gives itself is wrong
 * before main.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>

static int ready, calls;

static void *use(void)
{
	if (!ready)
		abort();
	calls++;
	free(malloc(100));
	return NULL;
}

void *dlsym(void *handle, const char *name)
{
	(void)handle;
	(void)name;
	return use();
}

void *dlvsym(void *handle, const char *name, const char *version)
{
	(void)handle;
	(void)name;
	(void)version;
	return use();
}

int dladdr(const void *at, Dl_info *info)
{
	(void)at;
	(void)info;
	return use() != NULL;
}

char *dlerror(void)
{
	return use();
}

int dl_iterate_phdr(int (*visit)(struct dl_phdr_info *, size_t, void *),
		    void *context)
{
	(void)visit;
	(void)context;
	return use() != NULL;
}

char *getenv(const char *name)
{
	(void)name;
	return use();
}

int unsetenv(const char *name)
{
	(void)name;
	return use() != NULL;
}

int main(void)
{
	char *p;

	ready = 1;
	if (asprintf(&p, "%s%s", getenv("HOME") ? "" : "no", " home") != 7)
		return 1;
	puts(p);
	free(p);
	/* libc's own use of these, if any, is the same with and without */
	printf("%d\n", calls);
	return 0;
}
