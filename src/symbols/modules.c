/* SPDX-License-Identifier: MIT */
/*
 * From ranges to modules. See modules.h for the contract.
 */
#include "symbols/modules.h"

#include <string.h>

/* How many modules back the beginning of one is looked for. */
enum { NEAR = 8 };

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* ----------------------------------------------------------------- by path */

struct mtr_mapped *mtr_modules_first_of_path(const struct mtr_modules *v,
					     const char *path)
{
	struct mtr_mapped **m = mtr_paths_find(&v->paths, path);

	return m ? *m : NULL;
}

struct mtr_mapped *mtr_modules_next_of_path(const struct mtr_modules *v,
					    const struct mtr_mapped *m)
{
	return m->next ? v->list.at[m->next - 1] : NULL;
}

/* The first of a path stays it; the others follow, the last one first. */
static bool paths_add(struct mtr_modules *v, struct mtr_mapped *m)
{
	bool is_new;
	struct mtr_mapped **first = mtr_paths_put(&v->paths, m->path, &is_new);

	if (!first)
		return false;
	if (is_new) {
		*first = m;
		return true;
	}
	m->next = (*first)->next;
	(*first)->next = m->number + 1;
	return true;
}

/* ------------------------------------------------------------------- update */

/* "./...": a program as it was called, where nothing else is known of it. */
static bool is_module(const struct mtr_range *r)
{
	return r->path && (r->path[0] == '/' || r->path[0] == '.' ||
			   !strcmp(r->path, "[vdso]"));
}

/* Modules of one reading, before it is known which of them are new. */
struct found {
	struct mtr_ranges ranges;
};

MTR_VECTOR(founds, struct found);

static bool continues(const struct found *f, const struct mtr_range *r)
{
	const struct mtr_range *last = &f->ranges.at[f->ranges.n - 1];

	return !strcmp(last->path, r->path) && last->offset <= r->offset;
}

/*
 * What @r is a further piece of. In the gaps between the pieces of a module
 * other mappings may lie. The beginning of a file begins a module.
 */
static struct found *find_beginning(const struct founds *v,
				    const struct mtr_range *r)
{
	for (size_t i = v->n; r->offset && i > 0 && v->n - i < NEAR; i--)
		if (continues(&v->at[i - 1], r))
			return &v->at[i - 1];
	return NULL;
}

static struct mtr_error *add_range(struct founds *v, const struct mtr_range *r)
{
	struct found *f = find_beginning(v, r);
	struct mtr_range *kept;

	if (!f) {
		f = founds_push(v);
		if (!f)
			return mtr_error_nomem();
		*f = (struct found){ 0 };
	}
	kept = mtr_ranges_push(&f->ranges);
	if (!kept)
		return mtr_error_nomem();
	*kept = *r;
	return NULL;
}

static void mapped_free(struct mtr_mapped *m)
{
	mtr_ranges_fini(&m->ranges);
	free(m->path);
	free(m);
}

/* @path is copied; the rest of *ret is as @shown has it. */
static struct mtr_error *add_mapped(struct mtr_modules *v, const char *path,
				    const struct mtr_module *shown,
				    struct mtr_mapped **ret)
{
	struct mtr_mapped *m = calloc(1, sizeof(*m));
	struct mtr_mapped **slot;

	if (!m)
		return mtr_error_nomem();
	m->path = strdup(path);
	m->number = v->list.n;
	m->shown = *shown;
	m->shown.path = m->path;
	slot = m->path ? mtr_mapped_list_push(&v->list) : NULL;
	if (!slot) {
		mapped_free(m);
		return mtr_error_nomem();
	}
	m->shown.name = last_part(m->path);
	*slot = *ret = m;
	return NULL;
}

struct mtr_error *mtr_modules_add_gone(struct mtr_modules *v,
				       const struct mtr_gone *gone)
{
	struct mtr_module shown = { .start = gone->start,
				    .end = gone->end,
				    .bias = gone->bias,
				    .build_id = gone->build_id,
				    .gone = true };
	struct mtr_mapped **slot = mtr_mapped_list_push(&v->gone);
	struct mtr_error *error;

	if (!slot)
		return mtr_error_nomem();
	error = add_mapped(v, gone->path, &shown, slot);
	if (error)
		v->gone.n--;
	return error;
}

/* @f's ranges become the new module's. */
static struct mtr_error *add_module(struct mtr_modules *v, struct found *f,
				    struct mtr_mapped **ret)
{
	const struct mtr_range *first = &f->ranges.at[0];
	struct mtr_module shown = { .start = first->start,
				    .end = f->ranges.at[f->ranges.n - 1].end,
				    .bias = first->start - first->offset };
	struct mtr_mapped *m;

	MTR_TRY(add_mapped(v, first->path, &shown, ret));
	m = *ret;
	m->ranges = f->ranges;
	f->ranges = (struct mtr_ranges){ 0 };
	for (size_t i = 0; i < m->ranges.n; i++)
		m->ranges.at[i].path = m->path;
	return paths_add(v, m) ? NULL : mtr_error_nomem();
}

/* Rights may have changed since, and with them the number of ranges. */
static struct mtr_mapped *find_same(const struct mtr_modules *v,
				    const struct found *f)
{
	const struct mtr_range *first = &f->ranges.at[0];
	struct mtr_mapped *m = mtr_modules_find(v, first->start);

	if (m && m->shown.start == first->start &&
	    m->shown.end == f->ranges.at[f->ranges.n - 1].end &&
	    !strcmp(m->path, first->path))
		return m;
	return NULL;
}

static struct mtr_error *take_found(struct mtr_modules *v, struct found *f,
				    struct mtr_pieces *pieces)
{
	struct mtr_mapped *m = find_same(v, f);
	struct mtr_ranges *ranges;

	if (!m) {
		MTR_TRY(add_module(v, f, &m));
		ranges = &m->ranges;
	} else {
		ranges = &f->ranges;
	}
	for (size_t i = 0; i < ranges->n; i++) {
		struct mtr_piece *piece = mtr_pieces_push(pieces);

		if (!piece)
			return mtr_error_nomem();
		*piece = (struct mtr_piece){
			.start = ranges->at[i].start,
			.end = ranges->at[i].end,
			.module = m,
			.code = ranges->at[i].prot < 0 ||
				ranges->at[i].prot & MTR_PROT_EXEC,
		};
	}
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct mtr_piece *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static struct mtr_error *collect(const struct mtr_ranges *ranges,
				 struct founds *ret)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (is_module(&ranges->at[i]))
			MTR_TRY(add_range(ret, &ranges->at[i]));
	return NULL;
}

static void cleanup_founds(struct founds *v)
{
	for (size_t i = 0; i < v->n; i++)
		mtr_ranges_fini(&v->at[i].ranges);
	founds_fini(v);
}

struct mtr_error *mtr_modules_update(struct mtr_modules *v,
				     const struct mtr_ranges *ranges)
{
	mtr_cleanup(cleanup_founds) struct founds founds = { 0 };
	struct mtr_pieces pieces = { 0 };
	struct mtr_error *error = collect(ranges, &founds);

	for (size_t i = 0; i < founds.n && !error; i++)
		error = take_found(v, &founds.at[i], &pieces);
	if (error) {
		mtr_pieces_fini(&pieces);
		return error;
	}
	if (pieces.n)
		qsort(pieces.at, pieces.n, sizeof(*pieces.at), by_start);
	mtr_pieces_fini(&v->pieces);
	v->pieces = pieces;
	return NULL;
}

void mtr_modules_fini(struct mtr_modules *v)
{
	for (size_t i = 0; i < v->list.n; i++)
		mapped_free(v->list.at[i]);
	mtr_mapped_list_fini(&v->list);
	mtr_mapped_list_fini(&v->gone);
	mtr_paths_fini(&v->paths);
	mtr_pieces_fini(&v->pieces);
}

const struct mtr_piece *mtr_modules_piece_before(const struct mtr_modules *v,
						 uint64_t addr)
{
	size_t low = 0, high = v->pieces.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->pieces.at[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &v->pieces.at[low - 1] : NULL;
}

const struct mtr_piece *mtr_modules_piece(const struct mtr_modules *v,
					  uint64_t addr)
{
	const struct mtr_piece *piece = mtr_modules_piece_before(v, addr);

	return piece && addr < piece->end ? piece : NULL;
}

struct mtr_mapped *mtr_modules_find(const struct mtr_modules *v, uint64_t addr)
{
	const struct mtr_piece *piece = mtr_modules_piece(v, addr);

	return piece ? piece->module : NULL;
}

/* ---------------------------------------------------------------- identity */

bool mtr_module_same(const struct mtr_module *a, const struct mtr_module *b)
{
	if (a == b || !a || !b)
		return a == b;
	if (a->build_id.n != b->build_id.n)
		return false;
	if (a->build_id.n)
		return !memcmp(a->build_id.bytes, b->build_id.bytes,
			       a->build_id.n);
	return !strcmp(a->path, b->path);
}

uint64_t mtr_module_hash(const struct mtr_module *m)
{
	uint64_t hash = 0;

	if (!m)
		return 0;
	if (!m->build_id.n)
		return mtr_hash_text(m->path, 0);
	for (size_t i = 0; i < m->build_id.n; i++)
		hash = mtr_hash_number(m->build_id.bytes[i], hash);
	return hash;
}
