/* SPDX-License-Identifier: MIT */
/*
 * Escape sequences that every terminal of today knows, and termios. See
 * screen.h for the contract.
 *
 * Handlers of signals use system calls alone (tcsetattr is one), so they may
 * come at any time, in the middle of a long reading too.
 */
#include "cli/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/utf8.h"

/* the other screen, no cursor, no wrapping; and back */
static const char enter[] = "\033[?1049h\033[?25l\033[?7l\033[H\033[2J";
static const char leave[] = "\033[?7h\033[?25h\033[?1049l";

static struct termios was, raw;
static volatile sig_atomic_t active, resized;

static void put(const char *bytes, size_t n)
{
	while (n) {
		ssize_t done = write(STDOUT_FILENO, bytes, n);

		if (done < 0 && errno == EINTR)
			continue;
		/* a terminal that is gone is found out by its keys */
		if (done < 0)
			return;
		bytes += done;
		n -= (size_t)done;
	}
}

static void take_terminal(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	put(enter, sizeof(enter) - 1);
}

static void give_back(void)
{
	put(leave, sizeof(leave) - 1);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &was);
}

/* ---------------------------------------------------------------- signals */

static const int deadly[] = { SIGINT,  SIGTERM, SIGHUP,	 SIGQUIT,
			      SIGSEGV, SIGABRT, SIGPIPE, SIGALRM };

enum { DEADLY = sizeof(deadly) / sizeof(*deadly) };

/* As if nobody had caught it. */
static void pass_on(int signo)
{
	struct sigaction by_default = { .sa_handler = SIG_DFL };
	sigset_t it;

	sigaction(signo, &by_default, NULL);
	sigemptyset(&it);
	sigaddset(&it, signo);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &it, NULL);
}

static void on_deadly(int signo)
{
	if (active)
		give_back();
	active = 0;
	pass_on(signo);
}

static void on_stop(int signo);

static void on_signal(int signo, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler };

	sigfillset(&sa.sa_mask);
	/* a stop is waited for on another terminal */
	sigdelset(&sa.sa_mask, SIGTTOU);
	sigdelset(&sa.sa_mask, SIGCONT);
	if (signo == SIGTSTP)
		sa.sa_flags = SA_RESTART;
	sigaction(signo, &sa, NULL);
}

/* Where it goes on it may be in the background: then tcsetattr stops it again.
 */
static void on_stop(int signo)
{
	int code = errno;

	give_back();
	pass_on(signo);
	on_signal(SIGTSTP, on_stop);
	take_terminal();
	resized = 1;
	errno = code;
}

static void on_resize(int signo)
{
	(void)signo;
	resized = 1;
}

/* ------------------------------------------------------------------ screen */

bool mtr_screen_begin(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &was))
		return false;
	raw = was;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	for (int i = 0; i < DEADLY; i++)
		on_signal(deadly[i], on_deadly);
	on_signal(SIGTSTP, on_stop);
	on_signal(SIGWINCH, on_resize);
	active = 1;
	take_terminal();
	return true;
}

void mtr_screen_end(void)
{
	if (!active)
		return;
	active = 0;
	give_back();
	signal(SIGTSTP, SIG_DFL);
}

void mtr_screen_size(int *ret_columns, int *ret_rows)
{
	struct winsize size;
	bool known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);

	*ret_columns = known && size.ws_col ? size.ws_col : 80;
	*ret_rows = known && size.ws_row ? size.ws_row : 24;
}

/* As much of a line as there is room for, with its colours. */
static void add_line(struct mtr_strbuf *b, const char *line, size_t n,
		     int columns)
{
	const char *end = line + n;

	while (line < end) {
		char shown[MTR_UTF8_SHOWN];
		int wide = 0;
		size_t bytes;

		if (*line == '\033') {
			bytes = strcspn(line, "m") + 1;
			mtr_strbuf_add_bytes(b, line, bytes);
		} else {
			bytes = mtr_utf8_show(line, shown, &wide);
			columns -= wide;
			if (columns >= 0)
				mtr_strbuf_add(b, shown);
		}
		line += bytes;
	}
}

/* Each line is put over that of before; so nothing flickers. */
void mtr_screen_show(const char *text)
{
	struct mtr_strbuf picture = { 0 };
	int columns, rows, row;

	mtr_screen_size(&columns, &rows);
	mtr_strbuf_add(&picture, "\033[H");
	for (row = 0; row < rows && *text; row++) {
		size_t n = strcspn(text, "\n");

		/* behind a full line that would take its last character */
		mtr_strbuf_add(&picture, row ? "\r\n\033[K" : "\033[K");
		add_line(&picture, text, n, columns);
		text += n + (text[n] == '\n');
	}
	/* what is below, if there is anything below */
	mtr_strbuf_add(&picture, row < rows ? "\r\n\033[J" : "");
	if (!picture.failed)
		put(mtr_strbuf_text(&picture), picture.len);
	mtr_strbuf_fini(&picture);
}

static int read_key(void)
{
	unsigned char key;
	ssize_t n = read(STDIN_FILENO, &key, 1);

	if (n == 1)
		return key ? key : ' ';
	return n < 0 && (errno == EINTR || errno == EAGAIN) ? MTR_KEY_RESIZED
							    : MTR_KEY_GONE;
}

/* Signals come while it waits, and at no other time unseen. */
int mtr_screen_wait(int fd, double seconds)
{
	struct pollfd of[] = {
		{ .fd = active ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	struct timespec left;
	sigset_t resize, old;
	int n = 0;

	seconds = seconds > 0 ? seconds : 0;
	left.tv_sec = (time_t)seconds;
	left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
	sigemptyset(&resize);
	sigaddset(&resize, SIGWINCH);
	sigprocmask(SIG_BLOCK, &resize, &old);
	if (!resized)
		n = ppoll(of, 2, &left, &old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (resized || n < 0) {
		resized = 0;
		return MTR_KEY_RESIZED;
	}
	if (of[1].revents)
		return MTR_KEY_FD;
	return of[0].revents ? read_key() : MTR_KEY_NONE;
}
