/* SPDX-License-Identifier: MIT */
/*
 * A terminal that is taken over: pictures, keys, its size. Whatever ends us
 * gives it back: the end of the command, a signal, a stop (Ctrl-Z). There is
 * one.
 */
#ifndef MTR_CLI_SCREEN_H
#define MTR_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* False: standard input or output is no terminal, and nothing was done. */
bool mtr_screen_begin(void);
void mtr_screen_end(void);

void mtr_screen_size(int *ret_columns, int *ret_rows);

/* Replace what is shown by the lines of @text, as many as there is room for. */
void mtr_screen_show(const char *text);

enum {
	MTR_KEY_NONE = 0, /* time is over */
	MTR_KEY_RESIZED = -1,
	MTR_KEY_FD = -2,   /* @fd is readable */
	MTR_KEY_GONE = -3, /* the terminal */
};

/*
 * A key, or what else comes first. @fd: -1, or a file to wait for. Without a
 * screen it waits for @fd and for time alone.
 */
int mtr_screen_wait(int fd, double seconds);

#endif
