/* SPDX-License-Identifier: MIT */
/*
 * What is set up at the first call of an entry point, and at load.
 */
#ifndef MTR_PRELOAD_INIT_H
#define MTR_PRELOAD_INIT_H

#include <stdbool.h>
#include <stddef.h>

/* Read MALLOC_TRACER_OPTIONS. Once, however often it is called. */
void mtr_init_options(void);

/* Stacks of depth @depth from now on. False: there is no memory for them. */
bool mtr_init_stacks(unsigned int depth);

/*
 * The record of every block has @record bytes. Before the first block; who says
 * so first has it.
 */
void mtr_init_record(size_t record);

/*
 * Say in the descriptor what the look-up has found. @late: what shadows the
 * library is libc's malloc.
 */
void mtr_init_descriptor(bool shadowed, bool late);

#endif
