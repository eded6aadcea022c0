/* SPDX-License-Identifier: MIT */
/* calloc(200 MB) makes at most 16 KiB resident. */
#include <fcntl.h>
#include <sys/prctl.h>

#include "check.h"

/*
 * smaps counts page tables; statm may lag behind. Pages of files come and go as
 * the kernel likes, many at once.
 */
static long resident_kib(void)
{
	static char text[4096];
	int fd = open("/proc/self/smaps_rollup", O_RDONLY);
	ssize_t n;
	char *at;

	if (fd < 0)
		exit(77);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	CHECK(n > 0);
	at = strstr(text, "Anonymous:");
	CHECK(at);
	return strtol(at + 10, NULL, 10);
}

int main(void)
{
	long before, after;
	char *p;

	check_active();
	/* one huge page would be 2 MiB, library or not */
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		return 77;
	p = calloc(1, 200000000 - 4096);
	free(p);
	resident_kib();
	before = resident_kib();
	p = calloc(20, 10000000);
	after = resident_kib();
	CHECK(recorded(p, 200000000));
	CHECK(after - before <= 16);
	for (size_t i = 0; i < 200000000; i += 1000003)
		CHECK(p[i] == 0);
	CHECK(p[199999999] == 0);
	free(p);
	return 0;
}
