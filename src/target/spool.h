/* SPDX-License-Identifier: MIT */
/*
 * What comes through a pipe, as a file without a name: a core that the kernel
 * hands to a program.
 */
#ifndef MTR_TARGET_SPOOL_H
#define MTR_TARGET_SPOOL_H

#include "base/error.h"

/*
 * All of @from, in @directory; pages of zeros become holes. *ret is to be
 * closed, and is at its start. Where there is no room for all of it *lost says
 * why it ends: an errno.
 */
struct mtr_error *mtr_spool(int from, const char *directory, int *lost,
			    int *ret);

#endif
