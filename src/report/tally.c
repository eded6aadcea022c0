/* SPDX-License-Identifier: MIT */
/*
 * Blocks are summed up by site, size or generation first; what belongs
 * together is folded by its name afterwards. See tally.h for the contract.
 */
#include "report/tally.h"

#include <inttypes.h>
#include <string.h>

#include "report/name.h"

/* ------------------------------------------------------------ a hash index */

/* Open addressing: .at[] has 1 + an index into the groups, or 0. */
struct index {
	uint32_t *at;
	size_t room; /* a power of two, at least twice the groups */
};

static uint64_t mix(uint64_t hash)
{
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static uint64_t text_hash(const char *text, const void *module)
{
	uint64_t hash = (uintptr_t)module;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return mix(hash);
}

static uint64_t group_hash(const struct mtr_group *g)
{
	return text_hash(g->key, g->module);
}

static void index_put(struct index *x, uint64_t hash, uint32_t value)
{
	size_t i = hash & (x->room - 1);

	while (x->at[i])
		i = (i + 1) & (x->room - 1);
	x->at[i] = value;
}

static bool index_grow(struct index *x, size_t n)
{
	x->room = x->room ? x->room * 2 : 1024;
	while (x->room < n * 2)
		x->room *= 2;
	free(x->at);
	x->at = calloc(x->room, sizeof(*x->at));
	return x->at;
}

/* --------------------------------------------------------------- by names */

struct folder {
	const struct mtr_snapshot *s;
	struct mtr_groups *groups;
	struct index index;
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
		mtr_name_place(b, site->pc, owner->module);
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

static bool folder_rehash(struct folder *f)
{
	if (!index_grow(&f->index, f->groups->n + 1))
		return false;
	for (size_t i = 0; i < f->groups->n; i++)
		index_put(&f->index, group_hash(&f->groups->at[i]), i + 1);
	return true;
}

/* The group of that name, which may be a new one; NULL: no memory. */
static struct mtr_group *folder_group(struct folder *f, const char *key,
				      const struct mtr_module *module)
{
	uint64_t hash = text_hash(key, module);
	struct mtr_group *g;

	if (f->groups->n * 2 >= f->index.room && !folder_rehash(f))
		return NULL;
	for (size_t i = hash;; i++) {
		uint32_t at = f->index.at[i & (f->index.room - 1)];

		if (!at)
			break;
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
	index_put(&f->index, hash, f->groups->n);
	return g;
}

static struct mtr_error *fold_site(struct folder *f, size_t i, enum mtr_by by,
				   const struct mtr_sum *sum)
{
	const struct mtr_site *site = &f->s->sites.at[i];
	const struct mtr_frame *owner = mtr_snapshot_owner(f->s, site);
	struct mtr_strbuf key = { 0 };
	struct mtr_group *g = NULL;
	uint64_t *heaviest;

	site_key(&key, site, owner, by);
	if (!key.failed)
		g = folder_group(f, mtr_strbuf_text(&key), owner->module);
	mtr_strbuf_fini(&key);
	if (!g)
		return mtr_error_nomem();
	mtr_sum_add(&g->sum, sum);
	/* there are no more groups than sites */
	heaviest = &f->heaviest[g - f->groups->at];
	if (!g->site || sum->bytes > *heaviest) {
		g->site = site;
		*heaviest = sum->bytes;
	}
	return NULL;
}

static struct mtr_error *fold(const struct mtr_snapshot *s,
			      const struct mtr_sum *sums, struct mtr_tally *t)
{
	mtr_auto_free uint64_t *heaviest =
		calloc(s->sites.n + 1, sizeof(*heaviest));
	struct folder f = { .s = s,
			    .groups = &t->groups,
			    .heaviest = heaviest };
	struct mtr_error *error = heaviest ? NULL : mtr_error_nomem();

	for (size_t i = 0; i < s->sites.n && !error; i++)
		if (sums[i].blocks)
			error = fold_site(&f, i, t->by, &sums[i]);
	free(f.index.at);
	return error;
}

static struct mtr_error *tally_sites(const struct mtr_snapshot *s,
				     const struct mtr_filter *filter,
				     struct mtr_tally *t)
{
	mtr_auto_free struct mtr_sum *sums =
		calloc(s->sites.n + 1, sizeof(*sums));

	if (!sums)
		return mtr_error_nomem();
	for (size_t i = 0; i < s->heap.blocks.n; i++) {
		const struct mtr_block *b = &s->heap.blocks.at[i];

		if (mtr_filter_passes(filter, b))
			mtr_sum_block(&sums[b->site], b);
	}
	return fold(s, sums, t);
}

/* ------------------------------------------------------------- by numbers */

struct numbered {
	uint64_t number;
	struct mtr_sum sum;
};

MTR_VECTOR(numbers, struct numbered);

static bool numbers_rehash(const struct numbers *v, struct index *x)
{
	if (!index_grow(x, v->n + 1))
		return false;
	for (size_t i = 0; i < v->n; i++)
		index_put(x, mix(v->at[i].number), i + 1);
	return true;
}

static struct mtr_sum *numbers_sum(struct numbers *v, struct index *x,
				   uint64_t number)
{
	uint64_t hash = mix(number);
	struct numbered *slot;

	if (v->n * 2 >= x->room && !numbers_rehash(v, x))
		return NULL;
	for (size_t i = hash;; i++) {
		uint32_t at = x->at[i & (x->room - 1)];

		if (!at)
			break;
		if (v->at[at - 1].number == number)
			return &v->at[at - 1].sum;
	}
	slot = numbers_push(v);
	if (!slot)
		return NULL;
	*slot = (struct numbered){ .number = number };
	index_put(x, hash, v->n);
	return &slot->sum;
}

static bool numbers_tally(const struct mtr_snapshot *s,
			  const struct mtr_filter *filter, enum mtr_by by,
			  struct numbers *v)
{
	struct index x = { 0 };
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
	free(x.at);
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

static struct mtr_error *tally_numbers(const struct mtr_snapshot *s,
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

/* "9" before "10", and for the rest any order that is always the same */
static int compare_keys(const struct mtr_group *a, const struct mtr_group *b)
{
	int order = strverscmp(a->key, b->key);

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

struct mtr_error *mtr_tally_make(const struct mtr_snapshot *s,
				 const struct mtr_filter *filter,
				 enum mtr_by by, enum mtr_sort sort,
				 struct mtr_tally *ret)
{
	struct mtr_error *error;

	*ret = (struct mtr_tally){ .by = by };
	if (by == MTR_BY_SIZE || by == MTR_BY_GENERATION)
		error = tally_numbers(s, filter, ret);
	else
		error = tally_sites(s, filter, ret);
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
