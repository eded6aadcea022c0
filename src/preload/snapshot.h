/* SPDX-License-Identifier: MIT */
/*
 * Writing the record of our own process to a file. No malloc, no stdio, no
 * lock: other threads go on, and what they change meanwhile is as it was before
 * or after.
 */
#ifndef MTR_PRELOAD_SNAPSHOT_H
#define MTR_PRELOAD_SNAPSHOT_H

#include <limits.h>

#include "preload/walk.h"

/* What it takes, for who has no room for that on the stack. */
struct mtr_snapshot_room {
	struct mtr_walk_room walk;
	char part[PATH_MAX];
	_Alignas(8) char text[PATH_MAX];
};

/*
 * 0, or a negative errno value. @path is replaced only by a whole snapshot, and
 * only where it is a regular file: -EEXIST, -EISDIR.
 */
int mtr_snapshot_write(const char *path);

/* The same; signals are the caller's business, see mtr_sys_hush(). */
int mtr_snapshot_write_in(struct mtr_snapshot_room *room, const char *path);

#endif
