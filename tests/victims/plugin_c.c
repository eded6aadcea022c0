/* SPDX-License-Identifier: MIT */
/* For plugins.c: a plugin in C. */
#include <stdlib.h>

void *plugin_make(size_t size);
void plugin_free(void *p);
int plugin_fails(void);

static void *own;

#ifdef OTHER
/* What follows lies elsewhere than in the plugin without it. */
void *plugin_other(size_t size);
void *plugin_other(size_t size)
{
	void *p = calloc(size, 3);

	free(own);
	own = p;
	return malloc(size + 1);
}
#endif

__attribute__((constructor)) static void load(void)
{
	own = malloc(31);
}

__attribute__((destructor)) static void unload(void)
{
	free(own);
}

void *plugin_make(size_t size)
{
	return malloc(size);
}

void plugin_free(void *p)
{
	free(p);
}

int plugin_fails(void)
{
	volatile size_t most = (size_t)-1;

	return malloc(most) ? 1 : 0;
}
