/* SPDX-License-Identifier: MIT */
/*
 * What has to be known of the loaded objects: where libc, the C++ runtime and
 * the dynamic linker lie, and which objects may be unloaded.
 *
 * Looked up at the first call of an entry point. Asking takes no lock.
 */
#ifndef MTR_PRELOAD_OBJECTS_H
#define MTR_PRELOAD_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/compiler.h"

struct mtr_span {
	uintptr_t start, bytes;
};

struct mtr_objects {
	struct mtr_span inner; /* from the lower to the higher of the two: */
	struct mtr_span libc, cxx;
	struct mtr_span linker;
	bool watch; /* rules are kept of an object that may be unloaded */
};

extern MTR_HIDDEN struct mtr_objects mtr_objects;

MTR_INLINE bool mtr_span_holds(const struct mtr_span *span, uintptr_t pc)
{
	return pc - span->start < span->bytes;
}

/* Does @pc free what tells that an object may have been unloaded? */
MTR_INLINE bool mtr_objects_watched(uintptr_t pc)
{
	return unlikely(mtr_objects.watch) &&
	       unlikely(mtr_span_holds(&mtr_objects.linker, pc));
}

/* @direct: no caller is looked for outside of libc and the C++ runtime. */
void mtr_objects_init(bool direct);

/* Rules of the object that @map (a struct link_map) stands for are kept. */
void mtr_objects_keep(const void *map);

/* Does @pc lie in libc or the C++ runtime? */
MTR_INLINE bool mtr_objects_inner(uintptr_t pc)
{
	return mtr_span_holds(&mtr_objects.libc, pc) ||
	       mtr_span_holds(&mtr_objects.cxx, pc);
}

#endif
