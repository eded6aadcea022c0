/* SPDX-License-Identifier: MIT */
/*
 * What chap's `list used` and `list free` print, byte for byte, for scripts
 * that read it.
 *
 *   Used allocation at 55f387eb2000 of size 28
 *
 *   1 allocations use 0x28 (40) bytes.
 *
 * The size is the allocator's, with the record. Of millions of blocks, so
 * each is one piece of buffer.
 */
#include "write/writer.h"

static void chap_begin(struct mtr_writer *w)
{
	(void)w;
}

static void piece(struct mtr_writer *w, const char *kind, uint64_t addr,
		  uint64_t usable)
{
	static const char place[] = " allocation at ";
	static const char size[] = " of size ";

	mtr_out_bytes(w->out, kind, 4);
	mtr_out_bytes(w->out, place, sizeof(place) - 1);
	mtr_out_hex(w->out, addr);
	mtr_out_bytes(w->out, size, sizeof(size) - 1);
	mtr_out_hex(w->out, usable);
	mtr_out_bytes(w->out, "\n\n", 2);
}

static void sum(struct mtr_writer *w, uint64_t n, uint64_t bytes)
{
	mtr_out_dec(w->out, n);
	mtr_out_text(w->out, " allocations use 0x");
	mtr_out_hex(w->out, bytes);
	mtr_out_text(w->out, " (");
	mtr_out_commas(w->out, bytes);
	mtr_out_text(w->out, ") bytes.\n");
}

static void chap_block(struct mtr_writer *w, const struct mtr_block *b)
{
	piece(w, "Used", b->addr, b->usable);
}

static void chap_end(struct mtr_writer *w, const struct mtr_sum *total,
		     const struct mtr_sum *left_out)
{
	(void)left_out;
	sum(w, total->blocks, total->usable);
}

static void chap_gaps(struct mtr_writer *w, const struct mtr_areas *v)
{
	for (size_t i = 0; i < v->n && !w->out->error; i++)
		piece(w, "Free", v->at[i].start, v->at[i].end - v->at[i].start);
	sum(w, v->n, mtr_areas_bytes(v));
}

const struct mtr_writer_ops mtr_write_chap = {
	.list_begin = chap_begin,
	.block = chap_block,
	.list_end = chap_end,
	.gaps = chap_gaps,
};
