/* SPDX-License-Identifier: MIT */
/*
 * For victims that look at the stacks of their own blocks, as a reader would:
 * through the descriptor and the depot. Without stacks all is as expected.
 */
#ifndef VICTIMS_STACK_OF_H
#define VICTIMS_STACK_OF_H

#include <dlfcn.h>

#include "check.h"
#include "format/depot.h"
#include "format/layout.h"
#include "format/trailer.h"

static struct mtr_descriptor *stack_descriptor(void)
{
	static struct mtr_descriptor *d;

	if (!d)
		d = dlsym(RTLD_DEFAULT, MTR_DESCRIPTOR_SYMBOL);
	return d && d->depot && d->stack_depth ? d : NULL;
}

static uint32_t stack_id(void *p)
{
	size_t usable = malloc_usable_size(p) + stack_descriptor()->record;

	return mtr_trailer_stack(mtr_trailer_at(p, usable), usable);
}

static const struct mtr_node *stack_node(uint32_t id)
{
	const struct mtr_depot *depot =
		(const struct mtr_depot *)stack_descriptor()->depot;

	CHECK(id < depot->nodes);
	return (const struct mtr_node *)
		       depot->chunk[id >> MTR_CHUNK_NODE_BITS] +
	       id % MTR_CHUNK_NODES;
}

/* Is @pc a frame of @p's stack? */
__attribute__((unused)) static bool stack_has(void *p, uintptr_t pc)
{
	if (!stack_descriptor())
		return true;
	for (uint32_t id = stack_id(p); id >= MTR_NODE_FIRST;
	     id = stack_node(id)->parent)
		if (stack_node(id)->pc == pc)
			return true;
	return false;
}

/* Why @p's stack ends where it does. */
__attribute__((unused)) static enum mtr_root stack_ends(void *p)
{
	uint32_t id;

	if (!stack_descriptor())
		return MTR_ROOT_COMPLETE;
	id = stack_id(p);
	while (id >= MTR_NODE_FIRST)
		id = stack_node(id)->parent;
	return id;
}

__attribute__((unused)) static unsigned int stack_frames(void *p)
{
	unsigned int n = 0;

	if (!stack_descriptor())
		return 0;
	for (uint32_t id = stack_id(p); id >= MTR_NODE_FIRST;
	     id = stack_node(id)->parent)
		n++;
	return n;
}

#endif
