/* SPDX-License-Identifier: MIT */
/*
 * Numbers of threads, and pools by number. See threads.h for the contract.
 */
#include "preload/threads.h"

#include <stdatomic.h>
#include <sys/types.h>

#include "preload/memory.h"

enum {
	/* values of these keys lie in the thread's descriptor: storing one
	 * needs no memory */
	KEYS_AT_HAND = 32,
	RECORD_BITS = 10, /* in the first pool: a page of them */
};

MTR_TLS struct mtr_thread mtr_thread;

/* Of each number the next that is free, while it is. */
static struct mtr_pools records = {
	.bytes = sizeof(_Atomic uint32_t),
	.first_bits = RECORD_BITS,
};

/* Numbers up to here have been somebody's. */
static _Atomic uint32_t used;

/*
 * The first that is free, 0: none; above it a count of changes, or what was
 * read of a number that went and came back would be taken for true.
 *
 *   bits: 32 changes | 32 number
 */
static _Atomic uint64_t free_first;

static _Atomic bool has_key;
static pthread_key_t key;

/*
 * Of <pthread.h> these alone: the rest of it is not for this library. glibc
 * before 2.34 has them in a library that may not be there.
 */
#define WEAK __attribute__((weak))
WEAK int pthread_key_create(pthread_key_t *key, void (*destroy)(void *));
WEAK int pthread_key_delete(pthread_key_t key);
WEAK int pthread_setspecific(pthread_key_t key, const void *value);

void *mtr_pools_get(struct mtr_pools *pools, uint32_t number, size_t *mapped)
{
	uint64_t at = number - 1 + (UINT64_C(1) << pools->first_bits);
	unsigned int bits = 63 - __builtin_clzll(at);
	uint64_t n = UINT64_C(1) << bits;
	size_t bytes = n * pools->bytes;
	_Atomic(char *) *pool = &pools->pool[bits - pools->first_bits];
	char *base = atomic_load_explicit(pool, memory_order_acquire);
	char *none = NULL;

	if (likely(base))
		return base + (at - n) * pools->bytes;
	base = mtr_memory_map_once(MTR_OWN_STATES, bytes);
	if (!base)
		return NULL;
	if (atomic_compare_exchange_strong(pool, &none, base)) {
		*mapped += bytes;
	} else {
		mtr_memory_unmap_once(base, bytes);
		base = none;
	}
	return base + (at - n) * pools->bytes;
}

/* Of a number that has been somebody's. */
static _Atomic uint32_t *record_of(uint32_t number)
{
	size_t unused = 0;

	return mtr_pools_get(&records, number, &unused);
}

static uint64_t changed(uint64_t was, uint32_t number)
{
	return ((was >> 32) + 1) << 32 | number;
}

/* A number that was another thread's; 0: there is none. */
static uint32_t number_pop(void)
{
	uint64_t was = atomic_load(&free_first);
	uint32_t number;

	do {
		number = (uint32_t)was;
		if (!number)
			return 0;
		MTR_ASSERT(number <= atomic_load(&used));
	} while (!atomic_compare_exchange_weak(
		&free_first, &was,
		changed(was, atomic_load(record_of(number)))));
	return number;
}

static void number_push(uint32_t number)
{
	_Atomic uint32_t *next = record_of(number);
	uint64_t was = atomic_load(&free_first);

	do
		atomic_store(next, (uint32_t)was);
	while (!atomic_compare_exchange_weak(&free_first, &was,
					     changed(was, number)));
}

/* A number that nobody had yet; 0: no memory. */
static uint32_t number_new(void)
{
	uint32_t was = atomic_load(&used);

	do {
		if (was == INT32_MAX || !record_of(was + 1))
			return 0;
	} while (!atomic_compare_exchange_weak(&used, &was, was + 1));
	return was + 1;
}

/* The key's destructor. */
static void thread_ends(void *unused)
{
	struct mtr_thread *self = &mtr_thread;
	uint32_t number = self->number;

	(void)unused;
	self->bare = true;
	atomic_signal_fence(memory_order_seq_cst);
	self->capture = NULL;
	self->counter = NULL;
	self->number = 0;
	atomic_signal_fence(memory_order_seq_cst);
	if (number)
		number_push(number);
}

/* In the middle of a claim, or of an end, a number is on its way. */
static void forked(void)
{
	uint32_t n = atomic_load(&used);

	if (mtr_thread.claiming || mtr_thread.bare)
		return;
	atomic_store(&free_first, changed(atomic_load(&free_first), 0));
	for (uint32_t number = n; number > 0; number--)
		if (number != mtr_thread.number)
			number_push(number);
}

/* Threads that race here make a key each; those that are not used go. */
void mtr_threads_init(void)
{
	static _Atomic bool once;
	pthread_key_t made;

	if (atomic_load(&has_key) || !pthread_key_create ||
	    pthread_key_create(&made, thread_ends) != 0)
		return;
	if (made >= KEYS_AT_HAND || atomic_exchange(&once, true)) {
		pthread_key_delete(made);
		return;
	}
	key = made;
	atomic_store(&has_key, true);
}

/* What pthread_atfork calls, without what is linked in for it. */
int __register_atfork(void (*prepare)(void), void (*parent)(void),
		      void (*child)(void), void *dso);
extern MTR_HIDDEN void *__dso_handle;

void mtr_threads_follow_forks(void)
{
	__register_atfork(NULL, NULL, forked, &__dso_handle);
}

/* Without a key the number is never given back. */
MTR_COLD uint32_t mtr_thread_number(void)
{
	struct mtr_thread *self = &mtr_thread;
	uint32_t number;

	if (self->number || self->bare || self->claiming)
		return self->number;
	self->claiming = true;
	atomic_signal_fence(memory_order_seq_cst);
	number = number_pop();
	if (!number)
		number = number_new();
	if (!number)
		self->bare = true;
	else if (atomic_load(&has_key))
		pthread_setspecific(key, self);
	self->number = number;
	atomic_signal_fence(memory_order_seq_cst);
	self->claiming = false;
	return number;
}
