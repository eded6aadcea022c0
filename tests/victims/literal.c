/* SPDX-License-Identifier: MIT */
/* Before an allocator of next_literal.c's kind. */
#include <errno.h>

#include "check.h"

int main(void)
{
	void *p;

	CHECK(errno == 0);
	check_active();
	for (size_t size = 0; size < 5000; size = size * 2 + 3) {
		CHECK(posix_memalign(&p, 8, size) == 0);
		CHECK(recorded(p, size));
		memset(p, 1, size);
		free(p);
	}
	return 0;
}
