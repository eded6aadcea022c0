/* SPDX-License-Identifier: MIT */
/*
 * Call stacks as a tree of functions, for who draws it: names, modules and
 * functions once in tables, each node a function and its caller's node. What
 * the stacks have are rows, which say to which node they belong.
 *
 * Of one target, or of both that a diff has: what has the same name, in two
 * builds of one module, is one function.
 *
 *	struct mtr_flame f = { 0 };
 *
 *	mtr_flame_begin(&f, views, pairs);
 *	mtr_flame_add(&f, MTR_NEW, stack, site);	row 0
 *	mtr_flame_order(&f);
 *
 * A stack begins without the wrappers that are its innermost functions, so its
 * node is the function that a report by function has.
 */
#ifndef MTR_REPORT_FLAME_H
#define MTR_REPORT_FLAME_H

#include "base/map.h"
#include "report/pairs.h"

struct mtr_flame_name {
	char *text; /* owned */
};

static inline uint64_t mtr_flame_name_hash(const char *text)
{
	return mtr_hash_text(text, 0);
}

static inline bool mtr_flame_name_is(const struct mtr_flame_name *n,
				     const char *text)
{
	return strcmp(n->text, text) == 0;
}

MTR_MAP(mtr_flame_names, struct mtr_flame_name, const char *,
	mtr_flame_name_hash, mtr_flame_name_is);

/* A function: of one name, and of one module or of two builds of it. */
struct mtr_flame_frame {
	uint32_t name;
	uint32_t pair; /* in .pairs; 0: no module */
};

static inline uint64_t mtr_flame_frame_hash(struct mtr_flame_frame f)
{
	return mtr_hash_number((uint64_t)f.name << 32 | f.pair, 0);
}

static inline bool mtr_flame_frame_is(const struct mtr_flame_frame *have,
				      struct mtr_flame_frame f)
{
	return have->name == f.name && have->pair == f.pair;
}

MTR_MAP(mtr_flame_frames, struct mtr_flame_frame, struct mtr_flame_frame,
	mtr_flame_frame_hash, mtr_flame_frame_is);

struct mtr_flame_node {
	uint32_t frame, parent;
	uint32_t child, next; /* the last that was added, and who before it;
			       * 0: nobody */
	uint32_t row;	      /* 1 + the last one of its own; 0: none */
};

static inline uint64_t mtr_flame_node_hash(const struct mtr_flame_node *n)
{
	return mtr_hash_number((uint64_t)n->parent << 32 | n->frame, 0);
}

static inline bool mtr_flame_node_is(const struct mtr_flame_node *have,
				     const struct mtr_flame_node *n)
{
	return have->parent == n->parent && have->frame == n->frame;
}

MTR_MAP(mtr_flame_nodes, struct mtr_flame_node, const struct mtr_flame_node *,
	mtr_flame_node_hash, mtr_flame_node_is);

struct mtr_flame_row {
	uint32_t node;
	uint32_t next; /* as .row of the node */
};

MTR_VECTOR(mtr_flame_rows, struct mtr_flame_row);

struct mtr_flame {
	const struct mtr_heap_view *s[MTR_SIDES]; /* .s[MTR_OLD] may be NULL */
	const struct mtr_pairs *pairs;
	struct mtr_flame_names names;
	struct mtr_flame_frames frames;
	struct mtr_flame_nodes nodes; /* [0]: the whole, with frame 0 */
	struct mtr_flame_rows rows;   /* in the order in which they came */
	struct {
		uint32_t *of_frame; /* of each of the view's frames, 1 + ours */
		uint32_t *of_call;  /* of each of its calls, the node */
	} sides[MTR_SIDES];
};

/* @pairs has the modules of all frames of both views. */
struct mtr_error *
mtr_flame_begin(struct mtr_flame *f,
		const struct mtr_heap_view *const s[MTR_SIDES],
		const struct mtr_pairs *pairs);

/* One more row: of @stack or, where it is NULL, of @site. */
struct mtr_error *mtr_flame_add(struct mtr_flame *f, enum mtr_side side,
				const struct mtr_stack *stack,
				const struct mtr_site *site);

/* The number of the function of that name. */
struct mtr_error *mtr_flame_frame(struct mtr_flame *f, const char *name,
				  uint32_t pair, uint32_t *ret);
void mtr_flame_fini(struct mtr_flame *f);

/*
 * Go through all nodes but the whole one, each before those that it calls:
 * @at is where one is, 0 to begin with. *ret_up is how many levels further out
 * the next one is called than from @at. 0: that was the last one.
 */
uint32_t mtr_flame_next(const struct mtr_flame *f, uint32_t at,
			uint32_t *ret_up);

#endif
