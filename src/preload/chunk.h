/* SPDX-License-Identifier: MIT */
/*
 * glibc's chunk headers: all that is known of them here, and whether to trust
 * them.
 *
 * The word before a block is the size of its chunk, a multiple of 16, with
 * three flags below. The chunk is the block, that word, and nothing else: a
 * chunk in use lends its last word to the block before, so that
 *
 *       p - 8          p                                  p + usable
 *     ---+-------------+------------------------------------+-----------
 *        | size, flags | usable bytes                       | size of the next
 *     ---+-------------+------------------------------------+-----------
 *        |<--------------- size - 8 ----------------------->|
 *
 * usable is size - 8. An mmapped chunk lends nothing, and has 8 bytes less;
 * from glibc 2.43 on its size is as much smaller, and usable is size - 8 again.
 *
 * All that had not changed in 20 years, and is not promised either: it is
 * trusted only if it says what malloc_usable_size says (mtr_chunks_agree).
 */
#ifndef MTR_PRELOAD_CHUNK_H
#define MTR_PRELOAD_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "format/ledger_code.h"
#include "format/trailer.h"
#include "preload/compiler.h"
#include "preload/descriptor.h"

enum {
	MTR_CHUNK_FLAGS = 7,
	MTR_CHUNK_MMAPPED = 2,
	MTR_CHUNK_HEADER = 8, /* bytes of the word before the block */
	/* from this header word on a ledger entry is a large one */
	MTR_CHUNK_LARGE = (MTR_ESCAPE << MTR_UNIT_BITS) + MTR_CHUNK_HEADER,
};

/* The header word of the chunk of @p. */
MTR_INLINE size_t mtr_chunk_of(const void *p)
{
	return ((const size_t *)p)[-1];
}

/* The usable size that a header word stands for, unless it is mmapped. */
MTR_INLINE size_t mtr_chunk_usable(size_t chunk)
{
	return (chunk & ~(size_t)MTR_CHUNK_FLAGS) - MTR_CHUNK_HEADER;
}

/*
 * Is the block at @p still one of @usable bytes? True where headers are not
 * trusted. One that was freed behind our back, and whose place was given to
 * somebody in the same way, may have ended beyond what is mapped now.
 */
MTR_INLINE bool mtr_chunk_is(const void *p, size_t usable)
{
	size_t chunk, says;

	if (!(mtr_descriptor.flags & MTR_FLAG_CHUNKS))
		return true;
	chunk = mtr_chunk_of(p);
	says = mtr_chunk_usable(chunk);
	return says == usable ||
	       (chunk & MTR_CHUNK_MMAPPED && says == usable + MTR_CHUNK_HEADER);
}

/*
 * mtr_request() for glibc, whose smallest chunk has 24 usable bytes and whose
 * usable sizes are whole words without our doing.
 */
MTR_INLINE size_t mtr_request_chunk(size_t size, size_t record)
{
	return size + record;
}

/*
 * mtr_ledger_put_small() for a chunk's header word, in fewer instructions: the
 * chunk has one unit more than the block has usable ones.
 */
MTR_INLINE void mtr_ledger_put_chunk(uint8_t *at, uint32_t lead, uint32_t chunk)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint32_t units = chunk & ~(uint32_t)MTR_CHUNK_FLAGS;
	uint16_t code = (units << (8 - MTR_UNIT_BITS)) + lead - 0x100;

	memcpy(at, &code, sizeof(code));
	MTR_ASSERT(mtr_ledger_usable(at, MTR_ENTRY_LARGE) ==
		   mtr_chunk_usable(chunk));
#else
#error "the two bytes are put together for little-endian machines"
#endif
}

/*
 * Do the chunk headers say what malloc_usable_size says? With memory tagging
 * (glibc.mem.tagging) a block's pointer does not reach its header. @libc: the
 * allocator is glibc's. Of any other one malloc_usable_size is called for the
 * first time, which may allocate (tcmalloc's does), and the answer is false.
 */
bool mtr_chunks_agree(bool libc);

#endif
