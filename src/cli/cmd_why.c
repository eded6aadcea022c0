/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer why: the block that holds an address.
 */
#include "cli/command.h"

#include <errno.h>
#include <string.h>

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

/* The bytes of its block or, where there is none, some from @asked on. */
static void dump(struct mtr_target *t, unsigned char *room, struct mtr_why *ret)
{
	enum { ROW = 16, SOME = 64 };
	const struct mtr_block *b = ret->found.block;
	uint64_t start = ret->asked / ROW * ROW, end = start;

	if (b) {
		start = b->addr;
		end = b->addr + b->usable;
	} else if (ret->mapping) {
		end = ret->mapping->end - start < SOME ? ret->mapping->end
						       : start + SOME;
	}
	mtr_block_window(ret->asked, start, end, &ret->dump_at,
			 &ret->dump_bytes);
	ret->dump = room;
	ret->dump_bytes =
		mtr_target_read(t, ret->dump_at, room, ret->dump_bytes);
}

static int answer(const struct mtr_args *args, const struct mtr_heap_view *s,
		  uint64_t asked)
{
	struct mtr_why why = { .asked = asked };
	unsigned char room[MTR_BLOCK_WINDOW];
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
		mtr_say("'%s' is not an address: a hexadecimal number, "
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
	.summary =
		"The block that holds an address, and which code allocated it",
	.about = "\nADDR is hexadecimal, with or without 0x.\n",
	.takes = MTR_TAKES_NAMES | MTR_TAKES_JSON,
	.formats = 1 << MTR_FORMAT_TEXT | 1 << MTR_FORMAT_JSON,
	.least = 2,
	.most = 2,
	.run = why,
};
