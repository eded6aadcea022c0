/* SPDX-License-Identifier: MIT */
/*
 * Looks at the child whenever it makes a system call. Between two of them its
 * memory can only grow, so the largest value seen is the peak. That takes many
 * times as long as running free: no time is measured meanwhile.
 */
#include "peak.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

bool peak_let_watch(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

/* KiB; 0 where the child has no memory any more */
static long anonymous_now(int file)
{
	static const char name[] = "\nRssAnon:";
	char text[4096];
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);
	const char *line;

	if (n < 0)
		return 0;
	text[n] = '\0';
	line = strstr(text, name);
	return line ? strtol(line + strlen(name), NULL, 10) : 0;
}

/* The next stop or the end; false: no child. */
static bool wait_for(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return false;
	return true;
}

/* Let it go on; what it was stopped by is handed on if it is for it. */
static bool resume(pid_t pid, int status)
{
	long signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);

	return ptrace(PTRACE_SYSCALL, pid, NULL, signal) == 0;
}

long peak_watch(pid_t pid, int *ret)
{
	char path[64];
	long peak = 0;
	int file;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -1;
	while (wait_for(pid, ret)) {
		long now;

		if (!WIFSTOPPED(*ret)) {
			close(file);
			return peak;
		}
		now = anonymous_now(file);
		peak = now > peak ? now : peak;
		if (!resume(pid, *ret))
			break;
	}
	close(file);
	return -1;
}
