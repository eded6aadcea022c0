/* SPDX-License-Identifier: MIT */
/*
 * Allocations on stacks that are none of the threads' own, in code that nobody
 * has described, in children and in late threads. Looks at the stacks of its
 * blocks. Argument: coroutines, remapped, passed, altstack, lost, jit, bare,
 * threads, fork or vfork.
 */
#include <alloca.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "check.h"
#include "stack_of.h"

#define APART __attribute__((noinline))

enum { PAGE = 4096 };

/* @n frames of this, the innermost one that of malloc's caller. */
APART static void *allocate_at(unsigned int n)
{
	char *room = alloca(16 + n % 3 * 32);
	void *p;

	room[0] = n;
	p = n > 1 ? allocate_at(n - 1) : malloc(24 + n);
	return room[0] == (char)n ? p : NULL;
}

/* Readable memory with a page on either side that is not. */
static char *stack_map(size_t bytes)
{
	char *p = mmap(NULL, bytes + 2 * PAGE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK(!mprotect(p + PAGE, bytes, PROT_READ | PROT_WRITE));
	return p + PAGE;
}

static void stack_unmap(char *p, size_t bytes)
{
	CHECK(!munmap(p - PAGE, bytes + 2 * PAGE));
}

/* Coroutines: each allocates, lets the others, allocates deeper. */

enum { COROUTINES = 300 };

static struct coroutine {
	ucontext_t context;
	char *stack;
	size_t bytes;
} co[COROUTINES];

static ucontext_t main_context;
static volatile unsigned int running;

static void coroutine(void)
{
	for (unsigned int i = 1; i < 12; i++) {
		void *p = allocate_at(i);

		/*
		 * And this function, and the address in libc that it would
		 * return to: that of a function's first instruction, so what
		 * covers it, if anything, is none of our business.
		 */
		CHECK(!stack_descriptor() || stack_frames(p) == i + 2);
		swapcontext(&co[running].context, &main_context);
		free(p);
	}
}

static void coroutine_start(struct coroutine *c, size_t bytes)
{
	c->bytes = bytes;
	c->stack = stack_map(bytes);
	getcontext(&c->context);
	c->context.uc_stack.ss_sp = c->stack;
	c->context.uc_stack.ss_size = bytes;
	c->context.uc_link = &main_context;
	makecontext(&c->context, coroutine, 0);
}

static void coroutines(void)
{
	/* another unwinder needs more */
	int room = getenv("MTR_CHECK_OUT") ? 8 : 1;

	for (int times = 0; times < 4; times++) {
		for (int i = 0; i < COROUTINES; i++)
			coroutine_start(&co[i],
					room * PAGE * (2 + (i + times) % 5));
		for (int round = 0; round < 12; round++)
			for (int i = 0; i < COROUTINES; i++) {
				running = i;
				swapcontext(&main_context, &co[i].context);
			}
		for (int i = 0; i < COROUTINES; i++)
			stack_unmap(co[i].stack, co[i].bytes);
	}
}

/*
 * A stack whose first function has garbage to return to, beyond which the rules
 * lead: then the same place with less memory above it, and a hole. Each time
 * the walk goes as far as there is memory, and no farther.
 */
#ifdef __x86_64__
static ucontext_t remapped_back;
static uintptr_t garbage;

APART static void remapped_first(void)
{
	void *p = allocate_at(4);

	CHECK(!stack_descriptor() || stack_frames(p) >= 5);
	free(p);
	free(strdup("hello"));
	setcontext(&remapped_back);
}

APART static void enter_at(uintptr_t *top)
{
	volatile int returned = 0;

	getcontext(&remapped_back);
	if (returned++)
		return;
	/* again and again the return address of the same frame */
	for (uintptr_t *at = top; (uintptr_t)at % PAGE != 0; at++)
		*at = garbage;
	__asm__ volatile("mov %0, %%rsp\n"
			 "jmp *%1" ::"r"(top),
			 "r"(remapped_first)
			 : "memory");
}
#endif

static void remapped(void)
{
#ifdef __x86_64__
	enum { PAGES = 8 };

	garbage = (uintptr_t)remapped + 4;
	for (int i = 0; i < 20; i++) {
		char *p = stack_map(PAGES * PAGE);
		int pages = i % 2 ? PAGES / 2 : PAGES;

		munmap(p + pages * PAGE, (PAGES - pages) * PAGE);
		for (char *at = p + 4 * PAGE - 56; at < p + pages * PAGE;
		     at += 8)
			memcpy(at, &garbage, 8);
		enter_at((uintptr_t *)(p + PAGES / 2 * PAGE - 56));
		stack_unmap(p, PAGES * PAGE);
	}
#endif
}

/*
 * A function that needs its frame pointer, called at two depths so that what it
 * calls has the same stack pointer. What that calls passes the frame pointer
 * through; nothing but it tells the two apart.
 */
static volatile uintptr_t passed_sp;
static volatile bool passed_asks;

APART static void *passes(void)
{
	char here;
	void *p = NULL;

	passed_sp = (uintptr_t)&here;
	if (passed_asks)
		p = malloc(24);
	__asm__ volatile("" : : "r"(&here) : "memory");
	return p;
}

APART static void *with_room(size_t bytes)
{
	char *room = alloca(bytes);
	void *p;

	__asm__ volatile("" : : "r"(room) : "memory");
	p = passes();
	__asm__ volatile("" : : "r"(room) : "memory");
	return p;
}

APART static void *one_deeper(size_t bytes)
{
	void *p = with_room(bytes);

	__asm__ volatile("" : : "r"(p) : "memory");
	return p;
}

static void passed(void)
{
	/* called from one place, so that all outwards of them is the same */
	void *(*volatile fn[2])(size_t) = { one_deeper, with_room };
	size_t room[2] = { 64, 64 };
	void *p[2];
	uintptr_t sp;

	fn[0](64);
	sp = passed_sp;
	for (passed_sp = 0; passed_sp != sp; room[1] += 16) {
		CHECK(room[1] < 4096);
		fn[1](room[1]);
	}
	room[1] -= 16;
	passed_asks = true;
	for (int i = 0; i < 10; i++) {
		for (int j = 0; j < 2; j++)
			p[j] = fn[j](room[j]);
		CHECK(!stack_descriptor() ||
		      stack_frames(p[0]) == stack_frames(p[1]) + 1);
		free(p[0]);
		free(p[1]);
	}
}

/* A handler on a stack of its own, above and below the one it interrupts. */

static volatile unsigned int handled_depth;

static void handler(int number)
{
	void *p = allocate_at(number == SIGUSR1 ? 3 : 5);

	if (stack_descriptor()) {
		CHECK(stack_ends(p) == MTR_ROOT_COMPLETE);
		handled_depth = stack_frames(p);
	}
	free(p);
}

APART static void raise_at(unsigned int n, int number)
{
	char *room = alloca(16 + n % 3 * 16);

	room[0] = n;
	if (n > 1)
		raise_at(n - 1, number);
	else
		raise(number);
	free(malloc(room[0] + 24));
}

static void altstack(void)
{
	struct sigaction action = { .sa_handler = handler,
				    .sa_flags = SA_ONSTACK };
	unsigned int before = 0;

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	for (int i = 0; i < 50; i++) {
		char *memory = stack_map(32 * PAGE);
		stack_t stack = { .ss_sp = memory, .ss_size = 32 * PAGE };

		CHECK(!sigaltstack(&stack, NULL));
		for (unsigned int n = 1; n < 20; n++) {
			raise_at(n, SIGUSR1);
			CHECK(n == 1 || !stack_descriptor() ||
			      handled_depth == before + 1);
			before = handled_depth;
			raise_at(n, SIGUSR2);
			CHECK(!stack_descriptor() ||
			      handled_depth == before + 2);
		}
		stack.ss_flags = SS_DISABLE;
		CHECK(!sigaltstack(&stack, NULL));
		stack_unmap(memory, 32 * PAGE);
	}
}

/* A handler that interrupts code whose stack pointer is not one. */

static sigjmp_buf found;

static void lost_handler(int number)
{
	void *p = allocate_at(2);

	(void)number;
#ifdef __x86_64__
	CHECK(!stack_descriptor() || stack_ends(p) == MTR_ROOT_STACK);
#endif
	free(p);
	siglongjmp(found, 1);
}

APART static void lose(uintptr_t sp)
{
#ifdef __x86_64__
	__asm__ volatile("mov %0, %%rsp\n\tud2" ::"r"(sp) : "memory");
#else
	__asm__ volatile("mov sp, %0\n\t.inst 0" ::"r"(sp) : "memory");
#endif
}

static void lost(void)
{
	static const uintptr_t to[] = { 0, 4096 + 8, 4096 + 17, -8 };
	struct sigaction action = { .sa_handler = lost_handler,
				    .sa_flags = SA_ONSTACK };
	char *memory = stack_map(32 * PAGE);
	stack_t stack = { .ss_sp = memory, .ss_size = 32 * PAGE };

	CHECK(!sigaltstack(&stack, NULL));
	sigaction(SIGILL, &action, NULL);
	for (unsigned int i = 0; i < sizeof(to) / sizeof(to[0]); i++)
		if (!sigsetjmp(found, 1))
			lose(to[i]);
}

/* Code that is made while running: what it calls is called, no more. */

typedef void *made_fn(void *(*fn)(unsigned int), unsigned int arg);

static size_t made_code(unsigned char *at, unsigned char frame)
{
#ifdef __x86_64__
	/* sub $frame,%rsp; mov %rdi,%rax; mov %esi,%edi; call *%rax;
	 * add $frame,%rsp; ret */
	const unsigned char code[] = { 0x48, 0x83, 0xec,  frame, 0x48, 0x89,
				       0xf8, 0x89, 0xf7,  0xff,	 0xd0, 0x48,
				       0x83, 0xc4, frame, 0xc3 };
#else
	/* stp x29,x30,[sp,#-frame]!; mov x2,x0; mov w0,w1; blr x2;
	 * ldp x29,x30,[sp],#frame; ret */
	const uint32_t units = frame / 8;
	const uint32_t code[] = { 0xa9807bfd | (-units & 0x7f) << 15,
				  0xaa0003e2,
				  0x2a0103e0,
				  0xd63f0040,
				  0xa8c07bfd | units << 15,
				  0xd65f03c0 };
#endif
	memcpy(at, code, sizeof(code));
	return sizeof(code);
}

static void jit(void)
{
	unsigned char *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(code != MAP_FAILED);
	for (int i = 0; i < 50; i++) {
		made_fn *made;
		size_t bytes;

		CHECK(!mprotect(code, PAGE, PROT_READ | PROT_WRITE));
#ifdef __x86_64__
		bytes = made_code(code, 24 + i % 5 * 16);
#else
		bytes = made_code(code, 32 + i % 5 * 16);
#endif
		CHECK(!mprotect(code, PAGE, PROT_READ | PROT_EXEC));
		__builtin___clear_cache((char *)code, (char *)code + bytes);
		*(void **)&made = code;
		for (unsigned int n = 1; n < 9; n++) {
			void *p = made(allocate_at, n);

			if (stack_descriptor()) {
				CHECK(stack_frames(p) == n + 1);
				CHECK(stack_ends(p) == MTR_ROOT_NO_CFI);
			}
			free(p);
		}
	}
	munmap(code, PAGE);
}

/*
 * A stack whose first function has nobody to return to, but a zero; then the
 * same function at the same place with a caller.
 */
#ifdef __x86_64__
static ucontext_t bare_back;
static volatile unsigned int bare_frames[2];
static volatile int bare_turn;

APART static void bare_first(void)
{
	void *p = allocate_at(4);

	bare_frames[bare_turn] = stack_frames(p);
	free(p);
	setcontext(&bare_back);
}

static void bare(void)
{
	char *stack = stack_map(16 * PAGE);

	for (int i = 0; i < 20; i++) {
		volatile int returned = 0;

		bare_turn = i % 2;
		getcontext(&bare_back);
		if (!returned++) {
			uintptr_t *top = (uintptr_t *)(stack + 8 * PAGE);

			*--top = i % 2 ? (uintptr_t)bare : 0;
			__asm__ volatile("mov %0, %%rsp\n"
					 "jmp *%1" ::"r"(top),
					 "r"(bare_first)
					 : "memory");
		}
	}
	if (stack_descriptor())
		CHECK(bare_frames[0] == 5 && bare_frames[1] > 5);
	stack_unmap(stack, 16 * PAGE);
}
#else
static void bare(void)
{
}
#endif

/* Thousands of threads, then one more; and children while others allocate. */

static atomic_bool done;

static void *thread(void *unused)
{
	void *p = allocate_at(6);

	CHECK(!stack_descriptor() || stack_ends(p) == MTR_ROOT_COMPLETE);
	/* this one, its caller or two, and libc's */
	CHECK(!stack_descriptor() || stack_frames(p) < 15);
	free(p);
	return unused;
}

static void *churn(void *unused)
{
	for (unsigned int i = 0; !done; i++)
		free(allocate_at(1 + i % 40));
	return unused;
}

static void threads(void)
{
	for (int i = 0; i < 3000; i++) {
		pthread_t one;

		CHECK(!pthread_create(&one, NULL, thread, NULL));
		CHECK(!pthread_join(one, NULL));
	}
	/* those who come later take over what the ended ones have left */
	if (stack_descriptor())
		CHECK(stack_descriptor()->depot_bytes < 16 << 20);
}

static void child(void)
{
	pthread_t one;

	for (int i = 1; i < 60; i++) {
		void *p = allocate_at(i);

		CHECK(!stack_descriptor() ||
		      (int)stack_frames(p) >= (i < 32 ? i : 32));
		free(p);
	}
	CHECK(!pthread_create(&one, NULL, thread, NULL));
	CHECK(!pthread_join(one, NULL));
	_exit(0);
}

static void in_children(bool shared)
{
	pthread_t others[3];
	int status;

	for (int i = 0; i < 3; i++)
		CHECK(!pthread_create(&others[i], NULL, churn, NULL));
	for (int i = 0; i < 100; i++) {
		pid_t pid = shared ? vfork() : fork();

		CHECK(pid >= 0);
		if (pid == 0 && shared) {
			free(allocate_at(7));
			_exit(0);
		} else if (pid == 0) {
			child();
		}
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		thread(NULL);
	}
	done = true;
	for (int i = 0; i < 3; i++)
		pthread_join(others[i], NULL);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	check_active();
	if (!strcmp(what, "coroutines"))
		coroutines();
	else if (!strcmp(what, "remapped"))
		remapped();
	else if (!strcmp(what, "passed"))
		passed();
	else if (!strcmp(what, "altstack"))
		altstack();
	else if (!strcmp(what, "lost"))
		lost();
	else if (!strcmp(what, "jit"))
		jit();
	else if (!strcmp(what, "bare"))
		bare();
	else if (!strcmp(what, "threads"))
		threads();
	else if (!strcmp(what, "fork") || !strcmp(what, "vfork"))
		in_children(what[0] == 'v');
	else
		CHECK(false);
	return 0;
}
