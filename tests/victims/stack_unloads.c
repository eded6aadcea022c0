/* SPDX-License-Identifier: MIT */
/*
 * Plugins that are loaded one after the other in the same place, with the same
 * return addresses in frames of other sizes, while a thread allocates all the
 * time and another one loads and unloads a third: what was known of the one
 * before must not be used for the next.
 *
 * Each block's stack has to name the program's functions that called the
 * plugin, which the rules of another plugin would not find.
 *
 * Arguments: how often, the plugins, at least two. The first may be without
 * unwind information.
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"
#include "stack_of.h"

/*
 * A program that takes this address has a copy of the linker's structure: the
 * library must not take the program for the linker.
 */
const struct r_debug *unloads_debug(void);
const struct r_debug *unloads_debug(void)
{
	return &_r_debug;
}

typedef void *run_fn(int depth, void *(*inner)(void));

enum { DEPTH = 5, PLUGINS = 8 };

static atomic_bool done;
static uintptr_t seen_at[PLUGINS];
static unsigned int same_place;

static void *inner(void)
{
	return malloc(444);
}

static uintptr_t between;

__attribute__((noinline)) static void *outer(run_fn *run)
{
	void *p = run(DEPTH, inner);

	between = (uintptr_t)__builtin_return_address(0);
	return p;
}

__attribute__((noinline)) static void once(const char *path, int number)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL), *p;
	run_fn *run;

	CHECK(plugin);
	*(void **)&run = dlsym(plugin, "plugin_run");
	CHECK(run);
	same_place += number > 0 && seen_at[number - 1] == (uintptr_t)run;
	seen_at[number] = (uintptr_t)run;
	for (int i = 0; i < 3; i++) {
		p = outer(run);
		if (number > 0) {
			CHECK(stack_has(p, between));
			CHECK(stack_ends(p) == MTR_ROOT_COMPLETE);
		}
		free(p);
	}
	CHECK(dlclose(plugin) == 0);
}

static void *churn(void *unused)
{
	void *p[16] = { NULL };

	for (size_t i = 0; !done; i++) {
		free(p[i % 16]);
		p[i % 16] = strdup("any");
	}
	for (int i = 0; i < 16; i++)
		free(p[i]);
	return unused;
}

static void *load_and_unload(void *path)
{
	while (!done) {
		void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		run_fn *run;

		CHECK(plugin);
		*(void **)&run = dlsym(plugin, "plugin_run");
		CHECK(run);
		free(run(4, inner));
		CHECK(dlclose(plugin) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];
	int plugins = argc - 2;

	check_active();
	CHECK(argc > 3 && plugins <= PLUGINS);
	for (int i = atoi(argv[1]); i > 0; i--)
		for (int j = 0; j < plugins; j++)
			once(argv[2 + j], j);
	/* an emulator has ideas of its own of where plugins go */
	CHECK(same_place > 0 || getenv("MTR_EMULATE"));
	CHECK(!pthread_create(&threads[0], NULL, churn, NULL));
	CHECK(!pthread_create(&threads[1], NULL, load_and_unload, argv[2]));
	for (int i = atoi(argv[1]); i > 0; i--)
		for (int j = 1; j < plugins; j++)
			once(argv[2 + j], j);
	done = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
