/* SPDX-License-Identifier: MIT */
/*
 * A program that knows its own blocks: address, size, usable size, who asked
 * for them and in which generation, in a table that lies outside the heap.
 *
 *	truth TABLE SEED single|threads|fork [foreign | sloppy]
 *
 * Writes the table to the file TABLE, in the reader's form, and the line
 * `ready PID START END FOREIGN` to standard output: the bounds of the
 * executable, in which every caller lies, and how many blocks the tracer cannot
 * record. Then it waits for a byte or the end of standard input, checks and
 * frees everything, and exits with 0. fork: it is a child that does all this.
 * foreign: the allocator lacks memalign and its kin; their blocks are not
 * in the table. sloppy: it has bugs of its own in alignment; look the other
 * way.
 *
 * Blocks are filled to the last usable byte, and checked, so that a trailer in
 * the wrong place shows on either side.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "malloc_tracer.h"
#include "record.h"
#include "truth.h"

enum {
	THREADS = 4,
	PHASES = 3,
	STEPS = 4000,
	SLOTS = 2048,	   /* blocks that all threads share */
	TOUR_SLOTS = 8192, /* blocks of the tour, the main thread's */
	FILL_WHOLE = 65536,
	FILL_ENDS = 4096,
	TOUR_ALIGN = 32,
	MIB = 1 << 20,
};

/* Which function gives it back. */
enum how { FREE, DELETE, DELETE_ARRAY, DELETE_ALIGNED, DELETE_ARRAY_ALIGNED };

struct block {
	_Atomic bool busy; /* some thread is at it */
	bool foreign;
	enum how how;
	unsigned char fill;
	uint32_t generation;
	unsigned char *p;
	size_t size, usable, align;
	const char *caller;
};

/* truth_sites.S */
void *site_malloc(size_t size);
void *site_calloc(size_t n, size_t size);
void *site_realloc(void *p, size_t size);
void *site_reallocarray(void *p, size_t n, size_t size);
void *site_memalign(size_t align, size_t size);
void *site_aligned_alloc(size_t align, size_t size);
int site_posix_memalign(void **ret, size_t align, size_t size);
void *site_valloc(size_t size);
void *site_pvalloc(size_t size);
extern const char caller_malloc[], caller_calloc[], caller_realloc[],
	caller_reallocarray[], caller_memalign[], caller_aligned_alloc[],
	caller_posix_memalign[], caller_valloc[], caller_pvalloc[];

extern const char __executable_start[], end[];

static struct block *tour, *slots;
static size_t toured;
static uint32_t generation;
static bool foreign_memalign, sloppy;
static _Atomic unsigned int foreigners;
static uint64_t seed;
static sem_t idle;

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		_exit(3);
}

static void die(const char *what)
{
	say(STDERR_FILENO, "truth: ");
	say(STDERR_FILENO, what);
	say(STDERR_FILENO, "\n");
	_exit(1);
}

static void *map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("no memory for the table");
	return p;
}

static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x >> 8;
}

/* The entry points, in one form. Some need no alignment. */

static void *by_malloc(size_t align, size_t size)
{
	(void)align;
	return site_malloc(size);
}

static void *by_calloc(size_t align, size_t size)
{
	size_t n = size % 3 ? 1 : 3;
	unsigned char *p = site_calloc(n, size / n);

	(void)align;
	for (size_t i = 0; p && i < size && i < FILL_ENDS; i++)
		if (p[i] || p[size - 1 - i])
			die("calloc: not zero");
	return p;
}

static void *by_realloc(size_t align, size_t size)
{
	(void)align;
	return site_realloc(NULL, size);
}

static void *by_reallocarray(size_t align, size_t size)
{
	size_t n = size % 3 ? 1 : 3;

	(void)align;
	return site_reallocarray(NULL, n, size / n);
}

static void *by_posix_memalign(size_t align, size_t size)
{
	void *p = NULL;
	int error = site_posix_memalign(&p, align, size);

	return error ? NULL : p;
}

static void *by_valloc(size_t align, size_t size)
{
	(void)align;
	return site_valloc(size);
}

static void *by_pvalloc(size_t align, size_t size)
{
	(void)align;
	return site_pvalloc(size);
}

#ifdef TRUTH_CXX
extern const char caller__Znwm[], caller__Znam[], caller__ZnwmRKSt9nothrow_t[],
	caller__ZnamRKSt9nothrow_t[], caller__ZnwmSt11align_val_t[],
	caller__ZnamSt11align_val_t[],
	caller__ZnwmSt11align_val_tRKSt9nothrow_t[],
	caller__ZnamSt11align_val_tRKSt9nothrow_t[];

/* clang-format off */
#define NEW(name, parameters, ...)				\
	void *site_##name parameters;				\
	static void *by_##name(size_t align, size_t size)	\
	{							\
		(void)align;					\
		return site_##name(__VA_ARGS__);		\
	}
/* clang-format on */

NEW(_Znwm, (size_t), size)
NEW(_Znam, (size_t), size)
NEW(_ZnwmRKSt9nothrow_t, (size_t, const void *), size, truth_nothrow)
NEW(_ZnamRKSt9nothrow_t, (size_t, const void *), size, truth_nothrow)
NEW(_ZnwmSt11align_val_t, (size_t, size_t), size, align)
NEW(_ZnamSt11align_val_t, (size_t, size_t), size, align)
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t, size_t, const void *), size,
    align, truth_nothrow)
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t, size_t, const void *), size,
    align, truth_nothrow)
#endif

/* Where the alignment comes from. */
enum align { NONE, ASKED, PAGE };

static const struct entry {
	void *(*call)(size_t align, size_t size);
	const char *caller;
	enum align align;
	enum how how;
} entries[] = {
	{ by_malloc, caller_malloc, NONE, FREE },
	{ by_calloc, caller_calloc, NONE, FREE },
	{ by_realloc, caller_realloc, NONE, FREE },
	{ by_reallocarray, caller_reallocarray, NONE, FREE },
	{ site_memalign, caller_memalign, ASKED, FREE },
	{ site_aligned_alloc, caller_aligned_alloc, ASKED, FREE },
	{ by_posix_memalign, caller_posix_memalign, ASKED, FREE },
	{ by_valloc, caller_valloc, PAGE, FREE },
	{ by_pvalloc, caller_pvalloc, PAGE, FREE },
#ifdef TRUTH_CXX
	{ by__Znwm, caller__Znwm, NONE, DELETE },
	{ by__Znam, caller__Znam, NONE, DELETE_ARRAY },
	{ by__ZnwmRKSt9nothrow_t, caller__ZnwmRKSt9nothrow_t, NONE, DELETE },
	{ by__ZnamRKSt9nothrow_t, caller__ZnamRKSt9nothrow_t, NONE,
	  DELETE_ARRAY },
	{ by__ZnwmSt11align_val_t, caller__ZnwmSt11align_val_t, ASKED,
	  DELETE_ALIGNED },
	{ by__ZnamSt11align_val_t, caller__ZnamSt11align_val_t, ASKED,
	  DELETE_ARRAY_ALIGNED },
	{ by__ZnwmSt11align_val_tRKSt9nothrow_t,
	  caller__ZnwmSt11align_val_tRKSt9nothrow_t, ASKED, DELETE_ALIGNED },
	{ by__ZnamSt11align_val_tRKSt9nothrow_t,
	  caller__ZnamSt11align_val_tRKSt9nothrow_t, ASKED,
	  DELETE_ARRAY_ALIGNED },
#endif
};

enum { ENTRIES = sizeof(entries) / sizeof(*entries) };

/* How much at either end of a block is filled. */
static size_t filled(const struct block *b)
{
	return b->usable <= FILL_WHOLE ? b->usable : FILL_ENDS;
}

static void block_fill(struct block *b)
{
	memset(b->p, b->fill, filled(b));
	memset(b->p + b->usable - filled(b), b->fill, filled(b));
}

static void check_bytes(const unsigned char *p, size_t n, unsigned char fill)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != fill)
			die("somebody wrote into a block");
}

static void block_check(const struct block *b)
{
	if (malloc_usable_size(b->p) != b->usable)
		die("the usable size has changed");
	check_bytes(b->p, filled(b), b->fill);
	check_bytes(b->p + b->usable - filled(b), filled(b), b->fill);
}

static void block_set(struct block *b, void *p, size_t size, const char *caller)
{
	b->p = p;
	b->size = size;
	b->usable = malloc_usable_size(p);
	b->caller = caller;
	b->generation = generation;
	b->fill++;
	if (b->usable < size)
		die("the usable size is less than what was asked for");
	block_fill(b);
}

static void block_alloc(struct block *b, const struct entry *e, size_t align,
			size_t size)
{
	void *p = e->call(align, size);

	if (!p)
		die("an allocation failed");
	b->align = e->align == ASKED  ? align
		   : e->align == PAGE ? (size_t)getpagesize()
				      : 1;
	if (!sloppy && (uintptr_t)p % b->align)
		die("not aligned as asked for");
	b->how = e->how;
	b->foreign = foreign_memalign && e->align != NONE;
	foreigners += b->foreign;
	block_set(b, p, size, e->caller);
}

static void block_free(struct block *b, uint64_t way)
{
	(void)way;
	block_check(b);
	switch (b->how) {
	case FREE:
		free(b->p);
		break;
#ifdef TRUTH_CXX
	case DELETE:
		truth_delete(way % 3, b->p, b->size);
		break;
	case DELETE_ARRAY:
		truth_delete_array(way % 3, b->p, b->size);
		break;
	case DELETE_ALIGNED:
		truth_delete_aligned(way % 3, b->p, b->size, b->align);
		break;
	case DELETE_ARRAY_ALIGNED:
		truth_delete_array_aligned(way % 3, b->p, b->size, b->align);
		break;
#endif
	default:
		die("no such delete");
	}
	b->p = NULL;
}

static bool can_realloc(const struct block *b)
{
	return b->how == FREE && !b->foreign;
}

static void block_realloc(struct block *b, size_t size, bool array)
{
	size_t kept = b->size < size ? b->size : size;
	void *p;

	block_check(b);
	p = array ? site_reallocarray(b->p, 1, size) : site_realloc(b->p, size);
	if (!p)
		die("realloc failed");
	check_bytes(p, kept < filled(b) ? kept : filled(b), b->fill);
	block_set(b, p, size, array ? caller_reallocarray : caller_realloc);
}

/* The block must stay, and its record. */
static void block_realloc_failing(struct block *b, uint64_t way)
{
	static const size_t sizes[] = { SIZE_MAX, PTRDIFF_MAX, PTRDIFF_MAX / 2,
					SIZE_MAX - 24, PTRDIFF_MAX - 24 };
	const size_t n = sizeof(sizes) / sizeof(*sizes);

	if (way & 1 ? site_realloc(b->p, sizes[way % n])
		    : site_reallocarray(b->p, 1, sizes[way % n]))
		die("realloc gave more than there is");
	block_check(b);
}

/* glibc frees; an allocator may give an empty block instead, unrecorded. */
static void block_realloc_zero(struct block *b)
{
	void *p;

	block_check(b);
	p = site_realloc(b->p, 0);
	foreigners += p != NULL;
	free(p);
	b->p = NULL;
}

/* What a thread does */

static size_t random_size(uint64_t *random)
{
	static const size_t limits[16] = { 1,	 300,	 300,	 300,
					   300,	 300,	 300,	 300,
					   300,	 5000,	 5000,	 5000,
					   5000, 200000, 200000, 1000000 };

	return next_random(random) % limits[next_random(random) % 16];
}

static size_t random_align(uint64_t *random)
{
	return (size_t)8 << next_random(random) % 19;
}

static void step(struct block *b, uint64_t *random)
{
	uint64_t what = next_random(random) % 16;

	if (!b->p)
		block_alloc(b, &entries[next_random(random) % ENTRIES],
			    random_align(random), random_size(random));
	else if (what < 5)
		block_free(b, next_random(random));
	else if (what == 15 || !can_realloc(b))
		block_check(b);
	else if (what == 14)
		block_realloc_zero(b);
	else if (what >= 12)
		block_realloc_failing(b, next_random(random));
	else
		block_realloc(b, random_size(random) + 1, what & 1);
}

/* Any thread takes any slot, so blocks are freed by others than asked. */
static void work(uint64_t random)
{
	next_random(&random);
	for (int i = 0; i < STEPS; i++) {
		struct block *b = &slots[next_random(&random) % SLOTS];

		if (atomic_exchange(&b->busy, true))
			continue;
		step(b, &random);
		atomic_store(&b->busy, false);
	}
}

static void *thread_ends(void *random)
{
	work((uintptr_t)random);
	return NULL;
}

static void *thread_stays(void *random)
{
	work((uintptr_t)random);
	sem_post(&idle);
	for (;;)
		pause();
	return NULL;
}

/* Let the threads work. They end, or stay, idle, if @stay. */
static void phase(bool stay)
{
	pthread_t thread[THREADS];

	if (malloc_tracer_mark() >= 0)
		generation++;
	for (int i = 0; i < THREADS; i++) {
		uintptr_t random = (seed * PHASES + generation) * THREADS + i;

		if (pthread_create(&thread[i], NULL,
				   stay ? thread_stays : thread_ends,
				   (void *)(random + 1)))
			die("no thread");
	}
	work(~seed);
	for (int i = 0; i < THREADS; i++)
		if (stay)
			sem_wait(&idle);
		else
			pthread_join(thread[i], NULL);
}

/* The tour: every entry point with every size that might matter. */

static struct block *tour_block(void)
{
	if (toured == TOUR_SLOTS)
		die("the tour is too long");
	return &tour[toured++];
}

static void tour_sizes(const struct entry *e, size_t from, size_t to, size_t by)
{
	for (size_t size = from; size <= to; size += by)
		block_alloc(tour_block(), e, TOUR_ALIGN, size);
}

static void tour_aligns(const struct entry *e)
{
	static const size_t sizes[] = { 0, 1, 8, 24, 100, 1000, 5000, 200000 };

	for (size_t align = 8; align <= 2 * MIB; align *= 2)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
			block_alloc(tour_block(), e, align, sizes[i]);
}

static void tour_entry(const struct entry *e)
{
	tour_sizes(e, 0, 130, 1);
	tour_sizes(e, 980, 1040, 1); /* the code of an entry grows */
	tour_sizes(e, 4064, 4112, 8);
	tour_sizes(e, 128 * 1024 - 64, 128 * 1024 + 64, 8); /* mmap's share */
	tour_sizes(e, MIB, MIB, 1);
	tour_sizes(e, 16 * MIB - 1, 16 * MIB - 1, 1);
	if (e->align == ASKED)
		tour_aligns(e);
}

/* Up and down: in place, moved, mapped, remapped, and mapped no longer. */
static void tour_reallocs(void)
{
	static const size_t sizes[] = { 100,	  5000,	     40,
					MIB,	  40 * MIB,  300 * MIB,
					30 * MIB, 200 * MIB, 1000 };
	const size_t n = sizeof(sizes) / sizeof(*sizes);

	for (size_t stop = 0; stop < n; stop++) {
		struct block *b = tour_block();

		block_alloc(b, &entries[0], 1, 10);
		for (size_t i = 0; i <= stop; i++)
			block_realloc(b, sizes[i], i & 1);
		block_realloc_failing(b, stop);
	}
}

static void make_tour(void)
{
	for (int i = 0; i < ENTRIES; i++)
		tour_entry(&entries[i]);
	for (size_t i = 0; i < toured; i += 3)
		block_free(&tour[i], i / 3);
	tour_reallocs();
	block_alloc(tour_block(), &entries[0], 1, 300 * (size_t)MIB);
	block_alloc(tour_block(), &entries[4], 2 * MIB, 300 * (size_t)MIB);
}

/* What is said about it */

static void for_all(void (*fn)(struct block *))
{
	for (size_t i = 0; i < TOUR_SLOTS; i++)
		if (tour[i].p)
			fn(&tour[i]);
	for (size_t i = 0; i < SLOTS; i++)
		if (slots[i].p)
			fn(&slots[i]);
}

/* Keep the inside of large blocks, all zero, out of core files. */
static void leave_out(struct block *b)
{
	uintptr_t page = getpagesize();
	uintptr_t from = ((uintptr_t)b->p + FILL_WHOLE) & -page;
	uintptr_t to = ((uintptr_t)b->p + b->usable - FILL_WHOLE) & -page;

	if (b->size >= MIB)
		madvise((void *)from, to - from, MADV_DONTDUMP);
}

static int table;

static void write_line(struct block *b)
{
	char line[160];

	if (b->foreign)
		return;
	snprintf(line, sizeof(line),
		 "%016" PRIxPTR " %zu %zu %016" PRIxPTR " %u\n",
		 (uintptr_t)b->p, b->size, b->usable + record_bytes(),
		 (uintptr_t)b->caller, b->generation);
	say(table, line);
}

static void check_and_free(struct block *b)
{
	block_free(b, b->size);
}

static void report(const char *path)
{
	char line[160], byte;

	table = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (table < 0)
		die("cannot write the table");
	for_all(leave_out);
	for_all(write_line);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	snprintf(line, sizeof(line),
		 "ready %d %016" PRIxPTR " %016" PRIxPTR " %u\n", (int)getpid(),
		 (uintptr_t)__executable_start, (uintptr_t)end, foreigners);
	say(STDOUT_FILENO, line);
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	for_all(check_and_free);
}

static int in_child(const char *path)
{
	pid_t pid = fork();
	int status;

	if (pid != 0)
		return waitpid(pid, &status, 0) == pid ? status : 1;
	phase(false);
	phase(true);
	report(path);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		die("usage: TABLE SEED single|threads|fork [foreign | sloppy]");
	seed = strtoull(argv[2], NULL, 0);
	foreign_memalign = argc > 4 && !strcmp(argv[4], "foreign");
	sloppy = argc > 4 && !strcmp(argv[4], "sloppy");
	tour = map(TOUR_SLOTS * sizeof(*tour));
	slots = map(SLOTS * sizeof(*slots));
	sem_init(&idle, 0, 0);
	make_tour();
	work(seed);
	if (*argv[3] != 's')
		for (int i = 0; i < PHASES; i++)
			phase(i == PHASES - 1);
	if (*argv[3] == 'f')
		return in_child(argv[1]) != 0;
	report(argv[1]);
	return 0;
}
