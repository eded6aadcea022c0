/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer core-pattern: what the kernel pipes a core to. A snapshot is
 * kept of it.
 *
 * The kernel starts it as root, in the root directory, with nothing but
 * standard input: who has something to say says it to syslog. The process that
 * died is there until the core was read: its files are found by /proc.
 */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>

#include "base/strbuf.h"
#include "target/open.h"
#include "target/spool.h"

/* Or what is opened would become standard output. */
static void open_standard(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return;
}

static int failed(const char *what, struct mtr_error *error)
{
	syslog(LOG_ERR, "core-pattern: %s: %s", what, mtr_error_text(error));
	return mtr_fail(what, error);
}

/* The root directory of the process, if that is another than ours; or -1. */
static int open_root(const char *pid)
{
	struct stat ours, its;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/root", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &its) == 0 && stat("/", &ours) == 0 &&
	    (its.st_dev != ours.st_dev || its.st_ino != ours.st_ino))
		return fd;
	close(fd);
	return -1;
}

/* DIR/PROGRAM-PID-TIME.snapshot: of a name there may be anything in a core. */
static struct mtr_error *name_file(const char *dir, const char *pid,
				   struct mtr_target *t, char **ret)
{
	const char *exe = mtr_target_exe(t);
	const char *slash = exe ? strrchr(exe, '/') : NULL;
	char name[64], when[32];
	time_t now = time(NULL);
	struct tm tm;
	size_t n = 0;

	exe = slash ? slash + 1 : exe;
	for (; exe && exe[n] && n < sizeof(name) - 1; n++)
		name[n] = (unsigned char)exe[n] <= ' ' || exe[n] == 0x7f
				  ? '_'
				  : exe[n];
	name[n] = '\0';
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	if (asprintf(ret, "%s/%s-%s-%s.snapshot", dir, n ? name : "unknown",
		     pid, when) >= 0)
		return NULL;
	*ret = NULL;
	return mtr_error_nomem();
}

static void close_target(struct mtr_target **t)
{
	mtr_target_close(*t);
}

static struct mtr_error *keep(const struct mtr_args *args, int core, int lost,
			      int root)
{
	mtr_cleanup(close_target) struct mtr_target *t = NULL;
	const char *pid = args->operands[0], *dir = args->operands[1];
	mtr_auto_free char *path = NULL;
	char from[32] = "";

	if (root >= 0)
		snprintf(from, sizeof(from), "/proc/self/fd/%d", root);
	MTR_TRY(mtr_target_open_core(pid, core, from, &t));
	if (lost)
		mtr_target_warn(t, "there was no room for all of the core: %s",
				strerror(lost));
	MTR_TRY(name_file(dir, pid, t, &path));
	return mtr_snapshot_make(args, mtr_take(t), path);
}

/* Whoever else wants the core. */
static int hand_on(char **command, int core)
{
	if (lseek(core, 0, SEEK_SET) < 0 || dup2(core, STDIN_FILENO) < 0)
		return failed("standard input",
			      mtr_error_errno(errno, "it cannot be replaced"));
	execv(command[0], command);
	return failed(command[0], mtr_error_errno(errno, "it cannot be run"));
}

static int core_pattern(const struct mtr_args *args)
{
	const char *pid = args->operands[0], *dir = args->operands[1];
	mtr_auto_close int core = -1, root = -1;
	int lost = 0, status = MTR_EXIT_DONE;
	struct mtr_error *error;

	open_standard();
	openlog("malloc_tracer", LOG_PID, LOG_USER);
	if (!*pid || pid[strspn(pid, "0123456789")])
		return failed(pid, mtr_error_create("it is no process number"));
	root = open_root(pid);
	error = mtr_spool(STDIN_FILENO, dir, &lost, &core);
	if (error)
		return failed(dir, error);
	error = keep(args, core, lost, root);
	/* most programs are not traced */
	if (error && mtr_error_code(error) == MTR_ERROR_NOT_TRACED)
		mtr_error_destroy(error);
	else if (error)
		status = failed(pid, error);
	return args->operands[2] ? hand_on(args->operands + 2, core) : status;
}

const struct mtr_command mtr_cmd_core_pattern = {
	.name = "core-pattern",
	.operands = "PID DIR [COMMAND [ARGUMENT]...]",
	.summary = "A snapshot in place of a core, for the kernel to call",
	.about = "\nReads the core from standard input, writes a snapshot to "
		 "DIR, and pipes the core\non to COMMAND.\n",
	.takes = MTR_TAKES_REST | MTR_TAKES_NAMES,
	.least = 2,
	.most = INT32_MAX,
	.run = core_pattern,
};
