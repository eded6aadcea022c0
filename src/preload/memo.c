/* SPDX-License-Identifier: MIT */
/*
 * Adding memos, and forgetting them. See memo.h for the contract.
 */
#include "preload/memo.h"

#include <stdatomic.h>
#include <string.h>

#include "preload/descriptor.h"
#include "preload/memory.h"
#include "preload/sys.h"

enum {
	FIRST = sizeof(struct mtr_memo), /* behind nobody's */
	WORTH = 4,			 /* misses that one hit makes up for */
	FEW = 8, /* hits a miss, with which a larger space pays */
};

static const uintptr_t zero;
const struct mtr_word mtr_word_always = { &zero, 0 };
const struct mtr_word mtr_word_never = { &zero, 1 };

static struct mtr_memory memory = { .map = mtr_sys_map,
				    .kind = MTR_OWN_STATES,
				    .bytes = &mtr_descriptor.depot_bytes };

/* What is new has the highest number. */
void mtr_memos_missed(struct mtr_memos *memos, uint32_t node)
{
	if (node > memos->newest) {
		memos->newest = node;
		return;
	}
	if (++memos->misses < MTR_MEMO_TRIAL)
		return;
	if (memos->hits < MTR_MEMO_TRIAL / WORTH)
		memos->rest = MTR_MEMO_REST;
	memos->hits = memos->misses = 0;
}

/* The space. */

static struct mtr_memo *memo_at(struct mtr_memo_table *t, uint32_t at)
{
	MTR_ASSERT(at >= FIRST && at < t->size);
	return (struct mtr_memo *)(t->space + at);
}

static void drop_oldest(struct mtr_memo_table *t)
{
	const struct mtr_memo *m = memo_at(t, t->oldest);
	struct mtr_memo_ref *ref = t->set[m->set].ref;

	for (int i = 0; i < MTR_MEMO_WAYS; i++)
		if (ref[i].at == t->oldest)
			ref[i] = (struct mtr_memo_ref){ 0 };
	t->oldest += sizeof(*m) + m->bytes;
	MTR_ASSERT(t->oldest <= t->end);
}

static bool is_full(const struct mtr_memo_table *t, uint32_t n)
{
	return n > t->size - t->next;
}

/* The place of @n bytes. */
static uint32_t make_room(struct mtr_memo_table *t, uint32_t n)
{
	uint32_t at;

	if (is_full(t, n)) {
		while (t->oldest < t->end)
			drop_oldest(t);
		t->oldest = FIRST;
		t->end = t->next;
		t->next = FIRST;
	}
	while (t->oldest < t->end && t->oldest < t->next + n)
		drop_oldest(t);
	at = t->next;
	t->next += n;
	return at;
}

static void table_make(struct mtr_memo_table *t, struct mtr_memo_set *set,
		       unsigned int bits, char *space, uint32_t size)
{
	*t = (struct mtr_memo_table){
		.space = space,
		.set = set,
		.shift = 64 - bits,
		.size = size,
		.next = FIRST,
		.oldest = FIRST,
		.end = FIRST,
	};
}

struct large {
	struct mtr_memo_table table;
	struct mtr_memo_set set[1 << MTR_MEMO_SETS_LARGE];
	char space[MTR_MEMO_SPACE_LARGE]
		__attribute__((aligned(sizeof(struct mtr_memo))));
};

/* What is there already will be there again. */
static MTR_COLD void grow(struct mtr_memos *memos)
{
	struct large *l = mtr_memory_map(&memory, sizeof(*l));

	if (!l)
		return;
	table_make(&l->table, l->set, MTR_MEMO_SETS_LARGE, l->space,
		   MTR_MEMO_SPACE_LARGE);
	/* a handler may end the thread anywhere, and another gets the table */
	atomic_signal_fence(memory_order_seq_cst);
	memos->table = &l->table;
	memos->hits = memos->misses = 0;
}

/* Of those in @set one with the same check goes, or the older. */
static void set_add(struct mtr_memo_set *set, struct mtr_memo_ref new)
{
	struct mtr_memo_ref *ref = set->ref;

	if (ref[0].check != new.check)
		ref[1] = ref[0];
	ref[0] = new;
	static_assert(MTR_MEMO_WAYS == 2, "the two of a set");
}

void mtr_memo_add(struct mtr_memos *memos, uint64_t key,
		  const struct mtr_site *site, bool needs_fp, uint32_t node,
		  const struct mtr_word *word, unsigned int n)
{
	struct mtr_memo_table *t = memos->table;
	unsigned int fill = -n % 4;
	uint32_t bytes = (fill + n) * sizeof(*word), at;
	uint32_t room = sizeof(struct mtr_memo) + bytes;
	struct mtr_memo *m;

	MTR_ASSERT(site->pc != 0 && MTR_MEMO_WORDS % 4 == 0);
	if (n > MTR_MEMO_WORDS)
		return;
	if (unlikely(is_full(t, room)) && t == &memos->small &&
	    memos->hits < memos->misses * FEW) {
		grow(memos);
		t = memos->table;
	}
	at = make_room(t, room);
	m = memo_at(t, at);
	m->pc = site->pc;
	m->sp = site->sp;
	m->fp = site->fp;
	m->node = node;
	m->bytes = bytes;
	m->needs_fp = needs_fp;
	m->set = key >> t->shift;
	for (unsigned int i = 0; i < fill; i++)
		m->word[i] = mtr_word_always;
	memcpy(m->word + fill, word, n * sizeof(*word));
	set_add(&t->set[m->set],
		(struct mtr_memo_ref){ mtr_memo_check(key), at });
}

void mtr_memos_forget(struct mtr_memos *memos)
{
	struct mtr_memo_table *t = memos->table;

	if (!t) {
		table_make(&memos->small, memos->small_set, MTR_MEMO_SETS_SMALL,
			   memos->small_space, MTR_MEMO_SPACE_SMALL);
		atomic_signal_fence(memory_order_seq_cst);
		memos->table = &memos->small;
		return;
	}
	memset(t->set, 0, sizeof(*t->set) << (64 - t->shift));
	t->next = t->oldest = t->end = FIRST;
}
