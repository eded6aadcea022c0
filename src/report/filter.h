/* SPDX-License-Identifier: MIT */
/*
 * Which blocks a report is about.
 */
#ifndef MTR_REPORT_FILTER_H
#define MTR_REPORT_FILTER_H

#include "snapshot/heap_view.h"

/* All zero but .max_size and .last: every block. */
struct mtr_filter_spec {
	uint64_t min_size, max_size; /* requested bytes */
	unsigned first, last;	     /* generations */
	const char *function;	     /* regex, extended; NULL: any */
	const char *module;	     /* name or path; NULL: any */
};

#define MTR_FILTER_ALL_INIT                                \
	{                                                  \
		.max_size = UINT64_MAX, .last = UINT32_MAX \
	}
#define MTR_FILTER_ALL ((struct mtr_filter_spec)MTR_FILTER_ALL_INIT)

struct mtr_filter {
	struct mtr_filter_spec spec;
	const struct mtr_heap_view *s;
	bool *sites; /* by index: does its owner pass? NULL: all do */
};

/* An error if .function is no regular expression. */
struct mtr_error *mtr_filter_init(const struct mtr_heap_view *s,
				  const struct mtr_filter_spec *spec,
				  struct mtr_filter *ret);
void mtr_filter_fini(struct mtr_filter *f);

/* Are there names to look at? If not, a snapshot without names will do. */
static inline bool mtr_filter_needs_names(const struct mtr_filter_spec *spec)
{
	return spec->function || spec->module;
}

static inline bool mtr_filter_passes(const struct mtr_filter *f,
				     const struct mtr_block *b)
{
	return b->size >= f->spec.min_size && b->size <= f->spec.max_size &&
	       b->generation >= f->spec.first &&
	       b->generation <= f->spec.last &&
	       (!f->sites || f->sites[mtr_heap_view_site(f->s, b)]);
}

#endif
