/* SPDX-License-Identifier: MIT */
/*
 * Is that a trailer? What tells one from a program's own bytes. For heap.c.
 *
 * A caller in code proves a trailer, together with a size that fits. But code
 * goes: a plugin is unloaded, a JIT's page turned writable, and something else
 * is mapped there. So a caller that lies in no code costs the block its name
 * alone, if the size next to it is one for which an allocator gives a block as
 * large as this: a trailer that a program has written over seldom has such a
 * one. What never was an address of code is no caller, whatever stands beside.
 *
 * A short record has the id of a stack in place of an address. That it has none
 * at all is believed where the library says that it had no memory for some, or
 * of a block that is too large for one.
 */
#ifndef MTR_HEAP_JUDGE_H
#define MTR_HEAP_JUDGE_H

#include "format/trailer.h"
#include "heap/heap.h"
#include "heap/pc_map.h"

enum mtr_verdict {
	MTR_TRAILER_DAMAGED, /* it is none */
	MTR_TRAILER_NO_CODE, /* one, though nothing at its caller is code */
	MTR_TRAILER_SOUND,
};

/* A caller that was judged of late: most programs have some hundred. */
struct mtr_judged {
	uint64_t caller; /* 0: none */
	uint32_t site;	 /* 1 + its site; 0: it has none yet */
	enum mtr_verdict verdict;
};

enum { MTR_JUDGED_BITS = 10 };

struct mtr_judge {
	struct mtr_target *t;
	struct mtr_heap *heap;	   /* gets the sites */
	uint32_t record;	   /* bytes of a trailer */
	struct mtr_pc_map callers; /* sites */
	struct mtr_pc_map calls;   /* of freed blocks': 1 + is it a caller? */
	struct mtr_judged recent[1 << MTR_JUDGED_BITS];
};

/*
 * That of @trailer, the end of a block of @usable bytes. Of a short record
 * .caller is who answers for its stack, or 0: there is no such stack.
 */
enum mtr_verdict mtr_judge(struct mtr_judge *j,
			   const struct mtr_trailer *trailer, uint64_t usable);

/*
 * Is @usable what an allocator gives to who asks for the size that the trailer
 * has? Else the block has an unusual alignment, or what stands there is a free
 * chunk's.
 */
bool mtr_judge_is_likely(const struct mtr_judge *j,
			 const struct mtr_trailer *trailer, uint64_t usable);

/*
 * mtr_judge() for a block that was freed, whose bytes have been anybody's
 * since: is it proved that they still are its trailer?
 */
bool mtr_judge_freed(struct mtr_judge *j, const struct mtr_trailer *trailer,
		     uint64_t usable);

/* The site of @caller; 0: none is known. */
struct mtr_error *mtr_judge_site(struct mtr_judge *j, uint64_t caller,
				 uint32_t *ret);

/* Where a caller is looked for among those that were judged of late. */
static inline struct mtr_judged *mtr_judged_slot(struct mtr_judge *j,
						 uint64_t caller)
{
	uint64_t hash = caller * UINT64_C(0x9e3779b97f4a7c15);

	return &j->recent[hash >> (64 - MTR_JUDGED_BITS)];
}

/*
 * mtr_judge() and mtr_judge_site() at once, for most blocks: sound, and of a
 * caller that was judged of late. False: ask these two.
 */
static inline bool mtr_judge_at_once(struct mtr_judge *j,
				     const struct mtr_trailer *trailer,
				     uint64_t usable, uint32_t *site)
{
	const struct mtr_judged *known = mtr_judged_slot(j, trailer->caller);

	if (!mtr_trailer_fits(trailer, usable, j->record) ||
	    known->caller != trailer->caller || !known->site ||
	    known->verdict != MTR_TRAILER_SOUND)
		return false;
	*site = known->site - 1;
	return true;
}

/* Has it a site already? */
bool mtr_judge_knows(struct mtr_judge *j, uint64_t caller);

void mtr_judge_fini(struct mtr_judge *j);

#endif
