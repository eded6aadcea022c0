/* SPDX-License-Identifier: MIT */
/* A plugin comes and goes; blocks pass to and fro. */
#include <dlfcn.h>

#include "check.h"

static void *symbol(void *plugin, const char *name)
{
	void *p = dlsym(plugin, name);

	CHECK(p);
	return p;
}

/* The caller of such a block lies in the plugin. */
static bool recorded_there(void *p, size_t size, void *function)
{
	struct malloc_tracer_block b;
	Dl_info here, there;

	if (!malloc_tracer_active())
		return p != NULL;
	return malloc_tracer_lookup(p, &b) == 0 && b.size == size &&
	       dladdr(b.caller, &here) && dladdr(function, &there) &&
	       here.dli_fbase == there.dli_fbase;
}

static void *run(const char *path)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL), *left;
	void *(*make)(size_t);
	void (*unmake)(void *);
	int (*fails)(void);

	CHECK(plugin);
	*(void **)&make = symbol(plugin, "plugin_make");
	*(void **)&unmake = symbol(plugin, "plugin_free");
	*(void **)&fails = symbol(plugin, "plugin_fails");
	unmake(make(10));
	CHECK(fails() == 0);
	left = make(555);
	CHECK(recorded_there(left, 555, *(void **)&make));
	CHECK(dlclose(plugin) == 0);
	return left;
}

int main(int argc, char **argv)
{
	uint64_t before = 0;

	check_active();
	CHECK(argc == 2);
	for (int i = 0; i < 10; i++) {
		void *left = run(argv[1]);

		CHECK(!malloc_tracer_active() || has_record(left));
		free(left);
		if (i == 1)
			before = live_blocks();
	}
	CHECK(live_blocks() <= before + 2);
	return 0;
}
