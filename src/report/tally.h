/* SPDX-License-Identifier: MIT */
/*
 * Sums over blocks, and groups of blocks that have something in common.
 *
 * Linear in the number of blocks, with one array look-up for each; names are
 * made for distinct callers only. By stack each distinct stack is a group, and
 * blocks without a stack make a group for each caller. By type a class is a
 * group, and what is of none is grouped as by function. By root
 * what one place alone holds is a group.
 */
#ifndef MTR_REPORT_TALLY_H
#define MTR_REPORT_TALLY_H

#include "format/trailer.h"
#include "snapshot/heap_view.h"
#include "report/filter.h"
#include "report/holders.h"
#include "report/memory.h"

enum mtr_by {
	MTR_BY_FUNCTION,
	MTR_BY_MODULE,
	MTR_BY_CALLER,
	MTR_BY_LINE,
	MTR_BY_STACK,
	MTR_BY_SIZE,
	MTR_BY_GENERATION,
	MTR_BY_TYPE,
	MTR_BY_ROOT,
	MTR_BY_COUNT
};

enum mtr_sort {
	MTR_SORT_BYTES,
	MTR_SORT_BLOCKS,
	MTR_SORT_SLACK,
	MTR_SORT_RETAINED,
	MTR_SORT_PINS, /* needs a memory map */
};

struct mtr_sum {
	uint64_t blocks;
	uint64_t bytes;	 /* requested */
	uint64_t usable; /* the allocator's, with the records */
	uint64_t slack;	 /* between the two, without the records; not of
			  * damaged blocks */
	uint64_t pins;	 /* free heap on the blocks' pages, as far as it is
			  * put down to them; 0 without a memory map */
};

/* A file that has no names for callers in it. */
struct mtr_nameless {
	const struct mtr_module *module;
	struct mtr_sum sum; /* of what is attributed to them */
};

MTR_VECTOR(mtr_nameless_list, struct mtr_nameless);

struct mtr_group {
	char *key;			 /* owned; NULL: that of a stack, which
					  * mtr_name_stack makes */
	const struct mtr_module *module; /* NULL: none, or not by name */
	struct mtr_sum sum;
	uint64_t retained; /* bytes: see mtr_holders_retained; 0 if nobody
			    * asked */
	const struct mtr_site *site;   /* of those in it the one with the most
					* bytes; NULL: not grouped by callers */
	const struct mtr_stack *stack; /* the one with the most bytes, if that
					* has one; else NULL */
	const struct mtr_root_place *place; /* by root, as long as there are
					     * the holders; else NULL */
	uint64_t alone; /* bytes of pages that nobody else has blocks on; 0
			 * without a memory map */
};

MTR_VECTOR(mtr_groups, struct mtr_group);

struct mtr_tally {
	enum mtr_by by;
	struct mtr_sum total;	 /* of what passed the filter */
	struct mtr_sum left_out; /* of what did not */
	struct mtr_sum wrappers; /* of what is attributed to an allocation
				  * wrapper, because no stack says more; not by
				  * size or generation */
	bool pins;		 /* are known */
	struct mtr_nameless_list nameless; /* stripped, most bytes first */
	struct mtr_groups groups;
};

struct mtr_tally_spec {
	enum mtr_by by;
	enum mtr_sort sort;
	const struct mtr_holders *holders; /* by root, and for .retained; else
					    * it may be NULL */
	const struct mtr_memory_map *map;  /* with .pins; NULL: nobody asks what
					    * blocks pin */
};

static inline void mtr_sum_block(struct mtr_sum *sum,
				 const struct mtr_heap *heap,
				 const struct mtr_block *b)
{
	sum->blocks++;
	sum->bytes += b->size;
	sum->usable += b->usable;
	if (!b->damaged)
		sum->slack += mtr_heap_slack(heap, b);
}

static inline void mtr_sum_add(struct mtr_sum *sum, const struct mtr_sum *more)
{
	sum->blocks += more->blocks;
	sum->bytes += more->bytes;
	sum->usable += more->usable;
	sum->slack += more->slack;
	sum->pins += more->pins;
}

/* Groups come sorted, largest first; those that are equal by their keys. */
struct mtr_error *mtr_tally_make(const struct mtr_heap_view *s,
				 const struct mtr_filter *filter,
				 enum mtr_by by, enum mtr_sort sort,
				 struct mtr_tally *ret);
struct mtr_error *mtr_tally_make_as(const struct mtr_heap_view *s,
				    const struct mtr_filter *filter,
				    const struct mtr_tally_spec *spec,
				    struct mtr_tally *ret);
void mtr_tally_fini(struct mtr_tally *t);

#endif
