/* SPDX-License-Identifier: MIT */
/*
 * A line on standard error for work over a second, if that is a terminal.
 *
 * A timer writes it, for the work is many calls deep. The handler uses write
 * alone; system calls that it meets go on by themselves (SA_RESTART).
 */
#include "cli/command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "base/utf8.h"

static char text[320]; /* 60 characters of at most 4 bytes fit */
static volatile sig_atomic_t seconds;
static bool running;

static void tell(const char *line, size_t n)
{
	/* nothing can be done about a line that is not written */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

static void tick(int signo)
{
	char line[sizeof(text) + 16];
	size_t n = strlen(text);
	unsigned value = ++seconds;
	char digits[8], *at = digits + sizeof(digits);

	(void)signo;
	memcpy(line, text, n);
	do
		*--at = '0' + value % 10;
	while ((value /= 10) && at > digits);
	memcpy(line + n, at, digits + sizeof(digits) - at);
	n += digits + sizeof(digits) - at;
	line[n++] = 's';
	tell(line, n);
}

enum { SHOWN = 60 }; /* columns of a name */

/* As it may be shown; of a long one the beginning. */
static void name_text(const char *what)
{
	char shown[MTR_UTF8_SHOWN];
	size_t n = 0;
	int left = SHOWN, columns;

	text[n++] = '\r';
	for (; *what; left -= columns) {
		what += mtr_utf8_show(what, shown, &columns);
		if (columns > left)
			break;
		n = (size_t)(stpcpy(text + n, shown) - text);
	}
	strcpy(text + n, " ... ");
}

void mtr_progress_begin(const char *what)
{
	static const struct itimerval every = { { 1, 0 }, { 1, 0 } };
	struct sigaction sa = { .sa_handler = tick, .sa_flags = SA_RESTART };
	sigset_t alarm;

	if (!isatty(STDERR_FILENO))
		return;
	name_text(what);
	seconds = 0;
	running = true;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

void mtr_progress_end(void)
{
	static const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	static const char clear[] = "\r\033[K";

	if (!running)
		return;
	running = false;
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_IGN);
	if (seconds)
		tell(clear, sizeof(clear) - 1);
}
