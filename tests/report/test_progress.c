/* SPDX-License-Identifier: MIT */
/*
 * The line on a terminal that tells of work over a second: what a file is
 * called tells the terminal nothing else.
 */
#include "sample.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/command.h"

/* A terminal that hands on what it gets, as it is. */
static int open_terminal(int *ret_master)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct termios mode;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return -1;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || tcgetattr(slave, &mode))
		return -1;
	cfmakeraw(&mode);
	tcsetattr(slave, TCSANOW, &mode);
	*ret_master = master;
	return slave;
}

/* What is written about @name until the first tick is there, and at the end. */
static void line_is(const char *name, const char *want)
{
	char got[512], *end;
	int master, slave = open_terminal(&master);
	int stderr_copy = dup(STDERR_FILENO);
	struct pollfd ready = { .fd = master, .events = POLLIN };
	ssize_t n;

	if (slave < 0)
		return; /* there are no terminals here */
	dup2(slave, STDERR_FILENO);
	mtr_progress_begin(name);
	while (poll(&ready, 1, 10000) < 0)
		;
	mtr_progress_end();
	dup2(stderr_copy, STDERR_FILENO);
	n = read(master, got, sizeof(got) - 1);
	ck_assert_int_gt(n, 0);
	got[n] = '\0';
	end = strstr(got, " ... ");
	ck_assert_msg(end, "%s", got);
	*end = '\0';
	ck_assert_str_eq(got, want);
	ck_assert_ptr_eq(strpbrk(end + 1, "0123456789"), end + 5);
	close(master);
	close(slave);
	close(stderr_copy);
}

START_TEST(names)
{
	line_is("app.core", "\rapp.core");
	line_is("a\033[31m\r\n\xc2\x9b"
		"b\xff\xe2\x80\xae"
		"c",
		"\ra?[31m???b?\\u202ec");
}
END_TEST

/* 60 columns, and no part of a character. */
START_TEST(long_names)
{
	char name[300] = "", want[300] = "\r";

	for (int i = 0; i < 70; i++)
		strcat(name, "\xf0\x9f\x98\x80");
	strncat(want, name, 60 * (size_t)4);
	line_is(name, want);
	memset(name, 'x', 58);
	strcpy(name + 58, "\xe2\x80\xae");
	memset(want + 1, 'x', 58);
	want[59] = '\0';
	line_is(name, want);
}
END_TEST

static void add(TCase *t)
{
	tcase_set_timeout(t, 600);
	tcase_add_test(t, names);
	tcase_add_test(t, long_names);
}

int main(void)
{
	return sample_run("progress", add);
}
