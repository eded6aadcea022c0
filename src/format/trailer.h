/* SPDX-License-Identifier: MIT */
/*
 * The trailer: the record at the end of every traced block, long or short. All
 * blocks of a process have the same.
 *
 *    p                                                        p + usable
 *    |<------ size asked for ------>|<-- slack -->|<-- 16 bytes -->|
 *                                                 | caller |  size |
 *
 *    |<------ size asked for ------>|<-- slack -->|<--- 8 bytes -->|
 *                                                 |      size      |
 *
 *   caller   the return address into the caller of malloc or new
 *   size     the size asked for; with stacks on, its bits 40-63 are the id of
 *            the stack (0: none) and bits 0-39 the size
 *
 * The short one leaves the caller to the stack, which has at least that
 * (depot.h). A block of 2^40 usable bytes or more has no stack, and with a
 * short record no caller: its size has all 64 bits. "usable" is the underlying
 * allocator's, rounded down to a multiple of 8, and counts the trailer.
 *
 * Nothing but the caller may ever be stored here as an address: every
 * conservative scanner would take it for a reference.
 */
#ifndef MTR_FORMAT_TRAILER_H
#define MTR_FORMAT_TRAILER_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mtr_trailer {
	uint64_t caller; /* of a short record: the program's own bytes */
	uint64_t size_stack;
};

static_assert(sizeof(struct mtr_trailer) == 16, "trailer");
static_assert(offsetof(struct mtr_trailer, size_stack) == 8, "word 1");

enum {
	MTR_TRAILER = sizeof(struct mtr_trailer),
	MTR_RECORD_LONG = MTR_TRAILER,
	MTR_RECORD_SHORT = 8,
	MTR_REQUEST_MIN = 24, /* asked of the allocator, at the least: it
			       * makes a block own two granules */
	MTR_USABLE_MIN = 24,
	MTR_SIZE_BITS = 40,
	MTR_STACK_BITS = 24,
};

/*
 * What to ask of the allocator, for a record of @record bytes. @size is at most
 * SIZE_MAX - 23. A multiple of 8, so that an allocator whose usable size is
 * just what was asked still has room for the trailer behind the program's
 * bytes.
 */
static inline size_t mtr_request(size_t size, size_t record)
{
	size_t sum = (size + record + 7) & -(size_t)8;

	return sum < MTR_REQUEST_MIN ? (size_t)MTR_REQUEST_MIN : sum;
}

/* Where struct mtr_trailer begins, whatever of it is the record. */
static inline uint64_t mtr_trailer_offset(uint64_t usable)
{
	return usable - MTR_TRAILER;
}

/* The bytes before a record of @record bytes: the program's own. */
static inline uint64_t mtr_room(uint64_t usable, uint64_t record)
{
	return usable - record;
}

static inline struct mtr_trailer *mtr_trailer_at(void *p, uint64_t usable)
{
	return (struct mtr_trailer *)((char *)p + mtr_trailer_offset(usable));
}

/* May a block of @usable bytes carry the id of a stack? */
static inline bool mtr_trailer_has_stack(uint64_t usable)
{
	return usable >> MTR_SIZE_BITS == 0;
}

static inline uint64_t mtr_trailer_size(const struct mtr_trailer *t,
					uint64_t usable)
{
	if (!mtr_trailer_has_stack(usable))
		return t->size_stack;
	return t->size_stack & ((UINT64_C(1) << MTR_SIZE_BITS) - 1);
}

static inline uint32_t mtr_trailer_stack(const struct mtr_trailer *t,
					 uint64_t usable)
{
	if (!mtr_trailer_has_stack(usable))
		return 0;
	return t->size_stack >> MTR_SIZE_BITS;
}

/*
 * Could this be the trailer of a block of @usable bytes? The caller of a short
 * record is not looked at.
 */
static inline bool mtr_trailer_fits(const struct mtr_trailer *t,
				    uint64_t usable, uint64_t record)
{
	return (record == MTR_RECORD_SHORT || t->caller != 0) &&
	       usable >= MTR_USABLE_MIN &&
	       mtr_trailer_size(t, usable) <= mtr_room(usable, record);
}

/* Are they the same, as far as they are the record? */
static inline bool mtr_trailers_equal(const struct mtr_trailer *a,
				      const struct mtr_trailer *b,
				      uint64_t record)
{
	return a->size_stack == b->size_stack &&
	       (record == MTR_RECORD_SHORT || a->caller == b->caller);
}

/*
 * Would an allocator give @usable bytes to who asks for @size and a record?
 * @chunks: it is glibc's, which gives little more, and rounds what it maps up
 * to pages. The size classes of others are a quarter apart at the most, and
 * alignment may double what is asked for.
 */
static inline bool mtr_size_is_likely(uint64_t usable, uint64_t size,
				      uint64_t record, bool chunks)
{
	enum {
		CHUNK = 48, /* rounded up, and a rest too small for a chunk */
		PAGE = 4096 + CHUNK,
	};
	uint64_t request = mtr_request(size, record), slack = usable - request;

	if (request > usable)
		return false;
	if (!chunks)
		return slack <= usable / 2;
	return slack <= (usable < PAGE ? CHUNK : PAGE);
}

#endif
