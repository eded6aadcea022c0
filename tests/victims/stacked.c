/* SPDX-License-Identifier: MIT */
/*
 * A program with known blocks from known call stacks.
 *
 *	stacked [FILE]
 *
 * Writes `block STACK ADDR SIZE OWNER` for each of its blocks, where STACK is
 * what a call tree makes of it from main, or a thread's first function, on:
 * `main;outer;middle;inner`. Then, if it is traced, it writes a snapshot to
 * FILE, says `ready PID` and waits for its end.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { MAX = 256, DEEP = 400 };

static void *volatile blocks[MAX];
static int n_blocks;

/* Something has to follow the call, or there is no frame to return to. */
#define NOINLINE __attribute__((noinline, noclone))
#define STAY() __asm__ volatile("" ::: "memory")

/* Loops that no compiler unrolls: each call in them is one call site. */
static volatile int one = 1;

void *xmalloc(size_t size);

static void say(const char *line)
{
	write(STDOUT_FILENO, line, strlen(line));
}

static void tell(const char *stack, const char *owner, size_t size)
{
	char line[256];

	snprintf(line, sizeof(line), "block %s %#lx %zu %s\n", stack,
		 (unsigned long)(uintptr_t)blocks[n_blocks - 1], size, owner);
	say(line);
}

NOINLINE static void inner(size_t size)
{
	blocks[n_blocks++] = malloc(size);
	STAY();
}

__attribute__((always_inline)) static inline void middle(size_t size)
{
	inner(size);
	STAY();
}

NOINLINE static void outer(size_t size)
{
	middle(size);
	STAY();
}

NOINLINE static void recurse(int n, size_t size)
{
	if (n > 1)
		recurse(n - 1, size);
	else
		blocks[n_blocks++] = malloc(size);
	STAY();
}

/* Two ways to one function. */
NOINLINE static void left(size_t size)
{
	outer(size);
	STAY();
}

NOINLINE static void right(size_t size)
{
	outer(2 *
	      size); /* no copy of left, or the compiler makes one of them */
	STAY();
}

NOINLINE void *xmalloc(size_t size)
{
	void *p = malloc(size);

	STAY();
	return p;
}

NOINLINE static void asks(size_t size)
{
	blocks[n_blocks++] = xmalloc(size);
	STAY();
}

NOINLINE static void on_signal(int signo)
{
	(void)signo;
	inner(777);
	STAY();
}

NOINLINE static void interrupted(void)
{
	raise(SIGUSR1);
	STAY();
}

/* Within its variable-length array, so that the frame has no fixed size. */
NOINLINE static void varied(size_t n)
{
	char room[n];

	memset(room, 1, n);
	outer(100 + room[0]);
	STAY();
}

NOINLINE static void *work(void *size)
{
	outer((size_t)size);
	return NULL;
}

static void run_thread(size_t size)
{
	pthread_t t;

	pthread_create(&t, NULL, work, (void *)size);
	pthread_join(t, NULL);
}

static void save(const char *path)
{
	int (*snapshot)(const char *) = (int (*)(const char *))dlsym(
		RTLD_DEFAULT, "malloc_tracer_snapshot");

	if (snapshot && snapshot(path))
		say("no snapshot\n");
}

int main(int argc, char **argv)
{
	char line[32];
	char c;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	signal(SIGUSR1, on_signal);
	for (int i = 0; i < 20; i++) {
		outer(1000 + i);
		tell("main;outer;middle;inner", "inner", 1000 + i);
	}
	for (int i = 0; i < 3 * one; i++) {
		left(10);
		tell("main;left;outer;middle;inner", "inner", 10);
		right(1000);
		tell("main;right;outer;middle;inner", "inner", 2000);
	}
	recurse(1, 31);
	tell("main;recurse", "recurse", 31);
	recurse(4, 34);
	tell("main;recurse;recurse;recurse;recurse", "recurse", 34);
	recurse(DEEP, 3333);
	asks(500);
	tell("main;asks;xmalloc", "asks", 500);
	for (int i = 1; i < 4 * one; i++) {
		varied(i * 1000);
		tell("main;varied;outer;middle;inner", "inner", 101);
	}
	interrupted();
	for (int i = 0; i < 2 * one; i++) {
		run_thread(4000);
		tell("work;outer;middle;inner", "inner", 4000);
	}
	if (argc > 1)
		save(argv[1]);
	snprintf(line, sizeof(line), "ready %d\n", getpid());
	say(line);
	while (read(STDIN_FILENO, &c, 1) == 1)
		;
	return 0;
}
