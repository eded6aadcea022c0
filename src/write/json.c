/* SPDX-License-Identifier: MIT */
/*
 * JSON: one document for an answer, and for a list one a line.
 *
 * Each begins with its schema and the command. A schema's members keep their
 * meaning; others may be added. The frames of a report's stacks are in a table,
 * once, whatever number of stacks has them.
 */
#include "write/writer.h"

#include <inttypes.h>
#include <string.h>

#include "report/name.h"
#include "write/json_words.h"

enum { SCHEMA = 1 };

void mtr_json_begin(struct mtr_emitter *e, struct mtr_writer *w,
		    const char *command)
{
	*e = (struct mtr_emitter){ .out = w->out };
	mtr_emit_object(e, NULL);
	mtr_emit_number(e, "schema", SCHEMA);
	mtr_emit_text(e, "command", command);
}

/* @text, and it is empty again. */
void mtr_json_strbuf(struct mtr_emitter *e, struct mtr_writer *w,
		     const char *name, struct mtr_strbuf *text)
{
	if (text->failed)
		mtr_writer_no_memory(w);
	mtr_emit_text(e, name, mtr_strbuf_text(text));
	mtr_strbuf_fini(text);
}

/* ------------------------------------------------------- what answers share */

void mtr_json_function(struct mtr_emitter *e, struct mtr_writer *w, uint64_t pc,
		       const struct mtr_frame *frame)
{
	struct mtr_strbuf name = { 0 };

	mtr_writer_name(w, &name, pc, frame);
	mtr_json_strbuf(e, w, "function", &name);
}

static void frame_object(struct mtr_emitter *e, struct mtr_writer *w,
			 uint64_t pc, const struct mtr_frame *frame)
{
	mtr_emit_object(e, NULL);
	mtr_emit_addr(e, "pc", pc);
	mtr_json_function(e, w, pc, frame);
	mtr_emit_text(e, "file", frame->file);
	mtr_emit_number(e, "line", frame->line > 0 ? frame->line : 0);
	mtr_emit_text(e, "module", frame->module ? frame->module->name : "");
	if (frame->inlined)
		mtr_emit_bool(e, "inlined", true);
	mtr_emit_end(e);
}

void mtr_json_site(struct mtr_emitter *e, struct mtr_writer *w,
		   const struct mtr_site *site)
{
	for (uint32_t i = 0; i < site->n; i++)
		frame_object(e, w, site->pc, &w->s->frames.at[site->first + i]);
}

static void stack_numbers(struct mtr_emitter *e, const struct mtr_writer *w,
			  const struct mtr_stack *stack)
{
	unsigned end = w->s->stacks.calls.at[stack->call].end;

	mtr_emit_number(e, "stack_id", stack->id);
	mtr_emit_text(e, "stack_end", mtr_name_end_key(end));
}

static void sum_members(struct mtr_emitter *e, const struct mtr_sum *sum)
{
	mtr_emit_number(e, "blocks", sum->blocks);
	mtr_emit_number(e, "bytes", sum->bytes);
	mtr_emit_number(e, "usable", sum->usable);
	mtr_emit_number(e, "slack", sum->slack);
}

static void sum_object(struct mtr_emitter *e, const char *name,
		       const struct mtr_sum *sum)
{
	mtr_emit_object(e, name);
	sum_members(e, sum);
	mtr_emit_end(e);
}

static void tracer_object(struct mtr_emitter *e, const struct mtr_writer *w)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;

	mtr_emit_object(e, "tracer");
	mtr_emit_number(e, "ledger", d->ledger_bytes);
	mtr_emit_number(e, "stacks", d->depot_bytes);
	mtr_emit_number(e, "records",
			(uint64_t)w->s->heap.blocks.n * w->s->heap.record);
	mtr_emit_end(e);
}

static void drops_object(struct mtr_emitter *e, const struct mtr_writer *w)
{
	const uint64_t *drops = w->s->heap.descriptor.drops;
	uint64_t others = 0;

	mtr_emit_object(e, "not_recorded");
	for (unsigned i = 0; i < MTR_DROP_COUNT; i++)
		mtr_emit_number(e, mtr_name_drop_key(i), drops[i]);
	for (unsigned i = MTR_DROP_COUNT; i < MTR_DROP_MAX; i++)
		others += drops[i];
	mtr_emit_number(e, "others", others);
	mtr_emit_end(e);
}

void mtr_json_health(struct mtr_emitter *e, const struct mtr_writer *w)
{
	const struct mtr_heap *h = &w->s->heap;

	mtr_emit_number(e, "damaged", h->damaged);
	mtr_emit_number(e, "no_code", h->no_code);
	mtr_emit_number(e, "conflicts", h->conflicts);
	mtr_emit_number(e, "lost", h->lost);
	mtr_emit_number(e, "without_stack", h->descriptor.stops[MTR_ROOT_NONE]);
	mtr_emit_number(e, "sample", h->descriptor.sample);
	mtr_emit_array(e, "warnings");
	for (size_t i = 0; i < w->s->warnings.n; i++)
		mtr_emit_text(e, NULL, w->s->warnings.at[i]);
	mtr_emit_end(e);
}

/* ---------------------------------------------------------------- report */

/* Those that were given. */
void mtr_json_filters(struct mtr_emitter *e, const struct mtr_filter_spec *f)
{
	static const struct mtr_filter_spec all = MTR_FILTER_ALL_INIT;

	f = f ? f : &all;
	mtr_emit_object(e, "filters");
	if (f->min_size != all.min_size)
		mtr_emit_number(e, "min_size", f->min_size);
	if (f->max_size != all.max_size)
		mtr_emit_number(e, "max_size", f->max_size);
	if (f->function)
		mtr_emit_text(e, "function", f->function);
	if (f->module)
		mtr_emit_text(e, "module", f->module);
	if (f->first != all.first || f->last != all.last)
		mtr_emit_number(e, "first_generation", f->first);
	if (f->last != all.last)
		mtr_emit_number(e, "last_generation", f->last);
	mtr_emit_end(e);
}

static void left_out_object(struct mtr_emitter *e, const struct mtr_report *r)
{
	mtr_emit_object(e, "left_out");
	sum_object(e, "by_filters", &r->tally->left_out);
	mtr_emit_object(e, "by_top");
	mtr_emit_number(e, "groups", r->tally->groups.n - r->shown);
	sum_members(e, &r->rest);
	mtr_emit_end(e);
	mtr_emit_end(e);
}

static void stripped_array(struct mtr_emitter *e, const struct mtr_tally *t)
{
	mtr_emit_array(e, "stripped");
	for (size_t i = 0; i < t->nameless.n; i++) {
		const struct mtr_nameless *n = &t->nameless.at[i];
		char id[MTR_NAME_BUILD_ID];

		mtr_emit_object(e, NULL);
		mtr_emit_text(e, "module", n->module->name);
		mtr_emit_text(e, "build_id",
			      mtr_name_build_id(id, &n->module->build_id));
		sum_members(e, &n->sum);
		mtr_emit_end(e);
	}
	mtr_emit_end(e);
}

static void pools_array(struct mtr_emitter *e, const struct mtr_notes *notes)
{
	mtr_emit_array(e, "allocators");
	for (size_t i = 0; i < notes->n; i++) {
		const struct mtr_found_pool *p = &notes->pools[i];

		mtr_emit_object(e, NULL);
		mtr_emit_text(e, "of", p->pool->what);
		mtr_emit_bool(e, "hidden", p->pool->hidden);
		if (!p->pool->hidden)
			sum_members(e, &p->sum);
		mtr_emit_text(e, "advice", p->pool->advice);
		mtr_emit_end(e);
	}
	mtr_emit_end(e);
}

static void frames_rows(struct mtr_emitter *e, struct mtr_writer *w,
			const uint32_t *order, size_t n)
{
	mtr_emit_rows(e, "frames");
	for (size_t i = 0; i < n; i++)
		mtr_json_site(e, w, &w->s->sites.at[order[i]]);
	mtr_emit_end(e);
}

/* The table of frames as it is numbered. */
struct numbering {
	struct mtr_writer *w;
	uint32_t *order; /* sites, as they come */
	size_t n, frames;
};

static void number_site(struct numbering *t, uint32_t site)
{
	if (t->w->frame_of[site] || !t->w->s->sites.at[site].pc)
		return;
	t->w->frame_of[site] = t->frames + 1;
	t->frames += t->w->s->sites.at[site].n;
	t->order[t->n++] = site;
}

static void number_group(struct numbering *t, const struct mtr_group *g)
{
	const struct mtr_heap_view *s = t->w->s;
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	unsigned n =
		g->stack ? mtr_stack_sites(&s->stacks, g->stack, sites) : 0;

	for (unsigned i = 0; i < n; i++)
		number_site(t, sites[i]);
	if (g->site)
		number_site(t, g->site - s->sites.at);
}

static void frames_table(struct mtr_emitter *e, struct mtr_writer *w,
			 const struct mtr_report *r)
{
	size_t sites = w->s->sites.n + 1;
	mtr_auto_free uint32_t *order = calloc(sites, sizeof(*order));
	struct numbering t = { .w = w, .order = order };

	w->frame_of = calloc(sites, sizeof(*w->frame_of));
	if (!w->frame_of || !order) {
		mtr_writer_no_memory(w);
		return;
	}
	for (size_t i = 0; i < r->shown; i++)
		number_group(&t, &r->tally->groups.at[i]);
	frames_rows(e, w, order, t.n);
}

static void json_report_begin(struct mtr_writer *w, const struct mtr_report *r)
{
	struct mtr_emitter *e = w->emitter = calloc(1, sizeof(*e));

	if (!e) {
		mtr_writer_no_memory(w);
		return;
	}
	mtr_json_begin(e, w, "report");
	mtr_emit_text(e, "target", w->s->name);
	mtr_emit_text(e, "by", mtr_name_by(r->tally->by));
	mtr_emit_text(e, "sort", mtr_name_sort(w->sort));
	mtr_emit_number(e, "top", r->top);
	mtr_json_filters(e, w->filter);
	left_out_object(e, r);
	sum_object(e, "totals", &r->tally->total);
	if (r->tally->pins)
		mtr_emit_number(e, "pins", r->tally->total.pins);
	mtr_emit_number(e, "resident", r->notes->resident.bytes);
	sum_object(e, "wrappers", &r->tally->wrappers);
	stripped_array(e, r->tally);
	pools_array(e, r->notes);
	tracer_object(e, w);
	drops_object(e, w);
	mtr_json_health(e, w);
	frames_table(e, w, r);
	mtr_emit_rows(e, "groups");
}

/* Numbers in the table of frames. */
static void site_numbers(struct mtr_emitter *e, const struct mtr_writer *w,
			 uint32_t site)
{
	uint32_t first = w->frame_of[site] - 1;

	for (uint32_t i = 0; i < w->s->sites.at[site].n; i++)
		mtr_emit_number(e, NULL, first + i);
}

static void group_stack(struct mtr_emitter *e, const struct mtr_writer *w,
			const struct mtr_group *g)
{
	const struct mtr_heap_view *s = w->s;
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	unsigned n;

	mtr_emit_array(e, "stack");
	if (g->stack) {
		n = mtr_stack_sites(&s->stacks, g->stack, sites);
		for (unsigned i = 0; i < n; i++)
			site_numbers(e, w, sites[i]);
	} else if (g->site && g->site->pc) {
		site_numbers(e, w, g->site - s->sites.at);
	}
	mtr_emit_end(e);
	if (g->site && g->site->pc)
		mtr_emit_number(e, "owner",
				w->frame_of[g->site - s->sites.at] - 1 +
					g->site->owner - g->site->first);
	if (g->stack)
		stack_numbers(e, w, g->stack);
}

/*
 * By stack that is a number, or where the caller is: all of the functions'
 * names are in the table.
 */
static void key_member(struct mtr_emitter *e, struct mtr_writer *w,
		       const struct mtr_group *g)
{
	struct mtr_strbuf key = { 0 };

	if (g->key) {
		mtr_emit_text(e, "key", mtr_writer_key(w, g, &key));
		mtr_strbuf_fini(&key);
		return;
	}
	if (g->stack)
		mtr_strbuf_printf(&key, "%" PRIu32, g->stack->id);
	else if (g->site->pc)
		mtr_name_place(&key, g->site->pc,
			       mtr_heap_view_owner(w->s, g->site));
	else
		mtr_strbuf_add(&key, MTR_NAME_CORRUPT);
	mtr_json_strbuf(e, w, "key", &key);
}

static void json_group(struct mtr_writer *w, const struct mtr_report *r,
		       const struct mtr_group *g)
{
	struct mtr_emitter *e = w->emitter;

	mtr_emit_object(e, NULL);
	key_member(e, w, g);
	mtr_emit_text(e, "module", g->module ? g->module->name : "");
	mtr_emit_number(e, "bytes", g->sum.bytes);
	mtr_emit_number(e, "blocks", g->sum.blocks);
	mtr_emit_number(e, "usable", g->sum.usable);
	mtr_emit_number(e, "slack", g->sum.slack);
	if (r->tally->by == MTR_BY_ROOT || w->sort == MTR_SORT_RETAINED)
		mtr_emit_number(e, "retained", g->retained);
	if (r->tally->pins) {
		mtr_emit_number(e, "pins", g->sum.pins);
		mtr_emit_number(e, "alone", g->alone);
	}
	group_stack(e, w, g);
	mtr_emit_end(e);
}

static void json_report_end(struct mtr_writer *w, const struct mtr_report *r)
{
	(void)r;
	if (w->out->error)
		return;
	mtr_emit_end(w->emitter);
	mtr_emit_end(w->emitter);
}

/* ------------------------------------------------------------------ list */

static void json_list_begin(struct mtr_writer *w)
{
	(void)w;
}

/* The members in the middle, with their commas. */
static void json_owner(const struct mtr_writer *w, const struct mtr_site *site,
		       struct mtr_strbuf *ret)
{
	const struct mtr_frame *owner = mtr_heap_view_owner(w->s, site);
	struct mtr_strbuf name = { 0 };

	mtr_writer_name(w, &name, site->pc, owner);
	ret->failed |= name.failed;
	mtr_strbuf_add(ret, ",\"function\":");
	mtr_emit_quote(ret, mtr_strbuf_text(&name));
	mtr_strbuf_add(ret, ",\"module\":");
	mtr_emit_quote(ret, owner->module ? owner->module->name : "");
	mtr_strbuf_add(ret, ",\"stack_id\":");
	mtr_strbuf_fini(&name);
}

/* Of millions of blocks, so it is made of pieces, not of members. */
static void json_block(struct mtr_writer *w, const struct mtr_block *b)
{
	mtr_out_text(w->out,
		     "{\"schema\":1,\"command\":\"list\",\"addr\":\"0x");
	mtr_out_hex(w->out, b->addr);
	mtr_out_text(w->out, "\",\"size\":");
	mtr_out_dec(w->out, b->size);
	mtr_out_text(w->out, ",\"usable\":");
	mtr_out_dec(w->out, b->usable);
	mtr_out_text(w->out, ",\"caller\":\"0x");
	mtr_out_hex(w->out, mtr_writer_caller(w, b)->pc);
	mtr_out_char(w->out, '"');
	mtr_out_text(w->out, mtr_writer_owner_text(w, b, json_owner));
	mtr_out_dec(w->out, mtr_writer_stack_id(w, b));
	mtr_out_text(w->out, ",\"generation\":");
	mtr_out_dec(w->out, b->generation);
	mtr_out_text(w->out, b->damaged ? ",\"damaged\":true}\n" : "}\n");
}

static void json_list_end(struct mtr_writer *w, const struct mtr_sum *total,
			  const struct mtr_sum *left_out)
{
	(void)w;
	(void)total;
	(void)left_out;
}

static void json_gaps(struct mtr_writer *w, const struct mtr_areas *v)
{
	for (size_t i = 0; i < v->n && !w->out->error; i++) {
		mtr_out_text(w->out, "{\"schema\":1,\"command\":\"list\","
				     "\"addr\":\"0x");
		mtr_out_hex(w->out, v->at[i].start);
		mtr_out_text(w->out, "\",\"usable\":");
		mtr_out_dec(w->out, v->at[i].end - v->at[i].start);
		mtr_out_text(w->out, ",\"state\":\"free\"}\n");
	}
}

/* ------------------------------------------------------------------- why */

static const char *state_name(enum mtr_state state)
{
	return state == MTR_STATE_LIVE	  ? "live"
	       : state == MTR_STATE_FREED ? "freed"
					  : "unknown";
}

/* With all of its frames, for this is the only one; none if it is not known. */
void mtr_json_block_stack(struct mtr_emitter *e, struct mtr_writer *w,
			  const struct mtr_block *b)
{
	const struct mtr_stack *stack = b ? mtr_heap_view_stack(w->s, b) : NULL;
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	unsigned n;

	mtr_emit_array(e, "stack");
	if (stack) {
		n = mtr_stack_sites(&w->s->stacks, stack, sites);
		for (unsigned i = 0; i < n; i++)
			mtr_json_site(e, w, &w->s->sites.at[sites[i]]);
	} else if (b && mtr_writer_caller(w, b)->pc) {
		mtr_json_site(e, w, mtr_writer_caller(w, b));
	}
	mtr_emit_end(e);
	if (stack)
		stack_numbers(e, w, stack);
}

static void neighbour_member(struct mtr_emitter *e, struct mtr_writer *w,
			     const char *name, const struct mtr_block *n)
{
	const struct mtr_site *site;

	if (!n) {
		mtr_emit_null(e, name);
		return;
	}
	site = mtr_writer_owner(w, n);
	mtr_emit_object(e, name);
	mtr_emit_addr(e, "addr", n->addr);
	mtr_emit_text(e, "state", n->freed ? "freed" : "live");
	mtr_emit_number(e, "size", n->size);
	mtr_emit_number(e, "usable", n->usable);
	mtr_json_function(e, w, site->pc, mtr_heap_view_owner(w->s, site));
	mtr_emit_end(e);
}

static void mapping_member(struct mtr_emitter *e, const struct mtr_range *r)
{
	if (!r) {
		mtr_emit_null(e, "mapping");
		return;
	}
	mtr_emit_object(e, "mapping");
	mtr_emit_addr(e, "start", r->start);
	mtr_emit_addr(e, "end", r->end);
	mtr_emit_text(e, "path", r->path);
	mtr_emit_end(e);
}

static void global_member(struct mtr_emitter *e, const struct mtr_why *why)
{
	const struct mtr_data *d = &why->global;

	if (!d->name) {
		mtr_emit_null(e, "global");
		return;
	}
	mtr_emit_object(e, "global");
	mtr_emit_text(e, "name", d->name);
	mtr_emit_text(e, "module", d->module->name);
	mtr_emit_addr(e, "addr", d->start);
	mtr_emit_number(e, "size", d->size);
	mtr_emit_number(e, "offset", d->offset);
	if (why->tid > 0)
		mtr_emit_number(e, "thread", why->tid);
	if (why->has_word)
		mtr_emit_addr(e, "word", why->word);
	mtr_emit_end(e);
}

static void json_why(struct mtr_writer *w, const struct mtr_why *why)
{
	const struct mtr_block *block = why->found.block;
	struct mtr_emitter e;

	mtr_json_begin(&e, w, "why");
	mtr_emit_text(&e, "target", w->s->name);
	mtr_emit_addr(&e, "addr", block ? block->addr : why->asked);
	mtr_emit_addr(&e, "asked", why->asked);
	mtr_emit_text(&e, "state", state_name(why->found.state));
	mtr_emit_number(&e, "size", block ? block->size : 0);
	mtr_emit_number(&e, "usable", block ? block->usable : 0);
	mtr_emit_number(&e, "offset", why->found.offset);
	mtr_emit_number(&e, "generation", block ? block->generation : 0);
	mtr_emit_text(&e, "type", why->type);
	mtr_json_block_stack(&e, w, block);
	mtr_json_references(&e, w, why);
	neighbour_member(&e, w, "before", why->found.before);
	neighbour_member(&e, w, "after", why->found.after);
	mapping_member(&e, why->mapping);
	global_member(&e, why);
	mtr_emit_end(&e);
}

/* ------------------------------------------------------------------ info */

static void stacks_object(struct mtr_emitter *e, const struct mtr_writer *w)
{
	const struct mtr_stacks *s = &w->s->stacks;
	const struct mtr_descriptor *d = &w->s->heap.descriptor;

	mtr_emit_object(e, "stacks");
	mtr_emit_number(e, "depth", d->stack_depth);
	mtr_emit_number(e, "distinct", s->list.n - !!s->list.n);
	mtr_emit_number(e, "frames", s->nodes);
	mtr_emit_number(e, "bytes", d->depot_bytes);
	mtr_emit_number(e, "unknown", s->lost);
	mtr_emit_object(e, "ended");
	for (unsigned i = MTR_ROOT_NO_CFI; i < MTR_ROOT_CALLER; i++)
		mtr_emit_number(e, mtr_name_end_key(i), d->stops[i]);
	mtr_emit_end(e);
	mtr_emit_end(e);
}

static void options_object(struct mtr_emitter *e, const struct mtr_writer *w)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;
	bool direct = d->flags & MTR_FLAG_DIRECT;

	mtr_emit_object(e, "options");
	mtr_emit_number(e, "stacks", d->stack_depth);
	mtr_emit_number(e, "frees", !!(d->flags & MTR_FLAG_FREES));
	mtr_emit_number(e, "follow", !(d->flags & MTR_FLAG_NOFOLLOW));
	mtr_emit_text(e, "caller", direct ? "direct" : "outside");
	mtr_emit_number(e, "record", w->s->heap.record);
	mtr_emit_number(e, "sample", d->sample);
	mtr_emit_end(e);
}

static void snapshots_object(struct mtr_emitter *e, const struct mtr_writer *w)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;

	mtr_emit_object(e, "snapshots");
	mtr_emit_number(e, "written", d->snapshots);
	mtr_emit_number(e, "failed", d->snapshots_failed);
	mtr_emit_text(e, "error",
		      d->snapshots_failed ? strerror((int)d->snapshot_error)
					  : NULL);
	mtr_emit_end(e);
}

static void version_members(struct mtr_emitter *e, struct mtr_writer *w)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;
	mtr_auto_free char *version =
		strndup(d->package_version, sizeof(d->package_version));

	if (!version)
		mtr_writer_no_memory(w);
	mtr_emit_text(e, "version", version);
	mtr_emit_number(e, "format", d->version);
	options_object(e, w);
	mtr_emit_bool(e, "counters", d->flags & MTR_FLAG_COUNTERS);
	mtr_emit_bool(e, "debug", d->flags & MTR_FLAG_DEBUG);
	mtr_emit_number(e, "generation", d->lead & 0x7f);
}

static void threads_array(struct mtr_emitter *e, const struct mtr_threads *v)
{
	if (!v) {
		mtr_emit_null(e, "threads");
		return;
	}
	mtr_emit_array(e, "threads");
	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_thread *t = &v->at[i];

		mtr_emit_object(e, NULL);
		mtr_emit_number(e, "tid", t->tid > 0 ? t->tid : 0);
		mtr_emit_text(e, "name", t->name);
		mtr_emit_addr(e, "sp", t->sp);
		mtr_emit_addr(e, "stack_start", t->stack_start);
		mtr_emit_addr(e, "stack_end", t->stack_end);
		mtr_emit_end(e);
	}
	mtr_emit_end(e);
}

static void json_info(struct mtr_writer *w, const struct mtr_info *info)
{
	struct mtr_emitter e;

	mtr_json_begin(&e, w, "info");
	mtr_emit_text(&e, "target", w->s->name);
	mtr_emit_text(&e, "kind", mtr_name_kind(w->s->kind));
	mtr_emit_number(&e, "pid", w->s->pid > 0 ? w->s->pid : 0);
	version_members(&e, w);
	mtr_emit_text(&e, "allocator", info->allocator);
	threads_array(&e, info->threads);
	sum_object(&e, "totals", &info->total);
	mtr_emit_number(&e, "resident", info->resident.bytes);
	mtr_emit_number(&e, "freed", w->s->heap.freed.n);
	mtr_emit_number(&e, "callers",
			w->s->heap.sites.n - !!w->s->heap.sites.n);
	stacks_object(&e, w);
	tracer_object(&e, w);
	drops_object(&e, w);
	snapshots_object(&e, w);
	mtr_json_health(&e, w);
	mtr_emit_end(&e);
}

const struct mtr_writer_ops mtr_write_json = {
	.report_begin = json_report_begin,
	.group = json_group,
	.report_end = json_report_end,
	.list_begin = json_list_begin,
	.block = json_block,
	.list_end = json_list_end,
	.gaps = json_gaps,
	.why = json_why,
	.info = json_info,
	.leaks = mtr_json_leaks,
	.lost = mtr_json_lost,
	.diff = mtr_json_diff,
	.changes_begin = mtr_json_changes_begin,
	.change = mtr_json_change,
	.memory = mtr_json_memory,
};
