/* SPDX-License-Identifier: MIT */
/*
 * Coroutines that allocate in turn: fibers COUNT STACKS. With one stack it is
 * the same work without a change of stacks but for the main one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

enum { STACKS = 64, STACK_BYTES = 1 << 16, FRAMES = 6, EACH = 8 };

static ucontext_t main_context, context[STACKS];

static void *opaque(void *p)
{
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

static __attribute__((noinline)) void *descend(int frames)
{
	return opaque(frames > 1 ? descend(frames - 1) : malloc(24));
}

static void body(int own)
{
	for (;;) {
		for (int i = 0; i < EACH; i++)
			free(opaque(descend(FRAMES)));
		swapcontext(&context[own], &main_context);
	}
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? atol(argv[1]) : 0;
	int stacks = argc > 2 ? atoi(argv[2]) : 0;

	if (count <= 0 || stacks < 1 || stacks > STACKS) {
		fputs("usage: fibers COUNT STACKS\n", stderr);
		return 2;
	}
	for (int i = 0; i < stacks; i++) {
		void *stack = malloc(STACK_BYTES);

		if (!stack || getcontext(&context[i]))
			return 1;
		context[i].uc_stack.ss_sp = stack;
		context[i].uc_stack.ss_size = STACK_BYTES;
		makecontext(&context[i], (void (*)(void))body, 1, i);
	}
	for (long i = 0; i < count; i++)
		swapcontext(&main_context, &context[i % stacks]);
	return 0;
}
