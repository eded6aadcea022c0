/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SAVED_SEEDS_H
#define TESTS_SAVED_SEEDS_H

/* DIRECTORY/snapshot/saved_*, of the cores of DIRECTORY/core, which are there. */
void saved_seeds(const char *directory);

#endif
