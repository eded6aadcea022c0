/* SPDX-License-Identifier: MIT */
/*
 * What stands above a table: how much there is, and what is not known of it.
 * What says nothing is left out.
 */
#include "write/text_words.h"

#include <inttypes.h>
#include <string.h>

#include "report/name.h"

/* ------------------------------------------------------------- how much */

/*
 * How much of the process its live blocks are. A block may have pages that
 * nobody has touched, so it is a bound.
 */
static void resident(struct mtr_writer *w, const struct mtr_resident *r,
		     const struct mtr_sum *live)
{
	if (!r->bytes)
		return;
	mtr_out_text(w->out, ": ");
	mtr_text_size(w, r->bytes, 0);
	mtr_out_text(w->out, r->dumped ? " dumped" : " resident");
	if (live->usable > r->bytes) {
		mtr_out_text(w->out, ", less than is allocated");
		return;
	}
	mtr_out_text(w->out, ", live blocks are at most ");
	mtr_text_percent(w, live->usable, r->bytes);
}

void mtr_text_target_name(struct mtr_writer *w, const struct mtr_heap_view *s)
{
	mtr_text_clean(w, s->name);
	if (s->kind == MTR_TARGET_LIVE)
		mtr_out_text(w->out, ", a live process");
	else
		mtr_out_printf(w->out, ", a %s", mtr_name_kind(s->kind));
	if (s->kind != MTR_TARGET_LIVE && s->pid > 0)
		mtr_out_printf(w->out, " of process %d", s->pid);
}

void mtr_text_target(struct mtr_writer *w, const struct mtr_resident *r,
		     const struct mtr_sum *live)
{
	mtr_text_label(w, "target");
	mtr_text_target_name(w, w->s);
	resident(w, r, live);
	mtr_out_char(w->out, '\n');
}

struct part {
	const char *what;
	uint64_t bytes;
	bool always; /* else only if it is not 0 */
};

/* "110.0 MiB = 110.0 MiB requested + 7.9 KiB unused + 64 B records" */
static void allocated(struct mtr_writer *w, const struct mtr_sum *sum)
{
	uint64_t records = sum->blocks * w->s->heap.record;
	const struct part parts[] = {
		{ "requested", sum->bytes, true },
		{ "unused", sum->slack, true },
		{ "records", records, true },
		{ "corrupt", sum->usable - sum->bytes - sum->slack - records,
		  false },
	};
	const char *before = " = ";

	mtr_text_label(w, "allocated");
	mtr_text_size(w, sum->usable, 0);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!parts[i].always && !parts[i].bytes)
			continue;
		mtr_out_text(w->out, before);
		mtr_text_size(w, parts[i].bytes, 0);
		mtr_out_char(w->out, ' ');
		mtr_out_text(w->out, parts[i].what);
		before = " + ";
	}
	mtr_out_char(w->out, '\n');
}

void mtr_text_selected(struct mtr_writer *w, const struct mtr_sum *total,
		       const struct mtr_sum *left_out)
{
	mtr_text_count(w, total->blocks, "block");
	if (left_out->blocks) {
		mtr_out_text(w->out, " of ");
		mtr_out_commas(w->out, total->blocks + left_out->blocks);
	}
	mtr_out_text(w->out, ", ");
	mtr_text_bytes(w, total->bytes);
	mtr_out_text(w->out, " requested\n");
}

void mtr_text_live(struct mtr_writer *w, const struct mtr_sum *total,
		   const struct mtr_sum *left_out)
{
	mtr_text_label(w, left_out->blocks ? "selected" : "live");
	mtr_text_selected(w, total, left_out);
	if (total->blocks)
		allocated(w, total);
}

/* ------------------------------------------------------- an empty selection */

struct span {
	uint64_t least, most;
};

static void span_add(struct span *s, uint64_t value, bool first)
{
	if (first || value < s->least)
		s->least = value;
	if (first || value > s->most)
		s->most = value;
}

static void span_line(struct mtr_writer *w, const char *label,
		      const struct span *s, const char *unit)
{
	mtr_text_label(w, label);
	mtr_out_commas(w->out, s->least);
	if (s->most != s->least) {
		mtr_out_text(w->out, " to ");
		mtr_out_commas(w->out, s->most);
	}
	mtr_out_text(w->out, unit);
	mtr_out_char(w->out, '\n');
}

enum { OFFERED = 8 }; /* names that are shown where none matched */

/* The names that blocks have by @by, those with the most bytes first. */
static void offer(struct mtr_writer *w, const char *label, enum mtr_by by)
{
	const struct mtr_filter all = { .spec = MTR_FILTER_ALL, .s = w->s };
	struct mtr_tally t;
	struct mtr_error *error =
		mtr_tally_make(w->s, &all, by, MTR_SORT_BYTES, &t);

	if (error) {
		mtr_error_destroy(error);
		mtr_writer_no_memory(w);
		return;
	}
	for (size_t i = 0; i < t.groups.n && i < OFFERED; i++) {
		mtr_text_label(w, i ? "" : label);
		mtr_text_fit(w, t.groups.at[i].key,
			     mtr_text_room(w, MTR_TEXT_LABEL), MTR_CUT_END);
		mtr_out_char(w->out, '\n');
	}
	if (t.groups.n > OFFERED) {
		mtr_text_label(w, "");
		mtr_out_printf(w->out, "... %zu more\n", t.groups.n - OFFERED);
	}
	mtr_tally_fini(&t);
}

void mtr_text_nothing(struct mtr_writer *w, const struct mtr_sum *left_out)
{
	const struct mtr_blocks *v = &w->s->heap.blocks;
	struct span sizes = { 0 }, generations = { 0 };

	if (!left_out->blocks)
		return;
	for (size_t i = 0; i < v->n; i++) {
		span_add(&sizes, v->at[i].size, i == 0);
		span_add(&generations, v->at[i].generation, i == 0);
	}
	mtr_out_text(w->out, "No block passes the filters. There are:\n");
	mtr_text_label(w, "live");
	mtr_text_count(w, left_out->blocks, "block");
	mtr_out_text(w->out, ", ");
	mtr_text_bytes(w, left_out->bytes);
	mtr_out_text(w->out, " requested\n");
	span_line(w, "sizes", &sizes, " bytes");
	span_line(w, "generations", &generations, "");
	if (w->filter && w->filter->module)
		offer(w, "modules", MTR_BY_MODULE);
	if (w->filter && w->filter->function)
		offer(w, "functions", MTR_BY_FUNCTION);
}

/* --------------------------------------------------- what is not known of it
 */

static void wrappers(struct mtr_writer *w, const struct mtr_tally *t)
{
	/* with stacks there is no more to be had */
	if (mtr_text_share(t->wrappers.bytes, t->total.bytes) < 10 ||
	    w->s->heap.descriptor.stack_depth)
		return;
	mtr_text_label(w, "wrappers");
	mtr_text_percent(w, t->wrappers.bytes, t->total.bytes);
	mtr_out_text(w->out, " is attributed to wrappers of malloc; `run -s` "
			     "shows who calls them\n");
}

void mtr_text_stripped(struct mtr_writer *w, const struct mtr_module *module)
{
	char id[MTR_NAME_BUILD_ID];

	mtr_text_clean(w, module->name);
	mtr_out_printf(w->out, ", build-id %s\n",
		       mtr_name_build_id(id, &module->build_id));
}

void mtr_text_stripped_hint(struct mtr_writer *w)
{
	mtr_text_label(w, "");
	mtr_out_text(w->out,
		     w->asked_servers
			     ? "(stripped, and no debug file was found)\n"
			     : "(stripped: try --debuginfod, or install debug "
			       "symbols)\n");
}

static void nameless(struct mtr_writer *w, const struct mtr_tally *t)
{
	/* of less than one in twenty few will ask */
	enum { SHOWN = 3, LEAST = 50 };
	size_t i;

	for (i = 0; i < t->nameless.n && i < SHOWN; i++) {
		const struct mtr_nameless *n = &t->nameless.at[i];

		if (mtr_text_share(n->sum.bytes, t->total.bytes) < LEAST)
			break;
		mtr_text_label(w, i ? "" : "no names");
		mtr_out_text(w->out, "for ");
		mtr_text_percent(w, n->sum.bytes, t->total.bytes);
		mtr_out_text(w->out, ": ");
		mtr_text_stripped(w, n->module);
	}
	if (i)
		mtr_text_stripped_hint(w);
}

static void pools(struct mtr_writer *w, const struct mtr_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		const struct mtr_found_pool *p = &notes->pools[i];
		unsigned share =
			mtr_text_share(p->sum.bytes, notes->live.bytes);

		if (!p->pool->hidden && share < 10)
			continue;
		mtr_text_label(w, p->pool->hidden ? "elsewhere" : "pools");
		mtr_out_text(w->out, p->pool->what);
		if (!p->pool->hidden)
			mtr_out_printf(w->out, ", %u.%u %%", share / 10,
				       share % 10);
		mtr_out_text(w->out, p->pool->hidden ? ", " : ": ");
		mtr_out_text(w->out, p->pool->where);
		mtr_out_char(w->out, '\n');
		if (!p->pool->advice)
			continue;
		mtr_text_label(w, "");
		mtr_out_printf(w->out, "(to see them %s)\n", p->pool->advice);
	}
}

/* ---------------------------------------------------------------- health */

static void drops(struct mtr_writer *w)
{
	const char *label = "not recorded";

	for (unsigned i = 0; i < MTR_DROP_MAX; i++) {
		uint64_t n = w->s->heap.descriptor.drops[i];
		const char *why = mtr_name_drop(i);

		if (!n)
			continue;
		mtr_text_label(w, label);
		label = "";
		mtr_text_count(w, n, "block");
		mtr_out_text(w->out, " ");
		mtr_out_text(w->out, why ? why : "for another reason");
		mtr_out_char(w->out, '\n');
	}
}

static void corrupt(struct mtr_writer *w)
{
	const struct mtr_heap *h = &w->s->heap;

	if (h->damaged) {
		mtr_text_label(w, "corrupt");
		mtr_text_count(w, h->damaged, "block");
		mtr_out_text(w->out, " whose record makes no sense");
		if (h->lost) {
			mtr_out_text(w->out, ", or is not there: ");
			mtr_out_commas(w->out, h->lost);
		}
		mtr_out_char(w->out, '\n');
	}
	if (h->no_code) {
		mtr_text_label(w, "no code");
		mtr_text_count(w, h->no_code, "block");
		mtr_out_text(w->out, " allocated by code that is not there any "
				     "more\n");
	}
	if (h->conflicts) {
		mtr_text_label(w, "ignored");
		mtr_text_count(w, h->conflicts, "mark");
		mtr_out_text(w->out, " inside of other blocks\n");
	}
}

static void stackless(struct mtr_writer *w)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;
	uint64_t n = d->stops[MTR_ROOT_NONE];

	if (d->sample) {
		mtr_text_label(w, "call stacks");
		mtr_out_text(w->out, "of a sample, one in ");
		mtr_text_size(w, d->sample, 0);
		mtr_out_text(w->out, ": by caller numbers are exact, by stack "
				     "and function estimates\n");
	}
	if (!n)
		return;
	mtr_text_label(w, "call stacks");
	if (!d->stack_depth) {
		mtr_out_text(w->out,
			     "none: no memory for the table of stacks\n");
		return;
	}
	mtr_text_count(w, n, "block");
	mtr_out_text(w->out, " without: the table of stacks is full, or no "
			     "memory was left for it\n");
}

void mtr_text_health(struct mtr_writer *w)
{
	drops(w);
	stackless(w);
	corrupt(w);
	for (size_t i = 0; i < w->s->warnings.n; i++) {
		mtr_text_label(w, "warning");
		mtr_text_clean(w, w->s->warnings.at[i]);
		mtr_out_char(w->out, '\n');
	}
}

void mtr_text_head(struct mtr_writer *w, const struct mtr_report *r)
{
	mtr_text_target(w, &r->notes->resident, &r->notes->live);
	mtr_text_live(w, &r->tally->total, &r->tally->left_out);
	if (r->tally->pins) {
		mtr_text_label(w, "pinned");
		mtr_text_size(w, r->tally->total.pins, 0);
		mtr_out_text(w->out, " of free heap, on pages with live "
				     "blocks\n");
	}
	if (r->tally->total.blocks) {
		wrappers(w, r->tally);
		nameless(w, r->tally);
		pools(w, r->notes);
	}
	mtr_text_health(w);
	mtr_out_char(w->out, '\n');
}
