/* SPDX-License-Identifier: MIT */
/* No memory left: NULL and ENOMEM from all, and it goes on afterwards. */
#include <errno.h>
#include <sys/resource.h>

#include "check.h"

enum { GIB = 1 << 30, SMALL = 1000 };

struct link {
	struct link *next;
};

static void limit(rlim_t bytes)
{
	struct rlimit l;

	CHECK(!getrlimit(RLIMIT_AS, &l));
	l.rlim_cur = bytes;
	CHECK(!setrlimit(RLIMIT_AS, &l));
}

static void expect_enomem(void *p)
{
	CHECK(!p);
	CHECK(errno == ENOMEM);
	errno = 0;
}

static void ask_all(void *block, size_t size)
{
	void *kept = block;

	errno = 0;
	expect_enomem(malloc(size));
	expect_enomem(calloc(1, size));
	expect_enomem(realloc(NULL, size));
	expect_enomem(realloc(block, size));
	expect_enomem(reallocarray(block, size / 4, 4));
	expect_enomem(memalign(64, size));
	expect_enomem(aligned_alloc(64, size));
	expect_enomem(valloc(size));
	expect_enomem(pvalloc(size));
	CHECK(posix_memalign(&kept, 64, size) == ENOMEM);
	CHECK(kept == block);
}

int main(void)
{
	struct link *all = NULL, *one;
	uint64_t before;
	void *block;

	check_active();
	block = malloc(44);
	before = live_blocks();
	limit(300 << 20);
	ask_all(block, GIB);
	while ((one = malloc(SMALL))) {
		one->next = all;
		all = one;
	}
	CHECK(errno == ENOMEM);
	ask_all(block, 1 << 20);
	CHECK(recorded(block, 44));
	while (all) {
		one = all->next;
		free(all);
		all = one;
	}
	CHECK(live_blocks() == before);
	limit(RLIM_INFINITY);
	block = realloc(block, GIB);
	/* a debug build's ledger keeps what it has, and asks for more now and
	 * then, once it was refused */
	for (int i = 0; getenv("MTR_DEBUG") && *getenv("MTR_DEBUG") && i < 64 &&
			!recorded(block, GIB);
	     i++)
		block = realloc(block, GIB);
	CHECK(recorded(block, GIB));
	free(block);
	return 0;
}
