/* SPDX-License-Identifier: MIT */
/*
 * What has to be known of the loaded objects: where libc, the C++ runtime and
 * the dynamic linker lie, and where the unwind information of an address is.
 *
 * A table of the objects that were loaded at start-up, which stay until the
 * process ends, is made at the first call of an entry point. Asking it takes no
 * lock and calls nothing, so that it answers in a forked child, too. For the
 * objects that come and go the dynamic linker is asked: glibc 2.35 and later
 * takes no lock for that, an earlier one its own for a moment.
 */
#ifndef MTR_PRELOAD_OBJECTS_H
#define MTR_PRELOAD_OBJECTS_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/compiler.h"

struct mtr_span {
	uintptr_t start, bytes;
};

struct mtr_objects {
	struct mtr_span libc, cxx;
	struct mtr_span runtimes; /* from the lower of the two to the end of
				   * the higher */
	struct mtr_span linker;
	uint8_t watch; /* why frees of the linker matter: MTR_WATCH_* */
};

enum {
	MTR_WATCH_RULES = 1,   /* there are rules of an object that may be
				* unloaded */
	MTR_WATCH_OPENING = 2, /* an object is being opened (opened.c) */
};

extern MTR_HIDDEN struct mtr_objects mtr_objects;

MTR_INLINE bool mtr_span_holds(const struct mtr_span *span, uintptr_t pc)
{
	return pc - span->start < span->bytes;
}

/* Is @pc in ld.so, whose frees hint at a dlclose, or a dlopen that failed? */
MTR_INLINE bool mtr_objects_watched(uintptr_t pc)
{
	return unlikely(mtr_objects.watch) &&
	       unlikely(mtr_span_holds(&mtr_objects.linker, pc));
}

/* How the objects that come and go are asked for; NULL: not known. */
struct mtr_loader {
	int (*find_object)(void *pc, void *ret);
	int (*iterate)(int (*visit)(struct dl_phdr_info *, size_t, void *),
		       void *context);
};

/* Before the first question. @loader's functions are libc's own. */
void mtr_objects_init(const struct mtr_loader *loader);

/* From now on callers in libc and the C++ runtime are looked through. */
void mtr_objects_look_through(void);

/* Does @pc lie in libc or the C++ runtime? */
MTR_INLINE bool mtr_objects_in_runtime(uintptr_t pc)
{
	return mtr_span_holds(&mtr_objects.libc, pc) ||
	       mtr_span_holds(&mtr_objects.cxx, pc);
}

struct mtr_object {
	uintptr_t start, end; /* of its segments, with what is between them */
	uintptr_t bias;
	const char *path; /* "" is the program */
	const ElfW(Phdr) * headers;
	size_t n_headers;
};

/* What is known of the object that an address lies in. */
enum mtr_object_kind {
	MTR_OBJECT_NONE,      /* in no object */
	MTR_OBJECT_PERMANENT, /* one that stays */
	MTR_OBJECT_PASSING,   /* one that may be unloaded */
};

/*
 * The object whose segment holds @pc. .headers is NULL where they are not
 * known; .path is valid as long as the object is loaded.
 */
enum mtr_object_kind mtr_objects_find(uintptr_t pc, struct mtr_object *ret);

/*
 * Is @pc known to lie in an object? Takes no lock, and looks at nothing that
 * may be unloaded meanwhile: before glibc 2.35 only those that stay are known.
 */
bool mtr_objects_hold(uintptr_t pc);

/*
 * dl_iterate_phdr, libc's own: objects neither come nor go while it calls
 * @visit. Takes the loader's lock for the list of objects.
 */
void mtr_objects_iterate(int (*visit)(struct dl_phdr_info *, size_t, void *),
			 void *context);

/*
 * The object whose ELF header is at @start, and that @map tells of; .headers is
 * NULL where there is none.
 */
void mtr_object_at(const void *start, const struct link_map *map,
		   struct mtr_object *ret);

/* The length of @o's build-id, which is written to @to; 0: it has none. */
size_t mtr_object_build_id(const struct mtr_object *o, uint8_t *to,
			   size_t size);

/* The same, from @bytes of notes at @note. */
size_t mtr_notes_build_id(const char *note, size_t bytes, uint8_t *to,
			  size_t size);

MTR_INLINE void mtr_objects_watch(uint8_t why)
{
	__atomic_fetch_or(&mtr_objects.watch, why, __ATOMIC_RELAXED);
}

MTR_INLINE void mtr_objects_unwatch(uint8_t why)
{
	__atomic_fetch_and(&mtr_objects.watch, (uint8_t)~why, __ATOMIC_RELAXED);
}

#endif
