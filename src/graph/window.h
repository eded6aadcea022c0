/* SPDX-License-Identifier: MIT */
/*
 * Memory of a target, read from low to high addresses: in place where the
 * target allows it, else in large pieces, through one buffer.
 */
#ifndef MTR_GRAPH_WINDOW_H
#define MTR_GRAPH_WINDOW_H

#include "target/target.h"

enum { MTR_WINDOW_BYTES = 1 << 20 };

struct mtr_window {
	struct mtr_target *t;
	unsigned char *room;
	uint64_t at; /* what .room has: */
	size_t n;
	uint64_t skipped; /* bytes that scans have given up, after many pages
			   * that could not be read */
};

struct mtr_error *mtr_window_open(struct mtr_target *t, struct mtr_window *ret);
void mtr_window_fini(struct mtr_window *w);

/*
 * @bytes at @addr, at most MTR_WINDOW_BYTES, which are valid until the next
 * call; NULL: they are not all there. Up to @end more will be asked for, of
 * which some may be read along.
 */
const unsigned char *mtr_window_get(struct mtr_window *w, uint64_t addr,
				    size_t bytes, uint64_t end);

/* @n words from @addr on, which need not be aligned where they stand now. */
typedef void mtr_window_take(void *to, uint64_t addr, const unsigned char *at,
			     size_t n);

/*
 * Hand out the whole words of [@start, @end), piece by piece; what is not there
 * is left out, as is what can be nothing but zeros. Where page after page of
 * what is mapped is not to be read the rest counts in .skipped.
 */
void mtr_window_scan(struct mtr_window *w, uint64_t start, uint64_t end,
		     mtr_window_take *take, void *to);

static inline uint64_t mtr_window_word(const unsigned char *at, size_t i)
{
	uint64_t word;

	__builtin_memcpy(&word, at + i * sizeof(word), sizeof(word));
	return word;
}

#endif
