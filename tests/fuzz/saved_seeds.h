/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SAVED_SEEDS_H
#define TESTS_SAVED_SEEDS_H

/* DIRECTORY/snapshot/saved_*, of the cores that are in DIRECTORY/core. */
void saved_seeds(const char *directory);

#endif
