/* SPDX-License-Identifier: MIT */
/*
 * One stream of calls, a writer for each format.
 *
 * Who has an answer calls mtr_write_*; it comes out as text, JSON, CSV or
 * chap's list, into the mtr_out. Each file knows its own format and nothing of
 * where the answer comes from. A writer that lacks an operation cannot put that
 * answer: struct mtr_command's .formats knows.
 */
#ifndef MTR_WRITE_WRITER_H
#define MTR_WRITE_WRITER_H

#include "base/strbuf.h"
#include "report/block.h"
#include "report/diff.h"
#include "report/leaks.h"
#include "report/memory.h"
#include "report/notes.h"
#include "report/references.h"
#include "report/tree.h"
#include "report/watch.h"
#include "write/out.h"

struct mtr_writer;

/* All that `why` knows of an address. */
struct mtr_why {
	uint64_t asked;
	/* the data object that was asked about by its name, or that .asked is
	 * in; .module NULL: none */
	struct mtr_data global;
	int tid;       /* of whose thread-local variable that is; or 0 */
	bool has_word; /* that begins with the word: */
	uint64_t word; /* which is .asked if it points into a block */
	struct mtr_found found;
	const struct mtr_range *mapping; /* NULL: in none */
	const struct mtr_module *module; /* whose it is; NULL: nobody's */
	const char *type; /* the class of the block; NULL: none, or unknown */
	const struct mtr_references *references; /* NULL: not known */
	const char *no_references;		 /* why not; NULL: it is in no
						  * live block */
	uint64_t dump_at;			 /* the bytes around it */
	const unsigned char *dump;
	size_t dump_bytes;
};

struct mtr_info {
	struct mtr_sum total;
	struct mtr_resident resident;
	const char *allocator;		   /* path; NULL: unknown */
	const struct mtr_threads *threads; /* NULL: not known */
	const char *no_threads;		   /* why not, or NULL */
};

/* What a report says. */
struct mtr_report {
	const struct mtr_tally *tally;
	const struct mtr_notes *notes;
	const struct mtr_tree *tree; /* by stack, for text; else NULL */
	size_t top;		     /* groups or branches shown; 0: all */

	size_t shown;	     /* groups; the others are left out: */
	struct mtr_sum rest; /* all of them together */
};

/* What `diff` says. */
struct mtr_diff_report {
	const struct mtr_diff *diff;
	size_t top; /* groups shown; 0: all */

	/* those with the largest changes are the first and the last ones */
	size_t first, last;
	size_t more_grown, more_shrunk; /* of the others */
	int64_t bytes_grown, bytes_shrunk;
};

/* What `top` says at one time. */
struct mtr_top {
	const struct mtr_watch *watch;
	const struct mtr_watch_rows *rows;
	enum mtr_by by;
	enum mtr_watch_sort sort;
	size_t shown;	  /* rows */
	const char *keys; /* a line of what may be pressed; NULL: none */
};

/* "bytes", "growth" */
const char *mtr_writer_watch_sort(enum mtr_watch_sort sort);

struct mtr_writer_ops {
	void (*report_begin)(struct mtr_writer *w, const struct mtr_report *r);
	void (*group)(struct mtr_writer *w, const struct mtr_report *r,
		      const struct mtr_group *g);
	void (*report_end)(struct mtr_writer *w, const struct mtr_report *r);
	/* in place of the groups; NULL: groups will do */
	void (*tree)(struct mtr_writer *w, const struct mtr_report *r);
	void (*list_begin)(struct mtr_writer *w);
	void (*block)(struct mtr_writer *w, const struct mtr_block *b);
	/* @left_out: what did not pass the filter */
	void (*list_end)(struct mtr_writer *w, const struct mtr_sum *total,
			 const struct mtr_sum *left_out);
	/* the free heap, by address */
	void (*gaps)(struct mtr_writer *w, const struct mtr_areas *v);
	void (*why)(struct mtr_writer *w, const struct mtr_why *why);
	void (*info)(struct mtr_writer *w, const struct mtr_info *info);
	void (*leaks)(struct mtr_writer *w, const struct mtr_leaks *l);
	/* block by block */
	void (*lost)(struct mtr_writer *w, const struct mtr_leaks *l);
	void (*diff)(struct mtr_writer *w, const struct mtr_diff_report *r);
	void (*top)(struct mtr_writer *w, const struct mtr_top *t);
	void (*changes_begin)(struct mtr_writer *w);
	/* w->s is the view that it is of */
	void (*change)(struct mtr_writer *w, const struct mtr_change *c);
	void (*changes_end)(struct mtr_writer *w, const struct mtr_changed *c);
	void (*memory)(struct mtr_writer *w, const struct mtr_memory *m);
};

struct mtr_writer {
	const struct mtr_writer_ops *ops;
	struct mtr_out *out;
	const struct mtr_heap_view *s;
	const struct mtr_filter_spec *filter; /* NULL: every block */
	enum mtr_sort sort;		      /* what shares are of */
	int width; /* columns of the terminal; 0: it is none */
	bool colour;
	bool short_names;   /* without template arguments */
	bool asked_servers; /* --debuginfod was given */

	/* the writers' own */
	char **owners; /* what a list says of each site, once asked */
	struct mtr_emitter *emitter; /* JSON: while groups come */
	uint32_t *frame_of; /* JSON: 1 + the number of a site's first frame */
	struct mtr_shorts *shorts; /* names of groups, to tell them apart */
};

extern const struct mtr_writer_ops mtr_write_text;
extern const struct mtr_writer_ops mtr_write_json;
extern const struct mtr_writer_ops mtr_write_csv;
extern const struct mtr_writer_ops mtr_write_chap;

/* Of @r the first three or four members are given. */
void mtr_write_report(struct mtr_writer *w, struct mtr_report *r);
void mtr_write_list(struct mtr_writer *w, const struct mtr_filter *filter);
/* Of @r the first two members are given. */
void mtr_write_diff(struct mtr_writer *w, struct mtr_diff_report *r);
void mtr_write_changes(struct mtr_writer *w, const struct mtr_diff *d);
void mtr_writer_fini(struct mtr_writer *w);

/* All of them together. */
uint64_t mtr_areas_bytes(const struct mtr_areas *v);

/* ------------------------------------------- for the writers themselves */

/* The site that @b's record names. */
static inline const struct mtr_site *
mtr_writer_caller(const struct mtr_writer *w, const struct mtr_block *b)
{
	return &w->s->sites.at[b->site];
}

/* Its stack's number in the record; 0: none. */
static inline uint32_t mtr_writer_stack_id(const struct mtr_writer *w,
					   const struct mtr_block *b)
{
	return b->stack ? w->s->stacks.list.at[b->stack].id : 0;
}

/* The site that @b is attributed to. */
static inline const struct mtr_site *
mtr_writer_owner(const struct mtr_writer *w, const struct mtr_block *b)
{
	return &w->s->sites.at[mtr_heap_view_site(w->s, b)];
}

/* What a frame is called, short or in full. */
void mtr_writer_name(const struct mtr_writer *w, struct mtr_strbuf *b,
		     uint64_t pc, const struct mtr_frame *frame);

/* What a group of leaks is called: its owner. */
void mtr_writer_leak_key(const struct mtr_writer *w, struct mtr_strbuf *b,
			 const struct mtr_leak_group *g);
/* "definite", "indirect" */
const char *mtr_writer_leak_kind(enum mtr_leak_kind kind);

typedef void mtr_site_text(const struct mtr_writer *w,
			   const struct mtr_site *site, struct mtr_strbuf *ret);

/*
 * What @make says of @b's owner, made once and kept: lists of millions of
 * blocks have few. "" if there is no memory, which w->out remembers.
 */
const char *mtr_writer_owner_text(struct mtr_writer *w,
				  const struct mtr_block *b,
				  mtr_site_text *make);

/*
 * The key of @g, which may have to be made in *room, for the caller to free.
 * Names that would be the same without template arguments keep them.
 */
const char *mtr_writer_key(struct mtr_writer *w, const struct mtr_group *g,
			   struct mtr_strbuf *room);

/* The same of a group of a diff. */
const char *mtr_writer_diff_key(struct mtr_writer *w,
				const struct mtr_diff_group *g,
				struct mtr_strbuf *room);

/* Is the group at @i of a diff shown? */
static inline bool mtr_writer_shows(const struct mtr_diff_report *r, size_t i)
{
	return i < r->first || i >= r->diff->groups.n - r->last;
}

/* The text of @b, and @b is empty again. */
void mtr_writer_strbuf(struct mtr_writer *w, struct mtr_strbuf *b);

/* There was no memory: the answer is cut, and an error. */
void mtr_writer_no_memory(struct mtr_writer *w);

#endif
