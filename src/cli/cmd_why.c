/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer why: the block that holds an address.
 */
#include "cli/command.h"

#include <errno.h>
#include <string.h>

enum {
	DUMP = 256, /* bytes of a block that are shown, at the most */
	DUMP_ROW = 16,
};

/* Hexadecimal: as gdb prints it, or as chap does, without 0x. */
static bool parse_address(const char *text, uint64_t *ret)
{
	if (strncasecmp(text, "0x", 2) == 0)
		text += 2;
	if (!*text || text[strspn(text, "0123456789abcdefABCDEF")])
		return false;
	errno = 0;
	*ret = strtoull(text, NULL, 16);
	return !errno;
}

/* From @start to @end, but at most DUMP bytes, with @asked among them. */
static void dump_window(uint64_t asked, uint64_t start, uint64_t end,
			struct mtr_why *ret)
{
	uint64_t row = (asked - start) / DUMP_ROW * DUMP_ROW;

	ret->dump_at = start;
	if (row > DUMP / 2)
		ret->dump_at += row - DUMP / 2;
	if (end - start > DUMP && end - ret->dump_at < DUMP)
		ret->dump_at = start + ((end - start - DUMP + DUMP_ROW - 1) /
					DUMP_ROW * DUMP_ROW);
	ret->dump_bytes = end - ret->dump_at < DUMP ? end - ret->dump_at : DUMP;
}

static void dump(struct mtr_target *t, unsigned char *room, struct mtr_why *ret)
{
	const struct mtr_block *b = ret->found.block;
	uint64_t row = ret->asked / DUMP_ROW * DUMP_ROW;

	if (b)
		dump_window(ret->asked, b->addr, b->addr + b->usable, ret);
	else if (ret->mapping)
		dump_window(ret->asked, row,
			    row + 64 < ret->mapping->end ? row + 64
							 : ret->mapping->end,
			    ret);
	ret->dump = room;
	ret->dump_bytes =
		mtr_target_read(t, ret->dump_at, room, ret->dump_bytes);
}

static int answer(const struct mtr_args *args, const struct mtr_heap_view *s,
		  uint64_t asked)
{
	struct mtr_why why = { .asked = asked };
	unsigned char room[DUMP];
	struct mtr_writer w;

	mtr_block_find(s, asked, &why.found);
	why.mapping = mtr_target_find(s->target, asked);
	why.module = mtr_symbols_module(s->symbols, asked);
	dump(s->target, room, &why);
	mtr_say_warnings(s);
	mtr_writer_init(&w, args, s);
	w.ops->why(&w, &why);
	return mtr_writer_finish(&w);
}

static int why(const struct mtr_args *args)
{
	mtr_auto_heap_view struct mtr_heap_view s = { 0 };
	uint64_t asked;
	int status;

	if (!parse_address(args->operands[1], &asked)) {
		mtr_say("%s: it is no address: a hexadecimal number, "
			"with or without 0x",
			args->operands[1]);
		return MTR_EXIT_FAILED;
	}
	status = mtr_read_target(args, false, &s);
	return status ? status : answer(args, &s, asked);
}

const struct mtr_command mtr_cmd_why = {
	.name = "why",
	.operands = "TARGET ADDR",
	.summary = "The block that holds an address, and who asked for it",
	.about = "\nADDR is hexadecimal, with or without 0x.\n",
	.takes = MTR_TAKES_NAMES | MTR_TAKES_JSON,
	.formats = 1 << MTR_FORMAT_TEXT | 1 << MTR_FORMAT_JSON,
	.least = 2,
	.most = 2,
	.run = why,
};
