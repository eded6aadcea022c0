/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer export: files that other tools read.
 *
 * A format is a row of the table: who writes it, and what that has to be given.
 */
#include "cli/command.h"

#include "write/export.h"

enum {
	NEEDS_PROFILE = 1 << 0,	    /* sums by stack */
	NEEDS_GENERATIONS = 1 << 1, /* and by generation */
	NEEDS_GRAPH = 1 << 2,	    /* what refers to what, and types */
	IS_BINARY = 1 << 3,	    /* nothing for a terminal */
	HAS_ALL = 1 << 4,	    /* blocks, whatever is asked for */
};

struct export_format {
	mtr_export_fn *write; /* NULL: it is a report */
	unsigned flags;
};

static const struct export_format formats[MTR_FORMAT_COUNT] = {
	[MTR_FORMAT_FOLDED] = { mtr_export_folded, NEEDS_PROFILE },
	[MTR_FORMAT_PPROF] = { mtr_export_pprof,
			       NEEDS_PROFILE | NEEDS_GENERATIONS | IS_BINARY },
	[MTR_FORMAT_HEAPTRACK] = { mtr_export_heaptrack, NEEDS_PROFILE },
	[MTR_FORMAT_HEAPSNAPSHOT] = { mtr_export_heapsnapshot,
				      NEEDS_GRAPH | HAS_ALL },
};

/* ---------------------------------------------------------------- the reports
 */

/* The same as `report --by=stack`, with all groups. */
static int export_report(const struct mtr_args *args)
{
	struct mtr_args as = *args;

	as.by = MTR_BY_STACK;
	as.sort = mtr_value_sort(args->value);
	as.top = 0;
	return mtr_cmd_report.run(&as);
}

/* ------------------------------------------------------------------ the files
 */

/* All that a format may ask for. */
struct given {
	struct mtr_heap_graph g;
	struct mtr_filter filter;
	struct mtr_holders holders;
	struct mtr_profile profile;
};

static void given_fini(struct given *v)
{
	mtr_profile_fini(&v->profile);
	mtr_holders_fini(&v->holders);
	mtr_filter_fini(&v->filter);
	mtr_heap_graph_fini(&v->g);
}

static int read_target(const struct mtr_args *args, unsigned flags,
		       struct given *ret)
{
	const struct mtr_graph_options options = { .places = true };
	struct mtr_args as = *args;

	as.view.types = flags & NEEDS_GRAPH;
	if (flags & NEEDS_GRAPH || args->value == MTR_VALUE_RETAINED)
		return mtr_read_graph(&as, &options, false, &ret->g);
	if (args->value == MTR_VALUE_PINS)
		return mtr_read_pages(&as, false, &ret->g);
	return mtr_read_target(&as, false, &ret->g.view);
}

static struct mtr_error *make_profile(const struct mtr_args *args,
				      unsigned flags, struct given *v)
{
	struct mtr_profile_spec spec = {
		.value = args->value,
		.generations = flags & NEEDS_GENERATIONS,
	};

	if (args->value == MTR_VALUE_RETAINED) {
		MTR_TRY(mtr_holders_make(&v->g.view, &v->g.graph, &v->g.lost,
					 &v->holders));
		spec.holders = &v->holders;
	}
	if (args->value == MTR_VALUE_PINS) {
		MTR_TRY(mtr_memory_pins(&v->g.view, &v->g.map));
		spec.map = &v->g.map;
	}
	return mtr_profile_make(&v->g.view, &v->filter, &spec, &v->profile);
}

static struct mtr_error *write_file(const struct mtr_args *args,
				    const struct export_format *format,
				    struct given *v)
{
	const struct mtr_heap_view *s = &v->g.view;
	const struct mtr_export e = {
		.out = mtr_output(),
		.s = s,
		.value = args->value,
		.short_names = args->names == MTR_NAMES_SHORT,
		.time = mtr_export_time(s),
		.filter = &v->filter,
		.profile = &v->profile,
		.graph = &v->g.graph,
		.holders = &v->holders,
	};

	MTR_TRY(mtr_filter_init(s, &args->filter, &v->filter));
	if (format->flags & NEEDS_PROFILE)
		MTR_TRY(make_profile(args, format->flags, v));
	if (format->flags & NEEDS_GRAPH)
		MTR_TRY(mtr_holders_list(s, &v->g.graph, &v->g.lost,
					 &v->holders));
	return format->write(&e);
}

static int export_file(const struct mtr_args *args,
		       const struct export_format *format)
{
	mtr_cleanup(given_fini) struct given v = { 0 };
	int status = read_target(args, format->flags, &v);
	struct mtr_error *error;

	if (status != MTR_EXIT_DONE)
		return status;
	mtr_say_warnings(&v.g.view);
	error = write_file(args, format, &v);
	if (error)
		return mtr_fail(v.g.view.name, error);
	return mtr_output_finish();
}

/* ------------------------------------------------------------------ the
 * command
 */

static bool is_all(const struct mtr_filter_spec *f)
{
	const struct mtr_filter_spec all = MTR_FILTER_ALL_INIT;

	return !f->function && !f->module && f->min_size == all.min_size &&
	       f->max_size == all.max_size && f->first == all.first &&
	       f->last == all.last;
}

static bool is_possible(const struct mtr_args *args, unsigned flags)
{
	if (!(flags & HAS_ALL))
		return true;
	if (!is_all(&args->filter)) {
		mtr_say("this format has all blocks: it takes no filters");
		return false;
	}
	if (args->value != MTR_VALUE_BYTES) {
		mtr_say("this format has the blocks themselves: it takes no "
			"--value");
		return false;
	}
	return true;
}

/* Of two targets there is a page alone. */
static bool is_one(const struct mtr_args *args)
{
	if (!args->operands[1] || args->format == MTR_FORMAT_HTML)
		return true;
	mtr_say("unexpected argument '%s': this format is of one target; what "
		"grew between two is in --format=html and in diff",
		args->operands[1]);
	return false;
}

static int export_any(const struct mtr_args *args)
{
	const struct export_format *format = &formats[args->format];

	if (args->format == MTR_FORMAT_HTML)
		return mtr_export_html(args);
	return format->write ? export_file(args, format) : export_report(args);
}

static int export(const struct mtr_args *args)
{
	const struct export_format *format = &formats[args->format];
	int status;

	if (!is_one(args) || !is_possible(args, format->flags))
		return MTR_EXIT_USAGE;
	status = mtr_output_open(args->output, format->flags & IS_BINARY);
	if (status != MTR_EXIT_DONE)
		return status;
	return mtr_output_close(export_any(args));
}

const struct mtr_command mtr_cmd_export = {
	.name = "export",
	.operands = "TARGET | OLD NEW",
	.summary = "Write a page for a browser, or a file that another tool "
		   "reads: flame graphs, pprof, heaptrack, DevTools",
	.about = "\nOLD NEW, what grew between two, is for --format=html.\n",
	.takes = MTR_TAKES_FORMAT | MTR_TAKES_OUTPUT | MTR_TAKES_VALUE |
		 MTR_TAKES_FILTERS | MTR_TAKES_NAMES,
	.formats = 1 << MTR_FORMAT_FOLDED | 1 << MTR_FORMAT_PPROF |
		   1 << MTR_FORMAT_HEAPTRACK | 1 << MTR_FORMAT_HEAPSNAPSHOT |
		   1 << MTR_FORMAT_HTML | 1 << MTR_FORMAT_CSV |
		   1 << MTR_FORMAT_JSON,
	.least = 1,
	.most = 2,
	.run = export,
};
