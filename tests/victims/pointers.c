/* SPDX-License-Identifier: MIT */
/*
 * malloc and free through pointers. The scripts build it also without PIE,
 * where malloc's address is that of a stub in the program, and where the
 * linker lets a weak reference to nothing be null for ever.
 */
#include <dlfcn.h>

#include "check.h"

typedef int lookup_function(const void *, struct malloc_tracer_block *);

static void *(*volatile allocate)(size_t) = malloc;
static void (*volatile release)(void *) = free;

static void *symbol(const char *name)
{
	void *p = dlsym(RTLD_DEFAULT, name);

	CHECK(p || !getenv("MTR_TRACED"));
	return p;
}

static void run(void *(*from)(size_t), lookup_function *lookup)
{
	struct malloc_tracer_block b;
	void *p = from(123);

	if (lookup)
		CHECK(lookup(p, &b) == 0 && b.addr == p && b.size == 123);
	release(p);
	CHECK(!lookup || lookup(p, &b) != 0);
}

int main(void)
{
	lookup_function *lookup;
	void *(*looked_up)(size_t);

	*(void **)&lookup = symbol("malloc_tracer_lookup");
	*(void **)&looked_up = symbol("malloc");
	run(allocate, lookup);
	run(malloc, lookup);
	run(looked_up, lookup);
	return 0;
}
