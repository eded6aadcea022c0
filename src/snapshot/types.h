/* SPDX-License-Identifier: MIT */
/*
 * Of what class each block is, where it begins with a C++ object that has a
 * vtable: read from the blocks' first words.
 */
#ifndef MTR_SNAPSHOT_TYPES_H
#define MTR_SNAPSHOT_TYPES_H

#include "heap/heap.h"
#include "symbols/symbols.h"

MTR_VECTOR(mtr_type_names, const char *);

struct mtr_types {
	struct mtr_type_names names; /* [0]: NULL. They live as long as the
				      * symbols; two may be the same */
	uint32_t *of; /* of each live block: index into .names; 0: none. NULL:
		       * nobody asked */
};

/* A process that runs on may have changed since the blocks were read. */
struct mtr_error *mtr_types_find(struct mtr_target *t, struct mtr_symbols *s,
				 const struct mtr_heap *heap,
				 struct mtr_types *ret);
/* The same of one block, which may be NULL. *ret is NULL if it is of none. */
struct mtr_error *mtr_type_find(struct mtr_target *t, struct mtr_symbols *s,
				const struct mtr_block *b, const char **ret);

void mtr_types_fini(struct mtr_types *types);

#endif
