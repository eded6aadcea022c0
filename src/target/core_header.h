/* SPDX-License-Identifier: MIT */
/*
 * The headers of a core file: is it one that we read, and where are its
 * program headers. Says of what is no core what it is. For target_core.c.
 */
#ifndef MTR_TARGET_CORE_HEADER_H
#define MTR_TARGET_CORE_HEADER_H

#include <elf.h>
#include <string.h>

#include "target/target_impl.h"

/* All within the file, at any alignment. */
struct mtr_phdrs {
	const unsigned char *at;
	uint64_t n;
};

static inline Elf64_Phdr mtr_phdr_at(const struct mtr_phdrs *p, uint64_t i)
{
	Elf64_Phdr ph;

	memcpy(&ph, p->at + i * sizeof(ph), sizeof(ph));
	return ph;
}

struct mtr_error *mtr_core_header(const struct mtr_map *map, Elf64_Ehdr *ret);
struct mtr_error *mtr_core_phdrs(const struct mtr_map *map,
				 const Elf64_Ehdr *eh, struct mtr_phdrs *ret);

#endif
