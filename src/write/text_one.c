/* SPDX-License-Identifier: MIT */
/*
 * Text for people about one thing: a block, or the record as a whole.
 */
#include "write/text_words.h"

#include <inttypes.h>
#include <string.h>

#include "report/name.h"

/* ------------------------------------------------------------------- why */

static void verdict(struct mtr_writer *w, const struct mtr_why *why)
{
	static const char *const in[] = {
		[MTR_IN_PAYLOAD] = "",
		[MTR_IN_SLACK] = ", in the unused tail of the block",
		[MTR_IN_RECORD] = ", in the tracer's record",
	};
	const struct mtr_found *f = &why->found;

	mtr_out_printf(w->out, "%#" PRIx64 " is ", why->asked);
	if (!f->block) {
		mtr_out_text(w->out, "in no recorded block\n");
		return;
	}
	if (f->offset) {
		mtr_text_count(w, f->offset, "byte");
		mtr_out_text(w->out, " into a ");
	} else {
		mtr_out_text(w->out, "the start of a ");
	}
	mtr_out_text(w->out, f->state == MTR_STATE_LIVE ? "live" : "freed");
	mtr_out_text(w->out, " block");
	mtr_out_text(w->out, f->block->damaged ? "" : in[f->in]);
	mtr_out_char(w->out, '\n');
}

static void bounds(struct mtr_writer *w, const struct mtr_block *b)
{
	mtr_text_label(w, "block");
	mtr_out_printf(w->out, "%#" PRIx64 " to %#" PRIx64 ": ", b->addr,
		       b->addr + b->usable);
	mtr_text_count(w, b->usable, "byte");
	mtr_out_text(w->out, " usable\n");
	mtr_text_label(w, "requested");
	if (b->damaged) {
		mtr_out_text(w->out, "not known: the record is corrupt\n");
	} else {
		mtr_text_count(w, b->size, "byte");
		mtr_out_printf(
			w->out,
			"; %" PRIu64 " unused, %" PRIu32 " for the record\n",
			mtr_heap_slack(&w->s->heap, b), w->s->heap.record);
	}
	if (!b->freed) {
		mtr_text_label(w, "generation");
		mtr_out_dec(w->out, b->generation);
		mtr_out_char(w->out, '\n');
	}
}

static void type(struct mtr_writer *w, const struct mtr_why *why)
{
	if (!why->type)
		return;
	mtr_text_label(w, "type");
	mtr_text_clean(w, why->type);
	mtr_out_char(w->out, '\n');
}

/* @folded: how many wrappers are inlined into this one. */
static void frame_line(struct mtr_writer *w, uint64_t pc,
		       const struct mtr_frame *frame, const char *label,
		       unsigned folded)
{
	struct mtr_strbuf text = { 0 };

	mtr_writer_name(w, &text, pc, frame);
	if (frame->file)
		mtr_strbuf_printf(&text, " at %s:%d", frame->file, frame->line);
	if (folded)
		mtr_strbuf_printf(&text, ", with %u wrapper%s inlined", folded,
				  folded > 1 ? "s" : "");
	if (frame->inlined)
		mtr_strbuf_add(&text, ", inlined into");
	else if (frame->function && frame->module) {
		mtr_strbuf_add(&text, " [");
		mtr_name_place(&text, pc, frame);
		mtr_strbuf_add(&text, "]");
	}
	mtr_text_label(w, label);
	mtr_text_clean(w, mtr_strbuf_text(&text));
	mtr_out_char(w->out, '\n');
	mtr_strbuf_fini(&text);
}

static void site_lines(struct mtr_writer *w, const struct mtr_site *site,
		       const char *label)
{
	uint32_t folded = mtr_heap_view_folded(site);

	for (uint32_t i = folded; i < site->n; i++)
		frame_line(w, site->pc, &w->s->frames.at[site->first + i],
			   i == folded ? label : "", i == folded ? folded : 0);
}

static void stack_end(struct mtr_writer *w, unsigned end)
{
	struct mtr_strbuf text = { 0 };

	if (end == MTR_ROOT_COMPLETE)
		return;
	mtr_name_end(&text, end, w->s->heap.descriptor.stack_depth);
	mtr_text_label(w, "");
	mtr_out_text(w->out, "(the stack ends here: ");
	mtr_writer_strbuf(w, &text);
	mtr_out_text(w->out, ")\n");
}

static void callers(struct mtr_writer *w, const struct mtr_block *b)
{
	const struct mtr_stack *stack = mtr_heap_view_stack(w->s, b);
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	unsigned n;

	if (!stack) {
		site_lines(w, mtr_writer_caller(w, b), "allocated by");
		return;
	}
	n = mtr_stack_sites(&w->s->stacks, stack, sites);
	for (unsigned i = 0; i < n; i++)
		site_lines(w, &w->s->sites.at[sites[i]],
			   i ? "" : "allocated by");
	stack_end(w, w->s->stacks.calls.at[stack->call].end);
}

static void neighbour(struct mtr_writer *w, const char *label,
		      const struct mtr_block *n, uint64_t gap)
{
	mtr_text_label(w, label);
	if (!n) {
		mtr_out_text(w->out, "no block\n");
		return;
	}
	mtr_out_printf(w->out, "%#" PRIx64 ": ", n->addr);
	mtr_text_count(w, n->size, "byte");
	mtr_out_text(w->out, n->freed ? ", freed, " : ", ");
	mtr_text_size(w, gap, 0);
	mtr_out_text(w->out, " away, allocated by ");
	mtr_text_owner(w, n, 0);
	mtr_out_char(w->out, '\n');
}

static void neighbours(struct mtr_writer *w, const struct mtr_why *why)
{
	const struct mtr_found *f = &why->found;
	uint64_t start = f->block ? f->block->addr : why->asked;
	uint64_t end = f->block ? start + f->block->usable : start;
	uint64_t before = f->before ? f->before->addr + f->before->usable : 0;

	neighbour(w, "before", f->before, start > before ? start - before : 0);
	neighbour(w, "after", f->after, f->after ? f->after->addr - end : 0);
}

static void mapping(struct mtr_writer *w, const struct mtr_why *why)
{
	const struct mtr_range *r = why->mapping;

	mtr_text_label(w, "mapping");
	if (!r) {
		mtr_out_text(w->out, "none: nothing is there\n");
		return;
	}
	mtr_out_printf(w->out, "%#" PRIx64 " to %#" PRIx64, r->start, r->end);
	if (r->prot >= 0)
		mtr_out_printf(w->out, " %c%c%c",
			       r->prot & MTR_PROT_READ ? 'r' : '-',
			       r->prot & MTR_PROT_WRITE ? 'w' : '-',
			       r->prot & MTR_PROT_EXEC ? 'x' : '-');
	mtr_out_text(w->out, " ");
	mtr_text_clean(w, r->path ? r->path : "anonymous");
	if (why->module && !why->found.block) {
		mtr_out_text(w->out, " (");
		mtr_text_clean(w, why->module->name);
		mtr_out_printf(w->out, "+%#" PRIx64 ")",
			       why->asked - why->module->bias);
	}
	mtr_out_char(w->out, '\n');
}

enum { ROW = 16 };

static void dump_row(struct mtr_writer *w, uint64_t addr,
		     const unsigned char *at, size_t n)
{
	mtr_out_hex_wide(w->out, addr, 12);
	mtr_out_char(w->out, ' ');
	for (size_t i = 0; i < ROW; i++) {
		if (i % 8 == 0)
			mtr_out_char(w->out, ' ');
		if (i < n)
			mtr_out_printf(w->out, "%02x ", at[i]);
		else
			mtr_out_text(w->out, "   ");
	}
	mtr_out_char(w->out, ' ');
	for (size_t i = 0; i < n; i++)
		mtr_out_char(w->out,
			     at[i] >= ' ' && at[i] < 0x7f ? at[i] : '.');
	mtr_out_char(w->out, '\n');
}

static void dump(struct mtr_writer *w, const struct mtr_why *why)
{
	if (w->s->kind == MTR_TARGET_SNAPSHOT) {
		mtr_text_label(w, "contents");
		mtr_out_text(w->out, "a snapshot has none\n");
	}
	if (!why->dump_bytes)
		return;
	mtr_out_char(w->out, '\n');
	for (size_t i = 0; i < why->dump_bytes; i += ROW) {
		size_t n = why->dump_bytes - i;

		dump_row(w, why->dump_at + i, why->dump + i, n < ROW ? n : ROW);
	}
}

/* Of the block's owner, if it has no name and could have one. */
static void names(struct mtr_writer *w, const struct mtr_block *b)
{
	const struct mtr_frame *owner =
		mtr_heap_view_owner(w->s, mtr_writer_owner(w, b));

	if (owner->function || !owner->module || !owner->module->stripped)
		return;
	mtr_text_label(w, "no name for");
	mtr_text_stripped(w, owner->module);
	mtr_text_stripped_hint(w);
}

static void global(struct mtr_writer *w, const struct mtr_why *why)
{
	const struct mtr_data *d = &why->global;

	if (!d->name)
		return;
	mtr_text_label(w, "global");
	mtr_text_clean(w, d->name);
	if (d->offset)
		mtr_out_printf(w->out, " + %" PRIu64, d->offset);
	mtr_out_text(w->out, "  [");
	mtr_text_clean(w, d->module->name);
	mtr_out_printf(w->out, "] at %#" PRIx64 ", ", d->start);
	mtr_text_count(w, d->size, "byte");
	if (why->tid)
		mtr_out_printf(w->out, ", of thread %d", why->tid);
	if (why->has_word)
		mtr_out_printf(w->out, ", the first word is %#" PRIx64,
			       why->word);
	mtr_out_char(w->out, '\n');
}

static void no_references(struct mtr_writer *w, const char *why_not)
{
	if (!why_not)
		return;
	mtr_text_label(w, "held by");
	mtr_out_text(w->out, "not known: ");
	mtr_text_clean(w, why_not);
	mtr_out_char(w->out, '\n');
}

void mtr_text_why(struct mtr_writer *w, const struct mtr_why *why)
{
	global(w, why);
	verdict(w, why);
	if (why->found.block) {
		bounds(w, why->found.block);
		type(w, why);
		callers(w, why->found.block);
		names(w, why->found.block);
	}
	if (why->references)
		mtr_text_references(w, why->references);
	else
		no_references(w, why->no_references);
	mapping(w, why);
	neighbours(w, why);
	dump(w, why);
}

/* ------------------------------------------------------------------ info */

static void versions(struct mtr_writer *w)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;
	mtr_auto_free char *version =
		strndup(d->package_version, sizeof(d->package_version));

	mtr_text_label(w, "version");
	mtr_text_clean(w, version ? version : "");
	mtr_out_printf(w->out, ", format %" PRIu32, d->version);
	if (d->flags & MTR_FLAG_COUNTERS)
		mtr_out_text(w->out, ", with counters");
	if (d->flags & MTR_FLAG_DEBUG)
		mtr_out_text(w->out, ", debug build");
	mtr_out_char(w->out, '\n');
}

static void options(struct mtr_writer *w)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;

	mtr_text_label(w, "options");
	mtr_out_printf(w->out, "stacks=%" PRIu32 ",frees=%d,follow=%d",
		       d->stack_depth, !!(d->flags & MTR_FLAG_FREES),
		       !(d->flags & MTR_FLAG_NOFOLLOW));
	if (d->flags & MTR_FLAG_DIRECT)
		mtr_out_text(w->out, ",caller=direct");
	if (d->sample)
		mtr_out_printf(w->out, ",sample=%" PRIu64, d->sample);
	if (d->stack_depth && w->s->heap.record == MTR_RECORD_LONG)
		mtr_out_text(w->out, ",record=16");
	mtr_out_char(w->out, '\n');
}

static void counts(struct mtr_writer *w)
{
	const struct mtr_heap *h = &w->s->heap;

	mtr_text_label(w, "callers");
	mtr_out_commas(w->out, h->sites.n - !!h->sites.n);
	mtr_out_text(w->out, " distinct\n");
	mtr_text_label(w, "generation");
	mtr_out_printf(w->out, "%u\n", h->descriptor.lead & 0x7f);
	if (h->descriptor.flags & MTR_FLAG_FREES) {
		mtr_text_label(w, "freed");
		mtr_text_count(w, h->freed.n, "block");
		mtr_out_text(w->out, " with its record still there\n");
	}
}

static void stops(struct mtr_writer *w)
{
	const uint64_t *stops = w->s->heap.descriptor.stops;

	for (unsigned i = MTR_ROOT_NO_CFI; i < MTR_ROOT_CALLER; i++) {
		struct mtr_strbuf why = { 0 };

		if (!stops[i])
			continue;
		mtr_text_label(w, "");
		mtr_out_text(w->out, "ended early ");
		mtr_text_count(w, stops[i], "time");
		mtr_out_text(w->out, ": ");
		mtr_name_end(&why, i, 0);
		mtr_writer_strbuf(w, &why);
		mtr_out_char(w->out, '\n');
	}
}

static void stacks(struct mtr_writer *w)
{
	const struct mtr_stacks *s = &w->s->stacks;
	uint32_t depth = w->s->heap.descriptor.stack_depth;

	if (!depth)
		return;
	mtr_text_label(w, "stacks");
	mtr_out_commas(w->out, s->list.n - !!s->list.n);
	mtr_out_printf(w->out, " distinct, up to %" PRIu32 " deep; ", depth);
	mtr_text_count(w, s->nodes, "frame");
	mtr_out_text(w->out, " kept in ");
	mtr_text_size(w, w->s->heap.descriptor.depot_bytes, 0);
	mtr_out_char(w->out, '\n');
	stops(w);
}

static void tracer(struct mtr_writer *w)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;
	uint64_t records = (uint64_t)w->s->heap.blocks.n * w->s->heap.record;

	mtr_text_label(w, "tracer");
	mtr_text_size(w, d->ledger_bytes + d->depot_bytes + records, 0);
	mtr_out_text(w->out, " = ");
	mtr_text_size(w, records, 0);
	mtr_out_text(w->out, " records in blocks + ");
	mtr_text_size(w, d->ledger_bytes, 0);
	mtr_out_text(w->out, " ledger");
	if (d->depot_bytes) {
		mtr_out_text(w->out, " + ");
		mtr_text_size(w, d->depot_bytes, 0);
		mtr_out_text(w->out, " stacks");
	}
	mtr_out_char(w->out, '\n');
}

/* Of the last failure strerror tells; libc's names are those of this machine.
 */
static void snapshots(struct mtr_writer *w)
{
	const struct mtr_descriptor *d = &w->s->heap.descriptor;

	if (!d->snapshots && !d->snapshots_failed)
		return;
	mtr_text_label(w, "snapshots");
	mtr_out_printf(w->out, "%" PRIu32 " written", d->snapshots);
	if (d->snapshots_failed) {
		mtr_out_printf(w->out, ", %" PRIu32 " failed, the last with: ",
			       d->snapshots_failed);
		mtr_text_clean(w, strerror((int)d->snapshot_error));
	}
	mtr_out_char(w->out, '\n');
}

static void all_recorded(struct mtr_writer *w)
{
	for (unsigned i = 0; i < MTR_DROP_MAX; i++)
		if (w->s->heap.descriptor.drops[i])
			return;
	mtr_text_label(w, "not recorded");
	mtr_out_text(w->out, "nothing\n");
}

/* Where it is, and on which stack. */
static void thread(struct mtr_writer *w, const struct mtr_thread *t)
{
	mtr_text_label(w, "");
	mtr_out_printf(w->out, "%d", t->tid);
	mtr_out_text(w->out, *t->name ? " " : "");
	mtr_text_clean(w, t->name);
	mtr_out_printf(w->out, ": sp %#" PRIx64 ", ", t->sp);
	if (t->stack_end)
		mtr_out_printf(w->out, "stack %#" PRIx64 " to %#" PRIx64 "\n",
			       t->stack_start, t->stack_end);
	else
		mtr_out_text(w->out, "its stack is not known\n");
}

/* The first few; JSON has all. */
static void threads(struct mtr_writer *w, const struct mtr_info *info)
{
	enum { FEW = 4 };
	const struct mtr_threads *v = info->threads;

	if (info->no_threads) {
		mtr_text_label(w, "threads");
		mtr_text_clean(w, info->no_threads);
		mtr_out_char(w->out, '\n');
	}
	if (!v || !v->n)
		return;
	mtr_text_label(w, "threads");
	mtr_out_commas(w->out, v->n);
	mtr_out_char(w->out, '\n');
	for (size_t i = 0; i < v->n && i < FEW; i++)
		thread(w, &v->at[i]);
	if (v->n > FEW) {
		mtr_text_label(w, "");
		mtr_out_text(w->out, "(--json has all of them)\n");
	}
}

void mtr_text_info(struct mtr_writer *w, const struct mtr_info *info)
{
	static const struct mtr_sum none = { 0 };

	mtr_text_target(w, &info->resident, &info->total);
	versions(w);
	options(w);
	mtr_text_label(w, "allocator");
	mtr_text_clean(w, info->allocator ? info->allocator : "unknown");
	mtr_out_char(w->out, '\n');
	threads(w, info);
	mtr_text_live(w, &info->total, &none);
	counts(w);
	stacks(w);
	tracer(w);
	snapshots(w);
	all_recorded(w);
	mtr_text_health(w);
}
