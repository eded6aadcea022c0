/* SPDX-License-Identifier: MIT */
/*
 * Trailers held against what can be. See judge.h for the contract.
 */
#include "heap/judge.h"

#include "format/depot.h"
#include "target/call_site.h"

/* What the address says, without a look at the size. */
static enum mtr_verdict judge_caller(const struct mtr_target *t,
				     uint64_t caller)
{
	static const uint64_t lowest = 4096;
	const struct mtr_range *r;

	if (caller <= lowest || caller >> MTR_ADDR_BITS)
		return MTR_TRAILER_DAMAGED;
	r = mtr_target_find(t, caller - 1);
	/* where the target does not say what may be executed, all may */
	return r && (r->prot < 0 || r->prot & MTR_PROT_EXEC)
		       ? MTR_TRAILER_SOUND
		       : MTR_TRAILER_NO_CODE;
}

/* The same as judge_caller, asked seldom. */
static enum mtr_verdict judge_caller_once(struct mtr_judge *j, uint64_t caller)
{
	struct mtr_judged *known = mtr_judged_slot(j, caller);

	if (known->caller != caller || !caller)
		*known = (struct mtr_judged){
			.caller = caller,
			.verdict = judge_caller(j->t, caller),
		};
	return known->verdict;
}

bool mtr_judge_is_likely(const struct mtr_judge *j,
			 const struct mtr_trailer *trailer, uint64_t usable)
{
	return mtr_size_is_likely(usable, mtr_trailer_size(trailer, usable),
				  j->record,
				  j->heap->descriptor.flags & MTR_FLAG_CHUNKS);
}

/* Is that the short record of a block of which no stack is known? */
static bool is_stackless(const struct mtr_judge *j,
			 const struct mtr_trailer *trailer, uint64_t usable)
{
	return j->record == MTR_RECORD_SHORT && !trailer->caller &&
	       !mtr_trailer_stack(trailer, usable) &&
	       (j->heap->descriptor.stops[MTR_ROOT_NONE] ||
		!mtr_trailer_has_stack(usable)) &&
	       mtr_judge_is_likely(j, trailer, usable);
}

enum mtr_verdict mtr_judge(struct mtr_judge *j,
			   const struct mtr_trailer *trailer, uint64_t usable)
{
	enum mtr_verdict v;

	if (!mtr_trailer_fits(trailer, usable, j->record))
		return MTR_TRAILER_DAMAGED;
	if (is_stackless(j, trailer, usable))
		return MTR_TRAILER_SOUND;
	v = judge_caller_once(j, trailer->caller);
	if (v == MTR_TRAILER_NO_CODE &&
	    !mtr_judge_is_likely(j, trailer, usable))
		return MTR_TRAILER_DAMAGED;
	return v;
}

/* Does a call end at @pc? Where the target has no code to look at, it may. */
static bool is_after_call(const struct mtr_judge *j, uint64_t pc)
{
	uint8_t code[MTR_CALL_BYTES];

	return mtr_target_read(j->t, pc - sizeof(code), code, sizeof(code)) !=
		       sizeof(code) ||
	       mtr_ends_with_call(mtr_target_machine(j->t), code);
}

/* The same; the target is asked once. */
static bool is_call(struct mtr_judge *j, uint64_t pc)
{
	bool added;
	uint32_t *known = mtr_pc_map_at(&j->calls, pc, &added);

	if (known && added)
		*known = 1 + is_after_call(j, pc);
	return known && *known == 2;
}

bool mtr_judge_freed(struct mtr_judge *j, const struct mtr_trailer *trailer,
		     uint64_t usable)
{
	const struct mtr_descriptor *d = &j->heap->descriptor;

	return mtr_judge(j, trailer, usable) == MTR_TRAILER_SOUND &&
	       mtr_judge_is_likely(j, trailer, usable) &&
	       (d->depot || !mtr_trailer_stack(trailer, usable)) &&
	       is_call(j, trailer->caller);
}

struct mtr_error *mtr_judge_site(struct mtr_judge *j, uint64_t caller,
				 uint32_t *ret)
{
	struct mtr_judged *known = mtr_judged_slot(j, caller);
	uint32_t *site;
	uint64_t *pc;
	bool added;

	if (!caller) {
		caller = MTR_CALLER_UNKNOWN;
		known = mtr_judged_slot(j, caller);
	}
	*ret = known->site - 1;
	if (known->caller == caller && known->site)
		return NULL;
	site = mtr_pc_map_at(&j->callers, caller, &added);
	if (!site)
		return mtr_error_nomem();
	if (added) {
		pc = mtr_addresses_push(&j->heap->sites);
		if (!pc)
			return mtr_error_nomem();
		*pc = caller;
		*site = j->heap->sites.n - 1;
	}
	if (known->caller == caller)
		known->site = *site + 1;
	*ret = *site;
	return NULL;
}

bool mtr_judge_knows(struct mtr_judge *j, uint64_t caller)
{
	const struct mtr_judged *known = mtr_judged_slot(j, caller);

	return (known->caller == caller && known->site) ||
	       mtr_pc_map_find(&j->callers, caller);
}

void mtr_judge_fini(struct mtr_judge *j)
{
	mtr_pc_map_fini(&j->calls);
	mtr_pc_map_fini(&j->callers);
}
