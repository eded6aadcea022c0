/* SPDX-License-Identifier: MIT */
/*
 * Writing the record of our own process to a file. No malloc, no stdio.
 */
#ifndef MTR_PRELOAD_SNAPSHOT_H
#define MTR_PRELOAD_SNAPSHOT_H

/*
 * 0, or a negative errno value. @path is replaced only by a whole snapshot, and
 * only where it is a regular file: -EEXIST, -EISDIR.
 */
int mtr_snapshot_write(const char *path);

#endif
