/* SPDX-License-Identifier: MIT */
/*
 * The objects that were opened while the program ran: plugins, and what they
 * need. When one is closed its code goes, and the blocks that it asked for may
 * stay: this list is what is left to name them by.
 *
 *   descriptor.opened ──► struct mtr_opened_list ──► MTR_OPENED_MAX entries
 *
 * An object that is opened again where it was has one entry. Of more objects
 * than there are entries the one that was opened first gives its place away.
 * An entry is not changed once .order is set; .order is 0 while it is written.
 */
#ifndef MTR_FORMAT_OPENED_H
#define MTR_FORMAT_OPENED_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MTR_OPENED_MAX = 128,
	MTR_OPENED_ID = 38,
	MTR_OPENED_PATH = 312,
};

struct mtr_opened {
	uint64_t order;	     /* 1: opened first, and so on; 0: no entry */
	uint64_t start, end; /* of its segments */
	uint64_t bias;	     /* runtime address - address in its file */
	uint8_t generation;  /* of blocks when it was opened */
	uint8_t id_bytes;    /* length of its build-id, 0: it has none */
	uint8_t id[MTR_OPENED_ID];
	char path[MTR_OPENED_PATH]; /* with a NUL; only its last part, or
				     * nothing, where it is too long */
};

struct mtr_opened_list {
	uint32_t entries; /* MTR_OPENED_MAX */
	uint32_t bytes;	  /* of an entry */
	uint64_t opened;  /* objects so far: the highest .order */
	uint64_t lost;	  /* of which this many have no entry any more, or
			   * never had one */
	struct mtr_opened entry[MTR_OPENED_MAX];
};

static_assert(sizeof(struct mtr_opened) == 384, "opened");
static_assert(offsetof(struct mtr_opened, generation) == 32, "generation");
static_assert(offsetof(struct mtr_opened, path) == 72, "path");
static_assert(offsetof(struct mtr_opened_list, lost) == 16, "lost");
static_assert(offsetof(struct mtr_opened_list, entry) == 24, "entries");

#endif
