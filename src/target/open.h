/* SPDX-License-Identifier: MIT */
/*
 * From a name to a target of its kind.
 */
#ifndef MTR_TARGET_OPEN_H
#define MTR_TARGET_OPEN_H

#include "target/target.h"

/*
 * @name is a path, or the number of a process if no such file exists. Errors
 * are whole sentences, without @name in front.
 */
struct mtr_error *mtr_target_open(const char *name, struct mtr_target **ret);

/* The core in @fd, which stays the caller's; its files are below @root. */
struct mtr_error *mtr_target_open_core(const char *name, int fd,
				       const char *root,
				       struct mtr_target **ret);

#endif
