/* SPDX-License-Identifier: MIT */
/*
 * Allocates below a plugin's function, and says how many frames the stack has
 * up to that function, and why it ends. Arguments: plugins.
 */
#include <dlfcn.h>

#include "check.h"
#include "stack_of.h"

typedef void *wrong_fn(void *(*fn)(void));

static void *inner(void)
{
	return malloc(50);
}

static void once(const char *path)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL), *p;
	wrong_fn *wrong;

	CHECK(plugin);
	*(void **)&wrong = dlsym(plugin, "wrong");
	CHECK(wrong);
	for (int i = 0; i < 3; i++) {
		p = wrong(inner);
		CHECK(p && recorded(p, 50));
		if (i < 2)
			free(p);
	}
	if (stack_descriptor()) {
		static const char *const root[] = {
			"none",	      "complete", "depth", "no_cfi",
			"expression", "damaged",  "stack",
		};

		CHECK(stack_frames(p) >= 2);
		printf("%s %s\n", strrchr(path, '/') + 1, root[stack_ends(p)]);
		/* wrong must not have led to more than there is */
		CHECK(stack_frames(p) < 8);
	}
	free(p);
	CHECK(dlclose(plugin) == 0);
}

int main(int argc, char **argv)
{
	check_active();
	for (int i = 1; i < argc; i++)
		once(argv[i]);
	return 0;
}
