// SPDX-License-Identifier: MIT
// Run a command under a time limit, in a session of its own, and end whatever
// it has started and left behind, daemons too. What it runs is not traced by
// this program's environment: say `env LD_PRELOAD=...` in the command.
//
//   bounded [-t SECONDS] [-f MEGABYTES] [-u] COMMAND [ARGUMENT]...
//
// -f limits the size of a file that is written; -u gives up root for nobody.
// The exit status is the command's, 128 + N where signal N ended it, or 124
// where the time was up. A time of 0 is no limit.

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOBODY = 65534, NO_START = 125, TIMED_OUT = 124 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void give_up_root(void)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)) {
		perror("bounded: nobody");
		_exit(NO_START);
	}
}

static void start(char **command, long megabytes, int unprivileged)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (megabytes) {
		const rlim_t bytes = (rlim_t)megabytes << 20;
		const struct rlimit limit = { bytes, bytes };

		setrlimit(RLIMIT_FSIZE, &limit);
	}
	if (unprivileged)
		give_up_root();
	execvp(command[0], command);
	fprintf(stderr, "bounded: %s: %s\n", command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void kill_descendants(pid_t pid)
{
	char path[64];
	FILE *file;
	int child;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	file = fopen(path, "r");
	if (!file)
		return;
	while (fscanf(file, "%d", &child) == 1) {
		kill_descendants(child);
		kill(child, SIGKILL);
	}
	fclose(file);
}

// Whoever has lost its parent is ours. A tree that still grows takes some
// rounds.
static void clean_up(pid_t first)
{
	for (int round = 0; round < 1000; round++) {
		kill(-first, SIGKILL);
		kill_descendants(getpid());
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return;
		usleep(1000);
	}
}

// False when the time is up.
static int wait_for(pid_t pid, double seconds, int *ret)
{
	const double end = now() + seconds;
	const struct timespec tenth = { 0, 100000000 };
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	for (;;) {
		int status;
		const pid_t died = waitpid(-1, &status, WNOHANG);

		if (died == pid) {
			*ret = status;
			return 1;
		}
		if (died > 0)
			continue;
		if (seconds > 0 && now() >= end)
			return 0;
		sigtimedwait(&chld, NULL, &tenth);
	}
}

static int usage(void)
{
	fputs("usage: bounded [-t SECONDS] [-f MEGABYTES] [-u] COMMAND...\n",
	      stderr);
	return NO_START;
}

int main(int argc, char **argv)
{
	double seconds = 0;
	long megabytes = 0;
	int option, status, unprivileged = 0;
	sigset_t chld;
	pid_t pid;

	while ((option = getopt(argc, argv, "+t:f:u")) != -1) {
		if (option == 't')
			seconds = atof(optarg);
		else if (option == 'f')
			megabytes = atol(optarg);
		else if (option == 'u')
			unprivileged = 1;
		else
			return usage();
	}
	if (optind == argc)
		return usage();
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid < 0)
		return NO_START;
	if (pid == 0)
		start(argv + optind, megabytes, unprivileged);
	if (!wait_for(pid, seconds, &status)) {
		clean_up(pid);
		return TIMED_OUT;
	}
	clean_up(pid);
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}
