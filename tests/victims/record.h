/* SPDX-License-Identifier: MIT */
/* For victims that tell of their own blocks what a reader says. */
#ifndef VICTIMS_RECORD_H
#define VICTIMS_RECORD_H

#include <dlfcn.h>
#include <stddef.h>

#include "format/layout.h"

/* How many of a block's usable bytes are its record; 0: nothing is traced. */
static inline size_t record_bytes(void)
{
	static const struct mtr_descriptor *d;

	if (!d)
		d = dlsym(RTLD_DEFAULT, MTR_DESCRIPTOR_SYMBOL);
	return d ? d->record : 0;
}

#endif
