/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer top: a process's table of who has how much, each second anew.
 */
#include "cli/command.h"

#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "cli/screen.h"
#include "report/name.h"

enum { PERIOD = 1, LINES_ABOVE = 5 };

/* By a class all blocks have to be looked into: not unasked. */
static const enum mtr_by turns[] = {
	MTR_BY_FUNCTION, MTR_BY_MODULE, MTR_BY_CALLER,	   MTR_BY_LINE,
	MTR_BY_STACK,	 MTR_BY_SIZE,	MTR_BY_GENERATION, MTR_BY_TYPE,
};

enum { TURNS = sizeof(turns) / sizeof(*turns) };

struct top {
	const struct mtr_args *args;
	struct mtr_heap_view_options view;
	struct mtr_heap_view s; /* of the last reading */
	struct mtr_watch watch;
	enum mtr_by by;
	enum mtr_watch_sort sort;
	bool on_screen;
	int pidfd;	   /* readable when the process ends; -1: none */
	bool shown;	   /* a table */
	const char *ended; /* why it is over; NULL: it goes on */
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---------------------------------------------------------------- reading */

static struct mtr_error *open_view(struct top *t, struct mtr_heap_view *ret)
{
	MTR_TRY(mtr_heap_view_open(t->args->operands[0], ret));
	if (ret->kind != MTR_TARGET_LIVE)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "only a live process can be watched; "
				       "`diff` compares two targets");
	return NULL;
}

/* The number may be another process's by now. */
static bool is_same(const struct mtr_heap_view *a,
		    const struct mtr_heap_view *b)
{
	return !a->start_known || !b->start_known ||
	       memcmp(a->start, b->start, sizeof(a->start)) == 0;
}

static struct mtr_error *take_reading(struct top *t)
{
	mtr_auto_filter struct mtr_filter filter = { 0 };

	MTR_TRY(mtr_filter_init(&t->s, &t->args->filter, &filter));
	return mtr_watch_read(&t->watch, &t->s, &filter, t->by, seconds());
}

static struct mtr_error *read_first(struct top *t)
{
	MTR_TRY(open_view(t, &t->s));
	t->pidfd = (int)syscall(SYS_pidfd_open, t->s.pid, 0);
	MTR_TRY(mtr_heap_view_read(&t->s));
	MTR_TRY(mtr_heap_view_name(&t->s, &t->view));
	return take_reading(t);
}

/* *@fresh takes the place of the last view, with its symbols. */
static struct mtr_error *read_again(struct top *t, struct mtr_heap_view *fresh)
{
	MTR_TRY(open_view(t, fresh));
	if (!is_same(&t->s, fresh)) {
		t->ended = "the process runs another program now";
		return NULL;
	}
	MTR_TRY(mtr_heap_view_read(fresh));
	MTR_TRY(mtr_heap_view_name_again(fresh, &t->s, &t->view));
	return NULL;
}

/* What an ending process gives is no reading. Without a descriptor of it only
 * what went wrong can tell; NULL: nothing did. */
static bool has_ended(struct top *t, const struct mtr_error *error)
{
	struct pollfd of = { .fd = t->pidfd, .events = POLLIN };
	enum mtr_error_code code;

	if (t->pidfd >= 0)
		return poll(&of, 1, 0) > 0;
	code = error ? mtr_error_code(error) : MTR_ERROR_OTHER;
	return code == MTR_ERROR_GONE || code == MTR_ERROR_NOT_FOUND;
}

static struct mtr_error *read_next(struct top *t)
{
	struct mtr_heap_view fresh = { 0 };
	struct mtr_error *error = read_again(t, &fresh);

	if (has_ended(t, error)) {
		mtr_error_destroy(error);
		error = NULL;
		t->ended = "the process has ended";
	}
	if (error || t->ended) {
		/* names are in the table that was shown last */
		if (!t->s.symbols)
			t->s.symbols = mtr_take(fresh.symbols);
		mtr_heap_view_fini(&fresh);
		return error;
	}
	mtr_heap_view_fini(&t->s);
	t->s = fresh;
	return take_reading(t);
}

/* ---------------------------------------------------------------- showing */

static int take_text(void *to, const char *bytes, size_t n)
{
	mtr_strbuf_add_bytes(to, bytes, n);
	return 0;
}

static size_t rows_shown(const struct top *t, int rows)
{
	size_t most =
		t->args->top == UINT64_MAX ? mtr_top(t->args) : t->args->top;
	size_t room = rows > LINES_ABOVE ? (size_t)(rows - LINES_ABOVE) : 0;

	if (!t->on_screen)
		return most ? most : SIZE_MAX;
	return t->args->top != UINT64_MAX && most && most < room ? most : room;
}

static void write_top(struct top *t, const struct mtr_watch_rows *rows,
		      int columns, int lines, struct mtr_writer *w)
{
	const struct mtr_top answer = {
		.watch = &t->watch,
		.rows = rows,
		.by = t->by,
		.sort = t->sort,
		.shown = rows_shown(t, lines),
		.keys = t->on_screen ? "   [s]ort [g]roup [m]ark [q]uit" : NULL,
	};

	w->width = t->on_screen ? columns : w->width;
	w->ops->top(w, &answer);
}

static struct mtr_error *show(struct top *t)
{
	mtr_cleanup(mtr_strbuf_fini) struct mtr_strbuf text = { 0 };
	struct mtr_watch_rows rows = { 0 };
	struct mtr_writer w;
	int columns, lines;

	MTR_TRY(mtr_watch_rows(&t->watch, t->by, t->sort, &rows));
	mtr_screen_size(&columns, &lines);
	mtr_writer_init(&w, t->args, &t->s);
	if (t->on_screen) {
		w.out->take = take_text;
		w.out->to = &text;
	} else if (t->shown) {
		mtr_out_char(w.out, '\n');
	}
	write_top(t, &rows, columns, lines, &w);
	mtr_out_flush(w.out);
	mtr_writer_fini(&w);
	mtr_watch_rows_fini(&rows);
	if (t->on_screen)
		mtr_screen_show(mtr_strbuf_text(&text));
	t->shown = true;
	return w.out->error ? mtr_error_errno(w.out->error, "standard output")
			    : NULL;
}

/* ------------------------------------------------------------------- keys */

static struct mtr_error *turn(struct top *t)
{
	mtr_auto_filter struct mtr_filter filter = { 0 };
	int i = 0;

	while (turns[i] != t->by)
		i++;
	do
		i = (i + 1) % TURNS;
	while (!(t->watch.keys & 1U << turns[i]));
	t->by = turns[i];
	MTR_TRY(mtr_filter_init(&t->s, &t->args->filter, &filter));
	return mtr_watch_turn_to(&t->watch, &t->s, &filter, t->by);
}

static struct mtr_error *mark(struct top *t)
{
	mtr_auto_filter struct mtr_filter filter = { 0 };

	MTR_TRY(mtr_filter_init(&t->s, &t->args->filter, &filter));
	return mtr_watch_mark(&t->watch, &t->s, &filter);
}

static struct mtr_error *press(struct top *t, int key)
{
	switch (key) {
	case 's':
		t->sort = (t->sort + 1) % MTR_WATCH_SORTS;
		return show(t);
	case 'g':
		MTR_TRY(turn(t));
		return show(t);
	case 'm':
		MTR_TRY(mark(t));
		return show(t);
	case 'q':
	case MTR_KEY_GONE:
		t->ended = "";
		return NULL;
	case MTR_KEY_FD:
		t->ended = "the process has ended";
		return NULL;
	case MTR_KEY_RESIZED:
		return t->on_screen ? show(t) : NULL;
	default:
		return NULL;
	}
}

/* ------------------------------------------------------------- the whole */

/* A reading that takes long is followed by a rest that is as long. */
static struct mtr_error *rest(struct top *t, double began)
{
	double read = seconds(), next = began + PERIOD;

	if (next < read + (read - began))
		next = read + (read - began);
	while (!t->ended) {
		int key = mtr_screen_wait(t->pidfd, next - seconds());

		if (key == MTR_KEY_NONE)
			break;
		MTR_TRY(press(t, key));
	}
	return NULL;
}

static struct mtr_error *watch(struct top *t)
{
	double began = seconds();

	MTR_TRY(show(t));
	while (!t->args->count || t->watch.turn < t->args->count) {
		MTR_TRY(rest(t, began));
		if (t->ended)
			break;
		began = seconds();
		MTR_TRY(read_next(t));
		if (t->ended)
			break;
		MTR_TRY(show(t));
	}
	return NULL;
}

static unsigned keys(const struct mtr_args *args)
{
	unsigned all = 0;

	for (int i = 0; i < TURNS; i++)
		all |= 1U << turns[i];
	return args->by == MTR_BY_TYPE ? all : all & ~(1U << MTR_BY_TYPE);
}

static int top(const struct mtr_args *args)
{
	struct top t = {
		.args = args,
		.view = args->view,
		.by = args->by,
		.sort = args->sort == MTR_SORT_BLOCKS ? MTR_WATCH_BLOCKS
						      : MTR_WATCH_BYTES,
		.watch = { .keys = keys(args) },
		.pidfd = -1,
	};
	struct mtr_error *error;

	if (args->by == MTR_BY_ROOT || args->sort == MTR_SORT_RETAINED ||
	    args->sort == MTR_SORT_PINS) {
		mtr_say("--by=root, --sort=retained and --sort=pins need the "
			"process stopped: use `report` for them");
		return MTR_EXIT_USAGE;
	}
	mtr_progress_begin(args->operands[0]);
	error = read_first(&t);
	mtr_progress_end();
	if (!error) {
		t.on_screen = mtr_screen_begin();
		error = watch(&t);
		mtr_screen_end();
	}
	mtr_watch_fini(&t.watch);
	mtr_heap_view_fini(&t.s);
	if (t.pidfd >= 0)
		close(t.pidfd);
	if (error)
		return mtr_fail(args->operands[0], error);
	if (t.ended && *t.ended)
		mtr_say("%s: %s", args->operands[0], t.ended);
	return MTR_EXIT_DONE;
}

const struct mtr_command mtr_cmd_top = {
	.name = "top",
	.operands = "PID",
	.summary = "Which code has how much in a live process, and how it "
		   "grows",
	.about =
		"\nA table each second, until the process ends; elsewhere than "
		"on a terminal one\nafter the other. Keys: s sorts otherwise, "
		"g "
		"groups otherwise, m lets growth\ncount from now, q quits.\n",
	.takes = MTR_TAKES_GROUPS | MTR_TAKES_FILTERS | MTR_TAKES_NAMES |
		 MTR_TAKES_COUNT,
	.formats = 1 << MTR_FORMAT_TEXT,
	.least = 1,
	.most = 1,
	.run = top,
};
