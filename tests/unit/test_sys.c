/* SPDX-License-Identifier: MIT */
/*
 * System calls made directly: what they answer, and that errno is left alone.
 */
#include "preload/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static const char path[] = "unit.sys.tmp", other[] = "unit.sys.tmp2";

START_TEST(map)
{
	size_t bytes = 3 * 4096;
	char *p = mtr_sys_map(bytes);

	ck_assert(p != NULL);
	for (size_t i = 0; i < bytes; i++)
		ck_assert_int_eq(p[i], 0);
	p[bytes - 1] = 1;
	mtr_sys_unmap(p, bytes);
	ck_assert_int_eq(msync(p, bytes, MS_ASYNC), -1);
	ck_assert_int_eq(errno, ENOMEM);
}
END_TEST

START_TEST(map_fails)
{
	errno = 1234;
	ck_assert_ptr_eq(mtr_sys_map(SIZE_MAX / 2), NULL);
	ck_assert_ptr_eq(mtr_sys_map(0), NULL);
	ck_assert_int_eq(errno, 1234);
}
END_TEST

START_TEST(files)
{
	char text[10];
	int fd;

	errno = 1234;
	fd = mtr_sys_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ck_assert(fd >= 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(mtr_sys_write_all(fd, "hello", 5), 0);
	ck_assert_int_eq(mtr_sys_write_start(fd, "J", 1), 0);
	ck_assert_int_eq(mtr_sys_read(fd, text, sizeof(text)), 4);
	ck_assert(memcmp(text, "ello", 4) == 0);
	ck_assert_int_eq(mtr_sys_read(fd, text, sizeof(text)), 0);
	mtr_sys_close(fd);
	ck_assert_int_eq(mtr_sys_read(fd, text, 1), -EBADF);
	ck_assert_int_eq(mtr_sys_rename(path, other), 0);
	ck_assert_int_eq(mtr_sys_open(path, O_RDONLY, 0), -ENOENT);
	mtr_sys_unlink(other);
	ck_assert_int_eq(mtr_sys_open(other, O_RDONLY, 0), -ENOENT);
	ck_assert_int_eq(errno, 1234);
}
END_TEST

START_TEST(failures_are_returned)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	errno = 1234;
	ck_assert_int_eq(mtr_sys_write_all(-1, "x", 1), -EBADF);
	ck_assert_int_eq(mtr_sys_write_all(-1, "", 0), 0);
	ck_assert_int_eq(mtr_sys_write_start(ends[1], "x", 1), -ESPIPE);
	ck_assert_int_eq(mtr_sys_rename("unit.none", other), -ENOENT);
	ck_assert_int_eq(mtr_sys_readlink("unit.none", NULL, 0), -EINVAL);
	mtr_sys_close(-1);
	mtr_sys_unlink("unit.none");
	ck_assert_int_eq(errno, 1234);
}
END_TEST

/* More than a pipe holds, so that the kernel takes it in several pieces. */
START_TEST(write_all_goes_on)
{
	static char text[1 << 20];
	char got[4096];
	size_t sum = 0;
	int ends[2], status;
	pid_t child;
	ssize_t n;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		fcntl(ends[1], F_SETPIPE_SZ, 4096);
		_exit(-mtr_sys_write_all(ends[1], text, sizeof(text)));
	}
	close(ends[1]);
	while ((n = read(ends[0], got, sizeof(got))) > 0)
		sum += n;
	ck_assert_uint_eq(sum, sizeof(text));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* The eight bytes, and not one that lies behind the end of what is there. */
START_TEST(readable)
{
	char *two = mtr_sys_map(8192);

	errno = 1234;
	mtr_sys_unmap(two + 4096, 4096);
	ck_assert(mtr_sys_readable(two));
	ck_assert(mtr_sys_readable(two + 4088));
	ck_assert(!mtr_sys_readable(two + 4089));
	ck_assert(!mtr_sys_readable(two + 4096));
	ck_assert(!mtr_sys_readable(NULL));
	mprotect(two, 4096, PROT_NONE);
	ck_assert(!mtr_sys_readable(two));
	ck_assert_int_eq(errno, 1234);
}
END_TEST

START_TEST(stack_limit)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_STACK, &limit), 0);
	ck_assert_uint_eq(mtr_sys_stack_limit(), limit.rlim_cur);
	ck_assert_int_eq(mtr_sys_getpid(), getpid());
}
END_TEST

START_TEST(links)
{
	char text[100] = "";

	unlink(path);
	ck_assert_int_eq(symlink("some where", path), 0);
	ck_assert_int_eq(mtr_sys_readlink(path, text, sizeof(text)), 10);
	ck_assert_str_eq(text, "some where");
	unlink(path);
}
END_TEST

/* A hole ends the reading there, and does not fault. */
START_TEST(peek)
{
	char from[2][8] = { "abcdefg", "hijklmn" }, to[3][8];
	char *hole = mtr_sys_map(4096);
	struct iovec remote[3] = { { from[0], 8 },
				   { hole, 8 },
				   { from[1], 8 } };
	struct iovec local[3] = { { to[0], 8 }, { to[1], 8 }, { to[2], 8 } };

	if (mtr_sys_peek(local, remote, 3) == -EPERM) {
		puts("peek: process_vm_readv is not permitted here");
		return;
	}
	ck_assert_int_eq(mtr_sys_peek(local, remote, 3), 24);
	ck_assert_str_eq(to[0], from[0]);
	ck_assert_str_eq(to[2], from[1]);
	mtr_sys_unmap(hole, 4096);
	ck_assert_int_eq(mtr_sys_peek(local, remote, 3), 8);
	ck_assert_int_eq(mtr_sys_peek(local + 1, remote + 1, 2), -EFAULT);
}
END_TEST

Suite *sys_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("sys", &tc);

	tcase_add_test(tc, map);
	tcase_add_test(tc, map_fails);
	tcase_add_test(tc, files);
	tcase_add_test(tc, failures_are_returned);
	tcase_add_test(tc, write_all_goes_on);
	tcase_add_test(tc, readable);
	tcase_add_test(tc, stack_limit);
	tcase_add_test(tc, links);
	tcase_add_test(tc, peek);
	return s;
}
