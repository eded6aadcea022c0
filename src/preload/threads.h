/* SPDX-License-Identifier: MIT */
/*
 * State that belongs to one thread at a time, without a destructor: who exits
 * leaves his state behind, and a thread that starts later takes it over.
 *
 * A destructor would come too early (other destructors allocate after it) or
 * need memory from malloc. Whether an owner still lives the kernel knows. Safe
 * in signal handlers; blocks never.
 */
#ifndef MTR_PRELOAD_THREADS_H
#define MTR_PRELOAD_THREADS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* First in each state. 0: nobody's. */
struct mtr_owner {
	_Atomic uint64_t who; /* pid and tid */
};

/* Make it the calling thread's, if its owner is gone. */
bool mtr_owner_take(struct mtr_owner *owner);

#endif
