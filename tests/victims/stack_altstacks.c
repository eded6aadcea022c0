/* SPDX-License-Identifier: MIT */
/*
 * A signal comes at one place again and again, each time on one of two
 * alternate stacks. One of them is unmapped in between.
 */
#include <signal.h>
#include <sys/mman.h>

#include "check.h"

#define APART __attribute__((noinline))

enum { STACK = 1 << 16, ROUNDS = 100 };

APART static void allocate(int depth)
{
	volatile char room[32];

	room[0] = depth;
	free(malloc(24 + room[0]));
	if (depth > 0)
		allocate(depth - 1);
	free(malloc(24 + room[0]));
}

static void on_signal(int number)
{
	allocate(3);
	free(malloc(number));
}

static void *use_new_stack(void)
{
	stack_t s = { .ss_size = STACK };

	s.ss_sp = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(s.ss_sp != MAP_FAILED);
	CHECK(sigaltstack(&s, NULL) == 0);
	return s.ss_sp;
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_ONSTACK };
	void *stack = use_new_stack(), *old = NULL;

	check_active();
	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		raise(SIGUSR1);
		if (old)
			munmap(old, STACK);
		old = NULL;
		if (i % 3 == 0) {
			old = stack;
			stack = use_new_stack();
		}
		if (i % 2 == 0)
			allocate(2);
	}
	return 0;
}
