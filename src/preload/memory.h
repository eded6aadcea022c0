/* SPDX-License-Identifier: MIT */
/*
 * Memory for the library's own tables: listed for readers (format/own.h),
 * counted, and asked for again only now and then once it was refused. What has
 * to do without a table would otherwise cost a system call each time.
 *
 * All that the library maps comes from here. Any thread, signal handlers; a
 * child of fork has the list as it was: what another thread mapped just then
 * and did not list yet is empty there, and stays so.
 */
#ifndef MTR_PRELOAD_MEMORY_H
#define MTR_PRELOAD_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "format/own.h"
#include "preload/compiler.h"

/* Whoever has tables has one of these. */
struct mtr_memory {
	void *(*map)(size_t bytes); /* mtr_sys_map or mtr_sys_map_huge */
	enum mtr_own_kind kind;
	uint64_t *bytes;	   /* how much is mapped */
	_Atomic uint32_t refusals; /* since it was last given */
	_Atomic uint32_t calls;	   /* since it was first refused */
};

/* After many refusals one call in so many asks. */
enum { MTR_MEMORY_PATIENCE = 64 };

/* Zeroed. NULL: refused, now or before. */
void *mtr_memory_map(struct mtr_memory *m, size_t bytes);
/* The same, asking in any case: for a block that took a system call itself. */
void *mtr_memory_map_anyway(struct mtr_memory *m, size_t bytes);
void mtr_memory_unmap(struct mtr_memory *m, void *p, size_t bytes);

/* The same for what is mapped once, and neither counted nor waited for. */
void *mtr_memory_map_once(enum mtr_own_kind kind, size_t bytes);
void mtr_memory_unmap_once(void *p, size_t bytes);

extern MTR_HIDDEN struct mtr_own_list mtr_own_list;

#endif
