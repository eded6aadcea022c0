/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer run: a program, traced from its start.
 */
#include "cli/command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "target/program.h"

#define LIBRARY "libmalloc_tracer.so"
#define INSTALLED MTR_LIBDIR "/" LIBRARY ".0"

static bool readable(const char *path)
{
	return access(path, R_OK) == 0;
}

/* Where this command stands, without its own name; false: not known. */
static bool own_directory(char ret[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return false;
	ret[n] = '\0';
	slash = strrchr(ret, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return true;
}

/* "@root@tail", where the directory @here is "@root@ours" and that is there. */
static char *beside(const char *here, const char *ours, const char *tail)
{
	size_t n = strlen(here), m = strlen(ours);
	char *path;

	if (n < m || strcmp(here + n - m, ours) != 0 ||
	    asprintf(&path, "%.*s%s", (int)(n - m), here, tail) < 0)
		return NULL;
	if (readable(path))
		return path;
	free(path);
	return NULL;
}

/*
 * The library that belongs to this command: of the same build tree, or of the
 * same installed tree, which may have been moved as a whole.
 */
static char *own_library(void)
{
	char here[PATH_MAX];
	char *path = NULL;

	if (own_directory(here)) {
		path = beside(here, "/cli", "/preload/.libs/" LIBRARY);
		if (!path)
			path = beside(here, MTR_BINDIR, INSTALLED);
	}
	return path ? path : strdup(INSTALLED);
}

/* The loader takes what has no slash for a name to search for. */
static char *absolute(const char *path)
{
	mtr_auto_free char *here = NULL;
	char *whole;

	if (*path == '/')
		return strdup(path);
	here = getcwd(NULL, 0);
	if (!here || asprintf(&whole, "%s/%s", here, path) < 0)
		return NULL;
	return whole;
}

static struct mtr_error *library_path(char **ret)
{
	const char *given = getenv("MALLOC_TRACER_LIBRARY");

	*ret = given && *given ? absolute(given) : own_library();
	if (!*ret)
		return mtr_error_nomem();
	if (!readable(*ret))
		return mtr_error_errno(errno, "%s", *ret);
	if ((*ret)[strcspn(*ret, ": \t\n")])
		return mtr_error_create("%s: a path with a colon or a space "
					"cannot be preloaded",
					*ret);
	return NULL;
}

/* @variable becomes "@first@separator@second" of what there is of both. */
static struct mtr_error *join(const char *variable, const char *first,
			      const char *separator, const char *second)
{
	struct mtr_strbuf value = { 0 };
	bool failed;

	mtr_strbuf_add(&value, first ? first : "");
	if (first && *first && second && *second)
		mtr_strbuf_add(&value, separator);
	mtr_strbuf_add(&value, second ? second : "");
	failed = value.failed ||
		 setenv(variable, mtr_strbuf_text(&value), 1) != 0;
	mtr_strbuf_fini(&value);
	return failed ? mtr_error_nomem() : NULL;
}

static struct mtr_error *prepare(const struct mtr_args *args)
{
	static const char list[] = "MALLOC_TRACER_OPTIONS";
	mtr_auto_free char *library = NULL;
	char stacks[32];

	MTR_TRY(library_path(&library));
	MTR_TRY(join("LD_PRELOAD", library, ":", getenv("LD_PRELOAD")));
	/* of an option that is given twice the last one counts */
	MTR_TRY(join(list, "stacks=1", ",", getenv(list)));
	snprintf(stacks, sizeof(stacks), "stacks=%s",
		 args->stacks ? args->stacks : "");
	if (args->stacks)
		MTR_TRY(join(list, getenv(list), ",", stacks));
	if (args->trace)
		MTR_TRY(join(list, getenv(list), ",", args->trace));
	return NULL;
}

/*
 * Say it now if it will not be traced: hours later an empty report says it too
 * late. It runs all the same, for what it starts in turn may be traced. False:
 * with the library it would not run, or complain.
 */
static bool wants_library(const char *program)
{
	bool choke;
	mtr_auto_free char *why = mtr_program_untraced(program, &choke);

	if (why)
		mtr_say("%s: warning: %s", program, why);
	return !choke;
}

static int run(const struct mtr_args *args)
{
	const char *program = args->operands[0];
	struct mtr_error *error = NULL;
	int code;

	if (wants_library(program))
		error = prepare(args);
	if (error)
		return mtr_fail("run", error);
	execvp(program, args->operands);
	code = errno;
	mtr_say("%s: %s", program, strerror(code));
	return code == ENOENT ? MTR_EXIT_NOT_FOUND : MTR_EXIT_CANNOT_RUN;
}

const struct mtr_command mtr_cmd_run = {
	.name = "run",
	.operands = "[--] PROGRAM [ARGUMENT]...",
	.summary = "Run a program traced",
	.about = "\nThe library is put before what LD_PRELOAD has. Unless "
		 "told otherwise it keeps\neach block's caller in 8 bytes "
		 "(stacks=1).\n",
	.takes = MTR_TAKES_TRACE,
	.least = 1,
	.most = INT_MAX,
	.run = run,
};
