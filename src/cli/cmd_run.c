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

#define LIBRARY "libmalloc_tracer.so"

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

/* What stands before @tail in @path: "" or the root of a staged tree. */
static bool strip_tail(char *path, const char *tail)
{
	size_t n = strlen(path), t = strlen(tail);

	if (n < t || strcmp(path + n - t, tail) != 0)
		return false;
	path[n - t] = '\0';
	return true;
}

/*
 * The library that belongs to this command: of the same build tree, or of the
 * same installed tree, which may have been moved as a whole.
 */
static char *own_library(void)
{
	char here[PATH_MAX], path[2 * PATH_MAX];
	bool known = own_directory(here);

	if (known) {
		snprintf(path, sizeof(path), "%s/../preload/.libs/" LIBRARY,
			 here);
		if (readable(path))
			return realpath(path, NULL);
	}
	if (known && strip_tail(here, MTR_BINDIR)) {
		snprintf(path, sizeof(path), "%s" MTR_LIBDIR "/" LIBRARY ".0",
			 here);
		if (readable(path))
			return strdup(path);
	}
	return strdup(MTR_LIBDIR "/" LIBRARY ".0");
}

static struct mtr_error *library_path(char **ret)
{
	const char *given = getenv("MALLOC_TRACER_LIBRARY");

	*ret = given && *given ? realpath(given, NULL) : own_library();
	if (!*ret)
		return mtr_error_errno(errno, "%s", given ? given : LIBRARY);
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

static struct mtr_error *prepare(const char *options)
{
	static const char list[] = "MALLOC_TRACER_OPTIONS";
	mtr_auto_free char *library = NULL;

	MTR_TRY(library_path(&library));
	MTR_TRY(join("LD_PRELOAD", library, ":", getenv("LD_PRELOAD")));
	/* of an option that is given twice the last one counts */
	return options ? join(list, getenv(list), ",", options) : NULL;
}

static int run(const struct mtr_args *args)
{
	struct mtr_error *error = prepare(args->trace);
	const char *program = args->operands[0];
	int code;

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
	.about = "\nThe library is put before what LD_PRELOAD has.\n",
	.takes = MTR_TAKES_TRACE,
	.least = 1,
	.most = INT_MAX,
	.run = run,
};
