/* SPDX-License-Identifier: MIT */
/*
 * Which forms of operator new and delete the library answers itself, and which
 * it hands on to the next definition.
 *
 * A C++ runtime's own definitions come to malloc and free in the end, and so do
 * ours: they are as good. A replacement is the program's business. The standard
 * says which forms of a runtime call which others: a form is handed on where a
 * form that it ends up in is replaced.
 *
 * Decided once, by what was loaded at start-up. Where nothing of that defines
 * operator new, a plugin brings the C++ runtime: then the first call decides.
 *
 * Any thread. Allocates nothing. Where a plugin brought the definitions, a
 * look-up holds the loader's lock for the list of objects for a moment.
 */
#ifndef MTR_PRELOAD_CXX_H
#define MTR_PRELOAD_CXX_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/compiler.h"
#include "preload/linkage.h"

enum mtr_cxx {
#define MTR_ENTRY(name)
#define MTR_CXX(name) MTR_CXX_##name,
#include "preload/entry_points.def"
	MTR_CXX_COUNT
};

/* A bit for each form; or one that no form has: to be decided. */
enum {
	MTR_CXX_ALL = (1 << MTR_CXX_COUNT) - 1,
	MTR_CXX_UNDECIDED = 1 << MTR_CXX_COUNT
};

/* The forms that are handed on. */
extern MTR_HIDDEN uint32_t mtr_cxx_handed_on;

/* The mangled name of a form. */
extern MTR_HIDDEN const char *const mtr_cxx_names[MTR_CXX_COUNT];

/*
 * What was loaded at start-up: each form looked up. @allocator's object is the
 * next allocator, whose own operator new is none but its malloc. @bypass: what
 * a runtime's operator new calls is not our malloc, so hand on all.
 */
void mtr_cxx_start(const struct mtr_lookup forms[MTR_CXX_COUNT],
		   const struct link_map *allocator, bool bypass);

/* Decide now, if the library is ready for that. */
uint32_t mtr_cxx_decide(void);

MTR_INLINE bool mtr_cxx_is_handed_on(enum mtr_cxx form)
{
	uint32_t forms = __atomic_load_n(&mtr_cxx_handed_on, __ATOMIC_ACQUIRE);

	if (unlikely(forms & MTR_CXX_UNDECIDED))
		forms = mtr_cxx_decide();
	return forms >> form & 1;
}

/* All forms are answered here: the fast roads may be open. */
MTR_INLINE bool mtr_cxx_hands_on_none(void)
{
	return __atomic_load_n(&mtr_cxx_handed_on, __ATOMIC_ACQUIRE) == 0;
}

/*
 * The next definition of @form for a caller at @pc; NULL: there is none in the
 * process.
 */
void *mtr_cxx_next(enum mtr_cxx form, uintptr_t pc);

/*
 * For a block that has no record: the replacement of @form, a form of delete,
 * that a plugin brought and that a caller at @pc may mean. NULL: there is none.
 */
void *mtr_cxx_plugin_delete(enum mtr_cxx form, uintptr_t pc);

#endif
