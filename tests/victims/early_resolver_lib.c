/* SPDX-License-Identifier: MIT */
/*
 * A library with an indirect function, whose resolver allocates: while the
 * libraries are relocated, and before the one that is preloaded is.
 */
#include <stdlib.h>

int early_answer(void);

static char *made;

static int answer(void)
{
	int sum = 0;

	for (int i = 0; i < 100; i++)
		sum += made[i];
	made = realloc(made, 1000);
	free(made);
	return sum;
}

/* clang does not see who calls it */
__attribute__((used)) static int (*resolve(void))(void)
{
	volatile char *p = calloc(10, 1);

	for (int i = 0; i < 10; i++)
		p[i] += i;
	made = realloc((char *)p, 100);
	for (int i = 10; i < 100; i++)
		made[i] = 1;
	free(malloc(300));
	return answer;
}

int early_answer(void) __attribute__((ifunc("resolve")));
