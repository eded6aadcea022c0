/* SPDX-License-Identifier: MIT */
/*
 * JSON: one document for an answer, and for a list one object a line.
 *
 * Addresses are strings, "0x...", for a number that large is a float to many
 * readers. What is no UTF-8 comes out as U+FFFD.
 */
#include "write/writer.h"

#include <inttypes.h>
#include <string.h>

#include "report/name.h"
#include "base/utf8.h"

/* ------------------------------------------------------------- its grammar */

static void escape(struct mtr_strbuf *b, uint32_t code)
{
	static const char letter[][3] = {
		['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n",
		['\r'] = "\\r", ['\t'] = "\\t",
	};

	if (code < sizeof(letter) / sizeof(*letter) && letter[code][0])
		mtr_strbuf_add(b, letter[code]);
	else
		mtr_strbuf_printf(b, "\\u%04x", (unsigned)code);
}

static bool is_plain(uint32_t code)
{
	return code != '"' && code != '\\' && !mtr_utf8_is_control(code);
}

static void json_string(struct mtr_strbuf *b, const char *text)
{
	uint32_t code;

	mtr_strbuf_add(b, "\"");
	while (*text) {
		size_t n = mtr_utf8_char(text, &code);

		if (!n)
			mtr_strbuf_add(b, "\xef\xbf\xbd");
		else if (is_plain(code))
			mtr_strbuf_add_bytes(b, text, n);
		else
			escape(b, code);
		text += n ? n : 1;
	}
	mtr_strbuf_add(b, "\"");
}

static void name_member(struct mtr_strbuf *b, const char *name)
{
	mtr_strbuf_printf(b, "\"%s\":", name);
}

static void string_member(struct mtr_strbuf *b, const char *name,
			  const char *text)
{
	name_member(b, name);
	json_string(b, text ? text : "");
}

static void number_member(struct mtr_strbuf *b, const char *name,
			  uint64_t number)
{
	mtr_strbuf_printf(b, "\"%s\":%" PRIu64, name, number);
}

static void addr_member(struct mtr_strbuf *b, const char *name, uint64_t addr)
{
	mtr_strbuf_printf(b, "\"%s\":\"0x%" PRIx64 "\"", name, addr);
}

static void comma(struct mtr_strbuf *b)
{
	mtr_strbuf_add(b, ",");
}

/* ------------------------------------------------------- what answers share */

static void function_member(struct mtr_strbuf *b, uint64_t pc,
			    const struct mtr_frame *frame)
{
	struct mtr_strbuf name = { 0 };

	mtr_name_frame(&name, pc, frame);
	string_member(b, "function", mtr_strbuf_text(&name));
	b->failed |= name.failed;
	mtr_strbuf_fini(&name);
}

static void module_member(struct mtr_strbuf *b, const struct mtr_module *m)
{
	string_member(b, "module", m ? m->name : "");
}

static void frame_object(struct mtr_strbuf *b, uint64_t pc,
			 const struct mtr_frame *frame)
{
	mtr_strbuf_add(b, "{");
	addr_member(b, "pc", pc);
	comma(b);
	function_member(b, pc, frame);
	comma(b);
	string_member(b, "file", frame->file);
	comma(b);
	number_member(b, "line", frame->line > 0 ? frame->line : 0);
	comma(b);
	module_member(b, frame->module);
	if (frame->inlined)
		mtr_strbuf_add(b, ",\"inlined\":true");
	mtr_strbuf_add(b, "}");
}

static void site_objects(const struct mtr_writer *w, struct mtr_strbuf *b,
			 const struct mtr_site *site)
{
	for (uint32_t i = 0; i < site->n; i++) {
		if (i)
			comma(b);
		frame_object(b, site->pc, &w->s->frames.at[site->first + i]);
	}
}

static void stack_objects(const struct mtr_writer *w, struct mtr_strbuf *b,
			  const struct mtr_stack *stack)
{
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	unsigned n = mtr_stack_sites(&w->s->stacks, stack, sites);

	for (unsigned i = 0; i < n; i++) {
		if (i)
			comma(b);
		site_objects(w, b, &w->s->sites.at[sites[i]]);
	}
}

/*
 * The frames of @stack, innermost first; those of @site, if that is NULL; none
 * if it is NULL too, or not known.
 */
static void stack_members(const struct mtr_writer *w, struct mtr_strbuf *b,
			  const struct mtr_stack *stack,
			  const struct mtr_site *site)
{
	name_member(b, "stack");
	mtr_strbuf_add(b, "[");
	if (stack)
		stack_objects(w, b, stack);
	else if (site && site->pc)
		site_objects(w, b, site);
	mtr_strbuf_add(b, "]");
	if (!stack)
		return;
	comma(b);
	number_member(b, "stack_id", stack->id);
	comma(b);
	string_member(b, "stack_end",
		      mtr_name_end_key(w->s->stacks.calls.at[stack->call].end));
}

static void totals_member(struct mtr_strbuf *b, const struct mtr_sum *sum)
{
	name_member(b, "totals");
	mtr_strbuf_printf(b,
			  "{\"blocks\":%" PRIu64 ",\"bytes\":%" PRIu64
			  ",\"usable\":%" PRIu64 ",\"slack\":%" PRIu64 "}",
			  sum->blocks, sum->bytes, sum->usable, sum->slack);
}

static void tracer_member(const struct mtr_writer *w, struct mtr_strbuf *b)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;

	name_member(b, "tracer");
	mtr_strbuf_printf(b,
			  "{\"ledger\":%" PRIu64 ",\"stacks\":%" PRIu64
			  ",\"records\":%" PRIu64 "}",
			  d->ledger_bytes, d->depot_bytes,
			  (uint64_t)w->s->heap.blocks.n * MTR_TRAILER);
}

static void drops_member(const struct mtr_writer *w, struct mtr_strbuf *b)
{
	const uint64_t *drops = w->s->heap.descriptor.drops;
	uint64_t others = 0;

	name_member(b, "not_recorded");
	mtr_strbuf_add(b, "{");
	for (unsigned i = 0; i < MTR_DROP_COUNT; i++) {
		number_member(b, mtr_name_drop_key(i), drops[i]);
		comma(b);
	}
	for (unsigned i = MTR_DROP_COUNT; i < MTR_DROP_MAX; i++)
		others += drops[i];
	number_member(b, "others", others);
	mtr_strbuf_add(b, "}");
}

static void health_members(const struct mtr_writer *w, struct mtr_strbuf *b)
{
	const struct mtr_heap *h = &w->s->heap;

	number_member(b, "damaged", h->damaged);
	comma(b);
	number_member(b, "no_code", h->no_code);
	comma(b);
	number_member(b, "conflicts", h->conflicts);
	comma(b);
	number_member(b, "lost", h->lost);
	comma(b);
	number_member(b, "without_stack", h->descriptor.stops[MTR_ROOT_NONE]);
	comma(b);
	name_member(b, "warnings");
	mtr_strbuf_add(b, "[");
	for (size_t i = 0; i < w->s->warnings.n; i++) {
		if (i)
			comma(b);
		json_string(b, w->s->warnings.at[i]);
	}
	mtr_strbuf_add(b, "]");
}

/* ---------------------------------------------------------------- report */

static void json_report_begin(struct mtr_writer *w, const struct mtr_tally *t)
{
	struct mtr_strbuf b = { 0 };

	mtr_strbuf_add(&b, "{");
	string_member(&b, "target", w->s->name);
	comma(&b);
	totals_member(&b, &t->total);
	comma(&b);
	tracer_member(w, &b);
	comma(&b);
	drops_member(w, &b);
	comma(&b);
	health_members(w, &b);
	mtr_strbuf_add(&b, ",\n\"groups\":[");
	mtr_writer_strbuf(w, &b);
	w->begun = false;
}

static void json_group(struct mtr_writer *w, const struct mtr_tally *t,
		       const struct mtr_group *g)
{
	struct mtr_strbuf b = { 0 }, key = { 0 };

	(void)t;
	mtr_strbuf_add(&b, w->begun ? ",\n{" : "\n{");
	w->begun = true;
	string_member(&b, "key", mtr_writer_key(w, g, &key));
	mtr_strbuf_fini(&key);
	comma(&b);
	module_member(&b, g->module);
	mtr_strbuf_printf(&b,
			  ",\"bytes\":%" PRIu64 ",\"blocks\":%" PRIu64
			  ",\"usable\":%" PRIu64 ",\"slack\":%" PRIu64 ",",
			  g->sum.bytes, g->sum.blocks, g->sum.usable,
			  g->sum.slack);
	stack_members(w, &b, g->stack, g->site);
	mtr_strbuf_add(&b, "}");
	mtr_writer_strbuf(w, &b);
}

static void json_report_end(struct mtr_writer *w, const struct mtr_rest *rest)
{
	(void)rest;
	mtr_out_text(w->out, "\n]}\n");
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

	comma(ret);
	function_member(ret, site->pc, owner);
	comma(ret);
	module_member(ret, owner->module);
	mtr_strbuf_add(ret, ",\"stack_id\":");
}

static void json_block(struct mtr_writer *w, const struct mtr_block *b)
{
	mtr_out_text(w->out, "{\"addr\":\"0x");
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

static void json_list_end(struct mtr_writer *w, const struct mtr_sum *total)
{
	(void)w;
	(void)total;
}

/* ------------------------------------------------------------------- why */

static const char *state_name(enum mtr_state state)
{
	return state == MTR_STATE_LIVE	  ? "live"
	       : state == MTR_STATE_FREED ? "freed"
					  : "unknown";
}

static void neighbour_member(const struct mtr_writer *w, struct mtr_strbuf *b,
			     const char *name, const struct mtr_block *n)
{
	const struct mtr_site *site;

	name_member(b, name);
	if (!n) {
		mtr_strbuf_add(b, "null");
		return;
	}
	site = mtr_writer_owner(w, n);
	mtr_strbuf_add(b, "{");
	addr_member(b, "addr", n->addr);
	comma(b);
	string_member(b, "state", n->freed ? "freed" : "live");
	comma(b);
	number_member(b, "size", n->size);
	comma(b);
	number_member(b, "usable", n->usable);
	comma(b);
	function_member(b, site->pc, mtr_heap_view_owner(w->s, site));
	mtr_strbuf_add(b, "}");
}

static void mapping_member(struct mtr_strbuf *b, const struct mtr_range *r)
{
	name_member(b, "mapping");
	if (!r) {
		mtr_strbuf_add(b, "null");
		return;
	}
	mtr_strbuf_add(b, "{");
	addr_member(b, "start", r->start);
	comma(b);
	addr_member(b, "end", r->end);
	comma(b);
	string_member(b, "path", r->path);
	mtr_strbuf_add(b, "}");
}

static void json_why(struct mtr_writer *w, const struct mtr_why *why)
{
	const struct mtr_block *block = why->found.block;
	struct mtr_strbuf b = { 0 };

	mtr_strbuf_add(&b, "{");
	addr_member(&b, "addr", block ? block->addr : why->asked);
	comma(&b);
	addr_member(&b, "asked", why->asked);
	comma(&b);
	string_member(&b, "state", state_name(why->found.state));
	comma(&b);
	number_member(&b, "size", block ? block->size : 0);
	comma(&b);
	number_member(&b, "usable", block ? block->usable : 0);
	comma(&b);
	number_member(&b, "offset", why->found.offset);
	comma(&b);
	number_member(&b, "generation", block ? block->generation : 0);
	comma(&b);
	stack_members(w, &b, block ? mtr_heap_view_stack(w->s, block) : NULL,
		      block ? mtr_writer_caller(w, block) : NULL);
	comma(&b);
	neighbour_member(w, &b, "before", why->found.before);
	comma(&b);
	neighbour_member(w, &b, "after", why->found.after);
	comma(&b);
	mapping_member(&b, why->mapping);
	mtr_strbuf_add(&b, "}\n");
	mtr_writer_strbuf(w, &b);
}

/* ------------------------------------------------------------------ info */

static void stacks_member(const struct mtr_writer *w, struct mtr_strbuf *b)
{
	const struct mtr_stacks *s = &w->s->stacks;
	const struct mtr_descriptor *d = &w->s->heap.descriptor;

	name_member(b, "stacks");
	mtr_strbuf_printf(b,
			  "{\"depth\":%" PRIu32 ",\"distinct\":%zu,"
			  "\"frames\":%" PRIu64 ",\"bytes\":%" PRIu64
			  ",\"unknown\":%" PRIu64 ",\"ended\":{",
			  d->stack_depth, s->list.n - !!s->list.n, s->nodes,
			  d->depot_bytes, s->lost);
	for (unsigned i = MTR_ROOT_NO_CFI; i < MTR_ROOT_COUNT; i++) {
		if (i > MTR_ROOT_NO_CFI)
			comma(b);
		number_member(b, mtr_name_end_key(i), d->stops[i]);
	}
	mtr_strbuf_add(b, "}}");
}

static void options_member(struct mtr_strbuf *b, const struct mtr_descriptor *d)
{
	name_member(b, "options");
	mtr_strbuf_printf(b,
			  "{\"stacks\":%" PRIu32 ",\"frees\":%d,\"follow\":%d,"
			  "\"caller\":\"%s\"}",
			  d->stack_depth, !!(d->flags & MTR_FLAG_FREES),
			  !(d->flags & MTR_FLAG_NOFOLLOW),
			  d->flags & MTR_FLAG_DIRECT ? "direct" : "outside");
}

static void json_bool(struct mtr_strbuf *b, const char *name, bool is)
{
	name_member(b, name);
	mtr_strbuf_add(b, is ? "true" : "false");
}

static void version_members(const struct mtr_writer *w, struct mtr_strbuf *b)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;
	mtr_auto_free char *version =
		strndup(d->package_version, sizeof(d->package_version));

	b->failed |= !version;
	string_member(b, "version", version);
	comma(b);
	number_member(b, "format", d->version);
	comma(b);
	options_member(b, d);
	comma(b);
	json_bool(b, "counters", d->flags & MTR_FLAG_COUNTERS);
	comma(b);
	json_bool(b, "debug", d->flags & MTR_FLAG_DEBUG);
	comma(b);
	number_member(b, "generation", d->lead & 0x7f);
}

static void json_info(struct mtr_writer *w, const struct mtr_info *info)
{
	struct mtr_strbuf b = { 0 };

	mtr_strbuf_add(&b, "{");
	string_member(&b, "target", w->s->name);
	comma(&b);
	string_member(&b, "kind", mtr_name_kind(w->s->kind));
	comma(&b);
	number_member(&b, "pid", w->s->pid > 0 ? w->s->pid : 0);
	comma(&b);
	version_members(w, &b);
	comma(&b);
	string_member(&b, "allocator", info->allocator);
	comma(&b);
	totals_member(&b, &info->total);
	comma(&b);
	number_member(&b, "freed", w->s->heap.freed.n);
	comma(&b);
	number_member(&b, "callers", w->s->heap.sites.n - !!w->s->heap.sites.n);
	comma(&b);
	stacks_member(w, &b);
	comma(&b);
	tracer_member(w, &b);
	comma(&b);
	drops_member(w, &b);
	comma(&b);
	health_members(w, &b);
	mtr_strbuf_add(&b, "}\n");
	mtr_writer_strbuf(w, &b);
}

const struct mtr_writer_ops mtr_write_json = {
	.report_begin = json_report_begin,
	.group = json_group,
	.report_end = json_report_end,
	.list_begin = json_list_begin,
	.block = json_block,
	.list_end = json_list_end,
	.why = json_why,
	.info = json_info,
};
