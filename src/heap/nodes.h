/* SPDX-License-Identifier: MIT */
/*
 * The nodes of a target's depot, as they stand there.
 *
 * Of a live process they are copied as far as they had been given out when they
 * were opened; what comes later is read on demand.
 */
#ifndef MTR_HEAP_NODES_H
#define MTR_HEAP_NODES_H

#include <stdbool.h>
#include <stdint.h>

#include "format/depot.h"
#include "format/layout.h"
#include "target/target.h"

/* Nodes of one chunk that could be had. */
struct mtr_nodes_chunk {
	const unsigned char *at;
	void *owned; /* NULL: .at is in the target */
	size_t n;
	bool tried;
};

struct mtr_nodes {
	struct mtr_target *t;
	const struct mtr_descriptor *descriptor;
	uint32_t n;		    /* the first number not given out */
	uint32_t callers;	    /* the same below MTR_NODE_CALLERS; 0: no
				     * numbers are kept for them */
	const unsigned char *saved; /* those of a snapshot, or NULL */
	struct mtr_depot depot;
	struct mtr_nodes_chunk chunk[MTR_DEPOT_CHUNKS];
	uint64_t *answers; /* by number: who answers; 0: not asked yet, 1:
			    * nobody does */
	size_t n_answers;
};

/* @descriptor stays, and has been checked. No depot: there are no nodes. */
void mtr_nodes_open(struct mtr_nodes *nodes, struct mtr_target *t,
		    const struct mtr_descriptor *descriptor);
void mtr_nodes_fini(struct mtr_nodes *nodes);

/* Node @id. False: there is none, or it makes no sense. */
bool mtr_nodes_get(struct mtr_nodes *nodes, uint32_t id, struct mtr_node *ret);

/*
 * Who answers for the blocks of stack @id, which may be anything: an address
 * of code, as format/depot.h has it. 0: there is no such stack.
 */
uint64_t mtr_nodes_answers(struct mtr_nodes *nodes, uint32_t id);

/* How many have been given out. */
uint64_t mtr_nodes_count(const struct mtr_nodes *nodes);

#endif
