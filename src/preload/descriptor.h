/* SPDX-License-Identifier: MIT */
/*
 * The exported descriptor (format/layout.h), by a name that needs no look-up.
 */
#ifndef MTR_PRELOAD_DESCRIPTOR_H
#define MTR_PRELOAD_DESCRIPTOR_H

#include "format/depot.h"
#include "format/layout.h"
#include "preload/compiler.h"

extern MTR_HIDDEN struct mtr_descriptor mtr_descriptor;

/* Count an allocation that is not recorded. */
MTR_INLINE void mtr_descriptor_drop(enum mtr_drop reason)
{
	__atomic_fetch_add(&mtr_descriptor.drops[reason], 1, __ATOMIC_RELAXED);
}

/* Count a stack that ended early; MTR_ROOT_NONE: a block without one. */
MTR_INLINE void mtr_descriptor_stop(enum mtr_root reason)
{
	__atomic_fetch_add(&mtr_descriptor.stops[reason], 1, __ATOMIC_RELAXED);
}

#endif
