/* SPDX-License-Identifier: MIT */
/*
 * What grew in JSON: a document of groups, or one for each block.
 */
#include "report/name.h"
#include "write/json_words.h"

static void sum_object(struct mtr_emitter *e, const char *name,
		       const struct mtr_sum *sum)
{
	mtr_emit_object(e, name);
	mtr_emit_number(e, "blocks", sum->blocks);
	mtr_emit_number(e, "bytes", sum->bytes);
	mtr_emit_number(e, "usable", sum->usable);
	mtr_emit_number(e, "slack", sum->slack);
	mtr_emit_end(e);
}

/* What there was, what there is, and how much more. */
static void growth(struct mtr_emitter *e, const struct mtr_sum sum[MTR_SIDES])
{
	const struct mtr_sum *a = &sum[MTR_OLD], *b = &sum[MTR_NEW];

	mtr_emit_signed(e, "blocks", mtr_grown(a->blocks, b->blocks));
	mtr_emit_signed(e, "bytes", mtr_grown(a->bytes, b->bytes));
	mtr_emit_signed(e, "usable", mtr_grown(a->usable, b->usable));
	mtr_emit_signed(e, "slack", mtr_grown(a->slack, b->slack));
	sum_object(e, "old", a);
	sum_object(e, "new", b);
}

static void side_object(struct mtr_emitter *e, struct mtr_writer *w,
			const struct mtr_diff *d, enum mtr_side side)
{
	w->s = d->s[side];
	mtr_emit_object(e, side == MTR_OLD ? "old" : "new");
	mtr_emit_text(e, "target", w->s->name);
	mtr_emit_text(e, "kind", mtr_name_kind(w->s->kind));
	mtr_emit_number(e, "pid", w->s->pid > 0 ? w->s->pid : 0);
	sum_object(e, "left_out", &d->left_out[side]);
	mtr_json_health(e, w);
	mtr_emit_end(e);
	w->s = d->s[MTR_NEW];
}

static void ages(struct mtr_emitter *e, const struct mtr_changed *c)
{
	mtr_emit_array(e, "generations");
	for (size_t i = 0; i < c->ages.n; i++) {
		const struct mtr_age *age = &c->ages.at[i];

		mtr_emit_object(e, NULL);
		mtr_emit_number(e, "generation", age->generation);
		sum_object(e, "new", &age->fresh);
		sum_object(e, "gone", &age->gone);
		sum_object(e, "kept", &age->kept);
		mtr_emit_end(e);
	}
	mtr_emit_end(e);
}

/* Null where nothing is known of single blocks. */
static void changed(struct mtr_emitter *e, const struct mtr_diff *d)
{
	const struct mtr_changed *c = &d->changed;

	mtr_emit_text(e, "process",
		      d->process == MTR_PROCESS_SAME	? "same"
		      : d->process == MTR_PROCESS_OTHER ? "other"
							: "unknown");
	if (d->process != MTR_PROCESS_SAME) {
		mtr_emit_null(e, "changed");
		return;
	}
	mtr_emit_object(e, "changed");
	sum_object(e, "new", &c->fresh);
	sum_object(e, "gone", &c->gone);
	sum_object(e, "kept", &c->kept);
	sum_object(e, "unsure", &c->unsure);
	ages(e, c);
	mtr_emit_end(e);
}

/* Those that differ. */
static void modules(struct mtr_emitter *e, const struct mtr_pairs *p)
{
	mtr_emit_array(e, "modules");
	for (size_t i = 1; i < p->list.n; i++) {
		const struct mtr_pair *pair = &p->list.at[i];
		const struct mtr_module *a = pair->module[MTR_OLD];
		const struct mtr_module *b = pair->module[MTR_NEW];
		char id[MTR_NAME_BUILD_ID];

		if (!a || !b || (pair->same && pair->named))
			continue;
		mtr_emit_object(e, NULL);
		mtr_emit_text(e, "module", b->name);
		mtr_emit_text(e, "old_module", a->name);
		mtr_emit_bool(e, "same", pair->same);
		mtr_emit_text(e, "old", mtr_name_build_id(id, &a->build_id));
		mtr_emit_text(e, "new", mtr_name_build_id(id, &b->build_id));
		mtr_emit_bool(e, "old_names", mtr_pair_has_names(a));
		mtr_emit_bool(e, "new_names", mtr_pair_has_names(b));
		mtr_emit_end(e);
	}
	mtr_emit_end(e);
}

static void stack(struct mtr_emitter *e, struct mtr_writer *w,
		  const struct mtr_diff_group *g)
{
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	unsigned n =
		g->stack ? mtr_stack_sites(&w->s->stacks, g->stack, sites) : 0;

	mtr_emit_array(e, "stack");
	for (unsigned i = 0; i < n; i++)
		mtr_json_site(e, w, &w->s->sites.at[sites[i]]);
	if (!g->stack && g->site && g->site->pc)
		mtr_json_site(e, w, g->site);
	mtr_emit_end(e);
}

static void group(struct mtr_emitter *e, struct mtr_writer *w,
		  const struct mtr_diff *d, const struct mtr_diff_group *g)
{
	const struct mtr_module *module = mtr_diff_module(d, g);
	struct mtr_strbuf key = { 0 };

	w->s = d->s[g->side];
	mtr_emit_object(e, NULL);
	mtr_emit_text(e, "key", mtr_writer_diff_key(w, g, &key));
	mtr_strbuf_fini(&key);
	mtr_emit_text(e, "module", module ? module->name : "");
	growth(e, g->sum);
	stack(e, w, g);
	mtr_emit_end(e);
	w->s = d->s[MTR_NEW];
}

void mtr_json_diff(struct mtr_writer *w, const struct mtr_diff_report *r)
{
	const struct mtr_diff *d = r->diff;
	struct mtr_emitter e;

	mtr_json_begin(&e, w, "diff");
	side_object(&e, w, d, MTR_OLD);
	side_object(&e, w, d, MTR_NEW);
	mtr_emit_text(&e, "by", mtr_name_by(d->by));
	mtr_emit_text(&e, "sort", mtr_name_sort(w->sort));
	mtr_emit_number(&e, "top", r->top);
	mtr_json_filters(&e, w->filter);
	mtr_emit_object(&e, "totals");
	growth(&e, d->total);
	mtr_emit_end(&e);
	changed(&e, d);
	modules(&e, &d->pairs);
	mtr_emit_number(&e, "unchanged", d->unchanged);
	mtr_emit_object(&e, "left_out_by_top");
	mtr_emit_number(&e, "groups", r->more_grown + r->more_shrunk);
	mtr_emit_signed(&e, "bytes", r->bytes_grown + r->bytes_shrunk);
	mtr_emit_end(&e);
	mtr_emit_rows(&e, "groups");
	for (size_t i = 0; i < d->groups.n && !w->out->error; i++)
		if (mtr_writer_shows(r, i))
			group(&e, w, d, &d->groups.at[i]);
	mtr_emit_end(&e);
	mtr_emit_end(&e);
}

/* ---------------------------------------------------------------- blocks */

void mtr_json_changes_begin(struct mtr_writer *w)
{
	(void)w;
}

void mtr_json_change(struct mtr_writer *w, const struct mtr_change *c)
{
	const struct mtr_site *owner = mtr_writer_owner(w, c->block);
	const struct mtr_frame *frame = mtr_heap_view_owner(w->s, owner);
	struct mtr_emitter e;

	mtr_json_begin(&e, w, "diff");
	mtr_emit_text(&e, "change", c->side == MTR_OLD ? "gone" : "new");
	mtr_emit_addr(&e, "addr", c->block->addr);
	mtr_emit_number(&e, "size", c->block->size);
	mtr_emit_number(&e, "usable", c->block->usable);
	mtr_emit_addr(&e, "caller", mtr_writer_caller(w, c->block)->pc);
	mtr_json_function(&e, w, owner->pc, frame);
	mtr_emit_text(&e, "module", frame->module ? frame->module->name : "");
	mtr_emit_number(&e, "stack_id", mtr_writer_stack_id(w, c->block));
	mtr_emit_number(&e, "generation", c->block->generation);
	mtr_emit_end(&e);
}
