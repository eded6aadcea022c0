/* SPDX-License-Identifier: MIT */
/*
 * Each side is summed up by itself; then groups get keys that mean the same on
 * both. See diff.h for the contract.
 */
#include "report/diff.h"

#include <inttypes.h>
#include <string.h>

#include "report/diff_blocks.h"
#include "report/diff_lines.h"
#include "report/name.h"
#include "report/tree.h"

/* ------------------------------------------------------------------- keys */

/* Where an offset or an address means nothing elsewhere: one side's alone. */
enum { BOTH = MTR_SIDES };

struct key {
	const char *text;
	uint32_t pair;
	uint32_t of; /* enum mtr_side or BOTH */
};

struct entry {
	struct mtr_diff_group g;
	uint32_t of;
	uint64_t heaviest; /* bytes of g.site's group */
};

static uint64_t key_hash(struct key key)
{
	return mtr_hash_text(key.text, (uint64_t)key.pair << 2 | key.of);
}

static bool key_is(const struct entry *e, struct key key)
{
	return e->g.pair == key.pair && e->of == key.of &&
	       strcmp(e->g.key, key.text) == 0;
}

MTR_MAP(entries, struct entry, struct key, key_hash, key_is);

struct maker {
	struct mtr_diff *d;
	struct entries entries;
	/* of the side that is gone through */
	enum mtr_side side;
	/* of the key that is made */
	uint32_t of;
	bool folded;
};

static const struct mtr_pair *pair_of(const struct maker *m,
				      const struct mtr_frame *frame)
{
	return &m->d->pairs.list.at[mtr_pairs_find(&m->d->pairs, m->side,
						   frame->module)];
}

/* An address in no module is code that was made at run time, or unloaded. */
static void add_place(struct maker *m, struct mtr_strbuf *b, uint64_t pc,
		      const struct mtr_frame *frame)
{
	const struct mtr_pair *pair = pair_of(m, frame);

	if (pc <= MTR_CALLER_UNKNOWN) {
		mtr_name_frame(b, pc, frame);
	} else if (!frame->module) {
		if (m->d->process == MTR_PROCESS_SAME)
			mtr_name_place(b, pc, frame);
		else
			mtr_strbuf_add(b, "(no module)");
	} else {
		if (!pair->same)
			m->of = m->side;
		mtr_strbuf_printf(b, "%s+%#" PRIx64,
				  pair->same ? mtr_pair_any(pair)->name
					     : frame->module->name,
				  pc - frame->module->bias - !frame->exact);
	}
}

static void add_frame(struct maker *m, struct mtr_strbuf *b, uint64_t pc,
		      const struct mtr_frame *frame)
{
	if (frame->function)
		mtr_strbuf_add(b, frame->function);
	else
		add_place(m, b, pc, frame);
}

static void add_site(struct maker *m, struct mtr_strbuf *b,
		     const struct mtr_site *site)
{
	const struct mtr_heap_view *s = m->d->s[m->side];

	for (uint32_t i = site->n; i > 0; i--) {
		if (b->len)
			mtr_strbuf_add(b, ";");
		add_frame(m, b, site->pc, &s->frames.at[site->first + i - 1]);
	}
}

static void add_stack(struct maker *m, struct mtr_strbuf *b,
		      const struct mtr_group *g)
{
	const struct mtr_heap_view *s = m->d->s[m->side];
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	unsigned n;

	if (!g->stack) {
		add_site(m, b, g->site);
		return;
	}
	n = mtr_stack_sites(&s->stacks, g->stack, sites);
	for (unsigned i = n; i > 0; i--)
		add_site(m, b, &s->sites.at[sites[i - 1]]);
}

/* Numbers of threads and addresses of mappings are those of one process. */
static void add_root(struct maker *m, struct mtr_strbuf *b,
		     const struct mtr_group *g)
{
	struct mtr_root_place place = *g->place;
	const struct mtr_thread *t = place.thread;

	if (place.kind == MTR_AT_MAPPING && !place.name) {
		mtr_strbuf_add(b, "anonymous mappings");
		return;
	}
	if (!t) {
		mtr_strbuf_add(b, g->key);
		return;
	}
	place.thread = NULL;
	mtr_root_place_name(b, &place);
	mtr_strbuf_add(b, t->tid == m->d->s[m->side]->pid ? " of the main "
							    "thread"
							  : " of a thread");
	if (*t->name)
		mtr_strbuf_printf(b, " (%s)", t->name);
}

static void make_key(struct maker *m, const struct mtr_group *g,
		     struct mtr_strbuf *b)
{
	const struct mtr_frame *owner;

	m->of = BOTH;
	m->folded = false;
	if (!g->site) {
		if (m->d->by == MTR_BY_ROOT &&
		    m->d->process != MTR_PROCESS_SAME)
			add_root(m, b, g);
		else
			mtr_strbuf_add(b, g->key);
		return;
	}
	owner = mtr_heap_view_owner(m->d->s[m->side], g->site);
	if (m->d->by == MTR_BY_STACK) {
		add_stack(m, b, g);
	} else if (m->d->by == MTR_BY_MODULE) {
		if (owner->module)
			mtr_pair_name(b, pair_of(m, owner));
		else
			mtr_strbuf_add(b, g->key);
	} else if (m->d->by == MTR_BY_CALLER && pair_of(m, owner)->same) {
		add_place(m, b, g->site->pc, owner);
	} else if (m->d->by == MTR_BY_LINE && owner->file) {
		mtr_strbuf_add(b, g->key);
	} else {
		m->folded = m->d->by == MTR_BY_CALLER && owner->function;
		if (m->d->by == MTR_BY_TYPE)
			mtr_strbuf_add(b, "block of ");
		add_frame(m, b, g->site->pc, owner);
	}
}

/* ---------------------------------------------------------------- entries */

static void take_sites(struct maker *m, struct entry *e,
		       const struct mtr_group *g)
{
	struct mtr_diff_group *to = &e->g;

	if (to->site && to->side == m->side && e->heaviest >= g->sum.bytes)
		return;
	e->heaviest = g->sum.bytes;
	to->site = g->site;
	to->stack = g->stack;
	to->side = m->side;
}

static struct mtr_error *add_as(struct maker *m, const struct mtr_group *g,
				struct key key)
{
	struct entry *e;
	bool is_new;

	e = entries_put(&m->entries, key, &is_new);
	if (!e)
		return mtr_error_nomem();
	if (is_new) {
		char *text = strdup(key.text);

		if (!text) {
			m->entries.n--;
			return mtr_error_nomem();
		}
		*e = (struct entry){ .g = { .key = text, .pair = key.pair },
				     .of = key.of };
	}
	e->g.folded |= m->folded;
	m->d->folded += m->folded;
	take_sites(m, e, g);
	mtr_sum_add(&e->g.sum[m->side], &g->sum);
	return NULL;
}

static struct mtr_error *add_group(struct maker *m, const struct mtr_group *g)
{
	mtr_cleanup(mtr_strbuf_fini) struct mtr_strbuf b = { 0 };
	struct key key;

	make_key(m, g, &b);
	if (b.failed)
		return mtr_error_nomem();
	key = (struct key){
		.text = mtr_strbuf_text(&b),
		.pair = mtr_pairs_find(&m->d->pairs, m->side, g->module),
		.of = m->of,
	};
	return add_as(m, g, key);
}

/* --------------------------------------------- lines of two builds of a file
 */

/* Does the line of @g lie elsewhere on the other side? */
static bool may_have_moved(struct maker *m, const struct mtr_group *g)
{
	const struct mtr_frame *owner;
	const struct mtr_pair *pair;

	if (m->d->by != MTR_BY_LINE || !g->site)
		return false;
	owner = mtr_heap_view_owner(m->d->s[m->side], g->site);
	pair = pair_of(m, owner);
	return owner->file && owner->function && !pair->same &&
	       pair->module[MTR_OLD] && pair->module[MTR_NEW];
}

static struct mtr_error *add_moved(struct maker *m,
				   struct mtr_moved_lines *lines)
{
	mtr_moved_lines_settle(lines);
	for (size_t i = 0; i < lines->n; i++) {
		mtr_cleanup(mtr_strbuf_fini) struct mtr_strbuf b = { 0 };
		struct mtr_moved_key moved;
		struct key key;

		mtr_moved_lines_key(lines, i, &b, &moved);
		if (b.failed)
			return mtr_error_nomem();
		m->side = moved.side;
		m->folded = moved.folded;
		key = (struct key){ mtr_strbuf_text(&b), moved.pair,
				    moved.alone ? moved.side : BOTH };
		MTR_TRY(add_as(m, moved.group, key));
		m->d->in_order |= !moved.folded && !moved.alone;
	}
	return NULL;
}

/* --------------------------------------------------------------- the whole */

static struct mtr_error *add_side(struct maker *m, const struct mtr_tally *t,
				  struct mtr_moved_lines *lines)
{
	for (size_t i = 0; i < t->groups.n; i++) {
		const struct mtr_group *g = &t->groups.at[i];
		const struct mtr_frame *owner =
			g->site ? mtr_heap_view_owner(m->d->s[m->side], g->site)
				: NULL;

		if (!may_have_moved(m, g)) {
			MTR_TRY(add_group(m, g));
			continue;
		}
		if (!mtr_moved_lines_add(lines, m->side, g, owner,
					 mtr_pairs_find(&m->d->pairs, m->side,
							owner->module)))
			return mtr_error_nomem();
	}
	return NULL;
}

static struct mtr_error *add_all(struct maker *m,
				 const struct mtr_tally t[MTR_SIDES])
{
	mtr_cleanup(mtr_moved_lines_fini) struct mtr_moved_lines lines = { 0 };

	for (m->side = MTR_OLD; m->side < MTR_SIDES; m->side++)
		MTR_TRY(add_side(m, &t[m->side], &lines));
	return add_moved(m, &lines);
}

static bool has_changed(const struct mtr_diff_group *g, enum mtr_sort sort)
{
	const struct mtr_sum *a = &g->sum[MTR_OLD], *b = &g->sum[MTR_NEW];

	return a->bytes != b->bytes || a->blocks != b->blocks ||
	       (sort == MTR_SORT_SLACK && a->slack != b->slack);
}

static bool take_changed(struct maker *m, enum mtr_sort sort)
{
	struct mtr_diff *d = m->d;

	if (!mtr_diff_groups_reserve(&d->groups, m->entries.n))
		return false;
	for (size_t i = 0; i < m->entries.n; i++) {
		struct mtr_diff_group *g = &m->entries.at[i].g;

		if (has_changed(g, sort))
			*mtr_diff_groups_push(&d->groups) = *g;
		else
			free(g->key);
		d->unchanged += !has_changed(g, sort);
	}
	m->entries.n = 0;
	return true;
}

static struct mtr_error *make_groups(struct mtr_diff *d,
				     const struct mtr_tally t[MTR_SIDES],
				     enum mtr_sort sort)
{
	struct maker m = { .d = d };
	struct mtr_error *error = add_all(&m, t);

	if (!error && !take_changed(&m, sort))
		error = mtr_error_nomem();
	for (size_t i = 0; i < m.entries.n; i++)
		free(m.entries.at[i].g.key);
	entries_fini(&m.entries);
	return error;
}

static int compare(int64_t a, int64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_grown(const struct mtr_diff_group *a,
			 const struct mtr_diff_group *b, enum mtr_sort sort)
{
	return compare(mtr_grown(mtr_sum_by(&a->sum[MTR_OLD], sort),
				 mtr_sum_by(&a->sum[MTR_NEW], sort)),
		       mtr_grown(mtr_sum_by(&b->sum[MTR_OLD], sort),
				 mtr_sum_by(&b->sum[MTR_NEW], sort)));
}

static int compare_groups(const void *a, const void *b, void *sort)
{
	const struct mtr_diff_group *x = a, *y = b;
	int order = compare_grown(x, y, *(enum mtr_sort *)sort);

	order = order ? order : compare_grown(x, y, MTR_SORT_BYTES);
	order = order ? order : compare_grown(x, y, MTR_SORT_BLOCKS);
	order = order ? order : strverscmp(x->key, y->key);
	/* of two modules, in the order in which they were met */
	return order ? order : x->pair < y->pair ? -1 : x->pair > y->pair;
}

static bool pair_modules(struct mtr_diff *d, enum mtr_side side,
			 const struct mtr_tally *t)
{
	const struct mtr_frames *frames = &d->s[side]->frames;
	bool ok = true;

	for (size_t i = 0; i < frames->n && ok; i++)
		ok = mtr_pairs_add(&d->pairs, side, frames->at[i].module);
	/* of data there are no frames */
	for (size_t i = 0; i < t->groups.n && ok; i++)
		ok = mtr_pairs_add(&d->pairs, side, t->groups.at[i].module);
	return ok;
}

static struct mtr_error *tally_side(struct mtr_diff *d,
				    const struct mtr_diff_side *side, int i,
				    struct mtr_tally *ret)
{
	MTR_TRY(mtr_tally_make_as(side->s, side->filter, &side->spec, ret));
	d->total[i] = ret->total;
	d->left_out[i] = ret->left_out;
	return pair_modules(d, i, ret) ? NULL : mtr_error_nomem();
}

static struct mtr_error *make(struct mtr_diff *d,
			      const struct mtr_diff_side sides[MTR_SIDES])
{
	const char *const exes[] = { d->s[0]->exe, d->s[1]->exe };
	enum mtr_sort sort = sides[0].spec.sort;
	struct mtr_tally t[MTR_SIDES] = { 0 };
	struct mtr_error *error = NULL;

	for (int i = 0; i < MTR_SIDES && !error; i++)
		error = tally_side(d, &sides[i], i, &t[i]);
	if (!error)
		error = mtr_pairs_settle(&d->pairs, exes);
	if (!error)
		error = make_groups(d, t, sort);
	for (int i = 0; i < MTR_SIDES; i++)
		mtr_tally_fini(&t[i]);
	MTR_TRY(error);
	if (d->groups.n)
		qsort_r(d->groups.at, d->groups.n, sizeof(*d->groups.at),
			compare_groups, &sort);
	return d->process == MTR_PROCESS_SAME ? mtr_diff_blocks(d, sides)
					      : NULL;
}

struct mtr_error *mtr_diff_make(const struct mtr_diff_side sides[MTR_SIDES],
				struct mtr_diff *ret)
{
	const struct mtr_heap_view *old = sides[MTR_OLD].s;
	const struct mtr_heap_view *now = sides[MTR_NEW].s;
	struct mtr_error *error;

	*ret = (struct mtr_diff){
		.s = { old, now },
		.by = sides[0].spec.by,
		.process = mtr_diff_process(old, now),
		.depths_differ = (old->heap.descriptor.stack_depth > 1) !=
				 (now->heap.descriptor.stack_depth > 1),
	};
	error = make(ret, sides);
	if (error)
		mtr_diff_fini(ret);
	return error;
}

void mtr_diff_fini(struct mtr_diff *d)
{
	for (size_t i = 0; i < d->groups.n; i++)
		free(d->groups.at[i].key);
	mtr_diff_groups_fini(&d->groups);
	mtr_pairs_fini(&d->pairs);
	mtr_changes_fini(&d->changed.list);
	mtr_ages_fini(&d->changed.ages);
	*d = (struct mtr_diff){ 0 };
}
