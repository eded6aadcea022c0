/* SPDX-License-Identifier: MIT */
/*
 * See resident.h for the contract.
 */
#include "report/resident.h"

void mtr_resident_find(const struct mtr_heap_view *s, struct mtr_resident *ret)
{
	*ret = (struct mtr_resident){ .dumped = mtr_heap_view_is_core(s) };
	if (s->target)
		ret->bytes = mtr_target_resident(s->target);
}
