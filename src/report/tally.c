/* SPDX-License-Identifier: MIT */
/*
 * Blocks are summed up by stack, caller, size or generation first; what belongs
 * together is folded by its name afterwards. See tally.h for the contract.
 */
#include "report/tally.h"

#include <inttypes.h>
#include <string.h>

#include "base/map.h"
#include "report/name.h"
#include "report/sampled.h"

/* --------------------------------------------------------------- by names */

/* What a group is called, and whose it is: see mtr_module_same. */
struct name {
	const char *key;
	const struct mtr_module *module;
};

static uint64_t name_hash(struct name name)
{
	return mtr_hash_text(name.key, mtr_module_hash(name.module));
}

static bool name_is(const struct mtr_group *g, struct name name)
{
	return mtr_module_same(g->module, name.module) &&
	       strcmp(g->key, name.key) == 0;
}

MTR_MAP(group_map, struct mtr_group, struct name, name_hash, name_is);

/* What a tally is made of. */
struct maker {
	const struct mtr_heap_view *s;
	const struct mtr_filter *filter;
	const struct mtr_tally_spec *spec;
	struct mtr_tally *t;
};

/* Is more asked of a group than the sum of its blocks? */
static bool wants_groups(const struct maker *m)
{
	return m->spec->holders || m->spec->map;
}

/* Count block @i. */
static inline void count(const struct maker *m, size_t i, struct mtr_sum *sum)
{
	mtr_sum_block(sum, &m->s->heap, &m->s->heap.blocks.at[i]);
	if (m->spec->map)
		sum->pins += m->spec->map->pins[i];
}

static bool passes(const struct maker *m, size_t i)
{
	return mtr_filter_passes(m->filter, &m->s->heap.blocks.at[i]);
}

/* What its groups retain; @group is that of each block. */
static struct mtr_error *retained(const struct maker *m, const uint32_t *group)
{
	struct mtr_groups *v = &m->t->groups;
	mtr_auto_free uint64_t *sums = calloc(v->n + 1, sizeof(*sums));

	if (!sums || !mtr_holders_retained(m->spec->holders, group, v->n, sums))
		return mtr_error_nomem();
	for (size_t i = 0; i < v->n; i++)
		v->at[i].retained = sums[i];
	return NULL;
}

/* On how much they are alone. */
static struct mtr_error *alone(const struct maker *m, const uint32_t *group)
{
	struct mtr_groups *v = &m->t->groups;
	mtr_auto_free uint64_t *sums = calloc(v->n + 1, sizeof(*sums));

	if (!sums)
		return mtr_error_nomem();
	mtr_memory_alone(m->s, m->spec->map, group, sums);
	for (size_t i = 0; i < v->n; i++)
		v->at[i].alone = sums[i];
	return NULL;
}

/* By root what a group retains is what it is. */
static struct mtr_error *ask_groups(const struct maker *m,
				    const uint32_t *group)
{
	if (m->spec->holders && m->spec->by != MTR_BY_ROOT)
		MTR_TRY(retained(m, group));
	return m->spec->map ? alone(m, group) : NULL;
}

struct folder {
	const struct mtr_heap_view *s;
	struct group_map groups;
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
		mtr_strbuf_add(b, site->pc ? "(no module)" : MTR_NAME_CORRUPT);
}

static void caller_key(struct mtr_strbuf *b, const struct mtr_site *site,
		       const struct mtr_frame *owner)
{
	if (site->pc)
		mtr_name_place(b, site->pc, owner);
	else
		mtr_strbuf_add(b, MTR_NAME_CORRUPT);
}

/* @site's blocks that are of no class. */
static void type_key(struct mtr_strbuf *b, const struct mtr_site *site,
		     const struct mtr_frame *owner)
{
	mtr_strbuf_add(b, "block of ");
	mtr_name_frame(b, site->pc, owner);
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
	else if (by == MTR_BY_TYPE)
		type_key(b, site, owner);
	else
		mtr_name_frame(b, site->pc, owner);
}

/* The group of that name, which may be a new one; NULL: no memory. */
static struct mtr_group *folder_group(struct folder *f, const char *key,
				      const struct mtr_module *module)
{
	bool is_new;
	struct mtr_group *g = group_map_put(
		&f->groups, (struct name){ key, module }, &is_new);

	if (!g || !is_new)
		return g;
	*g = (struct mtr_group){ .key = strdup(key), .module = module };
	return g->key ? g : NULL;
}

/* Blocks of one stack or, where that is not known, of one caller. */
struct cell {
	const struct mtr_site *site; /* that they are attributed to */
	const struct mtr_stack *stack;
	const struct mtr_sum *sum;
};

static struct mtr_error *fold_cell(struct folder *f, const struct cell *c,
				   enum mtr_by by, uint32_t *group)
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
	*group = g - f->groups.at;
	/* there are no more groups than cells and classes */
	heaviest = &f->heaviest[g - f->groups.at];
	if (!g->site || c->sum->bytes > *heaviest) {
		g->site = c->site;
		g->stack = c->stack;
		*heaviest = c->sum->bytes;
	}
	return NULL;
}

static struct mtr_error *keep_cell(const struct mtr_heap_view *s,
				   const struct cell *c,
				   struct mtr_groups *groups, uint32_t *group)
{
	struct mtr_group *g = mtr_groups_push(groups);

	if (!g)
		return mtr_error_nomem();
	*group = g - groups->at;
	*g = (struct mtr_group){
		.module = mtr_heap_view_owner(s, c->site)->module,
		.sum = *c->sum,
		.site = c->site,
		.stack = c->stack,
	};
	return NULL;
}

static uint64_t nameless_hash(const struct mtr_module *module)
{
	return mtr_module_hash(module);
}

static bool nameless_is(const struct mtr_nameless *n,
			const struct mtr_module *module)
{
	return mtr_module_same(n->module, module);
}

MTR_MAP(nameless_map, struct mtr_nameless, const struct mtr_module *,
	nameless_hash, nameless_is);

/* What there is to say of names, beside the groups. False: no memory. */
static bool note_cell(const struct mtr_heap_view *s, const struct cell *c,
		      struct mtr_tally *t, struct nameless_map *nameless)
{
	const struct mtr_frame *owner = mtr_heap_view_owner(s, c->site);
	struct mtr_nameless *n;
	bool is_new;

	if (!c->stack && c->site->wrapper)
		mtr_sum_add(&t->wrappers, c->sum);
	if (owner->function || !owner->module || !owner->module->stripped)
		return true;
	n = nameless_map_put(nameless, owner->module, &is_new);
	if (!n)
		return false;
	n->module = owner->module;
	mtr_sum_add(&n->sum, c->sum);
	return true;
}

/* Sums of callers, then those of stacks; apart from them those of classes. */
struct cells {
	struct mtr_sum *sums, *types;
	size_t n;
	/* of each of them its group, MTR_NO_BLOCK: it has none */
	uint32_t *group, *type_group;
};

/* A class of one name may be in several modules: it is one all the same. */
static struct mtr_error *fold_types(struct folder *f, const struct cells *cells)
{
	for (size_t i = 1; i < f->s->types.names.n; i++) {
		struct mtr_group *g;

		if (!cells->types[i].blocks)
			continue;
		g = folder_group(f, f->s->types.names.at[i], NULL);
		if (!g)
			return mtr_error_nomem();
		mtr_sum_add(&g->sum, &cells->types[i]);
		cells->type_group[i] = g - f->groups.at;
	}
	return NULL;
}

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
		calloc(cells->n + s->types.names.n + 1, sizeof(*heaviest));
	struct folder f = { .s = s, .heaviest = heaviest };
	struct nameless_map nameless = { 0 };
	struct mtr_error *error = heaviest ? NULL : mtr_error_nomem();

	if (!error && t->by == MTR_BY_TYPE)
		error = fold_types(&f, cells);
	for (size_t i = 0; i < cells->n && !error; i++) {
		struct cell c = cell_at(s, cells, i, t->by);

		if (!c.sum->blocks)
			continue;
		if (!note_cell(s, &c, t, &nameless)) {
			error = mtr_error_nomem();
			break;
		}
		error = t->by == MTR_BY_STACK
				? keep_cell(s, &c, &t->groups, &cells->group[i])
				: fold_cell(&f, &c, t->by, &cells->group[i]);
	}
	if (t->by != MTR_BY_STACK)
		MTR_MAP_TAKE(&t->groups, &f.groups);
	MTR_MAP_TAKE(&t->nameless, &nameless);
	return error;
}

/* Of block @i; 0: none. */
static uint32_t type_of(const struct mtr_heap_view *s, size_t i, enum mtr_by by)
{
	return by == MTR_BY_TYPE && s->types.of ? s->types.of[i] : 0;
}

/* @sums are those of the stacks; what is of a class is not in them. */
static struct mtr_error *spread(const struct mtr_heap_view *s,
				const struct mtr_filter *filter, enum mtr_by by,
				struct mtr_sum *sums)
{
	mtr_auto_free struct mtr_sampled *sampled =
		calloc(s->stacks.list.n + 1, sizeof(*sampled));

	if (!sampled)
		return mtr_error_nomem();
	for (size_t i = 0; i < s->heap.blocks.n; i++) {
		const struct mtr_block *b = &s->heap.blocks.at[i];

		if (mtr_heap_view_stack(s, b) && mtr_filter_passes(filter, b) &&
		    !mtr_sampled_not(s, b) && !type_of(s, i, by))
			mtr_sampled_add(s, b, &sampled[b->stack]);
	}
	return mtr_sampled_spread(s, sampled, sums) ? NULL : mtr_error_nomem();
}

/* The groups are there: which of them each block is in. */
static struct mtr_error *ask_cells(const struct maker *m,
				   const struct cells *cells)
{
	const struct mtr_blocks *v = &m->s->heap.blocks;
	mtr_auto_free uint32_t *group = malloc((v->n + 1) * sizeof(*group));
	enum mtr_by by = m->spec->by;

	if (!group)
		return mtr_error_nomem();
	for (size_t i = 0; i < v->n; i++) {
		uint32_t type = type_of(m->s, i, by);

		group[i] = !passes(m, i) ? MTR_NO_BLOCK
			   : type	 ? cells->type_group[type]
				  : cells->group[cell_of(m->s, &v->at[i], by)];
	}
	return ask_groups(m, group);
}

static struct mtr_error *tally_cells(const struct maker *m)
{
	const struct mtr_heap_view *s = m->s;
	size_t n = s->sites.n + s->stacks.list.n, types_n = s->types.names.n;
	mtr_auto_free struct mtr_sum *sums = calloc(n + 1, sizeof(*sums));
	mtr_auto_free struct mtr_sum *types =
		calloc(types_n + 1, sizeof(*types));
	mtr_auto_free uint32_t *group =
		malloc((n + types_n + 1) * sizeof(*group));
	struct cells cells = { sums, types, n, group, group + n };
	enum mtr_by by = m->spec->by;

	if (!sums || !types || !group)
		return mtr_error_nomem();
	memset(group, 0xff, (n + types_n) * sizeof(*group));
	for (size_t i = 0; i < s->heap.blocks.n; i++) {
		const struct mtr_block *b = &s->heap.blocks.at[i];
		uint32_t type = type_of(s, i, by);

		if (!passes(m, i))
			count(m, i, &m->t->left_out);
		else if (type)
			count(m, i, &types[type]);
		else
			count(m, i, &sums[cell_of(s, b, by)]);
	}
	if (s->heap.descriptor.sample && mtr_sampled_estimates(by))
		MTR_TRY(spread(s, m->filter, by, sums + s->sites.n));
	MTR_TRY(fold(s, &cells, m->t));
	return wants_groups(m) ? ask_cells(m, &cells) : NULL;
}

/* ------------------------------------------------------------- by numbers */

struct numbered {
	uint64_t number;
	struct mtr_sum sum;
};

static uint64_t number_hash(uint64_t number)
{
	return mtr_hash_number(number, 0);
}

static bool number_is(const struct numbered *n, uint64_t number)
{
	return n->number == number;
}

MTR_MAP(numbers, struct numbered, uint64_t, number_hash, number_is);

/* @group: of each block, to be filled in; or NULL. */
static bool numbers_tally(const struct maker *m, struct numbers *v,
			  uint32_t *group)
{
	const struct mtr_blocks *blocks = &m->s->heap.blocks;

	for (size_t i = 0; i < blocks->n; i++) {
		const struct mtr_block *b = &blocks->at[i];
		uint64_t number =
			m->spec->by == MTR_BY_SIZE ? b->size : b->generation;
		struct numbered *slot;
		bool is_new;

		if (group)
			group[i] = MTR_NO_BLOCK;
		if (!passes(m, i)) {
			count(m, i, &m->t->left_out);
			continue;
		}
		slot = numbers_put(v, number, &is_new);
		if (!slot)
			return false;
		slot->number = number;
		if (group)
			group[i] = slot - v->at;
		count(m, i, &slot->sum);
	}
	return true;
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

static struct mtr_error *tally_numbers(const struct maker *m)
{
	bool wants = wants_groups(m);
	mtr_auto_free uint32_t *group =
		wants ? malloc((m->s->heap.blocks.n + 1) * sizeof(*group))
		      : NULL;
	struct numbers v = { 0 };
	bool ok = (group || !wants) && numbers_tally(m, &v, group);

	for (size_t i = 0; i < v.n && ok; i++)
		ok = number_group(&v.at[i], &m->t->groups);
	numbers_fini(&v);
	if (!ok)
		return mtr_error_nomem();
	return wants ? ask_groups(m, group) : NULL;
}

/* ---------------------------------------------------------------- by roots */

static struct mtr_error *root_group(const struct mtr_holder *h,
				    const struct mtr_sum *sum,
				    uint64_t retained, struct mtr_groups *to)
{
	struct mtr_group *g = mtr_groups_push(to);

	if (!g)
		return mtr_error_nomem();
	*g = (struct mtr_group){
		.key = strdup(h->name),
		.module = h->place.module,
		.place = &h->place,
		.sum = *sum,
		.retained = retained,
	};
	return g->key ? NULL : mtr_error_nomem();
}

/* The groups are there: of each holder its own, in @of_holder. */
static struct mtr_error *ask_roots(const struct maker *m,
				   const uint32_t *of_holder)
{
	size_t n = m->s->heap.blocks.n;
	mtr_auto_free uint32_t *group = malloc((n + 1) * sizeof(*group));

	if (!group)
		return mtr_error_nomem();
	for (size_t i = 0; i < n; i++)
		group[i] = passes(m, i) ? of_holder[m->spec->holders->of[i]]
					: MTR_NO_BLOCK;
	return ask_groups(m, group);
}

static struct mtr_error *tally_roots(const struct maker *m)
{
	const struct mtr_holders *holders = m->spec->holders;
	size_t n = holders->list.n;
	mtr_auto_free struct mtr_sum *sums = calloc(n, sizeof(*sums));
	mtr_auto_free uint64_t *retained = calloc(n, sizeof(*retained));
	mtr_auto_free uint32_t *of_holder = calloc(n, sizeof(*of_holder));

	if (!sums || !retained || !of_holder)
		return mtr_error_nomem();
	for (size_t i = 0; i < m->s->heap.blocks.n; i++) {
		count(m, i,
		      passes(m, i) ? &sums[holders->of[i]] : &m->t->left_out);
		retained[holders->of[i]] +=
			mtr_index_asked(&m->s->heap.blocks.at[i]);
	}
	for (size_t i = 0; i < n; i++) {
		if (!sums[i].blocks)
			continue;
		of_holder[i] = m->t->groups.n;
		MTR_TRY(root_group(&holders->list.at[i], &sums[i], retained[i],
				   &m->t->groups));
	}
	return ask_roots(m, of_holder);
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

static int compare_retained(const void *a, const void *b)
{
	const struct mtr_group *x = a, *y = b;
	int order = compare_down(x->retained, y->retained);

	return order ? order : compare_bytes(a, b);
}

static int compare_pins(const void *a, const void *b)
{
	const struct mtr_group *x = a, *y = b;
	int order = compare_down(x->sum.pins, y->sum.pins);

	return order ? order : compare_bytes(a, b);
}

static int compare_nameless(const void *a, const void *b)
{
	const struct mtr_nameless *x = a, *y = b;
	int order = compare_down(x->sum.bytes, y->sum.bytes);

	return order ? order : strcmp(x->module->path, y->module->path);
}

static void sort_groups(struct mtr_groups *groups, enum mtr_sort sort)
{
	static int (*const by[])(const void *, const void *) = {
		[MTR_SORT_BYTES] = compare_bytes,
		[MTR_SORT_BLOCKS] = compare_blocks,
		[MTR_SORT_SLACK] = compare_slack,
		[MTR_SORT_RETAINED] = compare_retained,
		[MTR_SORT_PINS] = compare_pins,
	};

	if (groups->n)
		qsort(groups->at, groups->n, sizeof(*groups->at), by[sort]);
}

struct mtr_error *mtr_tally_make(const struct mtr_heap_view *s,
				 const struct mtr_filter *filter,
				 enum mtr_by by, enum mtr_sort sort,
				 struct mtr_tally *ret)
{
	return mtr_tally_make_as(
		s, filter, &(struct mtr_tally_spec){ .by = by, .sort = sort },
		ret);
}

struct mtr_error *mtr_tally_make_as(const struct mtr_heap_view *s,
				    const struct mtr_filter *filter,
				    const struct mtr_tally_spec *spec,
				    struct mtr_tally *ret)
{
	const struct maker m = { s, filter, spec, ret };
	enum mtr_by by = spec->by;
	struct mtr_error *error;

	*ret = (struct mtr_tally){ .by = by, .pins = spec->map };
	if (by == MTR_BY_ROOT)
		error = tally_roots(&m);
	else if (by == MTR_BY_SIZE || by == MTR_BY_GENERATION)
		error = tally_numbers(&m);
	else
		error = tally_cells(&m);
	if (error) {
		mtr_tally_fini(ret);
		return error;
	}
	for (size_t i = 0; i < ret->groups.n; i++)
		mtr_sum_add(&ret->total, &ret->groups.at[i].sum);
	sort_groups(&ret->groups, spec->sort);
	if (ret->nameless.n)
		qsort(ret->nameless.at, ret->nameless.n,
		      sizeof(*ret->nameless.at), compare_nameless);
	return NULL;
}

void mtr_tally_fini(struct mtr_tally *t)
{
	for (size_t i = 0; i < t->groups.n; i++)
		free(t->groups.at[i].key);
	mtr_groups_fini(&t->groups);
	mtr_nameless_list_fini(&t->nameless);
}
