/* SPDX-License-Identifier: MIT */
/*
 * JSON, written call by call: commas, quotes and nesting are kept here, so that
 * a document that ends is well-formed whatever was called in between.
 *
 *	struct mtr_emitter e = { .out = out };
 *
 *	mtr_emit_object(&e, NULL);		{
 *	mtr_emit_number(&e, "n", 1);		 "n":1
 *	mtr_emit_array(&e, "all");		 ,"all":[
 *	mtr_emit_text(&e, NULL, "x");		  "x"
 *	mtr_emit_end(&e);			 ]
 *	mtr_emit_end(&e);			}		and a newline
 *
 * A member of an object has a name, an item of an array NULL. No memory is
 * taken; what goes wrong is in .out.
 */
#ifndef MTR_WRITE_EMITTER_H
#define MTR_WRITE_EMITTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "write/out.h"

enum { MTR_EMIT_DEPTH = 16 };

struct mtr_emitter {
	struct mtr_out *out;
	bool markup; /* it is in a page: a "<" comes out as an escape */
	unsigned depth;
	struct {
		char end;   /* '}' or ']' */
		bool begun; /* something is in it */
		bool rows;  /* each item has a line of its own */
	} at[MTR_EMIT_DEPTH + 1];
};

void mtr_emit_object(struct mtr_emitter *e, const char *name);
void mtr_emit_array(struct mtr_emitter *e, const char *name);
/* An array of many items, for tools that read lines. */
void mtr_emit_rows(struct mtr_emitter *e, const char *name);
/* Of what was begun last. Behind a whole document there is a newline. */
void mtr_emit_end(struct mtr_emitter *e);

/* @text may be in no encoding: what is no UTF-8 comes out as U+FFFD, what a
 * terminal obeys as an escape. NULL: "". */
void mtr_emit_text(struct mtr_emitter *e, const char *name, const char *text);
void mtr_emit_number(struct mtr_emitter *e, const char *name, uint64_t number);
void mtr_emit_signed(struct mtr_emitter *e, const char *name, int64_t number);
/* "0x...": a number that large is a float to many readers. */
void mtr_emit_addr(struct mtr_emitter *e, const char *name, uint64_t addr);
void mtr_emit_bool(struct mtr_emitter *e, const char *name, bool is);
void mtr_emit_null(struct mtr_emitter *e, const char *name);

/* A text as mtr_emit_text has it, for who keeps pieces of a document. */
void mtr_emit_quote(struct mtr_strbuf *b, const char *text);

#endif
