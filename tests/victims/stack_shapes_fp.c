/* SPDX-License-Identifier: MIT */
/*
 * The unit of stack_shapes.cc that is compiled with frame pointers: code with
 * them and without calls one another.
 */
#include <stdlib.h>

void shapes_with_fp(void (*fn)(void *), void *arg, int depth);

__attribute__((noinline)) static void other_way(void (*fn)(void *), void *arg,
						int depth)
{
	void *p = malloc(depth + 1);

	shapes_with_fp(fn, arg, depth - 1);
	free(p);
}

void shapes_with_fp(void (*fn)(void *), void *arg, int depth)
{
	char room[depth % 5 * 16 + 8];

	room[0] = depth;
	if (depth == 0)
		fn(arg);
	else if (depth % 3)
		shapes_with_fp(fn, arg, depth - 1);
	else
		other_way(fn, arg, depth);
	free(malloc(room[0] + 1));
}
