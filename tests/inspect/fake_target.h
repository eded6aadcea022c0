/* SPDX-License-Identifier: MIT */
/*
 * A target made by hand, in place of inspect/target.c: files mapped where a
 * test says, and their bytes. Brings all functions of inspect/target.h.
 */
#ifndef MTR_TESTS_FAKE_TARGET_H
#define MTR_TESTS_FAKE_TARGET_H

#include "target/open.h"

struct mtr_target *fake_create(enum mtr_target_kind kind);

/* Once more mtr_target_open gives @t, whatever the name. */
void fake_offer(struct mtr_target *t);

/*
 * Map what the loader would map of @file, @bias added, as if it were @path.
 * @dumped: its bytes, and with them the build-id, can be read.
 */
void fake_map(struct mtr_target *t, const char *path, const char *file,
	      uint64_t bias, bool dumped);

/*
 * The same, with what the loader leaves of its first mapping between the
 * segments, and as gcore(1) tells of it: with the rights of the first segment
 * alone. Gives how many such holes there are.
 */
size_t fake_map_holes(struct mtr_target *t, const char *path, const char *file,
		      uint64_t bias);

void fake_range(struct mtr_target *t, uint64_t start, uint64_t end,
		uint64_t offset, const char *path, int prot);
/* Bytes to be read at @addr. */
void fake_bytes(struct mtr_target *t, uint64_t addr, const void *from,
		size_t bytes);
void fake_set_exe(struct mtr_target *t, const char *path);
void fake_set_pid(struct mtr_target *t, int pid);

#endif
