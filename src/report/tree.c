/* SPDX-License-Identifier: MIT */
/*
 * Stacks merged into branches. See tree.h for the contract.
 *
 * Each frame that stacks have in common is gone through once, and each name
 * made once, however many stacks have it.
 */
#include "report/tree.h"

#include <string.h>

#include "base/map.h"
#include "report/name.h"

static uint64_t text_hash(const char *text)
{
	return mtr_hash_text(text, 0);
}

static bool text_is(char *const *item, const char *text)
{
	return strcmp(*item, text) == 0;
}

MTR_MAP(names, char *, const char *, text_hash, text_is);

/* Names are kept once, so their addresses tell them apart. */
static uint64_t branch_hash(const struct mtr_branch *b)
{
	return mtr_hash_number(
		b->parent,
		mtr_hash_number((uintptr_t)b->name, (uintptr_t)b->module));
}

static bool branch_is(const struct mtr_branch *have, const struct mtr_branch *b)
{
	return have->parent == b->parent && have->name == b->name &&
	       have->module == b->module;
}

MTR_MAP(branch_map, struct mtr_branch, const struct mtr_branch *, branch_hash,
	branch_is);

struct maker {
	const struct mtr_heap_view *s;
	struct names names;
	struct branch_map branches;
	uint32_t *branch_of; /* of each of stacks.calls; 0: none yet */
};

/* ------------------------------------------------------------------- names */

/* The one kept string that says @text; NULL: no memory. */
static const char *name_keep(struct maker *m, const char *text)
{
	bool is_new;
	char **name = names_put(&m->names, text, &is_new);

	if (name && is_new)
		*name = strdup(text);
	return name ? *name : NULL;
}

static const char *frame_name(struct maker *m, uint64_t pc,
			      const struct mtr_frame *frame)
{
	struct mtr_strbuf text = { 0 };
	const char *name;

	if (frame->function)
		return name_keep(m, frame->function);
	mtr_name_frame(&text, pc, frame);
	name = text.failed ? NULL : name_keep(m, mtr_strbuf_text(&text));
	mtr_strbuf_fini(&text);
	return name;
}

/* ---------------------------------------------------------------- branches */

static bool same_place(const struct mtr_frame *a, const struct mtr_frame *b)
{
	return a == b || (a && b && a->line == b->line && a->file && b->file &&
			  strcmp(a->file, b->file) == 0);
}

/* Set *ret to the branch like @b, which may be a new one. */
static struct mtr_error *branch_for(struct maker *m, const struct mtr_branch *b,
				    uint32_t *ret)
{
	struct mtr_branch *have;
	bool is_new;

	if (!b->name)
		return mtr_error_nomem();
	have = branch_map_put(&m->branches, b, &is_new);
	if (!have)
		return mtr_error_nomem();
	if (is_new)
		*have = *b;
	else if (!same_place(have->frame, b->frame))
		have->frame = NULL;
	*ret = have - m->branches.at;
	return NULL;
}

/*
 * From *at, inwards through the functions at @site. Of wrappers that are
 * inlined in each other, as those of std are, the outermost one tells it all.
 */
static struct mtr_error *enter_site(struct maker *m,
				    const struct mtr_site *site, uint32_t *at)
{
	uint32_t folded = mtr_heap_view_folded(site);

	for (uint32_t i = site->n; i > folded; i--) {
		const struct mtr_frame *frame =
			&m->s->frames.at[site->first + i - 1];
		struct mtr_branch b = {
			.name = frame_name(m, site->pc, frame),
			.module = frame->module,
			.frame = frame,
			.parent = *at,
		};

		MTR_TRY(branch_for(m, &b, at));
	}
	return NULL;
}

/* What is no whole stack stands apart: "(cut at 32 frames)". */
static struct mtr_error *enter_end(struct maker *m, unsigned end, uint32_t *at)
{
	struct mtr_strbuf text = { 0 };
	struct mtr_branch b = { 0 };

	mtr_strbuf_add(&text, "(");
	mtr_name_end(&text, end, m->s->heap.descriptor.stack_depth);
	mtr_strbuf_add(&text, ")");
	if (!text.failed)
		b.name = name_keep(m, mtr_strbuf_text(&text));
	mtr_strbuf_fini(&text);
	return branch_for(m, &b, at);
}

static struct mtr_error *
enter_stack(struct maker *m, const struct mtr_stack *stack, uint32_t *at)
{
	const struct mtr_calls *calls = &m->s->stacks.calls;
	uint32_t way[MTR_STACK_FRAMES_MAX], call = stack->call;
	unsigned n = 0;

	while (call && !m->branch_of[call] && n < MTR_STACK_FRAMES_MAX) {
		way[n++] = call;
		call = calls->at[call].parent;
	}
	*at = call ? m->branch_of[call] : 0;
	if (!call && calls->at[stack->call].end != MTR_ROOT_COMPLETE)
		MTR_TRY(enter_end(m, calls->at[stack->call].end, at));
	while (n > 0) {
		call = way[--n];
		MTR_TRY(enter_site(m, &m->s->sites.at[calls->at[call].site],
				   at));
		m->branch_of[call] = *at;
	}
	return NULL;
}

static struct mtr_error *add_group(struct maker *m, const struct mtr_group *g)
{
	uint32_t at = 0;

	if (g->stack) {
		MTR_TRY(enter_stack(m, g->stack, &at));
	} else {
		if (m->s->stacks.list.n > 1)
			MTR_TRY(enter_end(m, MTR_ROOT_NONE, &at));
		MTR_TRY(enter_site(m, g->site, &at));
	}
	mtr_sum_add(&m->branches.at[at].sum, &g->sum);
	return NULL;
}

/* ------------------------------------------------------------------- order */

struct child {
	uint32_t branch, parent;
	uint64_t weight, bytes;
	const char *name;
};

static int compare_down(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_children(const void *a, const void *b)
{
	const struct child *x = a, *y = b;
	int order = compare_down(y->parent, x->parent);

	order = order ? order : compare_down(x->weight, y->weight);
	order = order ? order : compare_down(x->bytes, y->bytes);
	order = order ? order : strcmp(x->name, y->name);
	return order ? order : compare_down(y->branch, x->branch);
}

static struct mtr_error *set_order(struct mtr_tree *t, enum mtr_sort sort)
{
	struct mtr_branches *v = &t->branches;
	mtr_auto_free struct child *children = calloc(v->n, sizeof(*children));

	t->order = calloc(v->n, sizeof(*t->order));
	if (!children || !t->order)
		return mtr_error_nomem();
	for (size_t i = 1; i < v->n; i++)
		children[i - 1] = (struct child){
			.branch = i,
			.parent = v->at[i].parent,
			.weight = mtr_sum_by(&v->at[i].sum, sort),
			.bytes = v->at[i].sum.bytes,
			.name = v->at[i].name,
		};
	qsort(children, v->n - 1, sizeof(*children), compare_children);
	for (size_t i = 0; i + 1 < v->n; i++) {
		struct mtr_branch *parent = &v->at[children[i].parent];

		t->order[i] = children[i].branch;
		if (parent->n++ == 0)
			parent->first = i;
	}
	return NULL;
}

/* --------------------------------------------------------------- the whole */

/* The whole is a branch without a name. */
static struct mtr_error *enter_groups(struct maker *m,
				      const struct mtr_tally *t)
{
	static const struct mtr_branch whole = { 0 };
	bool is_new;

	m->branch_of = calloc(m->s->stacks.calls.n + 1, sizeof(*m->branch_of));
	if (!m->branch_of || !branch_map_put(&m->branches, &whole, &is_new))
		return mtr_error_nomem();
	for (size_t i = 0; i < t->groups.n; i++)
		MTR_TRY(add_group(m, &t->groups.at[i]));
	for (size_t i = m->branches.n - 1; i > 0; i--) {
		struct mtr_branch *b = &m->branches.at[i];

		mtr_sum_add(&m->branches.at[b->parent].sum, &b->sum);
	}
	return NULL;
}

struct mtr_error *mtr_tree_make(const struct mtr_heap_view *s,
				const struct mtr_tally *t, enum mtr_sort sort,
				struct mtr_tree *ret)
{
	struct maker m = { .s = s };
	struct mtr_error *error = enter_groups(&m, t);

	*ret = (struct mtr_tree){ 0 };
	MTR_MAP_TAKE(&ret->branches, &m.branches);
	MTR_MAP_TAKE(&ret->names, &m.names);
	free(m.branch_of);
	if (!error)
		error = set_order(ret, sort);
	if (error)
		mtr_tree_fini(ret);
	return error;
}

void mtr_tree_fini(struct mtr_tree *t)
{
	for (size_t i = 0; i < t->names.n; i++)
		free(t->names.at[i]);
	mtr_strings_fini(&t->names);
	mtr_branches_fini(&t->branches);
	free(t->order);
	*t = (struct mtr_tree){ 0 };
}
