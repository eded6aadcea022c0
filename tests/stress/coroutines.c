// SPDX-License-Identifier: MIT
// Coroutines of makecontext, in several threads, that allocate from some frames
// down, on stacks that come and go.

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { COROUTINES = 24, ROUNDS = 300, THREADS = 3, STACK = 64 << 10 };

struct coroutine {
	ucontext_t context;
	ucontext_t *back;
	void *stack;
	long sum;
	int number;
};

static __attribute__((noinline)) long deep(int depth, int n)
{
	char *text;
	long length;

	if (depth > 0)
		return deep(depth - 1, n) + 1;
	text = malloc((size_t)n + 1);
	memset(text, 'x', (size_t)n);
	text[n] = '\0';
	length = (long)strlen(text);
	free(text);
	text = strdup("a text");
	length += (long)strlen(text);
	free(text);
	return length;
}

static void run(unsigned low, unsigned high)
{
	struct coroutine *c = (void *)((uintptr_t)high << 32 | low);

	for (int i = 0; i < ROUNDS; i++) {
		c->sum += deep(i % 7, c->number * i % 500);
		swapcontext(&c->context, c->back);
	}
}

static void create(struct coroutine *c, int number, ucontext_t *back)
{
	const uintptr_t address = (uintptr_t)c;

	c->number = number;
	c->sum = 0;
	c->back = back;
	c->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	getcontext(&c->context);
	c->context.uc_stack.ss_sp = c->stack;
	c->context.uc_stack.ss_size = STACK;
	c->context.uc_link = back;
	makecontext(&c->context, (void (*)(void))run, 2, (unsigned)address,
		    (unsigned)(address >> 32));
}

static void *work(void *arg)
{
	static struct coroutine all[THREADS][COROUTINES];
	struct coroutine *mine = all[(intptr_t)arg];
	ucontext_t main_context;
	intptr_t sum = 0;

	// the second half's stacks are where those of the first were
	for (int half = 0; half < 2; half++) {
		for (int n = 0; n < COROUTINES; n++)
			create(&mine[n], n + half, &main_context);
		for (int i = 0; i <= ROUNDS; i++)
			for (int n = 0; n < COROUTINES; n++)
				swapcontext(&main_context, &mine[n].context);
		for (int n = 0; n < COROUTINES; n++) {
			sum += mine[n].sum;
			munmap(mine[n].stack, STACK);
		}
	}
	return (void *)sum;
}

int main(void)
{
	pthread_t threads[THREADS];

	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		void *sum;

		pthread_join(threads[i], &sum);
		printf("%ld\n", (long)sum);
	}
	return 0;
}
