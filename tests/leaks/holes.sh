#!/bin/sh
# SPDX-License-Identifier: MIT
# What a block's only pointer lies behind: 64 GiB that were never touched, which
# are leapt over; pages behind the end of a file, which nobody can read, and
# which are given up in the end, with a word.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"

cat >prog.c <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#define FAR ((size_t)64 << 30)
#define FILE_BYTES ((size_t)256 << 20)
void *(*volatile opaque)(size_t) = malloc;
int main(void)
{
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	void **in_file, **far;
	char c;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (ftruncate(fd, FILE_BYTES))
		return 1;
	in_file = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE,
		       fd, 0);
	far = mmap(NULL, FAR, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (in_file == MAP_FAILED || far == MAP_FAILED)
		return 77;
	in_file[0] = opaque(100);
	far[FAR / sizeof(*far) - 1] = opaque(200);
	mprotect(far, FAR, PROT_NONE);
	if (ftruncate(fd, 4096))
		return 1;
	printf("ready %d\n", getpid());
	fflush(stdout);
	while (read(0, &c, 1) == 1)
		;
	return 0;
}
END
# shellcheck disable=SC2086 # CC is a list
$MTR_CC -O1 -o prog prog.c || fail "no program"
./prog </dev/null >said || skip "64 GiB cannot be mapped here"
program=$PWD/prog
start
ask leaks "$pid"
stop
has '^definite  *0 blocks'
has 'warning .* KiB of its memory could not be read'
