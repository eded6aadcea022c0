/* SPDX-License-Identifier: MIT */
/*
 * Stacks put together. See flame.h for the contract.
 *
 * Each frame that stacks have in common is gone through once.
 */
#include "report/flame.h"

#include "report/name.h"
#include "report/profile.h"

static struct mtr_error *name_number(struct mtr_flame *f, const char *text,
				     uint32_t *ret)
{
	bool is_new;
	struct mtr_flame_name *n =
		mtr_flame_names_put(&f->names, text, &is_new);

	if (!n)
		return mtr_error_nomem();
	if (is_new) {
		n->text = strdup(text);
		if (!n->text) {
			f->names.n--;
			return mtr_error_nomem();
		}
	}
	*ret = n - f->names.at;
	return NULL;
}

struct mtr_error *mtr_flame_frame(struct mtr_flame *f, const char *name,
				  uint32_t pair, uint32_t *ret)
{
	struct mtr_flame_frame key = { .pair = pair }, *frame;
	bool is_new;

	MTR_TRY(name_number(f, name, &key.name));
	frame = mtr_flame_frames_put(&f->frames, key, &is_new);
	if (!frame)
		return mtr_error_nomem();
	*frame = key;
	*ret = frame - f->frames.at;
	return NULL;
}

struct mtr_error *
mtr_flame_begin(struct mtr_flame *f,
		const struct mtr_heap_view *const s[MTR_SIDES],
		const struct mtr_pairs *pairs)
{
	const struct mtr_flame_node whole = { .parent = UINT32_MAX };
	struct mtr_flame_node *node;
	uint32_t frame;
	bool is_new;

	*f = (struct mtr_flame){ .pairs = pairs };
	for (int i = 0; i < MTR_SIDES; i++) {
		f->s[i] = s[i];
		if (!s[i])
			continue;
		f->sides[i].of_frame =
			calloc(s[i]->frames.n + 1, sizeof(uint32_t));
		f->sides[i].of_call =
			calloc(s[i]->stacks.calls.n + 1, sizeof(uint32_t));
		if (!f->sides[i].of_frame || !f->sides[i].of_call)
			return mtr_error_nomem();
	}
	MTR_TRY(mtr_flame_frame(f, "", 0, &frame));
	node = mtr_flame_nodes_put(&f->nodes, &whole, &is_new);
	if (!node)
		return mtr_error_nomem();
	*node = whole;
	return NULL;
}

/* ------------------------------------------------------------------- nodes */

/* Frame @i of the view, at @site. */
static struct mtr_error *frame_number(struct mtr_flame *f, enum mtr_side side,
				      const struct mtr_site *site, uint32_t i,
				      uint32_t *ret)
{
	mtr_cleanup(mtr_strbuf_fini) struct mtr_strbuf b = { 0 };
	const struct mtr_frame *frame = &f->s[side]->frames.at[i];
	uint32_t *known = &f->sides[side].of_frame[i];
	const char *name = frame->function;

	if (*known) {
		*ret = *known - 1;
		return NULL;
	}
	if (!name) {
		mtr_name_frame(&b, site->pc, frame);
		if (b.failed)
			return mtr_error_nomem();
		name = mtr_strbuf_text(&b);
	}
	MTR_TRY(mtr_flame_frame(
		f, name, mtr_pairs_find(f->pairs, side, frame->module), ret));
	/* one without a name is called by the address of its site */
	if (frame->function)
		*known = *ret + 1;
	return NULL;
}

static struct mtr_error *enter(struct mtr_flame *f, uint32_t frame,
			       uint32_t *at)
{
	const struct mtr_flame_node key = { .frame = frame, .parent = *at };
	struct mtr_flame_node *node, *parent;
	bool is_new;

	node = mtr_flame_nodes_put(&f->nodes, &key, &is_new);
	if (!node)
		return mtr_error_nomem();
	if (is_new) {
		parent = &f->nodes.at[*at];
		*node = key;
		node->next = parent->child;
		parent->child = node - f->nodes.at;
	}
	*at = node - f->nodes.at;
	return NULL;
}

/* From *at inwards, without the @skip innermost functions. */
static struct mtr_error *enter_site(struct mtr_flame *f, enum mtr_side side,
				    uint32_t number, uint32_t skip,
				    uint32_t *at)
{
	const struct mtr_site *site = &f->s[side]->sites.at[number];

	for (uint32_t i = site->n; i > skip; i--) {
		uint32_t frame;

		MTR_TRY(frame_number(f, side, site, site->first + i - 1,
				     &frame));
		MTR_TRY(enter(f, frame, at));
	}
	return NULL;
}

/* The node of @call with all of its functions; 0 of none. */
static struct mtr_error *call_node(struct mtr_flame *f, enum mtr_side side,
				   uint32_t call, uint32_t *ret)
{
	const struct mtr_call *calls = f->s[side]->stacks.calls.at;
	uint32_t *known = f->sides[side].of_call;
	uint32_t path[MTR_STACK_FRAMES_MAX];
	unsigned n = 0;

	for (; call && !known[call] && n < MTR_STACK_FRAMES_MAX;
	     call = calls[call].parent)
		path[n++] = call;
	*ret = known[call];
	while (n--) {
		MTR_TRY(enter_site(f, side, calls[path[n]].site, 0, ret));
		known[path[n]] = *ret;
	}
	return NULL;
}

/* The node of what asked for the memory. */
static struct mtr_error *find_node(struct mtr_flame *f, enum mtr_side side,
				   const struct mtr_stack *stack,
				   const struct mtr_site *site, uint32_t *ret)
{
	const struct mtr_heap_view *s = f->s[side];
	struct mtr_profile_stack p;
	uint32_t call = 0;

	mtr_profile_stack(s, stack, site, &p);
	for (call = stack ? stack->call : 0;
	     call && s->stacks.calls.at[call].depth > p.n;)
		call = s->stacks.calls.at[call].parent;
	if (call)
		call = s->stacks.calls.at[call].parent;
	MTR_TRY(call_node(f, side, call, ret));
	return enter_site(f, side, p.sites[0], p.skip, ret);
}

struct mtr_error *mtr_flame_add(struct mtr_flame *f, enum mtr_side side,
				const struct mtr_stack *stack,
				const struct mtr_site *site)
{
	struct mtr_flame_row *row;
	uint32_t node;

	MTR_TRY(find_node(f, side, stack, site, &node));
	row = mtr_flame_rows_push(&f->rows);
	if (!row)
		return mtr_error_nomem();
	*row = (struct mtr_flame_row){ node, f->nodes.at[node].row };
	f->nodes.at[node].row = f->rows.n;
	return NULL;
}

uint32_t mtr_flame_next(const struct mtr_flame *f, uint32_t at,
			uint32_t *ret_up)
{
	const struct mtr_flame_node *nodes = f->nodes.at;

	*ret_up = 0;
	if (nodes[at].child)
		return nodes[at].child;
	for (; at; at = nodes[at].parent) {
		++*ret_up;
		if (nodes[at].next)
			return nodes[at].next;
	}
	return 0;
}

void mtr_flame_fini(struct mtr_flame *f)
{
	for (size_t i = 0; i < f->names.n; i++)
		free(f->names.at[i].text);
	mtr_flame_names_fini(&f->names);
	mtr_flame_frames_fini(&f->frames);
	mtr_flame_nodes_fini(&f->nodes);
	mtr_flame_rows_fini(&f->rows);
	for (int i = 0; i < MTR_SIDES; i++) {
		free(f->sides[i].of_frame);
		free(f->sides[i].of_call);
	}
	*f = (struct mtr_flame){ 0 };
}
