/* SPDX-License-Identifier: MIT */
/*
 * The call tree as text.
 *
 *	100 MiB 100.0%   9  main
 *	100 MiB 100.0%   9  work            all that main has, work has
 *	 80 MiB  80.0%   7  + read          what calls, or is called from,
 *	 80 MiB  80.0%   7    grow          several places is told apart
 *	 20 MiB  20.0%   2  + parse
 *
 * A function further in is indented only where the tree branches: stacks are
 * deep, and lines are not wide.
 */
#include "write/text_words.h"

#include <string.h>

#include "report/name.h"

enum {
	SIZE = MTR_TEXT_SIZE,
	SHARE = MTR_TEXT_SHARE,
	BLOCKS = MTR_TEXT_BLOCKS,
	LEFT = SIZE + SHARE + BLOCKS + 2, /* columns before the names */
	NAME = 24,    /* columns that a name gets at least */
	FOLDED = 100, /* a hundredth of the whole is too little to show */
};

struct state {
	struct mtr_writer *w;
	const struct mtr_tree *tree;
	uint64_t whole; /* that shares are of */
	size_t top;
};

static void numbers(const struct state *s, const struct mtr_sum *sum)
{
	uint64_t weight = mtr_sum_by(sum, s->w->sort);
	unsigned share = mtr_text_share(weight, s->whole);

	mtr_text_size(s->w,
		      s->w->sort == MTR_SORT_SLACK  ? sum->slack
		      : s->w->sort == MTR_SORT_PINS ? sum->pins
						    : sum->bytes,
		      SIZE);
	mtr_out_printf(s->w->out, "%*u.%u%%", SHARE - 3, share / 10,
		       share % 10);
	mtr_out_dec_wide(s->w->out, sum->blocks, BLOCKS);
	mtr_out_text(s->w->out, "  ");
}

/* Columns that are left for a name; 0: as many as it has. */
static int indent(const struct state *s, int columns, const char *mark)
{
	int room = mtr_text_room(s->w, LEFT), left;

	if (room && columns > room - NAME)
		columns = room > NAME ? room - NAME : 0;
	mtr_text_spaces(s->w, columns);
	mtr_out_text(s->w->out, mark);
	left = room - columns - (int)strlen(mark);
	return !room ? 0 : left > 0 ? left : -1;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* @times: of recursion that goes straight on. */
static void line(const struct state *s, const struct mtr_branch *b, int columns,
		 const char *mark, unsigned times)
{
	const struct mtr_branch *parent = &s->tree->branches.at[b->parent];
	struct mtr_strbuf text = { 0 };
	int room;

	numbers(s, &b->sum);
	room = indent(s, columns, mark);
	if (s->w->short_names)
		mtr_name_short(&text, b->name);
	else
		mtr_strbuf_add(&text, b->name);
	if (b->frame && b->frame->file)
		mtr_strbuf_printf(&text, " at %s:%d", last_part(b->frame->file),
				  b->frame->line);
	if (times > 1)
		mtr_strbuf_printf(&text, "  (%u times)", times);
	if (b->module && b->module != parent->module)
		mtr_strbuf_printf(&text, "  [%s]", b->module->name);
	mtr_text_fit(s->w, mtr_strbuf_text(&text), room, MTR_CUT_END);
	mtr_out_char(s->w->out, '\n');
	mtr_strbuf_fini(&text);
}

static bool is_folded(const struct state *s, const struct mtr_branch *b,
		      uint32_t i)
{
	return s->top && (i >= s->top ||
			  mtr_sum_by(&b->sum, s->w->sort) < s->whole / FOLDED);
}

static void rest(const struct state *s, const struct mtr_branch *b,
		 uint32_t from, int columns)
{
	struct mtr_sum sum = { 0 };
	struct mtr_strbuf text = { 0 };
	int room;

	for (uint32_t i = from; i < b->n; i++)
		mtr_sum_add(&sum, &mtr_tree_child(s->tree, b, i)->sum);
	numbers(s, &sum);
	room = indent(s, columns, "+ ");
	mtr_strbuf_printf(&text, "... %u more", (unsigned)(b->n - from));
	mtr_text_fit(s->w, mtr_strbuf_text(&text), room, MTR_CUT_END);
	mtr_out_char(s->w->out, '\n');
	mtr_strbuf_fini(&text);
}

/* What is called from @b, and from nowhere else, has all that @b has. */
static const struct mtr_branch *only_child(const struct state *s,
					   const struct mtr_branch *b)
{
	const struct mtr_branch *child =
		b->n == 1 ? mtr_tree_child(s->tree, b, 0) : NULL;

	return child && child->sum.blocks == b->sum.blocks ? child : NULL;
}

/* Are both the same call? @a may be NULL. */
static bool same(const struct mtr_branch *a, const struct mtr_branch *b)
{
	const struct mtr_frame *x = a ? a->frame : NULL, *y = b->frame;

	return a && a->name == b->name && a->module == b->module && x && y &&
	       (x == y || (x->file && y->file && x->line == y->line &&
			   strcmp(x->file, y->file) == 0));
}

/* All that is further in than @b, whose own line is written. */
static void children(const struct state *s, const struct mtr_branch *b,
		     int columns)
{
	const struct mtr_branch *child;

	while ((child = only_child(s, b))) {
		unsigned times = 1;

		for (b = child; same((child = only_child(s, b)), b); times++)
			b = child;
		line(s, b, columns, "", times);
	}
	for (uint32_t i = 0; i < b->n; i++) {
		child = mtr_tree_child(s->tree, b, i);
		if (is_folded(s, child, i)) {
			rest(s, b, i, columns);
			return;
		}
		line(s, child, columns, "+ ", 1);
		children(s, child, columns + 2);
	}
}

void mtr_text_tree(struct mtr_writer *w, const struct mtr_report *r)
{
	const struct state s = {
		.w = w,
		.tree = r->tree,
		.whole = mtr_sum_by(&r->tally->total, w->sort),
		.top = r->top,
	};

	mtr_text_head(w, r);
	if (!r->tally->total.blocks && r->tally->left_out.blocks) {
		mtr_text_nothing(w, &r->tally->left_out);
		return;
	}
	mtr_text_colour(w, "1");
	mtr_out_printf(w->out, "%*s%*s%*s  %s", SIZE,
		       w->sort == MTR_SORT_SLACK  ? "UNUSED"
		       : w->sort == MTR_SORT_PINS ? "PINS"
						  : "BYTES",
		       SHARE, "SHARE", BLOCKS, "BLOCKS", "CALL TREE");
	mtr_text_colour(w, "0");
	mtr_out_char(w->out, '\n');
	children(&s, r->tree->branches.at, 0);
}
