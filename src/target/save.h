/* SPDX-License-Identifier: MIT */
/*
 * Writing a snapshot: parts are packed as they come, and the file is written
 * once all are there. What is in them is the business of who knows it.
 */
#ifndef MTR_TARGET_SAVE_H
#define MTR_TARGET_SAVE_H

#include "base/pack.h"
#include "target/target.h"

struct mtr_saved_bytes {
	uint32_t kind, packing;
	void *at;
	size_t bytes, whole;
};

MTR_VECTOR(mtr_saved_list, struct mtr_saved_bytes);

struct mtr_save {
	struct mtr_saved_list parts;
};

void mtr_save_fini(struct mtr_save *save);

/* A part of @bytes at @at, which are copied; none of no bytes. */
struct mtr_error *mtr_save_bytes(struct mtr_save *save, unsigned kind,
				 const void *at, size_t bytes);
/* The same of @p, which is emptied. */
struct mtr_error *mtr_save_pack(struct mtr_save *save, unsigned kind,
				struct mtr_pack *p);

/* What @t itself tells: mappings, build-ids, the program; threads, as far as
 * they have been asked for. */
struct mtr_error *mtr_save_target(struct mtr_save *save, struct mtr_target *t);

/* Which of its pages are in memory. */
struct mtr_error *mtr_save_pages(struct mtr_save *save,
				 const struct mtr_pages *pages);

/*
 * The file, in place of a regular one or of none; what is no regular file is
 * written to as it is. Nobody sees a part of it.
 */
struct mtr_error *mtr_save_write(const struct mtr_save *save,
				 const struct mtr_target *t, const char *path);

#endif
