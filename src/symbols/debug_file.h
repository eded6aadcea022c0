/* SPDX-License-Identifier: MIT */
/*
 * Where the debug information of a file stands, if not in it: by its build-id,
 * or by the name that it gives. In place of libdwfl's own search, which opens
 * whatever it finds, a pipe too.
 */
#ifndef MTR_SYMBOLS_DEBUG_FILE_H
#define MTR_SYMBOLS_DEBUG_FILE_H

#include "symbols/elf_file.h"

/* Absolute directories, in the order in which they are looked into. */
struct mtr_debug_dirs {
	struct mtr_strings list;
};

struct mtr_error *mtr_debug_dirs_add(struct mtr_debug_dirs *d, const char *dir);
void mtr_debug_dirs_fini(struct mtr_debug_dirs *d);

struct mtr_debug_wanted {
	const char *file;	/* it belongs to that one */
	struct mtr_build_id id; /* it has to have that; .n 0: by .crc */
	const char *link;	/* what .file calls it; NULL: nothing */
	uint32_t crc;
};

/*
 * Set *fd to it, and *name to its path, to be freed; -1 and NULL: it is not
 * there.
 */
struct mtr_error *mtr_debug_file_find(const struct mtr_debug_dirs *d,
				      const struct mtr_debug_wanted *w, int *fd,
				      char **name);

/*
 * The same for what several debug files have in common (dwz): .link is a path,
 * from the folder of .file, and .id what it has to have.
 */
struct mtr_error *mtr_debug_alt_find(const struct mtr_debug_dirs *d,
				     const struct mtr_debug_wanted *w, int *fd,
				     char **name);

#endif
