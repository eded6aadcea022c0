/* SPDX-License-Identifier: MIT */
/*
 * See resident.h for the contract.
 */
#include "report/resident.h"

void mtr_resident_find(const struct mtr_heap_view *s, struct mtr_resident *ret)
{
	*ret = (struct mtr_resident){ .dumped = s->kind == MTR_TARGET_CORE };
	if (!s->target)
		return;
	ret->bytes = mtr_target_resident(s->target);
	ret->dumped = mtr_target_source(s->target) == MTR_TARGET_CORE;
}
