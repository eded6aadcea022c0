/* SPDX-License-Identifier: MIT */
/*
 * Memos: what tells that a stack that was walked before is there again, without
 * its frames. They are the whole of capturing for a program that does the same
 * things in turn.
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
	MTR_MEMOS_TRIED = 64, /* of so many, one, where they seem not worth it
			       */
};

/* What tells that a frame is still there. */
struct mtr_word {
	const uintptr_t *at;
	uintptr_t was;
};

/* Words that always are what they were, and never. */
extern MTR_HIDDEN const struct mtr_word mtr_word_always, mtr_word_never;

/*
 * Those below @w, in turn: a word that is what it was proves that the next may
 * be read.
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
 * Those of one caller and stack pointer. Where one function allocates for all
 * the program, stacks that differ farther out have both in common.
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
 * Where to look for @site's. NULL: where recursion makes most stacks new,
 * keeping them costs more than it saves; now and then it is tried again.
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

/* That of the stack that is there now, or NULL. Who has found one counts it. */
MTR_INLINE const struct mtr_memo *mtr_memo_find(const struct mtr_memo_set *set,
						const struct mtr_site *site)
{
	for (int i = 0; i < MTR_MEMO_WAYS; i++)
		if (mtr_memo_holds(&set->memo[i], site))
			return &set->memo[i];
	return NULL;
}

/* None was found. */
void mtr_memos_missed(struct mtr_memos *memos);

/*
 * Keep that the stack at @site is @node's as long as @word[0] to @word[@n - 1],
 * outermost first, are what they were. Too many are not kept.
 */
void mtr_memo_add(struct mtr_memos *memos, struct mtr_memo_set *set,
		  const struct mtr_site *site, bool needs_fp, uint32_t node,
		  const struct mtr_word *word, unsigned int n);

void mtr_memos_forget(struct mtr_memos *memos);

#endif
