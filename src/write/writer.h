/* SPDX-License-Identifier: MIT */
/*
 * One stream of calls, a writer for each format.
 *
 * Who has an answer calls mtr_write_*; it comes out as text, JSON, CSV or
 * chap's list, into the mtr_out. Each write_*.c knows its own format and
 * nothing of where the answer comes from. A writer that lacks an operation
 * cannot put that answer: struct mtr_command's .formats knows.
 */
#ifndef MTR_WRITE_WRITER_H
#define MTR_WRITE_WRITER_H

#include "base/strbuf.h"
#include "report/block.h"
#include "write/out.h"
#include "report/tree.h"

struct mtr_writer;

/* All that `why` knows of an address. */
struct mtr_why {
	uint64_t asked;
	struct mtr_found found;
	const struct mtr_range *mapping; /* NULL: in none */
	const struct mtr_module *module; /* whose it is; NULL: nobody's */
	uint64_t dump_at;		 /* the bytes around it */
	const unsigned char *dump;
	size_t dump_bytes;
};

struct mtr_info {
	struct mtr_sum total;
	const char *allocator; /* path; NULL: unknown */
};

/* What --top leaves out. */
struct mtr_rest {
	size_t groups;
	struct mtr_sum sum;
};

struct mtr_writer_ops {
	void (*report_begin)(struct mtr_writer *w, const struct mtr_tally *t);
	void (*group)(struct mtr_writer *w, const struct mtr_tally *t,
		      const struct mtr_group *g);
	void (*report_end)(struct mtr_writer *w, const struct mtr_rest *rest);
	void (*tree)(struct mtr_writer *w, const struct mtr_tally *t,
		     const struct mtr_tree *tree, size_t top);
	void (*list_begin)(struct mtr_writer *w);
	void (*block)(struct mtr_writer *w, const struct mtr_block *b);
	void (*list_end)(struct mtr_writer *w, const struct mtr_sum *total);
	void (*why)(struct mtr_writer *w, const struct mtr_why *why);
	void (*info)(struct mtr_writer *w, const struct mtr_info *info);
};

struct mtr_writer {
	const struct mtr_writer_ops *ops;
	struct mtr_out *out;
	const struct mtr_heap_view *s;
	enum mtr_sort sort; /* what shares are of */
	int width;	    /* columns of the terminal; 0: it is none */
	bool colour;
	bool begun;    /* something stands before the next item */
	char **owners; /* what a list says of each site, once it was asked */
};

extern const struct mtr_writer_ops mtr_write_text;
extern const struct mtr_writer_ops mtr_write_json;
extern const struct mtr_writer_ops mtr_write_csv;
extern const struct mtr_writer_ops mtr_write_chap;

/* @top groups, 0: all. */
void mtr_write_report(struct mtr_writer *w, const struct mtr_tally *t,
		      size_t top);
/* At most @top branches of any one, 0: all, however small. */
void mtr_write_tree(struct mtr_writer *w, const struct mtr_tally *t,
		    const struct mtr_tree *tree, size_t top);
void mtr_write_list(struct mtr_writer *w, const struct mtr_filter *filter);
void mtr_writer_fini(struct mtr_writer *w);

/* ------------------------------------------------ for the writers themselves
 */

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

/* The site that @b is put down to. */
static inline const struct mtr_site *
mtr_writer_owner(const struct mtr_writer *w, const struct mtr_block *b)
{
	return &w->s->sites.at[mtr_heap_view_site(w->s, b)];
}

typedef void mtr_site_text(const struct mtr_writer *w,
			   const struct mtr_site *site, struct mtr_strbuf *ret);

/*
 * What @make says of @b's owner, made once and kept: lists of millions of
 * blocks have few. "" if there is no memory, which w->out remembers.
 */
const char *mtr_writer_owner_text(struct mtr_writer *w,
				  const struct mtr_block *b,
				  mtr_site_text *make);

/* The key of @g, which may have to be made in *room, for the caller to free. */
const char *mtr_writer_key(struct mtr_writer *w, const struct mtr_group *g,
			   struct mtr_strbuf *room);

/* The text of @b, and @b is empty again. */
void mtr_writer_strbuf(struct mtr_writer *w, struct mtr_strbuf *b);

#endif
