/* SPDX-License-Identifier: MIT */
/*
 * Words that look like pointers to what is lost, and do not count as such. For
 * lost.c.
 */
#ifndef MTR_GRAPH_HINTS_H
#define MTR_GRAPH_HINTS_H

#include "graph/lost.h"

/* Set the hints of @v: the first word by address, a stale pointer before all
 * else. */
struct mtr_error *mtr_hints_find(const struct mtr_graph *g,
				 struct mtr_lost_list *v);

#endif
