/* SPDX-License-Identifier: MIT */
/*
 * A library that stands before malloc and free, and hands every call on; with
 * FRONT_DLSYM one that stands before dlsym, and does not leave it by a tail
 * call, so that RTLD_NEXT counts from here.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

#ifdef FRONT_DLSYM
#ifdef __x86_64__
#define LIBC_VERSION "GLIBC_2.2.5"
#else
#define LIBC_VERSION "GLIBC_2.17"
#endif

static volatile int calls;

void *dlsym(void *handle, const char *name)
{
	static void *(*next)(void *, const char *);
	void *found;

	if (!next)
		*(void **)&next = dlvsym(RTLD_NEXT, "dlsym", LIBC_VERSION);
	found = next(handle, name);
	calls++;
	return found;
}
#else
static __thread int inside;

static void *next_of(const char *name)
{
	void *found;

	inside++;
	found = dlsym(RTLD_NEXT, name);
	inside--;
	return found;
}

void *malloc(size_t size)
{
	static void *(*next)(size_t);

	if (!next && !inside)
		*(void **)&next = next_of("malloc");
	return next ? next(size) : NULL;
}

void free(void *p)
{
	static void (*next)(void *);

	if (!next)
		*(void **)&next = next_of("free");
	next(p);
}
#endif
