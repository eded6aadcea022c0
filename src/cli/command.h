/* SPDX-License-Identifier: MIT */
/*
 * The commands: what each is called, takes and does, and what they share.
 *
 * This room alone prints and exits. Answers go to standard output through a
 * writer; sentences to standard error, as "malloc_tracer: FILE: what".
 */
#ifndef MTR_CLI_COMMAND_H
#define MTR_CLI_COMMAND_H

#include "base/error.h"
#include "graph/lost.h"
#include "snapshot/heap_view.h"
#include "report/filter.h"
#include "report/profile.h"
#include "report/tally.h"
#include "write/writer.h"

enum mtr_exit {
	MTR_EXIT_DONE,
	MTR_EXIT_FAILED,
	MTR_EXIT_USAGE,
	MTR_EXIT_CANNOT_RUN = 126, /* as env(1) has it */
	MTR_EXIT_NOT_FOUND = 127,
};

enum mtr_format {
	MTR_FORMAT_TEXT,
	MTR_FORMAT_JSON,
	MTR_FORMAT_CSV,
	MTR_FORMAT_CHAP,
	MTR_FORMAT_FOLDED,
	MTR_FORMAT_PPROF,
	MTR_FORMAT_HEAPTRACK,
	MTR_FORMAT_HEAPSNAPSHOT,
	MTR_FORMAT_HTML,
	MTR_FORMAT_COUNT
};

enum mtr_names { MTR_NAMES_DEFAULT, MTR_NAMES_SHORT, MTR_NAMES_FULL };

enum { MTR_SKIP_MODULES = 32 }; /* that can be given */

/* What a command line said. Strings are those of argv. */
struct mtr_args {
	enum mtr_format format;
	enum mtr_by by;
	enum mtr_sort sort;
	uint64_t top; /* UINT64_MAX: not given */
	struct mtr_filter_spec filter;
	struct mtr_heap_view_options view;
	/* diff: those of the old target, where two were given; or NULL */
	const char *old_exe, *old_sysroot;
	enum mtr_names names;
	char *skip_modules[MTR_SKIP_MODULES]; /* those of .view */
	bool blocks;
	bool free;		  /* list */
	bool start_only;	  /* leaks */
	uint64_t count;		  /* tables of top; 0: no end */
	const char *suppressions; /* its file; NULL: none */
	uint64_t error_exitcode;
	bool no_graph;	      /* snapshot */
	const char *output;   /* its file, or export's; NULL: not given */
	enum mtr_value value; /* export */
	const char *trace;    /* run -o */
	const char *stacks;   /* run -s: a depth; NULL: not given */
	char **operands;      /* ends with NULL */
};

/* Sets of options; a command takes some. */
enum {
	MTR_TAKES_GROUPS = 1 << 0,  /* --by, --sort, --top */
	MTR_TAKES_FILTERS = 1 << 1, /* --min-size and so on */
	MTR_TAKES_NAMES = 1 << 2,   /* --exe, --names and so on */
	MTR_TAKES_TRACE = 1 << 3,   /* -s, -o, and what follows is a command */
	MTR_TAKES_JSON = 1 << 4,    /* --json */
	MTR_TAKES_FORMAT = 1 << 5,  /* --format */
	MTR_TAKES_LEAKS = 1 << 6,   /* --suppressions and so on */
	MTR_TAKES_TOP = 1 << 7,	    /* --top, alone */
	MTR_TAKES_BLOCKS = 1 << 8,  /* --blocks */
	MTR_TAKES_COUNT = 1 << 9,   /* --count */
	MTR_TAKES_SAVE = 1 << 10,   /* -o FILE, --no-graph */
	MTR_TAKES_REST = 1 << 11,   /* what follows is a command */
	MTR_TAKES_FREE = 1 << 12,   /* --free */
	MTR_TAKES_OUTPUT = 1 << 13, /* -o FILE */
	MTR_TAKES_VALUE = 1 << 14,  /* --value */
};

struct mtr_command {
	const char *name;
	const char *operands; /* as the usage line shows them */
	const char *summary;  /* one line */
	const char *about;    /* more of --help; "" */
	unsigned takes;	      /* MTR_TAKES_* */
	unsigned formats;     /* 1 << MTR_FORMAT_* */
	int least, most;      /* operands */
	int (*run)(const struct mtr_args *args); /* gives enum mtr_exit */
};

extern const struct mtr_command mtr_cmd_run;
extern const struct mtr_command mtr_cmd_report;
extern const struct mtr_command mtr_cmd_list;
extern const struct mtr_command mtr_cmd_why;
extern const struct mtr_command mtr_cmd_info;
extern const struct mtr_command mtr_cmd_leaks;
extern const struct mtr_command mtr_cmd_diff;
extern const struct mtr_command mtr_cmd_top;
extern const struct mtr_command mtr_cmd_export;
extern const struct mtr_command mtr_cmd_mark;
extern const struct mtr_command mtr_cmd_snapshot;
extern const struct mtr_command mtr_cmd_core_pattern;
extern const struct mtr_command mtr_cmd_memory;

/* ---------------------------------------------------------- cmd_memory.c */

/*
 * The blocks of a target that was opened, and its pages unless @map is NULL, of
 * one moment: a process is stopped, and to be resumed. *map is to be freed in
 * any case.
 */
struct mtr_error *mtr_stop_and_read(struct mtr_heap_view *s,
				    struct mtr_memory_map *map);

/* ----------------------------------------------------------- cmd_diff.c */

/* How to read the old target: of what was given twice the first is for it. */
struct mtr_heap_view_options mtr_old_view(const struct mtr_args *args);

/* -------------------------------------------------------- export_html.c */

/* Of one target or of two. */
int mtr_export_html(const struct mtr_args *args);

/*
 * When the target was as it is, in nanoseconds since 1970: now, or when its
 * file was written. 0: it is not known.
 */
int64_t mtr_export_time(const struct mtr_heap_view *s);

/* --------------------------------------------------------------- args.c */

enum mtr_parsed { MTR_PARSED, MTR_PARSED_HELP, MTR_PARSED_VERSION, MTR_BAD };

/* What is wrong has been said. */
enum mtr_parsed mtr_args_parse(const struct mtr_command *c, int argc,
			       char **argv, struct mtr_args *ret);

/* The options of @c, for its --help. */
void mtr_args_help(const struct mtr_command *c);

/* ------------------------------------------------------------- output.c */

void mtr_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says "@file: @error", destroys @error and gives MTR_EXIT_FAILED. */
int mtr_fail(const char *file, struct mtr_error *error);

/*
 * Read the target of @args; what is wrong is said, and gives an exit status
 * other than MTR_EXIT_DONE. A line tells of the time it takes.
 */
int mtr_read_target(const struct mtr_args *args, bool no_names,
		    struct mtr_heap_view *ret);

/* What a target has, and what refers to what in it. */
struct mtr_heap_graph {
	struct mtr_heap_view view;
	struct mtr_graph graph;
	struct mtr_lost_list lost;
	bool pages; /* to be set before, if .map is asked for */
	struct mtr_memory_map map;
};

/*
 * The same, with what refers to what, and @hints for what is lost (see
 * mtr_lost_find): a process is stopped meanwhile. *ret, all
 * zero before, is to be freed in any case.
 */
int mtr_read_graph(const struct mtr_args *args,
		   const struct mtr_graph_options *options, bool hints,
		   struct mtr_heap_graph *ret);
/* The same as mtr_read_target, with .map. */
int mtr_read_pages(const struct mtr_args *args, bool no_names,
		   struct mtr_heap_graph *ret);
void mtr_heap_graph_fini(struct mtr_heap_graph *g);

/* Does a table by .by of what passes the filters have names in it? */
bool mtr_needs_names(const struct mtr_args *args);

/* How many groups of a table are shown; 0: all. */
size_t mtr_top(const struct mtr_args *args);

/* ----------------------------------------------------- cmd_snapshot.c */

/* A snapshot of @t, which is taken over, in the file @path. */
struct mtr_error *mtr_snapshot_make(const struct mtr_args *args,
				    struct mtr_target *t, const char *path);

/* ------------------------------------------------------------- output.c */

/* For answers in which warnings have no place. */
void mtr_say_warnings(const struct mtr_heap_view *s);

/* A writer to standard output. */
void mtr_writer_init(struct mtr_writer *w, const struct mtr_args *args,
		     const struct mtr_heap_view *s);

/* Flushes; gives the exit status: what could not be written is an error. */
int mtr_writer_finish(struct mtr_writer *w);

/* A file that may grow no more is an error like others: no signal ends us, and
 * what is begun does not stay. Programs that we become would inherit that. */
void mtr_fail_when_too_large(void);

/*
 * From now on answers go to @file, NULL: to standard output, until
 * mtr_output_close(), which is given the exit status and gives it back: a file
 * that was not written whole does not stay. What is wrong is said. @binary: it
 * is nothing for a terminal.
 */
int mtr_output_open(const char *file, bool binary);
int mtr_output_close(int status);
struct mtr_out *mtr_output(void);
/* Flushes; gives the exit status. */
int mtr_output_finish(void);

/* The same for what printf wrote. */
int mtr_stdout_finish(void);

/* ----------------------------------------------------------- progress.c */

/* On a terminal, from the first second on: that it is busy with @what, which
 * may be any name. */
void mtr_progress_begin(const char *what);
void mtr_progress_end(void);

#define mtr_auto_heap_view mtr_cleanup(mtr_heap_view_fini)
#define mtr_auto_heap_graph mtr_cleanup(mtr_heap_graph_fini)
#define mtr_auto_holders mtr_cleanup(mtr_holders_fini)
#define mtr_auto_memory_map mtr_cleanup(mtr_memory_map_fini)
#define mtr_auto_leaks mtr_cleanup(mtr_leaks_fini)
#define mtr_auto_filter mtr_cleanup(mtr_filter_fini)
#define mtr_auto_tree mtr_cleanup(mtr_tree_fini)
#define mtr_auto_diff mtr_cleanup(mtr_diff_fini)
#define mtr_auto_profile mtr_cleanup(mtr_profile_fini)
#define mtr_auto_tally mtr_cleanup(mtr_tally_fini)

#endif
