/* SPDX-License-Identifier: MIT */
/*
 * Memos: words in memory that identify a stack that was walked before. A
 * program that does the same things in turn needs nothing else: no frame is
 * looked at.
 *
 * Each thread has its own; nothing here is for two at a time.
 */
#ifndef MTR_PRELOAD_MEMO_H
#define MTR_PRELOAD_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/capture.h"
#include "preload/compiler.h"

enum {
	MTR_MEMO_BITS = 7, /* sets */
	MTR_MEMO_WAYS = 2,
	MTR_MEMO_WORDS = 36,
	MTR_MEMOS_TRIED = 64, /* when memos do not pay, try one capture in so
			       * many */
};

/* A word that has not changed as long as its frame is there. */
struct mtr_word {
	const uintptr_t *at;
	uintptr_t was;
};

/* A word that never changes, and one that always has changed. */
extern MTR_HIDDEN const struct mtr_word mtr_word_always, mtr_word_never;

/*
 * Are the four words below @w unchanged? In this order: only an unchanged word
 * proves that the next may be read.
 */
MTR_INLINE bool mtr_four_stand(const struct mtr_word *w)
{
	return *w[-1].at == w[-1].was && *w[-2].at == w[-2].was &&
	       *w[-3].at == w[-3].was && *w[-4].at == w[-4].was;
}

struct mtr_memo {
	uintptr_t pc, sp, fp; /* pc is 0 where there is none */
	uint32_t node;	      /* the id of the stack */
	uint16_t words;	      /* whole fours */
	bool needs_fp;
	struct mtr_word word[MTR_MEMO_WORDS]; /* outermost first */
};

/*
 * The memos of one caller and stack pointer. Where one function allocates for
 * the whole program, stacks that differ farther out share both.
 */
struct mtr_memo_set {
	struct mtr_memo memo[MTR_MEMO_WAYS];
	unsigned int next; /* to be replaced */
};

/* All zero: none. */
struct mtr_memos {
	int64_t worth; /* grows with each hit, shrinks with each miss */
	unsigned int skipped;
	bool any; /* there may be some */
	struct mtr_memo_set set[1 << MTR_MEMO_BITS];
};

/*
 * The set that @site's memo is in. NULL: memos do not pay, because recursion
 * makes most stacks new; now and then they are tried again.
 */
MTR_INLINE struct mtr_memo_set *mtr_memos_for(struct mtr_memos *memos,
					      const struct mtr_site *site)
{
	uint64_t h = (site->pc ^ site->sp << 20) * UINT64_C(0x9e3779b97f4a7c15);

	if (unlikely(memos->worth < 0) &&
	    ++memos->skipped % MTR_MEMOS_TRIED != 0)
		return NULL;
	return &memos->set[h >> (64 - MTR_MEMO_BITS)];
}

MTR_INLINE bool mtr_memo_holds(const struct mtr_memo *m,
			       const struct mtr_site *site)
{
	if (m->pc != site->pc || m->sp != site->sp ||
	    (m->needs_fp && m->fp != site->fp))
		return false;
	for (const struct mtr_word *w = m->word + m->words; w > m->word; w -= 4)
		if (unlikely(!mtr_four_stand(w)))
			return false;
	return true;
}

/* The memo of the stack as it is now, or NULL. The caller counts the hit. */
MTR_INLINE const struct mtr_memo *mtr_memo_find(const struct mtr_memo_set *set,
						const struct mtr_site *site)
{
	for (int i = 0; i < MTR_MEMO_WAYS; i++)
		if (mtr_memo_holds(&set->memo[i], site))
			return &set->memo[i];
	return NULL;
}

/* Count a miss. */
void mtr_memos_missed(struct mtr_memos *memos);

/*
 * Add a memo: the stack at @site is @node as long as @word[0] to @word[@n - 1],
 * outermost first, are unchanged. If there are too many words, do nothing.
 */
void mtr_memo_add(struct mtr_memos *memos, struct mtr_memo_set *set,
		  const struct mtr_site *site, bool needs_fp, uint32_t node,
		  const struct mtr_word *word, unsigned int n);

void mtr_memos_forget(struct mtr_memos *memos);

#endif
