/* SPDX-License-Identifier: MIT */
/*
 * The data of the page. See html.h for the contract.
 *
 *	names    of functions, each once
 *	modules  the same of files; [0]: none
 *	frames   name and module of each function; [0]: the whole
 *	tree     a frame for each node, and how many levels out from the node
 *	         before its caller is: 0, it is that node
 *	rows     what the nodes have themselves: how many nodes further on, and
 *	         the numbers
 *	functions  a frame, and the numbers of all its blocks
 *
 * Numbers are those that .values names, one of each or, of two targets, the old
 * one and the new one of each. What is in a large table is without objects, for
 * a browser reads that several times as fast.
 */
#include "write/html.h"

#include "report/flame.h"
#include "report/name.h"
#include "report/root_name.h"
#include "write/json_words.h"

enum { SCHEMA = 1, MILLION = 1000000, LEAKS_SHOWN = 1000 };

struct html {
	const struct mtr_page *p;
	struct mtr_emitter e;
	struct mtr_flame flame;
	bool failed; /* no memory */
};

static bool is_diff(const struct html *h)
{
	return h->p->s[MTR_OLD];
}

/* --------------------------------------------------------------- numbers */

/* What is always known, and then what was asked for. */
static bool has_value(const struct html *h, enum mtr_value value)
{
	return value == MTR_VALUE_BYTES || value == MTR_VALUE_BLOCKS ||
	       value == MTR_VALUE_UNUSED ||
	       (value == h->p->value && !is_diff(h));
}

static void row_numbers(struct html *h, const struct mtr_profile_row *row)
{
	for (int i = 0; i < MTR_VALUE_COUNT; i++)
		if (has_value(h, i))
			mtr_emit_number(&h->e, NULL, mtr_profile_value(row, i));
}

static void sum_numbers(struct html *h, const struct mtr_sum *sum,
			uint64_t retained)
{
	const struct mtr_profile_row row = { .sum = *sum,
					     .retained = retained };

	row_numbers(h, &row);
}

static void diff_numbers(struct html *h, const struct mtr_sum sum[MTR_SIDES])
{
	for (int i = 0; i < MTR_VALUE_COUNT; i++) {
		if (!has_value(h, i))
			continue;
		for (int side = 0; side < MTR_SIDES; side++) {
			const struct mtr_profile_row row = { .sum = sum[side] };

			mtr_emit_number(&h->e, NULL,
					mtr_profile_value(&row, i));
		}
	}
}

static void values(struct html *h)
{
	mtr_emit_text(&h->e, "value", mtr_value_name(h->p->value));
	mtr_emit_array(&h->e, "values");
	for (int i = 0; i < MTR_VALUE_COUNT; i++)
		if (has_value(h, i))
			mtr_emit_text(&h->e, NULL, mtr_value_name(i));
	mtr_emit_end(&h->e);
}

/* ---------------------------------------------------------------- the head */

static void target_members(struct html *h, enum mtr_side side)
{
	const struct mtr_heap_view *s = h->p->s[side];

	mtr_emit_text(&h->e, "target", s->name);
	mtr_emit_text(&h->e, "kind", mtr_name_kind(s->kind));
	mtr_emit_number(&h->e, "pid", s->pid > 0 ? s->pid : 0);
	mtr_emit_text(&h->e, "exe", s->exe);
	mtr_emit_signed(&h->e, "time", h->p->time[side] / MILLION);
	mtr_emit_number(&h->e, "damaged", s->heap.damaged);
	mtr_emit_number(&h->e, "sample", s->heap.descriptor.sample);
	mtr_emit_number(&h->e, "depth", s->heap.descriptor.stack_depth);
	mtr_emit_array(&h->e, "warnings");
	for (size_t i = 0; i < s->warnings.n; i++)
		mtr_emit_text(&h->e, NULL, s->warnings.at[i]);
	mtr_emit_end(&h->e);
}

static void totals(struct html *h)
{
	const struct mtr_page *p = h->p;
	uint64_t retained = 0;

	mtr_emit_array(&h->e, "totals");
	if (is_diff(h)) {
		diff_numbers(h, p->stacks_diff->total);
	} else {
		for (size_t i = 0; i < p->profile->rows.n; i++)
			retained += p->profile->rows.at[i].retained;
		sum_numbers(h, &p->profile->total, retained);
	}
	mtr_emit_end(&h->e);
	mtr_emit_array(&h->e, "left_out");
	if (is_diff(h))
		diff_numbers(h, p->stacks_diff->left_out);
	else
		sum_numbers(h, &p->functions->left_out, 0);
	mtr_emit_end(&h->e);
}

static void stripped(struct html *h, const struct mtr_tally *t)
{
	mtr_emit_array(&h->e, "stripped");
	for (size_t i = 0; i < t->nameless.n; i++)
		mtr_emit_text(&h->e, NULL, t->nameless.at[i].module->name);
	mtr_emit_end(&h->e);
}

static void head(struct html *h)
{
	mtr_emit_number(&h->e, "schema", SCHEMA);
	mtr_emit_text(&h->e, "command", "export");
	mtr_emit_text(&h->e, "version", PACKAGE_VERSION);
	target_members(h, MTR_NEW);
	if (is_diff(h)) {
		mtr_emit_object(&h->e, "old");
		target_members(h, MTR_OLD);
		mtr_emit_end(&h->e);
		mtr_emit_bool(&h->e, "depths_differ",
			      h->p->stacks_diff->depths_differ);
		mtr_emit_number(&h->e, "unchanged",
				h->p->stacks_diff->unchanged);
	} else {
		mtr_emit_null(&h->e, "old");
		stripped(h, h->p->functions);
	}
	values(h);
	mtr_json_filters(&h->e, h->p->filter);
	totals(h);
}

/* -------------------------------------------------------------- the stacks */

static struct mtr_error *add_rows(struct html *h)
{
	const struct mtr_profile_rows *v = &h->p->profile->rows;

	for (size_t i = 0; i < v->n; i++)
		MTR_TRY(mtr_flame_add(&h->flame, MTR_NEW, v->at[i].stack,
				      v->at[i].site));
	return NULL;
}

static struct mtr_error *add_changes(struct html *h)
{
	const struct mtr_diff_groups *v = &h->p->stacks_diff->groups;

	for (size_t i = 0; i < v->n; i++)
		MTR_TRY(mtr_flame_add(&h->flame, v->at[i].side, v->at[i].stack,
				      v->at[i].site));
	return NULL;
}

static void emit_tree(struct html *h)
{
	uint32_t up = 0;

	mtr_emit_array(&h->e, "tree");
	for (uint32_t at = 0; (at = mtr_flame_next(&h->flame, at, &up));) {
		mtr_emit_number(&h->e, NULL, h->flame.nodes.at[at].frame);
		mtr_emit_number(&h->e, NULL, up);
	}
	mtr_emit_end(&h->e);
}

static void emit_rows(struct html *h)
{
	const struct mtr_flame *f = &h->flame;
	uint32_t further = 0, up, at = 0;

	mtr_emit_array(&h->e, "rows");
	do {
		for (uint32_t i = f->nodes.at[at].row; i;
		     i = f->rows.at[i - 1].next) {
			mtr_emit_number(&h->e, NULL, further);
			further = 0;
			if (is_diff(h))
				diff_numbers(h,
					     h->p->stacks_diff->groups.at[i - 1]
						     .sum);
			else
				row_numbers(h, &h->p->profile->rows.at[i - 1]);
		}
		at = mtr_flame_next(f, at, &up);
		further++;
	} while (at);
	mtr_emit_end(&h->e);
}

/* ----------------------------------------------------------- the functions */

static struct mtr_error *emit_functions(struct html *h)
{
	const struct mtr_groups *v = &h->p->functions->groups;
	uint32_t frame;

	mtr_emit_array(&h->e, "functions");
	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_group *g = &v->at[i];

		MTR_TRY(mtr_flame_frame(
			&h->flame, g->key,
			mtr_pairs_find(h->flame.pairs, MTR_NEW, g->module),
			&frame));
		mtr_emit_number(&h->e, NULL, frame);
		sum_numbers(h, &g->sum, g->retained);
	}
	mtr_emit_end(&h->e);
	return NULL;
}

/* The two diffs number their modules by themselves. */
static uint32_t pair_of(const struct html *h, const struct mtr_diff_group *g)
{
	const struct mtr_pair *pair =
		&h->p->functions_diff->pairs.list.at[g->pair];
	enum mtr_side side = pair->module[MTR_NEW] ? MTR_NEW : MTR_OLD;

	return mtr_pairs_find(h->flame.pairs, side, pair->module[side]);
}

static struct mtr_error *emit_changes(struct html *h)
{
	const struct mtr_diff_groups *v = &h->p->functions_diff->groups;
	uint32_t frame;

	mtr_emit_array(&h->e, "functions");
	for (size_t i = 0; i < v->n; i++) {
		MTR_TRY(mtr_flame_frame(&h->flame, v->at[i].key,
					pair_of(h, &v->at[i]), &frame));
		mtr_emit_number(&h->e, NULL, frame);
		diff_numbers(h, v->at[i].sum);
	}
	mtr_emit_end(&h->e);
	return NULL;
}

/* -------------------------------------------------------------- the tables */

/* @text has names of functions in it. */
static void emit_name(struct html *h, const char *name, const char *text)
{
	struct mtr_strbuf b = { 0 };

	if (!h->p->short_names) {
		mtr_emit_text(&h->e, name, text);
		return;
	}
	mtr_name_short(&b, text);
	h->failed |= b.failed;
	mtr_emit_text(&h->e, name, mtr_strbuf_text(&b));
	mtr_strbuf_fini(&b);
}

/* The same of *b, which is empty again. */
static void emit_strbuf(struct html *h, const char *name, struct mtr_strbuf *b)
{
	h->failed |= b->failed;
	emit_name(h, name, mtr_strbuf_text(b));
	mtr_strbuf_fini(b);
}

static void tables(struct html *h)
{
	const struct mtr_flame *f = &h->flame;

	mtr_emit_array(&h->e, "names");
	for (size_t i = 0; i < f->names.n; i++)
		emit_name(h, NULL, f->names.at[i].text);
	mtr_emit_end(&h->e);
	mtr_emit_array(&h->e, "modules");
	for (size_t i = 0; i < f->pairs->list.n; i++) {
		const struct mtr_module *m =
			mtr_pair_any(&f->pairs->list.at[i]);

		mtr_emit_text(&h->e, NULL, m ? m->name : "");
	}
	mtr_emit_end(&h->e);
	mtr_emit_array(&h->e, "frames");
	for (size_t i = 0; i < f->frames.n; i++) {
		mtr_emit_number(&h->e, NULL, f->frames.at[i].name);
		mtr_emit_number(&h->e, NULL, f->frames.at[i].pair);
	}
	mtr_emit_end(&h->e);
}

/* --------------------------------------------------------- what else there is
 */

static const char *doubt(enum mtr_pages_doubt doubt)
{
	switch (doubt) {
	case MTR_PAGES_SCALED:
		return "about: the kernel counts other pages than it lists";
	case MTR_PAGES_COPIED:
		return "about: the kernel did not write this core, or it was "
		       "copied; what is not all zero counts";
	case MTR_PAGES_CUT:
		return "about: the core is cut off";
	case MTR_PAGES_UNDUMPED:
		return "about: not all that is writable is in the core";
	case MTR_PAGES_EXACT:
	case MTR_PAGES_DOUBTS:
		break;
	}
	return "";
}

static void emit_part(struct html *h, const char *key, uint64_t bytes)
{
	mtr_emit_object(&h->e, NULL);
	mtr_emit_text(&h->e, "key", key);
	mtr_emit_number(&h->e, "bytes", bytes);
}

static void emit_memory(struct html *h, const struct mtr_memory *m)
{
	mtr_emit_text(&h->e, "no_memory", m ? NULL : h->p->no_memory);
	if (!m) {
		mtr_emit_null(&h->e, "memory");
		return;
	}
	mtr_emit_object(&h->e, "memory");
	mtr_emit_number(&h->e, "resident", m->resident);
	mtr_emit_text(&h->e, "about", doubt(m->doubt));
	mtr_emit_array(&h->e, "classes");
	for (int i = 0; i < MTR_MEMORY_KEYS; i++) {
		const struct mtr_memory_parts *v = &m->classes[i].largest;

		emit_part(h, mtr_memory_key(i), m->classes[i].bytes);
		mtr_emit_array(&h->e, "largest");
		for (size_t j = 0; j < v->n; j++) {
			emit_part(h, v->at[j].name, v->at[j].bytes);
			mtr_emit_end(&h->e);
		}
		mtr_emit_end(&h->e);
		mtr_emit_end(&h->e);
	}
	mtr_emit_end(&h->e);
	mtr_emit_array(&h->e, "beside");
	for (int i = 0; i < MTR_BESIDE_KEYS; i++) {
		if (!m->beside[i].known)
			continue;
		emit_part(h, mtr_beside_key(i), m->beside[i].bytes);
		mtr_emit_end(&h->e);
	}
	mtr_emit_end(&h->e);
	mtr_emit_end(&h->e);
}

static void emit_leak(struct html *h, const struct mtr_leaks *l,
		      const struct mtr_leak_group *g)
{
	const struct mtr_heap_view *s = h->p->s[MTR_NEW];
	const struct mtr_frame *owner = mtr_heap_view_owner(s, g->site);
	struct mtr_strbuf b = { 0 };

	mtr_emit_object(&h->e, NULL);
	mtr_emit_bool(&h->e, "definite", g->kind == MTR_LEAK_DEFINITE);
	mtr_name_frame(&b, g->site->pc, owner);
	emit_strbuf(h, "key", &b);
	mtr_emit_text(&h->e, "module",
		      owner->module ? owner->module->name : "");
	mtr_emit_number(&h->e, "blocks", g->sum.blocks);
	mtr_emit_number(&h->e, "bytes", g->sum.bytes);
	mtr_emit_number(&h->e, "indirect_blocks", g->indirect.blocks);
	mtr_emit_number(&h->e, "indirect_bytes", g->indirect.bytes);
	mtr_emit_addr(&h->e, "example",
		      s->heap.blocks.at[g->example->block].addr);
	mtr_hint_name(&b, s, l->roots, &g->example->hint);
	emit_strbuf(h, "note", &b);
	mtr_name_stack(&b, s, g->stack, g->site);
	emit_strbuf(h, "stack", &b);
	mtr_emit_end(&h->e);
}

static void emit_leak_sum(struct html *h, const char *name,
			  const struct mtr_sum *sum)
{
	mtr_emit_object(&h->e, name);
	mtr_emit_number(&h->e, "blocks", sum->blocks);
	mtr_emit_number(&h->e, "bytes", sum->bytes);
	mtr_emit_end(&h->e);
}

static void emit_leaks(struct html *h, const struct mtr_leaks *l)
{
	mtr_emit_text(&h->e, "no_leaks", l ? NULL : h->p->no_leaks);
	if (!l) {
		mtr_emit_null(&h->e, "leaks");
		return;
	}
	mtr_emit_object(&h->e, "leaks");
	emit_leak_sum(h, "definite", &l->definite);
	emit_leak_sum(h, "indirect", &l->indirect);
	mtr_emit_array(&h->e, "groups");
	for (size_t i = 0; i < l->groups.n && i < LEAKS_SHOWN; i++)
		emit_leak(h, l, &l->groups.at[i]);
	mtr_emit_end(&h->e);
	mtr_emit_number(&h->e, "groups_left_out",
			l->groups.n > LEAKS_SHOWN ? l->groups.n - LEAKS_SHOWN
						  : 0);
	mtr_emit_array(&h->e, "missing");
	for (size_t i = 0; i < l->missing.n; i++)
		mtr_emit_text(&h->e, NULL, l->missing.at[i]);
	mtr_emit_end(&h->e);
	mtr_emit_end(&h->e);
}

/* ----------------------------------------------------------------- the page */

static void lines(struct mtr_out *o, const char *const *at)
{
	for (; *at; at++)
		mtr_out_text(o, *at);
}

static struct mtr_error *data(struct html *h)
{
	MTR_TRY(is_diff(h) ? add_changes(h) : add_rows(h));
	mtr_emit_object(&h->e, NULL);
	head(h);
	emit_tree(h);
	emit_rows(h);
	MTR_TRY(is_diff(h) ? emit_changes(h) : emit_functions(h));
	tables(h);
	if (!is_diff(h)) {
		emit_memory(h, h->p->memory);
		emit_leaks(h, h->p->leaks);
	}
	mtr_emit_end(&h->e);
	return h->failed ? mtr_error_nomem() : NULL;
}

/* Of one target the modules are paired with nothing. */
static struct mtr_error *pairs_of_one(const struct mtr_heap_view *s,
				      struct mtr_pairs *ret)
{
	static const char *const exes[MTR_SIDES];

	for (size_t i = 0; i < s->frames.n; i++)
		if (!mtr_pairs_add(ret, MTR_NEW, s->frames.at[i].module))
			return mtr_error_nomem();
	return mtr_pairs_settle(ret, exes);
}

struct mtr_error *mtr_write_html(const struct mtr_page *p)
{
	mtr_cleanup(mtr_pairs_fini) struct mtr_pairs one = { 0 };
	struct html h = { .p = p, .e = { .out = p->out, .markup = true } };
	const struct mtr_pairs *pairs = &one;
	struct mtr_error *error;

	if (p->stacks_diff)
		pairs = &p->stacks_diff->pairs;
	else
		MTR_TRY(pairs_of_one(p->s[MTR_NEW], &one));
	lines(p->out, mtr_page_head);
	error = mtr_flame_begin(&h.flame, p->s, pairs);
	if (!error)
		error = data(&h);
	lines(p->out, mtr_page_tail);
	mtr_flame_fini(&h.flame);
	return error;
}
