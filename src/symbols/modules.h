/* SPDX-License-Identifier: MIT */
/*
 * Which files are mapped where: a target's ranges, put together to modules. Of
 * what is in the files nothing is known here.
 */
#ifndef MTR_SYMBOLS_MODULES_H
#define MTR_SYMBOLS_MODULES_H

#include "base/map.h"
#include "symbols/symbols.h"

/* Stays where it is, and keeps its number, as long as the modules are. */
struct mtr_mapped {
	struct mtr_module shown;  /* what frames point at */
	struct mtr_ranges ranges; /* .path of each is the module's; of one that
				   * is gone there are none */
	char *path;
	size_t number; /* its place in the list */
	size_t next;   /* 1 + that of the next one of the same path; 0: none */
};

/* A range of a module, to find the module by address. */
struct mtr_piece {
	uint64_t start, end;
	struct mtr_mapped *module;
	bool code; /* may be */
};

MTR_VECTOR(mtr_mapped_list, struct mtr_mapped *);

static inline uint64_t mtr_path_hash(const char *path)
{
	return mtr_hash_text(path, 0);
}

static inline bool mtr_path_is(struct mtr_mapped *const *m, const char *path)
{
	return !strcmp((*m)->path, path);
}

MTR_MAP(mtr_paths, struct mtr_mapped *, const char *, mtr_path_hash,
	mtr_path_is);
MTR_VECTOR(mtr_pieces, struct mtr_piece);

struct mtr_modules {
	struct mtr_mapped_list list; /* all that ever were there */
	struct mtr_pieces pieces;    /* what is there now, by address */
	struct mtr_mapped_list gone; /* those of the list that are */
	struct mtr_paths paths;	     /* the first of each path */
};

/*
 * @ranges are what is there now. A module of before that lies where it lay
 * remains the same.
 */
struct mtr_error *mtr_modules_update(struct mtr_modules *v,
				     const struct mtr_ranges *ranges);
void mtr_modules_fini(struct mtr_modules *v);

/* One more that is gone, and is not known yet. */
struct mtr_error *mtr_modules_add_gone(struct mtr_modules *v,
				       const struct mtr_gone *gone);

/* All: NULL if there is none. */
struct mtr_mapped *mtr_modules_find(const struct mtr_modules *v, uint64_t addr);
const struct mtr_piece *mtr_modules_piece(const struct mtr_modules *v,
					  uint64_t addr);
/* The last one that begins at or before @addr. */
const struct mtr_piece *mtr_modules_piece_before(const struct mtr_modules *v,
						 uint64_t addr);
struct mtr_mapped *mtr_modules_first_of_path(const struct mtr_modules *v,
					     const char *path);
struct mtr_mapped *mtr_modules_next_of_path(const struct mtr_modules *v,
					    const struct mtr_mapped *m);

#endif
