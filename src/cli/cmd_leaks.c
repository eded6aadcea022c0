/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer leaks: the live blocks that nothing leads to any more.
 */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/strbuf.h"

/* --------------------------------------------------------- suppressions */

static struct mtr_error *file_read(const char *path, struct mtr_strbuf *ret)
{
	/* of a pipe there may be as much as anybody likes */
	enum { MOST = 16 << 20 };
	mtr_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char piece[4096];
	ssize_t n;

	if (fd < 0)
		return mtr_error_errno(errno, "%s", path);
	while ((n = read(fd, piece, sizeof(piece))) > 0 && ret->len <= MOST)
		mtr_strbuf_add_bytes(ret, piece, n);
	if (n < 0)
		return mtr_error_errno(errno, "%s", path);
	if (ret->len > MOST)
		return mtr_error_create("%s: it is too large", path);
	return ret->failed ? mtr_error_nomem() : NULL;
}

static struct mtr_error *suppressions_read(const char *path,
					   struct mtr_suppressions *ret)
{
	mtr_cleanup(mtr_strbuf_fini) struct mtr_strbuf text = { 0 };
	struct mtr_error *error;

	if (!path)
		return NULL;
	MTR_TRY(file_read(path, &text));
	error = mtr_suppressions_parse(mtr_strbuf_text(&text), text.len, ret);
	return error ? mtr_error_prefix(error, "%s", path) : NULL;
}

/* ---------------------------------------------------------------- answer */

static struct mtr_error *make(const struct mtr_args *args,
			      const struct mtr_heap_graph *f,
			      struct mtr_suppressions *suppressions,
			      struct mtr_leaks *ret)
{
	mtr_auto_filter struct mtr_filter filter = { 0 };

	MTR_TRY(mtr_filter_init(&f->view, &args->filter, &filter));
	return mtr_leaks_make(&f->view, &f->lost, &f->graph.roots, &filter,
			      suppressions->text ? suppressions : NULL, ret);
}

static int answer(const struct mtr_args *args, const struct mtr_heap_graph *f,
		  const struct mtr_leaks *l)
{
	struct mtr_writer w;
	int status;

	if (args->format == MTR_FORMAT_CSV || args->blocks)
		mtr_say_warnings(&f->view);
	mtr_writer_init(&w, args, &f->view);
	if (args->blocks)
		w.ops->lost(&w, l);
	else
		w.ops->leaks(&w, l);
	status = mtr_writer_finish(&w);
	if (status == MTR_EXIT_DONE &&
	    (l->definite.blocks + l->indirect.blocks))
		status = (int)args->error_exitcode;
	return status;
}

static int leaks(const struct mtr_args *args)
{
	mtr_cleanup(
		mtr_suppressions_fini) struct mtr_suppressions suppressions = {
		0
	};
	mtr_auto_heap_graph struct mtr_heap_graph f = { 0 };
	const struct mtr_graph_options options = {
		.start_only = args->start_only,
	};
	mtr_auto_leaks struct mtr_leaks l = { 0 };
	struct mtr_error *error;
	int status;

	/* before a process is stopped for nothing */
	error = suppressions_read(args->suppressions, &suppressions);
	if (error)
		return mtr_fail("--suppressions", error);
	status = mtr_read_graph(args, &options, true, &f);
	if (status != MTR_EXIT_DONE)
		return status;
	error = make(args, &f, &suppressions, &l);
	if (error)
		return mtr_fail(args->operands[0], error);
	return answer(args, &f, &l);
}

const struct mtr_command mtr_cmd_leaks = {
	.name = "leaks",
	.operands = "TARGET",
	.summary = "The live blocks that nothing points to any more",
	.about = "\nA process is stopped while its memory is read.\n",
	.takes = MTR_TAKES_BLOCKS | MTR_TAKES_LEAKS | MTR_TAKES_FILTERS |
		 MTR_TAKES_NAMES | MTR_TAKES_JSON | MTR_TAKES_FORMAT,
	.formats = 1 << MTR_FORMAT_TEXT | 1 << MTR_FORMAT_JSON |
		   1 << MTR_FORMAT_CSV,
	.least = 1,
	.most = 1,
	.run = leaks,
};
