/* SPDX-License-Identifier: MIT */
/*
 * The pivot: all that reports need, as plain arrays. Below it everything is
 * input that can fail, above it everything is pure; a test fills one by hand.
 *
 *   block --+-- site ---+-- frames  the functions at one return address: the
 *           |           |           one that made the call, and before it those
 *           |           |           inlined there, innermost first
 *           |           +-- owner   the first frame that is no wrapper
 *           |
 *           +-- stack --+-- call -- parent -- parent ...  out to the first
 *                       |           function; each has a site, and is shared by
 *                       |           the stacks that begin alike
 *                       +-- caller  the site that the block's record names
 *                       +-- owner   the site that the block is attributed to:
 * the innermost one that is not all wrappers
 *
 * A block without a stack is attributed to its site. Reports add up: a cell is
 * the blocks of one stack or, without one, of one site; a group is the cells of
 * one key, such as a function (report/tally.h). In a call tree a branch is all
 * calls of one function from the same branch (report/tree.h).
 */
#ifndef MTR_SNAPSHOT_HEAP_VIEW_H
#define MTR_SNAPSHOT_HEAP_VIEW_H

#include "heap/heap.h"
#include "heap/stacks.h"
#include "snapshot/types.h"
#include "symbols/data.h"
#include "symbols/tls.h"
#include "symbols/symbols.h"

/* A distinct place in the code, and what it is called. */
struct mtr_site {
	uint64_t pc;	   /* return address; 0: not known */
	uint32_t first, n; /* its frames, innermost inlined first */
	uint32_t owner;	   /* the first frame that is no allocation wrapper;
			    * the last one if all are */
	bool wrapper;	   /* all are */
};

MTR_VECTOR(mtr_sites, struct mtr_site);

struct mtr_heap_view {
	const char *name; /* of the target, as the user gave it */
	enum mtr_target_kind kind;
	enum mtr_target_kind source; /* of a snapshot: of what it was made */
	int pid;		     /* 0: unknown */
	bool start_known;	     /* see mtr_target_start */
	uint8_t start[MTR_START_BYTES];
	const char *exe;      /* the executable's path; NULL: unknown */
	struct mtr_heap heap; /* blocks' .stack: index into stacks.list */
	struct mtr_stacks stacks;
	struct mtr_sites sites; /* one for each of stacks.pcs, same order:
				 * those of heap.sites come first */
	struct mtr_frames frames;
	struct mtr_types types;	     /* .of is NULL unless asked for */
	struct mtr_strings warnings; /* each owned */
	size_t read_warnings;	     /* the first of them: of what was read, not
				      * of names */

	struct mtr_target *target;   /* for hexdumps and mappings; NULL in a
				      * hand-made one */
	struct mtr_symbols *symbols; /* owns the names; may be NULL */
};

struct mtr_heap_view_options {
	struct mtr_symbols_options symbols;
	const char *skip; /* regex: more functions that are wrappers */
	struct mtr_strings skip_modules; /* names or paths of modules all of
					  * whose functions are */
	bool no_names; /* addresses are enough: no symbols are read */
	bool types;    /* of the blocks, too; not with .no_names */
};

struct mtr_error *
mtr_heap_view_take(const char *target,
		   const struct mtr_heap_view_options *options,
		   struct mtr_heap_view *ret);
void mtr_heap_view_fini(struct mtr_heap_view *s);

/*
 * The same in three steps, for who has something to do with the target between
 * them: open it; read blocks and stacks, of .target; find names, which may take
 * long and needs nothing more of a process's memory. *ret is to be freed in any
 * case.
 */
struct mtr_error *mtr_heap_view_open(const char *target,
				     struct mtr_heap_view *ret);
/* The same with @target, which is taken over. */
void mtr_heap_view_begin(struct mtr_target *target, struct mtr_heap_view *ret);
struct mtr_error *mtr_heap_view_read(struct mtr_heap_view *s);
struct mtr_error *
mtr_heap_view_name(struct mtr_heap_view *s,
		   const struct mtr_heap_view_options *options);

/*
 * The same of a process that was named before: what is at an address that
 * @before has, in the same module, is not looked up again. The symbols of
 * @before become those of @s, so what its frames point to stays; nothing else
 * of it is kept.
 */
struct mtr_error *
mtr_heap_view_name_again(struct mtr_heap_view *s, struct mtr_heap_view *before,
			 const struct mtr_heap_view_options *options);

/* Of what class @b is, which may be NULL; *ret is NULL if it is of none. */
struct mtr_error *mtr_heap_view_type_of(const struct mtr_heap_view *s,
					const struct mtr_block *b,
					const char **ret);

/* The types alone, if @options ask for them, before a process goes on. */
struct mtr_error *
mtr_heap_view_type(struct mtr_heap_view *s,
		   const struct mtr_heap_view_options *options);

struct mtr_wrappers;

/*
 * Find the owners of sites and stacks, by the names in .frames. Part of
 * mtr_heap_view_take, and for callers that have names from elsewhere.
 */
void mtr_heap_view_find_owners(struct mtr_heap_view *s,
			       const struct mtr_wrappers *w);

/* A core, or a snapshot of one. */
static inline bool mtr_heap_view_is_core(const struct mtr_heap_view *s)
{
	return s->kind == MTR_TARGET_CORE ||
	       (s->kind == MTR_TARGET_SNAPSHOT && s->source == MTR_TARGET_CORE);
}

/* The call stack of @b; NULL: it has none, or it is not known. */
static inline const struct mtr_stack *
mtr_heap_view_stack(const struct mtr_heap_view *s, const struct mtr_block *b)
{
	const struct mtr_stack *stack =
		b->stack ? &s->stacks.list.at[b->stack] : NULL;

	return stack && stack->call ? stack : NULL;
}

/* The site that @b is attributed to: an index into s->sites. */
static inline uint32_t mtr_heap_view_site(const struct mtr_heap_view *s,
					  const struct mtr_block *b)
{
	const struct mtr_stack *stack = mtr_heap_view_stack(s, b);

	return stack ? stack->owner : b->site;
}

/* The frame that @site's blocks are attributed to. */
static inline const struct mtr_frame *
mtr_heap_view_owner(const struct mtr_heap_view *s, const struct mtr_site *site)
{
	return &s->frames.at[site->owner];
}

/*
 * How many of @site's frames, the innermost ones, need not be shown: of the
 * wrappers inlined into the owner, or into each other, the last one will do.
 */
static inline uint32_t mtr_heap_view_folded(const struct mtr_site *site)
{
	uint32_t wrappers = site->wrapper ? site->n : site->owner - site->first;

	return wrappers > 1 ? wrappers - 1 : 0;
}

#endif
