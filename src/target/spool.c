/* SPDX-License-Identifier: MIT */
/*
 * See spool.h for the contract.
 */
#include "target/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096, PIECE = 64 * PAGE };

/* A whole piece, but at the end; bytes, or -1. */
static ssize_t piece_read(int from, unsigned char *to)
{
	size_t n = 0;

	while (n < PIECE) {
		ssize_t got = read(from, to + n, PIECE - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static bool is_zero(const unsigned char *at, size_t n)
{
	return !*at && memcmp(at, at + 1, n - 1) == 0;
}

static bool page_write(int to, const unsigned char *at, size_t n,
		       uint64_t offset)
{
	while (n) {
		ssize_t put = pwrite(to, at, n, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		at += put;
		offset += (uint64_t)put;
		n -= (size_t)put;
	}
	return true;
}

/* False: there is no room for more. */
static bool piece_write(int to, const unsigned char *at, size_t n,
			uint64_t offset)
{
	for (size_t i = 0; i < n;) {
		size_t run = i, page;

		while (run < n) {
			page = n - run < PAGE ? n - run : (size_t)PAGE;
			if (is_zero(at + run, page))
				break;
			run += page;
		}
		if (run > i && !page_write(to, at + i, run - i, offset + i))
			return false;
		i = run < n ? run + (n - run < PAGE ? n - run : (size_t)PAGE)
			    : n;
	}
	return true;
}

static int copy(int from, int to, unsigned char *room, uint64_t *done)
{
	ssize_t n;

	while ((n = piece_read(from, room)) > 0) {
		if (!piece_write(to, room, (size_t)n, *done))
			return errno;
		*done += (uint64_t)n;
	}
	return n < 0 ? errno : 0;
}

struct mtr_error *mtr_spool(int from, const char *directory, int *lost,
			    int *ret)
{
	mtr_auto_free unsigned char *room = malloc(PIECE);
	mtr_auto_close int to =
		open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	uint64_t done = 0;

	if (!room)
		return mtr_error_nomem();
	if (to < 0)
		return mtr_error_errno(errno, "no file can be made there");
	*lost = copy(from, to, room, &done);
	if (ftruncate(to, (off_t)done) || lseek(to, 0, SEEK_SET) < 0)
		return mtr_error_errno(errno, "no file can be made there");
	*ret = to;
	to = -1;
	return NULL;
}
