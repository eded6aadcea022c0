/* SPDX-License-Identifier: MIT */
/*
 * What the answers in JSON share. For json*.c.
 */
#ifndef MTR_WRITE_JSON_WORDS_H
#define MTR_WRITE_JSON_WORDS_H

#include "write/emitter.h"
#include "write/writer.h"

/* A document: its schema and the command. */
void mtr_json_begin(struct mtr_emitter *e, struct mtr_writer *w,
		    const char *command);

/* A member of @text, which is empty again. */
void mtr_json_strbuf(struct mtr_emitter *e, struct mtr_writer *w,
		     const char *name, struct mtr_strbuf *text);
void mtr_json_function(struct mtr_emitter *e, struct mtr_writer *w, uint64_t pc,
		       const struct mtr_frame *frame);

/* The frames of @site, as items of an array. */
void mtr_json_site(struct mtr_emitter *e, struct mtr_writer *w,
		   const struct mtr_site *site);

/* The member "stack", with all of its frames; none if it is not known. */
void mtr_json_block_stack(struct mtr_emitter *e, struct mtr_writer *w,
			  const struct mtr_block *b);
void mtr_json_filters(struct mtr_emitter *e, const struct mtr_filter_spec *f);
void mtr_json_health(struct mtr_emitter *e, const struct mtr_writer *w);

/* The members on who holds the block. */
void mtr_json_references(struct mtr_emitter *e, struct mtr_writer *w,
			 const struct mtr_why *why);

void mtr_json_leaks(struct mtr_writer *w, const struct mtr_leaks *l);
void mtr_json_diff(struct mtr_writer *w, const struct mtr_diff_report *r);
void mtr_json_changes_begin(struct mtr_writer *w);
void mtr_json_change(struct mtr_writer *w, const struct mtr_change *c);
void mtr_json_memory(struct mtr_writer *w, const struct mtr_memory *m);
void mtr_json_lost(struct mtr_writer *w, const struct mtr_leaks *l);

#endif
