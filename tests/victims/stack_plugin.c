/* SPDX-License-Identifier: MIT */
/*
 * A plugin whose frames are of several kinds, for stack_unloads.c and
 * stack_damaged.c. It is built several times, with other sizes of frames: the
 * return addresses are the same, what they mean is not.
 */
#include <alloca.h>
#include <stdlib.h>
#include <string.h>

#ifndef FRAME
#define FRAME 24
#endif

void *plugin_run(int depth, void *(*inner)(void));

__attribute__((constructor)) static void loaded(void)
{
	free(malloc(33));
}

__attribute__((destructor)) static void unloaded(void)
{
	free(malloc(34));
}

__attribute__((noinline)) static void *plain(int depth, void *(*inner)(void))
{
	volatile char fill[FRAME];
	void *p;

	fill[0] = depth;
	p = depth ? plugin_run(depth - 1, inner) : inner();
	fill[FRAME - 1] = fill[0];
	return p;
}

__attribute__((noinline)) static void *dynamic(int depth, void *(*inner)(void))
{
	char *room = alloca(16 * (depth + 1));
	void *p;

	memset(room, depth, 16);
	p = plugin_run(depth - 1, inner);
	return room[1] == depth ? p : NULL;
}

__attribute__((noinline)) static void *aligned(int depth, void *(*inner)(void))
{
	_Alignas(64) volatile char line[64];
	char *room = alloca(FRAME + depth);
	void *p;

	room[0] = line[0] = depth;
	p = plugin_run(depth - 1, inner);
	return line[0] == room[0] ? p : NULL;
}

void *plugin_run(int depth, void *(*inner)(void))
{
	void *p;

	free(malloc(40 + depth));
	switch (depth % 4) {
	case 1:
		p = dynamic(depth, inner);
		break;
	case 2:
		p = aligned(depth, inner);
		break;
	default:
		p = plain(depth, inner);
	}
	free(malloc(80 + depth));
	return p;
}
