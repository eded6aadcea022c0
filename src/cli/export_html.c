/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer export --format=html: a page of one target, or of what grew
 * between two.
 *
 * What cannot be known of a target is left out, and the page says why.
 */
#include "cli/command.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "report/name.h"
#include "write/html.h"

/* When it was as it is: now, or when its file was written. */
int64_t mtr_export_time(const struct mtr_heap_view *s)
{
	enum { SECOND = 1000000000 };
	struct timespec now;
	struct stat st;

	if (s->kind == MTR_TARGET_LIVE)
		clock_gettime(CLOCK_REALTIME, &now);
	else if (stat(s->name, &st) == 0)
		now = st.st_mtim;
	else
		return 0;
	return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

static struct mtr_page page_of(const struct mtr_args *args,
			       const struct mtr_heap_view *s)
{
	return (struct mtr_page){
		.out = mtr_output(),
		.s = { [MTR_NEW] = s },
		.time = { [MTR_NEW] = mtr_export_time(s) },
		.value = args->value,
		.short_names = args->names == MTR_NAMES_SHORT,
		.filter = &args->filter,
	};
}

/* ------------------------------------------------------------- of one target
 */

struct one {
	struct mtr_heap_graph g;
	/* why; NULL: it is known */
	char *no_memory, *no_leaks;
	struct mtr_filter filter;
	struct mtr_holders holders;
	struct mtr_profile profile;
	struct mtr_tally functions;
	struct mtr_memory memory;
	struct mtr_leaks leaks;
};

static void one_fini(struct one *v)
{
	mtr_leaks_fini(&v->leaks);
	mtr_memory_fini(&v->memory);
	mtr_tally_fini(&v->functions);
	mtr_profile_fini(&v->profile);
	mtr_holders_fini(&v->holders);
	mtr_filter_fini(&v->filter);
	free(v->no_memory);
	free(v->no_leaks);
	mtr_heap_graph_fini(&v->g);
}

/* Something is not known, for @error. */
static struct mtr_error *note_why(char **why, struct mtr_error *error)
{
	if (!error)
		return NULL;
	*why = strdup(mtr_error_text(error));
	mtr_error_destroy(error);
	return *why ? NULL : mtr_error_nomem();
}

static struct mtr_error *read_graph(const struct mtr_args *args, struct one *v)
{
	const struct mtr_graph_options options = {
		.places = args->value == MTR_VALUE_RETAINED,
	};
	struct mtr_heap_graph *g = &v->g;

	MTR_TRY(mtr_graph_read(g->view.target, &g->view.heap, &options,
			       &g->graph));
	return mtr_lost_find(&g->graph, true, &g->lost);
}

/* The pages before all else: see mtr_stop_and_read. */
static struct mtr_error *read_stopped(const struct mtr_args *args,
				      struct one *v)
{
	struct mtr_heap_graph *g = &v->g;
	struct mtr_target *t = g->view.target;

	MTR_TRY(note_why(&v->no_memory, mtr_target_pages(t, &g->map.pages)));
	MTR_TRY(mtr_heap_view_read(&g->view));
	if (!v->no_memory)
		MTR_TRY(note_why(
			&v->no_memory,
			mtr_regions_find(t, &g->view.heap, &g->map.regions)));
	MTR_TRY(note_why(&v->no_leaks, read_graph(args, v)));
	return mtr_target_resume(t);
}

/* Blocks and names are to be had of a process that runs. */
static struct mtr_error *read_running(struct one *v)
{
	static const char why[] = "the process cannot be stopped to look at it";

	MTR_TRY(note_why(&v->no_memory, mtr_error_create(why)));
	MTR_TRY(note_why(&v->no_leaks, mtr_error_create(why)));
	return mtr_heap_view_read(&v->g.view);
}

static struct mtr_error *read_one(const struct mtr_args *args, struct one *v)
{
	struct mtr_heap_view *s = &v->g.view;
	struct mtr_error *error;

	MTR_TRY(mtr_heap_view_open(args->operands[0], s));
	error = mtr_target_stop(s->target);
	if (error) {
		mtr_error_destroy(error);
		MTR_TRY(read_running(v));
	} else {
		MTR_TRY(read_stopped(args, v));
	}
	return mtr_heap_view_name(s, &args->view);
}

/* What was asked for has to be known. */
static struct mtr_error *require(const char *why_not)
{
	return why_not ? mtr_error_create("%s", why_not) : NULL;
}

static struct mtr_error *make_sums(const struct mtr_args *args, struct one *v)
{
	const struct mtr_heap_view *s = &v->g.view;
	struct mtr_profile_spec profile = { .value = args->value };
	struct mtr_tally_spec functions = {
		.by = MTR_BY_FUNCTION,
		.sort = mtr_value_sort(args->value),
	};

	if (args->value == MTR_VALUE_RETAINED) {
		MTR_TRY(require(v->no_leaks));
		MTR_TRY(mtr_holders_make(s, &v->g.graph, &v->g.lost,
					 &v->holders));
		profile.holders = functions.holders = &v->holders;
	}
	if (args->value == MTR_VALUE_PINS) {
		MTR_TRY(require(v->no_memory));
		MTR_TRY(mtr_memory_pins(s, &v->g.map));
		profile.map = functions.map = &v->g.map;
	}
	MTR_TRY(mtr_profile_make(s, &v->filter, &profile, &v->profile));
	return mtr_tally_make_as(s, &v->filter, &functions, &v->functions);
}

static struct mtr_error *write_one(const struct mtr_args *args, struct one *v)
{
	const struct mtr_heap_view *s = &v->g.view;
	struct mtr_page page = page_of(args, s);

	MTR_TRY(mtr_filter_init(s, &args->filter, &v->filter));
	MTR_TRY(make_sums(args, v));
	page.profile = &v->profile;
	page.functions = &v->functions;
	page.no_memory = v->no_memory;
	page.no_leaks = v->no_leaks;
	if (!v->no_memory) {
		MTR_TRY(mtr_memory_make(s, &v->g.map, &v->memory));
		page.memory = &v->memory;
	}
	if (!v->no_leaks) {
		MTR_TRY(mtr_leaks_make(s, &v->g.lost, &v->g.graph.roots,
				       &v->filter, NULL, &v->leaks));
		page.leaks = &v->leaks;
	}
	return mtr_write_html(&page);
}

static int export_one(const struct mtr_args *args)
{
	mtr_cleanup(one_fini) struct one v = { 0 };
	struct mtr_error *error;

	mtr_progress_begin(args->operands[0]);
	error = read_one(args, &v);
	mtr_progress_end();
	if (!error)
		error = write_one(args, &v);
	return error ? mtr_fail(args->operands[0], error) : mtr_output_finish();
}

/* --------------------------------------------------------------- of a diff */

struct two {
	struct mtr_heap_view s[MTR_SIDES];
	struct mtr_filter filter[MTR_SIDES];
	struct mtr_diff stacks, functions;
};

static void two_fini(struct two *v)
{
	mtr_diff_fini(&v->functions);
	mtr_diff_fini(&v->stacks);
	for (int i = 0; i < MTR_SIDES; i++) {
		mtr_filter_fini(&v->filter[i]);
		mtr_heap_view_fini(&v->s[i]);
	}
}

static int read_two(const struct mtr_args *args, struct two *v)
{
	struct mtr_args one = *args;
	int status = MTR_EXIT_DONE;

	for (int i = 0; i < MTR_SIDES && status == MTR_EXIT_DONE; i++) {
		one.operands = args->operands + i;
		one.view = i == MTR_OLD ? mtr_old_view(args) : args->view;
		status = mtr_read_target(&one, false, &v->s[i]);
	}
	return status;
}

static struct mtr_error *make_diff(const struct mtr_args *args, struct two *v,
				   enum mtr_by by, struct mtr_diff *ret)
{
	struct mtr_diff_side sides[MTR_SIDES];

	for (int i = 0; i < MTR_SIDES; i++)
		sides[i] = (struct mtr_diff_side){
			.s = &v->s[i],
			.filter = &v->filter[i],
			.spec = { .by = by,
				  .sort = mtr_value_sort(args->value) },
		};
	return mtr_diff_make(sides, ret);
}

static struct mtr_error *write_two(const struct mtr_args *args, struct two *v)
{
	struct mtr_page page = page_of(args, &v->s[MTR_NEW]);

	for (int i = 0; i < MTR_SIDES; i++)
		MTR_TRY(mtr_filter_init(&v->s[i], &args->filter,
					&v->filter[i]));
	MTR_TRY(make_diff(args, v, MTR_BY_STACK, &v->stacks));
	MTR_TRY(make_diff(args, v, MTR_BY_FUNCTION, &v->functions));
	page.s[MTR_OLD] = &v->s[MTR_OLD];
	page.time[MTR_OLD] = mtr_export_time(&v->s[MTR_OLD]);
	page.stacks_diff = &v->stacks;
	page.functions_diff = &v->functions;
	return mtr_write_html(&page);
}

static int export_two(const struct mtr_args *args)
{
	mtr_cleanup(two_fini) struct two v = { 0 };
	struct mtr_error *error;
	int status;

	if (args->value == MTR_VALUE_RETAINED ||
	    args->value == MTR_VALUE_PINS) {
		mtr_say("--value=%s: of what blocks keep there is no growth",
			mtr_value_name(args->value));
		return MTR_EXIT_USAGE;
	}
	status = read_two(args, &v);
	if (status != MTR_EXIT_DONE)
		return status;
	error = write_two(args, &v);
	return error ? mtr_fail(args->operands[MTR_NEW], error)
		     : mtr_output_finish();
}

int mtr_export_html(const struct mtr_args *args)
{
	return args->operands[1] ? export_two(args) : export_one(args);
}
