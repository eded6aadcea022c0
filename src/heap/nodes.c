/* SPDX-License-Identifier: MIT */
/*
 * Reading the depot's nodes. See nodes.h for the contract.
 */
#include "heap/nodes.h"

#include <stdlib.h>
#include <string.h>

#include "format/snapshot.h"

enum { NOBODY = 1 };

/* As far as it has nodes: no more of a live process's pages is touched. */
static void chunk_read(struct mtr_nodes *v, size_t i)
{
	uint32_t left = v->n - (i << MTR_CHUNK_NODE_BITS);
	uint32_t n = left < MTR_CHUNK_NODES ? left : MTR_CHUNK_NODES;
	const size_t bytes = n * sizeof(struct mtr_node);
	uint64_t addr = v->depot.chunk[i];
	struct mtr_nodes_chunk *c = &v->chunk[i];

	c->tried = true;
	if (!addr)
		return;
	c->n = n;
	c->at = mtr_target_peek(v->t, addr, bytes);
	if (c->at)
		return;
	c->owned = malloc(bytes);
	c->at = c->owned;
	c->n = c->owned ? mtr_target_read(v->t, addr, c->owned, bytes) /
				  sizeof(struct mtr_node)
			: 0;
}

/* False: it is not there to be read. */
static bool node_read(struct mtr_nodes *v, uint32_t id, struct mtr_node *ret)
{
	struct mtr_nodes_chunk *c = &v->chunk[id >> MTR_CHUNK_NODE_BITS];
	size_t i = id % MTR_CHUNK_NODES;

	if (id < MTR_NODE_FIRST || id >= v->n)
		return false;
	if (v->saved) {
		memcpy(ret, v->saved + (id - MTR_NODE_FIRST) * sizeof(*ret),
		       sizeof(*ret));
		return true;
	}
	if (!c->tried)
		chunk_read(v, id >> MTR_CHUNK_NODE_BITS);
	if (i >= c->n)
		return false;
	memcpy(ret, c->at + i * sizeof(*ret), sizeof(*ret));
	return true;
}

/* Can a node @id be so? Parents come before their children. */
static bool node_makes_sense(uint32_t id, const struct mtr_node *node)
{
	return node->pc & ~MTR_PC_EXACT && node->parent > MTR_ROOT_NONE &&
	       node->parent < id;
}

static bool depot_read(struct mtr_nodes *v)
{
	uint64_t addr = v->descriptor->depot;
	size_t bytes = v->descriptor->record ? sizeof(v->depot) : MTR_DEPOT_MIN;

	return addr && mtr_target_read(v->t, addr, &v->depot, bytes) == bytes &&
	       v->depot.chunk_bits == MTR_CHUNK_NODE_BITS &&
	       v->depot.nodes <= MTR_NODE_MAX;
}

/* What a live process has added since. */
static bool node_read_anew(struct mtr_nodes *v, uint32_t id,
			   struct mtr_node *ret)
{
	uint64_t chunk;

	if (mtr_target_kind(v->t) != MTR_TARGET_LIVE || id < MTR_NODE_FIRST ||
	    id >= MTR_NODE_MAX || !depot_read(v))
		return false;
	chunk = v->depot.chunk[id >> MTR_CHUNK_NODE_BITS];
	return chunk &&
	       mtr_target_read(v->t,
			       chunk + id % MTR_CHUNK_NODES * sizeof(*ret), ret,
			       sizeof(*ret)) == sizeof(*ret);
}

bool mtr_nodes_get(struct mtr_nodes *v, uint32_t id, struct mtr_node *ret)
{
	if (node_read(v, id, ret) && node_makes_sense(id, ret))
		return true;
	return node_read_anew(v, id, ret) && node_makes_sense(id, ret);
}

/* Those that were not given out are zero. */
static uint32_t callers_saved(struct mtr_nodes *v)
{
	uint32_t id = MTR_NODE_FIRST;
	struct mtr_node node;

	while (id < MTR_NODE_CALLERS && node_read(v, id, &node) && node.pc)
		id++;
	return id;
}

static void saved_open(struct mtr_nodes *v)
{
	const void *at;
	size_t bytes, n;

	/* what cannot be unpacked is not there: its stacks are not known */
	mtr_error_destroy(mtr_target_part(v->t, MTR_PART_STACKS, &at, &bytes));
	n = bytes / sizeof(struct mtr_node);
	if (n > MTR_NODE_MAX - MTR_NODE_FIRST)
		n = MTR_NODE_MAX - MTR_NODE_FIRST;
	v->saved = at;
	v->n = n ? MTR_NODE_FIRST + n : 0;
	if (v->descriptor->record && v->n > MTR_NODE_CALLERS)
		v->callers = callers_saved(v);
}

void mtr_nodes_open(struct mtr_nodes *v, struct mtr_target *t,
		    const struct mtr_descriptor *descriptor)
{
	*v = (struct mtr_nodes){ .t = t, .descriptor = descriptor };
	if (mtr_target_kind(t) == MTR_TARGET_SNAPSHOT) {
		saved_open(v);
	} else if (depot_read(v)) {
		v->n = v->depot.nodes;
		if (v->depot.callers <= MTR_NODE_CALLERS)
			v->callers = v->depot.callers;
	}
}

/* The way out is bounded: parents come before their children. */
static uint64_t answers(struct mtr_nodes *v, uint32_t id)
{
	uint64_t first = NOBODY;
	struct mtr_node node;
	bool innermost;

	for (unsigned n = 0;
	     n < MTR_STACK_FRAMES_MAX && mtr_nodes_get(v, id, &node);
	     n++, id = node.parent) {
		uint64_t pc = node.pc & ~MTR_PC_EXACT;

		if (n == 0)
			first = pc;
		if (mtr_node_answers(&node, &innermost))
			return innermost ? first : pc;
	}
	return first;
}

uint64_t mtr_nodes_answers(struct mtr_nodes *v, uint32_t id)
{
	uint64_t known;

	if (!v->answers && v->n) {
		v->answers = calloc(v->n, sizeof(*v->answers));
		v->n_answers = v->answers ? v->n : 0;
	}
	known = id < v->n_answers ? v->answers[id] : 0;
	if (!known) {
		known = answers(v, id);
		/* nobody as yet: of a live process it may be on its way */
		if (id < v->n_answers && known != NOBODY)
			v->answers[id] = known;
	}
	return known == NOBODY ? 0 : known;
}

uint64_t mtr_nodes_count(const struct mtr_nodes *v)
{
	uint64_t before = v->callers ? MTR_NODE_CALLERS : MTR_NODE_FIRST;
	uint64_t callers =
		v->callers > MTR_NODE_FIRST ? v->callers - MTR_NODE_FIRST : 0;

	return (v->n > before ? v->n - before : 0) + callers;
}

void mtr_nodes_fini(struct mtr_nodes *v)
{
	for (size_t i = 0; i < MTR_DEPOT_CHUNKS; i++)
		free(v->chunk[i].owned);
	free(v->answers);
	*v = (struct mtr_nodes){ 0 };
}
