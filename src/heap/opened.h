/* SPDX-License-Identifier: MIT */
/*
 * The objects that a program opened while it ran, as its library noted them:
 * whose code it was that is not there any more.
 */
#ifndef MTR_HEAP_OPENED_H
#define MTR_HEAP_OPENED_H

#include "format/opened.h"
#include "target/target.h"

struct mtr_opened_module {
	uint64_t start, end; /* addresses that it spans, or spanned */
	uint64_t bias;	     /* runtime address - address in its file */
	uint64_t order;	     /* in which they were opened */
	unsigned generation; /* of blocks, when it was opened */
	struct mtr_build_id build_id;
	char path[MTR_OPENED_PATH]; /* as the linker had it; may be relative,
				     * the last part alone, or "" */
};

MTR_VECTOR(mtr_opened_entries, struct mtr_opened_module);

struct mtr_opened_modules {
	struct mtr_opened_entries list; /* in the order of .order */
	uint64_t lost; /* opened, too, but not noted any more */
};

/* What makes no sense is left out. @addr 0: the library has no such list. */
struct mtr_error *mtr_opened_read(struct mtr_target *t, uint64_t addr,
				  struct mtr_opened_modules *ret);

/* The same of a saved snapshot's part, which may have no bytes. */
struct mtr_error *mtr_opened_saved(const unsigned char *at, size_t bytes,
				   struct mtr_opened_modules *ret);

void mtr_opened_fini(struct mtr_opened_modules *o);

#endif
