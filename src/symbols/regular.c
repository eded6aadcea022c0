/* SPDX-License-Identifier: MIT */
/*
 * See regular.h for the contract.
 */
#include "symbols/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct mtr_error *mtr_regular_open(const char *path, int *ret)
{
	mtr_auto_close int fd = -1;
	struct stat st;

	if (stat(path, &st) != 0)
		return mtr_error_errno(errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return mtr_error_create("%s: not a regular file", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0)
		return mtr_error_errno(errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return mtr_error_create("%s: not a regular file", path);
	*ret = fd;
	fd = -1;
	return NULL;
}

bool mtr_regular_is_other(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

char *mtr_regular_path(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	return n > 0 && (size_t)n < sizeof(path) ? strndup(path, (size_t)n)
						 : NULL;
}
