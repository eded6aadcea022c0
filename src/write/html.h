/* SPDX-License-Identifier: MIT */
/*
 * The page for a browser: what it shows is in it as JSON, of which page/page.js
 * makes the rest.
 *
 * Names come from the target, and may be anything: none of them ends the
 * element that the data is in, and the page's script takes all as text.
 */
#ifndef MTR_WRITE_HTML_H
#define MTR_WRITE_HTML_H

#include "report/diff.h"
#include "report/leaks.h"
#include "report/memory.h"
#include "report/profile.h"
#include "write/out.h"

struct mtr_page {
	struct mtr_out *out;
	const struct mtr_heap_view
		*s[MTR_SIDES];	 /* NULL: there is no old one */
	int64_t time[MTR_SIDES]; /* as in struct mtr_export */
	enum mtr_value value;	 /* what is shown first */
	bool short_names;
	const struct mtr_filter_spec *filter;

	/* of one target */
	const struct mtr_profile *profile;
	const struct mtr_tally *functions;
	const struct mtr_memory *memory; /* NULL: .no_memory says why */
	const struct mtr_leaks *leaks;	 /* NULL: .no_leaks says why */
	const char *no_memory, *no_leaks;

	/* of two */
	const struct mtr_diff *stacks_diff, *functions_diff;
};

/* What goes wrong in .out stays there. */
struct mtr_error *mtr_write_html(const struct mtr_page *p);

/* Made of the files in page/: what comes before the data and after it, line by
 * line; each ends with NULL. */
extern const char *const mtr_page_head[], *const mtr_page_tail[];

#endif
