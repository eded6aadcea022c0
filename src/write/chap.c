/* SPDX-License-Identifier: MIT */
/*
 * What chap's `list used` prints, byte for byte, for scripts that read it.
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

static void chap_block(struct mtr_writer *w, const struct mtr_block *b)
{
	static const char used[] = "Used allocation at ";
	static const char size[] = " of size ";

	mtr_out_bytes(w->out, used, sizeof(used) - 1);
	mtr_out_hex(w->out, b->addr);
	mtr_out_bytes(w->out, size, sizeof(size) - 1);
	mtr_out_hex(w->out, b->usable);
	mtr_out_bytes(w->out, "\n\n", 2);
}

static void chap_end(struct mtr_writer *w, const struct mtr_sum *total,
		     const struct mtr_sum *left_out)
{
	(void)left_out;
	mtr_out_dec(w->out, total->blocks);
	mtr_out_text(w->out, " allocations use 0x");
	mtr_out_hex(w->out, total->usable);
	mtr_out_text(w->out, " (");
	mtr_out_commas(w->out, total->usable);
	mtr_out_text(w->out, ") bytes.\n");
}

const struct mtr_writer_ops mtr_write_chap = {
	.list_begin = chap_begin,
	.block = chap_block,
	.list_end = chap_end,
};
