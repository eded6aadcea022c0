/* SPDX-License-Identifier: MIT */
/* A posix_memalign that fails says why, and leaves *ret alone. */
#include <errno.h>

#include "check.h"

int main(void)
{
	static const size_t bad[] = { 0, 1, 2, 3, 4, 7, 9, 12, 24, 48, 4095 };
	volatile size_t most = SIZE_MAX;
	char mark;
	void *p = &mark;

	check_active();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK(posix_memalign(&p, bad[i], 100) == EINVAL);
		CHECK(p == &mark);
	}
	for (size_t less = 0; less < 64; less++) {
		CHECK(posix_memalign(&p, 64, most - less) == ENOMEM);
		CHECK(p == &mark);
	}
	CHECK(posix_memalign(&p, 64, most / 4) == ENOMEM);
	CHECK(p == &mark);
	CHECK(posix_memalign(&p, 8, 100) == 0);
	CHECK(recorded(p, 100));
	free(p);
	return 0;
}
