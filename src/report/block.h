/* SPDX-License-Identifier: MIT */
/*
 * The block that holds an address, and those beside it.
 */
#ifndef MTR_REPORT_BLOCK_H
#define MTR_REPORT_BLOCK_H

#include "snapshot/heap_view.h"

enum mtr_state { MTR_STATE_UNKNOWN, MTR_STATE_LIVE, MTR_STATE_FREED };

/* What part of its block an address lies in. */
enum mtr_in {
	MTR_IN_PAYLOAD, /* the requested bytes */
	MTR_IN_SLACK,	/* behind them, before the record: unused */
	MTR_IN_RECORD,
};

struct mtr_found {
	enum mtr_state state;
	const struct mtr_block *block; /* NULL: MTR_STATE_UNKNOWN */
	uint64_t offset;	       /* of the address in it */
	enum mtr_in in;
	const struct mtr_block *before, *after; /* live or freed; NULL: none */
};

void mtr_block_find(const struct mtr_heap_view *s, uint64_t addr,
		    struct mtr_found *ret);

enum { MTR_BLOCK_WINDOW = 256 };

/*
 * Which bytes of [@start, @end) to show, at most MTR_BLOCK_WINDOW, with @asked
 * in the middle as far as the ends allow. It begins a whole number of rows of
 * 16 behind @start.
 */
void mtr_block_window(uint64_t asked, uint64_t start, uint64_t end,
		      uint64_t *ret_at, size_t *ret_bytes);

#endif
