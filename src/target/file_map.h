/* SPDX-License-Identifier: MIT */
/*
 * Whole files, mapped for reading. A mapping costs no memory for what is not
 * looked at, and a read costs no call.
 *
 * What the file loses while it is mapped, because somebody cuts it short or its
 * file system fails, reads as zeros instead of ending us with SIGBUS. For that
 * a handler of SIGBUS is there while any file is mapped; what is not about
 * these files goes to who had it before. For one thread.
 */
#ifndef MTR_TARGET_FILE_MAP_H
#define MTR_TARGET_FILE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct mtr_map_guard;

struct mtr_map {
	const unsigned char *at; /* NULL: there is no file */
	size_t bytes;
	struct mtr_map_guard *guard; /* NULL: memory of our own */
};

/* @fd stays the caller's. */
struct mtr_error *mtr_map_open(int fd, struct mtr_map *ret);
void mtr_map_close(struct mtr_map *map);

/* A descriptor of the file, which lasts as long as @map; -1: there is none. */
int mtr_map_fd(const struct mtr_map *map);

/*
 * The same for a file that somebody else has mapped, privately, up to the call
 * of mtr_map_unwatch(). NULL: no memory.
 */
struct mtr_map_guard *mtr_map_watch(const void *at, size_t bytes);
void mtr_map_unwatch(struct mtr_map_guard *guard);

/* Something of it had to be made up. */
bool mtr_map_watch_failed(const struct mtr_map_guard *guard);

/* How the file is not any more what was mapped; NULL: it is, as far as anybody
 * can tell. To be freed. */
char *mtr_map_changed(const struct mtr_map *map);

#endif
