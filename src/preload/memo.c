/* SPDX-License-Identifier: MIT */
/*
 * Adding memos, and forgetting them. See memo.h for the contract.
 */
#include "preload/memo.h"

#include <string.h>

enum {
	WORTH_MAX = 256,
	MISS = 4, /* costs as much as so many hits save */
};

static const uintptr_t zero;
const struct mtr_word mtr_word_always = { &zero, 0 };
const struct mtr_word mtr_word_never = { &zero, 1 };

void mtr_memos_missed(struct mtr_memos *memos)
{
	if (memos->worth > WORTH_MAX)
		memos->worth = WORTH_MAX;
	if (memos->worth > -WORTH_MAX)
		memos->worth -= MISS;
}

void mtr_memo_add(struct mtr_memos *memos, struct mtr_memo_set *set,
		  const struct mtr_site *site, bool needs_fp, uint32_t node,
		  const struct mtr_word *word, unsigned int n)
{
	struct mtr_memo *m = &set->memo[set->next % MTR_MEMO_WAYS];
	unsigned int fill = -n % 4;

	MTR_ASSERT(site->pc != 0 && MTR_MEMO_WORDS % 4 == 0);
	MTR_ASSERT(set >= memos->set &&
		   set < memos->set + (1 << MTR_MEMO_BITS));
	if (n > MTR_MEMO_WORDS)
		return;
	memos->any = true;
	set->next++;
	m->pc = site->pc;
	m->sp = site->sp;
	m->fp = site->fp;
	m->node = node;
	m->words = fill + n;
	m->needs_fp = needs_fp;
	for (unsigned int i = 0; i < fill; i++)
		m->word[i] = mtr_word_always;
	memcpy(m->word + fill, word, n * sizeof(*word));
	MTR_ASSERT(m->words % 4 == 0 && m->words <= MTR_MEMO_WORDS);
}

void mtr_memos_forget(struct mtr_memos *memos)
{
	if (!memos->any)
		return;
	for (unsigned int i = 0; i < 1 << MTR_MEMO_BITS; i++)
		for (unsigned int j = 0; j < MTR_MEMO_WAYS; j++)
			memos->set[i].memo[j].pc = 0;
	memos->any = false;
}
