/* SPDX-License-Identifier: MIT */
/*
 * Where the memory is, for people: a line for each class, and below it the
 * largest parts of those that have names.
 */
#include "write/text_words.h"

enum { SIZE = MTR_TEXT_SIZE, SHARE = MTR_TEXT_SHARE, BAR = 12, WORD = 12 };

static const struct {
	const char *word, *what;
} lines[MTR_MEMORY_KEYS] = {
	[MTR_MEMORY_REQUESTED] = { "requested", "by live blocks" },
	[MTR_MEMORY_UNUSED] = { "unused", "slack, and malloc's headers" },
	[MTR_MEMORY_RECORDS] = { "records", "the tracer's, in blocks" },
	[MTR_MEMORY_FREE_PINNED] = { "free, pinned",
				     "by blocks: report --sort=pins" },
	[MTR_MEMORY_FREE_PAGES] = { "free pages", "of the heap" },
	[MTR_MEMORY_TRACER] = { "tracer", "the library's tables" },
	[MTR_MEMORY_DATA] = { "data", "variables of modules" },
	[MTR_MEMORY_FILES] = { "files", "mapped" },
	[MTR_MEMORY_STACKS] = { "stacks", "of threads" },
	[MTR_MEMORY_OTHER] = { "other", "memory, anonymous or shared" },
};

static const char *const besides[MTR_BESIDE_KEYS] = {
	[MTR_BESIDE_UNTOUCHED] = "requested, and not in memory",
	[MTR_BESIDE_UNDUMPED] =
		"writable, not in the core: untouched, or left out",
	[MTR_BESIDE_SWAPPED] = "swapped out",
	[MTR_BESIDE_HUGE] = "of it in transparent huge pages",
	[MTR_BESIDE_HUGE_TLB] = "in huge pages of the system's pool",
};

static const char *doubt(enum mtr_pages_doubt doubt)
{
	switch (doubt) {
	case MTR_PAGES_SCALED:
		return "about: the kernel counts more or fewer pages than "
		       "it lists";
	case MTR_PAGES_COPIED:
		return "about: the kernel did not write this core, or it was "
		       "copied; what is not all zero counts";
	case MTR_PAGES_UNDUMPED:
		return "about: not all that is writable is in the core";
	case MTR_PAGES_CUT:
		return "about: the core is cut off";
	default:
		return "exact";
	}
}

static void head(struct mtr_writer *w, const struct mtr_memory *m)
{
	static const struct mtr_resident unknown;
	static const struct mtr_sum none;

	mtr_text_target(w, &unknown, &none);
	mtr_text_label(w, "resident");
	mtr_text_bytes(w, m->resident);
	mtr_out_text(w->out, ", ");
	mtr_out_text(w->out, doubt(m->doubt));
	mtr_out_char(w->out, '\n');
	if (mtr_heap_view_is_core(w->s)) {
		mtr_text_label(w, "not in it");
		mtr_out_text(w->out,
			     "pages of files that nobody wrote to, unless "
			     "they have variables\n");
	}
	mtr_text_health(w);
	mtr_out_char(w->out, '\n');
}

/* Narrow terminals have no room for it. */
static int bar_columns(const struct mtr_writer *w)
{
	enum { NARROW = 60 };

	return w->width && w->width < NARROW ? 0 : BAR;
}

/* What is left of a line, if there is room for any text; 0: there is no end. */
static bool left(const struct mtr_writer *w, int used, int *ret)
{
	enum { LEAST = 4 };

	*ret = w->width ? w->width - used : 0;
	return !w->width || *ret >= LEAST;
}

static void bar(struct mtr_writer *w, unsigned share)
{
	unsigned columns = bar_columns(w), n = (share * columns + 500) / 1000;

	mtr_text_colour(w, "36");
	for (unsigned i = 0; i < columns; i++)
		mtr_out_char(w->out, i < n ? '#' : ' ');
	mtr_text_colour(w, "0");
}

static void numbers(struct mtr_writer *w, uint64_t bytes, uint64_t whole)
{
	unsigned share = mtr_text_share(bytes, whole);

	mtr_text_size(w, bytes, SIZE);
	mtr_out_printf(w->out, "%*u.%u%% ", SHARE - 3, share / 10, share % 10);
}

static void largest(struct mtr_writer *w, const struct mtr_memory *m,
		    const struct mtr_memory_parts *v)
{
	enum { SHOWN = 4 };
	int indent = SIZE + SHARE + 1 + bar_columns(w) + 1, columns;

	if (!left(w, indent + SIZE + 2, &columns))
		return;
	for (size_t i = 0; i < v->n && i < SHOWN; i++) {
		/* what says nothing: less than a thousandth */
		if (!mtr_text_share(v->at[i].bytes, m->resident))
			return;
		mtr_text_spaces(w, indent);
		mtr_text_size(w, v->at[i].bytes, SIZE);
		mtr_out_text(w->out, "  ");
		mtr_text_fit(w, v->at[i].name, columns, MTR_CUT_START);
		mtr_out_char(w->out, '\n');
	}
}

static void class_line(struct mtr_writer *w, const struct mtr_memory *m, int i)
{
	uint64_t bytes = m->classes[i].bytes;
	int columns;

	numbers(w, bytes, m->resident);
	bar(w, mtr_text_share(bytes, m->resident));
	if (left(w, SIZE + SHARE + bar_columns(w) + WORD + 4, &columns)) {
		mtr_out_printf(w->out, " %-*s  ", WORD, lines[i].word);
		mtr_text_fit(w, lines[i].what, columns, MTR_CUT_END);
	} else {
		mtr_out_printf(w->out, " %s", lines[i].word);
	}
	mtr_out_char(w->out, '\n');
	largest(w, m, &m->classes[i].largest);
}

void mtr_text_memory(struct mtr_writer *w, const struct mtr_memory *m)
{
	head(w, m);
	mtr_text_colour(w, "1");
	mtr_out_printf(w->out, "%*s%*s %*s %s", SIZE, "BYTES", SHARE, "SHARE",
		       bar_columns(w), "", "CLASS");
	mtr_text_colour(w, "0");
	mtr_out_char(w->out, '\n');
	for (int i = 0; i < MTR_MEMORY_KEYS; i++)
		class_line(w, m, i);
	numbers(w, m->resident, m->resident);
	mtr_text_spaces(w, bar_columns(w) + 1);
	mtr_out_text(w->out, "resident\n\n");
	for (int i = 0; i < MTR_BESIDE_KEYS; i++) {
		/* no process need know of swap or huge pages */
		if (!m->beside[i].bytes && i != MTR_BESIDE_UNTOUCHED)
			continue;
		mtr_text_size(w, m->beside[i].bytes, SIZE);
		mtr_out_text(w->out, "  ");
		mtr_out_text(w->out, besides[i]);
		mtr_out_char(w->out, '\n');
	}
}
