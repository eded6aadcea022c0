/* SPDX-License-Identifier: MIT */
/*
 * How targets make a list of threads. For core_threads.c and live_threads.c.
 */
#ifndef MTR_TARGET_THREADS_IMPL_H
#define MTR_TARGET_THREADS_IMPL_H

#include "target/target_impl.h"

/* Bytes of the general registers on @machine; 0: a machine not known. */
size_t mtr_general_bytes(int machine);

/*
 * A thread with the general registers of @machine at @from, appended. NULL: no
 * memory.
 */
struct mtr_thread *mtr_thread_add(struct mtr_threads *v, int machine, int tid,
				  const void *from);

/* More of its registers; false: no memory. */
bool mtr_thread_more(struct mtr_thread *t, const void *from, size_t bytes);

void mtr_threads_destroy(struct mtr_threads *v);

/* Those of @t, from the notes of its file. */
struct mtr_error *mtr_core_threads(struct mtr_target *t,
				   struct mtr_threads *ret);

/* Those of the live process @t, which is stopped for a moment. */
struct mtr_error *mtr_live_threads(struct mtr_target *t,
				   struct mtr_threads *ret);

/* The same, and it stays stopped until mtr_live_resume. */
struct mtr_error *mtr_live_stop(struct mtr_target *t, struct mtr_threads *ret);
struct mtr_error *mtr_live_resume(struct mtr_target *t);

#endif
