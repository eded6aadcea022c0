/* SPDX-License-Identifier: MIT */
/*
 * What the library mapped for itself in the traced process: no memory of the
 * program's. A reader that looks for references passes it over, one that counts
 * pages puts it down to the tracer.
 */
#ifndef MTR_HEAP_OWN_H
#define MTR_HEAP_OWN_H

#include "format/layout.h"
#include "format/own.h"
#include "target/target.h"

struct mtr_own_range {
	uint64_t start, end;
	enum mtr_own_kind kind;
};

MTR_VECTOR(mtr_own_ranges, struct mtr_own_range);

struct mtr_own {
	struct mtr_own_ranges list; /* by address; none overlap, and two of one
				     * kind do not meet */
	bool complete; /* false: the library has no list, or not all found room
			* in it; then the ledger's tables and the nodes of
			* stacks are in it, and what is left is not known */
};

/* One more, in any order; what it overlaps is settled by mtr_own_settle. */
struct mtr_error *mtr_own_add(struct mtr_own *own, uint64_t start, uint64_t end,
			      enum mtr_own_kind kind);

/* What the library lists. What cannot be is left out, and counted in *bad. */
struct mtr_error *mtr_own_read(struct mtr_target *t,
			       const struct mtr_descriptor *d, uint64_t *bad,
			       struct mtr_own *ret);

/* The nodes of stacks, where the list does not have them. */
struct mtr_error *mtr_own_add_depot(struct mtr_target *t, uint64_t depot,
				    struct mtr_own *own);

/* Once all are in. */
void mtr_own_settle(struct mtr_own *own);

void mtr_own_fini(struct mtr_own *own);

#endif
