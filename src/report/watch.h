/* SPDX-License-Identifier: MIT */
/*
 * Groups of one process from one reading to the next: what they have, what they
 * grew by since a mark, and how fast.
 *
 * Keys and modules have to last from reading to reading: the views are named
 * by mtr_heap_view_name_again.
 */
#ifndef MTR_REPORT_WATCH_H
#define MTR_REPORT_WATCH_H

#include "base/map.h"
#include "report/tally.h"

struct mtr_watched {
	char *key; /* owned */
	const struct mtr_module *module;
	struct mtr_sum now, before, base; /* base: at the mark */
	const struct mtr_site *site;	  /* of the last reading, or NULL */
};

struct mtr_watch_key {
	const char *text;
	const struct mtr_module *module;
};

static inline uint64_t mtr_watch_hash(struct mtr_watch_key key)
{
	return mtr_hash_text(key.text, mtr_module_hash(key.module));
}

static inline bool mtr_watch_is(const struct mtr_watched *w,
				struct mtr_watch_key key)
{
	return mtr_module_same(w->module, key.module) &&
	       strcmp(w->key, key.text) == 0;
}

MTR_MAP(mtr_watch_table, struct mtr_watched, struct mtr_watch_key,
	mtr_watch_hash, mtr_watch_is);

MTR_VECTOR(mtr_watch_rows, const struct mtr_watched *);

enum mtr_watch_sort {
	MTR_WATCH_BYTES,
	MTR_WATCH_BLOCKS,
	MTR_WATCH_GROWTH,
	MTR_WATCH_RATE,
	MTR_WATCH_SORTS
};

/* What growth by a key counts from: all of it, and when. */
struct mtr_watch_from {
	struct mtr_sum sum;
	double at;
};

struct mtr_watch {
	unsigned keys; /* 1 << enum mtr_by: that may be asked for */
	struct mtr_watch_table tables[MTR_BY_COUNT];
	unsigned turns[MTR_BY_COUNT]; /* in which each was made */
	unsigned turn;		      /* 0: nothing was read */
	bool rated[MTR_BY_COUNT];     /* the reading before is in it too */
	struct mtr_watch_from from[MTR_BY_COUNT];
	struct mtr_sum now, before;
	double at, last_at; /* seconds */
};

/*
 * One more reading, @at seconds by any clock. The first one is a mark. A table
 * is made for @by alone; a mark makes all, but not by stack before this was
 * asked for: of each of many stacks it would hold the text. From then on its
 * growth counts.
 */
struct mtr_error *mtr_watch_read(struct mtr_watch *w,
				 const struct mtr_heap_view *s,
				 const struct mtr_filter *filter,
				 enum mtr_by by, double at);
/* From the last reading on, which was of @s, growth counts anew. */
struct mtr_error *mtr_watch_mark(struct mtr_watch *w,
				 const struct mtr_heap_view *s,
				 const struct mtr_filter *filter);
/* The table of @by, if it is not that of the last reading yet. */
struct mtr_error *mtr_watch_turn_to(struct mtr_watch *w,
				    const struct mtr_heap_view *s,
				    const struct mtr_filter *filter,
				    enum mtr_by by);

/* The groups that there are or were at the mark, largest first. */
struct mtr_error *mtr_watch_rows(const struct mtr_watch *w, enum mtr_by by,
				 enum mtr_watch_sort sort,
				 struct mtr_watch_rows *ret);

/* Bytes a second, between the last two readings: of what there are rates of.
 */
bool mtr_watch_has_rate(const struct mtr_watch *w);
bool mtr_watch_has_rates(const struct mtr_watch *w, enum mtr_by by);
int64_t mtr_watch_rate(const struct mtr_watch *w, const struct mtr_sum *now,
		       const struct mtr_sum *before);

void mtr_watch_fini(struct mtr_watch *w);

#endif
