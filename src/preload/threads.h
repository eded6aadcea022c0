/* SPDX-License-Identifier: MIT */
/*
 * What each thread keeps, and a number for each that keeps something: its own
 * while it lives, then another's. What is kept lies in pools by that number, so
 * it is bounded by the most threads alive at once, and needs no mapping of its
 * own.
 *
 * A thread gives its number back in the destructor of a pthread key. What other
 * destructors ask for after ours is recorded without anything that is kept: the
 * thread is ending. A child of fork has one thread: there all other numbers are
 * free (not after _Fork or a bare clone, whose child leaves them unused).
 *
 * Safe in signal handlers; blocks never. A number is claimed without a system
 * call but those that map a pool.
 */
#ifndef MTR_PRELOAD_THREADS_H
#define MTR_PRELOAD_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/compiler.h"

struct mtr_counter;

struct mtr_thread {
	void *capture;		     /* capture.c's; NULL: none */
	struct mtr_counter *counter; /* counters.c's; NULL: none */
	uint32_t number;	     /* from 1; 0: none */
	bool claiming;		     /* in a signal handler: hands off */
	int64_t until;		     /* bytes to the next stack (callers.h) */
	uint64_t draws;		     /* state of random numbers; 0: none yet */
	bool bare; /* claims nothing any more: it is ending, or there was no
		    * memory */
};

extern MTR_HIDDEN MTR_TLS struct mtr_thread mtr_thread;

/* Before the first number, and again in the constructor. */
void mtr_threads_init(void);

/* In the constructor alone: libc takes a lock for it. */
void mtr_threads_follow_forks(void);

/* The calling thread's number; 0: it gets none, now or ever. */
uint32_t mtr_thread_number(void);

/*
 * Elements by number, in pools that double: the first has 1 << @first_bits.
 * None ever moves.
 */
enum { MTR_POOLS = 32 };

struct mtr_pools {
	size_t bytes; /* of an element */
	unsigned int first_bits;
	_Atomic(char *) pool[MTR_POOLS];
};

/*
 * Element @number, all zero to begin with; NULL: no memory. *@mapped grows by
 * what had to be mapped.
 */
void *mtr_pools_get(struct mtr_pools *pools, uint32_t number, size_t *mapped);

#endif
