/* SPDX-License-Identifier: MIT */
/* Products and sums that overflow give NULL and ENOMEM; calloc gives zeros. */
#include <errno.h>

#include "check.h"

static void expect_enomem(void *p)
{
	CHECK(!p);
	CHECK(errno == ENOMEM);
	errno = 0;
}

int main(void)
{
	volatile size_t half = SIZE_MAX / 2 + 1, two = 2, most = SIZE_MAX;
	char *p;

	check_active();
	errno = 0;
	expect_enomem(calloc(half, two));
	expect_enomem(calloc(two, half + 50));
	expect_enomem(reallocarray(NULL, half + 50, two));
	for (size_t less = 0; less < 64; less++) {
		expect_enomem(malloc(most - less));
		expect_enomem(calloc(1, most - less));
		expect_enomem(realloc(NULL, most - less));
		expect_enomem(aligned_alloc(64, most - less));
	}

	for (int round = 0; round < 3; round++) {
		p = calloc(3, 500);
		CHECK(recorded(p, 1500));
		for (int i = 0; i < 1500; i++)
			CHECK(p[i] == 0);
		memset(p, 0xff, malloc_usable_size(p));
		free(p);
	}
	return 0;
}
