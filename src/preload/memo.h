/* SPDX-License-Identifier: MIT */
/*
 * Memos: words in memory that identify a stack that was walked before. A
 * program that does the same things in turn needs nothing else: no frame is
 * looked at.
 *
 * A memo is looked for by its caller and stack pointer. Where one function
 * allocates for the whole program, many stacks have both in common; they differ
 * in some word farther out. So the memo that is found leads on: the first word
 * that is not what it was, and what it is now, make the key of the next one to
 * look at. Each memo is in one place, behind those that were there before it:
 *
 *     main -> parse -> expr -> xmalloc     found at once, by xmalloc's site
 *     main -> parse -> term -> xmalloc     behind it: "not expr but term"
 *     main -> lex   -> term -> xmalloc     behind that: "not parse but lex"
 *
 * Memos lie one after the other in a space that is used in a circle: the oldest
 * give way. Where that is too small there is a larger one.
 *
 * Each thread has its own; nothing here is for two at a time.
 */
#ifndef MTR_PRELOAD_MEMO_H
#define MTR_PRELOAD_MEMO_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/capture.h"
#include "preload/compiler.h"

enum {
	MTR_MEMO_WORDS = 256, /* of one memo, at the most */
	MTR_MEMO_PROBES = 8,  /* memos that are looked at for one stack */
	MTR_MEMO_WAYS = 2,
	MTR_MEMO_SETS_SMALL = 9, /* 2^n; and bytes of the space */
	MTR_MEMO_SPACE_SMALL = 128 << 10,
	MTR_MEMO_SETS_LARGE = 11,
	MTR_MEMO_SPACE_LARGE = 256 << 10,
	MTR_MEMO_TRIAL = 4096, /* so many misses, and the hits are counted */
	MTR_MEMO_REST = 32768, /* so long are memos let alone that do not pay */
};

/* A word that has not changed as long as its frame is there. */
struct mtr_word {
	const uintptr_t *at;
	uintptr_t was;
};

/* A word that never changes, and one that always has changed. */
extern MTR_HIDDEN const struct mtr_word mtr_word_always, mtr_word_never;

/*
 * The innermost of the words below @w that has changed, NULL: none has, down to
 * @first. By fours, outwards: only an unchanged word proves that the next may
 * be read.
 */
MTR_INLINE const struct mtr_word *mtr_word_changed(const struct mtr_word *w,
						   const struct mtr_word *first)
{
	for (; w > first; w -= 4) {
		if (unlikely(*w[-1].at != w[-1].was))
			return w - 1;
		if (unlikely(*w[-2].at != w[-2].was))
			return w - 2;
		if (unlikely(*w[-3].at != w[-3].was))
			return w - 3;
		if (unlikely(*w[-4].at != w[-4].was))
			return w - 4;
	}
	return NULL;
}

struct mtr_memo {
	uintptr_t pc, sp, fp;
	uint32_t node;	/* the id of the stack */
	uint16_t bytes; /* of its words, whole fours */
	uint16_t needs_fp : 1;
	uint16_t set : 15;	/* that it is in */
	struct mtr_word word[]; /* outermost first */
};

static_assert(MTR_MEMO_WORDS * sizeof(struct mtr_word) <= UINT16_MAX &&
		      MTR_MEMO_SETS_LARGE <= 15,
	      "a memo's head");

MTR_INLINE const struct mtr_word *mtr_memo_end(const struct mtr_memo *m)
{
	return (const struct mtr_word *)((const char *)m->word + m->bytes);
}

/* Where a memo is, and some bits of its key. */
struct mtr_memo_ref {
	uint32_t check;
	uint32_t at; /* bytes into the space, which begins with nobody's */
};

struct mtr_memo_set {
	struct mtr_memo_ref ref[MTR_MEMO_WAYS]; /* newest first */
};

/*
 * The space has the memos of this round from its beginning up to .next, and
 * those that are left of the last round from .oldest to .end.
 */
struct mtr_memo_table {
	char *space;
	struct mtr_memo_set *set;
	unsigned int shift; /* of a key, to its set */
	uint32_t size, next, oldest, end;
};

/* All zero, and forgotten: none. */
struct mtr_memos {
	struct mtr_memo_table *table; /* .small, or a larger one */
	uint32_t hits, misses;	      /* of this trial */
	uint32_t rest;		      /* captures to go without memos */
	uint32_t newest;	      /* stack */
	struct mtr_memo_table small;
	struct mtr_memo_set small_set[1 << MTR_MEMO_SETS_SMALL];
	char small_space[MTR_MEMO_SPACE_SMALL]
		__attribute__((aligned(sizeof(struct mtr_memo))));
};

#define MTR_MEMO_HASH UINT64_C(0x9e3779b97f4a7c15)

/* The key of the first memo to look at. */
MTR_INLINE uint64_t mtr_memo_key(const struct mtr_site *site)
{
	return (site->pc ^ site->sp << 20) * MTR_MEMO_HASH;
}

/*
 * The key of the next, if @m has @key and its word @w is not what it was: which
 * word, and what is it now?
 */
MTR_INLINE uint64_t mtr_memo_key_behind(uint64_t key, const struct mtr_memo *m,
					const struct mtr_word *w)
{
	uint64_t which = (uintptr_t)w - (uintptr_t)m;

	return (key ^ key >> 29 ^ *w->at ^ which << 44) * MTR_MEMO_HASH;
}

MTR_INLINE uint32_t mtr_memo_check(uint64_t key)
{
	return key >> 16;
}

/* The memo with @key, perhaps another one's; or one that is nobody's. */
MTR_INLINE const struct mtr_memo *mtr_memo_at(const struct mtr_memo_table *t,
					      uint64_t key)
{
	const struct mtr_memo_ref *ref = t->set[key >> t->shift].ref;
	uint32_t at = ref[0].at;

	if (ref[0].check != mtr_memo_check(key))
		at = ref[1].check == mtr_memo_check(key) ? ref[1].at : 0;
	return (const struct mtr_memo *)((const char *)t->space + at);
}

/* From here on @m's words say whether it is @site's. */
MTR_INLINE bool mtr_memo_begins_at(const struct mtr_memo *m,
				   const struct mtr_site *site)
{
	return likely(m->pc == site->pc) && likely(m->sp == site->sp) &&
	       (likely(!m->needs_fp) || m->fp == site->fp);
}

/*
 * Look at the memo with *@key. True: it is that of the stack as it is now,
 * and *@ret. False: *@ret is NULL, a memo with *@key may be added; or *@key
 * leads on.
 */
MTR_INLINE bool mtr_memo_is(const struct mtr_memos *memos,
			    const struct mtr_site *site, uint64_t *key,
			    const struct mtr_memo **ret)
{
	const struct mtr_memo *m = mtr_memo_at(memos->table, *key);
	const struct mtr_word *w;

	*ret = NULL;
	if (unlikely(!mtr_memo_begins_at(m, site)))
		return false;
	*ret = m;
	w = mtr_word_changed(mtr_memo_end(m), m->word);
	if (likely(!w))
		return true;
	*key = mtr_memo_key_behind(*key, m, w);
	return false;
}

/* Count a miss, unless stack @node is new to the thread. */
void mtr_memos_missed(struct mtr_memos *memos, uint32_t node);

/*
 * Add a memo with @key: the stack at @site is @node as long as @word[0] to
 * @word[@n - 1], outermost first, are unchanged. If there are too many words,
 * do nothing.
 */
void mtr_memo_add(struct mtr_memos *memos, uint64_t key,
		  const struct mtr_site *site, bool needs_fp, uint32_t node,
		  const struct mtr_word *word, unsigned int n);

/* Before the first, too. */
void mtr_memos_forget(struct mtr_memos *memos);

#endif
