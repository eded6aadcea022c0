/* SPDX-License-Identifier: MIT */
/*
 * The graph as parts of a snapshot: references with their places, the roots
 * and, of what is lost, the hints. What follows from these is found anew.
 */
#ifndef MTR_GRAPH_SAVED_H
#define MTR_GRAPH_SAVED_H

#include "graph/lost.h"
#include "graph/regions.h"
#include "target/save.h"

/* @g has its places. @warnings came of reading it. */
struct mtr_error *mtr_graph_save(const struct mtr_graph *g,
				 const struct mtr_lost_list *lost,
				 const struct mtr_strings *warnings,
				 struct mtr_save *save);

/* What each piece of memory is for. */
struct mtr_error *mtr_regions_save(const struct mtr_regions *v,
				   struct mtr_save *save);

/* For regions.c. */
struct mtr_error *mtr_regions_load(struct mtr_target *t,
				   struct mtr_regions *ret);

/* For graph.c: all but .reached, whose blocks are counted in @g already. */
struct mtr_error *mtr_graph_load(struct mtr_graph *g, bool places);

/* For hints.c. */
struct mtr_error *mtr_hints_load(const struct mtr_graph *g,
				 struct mtr_lost_list *v);

#endif
