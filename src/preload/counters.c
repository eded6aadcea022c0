/* SPDX-License-Identifier: MIT */
/*
 * The counters' slots. See counters.h for the contract.
 */
#include "preload/counters.h"

#include <assert.h>
#include <stdatomic.h>

#include "preload/threads.h"

#ifdef MTR_COUNTERS

/* counters_debug.S reads these three by name, and knows the size of a slot. */
enum { SLOTS = 1024, SLOT_BYTES = 64 };

struct slot {
	struct mtr_counter counter;
	char pad[SLOT_BYTES - sizeof(struct mtr_counter)];
};

static_assert(sizeof(struct slot) == SLOT_BYTES, "counters_debug.S");
static_assert(offsetof(struct slot, counter.bytes) == 8, "counters_debug.S");

_Alignas(SLOT_BYTES) struct slot mtr_counter_slots[SLOTS];
_Atomic uint64_t mtr_counter_slots_used;

/*
 * The variables, and their exported names. The names are given
 * to the assembler alone: with a variable of that name in C, its debug
 * information would stand beside that of counters_debug.S, and a debugger might
 * take it and show the word without the slots.
 */
uint64_t mtr_total_allocs __attribute__((used));
uint64_t mtr_total_bytes __attribute__((used));

#define EXPORT_AS(name, word)               \
	__asm__(".globl " name "\n"         \
		".type " name ", %object\n" \
		".size " name ", 8\n"       \
		".set " name ", " word "\n")
EXPORT_AS("TOTAL_ALLOCS", "mtr_total_allocs");
EXPORT_AS("TOTAL_ALLOCATED_BYTES", "mtr_total_bytes");

/* That of the thread's number; NULL: it has none, or one too high. */
static struct mtr_counter *slot_claim(void)
{
	uint32_t number = mtr_thread_number();
	uint64_t seen = atomic_load(&mtr_counter_slots_used);

	if (number == 0 || number > SLOTS || mtr_thread.bare)
		return NULL;
	while (seen < number && !atomic_compare_exchange_weak(
					&mtr_counter_slots_used, &seen, number))
		;
	return mtr_thread.counter = &mtr_counter_slots[number - 1].counter;
}

/*
 * The first event of a thread claims a slot. Where more threads live than
 * there are slots, the rest share the two words.
 */
MTR_COLD void mtr_counters_count_slow(uint64_t blocks, uint64_t bytes)
{
	struct mtr_counter *own = slot_claim();

	if (own) {
		mtr_counter_add(&own->blocks, blocks);
		mtr_counter_add(&own->bytes, bytes);
		return;
	}
	__atomic_fetch_add(&mtr_total_allocs, blocks, __ATOMIC_RELAXED);
	__atomic_fetch_add(&mtr_total_bytes, bytes, __ATOMIC_RELAXED);
}

#endif
