/* SPDX-License-Identifier: MIT */
/*
 * Our own memory map, and the objects in it: by what the kernel says, so that
 * no lock of the dynamic linker's is needed, and nothing is touched that may be
 * unmapped meanwhile. Allocates nothing.
 */
#ifndef MTR_PRELOAD_MAPS_H
#define MTR_PRELOAD_MAPS_H

#include <stddef.h>

#include "format/snapshot.h"

typedef int mtr_maps_text(void *context, const char *text, size_t bytes);
typedef int mtr_maps_module(void *context,
			    const struct mtr_snapshot_module *module);

/*
 * The text of /proc/self/maps, and of each ELF file in it where it begins and
 * its build-id. @room, of @bytes, is written over. 0, what a call returned that
 * was not 0, or a negative errno value.
 */
int mtr_maps_read(char *room, size_t bytes, mtr_maps_text *take, void *context);
int mtr_maps_modules(char *room, size_t bytes, mtr_maps_module *take,
		     void *context);

#endif
