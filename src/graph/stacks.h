/* SPDX-License-Identifier: MIT */
/*
 * Which memory is a thread's stack, and whether anybody looks at it.
 *
 * glibc keeps the stacks of threads that have ended for the next ones. At the
 * end of one there is a struct pthread, whose first and third words are its own
 * address (x86-64), which no thread's pointer names, and in which the guards of
 * stacks and of pointers are, the same random numbers as in all threads. Of it
 * one word counts: the table of thread-local storage, which the next thread
 * takes over. On other machines such stacks are memory like any other.
 */
#ifndef MTR_GRAPH_STACKS_H
#define MTR_GRAPH_STACKS_H

#include "graph/roots.h"

/*
 * Append them, in no order. A stack of whose bounds no more is known than its
 * mapping is left out, as is one in @heap. Where a thread could not be stopped
 * no stack is one of an ended thread.
 */
struct mtr_error *mtr_thread_stacks_find(struct mtr_target *t,
					 const struct mtr_threads *threads,
					 const struct mtr_areas *heap,
					 struct mtr_root_list *ret);

#endif
