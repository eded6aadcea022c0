/* SPDX-License-Identifier: MIT */
/*
 * The most anonymous memory that a child ever had: what it took for itself,
 * without the files that it mapped. Exact but for the kernel's own counters,
 * which lag by some dozens of pages.
 */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <stdbool.h>
#include <sys/types.h>

/* In the child, right before exec. False: it may not be watched. */
bool peak_let_watch(void);

/*
 * Until the child @pid ends. In KiB; -1, with errno, if it could not be
 * watched. *ret is its status, as of waitpid. One thread only.
 */
long peak_watch(pid_t pid, int *ret);

#endif
