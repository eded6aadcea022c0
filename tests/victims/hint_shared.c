/* SPDX-License-Identifier: MIT */
/*
 * Two blocks 16 GiB apart, whose leaves of the ledger meet in one slot of the
 * short way: the one that came later is found, grown and freed all the same.
 */
#include <sys/mman.h>

#include "check.h"
#include "format/layout.h"

enum { SLOT_BITS = 12, BYTES = 5 << 20 };

static uintptr_t leaf_of(const void *p)
{
	return (uintptr_t)p >> MTR_LEAF_BITS;
}

/* What is mapped next comes 16 GiB below @p, as far as the kernel agrees. */
static void *far_below(const char *p)
{
	const size_t apart = (size_t)1 << (MTR_LEAF_BITS + SLOT_BITS);
	void *filler = mmap(NULL, apart - BYTES - 4096, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	void *q = NULL;

	if (filler == MAP_FAILED)
		return NULL;
	for (int i = 0; i < 8; i++) {
		q = malloc(BYTES);
		if (leaf_of(q) == leaf_of(p - apart))
			return q;
	}
	return NULL;
}

int main(void)
{
	uint64_t before;
	char *p, *q;

	check_active();
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	p = malloc(BYTES);
	q = far_below(p);
	if (!q) {
		puts("no two leaves in one slot here");
		return 77;
	}
	before = live_blocks();
	for (int i = 0; i < 3; i++) {
		CHECK(recorded(p, BYTES));
		CHECK(recorded(q, BYTES));
		q = realloc(q, BYTES - 4097);
		CHECK(recorded(q, BYTES - 4097));
		CHECK(live_blocks() == before);
		free(q);
		CHECK(!has_record(q));
		CHECK(live_blocks() + 1 == before || !malloc_tracer_active());
		q = malloc(BYTES);
	}
	return 0;
}
