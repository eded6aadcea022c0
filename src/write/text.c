/* SPDX-License-Identifier: MIT */
/*
 * Text for people: tables of at most 80 columns, or as wide as the terminal;
 * what goes elsewhere has its names whole, and neither bars nor colours.
 */
#include "write/writer.h"

#include <string.h>

#include "report/name.h"
#include "write/text_words.h"

enum {
	SIZE = MTR_TEXT_SIZE,
	SHARE = MTR_TEXT_SHARE,
	BLOCKS = MTR_TEXT_BLOCKS,
	BAR = 8, /* columns */
};

/* ---------------------------------------------------------------- report */

static const struct {
	const char *title;
	enum mtr_cut cut;
} columns[MTR_BY_COUNT] = {
	[MTR_BY_FUNCTION] = { "FUNCTION", MTR_CUT_END },
	[MTR_BY_MODULE] = { "MODULE", MTR_CUT_END },
	[MTR_BY_CALLER] = { "CALLER", MTR_CUT_END },
	[MTR_BY_LINE] = { "LINE", MTR_CUT_START },
	[MTR_BY_STACK] = { "STACK", MTR_CUT_START },
	[MTR_BY_SIZE] = { "SIZE", MTR_CUT_END },
	[MTR_BY_GENERATION] = { "GENERATION", MTR_CUT_END },
	[MTR_BY_TYPE] = { "TYPE", MTR_CUT_END },
	[MTR_BY_ROOT] = { "HELD BY", MTR_CUT_END },
};

const char *mtr_text_title(enum mtr_by by)
{
	return columns[by].title;
}

enum mtr_cut mtr_text_cut(enum mtr_by by)
{
	return columns[by].cut;
}

static bool is_nothing(const struct mtr_report *r)
{
	return !r->tally->total.blocks && r->tally->left_out.blocks;
}

static void text_report_begin(struct mtr_writer *w, const struct mtr_report *r)
{
	mtr_text_head(w, r);
	if (is_nothing(r)) {
		mtr_text_nothing(w, &r->tally->left_out);
		return;
	}
	mtr_text_colour(w, "1");
	mtr_out_printf(w->out, "%*s%*s", SIZE,
		       r->tally->pins ? "PINS" : "BYTES", SHARE, "SHARE");
	if (w->width)
		mtr_text_spaces(w, BAR + 1);
	if (r->tally->pins)
		mtr_out_printf(w->out, " %*s %*s%*s", SIZE, "ALONE", SIZE,
			       "BYTES", BLOCKS, "BLOCKS");
	else
		mtr_out_printf(w->out, "%*s %*s", BLOCKS, "BLOCKS", SIZE,
			       "UNUSED");
	if (w->sort == MTR_SORT_RETAINED)
		mtr_out_printf(w->out, " %*s", SIZE, "RETAINED");
	mtr_out_printf(w->out, "  %s", columns[r->tally->by].title);
	mtr_text_colour(w, "0");
	mtr_out_char(w->out, '\n');
}

/* @share: thousandths. */
static void bar(struct mtr_writer *w, unsigned share)
{
	unsigned n = (share * BAR + 500) / 1000;

	mtr_out_char(w->out, ' ');
	mtr_text_colour(w, "36");
	for (unsigned i = 0; i < BAR; i++)
		mtr_out_char(w->out, i < n ? '#' : ' ');
	mtr_text_colour(w, "0");
}

/* The numbers in front of a name; how many columns they take. */
static int numbers(struct mtr_writer *w, const struct mtr_group *g,
		   unsigned share)
{
	const struct mtr_sum *sum = &g->sum;
	int left =
		SIZE + SHARE + (w->width ? BAR + 1 : 0) + BLOCKS + 1 + SIZE + 2;

	mtr_text_size(w, sum->bytes, SIZE);
	mtr_out_printf(w->out, "%*u.%u%%", SHARE - 3, share / 10, share % 10);
	if (w->width)
		bar(w, share);
	mtr_out_dec_wide(w->out, sum->blocks, BLOCKS);
	mtr_out_char(w->out, ' ');
	mtr_text_size(w, sum->slack, SIZE);
	if (w->sort == MTR_SORT_RETAINED) {
		mtr_out_char(w->out, ' ');
		mtr_text_size(w, g->retained, SIZE);
		left += 1 + SIZE;
	}
	mtr_out_text(w->out, "  ");
	return left;
}

/* The same, where pins were asked for. */
static int numbers_pins(struct mtr_writer *w, const struct mtr_group *g,
			unsigned share)
{
	mtr_text_size(w, g->sum.pins, SIZE);
	mtr_out_printf(w->out, "%*u.%u%%", SHARE - 3, share / 10, share % 10);
	if (w->width)
		bar(w, share);
	mtr_out_char(w->out, ' ');
	mtr_text_size(w, g->alone, SIZE);
	mtr_out_char(w->out, ' ');
	mtr_text_size(w, g->sum.bytes, SIZE);
	mtr_out_dec_wide(w->out, g->sum.blocks, BLOCKS);
	mtr_out_text(w->out, "  ");
	return 3 * SIZE + SHARE + (w->width ? BAR + 1 : 0) + BLOCKS + 4;
}

/* What stands behind the key: whose it is, or where. */
void mtr_text_details(const struct mtr_writer *w, enum mtr_by by,
		      const struct mtr_site *site,
		      const struct mtr_module *module, struct mtr_strbuf *ret)
{
	const struct mtr_frame *owner;

	if (by == MTR_BY_ROOT && module)
		mtr_strbuf_printf(ret, "  [%s]", module->name);
	if (!site)
		return;
	owner = mtr_heap_view_owner(w->s, site);
	if ((by == MTR_BY_FUNCTION || by == MTR_BY_TYPE) && owner->function &&
	    module)
		mtr_strbuf_printf(ret, "  [%s]", module->name);
	if (owner->function &&
	    (by == MTR_BY_CALLER || (by == MTR_BY_LINE && owner->file))) {
		mtr_strbuf_add(ret, "  ");
		mtr_writer_name(w, ret, site->pc, owner);
	}
	if (by == MTR_BY_CALLER && owner->file)
		mtr_strbuf_printf(ret, " at %s:%d", owner->file, owner->line);
}

static void name(struct mtr_writer *w, enum mtr_by by,
		 const struct mtr_group *g, int left)
{
	struct mtr_strbuf more = { 0 };
	struct mtr_strbuf made = { 0 };
	const char *text = mtr_writer_key(w, g, &made);
	int room = mtr_text_room(w, left);
	int key = mtr_text_columns(text);

	mtr_text_fit(w, text, room, columns[by].cut);
	mtr_text_details(w, by, g->site, g->module, &more);
	/* less than that of it tells nothing */
	if (!room || key + 8 <= room)
		mtr_text_fit(w, mtr_strbuf_text(&more), room ? room - key : 0,
			     MTR_CUT_END);
	mtr_strbuf_fini(&more);
	mtr_strbuf_fini(&made);
}

static void text_group(struct mtr_writer *w, const struct mtr_report *r,
		       const struct mtr_group *g)
{
	unsigned share = mtr_text_share(mtr_sum_by(&g->sum, w->sort),
					mtr_sum_by(&r->tally->total, w->sort));
	int left = r->tally->pins ? numbers_pins(w, g, share)
				  : numbers(w, g, share);

	name(w, r->tally->by, g, left);
	mtr_out_char(w->out, '\n');
}

static void text_report_end(struct mtr_writer *w, const struct mtr_report *r)
{
	size_t groups = r->tally->groups.n - r->shown;

	if (!groups)
		return;
	mtr_text_size(w, r->tally->pins ? r->rest.pins : r->rest.bytes, SIZE);
	mtr_out_text(w->out, r->tally->pins ? " pinned by " : " in ");
	mtr_text_count(w, r->rest.blocks, "block");
	mtr_out_text(w->out, " of ");
	mtr_text_count(w, groups, "more group");
	mtr_out_text(w->out, " (--top=0 shows all)\n");
}

/* ------------------------------------------------------------------ list */

static void text_list_begin(struct mtr_writer *w)
{
	mtr_out_text(w->out,
		     "       ADDRESS       SIZE     USABLE GEN  OWNER\n");
}

/* As it is shown. */
static void text_owner(const struct mtr_writer *w, const struct mtr_site *site,
		       struct mtr_strbuf *ret)
{
	const struct mtr_frame *owner = mtr_heap_view_owner(w->s, site);
	struct mtr_strbuf text = { 0 };

	mtr_writer_name(w, &text, site->pc, owner);
	if (owner->function && owner->module)
		mtr_strbuf_printf(&text, "  [%s]", owner->module->name);
	mtr_strbuf_add_shown(ret, mtr_strbuf_text(&text));
	ret->failed |= text.failed;
	mtr_strbuf_fini(&text);
}

static void address(struct mtr_writer *w, uint64_t addr)
{
	int digits = 1;

	for (uint64_t rest = addr >> 4; rest; rest >>= 4)
		digits++;
	mtr_text_spaces(w, MTR_ADDR_BITS / 4 - digits);
	mtr_out_text(w->out, "0x");
	mtr_out_hex(w->out, addr);
}

static void text_block(struct mtr_writer *w, const struct mtr_block *b)
{
	static const int left = 14 + 11 + 11 + 4 + 2;
	const char *owner;

	address(w, b->addr);
	mtr_out_dec_wide(w->out, b->size, 11);
	mtr_out_dec_wide(w->out, b->usable, 11);
	mtr_out_dec_wide(w->out, b->generation, 4);
	mtr_out_text(w->out, "  ");
	owner = mtr_writer_owner_text(w, b, text_owner);
	if (w->width)
		mtr_text_fit(w, owner, mtr_text_room(w, left), MTR_CUT_END);
	else
		mtr_out_text(w->out, owner);
	mtr_out_char(w->out, '\n');
}

static void text_list_end(struct mtr_writer *w, const struct mtr_sum *total,
			  const struct mtr_sum *left_out)
{
	mtr_text_selected(w, total, left_out);
	if (!total->blocks)
		mtr_text_nothing(w, left_out);
}

static void text_gaps(struct mtr_writer *w, const struct mtr_areas *v)
{
	mtr_out_text(w->out, "       ADDRESS     USABLE\n");
	for (size_t i = 0; i < v->n && !w->out->error; i++) {
		address(w, v->at[i].start);
		mtr_out_dec_wide(w->out, v->at[i].end - v->at[i].start, 11);
		mtr_out_char(w->out, '\n');
	}
	mtr_text_count(w, v->n, "piece");
	mtr_out_text(w->out, " of free heap, ");
	mtr_text_bytes(w, mtr_areas_bytes(v));
	mtr_out_char(w->out, '\n');
}

/* ------------------------------------------------------------------ diff */

static void text_changes_begin(struct mtr_writer *w)
{
	mtr_out_text(w->out, "     ");
	text_list_begin(w);
}

static void text_change(struct mtr_writer *w, const struct mtr_change *c)
{
	int width = w->width;

	mtr_out_text(w->out, c->side == MTR_OLD ? "gone " : "new  ");
	w->width = width ? width - 5 : 0;
	text_block(w, c->block);
	w->width = width;
}

static void text_changes_end(struct mtr_writer *w, const struct mtr_changed *c)
{
	mtr_text_count(w, c->fresh.blocks, "new block");
	mtr_out_text(w->out, ", ");
	mtr_text_bytes(w, c->fresh.bytes);
	mtr_out_text(w->out, "; ");
	mtr_out_commas(w->out, c->gone.blocks);
	mtr_out_text(w->out, " gone, ");
	mtr_text_bytes(w, c->gone.bytes);
	mtr_out_char(w->out, '\n');
}

const struct mtr_writer_ops mtr_write_text = {
	.report_begin = text_report_begin,
	.group = text_group,
	.report_end = text_report_end,
	.tree = mtr_text_tree,
	.list_begin = text_list_begin,
	.block = text_block,
	.list_end = text_list_end,
	.gaps = text_gaps,
	.why = mtr_text_why,
	.info = mtr_text_info,
	.leaks = mtr_text_leaks,
	.lost = mtr_text_lost,
	.diff = mtr_text_diff,
	.top = mtr_text_top,
	.changes_begin = text_changes_begin,
	.change = text_change,
	.changes_end = text_changes_end,
	.memory = mtr_text_memory,
};
