/* SPDX-License-Identifier: MIT */
/*
 * Leaves: mapping, lending, taking back. See leaf.h for the contract.
 */
#include "preload/leaf.h"

#include <string.h>

#include "format/ledger_code.h"
#include "preload/descriptor.h"
#include "preload/memory.h"
#include "preload/sys.h"

enum {
	/* A small program shall not pay for many leaves, where address space is
	 * limited or memory locked: a pool is as large as what was there
	 * before. */
	POOL_LEAVES_MIN = 2,
	POOL_LEFT_MASK = 15,

	PART = 1 << 12, /* bytes of a leaf */
	/*
	 * For each leaf that is needed so many may be looked at, and what was
	 * not used up later. So another one is mapped only where no more than
	 * one in LOOKS was free.
	 */
	LOOKS = 8,
	LOOKS_SAVED = 1 << 16,
};

static_assert((int)MTR_POOL_LEAVES <= (int)POOL_LEFT_MASK &&
		      (int)MTR_LEAF_STEP % (int)(POOL_LEFT_MASK + 1) == 0,
	      "the count fits the low bits of a leaf's address");
static_assert((int)MTR_POOL_HEADS + MTR_POOL_LEAVES * (int)MTR_LEAF_ROOM +
			      (int)MTR_SYS_PAGE <
		      (int)MTR_SYS_HUGE_PAGE,
	      "a pool has no room for a huge page");
static_assert(MTR_LEAF_GRANULES / PART == 64, "a bit for each part");

/*
 * The state of a leaf. TURN counts whatever is done to it but a release: a
 * compare-and-swap tells by it that nothing was done since.
 */
#define HOLD UINT64_C(1) /* how many hold it: 24 bits */
#define HOLDS (((uint64_t)1 << 24) - 1)
#define CLOSED ((uint64_t)1 << 24) /* empty, and about to leave its slot */
#define LENT ((uint64_t)1 << 25)
#define TURN ((uint64_t)1 << 26)

_Atomic uint32_t mtr_leaf_count;

/* The next free leaf of the pool; its low bits count how many there are. */
static _Atomic uintptr_t pool;

/* All that were ever lent, the last one first; and where to look next. */
static _Atomic(struct mtr_leaf_head *) all, hand;
static _Atomic int looks;

static struct mtr_memory memory = { .map = mtr_sys_map_small,
				    .kind = MTR_OWN_LEDGER,
				    .bytes = &mtr_descriptor.ledger_bytes };

/* ------------------------------------------------------------------ memory */

static size_t pool_leaves(void)
{
	size_t n = __atomic_load_n(&mtr_descriptor.ledger_bytes,
				   __ATOMIC_RELAXED) /
		   MTR_LEAF_ROOM;

	if (n < POOL_LEAVES_MIN)
		return POOL_LEAVES_MIN;
	return n < MTR_POOL_LEAVES ? n : (size_t)MTR_POOL_LEAVES;
}

static uint8_t *map_pool(uintptr_t empty, bool stays)
{
	size_t leaves = pool_leaves();
	size_t bytes = MTR_POOL_HEADS + leaves * MTR_LEAF_ROOM;
	uint8_t *at = stays ? mtr_memory_map(&memory, bytes)
			    : mtr_memory_map_anyway(&memory, bytes);
	uint8_t *first;
	uintptr_t rest;

	if (!at)
		return NULL;
	first = at + MTR_POOL_HEADS;
	rest = ((uintptr_t)first + MTR_LEAF_ROOM) | (leaves - 1);
	if (atomic_compare_exchange_strong(&pool, &empty, rest))
		return first;
	mtr_memory_unmap(&memory, at, bytes);
	return NULL;
}

static uint8_t *from_pool(bool stays)
{
	uintptr_t next = atomic_load(&pool);

	for (;;) {
		uintptr_t left = next & POOL_LEFT_MASK;

		if (!left) {
			uint8_t *leaf = map_pool(next, stays);
			uintptr_t now = atomic_load(&pool);

			if (leaf || now == next)
				return leaf;
			next = now;
		} else if (atomic_compare_exchange_weak(
				   &pool, &next, next + MTR_LEAF_ROOM - 1)) {
			return (uint8_t *)(next - left);
		}
	}
}

/* ------------------------------------------------------------- taking back */

static void list(struct mtr_leaf_head *h)
{
	h->listed = true;
	h->next = atomic_load(&all);
	while (!atomic_compare_exchange_weak(&all, &h->next, h))
		;
}

static bool part_is_empty(const uint8_t *part)
{
	const uint64_t leads = UINT64_C(0x8080808080808080);

	for (size_t i = 0; i < PART; i += 8) {
		uint64_t eight;

		memcpy(&eight, part + i, sizeof(eight));
		if (eight & leads)
			return false;
	}
	return true;
}

static bool is_empty(struct mtr_leaf_head *h)
{
	uint64_t parts = atomic_load(&h->parts);

	if (mtr_is_lead(h->leaf[atomic_load(&h->last)]))
		return false;
	for (; parts; parts &= parts - 1)
		if (!part_is_empty(h->leaf +
				   (size_t)__builtin_ctzll(parts) * PART))
			return false;
	return true;
}

static void unhold(struct mtr_leaf_head *h)
{
	atomic_fetch_sub(&h->state, HOLD);
}

/* Out of its slot, if it is still there. @h is closed and held. */
static void unpublish(struct mtr_leaf_head *h, mtr_leaf *slot)
{
	uint8_t *leaf = h->leaf;

	if (slot)
		atomic_compare_exchange_strong(slot, &leaf, NULL);
}

/*
 * True: @h is in no slot, and we alone hold it. Closing it comes first, so that
 * whoever comes meanwhile knows that it is going, and then that it belongs to
 * us, which fails while another thread still looks at it. Then it stays closed,
 * for who comes next.
 */
static bool take(struct mtr_leaf_head *h)
{
	uint64_t state = atomic_load(&h->state), closed;

	if (!(state & LENT) || state & HOLDS)
		return false;
	if (!(state & CLOSED) && !is_empty(h))
		return false;
	closed = (state | CLOSED) + HOLD + TURN;
	if (!atomic_compare_exchange_strong(&h->state, &state, closed))
		return false;
	unpublish(h, h->slot);
	if (atomic_compare_exchange_strong(&h->state, &closed,
					   (closed & ~CLOSED) + TURN))
		return true;
	unhold(h);
	return false;
}

/* How many leaves may be looked at now. Threads that race may miscount. */
static int looks_left(void)
{
	int left = atomic_fetch_add(&looks, LOOKS) + LOOKS;

	if (left > LOOKS_SAVED)
		atomic_fetch_sub(&looks, LOOKS);
	return left;
}

static struct mtr_leaf_head *take_any(void)
{
	struct mtr_leaf_head *h = atomic_load(&hand), *first = NULL;
	struct mtr_leaf_head *taken = NULL;
	int n = 0;

	for (int left = looks_left(); n < left && !taken; n++) {
		if (!h)
			h = atomic_load(&all);
		if (!h || h == first)
			break;
		if (n == 0)
			first = h;
		if (take(h))
			taken = h;
		h = h->next;
	}
	atomic_fetch_sub(&looks, n);
	atomic_store(&hand, h);
	return taken;
}

/* ------------------------------------------------------------------ making */

/* To be lent, for the first time. */
static void start(uint8_t *leaf, mtr_leaf *slot, uint64_t state)
{
	struct mtr_leaf_head *h = mtr_leaf_head(leaf);

	h->leaf = leaf;
	h->slot = slot;
	atomic_store(&h->state, state);
	list(h);
}

/* A leaf for @slot, in no slot yet. If it does not stay it is held. */
static uint8_t *create(mtr_leaf *slot, bool stays)
{
	struct mtr_leaf_head *h = take_any();
	uint8_t *leaf;

	if (!h) {
		leaf = from_pool(stays);
		if (leaf)
			atomic_fetch_add(&mtr_leaf_count, 1);
		if (leaf && !stays)
			start(leaf, slot, LENT + HOLD);
		return leaf;
	}
	h->slot = slot;
	atomic_store(&h->parts, 0);
	atomic_fetch_add(&h->uses, 1);
	if (stays)
		atomic_fetch_and(&h->state, ~LENT);
	return h->leaf;
}

/* Another thread was first: for the next one that needs a leaf. */
static void give_back(uint8_t *leaf)
{
	struct mtr_leaf_head *h = mtr_leaf_head(leaf);

	if (!h->listed) {
		start(leaf, NULL, LENT + CLOSED);
		return;
	}
	h->slot = NULL;
	atomic_fetch_or(&h->state, LENT | CLOSED);
	unhold(h);
}

/*
 * True: the leaf stays where it is, in @slot. False: look again. Once it stays
 * for good, nobody asks how many hold it.
 */
static bool hold(uint8_t *leaf, mtr_leaf *slot, bool stays)
{
	struct mtr_leaf_head *h = mtr_leaf_head(leaf);
	uint64_t state = atomic_load(&h->state);

	if (!(state & LENT))
		return atomic_load(slot) == leaf;
	state = atomic_fetch_add(&h->state, HOLD + TURN);
	/* who closed it may never come to the end: a fork's child has but one
	 * thread */
	if (state & CLOSED)
		unpublish(h, slot);
	if (state & CLOSED || atomic_load(slot) != leaf) {
		unhold(h);
		return false;
	}
	if (stays)
		atomic_fetch_and(&h->state, ~LENT);
	return true;
}

MTR_COLD uint8_t *mtr_leaf_make(mtr_leaf *slot, bool stays)
{
	for (;;) {
		uint8_t *leaf = atomic_load(slot), *none = NULL;

		if (leaf) {
			if (hold(leaf, slot, stays))
				return leaf;
			continue;
		}
		leaf = create(slot, stays);
		if (!leaf || atomic_compare_exchange_strong(slot, &none, leaf))
			return leaf;
		give_back(leaf);
	}
}

void mtr_leaf_release(uint8_t *leaf)
{
	if (mtr_leaf_is_lent(leaf))
		unhold(mtr_leaf_head(leaf));
}

void mtr_leaf_note(uint8_t *leaf, size_t i)
{
	struct mtr_leaf_head *h = mtr_leaf_head(leaf);
	uint64_t part = UINT64_C(1) << i / PART;

	if (!mtr_leaf_is_lent(leaf))
		return;
	atomic_store(&h->last, i);
	if (!(atomic_load(&h->parts) & part))
		atomic_fetch_or(&h->parts, part);
}

bool mtr_leaf_is_lent(const uint8_t *leaf)
{
	return atomic_load(&mtr_leaf_head(leaf)->state) & LENT;
}
