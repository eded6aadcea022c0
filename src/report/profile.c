/* SPDX-License-Identifier: MIT */
/*
 * See profile.h for the contract.
 */
#include "report/profile.h"

#include "base/map.h"
#include "report/name.h"

/* -------------------------------------------------------------- the numbers */

const char *mtr_value_name(unsigned value)
{
	static const char *const names[MTR_VALUE_COUNT] = {
		[MTR_VALUE_BYTES] = "bytes",
		[MTR_VALUE_BLOCKS] = "blocks",
		[MTR_VALUE_UNUSED] = "unused",
		[MTR_VALUE_RETAINED] = "retained",
		[MTR_VALUE_PINS] = "pins",
	};

	return value < MTR_VALUE_COUNT ? names[value] : NULL;
}

enum mtr_sort mtr_value_sort(enum mtr_value value)
{
	static const enum mtr_sort sorts[MTR_VALUE_COUNT] = {
		[MTR_VALUE_BYTES] = MTR_SORT_BYTES,
		[MTR_VALUE_BLOCKS] = MTR_SORT_BLOCKS,
		[MTR_VALUE_UNUSED] = MTR_SORT_SLACK,
		[MTR_VALUE_RETAINED] = MTR_SORT_RETAINED,
		[MTR_VALUE_PINS] = MTR_SORT_PINS,
	};

	return sorts[value];
}

uint64_t mtr_profile_value(const struct mtr_profile_row *row,
			   enum mtr_value value)
{
	switch (value) {
	case MTR_VALUE_BLOCKS:
		return row->sum.blocks;
	case MTR_VALUE_UNUSED:
		return row->sum.slack;
	case MTR_VALUE_RETAINED:
		return row->retained;
	case MTR_VALUE_PINS:
		return row->sum.pins;
	default:
		return row->sum.bytes;
	}
}

/* ------------------------------------------------------------ block by block
 */

/* A stack or a caller, and a generation. */
struct key {
	size_t cell;
	unsigned generation;
};

struct numbered_row {
	struct key key;
	struct mtr_profile_row row;
};

static uint64_t row_hash(struct key key)
{
	return mtr_hash_number(key.cell << 8 | key.generation, 0);
}

static bool row_is(const struct numbered_row *r, struct key key)
{
	return r->key.cell == key.cell && r->key.generation == key.generation;
}

MTR_MAP(row_map, struct numbered_row, struct key, row_hash, row_is);

struct maker {
	const struct mtr_heap_view *s;
	const struct mtr_filter *filter;
	const struct mtr_profile_spec *spec;
	struct row_map rows;
	uint32_t *last;	 /* of each cell: 1 + the row of its last block */
	uint32_t *group; /* of each block its row; NULL: nobody asks */
	struct mtr_profile *ret;
};

static struct key key_of(const struct maker *m, const struct mtr_block *b)
{
	bool stack = mtr_heap_view_stack(m->s, b);

	return (struct key){
		.cell = stack ? m->s->sites.n + b->stack : b->site,
		.generation = m->spec->generations ? b->generation : 0,
	};
}

/* Blocks of one stack mostly are of one generation as well. */
static struct numbered_row *row_of(struct maker *m, const struct mtr_block *b)
{
	struct key key = key_of(m, b);
	uint32_t *last = &m->last[key.cell];
	struct numbered_row *r;
	bool is_new;

	if (*last && row_is(&m->rows.at[*last - 1], key))
		return &m->rows.at[*last - 1];
	r = row_map_put(&m->rows, key, &is_new);
	if (!r)
		return NULL;
	*last = r - m->rows.at + 1;
	if (is_new)
		*r = (struct numbered_row){
			.key = key,
			.row = { .site = &m->s->sites.at[mtr_heap_view_site(
					 m->s, b)],
				 .stack = mtr_heap_view_stack(m->s, b),
				 .generation = key.generation },
		};
	return r;
}

static void add_block(const struct maker *m, size_t i, struct mtr_sum *sum)
{
	mtr_sum_block(sum, &m->s->heap, &m->s->heap.blocks.at[i]);
	if (m->spec->map)
		sum->pins += m->spec->map->pins[i];
}

static struct mtr_error *add_blocks(struct maker *m)
{
	const struct mtr_blocks *blocks = &m->s->heap.blocks;

	for (size_t i = 0; i < blocks->n; i++) {
		const struct mtr_block *b = &blocks->at[i];
		struct numbered_row *r;

		if (m->group)
			m->group[i] = MTR_NO_BLOCK;
		if (!mtr_filter_passes(m->filter, b))
			continue;
		r = row_of(m, b);
		if (!r)
			return mtr_error_nomem();
		add_block(m, i, &r->row.sum);
		add_block(m, i, &m->ret->total);
		if (m->group)
			m->group[i] = r - m->rows.at;
	}
	return NULL;
}

static struct mtr_error *take_rows(struct maker *m)
{
	size_t n = m->rows.n;
	mtr_auto_free uint64_t *retained = calloc(n + 1, sizeof(*retained));

	if (!retained || !mtr_profile_rows_reserve(&m->ret->rows, n))
		return mtr_error_nomem();
	if (m->group &&
	    !mtr_holders_retained(m->spec->holders, m->group, n, retained))
		return mtr_error_nomem();
	for (size_t i = 0; i < n; i++) {
		m->ret->rows.at[i] = m->rows.at[i].row;
		m->ret->rows.at[i].retained = retained[i];
	}
	m->ret->rows.n = n;
	return NULL;
}

static struct mtr_error *make_exact(struct maker *m)
{
	const struct mtr_heap_view *s = m->s;
	mtr_auto_free uint32_t *last =
		calloc(s->sites.n + s->stacks.list.n + 1, sizeof(*last));
	mtr_auto_free uint32_t *group =
		m->spec->holders
			? malloc((s->heap.blocks.n + 1) * sizeof(*group))
			: NULL;
	struct mtr_error *error;

	if (!last || (m->spec->holders && !group))
		return mtr_error_nomem();
	m->last = last;
	m->group = group;
	error = add_blocks(m);
	if (!error)
		error = take_rows(m);
	row_map_fini(&m->rows);
	return error;
}

/* ------------------------------------------------------------- of a sample */

static struct mtr_error *take_groups(const struct mtr_tally *t,
				     struct mtr_profile *ret)
{
	if (!mtr_profile_rows_reserve(&ret->rows, t->groups.n))
		return mtr_error_nomem();
	for (size_t i = 0; i < t->groups.n; i++) {
		const struct mtr_group *g = &t->groups.at[i];

		ret->rows.at[i] = (struct mtr_profile_row){
			.site = g->site,
			.stack = g->stack,
			.sum = g->sum,
			.retained = g->retained,
		};
	}
	ret->rows.n = t->groups.n;
	ret->total = t->total;
	return NULL;
}

static struct mtr_error *make_estimated(struct maker *m)
{
	const struct mtr_tally_spec spec = {
		.by = MTR_BY_STACK,
		.sort = mtr_value_sort(m->spec->value),
		.holders = m->spec->holders,
		.map = m->spec->map,
	};
	struct mtr_tally t;
	struct mtr_error *error;

	MTR_TRY(mtr_tally_make_as(m->s, m->filter, &spec, &t));
	error = take_groups(&t, m->ret);
	mtr_tally_fini(&t);
	return error;
}

/* ---------------------------------------------------------------- the whole */

static int compare(const struct mtr_profile_row *a,
		   const struct mtr_profile_row *b, enum mtr_value value)
{
	uint64_t x = mtr_profile_value(a, value),
		 y = mtr_profile_value(b, value);

	if (x != y)
		return x < y ? 1 : -1;
	if (!a->stack != !b->stack)
		return a->stack ? -1 : 1;
	if (a->stack != b->stack)
		return a->stack < b->stack ? -1 : 1;
	if (a->site != b->site)
		return a->site < b->site ? -1 : 1;
	return a->generation < b->generation ? -1
					     : a->generation > b->generation;
}

static int compare_bytes(const void *a, const void *b)
{
	return compare(a, b, MTR_VALUE_BYTES);
}

static int compare_blocks(const void *a, const void *b)
{
	return compare(a, b, MTR_VALUE_BLOCKS);
}

static int compare_unused(const void *a, const void *b)
{
	return compare(a, b, MTR_VALUE_UNUSED);
}

static int compare_retained(const void *a, const void *b)
{
	return compare(a, b, MTR_VALUE_RETAINED);
}

static int compare_pins(const void *a, const void *b)
{
	return compare(a, b, MTR_VALUE_PINS);
}

static void sort(struct mtr_profile *p, enum mtr_value value)
{
	static int (*const by[MTR_VALUE_COUNT])(const void *, const void *) = {
		[MTR_VALUE_BYTES] = compare_bytes,
		[MTR_VALUE_BLOCKS] = compare_blocks,
		[MTR_VALUE_UNUSED] = compare_unused,
		[MTR_VALUE_RETAINED] = compare_retained,
		[MTR_VALUE_PINS] = compare_pins,
	};

	if (p->rows.n)
		qsort(p->rows.at, p->rows.n, sizeof(*p->rows.at), by[value]);
}

struct mtr_error *mtr_profile_make(const struct mtr_heap_view *s,
				   const struct mtr_filter *filter,
				   const struct mtr_profile_spec *spec,
				   struct mtr_profile *ret)
{
	struct maker m = { .s = s, .filter = filter, .spec = spec, .ret = ret };
	bool sample = s->heap.descriptor.sample;
	struct mtr_error *error;

	*ret = (struct mtr_profile){ .generations =
					     spec->generations && !sample };
	error = sample ? make_estimated(&m) : make_exact(&m);
	if (error)
		mtr_profile_fini(ret);
	else
		sort(ret, spec->value);
	return error;
}

void mtr_profile_fini(struct mtr_profile *p)
{
	mtr_profile_rows_fini(&p->rows);
	*p = (struct mtr_profile){ 0 };
}

/* ---------------------------------------------------------------- of a stack
 */

void mtr_profile_stack(const struct mtr_heap_view *s,
		       const struct mtr_stack *stack,
		       const struct mtr_site *site,
		       struct mtr_profile_stack *ret)
{
	uint32_t owner = site - s->sites.at, sites[MTR_STACK_FRAMES_MAX];
	unsigned n, first = 0;

	*ret = (struct mtr_profile_stack){ .n = 1,
					   .skip = site->owner - site->first };
	ret->sites[0] = owner;
	if (!stack)
		return;
	n = mtr_stack_sites(&s->stacks, stack, sites);
	while (first < n && sites[first] != owner)
		first++;
	/* an owner that is not there: all that is known is the stack */
	if (first == n)
		first = 0;
	ret->n = n - first;
	memcpy(ret->sites, sites + first, ret->n * sizeof(*sites));
	ret->skip = s->sites.at[ret->sites[0]].owner -
		    s->sites.at[ret->sites[0]].first;
}
