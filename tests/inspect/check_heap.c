/* SPDX-License-Identifier: MIT */
/* Unit tests of reading the record, on cores made by hand. */
#include <check.h>
#include <stdio.h>
#include <unistd.h>

#include "format/ledger_code.h"
#include "format/snapshot.h"
#include "heap_fixture.h"

static void is_block(size_t i, uint64_t at, uint64_t size)
{
	ck_assert_uint_lt(i, heap.blocks.n);
	ck_assert_uint_eq(heap.blocks.at[i].addr, core_heap + at);
	ck_assert_uint_eq(heap.blocks.at[i].size, size);
}

/* ------------------------------------------------------------- good records */

START_TEST(empty_record)
{
	read_heap();
	counts(0, 0, 0, 0);
	ck_assert_uint_eq(heap.descriptor_addr, core_library + 0x40);
	ck_assert_str_eq(heap.descriptor.package_version, "0.1.0");
	ck_assert_uint_eq(heap.sites.n, 1);
	ck_assert_uint_eq(heap.sites.at[0], 0);
	warned(target, 0, NULL);
}
END_TEST

START_TEST(not_ready_is_an_empty_record)
{
	core_descriptor(core)->flags = 0;
	read_heap();
	counts(0, 0, 0, 0);
}
END_TEST

START_TEST(blocks_with_all_they_have)
{
	put(0x100, 19);
	core_block(core, &(struct core_block){ .addr = core_heap + 0x1000,
					       .size = 70000,
					       .usable = 70024,
					       .caller = core_text + 0x777,
					       .stack = 0xabcdef,
					       .lead = MTR_LEAD + 122 });
	put(0x20000, 0);
	read_heap();
	counts(3, 0, 0, 0);
	is_block(0, 0x100, 19);
	is_block(1, 0x1000, 70000);
	is_block(2, 0x20000, 0);
	ck_assert_uint_eq(heap.blocks.at[0].usable, 40);
	ck_assert_uint_eq(heap.blocks.at[1].usable, 70024);
	ck_assert_uint_eq(heap.blocks.at[1].stack, 0xabcdef);
	ck_assert_uint_eq(heap.blocks.at[1].generation, 122);
	ck_assert_uint_eq(heap.blocks.at[2].usable, 24);
	ck_assert_uint_eq(heap.blocks.at[2].generation, 0);
	ck_assert_uint_eq(heap.sites.n, 3);
	ck_assert_uint_eq(heap.sites.at[heap.blocks.at[0].site],
			  core_text + 0x100);
	ck_assert_uint_eq(heap.sites.at[heap.blocks.at[1].site],
			  core_text + 0x777);
	ck_assert_uint_eq(heap.blocks.at[2].site, heap.blocks.at[0].site);
}
END_TEST

/* Neighbours, leaves' ends, tables far apart: every granule has its place. */
START_TEST(blocks_everywhere)
{
	static const uint64_t at[] = {
		0x10,		0x40,		0x3fffd0,	0x400000,
		0x3ffffffd0,	0x400000000,	0x555555554000, 0x7effffffffe0,
		0x7fffffffffe0, 0xffffffffffd0,
	};
	size_t n = sizeof(at) / sizeof(*at);

	for (size_t i = 0; i < n; i++)
		core_block(core,
			   &(struct core_block){ .addr = at[i], .usable = 40 });
	read_heap();
	counts(n, n, 0, n); /* no memory was put there for trailers */
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(heap.blocks.at[i].addr, at[i]);
		ck_assert_uint_eq(heap.blocks.at[i].usable, 40);
	}
}
END_TEST

/* The entry of a large block at the end of a leaf lies in its spare bytes. */
START_TEST(entry_in_the_spare)
{
	core_block(core,
		   &(struct core_block){ .addr = 0x7ffff0, .usable = 8000000 });
	read_heap();
	counts(1, 1, 0, 1);
	ck_assert_uint_eq(heap.blocks.at[0].addr, 0x7ffff0);
	ck_assert_uint_eq(heap.blocks.at[0].usable, 8000000);
}
END_TEST

START_TEST(thousands_of_blocks_and_callers)
{
	uint64_t bytes = 0;

	for (uint64_t i = 0; i < 12000; i++)
		core_block(core,
			   &(struct core_block){ .addr = core_heap + i * 80,
						 .usable = 72,
						 .size = i % 57,
						 .caller = core_text + 1 +
							   i * 7 % 3001 });
	read_heap();
	counts(12000, 0, 0, 0);
	ck_assert_uint_eq(heap.sites.n, 3002);
	for (uint64_t i = 0; i < 12000; i++) {
		const struct mtr_block *b = &heap.blocks.at[i];

		ck_assert_uint_eq(b->addr, core_heap + i * 80);
		ck_assert_uint_eq(heap.sites.at[b->site],
				  core_text + 1 + i * 7 % 3001);
		bytes += b->size;
	}
	ck_assert_uint_eq(bytes, 210 * (56 * 57 / 2) + 29 * 30 / 2);
}
END_TEST

START_TEST(stale_continuations_mean_nothing)
{
	memset(core_ledger(core, core_heap + 0x100), 0x7f, 64);
	put(0x200, 24);
	read_heap();
	counts(1, 0, 0, 0);
	is_block(0, 0x200, 24);
}
END_TEST

START_TEST(freed_blocks)
{
	static const struct core_block freed[] = {
		/* stands alone; overlaps a live one before; one behind it;
		 * a freed one before; is overwritten */
		{ .addr = core_heap + 0x100, .usable = 72 },
		{ .addr = core_heap + 0x1040, .usable = 72 },
		{ .addr = core_heap + 0x2000, .usable = 200 },
		{ .addr = core_heap + 0x120, .usable = 40 },
		{ .addr = core_heap + 0x3000, .usable = 72 },
	};

	for (size_t i = 0; i < sizeof(freed) / sizeof(*freed); i++) {
		struct core_block b = freed[i];

		b.lead = MTR_LEAD_FREED;
		b.size = 20;
		core_block(core, &b);
	}
	put(0x1000, 100);
	put(0x2080, 24);
	memset(core_at(core, core_heap + 0x3000), 0xee, 72);
	read_heap();
	counts(2, 0, 0, 0);
	ck_assert_uint_eq(heap.freed.n, 1);
	ck_assert_uint_eq(heap.freed.at[0].addr, core_heap + 0x100);
	ck_assert_uint_eq(heap.freed.at[0].size, 20);
	ck_assert_uint_eq(heap.freed.at[0].freed, 1);
	ck_assert_uint_eq(heap.freed.at[0].generation, 0);
	ck_assert_uint_eq(heap.blocks.at[0].freed, 0);
}
END_TEST

static void freed(uint64_t at, uint64_t usable, uint64_t size, uint64_t caller)
{
	core_block(core, &(struct core_block){ .addr = core_heap + at,
					       .usable = usable,
					       .size = size,
					       .caller = caller,
					       .lead = MTR_LEAD_FREED });
}

/* Its last byte is the one before the live block's first. */
START_TEST(freed_that_ends_where_a_live_one_begins)
{
	freed(0x100, 0x40, 40, 0);
	put(0x140, 24);
	freed(0x200, 0x48, 50, 0);
	put(0x240, 24);
	read_heap();
	counts(2, 0, 0, 0);
	ck_assert_uint_eq(heap.freed.n, 1);
	ck_assert_uint_eq(heap.freed.at[0].addr, core_heap + 0x100);
}
END_TEST

/*
 * Marks that outlived a larger block hold its bytes against what they would be
 * of a trailer: a caller in data, in no code, after no call; a size that such a
 * block is not made for; a stack, where there are none.
 */
START_TEST(freed_marks_that_prove_nothing)
{
	static const unsigned char call[] = { 0xe8, 1, 2, 3, 4 };
	static const unsigned char indirect[] = { 0xff, 0x15, 1, 2, 3, 4 };
	static const unsigned char jump[] = { 0xff, 0x25, 1, 2, 3, 4 };
	const uint64_t code = core_text + core_text_bytes;
	struct core_block stacked = { .addr = core_heap + 0x700,
				      .usable = 40,
				      .size = 24,
				      .stack = 77,
				      .lead = MTR_LEAD_FREED };

	core_add(core, &(struct core_range){ .addr = code,
					     .bytes = 0x1000,
					     .prot = PF_R | PF_X });
	core_put(core, code + 0x100, call, sizeof(call));
	core_put(core, code + 0x200, indirect, sizeof(indirect));
	core_put(core, code + 0x300, jump, sizeof(jump));
	freed(0x000, 40, 24, code + 0x105);
	freed(0x100, 40, 24, code + 0x206);
	freed(0x200, 40, 24, code + 0x306);	/* a jump */
	freed(0x300, 40, 24, code + 0x104);	/* inside a call */
	freed(0x400, 40, 24, core_data + 0x10); /* in data */
	freed(0x500, 40, 24, 0x7e0000001234);	/* nowhere */
	freed(0x800, 2008, 16, 0);		/* not so much for that */
	core_block(core, &stacked);
	core_descriptor(core)->flags |= MTR_FLAG_CHUNKS;
	read_heap();
	counts(0, 0, 0, 0);
	ck_assert_uint_eq(heap.freed.n, 2);
	ck_assert_uint_eq(heap.freed.at[0].addr, core_heap);
	ck_assert_uint_eq(heap.freed.at[1].addr, core_heap + 0x100);
}
END_TEST

/* ------------------------------------------------------------------ damage */

static void block_with_caller(uint64_t at, uint64_t caller)
{
	core_block(core, &(struct core_block){ .addr = core_heap + at,
					       .usable = 40,
					       .size = 24,
					       .caller = caller });
}

START_TEST(callers_that_cannot_be)
{
	core_add(core,
		 &(struct core_range){ .addr = core_text + core_text_bytes,
				       .bytes = 0x1000,
				       .prot = PF_R | PF_W });
	block_with_caller(0x000, core_heap + 0x10);    /* in data */
	block_with_caller(0x100, 5);		       /* nowhere */
	block_with_caller(0x200, UINT64_MAX - 15);     /* not canonical */
	block_with_caller(0x300, 0x7e0000001234);      /* unloaded */
	block_with_caller(0x400, core_library - 0x10); /* prot not known */
	block_with_caller(0x500, core_text + core_text_bytes); /* after a call
								* at the end */
	block_with_caller(0x600, core_text); /* after a call before all */
	read_heap();
	counts(7, 2, 0, 0);
	for (int i = 1; i < 3; i++) {
		ck_assert_uint_eq(heap.blocks.at[i].damaged, 1);
		ck_assert_uint_eq(heap.blocks.at[i].no_code, 0);
		ck_assert_uint_eq(heap.blocks.at[i].size, 0);
		ck_assert_uint_eq(heap.blocks.at[i].site, 0);
		ck_assert_uint_eq(heap.blocks.at[i].usable, 40);
	}
	for (int i = 0; i < 7; i++)
		ck_assert_uint_eq(heap.blocks.at[i].no_code,
				  i == 0 || i == 3 || i == 6);
	for (int i = 3; i < 7; i++)
		ck_assert_uint_eq(heap.blocks.at[i].damaged, 0);
	ck_assert_uint_eq(heap.no_code, 3);
	ck_assert_uint_eq(heap.sites.n, 6);
}
END_TEST

/*
 * What a plugin asked for that is gone, with something else in its place: the
 * block keeps its size where an allocator would have made it so large.
 */
START_TEST(callers_in_no_code_any_more)
{
	static const struct {
		uint64_t usable, size;
		bool chunks_too; /* as glibc's chunks are */
	} likely[] = {
		{ 24, 0, true },	 { 24, 8, true },
		{ 1256, 1234, true },	 { 1256, 1200, true },
		{ 1256, 1000, false },	 { 135152, 131080, true },
		{ 70000, 40000, false },
	};
	static const struct {
		uint64_t usable, size;
	} unlikely[] = { { 1256, 16 }, { 70000, 8 }, { 1256, 1241 } };
	size_t n = sizeof(likely) / sizeof(*likely), chunks = 0;
	struct core_block b = { .addr = core_heap, .caller = core_data + 77 };

	for (size_t i = 0; i < n; i++, b.addr += 0x24000) {
		b.usable = likely[i].usable;
		b.size = likely[i].size;
		chunks += likely[i].chunks_too;
		core_block(core, &b);
	}
	for (size_t i = 0; i < 3; i++) {
		struct core_block odd = { .addr = core_heap + 0x2000 * (i + 1),
					  .usable = unlikely[i].usable,
					  .size = unlikely[i].size,
					  .caller = core_data + 77 };

		if (i == 1)
			odd.addr = core_heap + 0x24000 + 0x3000;
		core_block(core, &odd);
	}
	read_heap();
	counts(n + 3, 3, 0, 0);
	ck_assert_uint_eq(heap.no_code, n);
	ck_assert_uint_eq(heap.sites.n, 2);
	ck_assert_uint_eq(heap.sites.at[1], core_data + 77);
	for (size_t i = 0; i < n + 3; i++)
		ck_assert_uint_eq(heap.blocks.at[i].size > 0 ||
					  heap.blocks.at[i].usable == 24,
				  heap.blocks.at[i].no_code);
	close_heap();
	core_descriptor(core)->flags |= MTR_FLAG_CHUNKS;
	read_heap();
	counts(n + 3, n + 3 - chunks, 0, 0);
	ck_assert_uint_eq(heap.no_code, chunks);
}
END_TEST

START_TEST(size_that_cannot_be)
{
	core_block(core, &(struct core_block){
				 .addr = core_heap, .usable = 40, .size = 25 });
	core_block(core, &(struct core_block){ .addr = core_heap + 0x100,
					       .usable = 40,
					       .size = 24 });
	read_heap();
	counts(2, 1, 0, 0);
	ck_assert_uint_eq(heap.blocks.at[0].damaged, 1);
	ck_assert_uint_eq(heap.blocks.at[1].damaged, 0);
}
END_TEST

START_TEST(overwritten_trailer_still_counts)
{
	put(0x100, 100);
	put(0x200, 100);
	memset(core_at(core, core_heap + 0x100), 'A', 0x80);
	read_heap();
	counts(2, 1, 0, 0);
	is_block(0, 0x100, 0);
	ck_assert_uint_eq(heap.blocks.at[0].usable, 120);
	is_block(1, 0x200, 100);
}
END_TEST

/* A stale entry inside of a block: its trailer was overwritten, or was not. */
START_TEST(stale_entry_inside)
{
	put(0x200, 24);
	put(0x300, 24);
	put(0x100, 2000);
	memset(core_at(core, core_heap + 0x200), 'A', 64);
	read_heap();
	counts(1, 0, 2, 0);
	is_block(0, 0x100, 2000);
}
END_TEST

/* The earlier one's trailer is gone: it is the stale one. */
START_TEST(stale_entry_before)
{
	put(0x100, 2000);
	core_put(core, core_heap + 0x100 + 2000, "AAAAAAAAAAAAAAAA", 16);
	memset(core_at(core, core_heap + 0x100), 'A', 2032);
	put(0x200, 24);
	put(0x300, 24);
	read_heap();
	counts(2, 0, 1, 0);
	is_block(0, 0x200, 24);
	is_block(1, 0x300, 24);
}
END_TEST

START_TEST(overlap_of_two_damaged)
{
	put(0x100, 2000);
	put(0x200, 24);
	memset(core_at(core, core_heap + 0x100), 'A', 2032);
	read_heap();
	counts(1, 1, 1, 0);
	is_block(0, 0x100, 0);
}
END_TEST

/* An entry of an impossible extent must not hide all that follows. */
START_TEST(huge_entry)
{
	core_block(core, &(struct core_block){ .addr = core_heap,
					       .usable = 1ull << 44 });
	put(0x100, 24);
	put(0x200, 24);
	read_heap();
	counts(2, 0, 1, 0);
	is_block(0, 0x100, 24);
}
END_TEST

START_TEST(entries_without_a_size)
{
	uint8_t *at = core_ledger(core, core_heap + 0x100);

	put(0x110, 24);
	at[0] = MTR_LEAD;	 /* overtaken by the next */
	at[20] = MTR_LEAD;	 /* units: 0 */
	at[24] = MTR_LEAD + 123; /* no generation */
	at[25] = 9;
	read_heap();
	counts(1, 0, 2, 0);
	is_block(0, 0x110, 24);
}
END_TEST

START_TEST(tables_that_are_missing)
{
	uint64_t nowhere = 0x123456789000;

	put(0x100, 24);
	core_ledger(core, 0x555555554000);
	core_put(core, core_root + 8 * 77, &nowhere, 8);
	core_put(core, core_root + 8 * 78, &nowhere, 8);
	read_heap();
	counts(1, 0, 0, 0);
	warned(target, 1,
	       "2 tables of the record are missing or cut off, the first at "
	       "0x123456789000");
}
END_TEST

/*
 * Two leaves that run into the end of memory, one page apart: each is read as
 * far as it goes, and an entry in both is a block for each.
 */
START_TEST(tables_that_are_cut_off)
{
	uint64_t end = core_heap + core_heap_bytes, mid, leaf;

	core_ledger(core, 0x555555554000);
	memcpy(&mid, core_at(core, core_root + 8 * 0x1555), 8);
	for (int i = 1; i <= 2; i++) {
		leaf = end - 0x3000 + i * 0x1000;
		core_put(core, mid + 8 * i, &leaf, 8);
	}
	mtr_ledger_put(core_at(core, end - 0x800), MTR_LEAD, 40);
	read_heap();
	counts(2, 2, 0, 2);
	ck_assert_uint_eq(heap.blocks.at[0].addr, 0x555400000000 + 0x418000);
	ck_assert_uint_eq(heap.blocks.at[1].addr, 0x555400000000 + 0x808000);
	warned(target, 1, "2 tables of the record are missing or cut off");
}
END_TEST

START_TEST(root_that_is_missing)
{
	put(0x100, 24);
	core_descriptor(core)->ledger_root = 0x99;
	read_heap();
	counts(0, 0, 0, 0);
	warned(target, 1, "1 tables of the record are missing");
}
END_TEST

/* All entries of the root to one table, all of that to one leaf: 2^26. */
START_TEST(tables_that_are_everywhere_the_same)
{
	uint64_t mid, leaf, slot;

	for (uint64_t i = 0; i < 0x4000; i++)
		put(i * 64, 24);
	slot = core_root + 8 * mtr_root_index(core_heap);
	memcpy(&mid, core_at(core, slot), 8);
	slot = mid + 8 * mtr_mid_index(core_heap);
	memcpy(&leaf, core_at(core, slot), 8);
	for (uint64_t i = 0; i < 1 << MTR_MID_BITS; i++)
		core_put(core, mid + 8 * i, &leaf, 8);
	for (uint64_t i = 0; i < 1 << MTR_ROOT_BITS; i++)
		core_put(core, core_root + 8 * i, &mid, 8);
	read_heap();
	ck_assert_uint_lt(heap.blocks.n, 10 * 0x4000);
	warned(target, 1, "the tables of the record overlap");
}
END_TEST

/* --------------------------------------------------------------- snapshots */

struct saved {
	struct mtr_snapshot_header header;
	struct mtr_snapshot_block block[6];
};

static void saved_block(struct saved *s, int i, uint64_t addr, uint64_t size)
{
	s->block[i] = (struct mtr_snapshot_block){
		.addr = addr,
		.usable = 40 | (uint64_t)(MTR_LEAD + i) << 56,
		.trailer = { .caller = 0x401000 + i, .size_stack = size },
	};
}

static struct saved saved_make(void)
{
	struct saved s = {
		.header = { .magic = MTR_SNAPSHOT_MAGIC,
			    .version = MTR_SNAPSHOT_VERSION,
			    .size = sizeof(s.header),
			    .machine = EM_X86_64,
			    .descriptor = *core_descriptor(core) },
	};

	s.header.section[MTR_PART_BLOCKS] =
		(struct mtr_snapshot_section){ offsetof(struct saved, block),
					       sizeof(s.block) };
	saved_block(&s, 0, 0x1000, 1);
	saved_block(&s, 1, 0x2000, 2);
	saved_block(&s, 2, 0x1500, 3);	   /* out of order */
	saved_block(&s, 3, 1ull << 48, 4); /* beyond */
	saved_block(&s, 4, 0x2010, 5);	   /* inside the second */
	saved_block(&s, 5, 0x3000, 6);
	return s;
}

START_TEST(blocks_of_a_snapshot)
{
	struct saved s = saved_make();
	char path[CORE_PATH_MAX];
	int fd = core_file(&s, sizeof(s), path);

	target = open_target(path);
	succeeds(mtr_heap_read(target, &heap));
	counts(3, 0, 1, 0);
	ck_assert_uint_eq(heap.blocks.at[1].addr, 0x2000);
	ck_assert_uint_eq(heap.blocks.at[1].size, 2);
	ck_assert_uint_eq(heap.blocks.at[1].usable, 40);
	ck_assert_uint_eq(heap.blocks.at[1].generation, 1);
	ck_assert_uint_eq(heap.sites.at[heap.blocks.at[1].site], 0x401001);
	ck_assert_uint_eq(heap.descriptor_addr, core_library + 0x40);
	warned(target, 1, "2 blocks of the snapshot make no sense");
	close(fd);
}
END_TEST

START_TEST(snapshot_of_an_unknown_record)
{
	struct saved s = saved_make();
	char path[CORE_PATH_MAX];
	int fd;

	s.header.descriptor.version = 3;
	fd = core_file(&s, sizeof(s), path);
	target = open_target(path);
	fails_with(mtr_heap_read(target, &heap), "is of version 3");
	close(fd);
	close_heap();
	s.header.descriptor.magic[0] ^= 1;
	fd = core_file(&s, sizeof(s), path);
	target = open_target(path);
	fails_with(mtr_heap_read(target, &heap), "descriptor is damaged");
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("heap");
	TCase *t = add_group(s, "good", setup, teardown);

	tcase_add_test(t, empty_record);
	tcase_add_test(t, not_ready_is_an_empty_record);
	tcase_add_test(t, blocks_with_all_they_have);
	tcase_add_test(t, blocks_everywhere);
	tcase_add_test(t, entry_in_the_spare);
	tcase_add_test(t, thousands_of_blocks_and_callers);
	tcase_add_test(t, stale_continuations_mean_nothing);
	tcase_add_test(t, freed_blocks);
	tcase_add_test(t, freed_that_ends_where_a_live_one_begins);
	tcase_add_test(t, freed_marks_that_prove_nothing);
	t = add_group(s, "damage", setup, teardown);
	tcase_add_test(t, callers_that_cannot_be);
	tcase_add_test(t, callers_in_no_code_any_more);
	tcase_add_test(t, size_that_cannot_be);
	tcase_add_test(t, overwritten_trailer_still_counts);
	tcase_add_test(t, stale_entry_inside);
	tcase_add_test(t, stale_entry_before);
	tcase_add_test(t, overlap_of_two_damaged);
	tcase_add_test(t, huge_entry);
	tcase_add_test(t, entries_without_a_size);
	tcase_add_test(t, tables_that_are_missing);
	tcase_add_test(t, tables_that_are_cut_off);
	tcase_add_test(t, root_that_is_missing);
	tcase_add_test(t, tables_that_are_everywhere_the_same);
	t = add_group(s, "snapshot", setup, teardown);
	tcase_add_test(t, blocks_of_a_snapshot);
	tcase_add_test(t, snapshot_of_an_unknown_record);
	return run_suite(s);
}
