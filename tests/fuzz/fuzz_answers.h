/* SPDX-License-Identifier: MIT */
/*
 * What is done with a heap that was read: call stacks, names, groups, the call
 * tree, and each answer in each format.
 */
#ifndef MTR_TESTS_FUZZ_ANSWERS_H
#define MTR_TESTS_FUZZ_ANSWERS_H

#include "snapshot/heap_view.h"

/* @s has its target and its heap; the rest is made here. */
void fuzz_answers(struct mtr_heap_view *s);

#endif
