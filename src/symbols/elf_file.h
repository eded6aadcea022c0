/* SPDX-License-Identifier: MIT */
/*
 * An ELF file on disk held against what a target has mapped: is it the file
 * that was running, and how far was it moved?
 *
 * Knows program headers and the build-id; of symbols and DWARF nothing.
 */
#ifndef MTR_SYMBOLS_ELF_FILE_H
#define MTR_SYMBOLS_ELF_FILE_H

#include <gelf.h>

#include "target/target.h"

MTR_VECTOR(mtr_loads, GElf_Phdr);

struct mtr_elf_file {
	int fd; /* -1: none, or given away */
	GElf_Ehdr header;
	struct mtr_loads loads; /* PT_LOAD, in the file's order */
	uint64_t dynamic;	/* address of PT_DYNAMIC; 0: none */
	struct mtr_build_id build_id;
};

/* A device or a pipe is never opened, whatever a core says its path is. */
struct mtr_error *mtr_elf_file_open(const char *path, struct mtr_elf_file *ret);
void mtr_elf_file_close(struct mtr_elf_file *f);

/* The build-id of any ELF file, one of debug information alone too. Left as it
 * is if there is none. */
void mtr_elf_file_id(int fd, struct mtr_build_id *ret);

/*
 * What to add to an address in the file to have that in the target, where the
 * @n ranges are mapped from this file. False if the ranges that may hold code
 * do not lie as the program headers say: then it is another file.
 */
bool mtr_elf_file_bias(const struct mtr_elf_file *f,
		       const struct mtr_range *ranges, size_t n, uint64_t *ret);

/* The same for a part of the file that is mapped once more, anywhere. */
bool mtr_elf_file_part_bias(const struct mtr_elf_file *f,
			    const struct mtr_range *ranges, size_t n,
			    uint64_t *ret);

enum mtr_likeness {
	MTR_SAME,	 /* by build-id */
	MTR_PERHAPS,	 /* no build-id in the target; the rest fits */
	MTR_UNSEEN,	 /* nothing in the target to hold it against */
	MTR_OTHER_ID,	 /* the build-ids differ */
	MTR_OTHER_HEADER /* no build-id; the ELF headers differ */
};

/*
 * Hold @f against what is mapped at @start, the beginning of the file, whose
 * build-id is @id.
 */
enum mtr_likeness mtr_elf_file_compare(const struct mtr_elf_file *f,
				       struct mtr_target *t, uint64_t start,
				       const struct mtr_build_id *id);

/* None is the same as none. */
bool mtr_build_id_same(const struct mtr_build_id *a,
		       const struct mtr_build_id *b);

/* In hex, "none" if there is none. */
enum { MTR_BUILD_ID_TEXT = 2 * 40 + 1 };
const char *mtr_build_id_text(const struct mtr_build_id *id,
			      char text[MTR_BUILD_ID_TEXT]);

#endif
