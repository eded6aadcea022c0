/* SPDX-License-Identifier: MIT */
/*
 * What the places are called that pointers lie in.
 */
#ifndef MTR_REPORT_ROOT_NAME_H
#define MTR_REPORT_ROOT_NAME_H

#include "base/strbuf.h"
#include "graph/lost.h"
#include "snapshot/heap_view.h"

/*
 * "the stack of thread 1234 (worker)", "g_cache+0x18 [app]", "free memory of
 * the heap": what has @addr.
 */
void mtr_root_name(struct mtr_strbuf *b, const struct mtr_heap_view *s,
		   const struct mtr_roots *roots, enum mtr_place place,
		   uint32_t thread, uint64_t addr);

/*
 * "a stale pointer to it at 0x..., in ..."; nothing where there is no hint.
 */
void mtr_hint_name(struct mtr_strbuf *b, const struct mtr_heap_view *s,
		   const struct mtr_roots *roots, const struct mtr_hint *hint);

#endif
