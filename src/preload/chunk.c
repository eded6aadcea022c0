/* SPDX-License-Identifier: MIT */
/*
 * The decision to trust glibc's chunk headers. See chunk.h for the contract.
 */
#include "preload/chunk.h"

#include "preload/real.h"

bool mtr_chunks_agree(bool libc)
{
	static const size_t sizes[] = { 24,  40,   56,	 88,   120,   248,  504,
					776, 1000, 1032, 2040, 10000, 70000 };
	bool agree = libc;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t *p = mtr_real.malloc(sizes[i]);
		size_t usable, chunk;

		if (!p)
			return false;
		usable = mtr_real.malloc_usable_size(p);
		if (mtr_untag((uintptr_t)p) != (uintptr_t)p) {
			agree = false;
		} else if (libc) {
			chunk = mtr_chunk_of(p);
			if (!(chunk & MTR_CHUNK_MMAPPED) &&
			    mtr_chunk_usable(chunk) != usable)
				agree = false;
		}
		mtr_real.free(p);
		if (!libc)
			break;
	}
	return agree;
}
