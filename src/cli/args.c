/* SPDX-License-Identifier: MIT */
/*
 * Command lines. One table has every option, its help, and who takes it.
 */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "report/name.h"

enum option_id {
	OPT_BY = 256,
	OPT_SORT,
	OPT_TOP,
	OPT_MIN_SIZE,
	OPT_MAX_SIZE,
	OPT_FUNCTION,
	OPT_MODULE,
	OPT_GENERATION,
	OPT_EXE,
	OPT_SYSROOT,
	OPT_DEBUG_DIR,
	OPT_DEBUGINFOD,
	OPT_SKIP,
	OPT_SKIP_MODULE,
	OPT_NAMES,
	OPT_BLOCKS,
	OPT_FREE,
	OPT_SUPPRESSIONS,
	OPT_ERROR_EXITCODE,
	OPT_START_ONLY,
	OPT_COUNT,
	OPT_NO_GRAPH,
	OPT_JSON,
	OPT_FORMAT,
	OPT_VALUE,
	OPT_VERSION,
};

struct option_row {
	unsigned takes; /* MTR_TAKES_*; 0: every command */
	int id;		/* or its letter */
	const char *name, *arg, *help;
	const char *values; /* what is accepted, where the help does not list
			     * it; NULL: made from a table, or anything is */
};

static const struct option_row rows[] = {
	{ MTR_TAKES_TRACE, 's', NULL, "[N]",
	  "record the call stack of each block, N frames deep (default 32)",
	  "a number from 0 to 64, without a space before it" },
	{ MTR_TAKES_TRACE, 'o', NULL, "LIST",
	  "options for the library, such as frees=1,follow=0", NULL },
	{ MTR_TAKES_GROUPS, OPT_BY, "by", "KEY",
	  "function (default), module, caller, line, stack, size, "
	  "generation, type or root",
	  NULL },
	{ MTR_TAKES_GROUPS, OPT_SORT, "sort", "WHAT",
	  "sort by bytes (default), count, unused, retained or pins (free "
	  "heap that cannot be given back)",
	  NULL },
	{ MTR_TAKES_GROUPS, OPT_TOP, "top", "N",
	  "show the N largest groups; 0: all (default: 20 in text, else all)",
	  "a number; 0: all" },
	{ MTR_TAKES_TOP, OPT_TOP, "top", "N",
	  "show N referrers and as many referents; 0: all (default: 10 in "
	  "text, else all)",
	  "a number; 0: all" },
	{ MTR_TAKES_FILTERS, OPT_MIN_SIZE, "min-size", "N",
	  "blocks of at least N requested bytes; K, M, G and T multiply",
	  "a number of bytes, perhaps with K, M, G or T" },
	{ MTR_TAKES_FILTERS, OPT_MAX_SIZE, "max-size", "N",
	  "blocks of at most N requested bytes",
	  "a number of bytes, perhaps with K, M, G or T" },
	{ MTR_TAKES_FILTERS, OPT_FUNCTION, "function", "REGEX",
	  "blocks of functions that match", "an extended regular expression" },
	{ MTR_TAKES_FILTERS, OPT_MODULE, "module", "NAME",
	  "blocks of a program or library, by its name or path", NULL },
	{ MTR_TAKES_FILTERS, OPT_GENERATION, "generation", "N[-[M]]",
	  "blocks allocated since mark N, up to the next; N-M: to mark M + 1; "
	  "N-: to now",
	  "N, N-M or N-, from 0 to 122" },
	{ MTR_TAKES_BLOCKS, OPT_BLOCKS, "blocks", NULL,
	  "every single block, by address, in place of groups", NULL },
	{ MTR_TAKES_FREE, OPT_FREE, "free", NULL,
	  "the free heap, piece by piece, in place of blocks", NULL },
	{ MTR_TAKES_LEAKS, OPT_SUPPRESSIONS, "suppressions", "FILE",
	  "leave out what FILE says, in LeakSanitizer's format", NULL },
	{ MTR_TAKES_LEAKS, OPT_ERROR_EXITCODE, "error-exitcode", "N",
	  "exit with N if anything is lost", "a number from 0 to 255" },
	{ MTR_TAKES_LEAKS, OPT_START_ONLY, "start-only", NULL,
	  "what points into the middle of a block does not hold it", NULL },
	{ MTR_TAKES_COUNT, OPT_COUNT, "count", "N",
	  "end after N tables; 0: with the process (default)",
	  "a number; 0: no end" },
	{ MTR_TAKES_SAVE, 'o', "output", "FILE", "the file to write", NULL },
	{ MTR_TAKES_SAVE, OPT_NO_GRAPH, "no-graph", NULL,
	  "without who refers to whom: a process is not stopped", NULL },
	{ MTR_TAKES_OUTPUT, 'o', "output", "FILE",
	  "write to FILE, and not to standard output", NULL },
	{ MTR_TAKES_VALUE, OPT_VALUE, "value", "WHAT",
	  "what numbers are of: bytes (default), blocks, unused, retained or "
	  "pins",
	  NULL },
	{ MTR_TAKES_FORMAT, OPT_FORMAT, "format", "NAME", NULL, NULL },
	{ MTR_TAKES_JSON, OPT_JSON, "json", NULL, "the same as --format=json",
	  NULL },
	{ MTR_TAKES_NAMES, OPT_EXE, "exe", "FILE",
	  "the program, if it is not where the target says", NULL },
	{ MTR_TAKES_NAMES, OPT_SYSROOT, "sysroot", "DIR",
	  "look for the target's files below DIR", NULL },
	{ MTR_TAKES_NAMES, OPT_DEBUG_DIR, "debug-dir", "DIR",
	  "look for separate debug files in DIR too", NULL },
	{ MTR_TAKES_NAMES, OPT_DEBUGINFOD, "debuginfod", NULL,
	  "ask the servers in DEBUGINFOD_URLS for debug files", NULL },
	{ MTR_TAKES_NAMES, OPT_SKIP, "skip", "REGEX",
	  "functions that match are wrappers: blocks belong to their callers",
	  "an extended regular expression" },
	{ MTR_TAKES_NAMES, OPT_SKIP_MODULE, "skip-module", "NAME",
	  "so are all functions of a program or library; may be repeated",
	  "no more than 32 of them" },
	{ MTR_TAKES_NAMES, OPT_NAMES, "names", "HOW",
	  "short: without template arguments (default on a terminal); full",
	  NULL },
	{ 0, 'h', "help", NULL, "show this help", NULL },
	{ 0, OPT_VERSION, "version", NULL, "show the version", NULL },
};

enum { ROWS = sizeof(rows) / sizeof(*rows) };

static const char *const format_names[MTR_FORMAT_COUNT] = {
	[MTR_FORMAT_TEXT] = "text",
	[MTR_FORMAT_JSON] = "json",
	[MTR_FORMAT_CSV] = "csv",
	[MTR_FORMAT_CHAP] = "chap",
	[MTR_FORMAT_FOLDED] = "folded",
	[MTR_FORMAT_PPROF] = "pprof",
	[MTR_FORMAT_HEAPTRACK] = "heaptrack",
	[MTR_FORMAT_HEAPSNAPSHOT] = "heapsnapshot",
	[MTR_FORMAT_HTML] = "html",
};

static const char *const names_names[] = {
	[MTR_NAMES_SHORT] = "short",
	[MTR_NAMES_FULL] = "full",
};

enum { NAMES = sizeof(names_names) / sizeof(*names_names) };

static bool takes(const struct mtr_command *c, const struct option_row *r)
{
	return !r->takes || c->takes & r->takes;
}

static bool optional(const struct option_row *r)
{
	return r->arg && r->arg[0] == '[';
}

/* ------------------------------------------------------------------ help */

static void help_formats(const struct mtr_command *c)
{
	const char *before = "";

	for (int i = 0; i < MTR_FORMAT_COUNT; i++) {
		if (!(c->formats & 1 << i))
			continue;
		printf("%s%s%s", before, format_names[i],
		       i ? "" : " (default)");
		before = ", ";
	}
	putchar('\n');
}

void mtr_args_help(const struct mtr_command *c)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *r = &rows[i];
		char letter[8] = "", name[32] = "";

		if (!takes(c, r))
			continue;
		if (r->id < OPT_BY)
			snprintf(letter, sizeof(letter), "-%c%s", r->id,
				 r->name       ? ", "
				 : optional(r) ? ""
					       : " ");
		if (r->name)
			snprintf(name, sizeof(name), "--%s%s", r->name,
				 r->arg ? "=" : "");
		printf("  %s%s%s\n      ", letter, name, r->arg ? r->arg : "");
		if (r->help)
			puts(r->help);
		else
			help_formats(c);
	}
}

/* ---------------------------------------------------------------- values */

static bool parse_word(const char *text, const char *const *words, size_t n,
		       int *ret)
{
	for (size_t i = 0; i < n; i++)
		if (words[i] && strcmp(words[i], text) == 0) {
			*ret = (int)i;
			return true;
		}
	return false;
}

/* Decimal digits at *at, and nothing else before them. */
static bool parse_digits(const char **at, uint64_t *ret)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*ret = strtoull(*at, &end, 10);
	*at = end;
	return !errno;
}

static bool parse_number(const char *text, uint64_t *ret)
{
	return parse_digits(&text, ret) && !*text;
}

static bool parse_depth(const char *text, const char **ret)
{
	uint64_t n;

	*ret = text;
	return parse_number(text, &n) && n <= MTR_STACK_DEPTH_MAX;
}

static bool parse_size(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	const char *unit;
	int shift;

	if (!parse_digits(&text, ret))
		return false;
	if (!*text)
		return true;
	unit = strchr(units, *text);
	if (!unit || text[1])
		return false;
	shift = 10 * (int)(unit - units + 1);
	if (*ret > UINT64_MAX >> shift)
		return false;
	*ret <<= shift;
	return true;
}

static bool parse_generations(const char *text, struct mtr_filter_spec *ret)
{
	uint64_t first, last;

	if (!parse_digits(&text, &first) || first > UINT_MAX)
		return false;
	ret->first = ret->last = first;
	if (!*text)
		return true;
	if (*text++ != '-')
		return false;
	ret->last = UINT_MAX;
	if (!*text)
		return true;
	if (!parse_number(text, &last) || last < first || last > UINT_MAX)
		return false;
	ret->last = last;
	return true;
}

static bool parse_regex(const char *text, const char **ret)
{
	regex_t re;

	if (regcomp(&re, text, REG_EXTENDED | REG_NOSUB))
		return false;
	regfree(&re);
	*ret = text;
	return true;
}

/* Which of the words that @name gives is @text? */
static bool parse_named(const char *text, const char *(*name)(unsigned),
			unsigned *ret)
{
	for (*ret = 0; name(*ret); ++*ret)
		if (strcmp(name(*ret), text) == 0)
			return true;
	return false;
}

static bool parse_by(const char *text, struct mtr_args *ret)
{
	unsigned i;

	if (!parse_named(text, mtr_name_by, &i))
		return false;
	ret->by = i;
	ret->view.types = i == MTR_BY_TYPE;
	return true;
}

static bool parse_sort(const char *text, struct mtr_args *ret)
{
	unsigned i;

	/* what it was called in the first place */
	if (strcmp(text, "slack") == 0)
		text = mtr_name_sort(MTR_SORT_SLACK);
	if (!parse_named(text, mtr_name_sort, &i))
		return false;
	ret->sort = i;
	return true;
}

static bool parse_value(const char *text, struct mtr_args *ret)
{
	unsigned i;

	if (!parse_named(text, mtr_value_name, &i))
		return false;
	ret->value = i;
	return true;
}

static bool parse_names(const char *text, struct mtr_args *ret)
{
	int i;

	if (!parse_word(text, names_names, NAMES, &i))
		return false;
	ret->names = i;
	return true;
}

static bool add_skip_module(const char *text, struct mtr_args *ret)
{
	struct mtr_strings *v = &ret->view.skip_modules;

	if (v->n == MTR_SKIP_MODULES)
		return false;
	v->at = ret->skip_modules;
	v->at[v->n++] = (char *)text;
	return true;
}

static bool parse_format(const struct mtr_command *c, const char *text,
			 struct mtr_args *ret)
{
	int i;

	if (!parse_word(text, format_names, MTR_FORMAT_COUNT, &i) ||
	    !(c->formats & 1 << i))
		return false;
	ret->format = i;
	return true;
}

/* --------------------------------------------------------------- options */

static bool set_filter(int id, const char *text, struct mtr_filter_spec *ret)
{
	switch (id) {
	case OPT_MIN_SIZE:
		return parse_size(text, &ret->min_size);
	case OPT_MAX_SIZE:
		return parse_size(text, &ret->max_size);
	case OPT_FUNCTION:
		return parse_regex(text, &ret->function);
	case OPT_GENERATION:
		return parse_generations(text, ret);
	default:
		ret->module = text;
		return true;
	}
}

static bool set_names(int id, const char *text, struct mtr_args *ret)
{
	struct mtr_symbols_options *symbols = &ret->view.symbols;

	switch (id) {
	case OPT_EXE:
		ret->old_exe = symbols->exe;
		symbols->exe = text;
		return true;
	case OPT_SYSROOT:
		ret->old_sysroot = symbols->sysroot;
		symbols->sysroot = text;
		return true;
	case OPT_DEBUG_DIR:
		symbols->debug_dir = text;
		return true;
	case OPT_DEBUGINFOD:
		symbols->debuginfod = true;
		return true;
	case OPT_SKIP_MODULE:
		return add_skip_module(text, ret);
	case OPT_NAMES:
		return parse_names(text, ret);
	default:
		return parse_regex(text, &ret->view.skip);
	}
}

static bool set_leaks(int id, const char *text, struct mtr_args *ret)
{
	enum { MOST = 255 };

	switch (id) {
	case OPT_START_ONLY:
		ret->start_only = true;
		return true;
	case OPT_ERROR_EXITCODE:
		return parse_number(text, &ret->error_exitcode) &&
		       ret->error_exitcode <= MOST;
	default:
		ret->suppressions = text;
		return true;
	}
}

static bool set_save(int id, const char *text, struct mtr_args *ret)
{
	if (id == OPT_NO_GRAPH)
		ret->no_graph = true;
	else
		ret->output = text;
	return id == OPT_NO_GRAPH || *text;
}

/* False: @text is nothing for this option. */
static bool set(const struct mtr_command *c, const struct option_row *r,
		const char *text, struct mtr_args *ret)
{
	if (r->takes == MTR_TAKES_FILTERS)
		return set_filter(r->id, text, &ret->filter);
	if (r->takes == MTR_TAKES_NAMES)
		return set_names(r->id, text, ret);
	if (r->takes == MTR_TAKES_LEAKS)
		return set_leaks(r->id, text, ret);
	if (r->takes == MTR_TAKES_SAVE)
		return set_save(r->id, text, ret);
	switch (r->id) {
	case OPT_BY:
		return parse_by(text, ret);
	case OPT_SORT:
		return parse_sort(text, ret);
	case OPT_TOP:
		return parse_number(text, &ret->top);
	case OPT_FORMAT:
		return parse_format(c, text, ret);
	case OPT_VALUE:
		return parse_value(text, ret);
	case OPT_COUNT:
		return parse_number(text, &ret->count);
	case OPT_BLOCKS:
		ret->blocks = true;
		return true;
	case OPT_FREE:
		ret->free = true;
		return true;
	case OPT_JSON:
		ret->format = MTR_FORMAT_JSON;
		return true;
	case 's':
		return parse_depth(text ? text : "32", &ret->stacks);
	default:
		*(r->takes == MTR_TAKES_OUTPUT ? &ret->output : &ret->trace) =
			text;
		return true;
	}
}

struct getopt_tables {
	struct option longs[ROWS + 1];
	char shorts[3 * ROWS + 2];
};

static void getopt_tables(const struct mtr_command *c,
			  struct getopt_tables *ret)
{
	char *letter = ret->shorts;
	size_t n = 0;

	memset(ret, 0, sizeof(*ret));
	/* what follows the program that is run is its own */
	if (c->takes & (MTR_TAKES_TRACE | MTR_TAKES_REST))
		*letter++ = '+';
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *r = &rows[i];

		if (!takes(c, r))
			continue;
		if (r->id < OPT_BY) {
			*letter++ = (char)r->id;
			if (r->arg)
				*letter++ = ':';
			if (optional(r))
				*letter++ = ':';
		}
		if (r->name)
			ret->longs[n++] = (struct option){
				.name = r->name,
				.has_arg = r->arg ? required_argument
						  : no_argument,
				.val = r->id,
			};
	}
}

/* A letter may be another thing elsewhere. */
static const struct option_row *find_row(const struct mtr_command *c, int id)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].id == id && takes(c, &rows[i]))
			return &rows[i];
	return NULL;
}

static void list_word(struct mtr_strbuf *b, const char *word)
{
	if (!word)
		return;
	mtr_strbuf_add(b, b->len ? ", " : "");
	mtr_strbuf_add(b, word);
}

/* What @r takes, in words. */
static void accepted(const struct mtr_command *c, const struct option_row *r,
		     struct mtr_strbuf *ret)
{
	if (r->values)
		mtr_strbuf_add(ret, r->values);
	for (unsigned i = 0; r->id == OPT_BY && mtr_name_by(i); i++)
		list_word(ret, mtr_name_by(i));
	for (unsigned i = 0; r->id == OPT_SORT && mtr_name_sort(i); i++)
		list_word(ret, mtr_name_sort(i));
	for (unsigned i = 0; r->id == OPT_VALUE && mtr_value_name(i); i++)
		list_word(ret, mtr_value_name(i));
	for (int i = 0; r->id == OPT_NAMES && i < NAMES; i++)
		list_word(ret, names_names[i]);
	for (int i = 0; r->id == OPT_FORMAT && i < MTR_FORMAT_COUNT; i++)
		if (c->formats & 1 << i)
			list_word(ret, format_names[i]);
}

static void say_invalid(const struct mtr_command *c, const struct option_row *r,
			const char *value)
{
	struct mtr_strbuf values = { 0 };
	char letter[] = { (char)r->id, '\0' };

	accepted(c, r, &values);
	mtr_say("%s%s: invalid value '%s' (%s)", r->name ? "--" : "-",
		r->name ? r->name : letter, value, mtr_strbuf_text(&values));
	mtr_strbuf_fini(&values);
}

static enum mtr_parsed bad(const struct mtr_command *c)
{
	fprintf(stderr, "Try 'malloc_tracer %s --help'.\n", c->name);
	return MTR_BAD;
}

static enum mtr_parsed parse_options(const struct mtr_command *c, int argc,
				     char **argv, struct mtr_args *ret)
{
	struct getopt_tables t;
	int id;

	getopt_tables(c, &t);
	while ((id = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
		const struct option_row *r = find_row(c, id);

		if (id == 'h')
			return MTR_PARSED_HELP;
		if (id == OPT_VERSION)
			return MTR_PARSED_VERSION;
		if (!r)
			return bad(c);
		if (!set(c, r, optarg, ret)) {
			say_invalid(c, r, optarg);
			return bad(c);
		}
	}
	return MTR_PARSED;
}

static void say_no_format(const struct mtr_command *c)
{
	struct mtr_strbuf values = { 0 };

	accepted(c, find_row(c, OPT_FORMAT), &values);
	mtr_say("missing --format (%s)", mtr_strbuf_text(&values));
	mtr_strbuf_fini(&values);
}

/* The operands from the @given-th on. */
static void say_missing(const struct mtr_command *c, int given)
{
	const char *rest = c->operands;

	if (strncmp(rest, "[--] ", 5) == 0)
		rest += 5;
	for (; given > 0 && strchr(rest, ' '); given--)
		rest = strchr(rest, ' ') + 1;
	mtr_say("missing %s", rest);
}

enum mtr_parsed mtr_args_parse(const struct mtr_command *c, int argc,
			       char **argv, struct mtr_args *ret)
{
	enum mtr_parsed parsed;

	*ret = (struct mtr_args){ .top = UINT64_MAX, .filter = MTR_FILTER_ALL };
	parsed = parse_options(c, argc, argv, ret);
	if (parsed != MTR_PARSED)
		return parsed;
	if (c->takes & MTR_TAKES_FORMAT && !(c->formats & 1 << ret->format)) {
		say_no_format(c);
		return bad(c);
	}
	if (argc - optind < c->least) {
		say_missing(c, argc - optind);
		return bad(c);
	}
	if (argc - optind > c->most) {
		mtr_say("unexpected argument '%s'", argv[optind + c->most]);
		return bad(c);
	}
	ret->operands = argv + optind;
	return MTR_PARSED;
}
