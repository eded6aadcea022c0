/* SPDX-License-Identifier: MIT */
/*
 * What libdw does not say of a DIE in one call, or not safely.
 */
#ifndef MTR_SYMBOLS_DIE_H
#define MTR_SYMBOLS_DIE_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * In a unit that is whole a walk in order meets greater offsets only. A sibling
 * that points back makes a loop, one that points to its own child a tree that
 * doubles with each level: a walk ends there.
 */
struct mtr_die_walk {
	Dwarf_Off last; /* the last DIE that was looked at */
	bool damaged;
};

/* To the next DIE on the same level; false: there is none. */
bool mtr_die_next(Dwarf_Die *die, struct mtr_die_walk *walk);

/* To the first child. */
bool mtr_die_child(Dwarf_Die *parent, struct mtr_die_walk *walk,
		   Dwarf_Die *ret);

/* How many bytes the unit of @die takes: no fewer than it has DIEs. */
size_t mtr_die_unit_bytes(Dwarf_Die *die);

/* The mangled name, or NULL. C++'s and Rust's begin with _Z or _R; others have
 * linkage names as well. */
const char *mtr_die_linkage(Dwarf_Die *die);

/* 0: there is none, or it is no number. */
Dwarf_Word mtr_die_number(Dwarf_Die *die, unsigned int attribute);

#endif
