/* SPDX-License-Identifier: MIT */
/*
 * An allocator as small as they come: malloc, free, calloc and realloc, and
 * nothing else. What others have allocated it leaves alone. Any thread.
 *
 *	| size | magic | the program's bytes ... |
 *
 * With ODD_CHUNKS it claims to be libc's, as a later libc might be: what stands
 * in front of a block looks like glibc's word on its size, but is none.
 */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BINS = 40, CHUNK = 1 << 20 };

#ifdef ODD_CHUNKS
/* to glibc: a chunk of 72 bytes, the one before it in use */
static const uint64_t magic = 72 | 1;
#else
static const uint64_t magic = 0x736d616c6c6d6c63;
#endif

struct head {
	uint64_t size; /* a power of two: header and all */
	uint64_t magic;
};

union block {
	struct head head;
	struct {
		struct head head;
		union block *next;
	} freed;
};

static union block *freed[BINS];
static char *fresh, *fresh_end;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int bin_of(size_t size)
{
	int bin = 5;

	while (bin < BINS && (size_t)1 << bin < size)
		bin++;
	return bin;
}

static void *carve(size_t bytes)
{
	void *p;

	if (bytes >= CHUNK)
		return map(bytes);
	if ((size_t)(fresh_end - fresh) < bytes) {
		fresh = map(CHUNK);
		fresh_end = fresh ? fresh + CHUNK : NULL;
	}
	if (!fresh)
		return NULL;
	p = fresh;
	fresh += bytes;
	return p;
}

void *malloc(size_t size)
{
	int bin =
		size < PTRDIFF_MAX ? bin_of(size + sizeof(struct head)) : BINS;
	union block *b = NULL;

	if (bin < BINS) {
		pthread_mutex_lock(&lock);
		b = freed[bin];
		if (b)
			freed[bin] = b->freed.next;
		else
			b = carve((size_t)1 << bin);
		pthread_mutex_unlock(&lock);
	}
	if (!b) {
		errno = ENOMEM;
		return NULL;
	}
	b->head = (struct head){ (size_t)1 << bin, magic };
	return &b->head + 1;
}

void free(void *p)
{
	union block *b = (union block *)((struct head *)p - 1);
	int bin;

	if (!p || b->head.magic != magic)
		return;
	bin = bin_of(b->head.size);
	b->head.magic = 0;
	pthread_mutex_lock(&lock);
	b->freed.next = freed[bin];
	freed[bin] = b;
	pthread_mutex_unlock(&lock);
}

void *calloc(size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes))
		bytes = SIZE_MAX;
	p = malloc(bytes);
	return p ? memset(p, 0, bytes) : NULL;
}

void *realloc(void *p, size_t size)
{
	struct head *head = (struct head *)p - 1;
	size_t room;
	void *q;

	if (!p)
		return malloc(size);
	room = head->size - sizeof(*head);
	if (size <= room && size > room / 4)
		return p;
	q = malloc(size);
	if (q) {
		memcpy(q, p, size < room ? size : room);
		free(p);
	}
	return q;
}

#ifdef ODD_CHUNKS
size_t malloc_usable_size(void *p)
{
	return p ? ((struct head *)p - 1)->size - sizeof(struct head) : 0;
}

const char *gnu_get_libc_version(void)
{
	return "2.99";
}
#endif
