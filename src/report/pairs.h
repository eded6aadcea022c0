/* SPDX-License-Identifier: MIT */
/*
 * The modules of two views of one program: which are the same file, and which
 * are two builds of one.
 *
 * The same by build-id; else, where it is one alone on each side, of the same
 * path, of the same name, of the same name up to ".so"; else the executables.
 */
#ifndef MTR_REPORT_PAIRS_H
#define MTR_REPORT_PAIRS_H

#include "base/map.h"
#include "base/strbuf.h"
#include "snapshot/heap_view.h"

enum mtr_side { MTR_OLD, MTR_NEW, MTR_SIDES };

struct mtr_pair {
	const struct mtr_module *module[MTR_SIDES]; /* NULL: not there */
	bool same;  /* one file: offsets in it mean the same */
	bool named; /* both have names, or neither has */
};

static inline const struct mtr_module *mtr_pair_any(const struct mtr_pair *p)
{
	return p->module[MTR_NEW] ? p->module[MTR_NEW] : p->module[MTR_OLD];
}

/* Of its functions and variables, not only of what it exports. */
static inline bool mtr_pair_has_names(const struct mtr_module *m)
{
	return m->found && !m->stripped;
}

/* "app"; of builds that are called differently "app, then app-2". */
void mtr_pair_name(struct mtr_strbuf *b, const struct mtr_pair *p);

/* A module of one side, and its pair. */
struct mtr_paired {
	const struct mtr_module *module;
	uint32_t pair;
};

static inline uint64_t mtr_paired_hash(const struct mtr_module *m)
{
	return mtr_module_hash(m);
}

static inline bool mtr_paired_is(const struct mtr_paired *p,
				 const struct mtr_module *m)
{
	return mtr_module_same(p->module, m);
}

MTR_MAP(mtr_paired_map, struct mtr_paired, const struct mtr_module *,
	mtr_paired_hash, mtr_paired_is);
MTR_VECTOR(mtr_pair_list, struct mtr_pair);

struct mtr_pairs {
	struct mtr_pair_list list; /* [0]: no module */
	struct mtr_paired_map sides[MTR_SIDES];
};

/* First all modules of both, NULL or not, again or not; false: no memory. */
bool mtr_pairs_add(struct mtr_pairs *p, enum mtr_side side,
		   const struct mtr_module *m);
/* Then what belongs together; the paths of the executables, or NULL. */
struct mtr_error *mtr_pairs_settle(struct mtr_pairs *p,
				   const char *const exes[MTR_SIDES]);
void mtr_pairs_fini(struct mtr_pairs *p);

/* The number of @m's pair in the list. */
uint32_t mtr_pairs_find(const struct mtr_pairs *p, enum mtr_side side,
			const struct mtr_module *m);

#endif
