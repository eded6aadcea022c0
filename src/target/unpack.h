/* SPDX-License-Identifier: MIT */
/*
 * Compressed files, as coredumpctl and others keep cores: unpacked into a
 * temporary file without a name, in TMPDIR or /var/tmp. What is zero in them
 * becomes a hole there.
 */
#ifndef MTR_TARGET_UNPACK_H
#define MTR_TARGET_UNPACK_H

#include <stdint.h>

#include "base/error.h"

/* Which program makes such files: "zstd", ...; NULL: it is none. */
const char *mtr_unpack_name(const unsigned char *at, size_t bytes);

/*
 * The whole of what is in @fd, to be closed. More than @most bytes are an
 * error: a few bytes may say that they are terabytes. *complaint is not NULL,
 * and to be freed, where what came out is not all.
 */
struct mtr_error *mtr_unpack(int fd, const char *name, uint64_t most,
			     char **complaint, int *ret);

/*
 * The part @kind of a snapshot: the @bytes at @at are one zstd frame, which is
 * to become the @whole bytes of @to.
 */
struct mtr_error *mtr_unpack_zstd(const void *at, size_t bytes, void *to,
				  size_t whole, unsigned kind);

/*
 * The @bytes at @at as one zstd frame of *n bytes, to be freed. NULL: it would
 * not be smaller, or that is not known here.
 */
void *mtr_pack_zstd(const void *at, size_t bytes, size_t *n);

/* What is taken for true of a file of so many bytes. */
uint64_t mtr_unpack_most(uint64_t bytes);

#endif
