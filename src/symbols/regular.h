/* SPDX-License-Identifier: MIT */
/*
 * Files whose names come from a target, or from a file that a target named.
 */
#ifndef MTR_SYMBOLS_REGULAR_H
#define MTR_SYMBOLS_REGULAR_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Open for reading what is a regular file. Opening a device can have an effect,
 * opening a pipe blocks: neither is done.
 */
struct mtr_error *mtr_regular_open(const char *path, int *ret);

/* There is something of that name, and it is no regular file: what opens it
 * without asking may hang. */
bool mtr_regular_is_other(const char *path);

/* Where the file behind @fd stands, to be freed; NULL: nobody knows. */
char *mtr_regular_path(int fd);

#endif
