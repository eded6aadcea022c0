/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzers share: a file in memory, opened and read to its end, and
 * what has to hold of the answer whatever the bytes were.
 *
 * Each fuzzer is a file with LLVMFuzzerTestOneInput. libFuzzer calls it, or
 * replay.c does, once for each file of a corpus.
 */
#ifndef MTR_TESTS_FUZZ_H
#define MTR_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "target/target_impl.h"

#define MUST(condition)                                               \
	do {                                                          \
		if (!(condition)) {                                   \
			fprintf(stderr, "%s:%d: does not hold: %s\n", \
				__FILE__, __LINE__, #condition);      \
			abort();                                      \
		}                                                     \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

typedef struct mtr_error *(*fuzz_open)(const char *name, struct mtr_map map,
				       struct mtr_target **ret);

/* A mapping with @n bytes of @data in it. */
struct mtr_map fuzz_map(const void *data, size_t n);

/* Open @map, which is taken over, and look at all that it has. */
void fuzz_run(struct mtr_map map, fuzz_open open);

#endif
