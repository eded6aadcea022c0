/* SPDX-License-Identifier: MIT */
/* Run each plugin: `global`, `local` and `close` say how the next are opened.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run(const char *path, int scope, bool close)
{
	void *plugin = dlopen(path, RTLD_NOW | scope);
	void (*plugin_run)(void);

	if (!plugin) {
		printf("%s\n", dlerror());
		exit(2);
	}
	*(void **)&plugin_run = dlsym(plugin, "plugin_run");
	/* an error that the program has not asked for yet */
	dlsym(plugin, "no_such_function");
	plugin_run();
	printf("%d\n", strstr(dlerror(), "no_such_function") != NULL);
	if (close)
		dlclose(plugin);
}

int main(int argc, char **argv)
{
	int scope = RTLD_LOCAL;
	bool close = false;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "global") == 0)
			scope = RTLD_GLOBAL;
		else if (strcmp(argv[i], "local") == 0)
			scope = RTLD_LOCAL;
		else if (strcmp(argv[i], "close") == 0)
			close = true;
		else
			run(argv[i], scope, close);
	return 0;
}
