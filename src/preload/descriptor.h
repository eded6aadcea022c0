/* SPDX-License-Identifier: MIT */
/*
 * The exported descriptor (format/layout.h), by a name that needs no look-up.
 */
#ifndef MTR_PRELOAD_DESCRIPTOR_H
#define MTR_PRELOAD_DESCRIPTOR_H

#include "format/layout.h"
#include "preload/compiler.h"

extern MTR_HIDDEN struct mtr_descriptor mtr_descriptor;

/* Count an allocation that is not recorded. */
MTR_HIDDEN void mtr_descriptor_drop(enum mtr_drop reason);

#endif
