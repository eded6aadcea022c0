/* SPDX-License-Identifier: MIT */
/*
 * Which place that people can name a pointer lies in: a global variable, a
 * thread's own variable, its stack, a mapping.
 */
#ifndef MTR_REPORT_ROOT_PLACE_H
#define MTR_REPORT_ROOT_PLACE_H

#include "base/strbuf.h"
#include "graph/graph.h"
#include "snapshot/heap_view.h"

/* In the order in which people would rather be told of them. */
enum mtr_root_kind {
	MTR_AT_GLOBAL,	/* a variable with a name */
	MTR_AT_OWN,	/* the same of a thread */
	MTR_AT_DATA,	/* variables of a module that have no name */
	MTR_AT_STORAGE, /* a thread's own ones, and what libc has of it */
	MTR_AT_MAPPING,
	MTR_AT_STACK, /* with the registers */
};

struct mtr_root_place {
	enum mtr_root_kind kind;
	const struct mtr_thread *thread; /* NULL: of none */
	const char *name;		 /* of the variable, or what is mapped;
					  * NULL: it has none */
	const struct mtr_module *module; /* NULL: none */
	uint64_t start; /* where it begins: the same for each word of the same
			 * place; 0 for stacks and what has no name */
};

/* A thread's block of own variables. */
struct mtr_root_block {
	uint64_t start, end;
	const struct mtr_module *module; /* NULL: libc's own part */
	const struct mtr_thread *thread;
};

MTR_VECTOR(mtr_root_blocks, struct mtr_root_block);

struct mtr_root_places {
	const struct mtr_heap_view *s;
	const struct mtr_roots *roots;
	struct mtr_root_blocks own; /* by address */
	/* the last answer holds for all of: */
	uint64_t start, end;
	struct mtr_root_place last;
};

/* Both outlive it. */
struct mtr_error *mtr_root_places_init(const struct mtr_heap_view *s,
				       const struct mtr_roots *roots,
				       struct mtr_root_places *ret);
void mtr_root_places_fini(struct mtr_root_places *p);

/* Where @ref stands. Fast where addresses ascend. */
struct mtr_error *mtr_root_places_find(struct mtr_root_places *p,
				       const struct mtr_ref *ref,
				       struct mtr_root_place *ret);

/* " of thread 12 (worker)"; nothing of NULL. */
void mtr_root_thread_name(struct mtr_strbuf *b, const struct mtr_thread *t);

/* "g_cache", "t_cache of thread 12 (worker)", "stack of thread 12": what has
 * a .module is of that one besides. */
void mtr_root_place_name(struct mtr_strbuf *b,
			 const struct mtr_root_place *place);

#endif
