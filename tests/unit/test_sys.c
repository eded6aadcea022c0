/* SPDX-License-Identifier: MIT */
/*
 * System calls made directly: what they answer, and that errno is left alone.
 */
#include "preload/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/utsname.h>
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

/* The mapping that has @p: its end, and whether it may have huge pages. */
static uintptr_t mapping_of(void *p, uintptr_t *begin, bool *huge)
{
	unsigned long from, to;
	uintptr_t end = 0;
	char line[1000];
	FILE *f = fopen("/proc/self/smaps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2 &&
		    from <= (uintptr_t)p && (uintptr_t)p < to) {
			*begin = from;
			end = to;
		} else if (end && !strncmp(line, "VmFlags:", 8)) {
			*huge = !strstr(line, " nh");
			break;
		}
	}
	if (f)
		fclose(f);
	return end;
}

/* What the kernel is told, or else that there is no room for one. */
START_TEST(map_small)
{
	enum { N = 8, BYTES = 7 << 18 };
	struct utsname system;
	int major = 0, minor = 0;
	char *p[N];

	uname(&system);
	sscanf(system.release, "%d.%d", &major, &minor);
	for (int i = 0; i < N; i++) {
		p[i] = mtr_sys_map_small(BYTES);
		ck_assert(p[i] != NULL && (uintptr_t)p[i] % 4096 == 0);
		p[i][0] = p[i][BYTES - 1] = 1;
	}
	for (int i = 0; i < N; i++) {
		bool huge = true;
		uintptr_t begin = 0, end = mapping_of(p[i], &begin, &huge);

		if (!end)
			return;
		ck_assert_uint_eq(begin, (uintptr_t)p[i]);
		ck_assert(!huge || major < 6 || (major == 6 && minor < 8));
		for (int j = 0; j < N; j++)
			ck_assert(j == i || (uintptr_t)p[j] < begin ||
				  (uintptr_t)p[j] >= end);
	}
	for (int i = 0; i < N; i++)
		mtr_sys_unmap(p[i], BYTES);
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

static int interrupted, drained_by[2];

/* The reader comes at last. */
static void on_alarm(int sig)
{
	char text[4096];

	(void)sig;
	if (++interrupted > 20)
		while (read(drained_by[0], text, sizeof(text)) > 0)
			;
}

/* A full pipe, and signals while it is waited for. */
START_TEST(write_all_goes_on_after_a_signal)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval each = { { 0, 1000 }, { 0, 1000 } };

	ck_assert_int_eq(pipe2(drained_by, O_NONBLOCK), 0);
	while (write(drained_by[1], "x", 1) == 1)
		;
	fcntl(drained_by[1], F_SETFL, 0);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &each, NULL);
	ck_assert_int_eq(mtr_sys_write_all(drained_by[1], "y", 1), 0);
	ck_assert_int_gt(interrupted, 20);
}
END_TEST

static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	handled += sig;
}

static uint64_t pending(void)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIGPIPE) | sigismember(&set, SIGXFSZ) << 1;
}

START_TEST(no_signal_of_a_write)
{
	struct rlimit limit = { 10, RLIM_INFINITY };
	struct mtr_hush h;
	sigset_t before = { 0 }, after = { 0 };
	int ends[2], fd, error;

	signal(SIGPIPE, on_signal);
	signal(SIGXFSZ, on_signal);
	ck_assert_int_eq(pipe(ends), 0);
	close(ends[0]);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	sigprocmask(SIG_SETMASK, NULL, &before);
	mtr_sys_hush(&h);
	error = mtr_sys_write_all(ends[1], "x", 1);
	mtr_sys_unhush(&h, error);
	mtr_sys_say(ends[1], "x", 1);
	ck_assert_int_eq(error, -EPIPE);

	/* no assertion here: Check, too, writes to a file */
	setrlimit(RLIMIT_FSIZE, &limit);
	mtr_sys_hush(&h);
	error = mtr_sys_write_all(fd, "more than ten bytes", 19);
	mtr_sys_unhush(&h, error);
	mtr_sys_say(fd, "x", 1);
	limit.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &limit);
	ck_assert_int_eq(error, -EFBIG);

	sigprocmask(SIG_SETMASK, NULL, &after);
	ck_assert(memcmp(&before, &after, sizeof(after)) == 0);
	ck_assert_int_eq(handled, 0);
	ck_assert_uint_eq(pending(), 0);
	unlink(path);
}
END_TEST

/* What was pending before stays, and what came meanwhile is delivered. */
START_TEST(signals_of_others)
{
	struct mtr_hush h;
	sigset_t set;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	close(ends[0]);
	signal(SIGPIPE, on_signal);
	signal(SIGXFSZ, on_signal);
	mtr_sys_hush(&h);
	raise(SIGXFSZ);
	ck_assert_int_eq(handled, 0);
	mtr_sys_unhush(&h, mtr_sys_write_all(ends[1], "x", 1));
	ck_assert_int_eq(handled, SIGXFSZ);
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGPIPE);
	mtr_sys_say(ends[1], "x", 1);
	mtr_sys_hush(&h);
	mtr_sys_unhush(&h, mtr_sys_write_all(ends[1], "x", 1));
	ck_assert_uint_eq(pending(), 1);
	ck_assert_int_eq(handled, SIGXFSZ);
}
END_TEST

START_TEST(says_what_can_be_said_at_once)
{
	char text[8192];
	int ends[2], file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_eq(pipe(ends), 0);
	errno = 1234;
	mtr_sys_say(ends[1], "hello\n", 6);
	ck_assert_int_eq(read(ends[0], text, sizeof(text)), 6);
	fcntl(ends[1], F_SETPIPE_SZ, 4096);
	memset(text, 'x', sizeof(text));
	/* room for less than the line */
	ck_assert_int_eq(write(ends[1], text, 4093), 4093);
	mtr_sys_say(ends[1], "hello\n", 6);
	ck_assert_int_eq(read(ends[0], text, sizeof(text)), 4093);
	mtr_sys_say(file, "hello\n", 6);
	ck_assert_int_eq(pread(file, text, sizeof(text), 0), 6);
	mtr_sys_say(-1, "hello\n", 6);
	close(file);
	mtr_sys_say(file, "hello\n", 6);
	ck_assert_int_eq(errno, 1234);
	unlink(path);
}
END_TEST

START_TEST(what_may_be_replaced)
{
	unlink(path);
	errno = 1234;
	ck_assert_int_eq(mtr_sys_may_replace(path), 0);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	ck_assert_int_eq(mtr_sys_may_replace(path), 0);
	ck_assert_int_eq(mtr_sys_may_replace("unit.sys.tmp/x"), -ENOTDIR);
	unlink(path);
	ck_assert_int_eq(symlink("nowhere", path), 0);
	ck_assert_int_eq(mtr_sys_may_replace(path), -EEXIST);
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(mtr_sys_may_replace(path), -EEXIST);
	unlink(path);
	ck_assert_int_eq(mtr_sys_may_replace("/dev/null"), -EEXIST);
	ck_assert_int_eq(mtr_sys_may_replace("/"), -EISDIR);
	ck_assert_int_eq(errno, 1234);
}
END_TEST

START_TEST(opens_a_log)
{
	struct stat st;
	int fd, reader;

	unlink(path);
	for (int i = 0; i < 2; i++) {
		fd = mtr_sys_open_log(path);
		ck_assert(fd >= 0);
		ck_assert_int_eq(mtr_sys_write_all(fd, "line\n", 5), 0);
		close(fd);
	}
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 10);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(symlink(path, other), 0);
	ck_assert_int_eq(mtr_sys_open_log(other), -ELOOP);
	if (getuid() == 0) {
		ck_assert_int_eq(chown(path, 1, 1), 0);
		ck_assert_int_eq(mtr_sys_open_log(path), -EEXIST);
	}
	unlink(path);
	unlink(other);
	/* nobody reads, so nobody is waited for */
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(mtr_sys_open_log(path), -ENXIO);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	ck_assert_int_ge(mtr_sys_open_log(path), 0);
	close(reader);
	unlink(path);
}
END_TEST

START_TEST(random_numbers_differ)
{
	ck_assert(mtr_sys_random() != mtr_sys_random());
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
	tcase_add_test(tc, map_small);
	tcase_add_test(tc, map_fails);
	tcase_add_test(tc, files);
	tcase_add_test(tc, failures_are_returned);
	tcase_add_test(tc, write_all_goes_on);
	tcase_add_test(tc, write_all_goes_on_after_a_signal);
	tcase_add_test(tc, no_signal_of_a_write);
	tcase_add_test(tc, signals_of_others);
	tcase_add_test(tc, says_what_can_be_said_at_once);
	tcase_add_test(tc, what_may_be_replaced);
	tcase_add_test(tc, opens_a_log);
	tcase_add_test(tc, random_numbers_differ);
	tcase_add_test(tc, readable);
	tcase_add_test(tc, stack_limit);
	tcase_add_test(tc, links);
	tcase_add_test(tc, peek);
	return s;
}
