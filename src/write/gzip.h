/* SPDX-License-Identifier: MIT */
/*
 * What is written through it comes out compressed, as gzip(1) has it.
 *
 * Nobody who includes this sees zlib. Without zlib there is no compression, and
 * mtr_gzip_create says so.
 */
#ifndef MTR_WRITE_GZIP_H
#define MTR_WRITE_GZIP_H

#include "base/error.h"
#include "write/out.h"

struct mtr_gzip;

struct mtr_error *mtr_gzip_create(struct mtr_out *to, struct mtr_gzip **ret);
/* Where to write. */
struct mtr_out *mtr_gzip_out(struct mtr_gzip *z);
/* The end of the file. What went wrong is in the first one's .error. */
void mtr_gzip_finish(struct mtr_gzip *z);
void mtr_gzip_destroy(struct mtr_gzip *z);

#endif
