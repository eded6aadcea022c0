/* SPDX-License-Identifier: MIT */
/*
 * Threads by the hundred: what the library keeps for them is bounded by how
 * many live at once. Argument:
 *
 *   turns   50 at a time, 1000 in all, some with destructors that allocate
 *   once N  N at once; status 77: fewer can be had here
 *   fork    a thread among others forks, and the child makes as many again
 */
#include <pthread.h>
#include <semaphore.h>
#include <sys/wait.h>

#include "check.h"
#include "stack_of.h"

#define APART __attribute__((noinline))

enum { AT_ONCE = 50, TURNS = 1000, THREAD_STACK = 128 << 10 };

static sem_t ready, go;
static pthread_key_t key;
static pthread_attr_t attr;

APART static void *allocate_at(unsigned int n)
{
	void *p = n > 1 ? allocate_at(n - 1) : malloc(24);

	__asm__ volatile("" : : "r"(p) : "memory");
	return p;
}

/* Frames outwards of a thread's start are libc's: as many for each. */
static void allocate(void)
{
	static unsigned int outer;
	void *p = allocate_at(3), *q = allocate_at(8);

	if (stack_descriptor()) {
		unsigned int n = stack_frames(p) - 3;

		CHECK(stack_ends(p) == MTR_ROOT_COMPLETE);
		CHECK(__atomic_exchange_n(&outer, n, __ATOMIC_RELAXED) == n ||
		      outer == n);
		CHECK(stack_frames(q) == n + 8);
	}
	free(p);
	free(q);
	free(strdup("hello"));
}

static void destroy(void *p)
{
	free(p);
	free(allocate_at(2));
}

static void *thread(void *unused)
{
	allocate();
	CHECK(!pthread_setspecific(key, malloc(30)));
	sem_post(&ready);
	sem_wait(&go);
	allocate();
	return unused;
}

static uint64_t kept(void)
{
	return stack_descriptor() ? stack_descriptor()->depot_bytes : 0;
}

static int start(pthread_t *ret, int n)
{
	for (int i = 0; i < n; i++)
		if (pthread_create(&ret[i], &attr, thread, NULL) != 0)
			return i;
	for (int i = 0; i < n; i++)
		sem_wait(&ready);
	return n;
}

static void end(const pthread_t *threads, int n)
{
	for (int i = 0; i < n; i++)
		sem_post(&go);
	for (int i = 0; i < n; i++)
		CHECK(!pthread_join(threads[i], NULL));
}

static void turns(void)
{
	pthread_t threads[AT_ONCE];
	uint64_t before;

	CHECK(start(threads, AT_ONCE) == AT_ONCE);
	before = kept();
	for (int i = 0; i < TURNS; i += AT_ONCE) {
		end(threads, AT_ONCE);
		CHECK(start(threads, AT_ONCE) == AT_ONCE);
	}
	CHECK(kept() == before);
	end(threads, AT_ONCE);
}

static int mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int n = 0;

	CHECK(maps);
	for (int c = getc(maps); c != EOF; c = getc(maps))
		n += c == '\n';
	fclose(maps);
	return n;
}

/* One thread is main's; its state is the first pool, the next has two. */
static void once(int n)
{
	pthread_t *threads = calloc(n, sizeof(*threads));
	uint64_t first = kept(), one, states = 1;

	CHECK(start(threads, 1) == 1);
	one = (kept() - first) / 2;
	if (start(threads + 1, n - 1) < n - 1) {
		fprintf(stderr, "no %d threads here\n", n);
		_exit(77);
	}
	while (states < (uint64_t)n + 1)
		states = 2 * states + 1;
	CHECK(kept() == first + (states - 1) * one);
	/* a stack and its guard each, and a few for all */
	CHECK(mappings() < 2 * n + 300);
	end(threads, n);
	free(threads);
}

static void in_child(void)
{
	pthread_t threads[AT_ONCE];
	uint64_t before = kept();

	allocate_at(4);
	/* main and those that the parent had leave so many states behind */
	CHECK(start(threads, AT_ONCE) == AT_ONCE);
	CHECK(kept() == before);
	allocate_at(5);
	end(threads, AT_ONCE);
	_exit(0);
}

static void *forker(void *unused)
{
	int status;
	pid_t pid;

	free(allocate_at(3));
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		in_child();
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	return unused;
}

static void forks(void)
{
	pthread_t threads[AT_ONCE], one;

	CHECK(start(threads, AT_ONCE) == AT_ONCE);
	for (int i = 0; i < 5; i++) {
		CHECK(!pthread_create(&one, NULL, forker, NULL));
		CHECK(!pthread_join(one, NULL));
	}
	end(threads, AT_ONCE);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	check_active();
	CHECK(!sem_init(&ready, 0, 0) && !sem_init(&go, 0, 0));
	CHECK(!pthread_key_create(&key, destroy));
	CHECK(!pthread_attr_init(&attr));
	CHECK(!pthread_attr_setstacksize(&attr, THREAD_STACK));
	if (!strcmp(what, "turns"))
		turns();
	else if (!strcmp(what, "once"))
		once(atoi(argv[2]));
	else if (!strcmp(what, "fork"))
		forks();
	else
		return 2;
	return 0;
}
