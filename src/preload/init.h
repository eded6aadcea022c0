/* SPDX-License-Identifier: MIT */
/*
 * What is set up at the first call of an entry point, and at load.
 */
#ifndef MTR_PRELOAD_INIT_H
#define MTR_PRELOAD_INIT_H

#include <stdbool.h>

/* Read MALLOC_TRACER_OPTIONS. Once, however often it is called. */
void mtr_init_options(void);

/* Stacks of depth @depth from now on; without memory for them none. */
void mtr_init_stacks(unsigned int depth);

/* Say in the descriptor what the look-up has found. */
void mtr_init_descriptor(bool shadowed);

#endif
