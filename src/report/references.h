/* SPDX-License-Identifier: MIT */
/*
 * Who holds one block: a way to it from a root, what refers to it, what it
 * refers to, and what would be freed with it. Of a global the last two.
 */
#ifndef MTR_REPORT_REFERENCES_H
#define MTR_REPORT_REFERENCES_H

#include "graph/dominators.h"
#include "graph/lost.h"
#include "report/root_place.h"

/* A word that points somewhere, of a block or of a root. */
struct mtr_reference {
	uint32_t block; /* MTR_NO_BLOCK: of .place */
	struct mtr_root_place place;
	uint64_t addr;	  /* of the word; 0: it is in a register, or there is
			   * none */
	uint64_t offset;  /* of the word: in the block, or from .place.start on;
			   * MTR_FAR: not known. Of a referent: 0 */
	const char *type; /* the block's class; NULL: none, or unknown */
};

#define MTR_FAR UINT64_MAX

MTR_VECTOR(mtr_reference_list, struct mtr_reference);

struct mtr_references {
	/* From a root to the block, as short as there is one: each with the
	 * word that points to the next, the block itself with none. Empty: it
	 * is lost. */
	struct mtr_reference_list path;
	const struct mtr_lost *lost; /* NULL: it is not */
	/* The first ones, roots before blocks, and how many there are. */
	struct mtr_reference_list referrers, referents;
	size_t n_referrers, n_referents;
	/* With itself. Of one that is lost: of what is lost. */
	struct mtr_retained retained;
};

/* Who is asked about. */
struct mtr_subject {
	uint32_t block;	     /* MTR_NO_BLOCK: what lies in: */
	uint64_t start, end; /* a variable; then there are neither a path nor
			      * referrers */
};

/* @g has its places. @top: how many referrers and referents; 0: all. */
struct mtr_error *mtr_references_find(const struct mtr_heap_view *s,
				      const struct mtr_graph *g,
				      const struct mtr_lost_list *lost,
				      const struct mtr_subject *subject,
				      size_t top, struct mtr_references *ret);
/* What a root is called: "global g_cache [prog]", "register of thread 12". */
void mtr_reference_name(struct mtr_strbuf *b, const struct mtr_reference *r);

void mtr_references_fini(struct mtr_references *r);

#endif
