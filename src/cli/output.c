/* SPDX-License-Identifier: MIT */
/*
 * What all commands do alike: read a target, say what is wrong, write out.
 */
#include "cli/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/strbuf.h"

/* ------------------------------------------------------------- sentences */

/* Names in cores and files may hold what a terminal obeys. */
void mtr_say(const char *format, ...)
{
	mtr_auto_free char *text = NULL;
	struct mtr_strbuf shown = { 0 };
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	mtr_strbuf_add_shown(&shown, text ? text : "out of memory");
	fprintf(stderr, "malloc_tracer: %s\n", mtr_strbuf_text(&shown));
	mtr_strbuf_fini(&shown);
}

int mtr_fail(const char *file, struct mtr_error *error)
{
	mtr_say("%s: %s", file, mtr_error_text(error));
	mtr_error_destroy(error);
	return MTR_EXIT_FAILED;
}

void mtr_say_warnings(const struct mtr_heap_view *s)
{
	for (size_t i = 0; i < s->warnings.n; i++)
		mtr_say("%s: warning: %s", s->name, s->warnings.at[i]);
}

/* ---------------------------------------------------------------- target */

bool mtr_needs_names(const struct mtr_args *args)
{
	return (args->by != MTR_BY_SIZE && args->by != MTR_BY_GENERATION) ||
	       mtr_filter_needs_names(&args->filter);
}

size_t mtr_top(const struct mtr_args *args)
{
	enum { UNASKED = 20 };

	if (args->top != UINT64_MAX)
		return args->top;
	return args->format == MTR_FORMAT_TEXT ? UNASKED : 0;
}

int mtr_read_target(const struct mtr_args *args, bool no_names,
		    struct mtr_heap_view *ret)
{
	struct mtr_heap_view_options options = args->view;
	const char *target = args->operands[0];
	struct mtr_error *error;

	options.no_names = no_names;
	mtr_progress_begin(target);
	error = mtr_heap_view_take(target, &options, ret);
	mtr_progress_end();
	return error ? mtr_fail(target, error) : MTR_EXIT_DONE;
}

/* ------------------------------------------------------- standard output */

static struct mtr_out out;

static int take_stdout(void *to, const char *bytes, size_t n)
{
	(void)to;
	while (n) {
		ssize_t done = write(STDOUT_FILENO, bytes, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno;
		bytes += done;
		n -= done;
	}
	return 0;
}

static int terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < 80)
		return 80;
	return size.ws_col;
}

static bool want_colour(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return !(no && *no) && term && strcmp(term, "dumb") != 0;
}

void mtr_writer_init(struct mtr_writer *w, const struct mtr_args *args,
		     const struct mtr_heap_view *s)
{
	static const struct mtr_writer_ops *const ops[MTR_FORMAT_COUNT] = {
		[MTR_FORMAT_TEXT] = &mtr_write_text,
		[MTR_FORMAT_JSON] = &mtr_write_json,
		[MTR_FORMAT_CSV] = &mtr_write_csv,
		[MTR_FORMAT_CHAP] = &mtr_write_chap,
	};

	out.take = take_stdout;
	*w = (struct mtr_writer){
		.ops = ops[args->format],
		.out = &out,
		.s = s,
		.filter = &args->filter,
		.sort = args->sort,
		.width = terminal_width(),
		.asked_servers = args->view.symbols.debuginfod,
	};
	w->colour = w->width && want_colour();
	w->short_names = args->names == MTR_NAMES_SHORT ||
			 (args->names == MTR_NAMES_DEFAULT && w->width &&
			  args->format == MTR_FORMAT_TEXT);
}

/* A reader that has seen enough is no failure to talk about. */
static int stdout_failed(int code)
{
	if (code != EPIPE)
		mtr_say("standard output: %s", strerror(code));
	return MTR_EXIT_FAILED;
}

int mtr_writer_finish(struct mtr_writer *w)
{
	mtr_out_flush(w->out);
	mtr_writer_fini(w);
	return w->out->error ? stdout_failed(w->out->error) : MTR_EXIT_DONE;
}

int mtr_stdout_finish(void)
{
	return fflush(stdout) ? stdout_failed(errno) : MTR_EXIT_DONE;
}
