/* SPDX-License-Identifier: MIT */
/*
 * MALLOC_TRACER_OPTIONS: key=value, comma separated.
 *
 * Read once, at the first call of any entry point. Allocates nothing, may run
 * before libc is set up. What it does not understand it names on standard
 * error, in one line, and ignores.
 */
#ifndef MTR_PRELOAD_OPTIONS_H
#define MTR_PRELOAD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MTR_OPTIONS_VARIABLE "MALLOC_TRACER_OPTIONS"

enum {
	MTR_LOG_PATH_MAX = 256,
	MTR_SNAPSHOT_PATH_MAX = 1024,
	MTR_SNAPSHOT_SIZES = 16,
};

struct mtr_options {
	bool frees;	     /* keep what a freed block's trailer tells */
	unsigned int stacks; /* depth of call stacks; 0: none */
	uint64_t sample;     /* bytes from one stack to the next; 0: all */
	bool long_record;    /* record=16, with stacks, too */
	bool direct;	     /* caller=direct: as it is, in libc too */
	bool follow;	     /* leave LD_PRELOAD to the children */
	uint64_t snapshot_sizes[MTR_SNAPSHOT_SIZES]; /* ends with 0 */
	int snapshot_signal;			     /* 0: none */
	char snapshot_file[MTR_SNAPSHOT_PATH_MAX];   /* with %p and so on */
	char log[MTR_LOG_PATH_MAX]; /* --enable-debug: where to; "": stderr */
};

#define MTR_OPTIONS_DEFAULT                                         \
	((struct mtr_options){                                      \
		.follow = true,                                     \
		.snapshot_file = "malloc_tracer-%e-%p-%n.snapshot", \
	})

/* Where complaints go: one whole line each, @len bytes. */
typedef void mtr_complain(const char *line, size_t len);

/* Parse @text into *ret, which holds the defaults. */
void mtr_options_parse(const char *text, mtr_complain *complain,
		       struct mtr_options *ret);

/*
 * The value of MALLOC_TRACER_OPTIONS; NULL if unset, or if the process runs
 * with more rights than who started it.
 */
const char *mtr_options_text(void);

/* Take every entry that names @library out of a list like LD_PRELOAD's. */
void mtr_options_unpreload(char *list, const char *library);

#endif
