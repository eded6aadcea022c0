/* SPDX-License-Identifier: MIT */
/*
 * Files for other tools: a function for each format, which writes the whole
 * file into .out. What goes wrong there is in .out->error; what is returned is
 * that the file cannot be made at all.
 *
 * Names come from the target, and may be anything: each format lets through
 * what it can hold.
 */
#ifndef MTR_WRITE_EXPORT_H
#define MTR_WRITE_EXPORT_H

#include "base/map.h"
#include "base/strbuf.h"
#include "report/holders.h"
#include "report/profile.h"
#include "write/out.h"

struct mtr_export {
	struct mtr_out *out;
	const struct mtr_heap_view *s;
	enum mtr_value value;
	bool short_names;
	int64_t time; /* when the target was as it is, in nanoseconds since
		       * 1970; 0: not known */
	const struct mtr_filter *filter;

	/* of what is summed up by stack */
	const struct mtr_profile *profile;

	/* of what shows each block; then .holders has places alone */
	const struct mtr_graph *graph;
	const struct mtr_holders *holders;
};

typedef struct mtr_error *mtr_export_fn(const struct mtr_export *e);

/* "main;work;f 4096": for flamegraph.pl, inferno and speedscope. */
mtr_export_fn mtr_export_folded;
/* profile.proto, compressed: for pprof and what stores profiles. */
mtr_export_fn mtr_export_pprof;
/* For heaptrack_print and heaptrack_gui. */
mtr_export_fn mtr_export_heaptrack;
/* V8's: for Chrome's DevTools and memlab. */
mtr_export_fn mtr_export_heapsnapshot;

/* ------------------------------------------------------ for formats alone */

/* Appends what @frame of @site is called, as an answer would have it. */
void mtr_export_name(const struct mtr_export *e, struct mtr_strbuf *b,
		     const struct mtr_site *site,
		     const struct mtr_frame *frame);

/*
 * Strings that are written once, and elsewhere stand as numbers: in the order
 * in which they were put in, from 0 on.
 */
struct mtr_export_string {
	char *text; /* owned */
};

static inline uint64_t mtr_export_string_hash(const char *text)
{
	return mtr_hash_text(text, 0);
}

static inline bool mtr_export_string_is(const struct mtr_export_string *s,
					const char *text)
{
	return strcmp(s->text, text) == 0;
}

MTR_MAP(mtr_export_strings, struct mtr_export_string, const char *,
	mtr_export_string_hash, mtr_export_string_is);

/* The number of @text; false: no memory. *ret_new may be NULL. */
bool mtr_export_string(struct mtr_export_strings *v, const char *text,
		       uint32_t *ret, bool *ret_new);
void mtr_export_strings_free(struct mtr_export_strings *v);

#endif
