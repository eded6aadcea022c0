/* SPDX-License-Identifier: MIT */
/*
 * A program whose places hold a known number of blocks.
 *
 * Writes `held ROOT BLOCKS BYTES ADDR` for each, with an address of one of
 * them, `ready PID` at last, and waits for the end of its input. All blocks
 * come from a function that the compiler does not see through: it would take
 * out stores into memory that is never read.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

enum { SIZE = 200, PAGES = 1 << 16 };

static void *(*volatile opaque)(size_t) = malloc;

/* Of some size that nobody else asks for; .next is behind the first word. */
struct link {
	uint64_t number;
	struct link *next;
};

NOINLINE static struct link *chain(unsigned n)
{
	struct link *first = NULL;

	while (n-- > 0) {
		struct link *l = opaque(SIZE);

		if (!l)
			_exit(1);
		memset(l, 0, SIZE);
		l->next = first;
		first = l;
	}
	return first;
}

struct link *g_list;
struct {
	char text[64];
	struct link *deep;
} in_struct; /* what is static clang takes apart */
static __thread struct link *own;
static void *volatile mapped;
struct link *g_one, *g_other;

static struct link **local_static(void)
{
	static struct link *cache;

	return &cache;
}

/* What is said is forgotten: nothing is kept but text. */
NOINLINE static void tell(const char *root, unsigned n, const void *p)
{
	printf("held %s %u %u %p\n", root, n, n * SIZE, p);
	fflush(stdout);
}

/* Over what calls have left on the stack: it would hold blocks as well. */
NOINLINE static void clean(void)
{
	volatile char room[8192];

	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = 0;
}

static pthread_barrier_t barrier;

static void *work(void *arg)
{
	struct link *volatile local = chain(4);

	pthread_setname_np(pthread_self(), "holder");
	own = chain(5);
	tell("own-of-holder", 5, own);
	tell("stack-of-holder", 4, local);
	clean();
	pthread_barrier_wait(&barrier);
	pause();
	return arg;
}

static void shared(void)
{
	g_one = chain(2);
	g_other = chain(3);
	/* the last ones of both */
	g_one->next->next = g_other->next->next->next = chain(6);
	tell("g_one", 2, g_one);
	tell("g_other", 3, g_other);
	tell("shared", 6, g_one->next->next);
}

static int hold(void)
{
	struct link **page = mmap(NULL, PAGES, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	if (page == MAP_FAILED)
		return 1;
	/* apart from what libc maps */
	mprotect((char *)page + PAGES / 2, PAGES / 2, PROT_READ);
	mapped = page;
	page[100] = chain(7);
	g_list = chain(10);
	in_struct.deep = chain(8);
	*local_static() = chain(9);
	own = chain(3);
	tell("mapping", 7, page[100]);
	tell("g_list", 10, g_list->next->next);
	tell("in_struct", 8, in_struct.deep);
	tell("cache", 9, *local_static());
	tell("own", 3, own);
	shared();
	return pthread_barrier_init(&barrier, NULL, 2) ||
	       pthread_create(&thread, NULL, work, NULL);
}

int main(void)
{
	char byte;

	if (hold())
		return 1;
	pthread_barrier_wait(&barrier);
	clean();
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
