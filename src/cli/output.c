/* SPDX-License-Identifier: MIT */
/*
 * What all commands do alike: read a target, say what is wrong, write out.
 */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

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

/* ---------------------------------------------------------------- answers */

static struct mtr_out out;

/* Where answers go; a file has another name until all is written. */
static int out_fd = STDOUT_FILENO;
static const char *out_name = "standard output";
static char *out_whole, *out_begun; /* names; NULL: there is none */

static int take(void *to, const char *bytes, size_t n)
{
	(void)to;
	while (n) {
		ssize_t done = write(out_fd, bytes, n);

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

	out.take = take;
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
static int failed(int code)
{
	if (code != EPIPE)
		mtr_say("%s: %s", out_name, strerror(code));
	return MTR_EXIT_FAILED;
}

int mtr_writer_finish(struct mtr_writer *w)
{
	int status = mtr_output_finish();

	mtr_writer_fini(w);
	return status;
}

int mtr_stdout_finish(void)
{
	return fflush(stdout) ? failed(errno) : MTR_EXIT_DONE;
}

struct mtr_out *mtr_output(void)
{
	out.take = take;
	return &out;
}

int mtr_output_finish(void)
{
	mtr_out_flush(&out);
	return out.error ? failed(out.error) : MTR_EXIT_DONE;
}

/* ------------------------------------------------------------------- files */

static void end_file(int number)
{
	if (out_begun)
		unlink(out_begun);
	raise(number);
}

/* Where a signal ends us the file does not stay either. */
static void watch_signals(void)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM };
	const struct sigaction ours = { .sa_handler = end_file,
					.sa_flags = (int)SA_RESETHAND };
	struct sigaction before;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (sigaction(numbers[i], NULL, &before) == 0 &&
		    before.sa_handler == SIG_DFL)
			sigaction(numbers[i], &ours, NULL);
}

void mtr_fail_when_too_large(void)
{
	signal(SIGXFSZ, SIG_IGN);
}

/* Beside the file that is meant, for it takes its place. */
static int open_beside(const char *file)
{
	mode_t mask = umask(0);

	umask(mask);
	/* a link stays one */
	out_whole = realpath(file, NULL);
	if (!out_whole)
		out_whole = strdup(file);
	if (!out_whole || asprintf(&out_begun, "%s.XXXXXX", out_whole) < 0) {
		out_begun = NULL;
		errno = ENOMEM;
		return -1;
	}
	watch_signals();
	mtr_fail_when_too_large();
	out_fd = mkostemp(out_begun, O_CLOEXEC);
	if (out_fd >= 0)
		(void)fchmod(out_fd, 0666 & ~mask);
	return out_fd;
}

/* A terminal, a pipe and a device are what they are. */
static int open_file(const char *file)
{
	struct stat st;

	out_name = file;
	if (stat(file, &st) == 0 && !S_ISREG(st.st_mode)) {
		out_fd = open(file, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return out_fd;
	}
	if (access(file, W_OK) && errno != ENOENT)
		return -1;
	return open_beside(file);
}

static void forget(void)
{
	free(out_whole);
	free(out_begun);
	out_whole = out_begun = NULL;
	out_fd = STDOUT_FILENO;
	out_name = "standard output";
}

int mtr_output_open(const char *file, bool binary)
{
	if (file && open_file(file) < 0) {
		failed(errno);
		forget();
		return MTR_EXIT_FAILED;
	}
	if (binary && isatty(out_fd)) {
		mtr_say("%s: this format is nothing for a terminal; give a "
			"file with -o, or a pipe",
			out_name);
		mtr_output_close(MTR_EXIT_USAGE);
		return MTR_EXIT_USAGE;
	}
	return MTR_EXIT_DONE;
}

int mtr_output_close(int status)
{
	if (out_fd == STDOUT_FILENO)
		return status;
	if (close(out_fd) && status == MTR_EXIT_DONE)
		status = failed(errno);
	if (out_begun && status == MTR_EXIT_DONE &&
	    rename(out_begun, out_whole))
		status = failed(errno);
	if (out_begun && status != MTR_EXIT_DONE)
		unlink(out_begun);
	forget();
	return status;
}
