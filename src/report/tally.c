/* SPDX-License-Identifier: MIT */
/*
 * Blocks are summed up by stack, caller, size or generation first; what belongs
 * together is folded by its name afterwards. See tally.h for the contract.
 */
#include "report/tally.h"

#include <inttypes.h>
#include <string.h>

#include "base/index.h"
#include "report/name.h"

/* --------------------------------------------------------------- by names */

struct folder {
	const struct mtr_heap_view *s;
	struct mtr_groups *groups;
	struct mtr_index index;
	uint64_t *heaviest; /* bytes of each group's .site */
};

static void line_key(struct mtr_strbuf *b, const struct mtr_site *site,
		     const struct mtr_frame *owner)
{
	if (owner->file)
		mtr_strbuf_printf(b, "%s:%d", owner->file, owner->line);
	else
		mtr_name_frame(b, site->pc, owner);
}

static void module_key(struct mtr_strbuf *b, const struct mtr_site *site,
		       const struct mtr_frame *owner)
{
	if (owner->module)
		mtr_strbuf_add(b, owner->module->name);
	else
		mtr_strbuf_add(b, site->pc ? "(no module)" : MTR_NAME_DAMAGED);
}

static void caller_key(struct mtr_strbuf *b, const struct mtr_site *site,
		       const struct mtr_frame *owner)
{
	if (site->pc)
		mtr_name_place(b, site->pc, owner);
	else
		mtr_strbuf_add(b, MTR_NAME_DAMAGED);
}

static void site_key(struct mtr_strbuf *b, const struct mtr_site *site,
		     const struct mtr_frame *owner, enum mtr_by by)
{
	if (by == MTR_BY_LINE)
		line_key(b, site, owner);
	else if (by == MTR_BY_MODULE)
		module_key(b, site, owner);
	else if (by == MTR_BY_CALLER)
		caller_key(b, site, owner);
	else
		mtr_name_frame(b, site->pc, owner);
}

static uint64_t text_hash(const char *text, const void *module)
{
	uint64_t hash = (uintptr_t)module;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return mtr_index_mix(hash);
}

static bool folder_rehash(struct folder *f)
{
	if (!mtr_index_grow(&f->index, f->groups->n + 1))
		return false;
	for (size_t i = 0; i < f->groups->n; i++) {
		const struct mtr_group *g = &f->groups->at[i];

		mtr_index_put(&f->index, text_hash(g->key, g->module), i);
	}
	return true;
}

/* The group of that name, which may be a new one; NULL: no memory. */
static struct mtr_group *folder_group(struct folder *f, const char *key,
				      const struct mtr_module *module)
{
	uint64_t hash = text_hash(key, module), slot = hash;
	struct mtr_group *g;
	uint32_t at;

	if (mtr_index_is_full(&f->index, f->groups->n) && !folder_rehash(f))
		return NULL;
	while ((at = mtr_index_next(&f->index, &slot))) {
		g = &f->groups->at[at - 1];
		if (g->module == module && strcmp(g->key, key) == 0)
			return g;
	}
	g = mtr_groups_push(f->groups);
	if (!g)
		return NULL;
	*g = (struct mtr_group){ .key = strdup(key), .module = module };
	if (!g->key) {
		f->groups->n--;
		return NULL;
	}
	mtr_index_put(&f->index, hash, f->groups->n - 1);
	return g;
}

/* Blocks of one stack or, where that is not known, of one caller. */
struct cell {
	const struct mtr_site *site; /* that they are put down to */
	const struct mtr_stack *stack;
	const struct mtr_sum *sum;
};

static struct mtr_error *fold_cell(struct folder *f, const struct cell *c,
				   enum mtr_by by)
{
	const struct mtr_frame *owner = mtr_heap_view_owner(f->s, c->site);
	struct mtr_strbuf key = { 0 };
	struct mtr_group *g = NULL;
	uint64_t *heaviest;

	site_key(&key, c->site, owner, by);
	if (!key.failed)
		g = folder_group(f, mtr_strbuf_text(&key), owner->module);
	mtr_strbuf_fini(&key);
	if (!g)
		return mtr_error_nomem();
	mtr_sum_add(&g->sum, c->sum);
	/* there are no more groups than cells */
	heaviest = &f->heaviest[g - f->groups->at];
	if (!g->site || c->sum->bytes > *heaviest) {
		g->site = c->site;
		g->stack = c->stack;
		*heaviest = c->sum->bytes;
	}
	return NULL;
}

static struct mtr_error *keep_cell(struct folder *f, const struct cell *c)
{
	struct mtr_group *g = mtr_groups_push(f->groups);

	if (!g)
		return mtr_error_nomem();
	*g = (struct mtr_group){
		.module = mtr_heap_view_owner(f->s, c->site)->module,
		.sum = *c->sum,
		.site = c->site,
		.stack = c->stack,
	};
	return NULL;
}

/* Sums of callers, then those of stacks. */
struct cells {
	struct mtr_sum *sums;
	size_t n;
};

/*
 * Where @b is counted. By the caller a stack will do only where all of its
 * blocks name the same one.
 */
static size_t cell_of(const struct mtr_heap_view *s, const struct mtr_block *b,
		      enum mtr_by by)
{
	const struct mtr_stack *stack = mtr_heap_view_stack(s, b);

	if (!stack || (by == MTR_BY_CALLER && stack->caller != b->site))
		return b->site;
	return s->sites.n + b->stack;
}

static struct cell cell_at(const struct mtr_heap_view *s,
			   const struct cells *cells, size_t i, enum mtr_by by)
{
	struct cell c = { .sum = &cells->sums[i] };

	if (i < s->sites.n) {
		c.site = &s->sites.at[i];
		return c;
	}
	c.stack = &s->stacks.list.at[i - s->sites.n];
	c.site = &s->sites.at[by == MTR_BY_CALLER ? c.stack->caller
						  : c.stack->owner];
	return c;
}

static struct mtr_error *fold(const struct mtr_heap_view *s,
			      const struct cells *cells, struct mtr_tally *t)
{
	mtr_auto_free uint64_t *heaviest =
		calloc(cells->n + 1, sizeof(*heaviest));
	struct folder f = { .s = s,
			    .groups = &t->groups,
			    .heaviest = heaviest };
	struct mtr_error *error = heaviest ? NULL : mtr_error_nomem();

	for (size_t i = 0; i < cells->n && !error; i++) {
		struct cell c = cell_at(s, cells, i, t->by);

		if (!c.sum->blocks)
			continue;
		error = t->by == MTR_BY_STACK ? keep_cell(&f, &c)
					      : fold_cell(&f, &c, t->by);
	}
	mtr_index_fini(&f.index);
	return error;
}

static struct mtr_error *tally_cells(const struct mtr_heap_view *s,
				     const struct mtr_filter *filter,
				     struct mtr_tally *t)
{
	size_t n = s->sites.n + s->stacks.list.n;
	mtr_auto_free struct mtr_sum *sums = calloc(n + 1, sizeof(*sums));
	struct cells cells = { sums, n };

	if (!sums)
		return mtr_error_nomem();
	for (size_t i = 0; i < s->heap.blocks.n; i++) {
		const struct mtr_block *b = &s->heap.blocks.at[i];

		if (mtr_filter_passes(filter, b))
			mtr_sum_block(&sums[cell_of(s, b, t->by)], b);
	}
	return fold(s, &cells, t);
}

/* ------------------------------------------------------------- by numbers */

struct numbered {
	uint64_t number;
	struct mtr_sum sum;
};

MTR_VECTOR(numbers, struct numbered);

static bool numbers_rehash(const struct numbers *v, struct mtr_index *x)
{
	if (!mtr_index_grow(x, v->n + 1))
		return false;
	for (size_t i = 0; i < v->n; i++)
		mtr_index_put(x, mtr_index_mix(v->at[i].number), i);
	return true;
}

static struct mtr_sum *numbers_sum(struct numbers *v, struct mtr_index *x,
				   uint64_t number)
{
	uint64_t hash = mtr_index_mix(number), i = hash;
	struct numbered *slot;
	uint32_t at;

	if (mtr_index_is_full(x, v->n) && !numbers_rehash(v, x))
		return NULL;
	while ((at = mtr_index_next(x, &i)))
		if (v->at[at - 1].number == number)
			return &v->at[at - 1].sum;
	slot = numbers_push(v);
	if (!slot)
		return NULL;
	*slot = (struct numbered){ .number = number };
	mtr_index_put(x, hash, v->n - 1);
	return &slot->sum;
}

static bool numbers_tally(const struct mtr_heap_view *s,
			  const struct mtr_filter *filter, enum mtr_by by,
			  struct numbers *v)
{
	struct mtr_index x = { 0 };
	bool ok = true;

	for (size_t i = 0; i < s->heap.blocks.n && ok; i++) {
		const struct mtr_block *b = &s->heap.blocks.at[i];
		struct mtr_sum *sum;

		if (!mtr_filter_passes(filter, b))
			continue;
		sum = numbers_sum(v, &x,
				  by == MTR_BY_SIZE ? b->size : b->generation);
		ok = sum;
		if (ok)
			mtr_sum_block(sum, b);
	}
	mtr_index_fini(&x);
	return ok;
}

static bool number_group(const struct numbered *from, struct mtr_groups *to)
{
	struct mtr_strbuf key = { 0 };
	struct mtr_group *g;

	mtr_strbuf_printf(&key, "%" PRIu64, from->number);
	g = key.failed ? NULL : mtr_groups_push(to);
	if (!g) {
		mtr_strbuf_fini(&key);
		return false;
	}
	*g = (struct mtr_group){ .key = key.text, .sum = from->sum };
	return true;
}

static struct mtr_error *tally_numbers(const struct mtr_heap_view *s,
				       const struct mtr_filter *filter,
				       struct mtr_tally *t)
{
	struct numbers v = { 0 };
	bool ok = numbers_tally(s, filter, t->by, &v);

	for (size_t i = 0; i < v.n && ok; i++)
		ok = number_group(&v.at[i], &t->groups);
	numbers_fini(&v);
	return ok ? NULL : mtr_error_nomem();
}

/* --------------------------------------------------------------- the whole */

static int compare_down(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

/* Of stacks: in the order in which they were met. */
static int compare_origins(const struct mtr_group *a, const struct mtr_group *b)
{
	if (a->stack && b->stack)
		return a->stack < b->stack ? -1 : 1;
	if (a->stack || b->stack)
		return a->stack ? -1 : 1;
	return a->site < b->site ? -1 : 1;
}

/* "9" before "10", and for the rest any order that is always the same */
static int compare_keys(const struct mtr_group *a, const struct mtr_group *b)
{
	int order = a->key ? strverscmp(a->key, b->key) : 0;

	if (!a->key)
		return compare_origins(a, b);
	if (order || !a->module || !b->module)
		return order;
	return strcmp(a->module->path, b->module->path);
}

static int compare_bytes(const void *a, const void *b)
{
	const struct mtr_group *x = a, *y = b;
	int order = compare_down(x->sum.bytes, y->sum.bytes);

	return order ? order : compare_keys(x, y);
}

static int compare_blocks(const void *a, const void *b)
{
	const struct mtr_group *x = a, *y = b;
	int order = compare_down(x->sum.blocks, y->sum.blocks);

	return order ? order : compare_bytes(a, b);
}

static int compare_slack(const void *a, const void *b)
{
	const struct mtr_group *x = a, *y = b;
	int order = compare_down(x->sum.slack, y->sum.slack);

	return order ? order : compare_bytes(a, b);
}

static void sort_groups(struct mtr_groups *groups, enum mtr_sort sort)
{
	static int (*const by[])(const void *, const void *) = {
		[MTR_SORT_BYTES] = compare_bytes,
		[MTR_SORT_BLOCKS] = compare_blocks,
		[MTR_SORT_SLACK] = compare_slack,
	};

	if (groups->n)
		qsort(groups->at, groups->n, sizeof(*groups->at), by[sort]);
}

struct mtr_error *mtr_tally_make(const struct mtr_heap_view *s,
				 const struct mtr_filter *filter,
				 enum mtr_by by, enum mtr_sort sort,
				 struct mtr_tally *ret)
{
	struct mtr_error *error;

	*ret = (struct mtr_tally){ .by = by };
	if (by == MTR_BY_SIZE || by == MTR_BY_GENERATION)
		error = tally_numbers(s, filter, ret);
	else
		error = tally_cells(s, filter, ret);
	if (error) {
		mtr_tally_fini(ret);
		return error;
	}
	for (size_t i = 0; i < ret->groups.n; i++)
		mtr_sum_add(&ret->total, &ret->groups.at[i].sum);
	sort_groups(&ret->groups, sort);
	return NULL;
}

void mtr_tally_fini(struct mtr_tally *t)
{
	for (size_t i = 0; i < t->groups.n; i++)
		free(t->groups.at[i].key);
	mtr_groups_fini(&t->groups);
}
