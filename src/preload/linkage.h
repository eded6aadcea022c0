/* SPDX-License-Identifier: MIT */
/*
 * Looking up symbols as the dynamic linker does, without its help.
 *
 * dlsym and its kin take the loader's lock, allocate, and format a message in
 * the program's language where they find nothing. The first call of an entry
 * point may come while the program, or libc in it, holds any lock: so this
 * reads the tables of the loaded objects, and calls nothing of libc but string
 * functions.
 *
 * For the first call of an entry point and for the constructor. Later the list
 * of objects may change while it is read.
 */
#ifndef MTR_PRELOAD_LINKAGE_H
#define MTR_PRELOAD_LINKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link_map;

/* A function; .at is NULL where there is none. */
struct mtr_definition {
	void *at;
	const struct link_map *map; /* of the object that defines it */
};

struct mtr_lookup {
	const char *name;
	/* what a reference in the program is bound to */
	struct mtr_definition first;
	/* what it would be bound to if this library did not define it */
	struct mtr_definition next;

	/* for the look-up itself */
	struct mtr_definition before;
	uint32_t hash;
	const char *version;
};

/* Look up all @n names. Everything but .name must be zero. */
void mtr_linkage_look_up(struct mtr_lookup *lookups, size_t n);

/*
 * The definition in one object alone, as .next: none where the object is this
 * library.
 */
void mtr_linkage_look_up_in(const struct link_map *map, struct mtr_lookup *l);

/* The head of the list of objects, which is the program. */
const struct link_map *mtr_linkage_program(void);

/* This library; NULL where another namespace (dlmopen) holds it. */
const struct link_map *mtr_linkage_self(void);

/*
 * Does the object's name begin with @start? Its name is DT_SONAME or, without
 * one, the last part of its path.
 */
bool mtr_linkage_is_called(const struct link_map *map, const char *start);

#endif
