/* SPDX-License-Identifier: MIT */
/*
 * Who lays claim to which addresses: in layers, of which the first has what
 * several claim. For a sweep by address.
 */
#ifndef MTR_GRAPH_CLAIMS_H
#define MTR_GRAPH_CLAIMS_H

#include "target/target.h"

struct mtr_claim {
	uint64_t start, end;
	unsigned kind;	 /* whoever makes it knows what that is */
	uint32_t number; /* the same */
	const char *name;
};

MTR_VECTOR(mtr_claim_list, struct mtr_claim);

/* One layer: its claims, and how far the sweep is in them. */
struct mtr_claims {
	struct mtr_claim_list list;
	size_t at;
};

/* In any order; an empty one is none. */
struct mtr_error *mtr_claims_add(struct mtr_claims *c,
				 const struct mtr_claim *claim);
/* The variables of all modules, with the pages that they share with the loader:
 * .name is the module's. */
struct mtr_error *mtr_claims_add_data(struct mtr_claims *c,
				      struct mtr_target *t, unsigned kind);

/* By address; of two that overlap the first counts, the other loses its front.
 */
void mtr_claims_sort(struct mtr_claims *c);

/*
 * Who has @addr: of the first of @n layers that has one, and *layer is that.
 * NULL: nobody. *end moves to where that changes, if that is before it. Asked
 * with ascending addresses.
 */
const struct mtr_claim *mtr_claims_at(struct mtr_claims *layers, size_t n,
				      uint64_t addr, uint64_t *end,
				      size_t *layer);

#endif
