/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of edges, of where the heap is and of roots, on cores made by
 * hand.
 */
#include <check.h>
#include <string.h>

#include "graph/extents.h"
#include "graph/gaps.h"
#include "graph/lost.h"
#include "graph/regions.h"
#include "inspect/core_builder.h"
#include "inspect/suite.h"

enum { RW = PF_R | PF_W, MMAPPED = 2, OTHER_ARENA = 4, IN_USE = 1, X86 = 27 };

static struct core *core;
static struct mtr_target *target;
static struct mtr_heap heap;
static struct mtr_areas areas;
static struct mtr_graph g;
static struct mtr_lost_list lost;

static void setup(void)
{
	core = core_create(EM_X86_64);
	core_record(core);
	core_descriptor(core)->flags |= MTR_FLAG_CHUNKS;
}

static void close_all(void)
{
	mtr_lost_list_fini(&lost);
	mtr_graph_fini(&g);
	mtr_areas_fini(&areas);
	mtr_heap_fini(&heap);
	mtr_target_close(target);
	target = NULL;
}

static void teardown(void)
{
	close_all();
	core_destroy(core);
}

static void add(uint64_t addr, uint64_t bytes, int prot)
{
	core_add(core, &(struct core_range){
			       .addr = addr, .bytes = bytes, .prot = prot });
}

static void word(uint64_t addr, uint64_t value)
{
	core_put(core, addr, &value, sizeof(value));
}

static void put_usable(uint64_t addr, uint64_t size, uint64_t usable)
{
	core_block(core, &(struct core_block){ .addr = addr,
					       .size = size,
					       .usable = usable });
}

/* A block with the header of its chunk. */
static void put(uint64_t addr, uint64_t size, uint64_t flags)
{
	uint64_t usable = (size + 16 + 8 + 15) / 16 * 16 - 8;

	if (flags & MMAPPED)
		usable = (size + 16 + 16 + 4095) / 4096 * 4096 - 16;
	word(addr - 8, (usable + (flags & MMAPPED ? 16 : 8)) | flags);
	put_usable(addr, size, usable);
}

/* One with a mapping of its own, as glibc 2.43 makes them. */
static void put_mmapped(uint64_t addr, uint64_t bytes)
{
	word(addr - 8, (bytes - 16) | MMAPPED);
	put_usable(addr, bytes - 100, bytes - 24);
}

static void thread(int tid, uint64_t sp, uint64_t tp, uint64_t rbx)
{
	uint64_t regs[X86] = { 0 };

	regs[5] = rbx;
	regs[19] = sp;
	regs[21] = tp;
	core_thread(core, tid, regs, X86);
}

static const struct mtr_graph_options all = { .places = true };
static const struct mtr_graph_options starts = { .start_only = true };

static void read_heap(void)
{
	target = open_target(core_path(core));
	succeeds(mtr_heap_read(target, &heap));
}

static void read_graph(void)
{
	read_heap();
	succeeds(mtr_graph_read(target, &heap, &all, &g));
	succeeds(mtr_lost_find(&g, true, &lost));
}

/* ------------------------------------------------------------ where it is */

static void find_extents(size_t n)
{
	read_heap();
	succeeds(mtr_extents_find(target, &heap, &areas));
	ck_assert_uint_eq(areas.n, n);
}

static void is_area(size_t i, uint64_t start, uint64_t end)
{
	ck_assert_uint_eq(areas.at[i].start, start);
	ck_assert_uint_eq(areas.at[i].end, end);
}

START_TEST(main_arena_is_the_mapping)
{
	put(core_heap + 0x1010, 100, IN_USE);
	put(core_heap + 0x5010, 100, IN_USE);
	find_extents(1);
	is_area(0, core_heap, core_heap + core_heap_bytes);
}
END_TEST

/* Where brk fails: what lies around may be anybody's. */
START_TEST(main_arena_elsewhere)
{
	const uint64_t other = 0x7f5500000000;

	add(other, 0x400000, RW);
	put(core_heap + 0x1010, 100, IN_USE);
	put(other + 0x1010, 100, IN_USE);
	put(other + 0x5010, 100, IN_USE);
	put(other + 0x300010, 100, IN_USE);
	find_extents(3);
	is_area(1, other + 0x1000, other + 0x5010 + 120);
	is_area(2, other + 0x300000, other + 0x300010 + 120);
}
END_TEST

/* It fails from the start: the first block is in no heap of brk's. */
START_TEST(main_arena_without_brk)
{
	const uint64_t other = 0x7f5500000000;
	const uint64_t auxv[] = { AT_PHDR, core_text, AT_NULL, 0 };

	core_note(core, NT_AUXV, auxv, sizeof(auxv));
	add(other, 0x400000, RW);
	put(other + 0x1010, 100, IN_USE);
	put(other + 0x5010, 100, IN_USE);
	find_extents(1);
	is_area(0, other + 0x1000, other + 0x5010 + 120);
}
END_TEST

/* The program has its own file before it, as a debugger would. */
START_TEST(program_that_is_mapped_twice)
{
	const uint64_t auxv[] = { AT_PHDR, core_text, AT_NULL, 0 };

	core_note(core, NT_AUXV, auxv, sizeof(auxv));
	core_add(core, &(struct core_range){ .addr = 0x7f5500000000,
					     .bytes = 0x1000,
					     .prot = PF_R,
					     .path = "/bin/prog" });
	put(core_heap + 0x1010, 100, IN_USE);
	put(core_heap + 0x5010, 100, IN_USE);
	find_extents(1);
	is_area(0, core_heap, core_heap + core_heap_bytes);
}
END_TEST

START_TEST(chunk_with_a_mapping_of_its_own)
{
	const uint64_t at = 0x7f5500000000;

	add(at, 0x400000, RW);
	put(at + 0x100010, 0x10000, MMAPPED);
	find_extents(1);
	is_area(0, at + 0x100000, at + 0x111000);
}
END_TEST

/* Pages of the program lie between them, which hold what they point to. */
START_TEST(chunks_with_mappings_side_by_side)
{
	const uint64_t at = 0x7f5500000000;

	add(at, 0x10000, RW);
	put_mmapped(at + 0x1010, 0x3000);
	put_mmapped(at + 0x5010, 0x3000);
	put_mmapped(at + 0x8010, 0x3000);
	put(core_heap + 0x10, 100, IN_USE);
	find_extents(3);
	is_area(1, at + 0x1000, at + 0x4000);
	is_area(2, at + 0x5000, at + 0xb000);
}
END_TEST

START_TEST(heap_of_another_arena)
{
	const uint64_t at = 0x7f5400000000;
	uint64_t info[] = { at + 0x30, 0, 0x21000 };

	add(at, 0x21000 + 0x5000, RW);
	core_put(core, at, info, sizeof(info));
	put(at + 0x1010, 100, IN_USE | OTHER_ARENA);
	put(at + 0x3010, 100, IN_USE | OTHER_ARENA);
	find_extents(1);
	is_area(0, at, at + 0x21000);
}
END_TEST

/* Its header does not tell: no more is heap than the block. */
START_TEST(headers_that_make_no_sense)
{
	const uint64_t at = 0x7f5400000000;
	uint64_t info[] = { at + 0x30, 0, 0x21001 };

	add(at, 0x40000, RW);
	core_put(core, at, info, sizeof(info));
	put(at + 0x1010, 100, IN_USE | OTHER_ARENA);
	put(at + 0x3010, 100, IN_USE);
	word(at + 0x3008, 0x4141414141414141);
	find_extents(2);
	is_area(0, at + 0x1000, at + 0x1010 + 120);
	is_area(1, at + 0x3000, at + 0x3010 + 120);
}
END_TEST

/* Two blocks, two free chunks between them, and the top. */
static void put_gaps(void)
{
	put(core_heap + 0x10, 100, IN_USE);
	word(core_heap + 0x88, 0x40 | IN_USE);
	word(core_heap + 0xc8, 0x20 | IN_USE);
	put(core_heap + 0xf0, 100, IN_USE);
	word(core_heap + 0x168, (core_heap_bytes - 0x160) | IN_USE);
}

static void find_gaps(size_t n)
{
	struct mtr_regions regions = { 0 };

	read_heap();
	succeeds(mtr_regions_find(target, &heap, &regions));
	succeeds(mtr_gaps_find(target, &heap, &regions, &areas));
	mtr_regions_fini(&regions);
	ck_assert_uint_eq(areas.n, n);
	is_area(n - 1, core_heap + 0x170, core_heap + core_heap_bytes);
}

START_TEST(free_chunks)
{
	put_gaps();
	find_gaps(3);
	is_area(0, core_heap + 0x90, core_heap + 0xc8);
	is_area(1, core_heap + 0xd0, core_heap + 0xe8);
}
END_TEST

/* None, not a multiple, beyond the next block, and past it by a little. */
START_TEST(free_chunks_that_make_no_sense)
{
	static const uint64_t sizes[] = { 0, 0x28, UINT64_MAX - 7, 0x30 };

	put_gaps();
	word(core_heap + 0xc8, sizes[_i]);
	find_gaps(2);
	is_area(0, core_heap + 0x88, core_heap + 0xe8);
}
END_TEST

/* None is free: not the last word of the first, nor the next one's header. */
START_TEST(no_gaps_between_chunks_with_mappings)
{
	const uint64_t at = 0x7f5500000000;

	put_gaps();
	add(at, 0x10000, RW);
	put_mmapped(at + 0x1010, 0x3000);
	put_mmapped(at + 0x4010, 0x3000);
	find_gaps(3);
}
END_TEST

START_TEST(mapping_of_another_allocator)
{
	const uint64_t at = 0x7f5400000000;

	core_descriptor(core)->flags &= ~MTR_FLAG_CHUNKS;
	add(at, 0x40000, RW);
	put(at + 0x1010, 100, 0);
	put(at + 0x9010, 100, 0);
	find_extents(1);
	is_area(0, at, at + 0x40000);
}
END_TEST

/* ------------------------------------------------------------------ roots */

static const uint64_t block = core_heap + 0x1010;

static void is_lost(size_t n, enum mtr_hint_kind kind, enum mtr_place place,
		    uint64_t addr)
{
	read_graph();
	ck_assert_uint_eq(lost.n, n);
	if (!n)
		return;
	ck_assert_int_eq(lost.at[0].hint.kind, kind);
	if (kind == MTR_HINT_NONE)
		return;
	ck_assert_int_eq(lost.at[0].hint.place, place);
	ck_assert_uint_eq(lost.at[0].hint.addr, addr);
}

/* The second piece does not say what is left of it, the third is no such. */
START_TEST(what_jemalloc_knows)
{
	const uint64_t base = 0x7f5500000000, size = 0x200000;

	core_descriptor(core)->flags &= ~MTR_FLAG_CHUNKS;
	put(core_heap + 0x1010, 100, IN_USE);
	add(base, 4 * size, RW);
	word(base + size, size);
	word(base + size + 0x18, base + size + 0x16580);
	word(base + size + 0x20, size - 0x16580);
	word(base + 2 * size, size);
	word(base + 2 * size + 0x18, base + 2 * size + 0x16580);
	word(base + 2 * size + 0x20, size);
	word(base + 3 * size, size + 0x1000);
	word(base + 3 * size + 0x18, base + 3 * size + 0x16580);
	word(base + 3 * size + 0x20, size + 0x1000 - 0x16580);
	find_extents(2);
	is_area(1, base + size, base + 2 * size);
}
END_TEST

START_TEST(nobody_points_to_it)
{
	put(block, 100, IN_USE);
	is_lost(1, MTR_HINT_NONE, 0, 0);
}
END_TEST

START_TEST(pointers_that_count)
{
	static const uint64_t offsets[] = { 0, 1, 50, 100 };

	put(block, 100, IN_USE);
	for (size_t i = 0; i < 4; i++) {
		word(core_data + 0x80, block + offsets[i]);
		is_lost(0, 0, 0, 0);
		close_all();
	}
	word(core_data + 0x80, block + 101);
	is_lost(1, MTR_HINT_NONE, 0, 0);
	close_all();
	word(core_data + 0x80, block - 1);
	is_lost(1, MTR_HINT_NONE, 0, 0);
}
END_TEST

/* Which is no part of an address on AArch64, unlike what is below it. */
START_TEST(tag_in_the_upper_byte)
{
	core_destroy(core);
	core = core_create(_i ? EM_AARCH64 : EM_X86_64);
	core_record(core);
	put(block, 100, IN_USE);
	put(block + 0x100, 100, IN_USE);
	word(core_data + 0x80, block | UINT64_C(0x0b) << 56);
	word(block, (block + 0x108) | UINT64_C(0x7f) << 56);
	read_graph();
	ck_assert_uint_eq(lost.n, _i ? 0 : 2);
	close_all();
	word(core_data + 0x80, block | UINT64_C(1) << 48);
	read_graph();
	ck_assert_uint_eq(lost.n, 2);
}
END_TEST

START_TEST(start_alone_counts)
{
	put(block, 100, IN_USE);
	put(block + 0x100, 100, IN_USE);
	word(core_data + 0x80, block);
	word(block, block + 0x108);
	read_heap();
	succeeds(mtr_graph_read(target, &heap, &starts, &g));
	succeeds(mtr_lost_find(&g, true, &lost));
	ck_assert_uint_eq(lost.n, 1);
	mtr_lost_list_fini(&lost);
	mtr_graph_fini(&g);
	succeeds(mtr_graph_read(target, &heap, &all, &g));
	succeeds(mtr_lost_find(&g, true, &lost));
	ck_assert_uint_eq(lost.n, 0);
}
END_TEST

/* Where what points to a block stands: a register, a variable, a block. */
START_TEST(places_are_kept)
{
	put(block, 100, IN_USE);
	put(block + 0x100, 100, IN_USE);
	put(block + 0x200, 100, IN_USE);
	thread(7, 0x7ffe0000, 0, 0);
	thread(8, 0x7ffe0000, 0, block + 0x210);
	word(core_data + 0x80, block + 0x100);
	word(block + 0x100 + 0x18, block + 0x20);
	read_graph();
	ck_assert_uint_eq(g.refs.n, 2);
	ck_assert_uint_eq(g.refs.at[0].addr, 0);
	ck_assert_uint_eq(g.refs.at[0].thread, 1);
	ck_assert_uint_eq(g.refs.at[0].block, 2);
	ck_assert_uint_eq(g.refs.at[1].addr, core_data + 0x80);
	ck_assert_uint_eq(g.refs.at[1].block, 1);
	ck_assert_uint_eq(g.edges.n, 1);
	ck_assert_uint_eq(g.edges.first[1], 0);
	ck_assert_uint_eq(g.edges.first[2], 1);
	ck_assert_uint_eq(g.edges.to[0], 0);
	ck_assert_uint_eq(g.edges.words[0], 3);
}
END_TEST

/* Words are those of the bytes asked for: not the record, not what is left. */
START_TEST(words_that_count)
{
	put(block, 100, IN_USE);
	put(block + 0x100, 100, IN_USE);
	word(core_data + 0x80, block);
	word(block + 88, block + 0x100);
	is_lost(0, 0, 0, 0);
	close_all();
	word(block + 88, 0);
	word(block + 96, block + 0x100);
	is_lost(1, MTR_HINT_STALE, MTR_PLACE_HEAP, block + 96);
	ck_assert_uint_eq(lost.at[0].hint.block, 0);
}
END_TEST

/* However much of it is not there: what is behind that is looked at. */
START_TEST(block_with_a_hole)
{
	const uint64_t at = 0x7f5500000000, hole = UINT64_C(1) << 40;

	add(at, 0x1000, RW);
	core_add(core, &(struct core_range){ .addr = at + 0x1000,
					     .bytes = hole,
					     .prot = RW,
					     .undumped = true });
	add(at + 0x1000 + hole, 0x2000, RW);
	put(at + 0x10, hole + 0x2000, MMAPPED);
	put(block, 100, IN_USE);
	word(core_data + 0x80, at + 0x10);
	word(at + 0x1000 + hole + 0x18, block);
	is_lost(0, 0, 0, 0);
}
END_TEST

START_TEST(free_heap_is_doubtful)
{
	put(block, 100, IN_USE);
	word(core_heap + 0x8000, block);
	is_lost(1, MTR_HINT_STALE, MTR_PLACE_HEAP, core_heap + 0x8000);
	ck_assert_uint_eq(lost.at[0].hint.block, MTR_NO_BLOCK);
}
END_TEST

START_TEST(registers_are_sure)
{
	uint64_t more[] = { 0, 0, block + 4 };

	put(block, 100, IN_USE);
	put(block + 0x100, 100, IN_USE);
	thread(1, 0, 0, block + 0x100);
	core_note_linux(core, NT_X86_XSTATE, more, sizeof(more));
	is_lost(0, 0, 0, 0);
}
END_TEST

static const uint64_t stack = 0x7f6600000000;
enum { STACK = 0x10000 };

/* As glibc makes it: what knows of the stack lies at its end. */
static void put_stack(uint64_t at)
{
	uint64_t self = at + STACK - 0x900;

	add(at, STACK, RW);
	word(self, self);
	word(self + 16, self);
	word(self + 40, 0x1122334455667700);
	word(self + 48, 0x8877665544332211);
	word(self + 0x690, at);
	word(self + 0x698, STACK);
}

START_TEST(stack_of_a_thread)
{
	const uint64_t sp = stack + 0x8000;

	put_stack(stack);
	thread(7, sp, stack + STACK - 0x900, 0);
	put(block, 100, IN_USE);
	word(sp + 8, block);
	is_lost(0, 0, 0, 0);
	close_all();
	word(sp + 8, 0);
	word(sp - 128, block);
	is_lost(0, 0, 0, 0);
	close_all();
	word(sp - 128, 0);
	word(sp - 136, block);
	is_lost(1, MTR_HINT_STALE, MTR_PLACE_BELOW, sp - 136);
}
END_TEST

START_TEST(stack_of_a_thread_that_has_ended)
{
	const uint64_t self = stack + STACK - 0x900;

	put_stack(stack);
	put_stack(0x7f7700000000);
	thread(7, 0x7f7700000800, 0x7f7700000000 + STACK - 0x900, 0);
	put(block, 100, IN_USE);
	word(stack + 0x9000, block);
	is_lost(1, MTR_HINT_STALE, MTR_PLACE_ENDED, stack + 0x9000);
	close_all();
	/* but for the table that the next one takes over */
	word(self + 8, block);
	is_lost(0, 0, 0, 0);
	close_all();
	/* it has one: then all of the stack may be in use */
	word(self + 8, 0);
	thread(8, 0x7f7700000900, self, 0);
	is_lost(0, 0, 0, 0);
}
END_TEST

/* A program's own: it has not all that a stack of glibc's has. */
START_TEST(looks_like_a_stack)
{
	static const struct {
		uint64_t at, value;
	} wrong[] = {
		{ 16, stack },		 { 40, 0x1122334455667701 }, { 48, 0 },
		{ 0x690, stack + 0x80 }, { 0x698, STACK - 0x100 },
	};
	const uint64_t self = stack + STACK - 0x900;

	put_stack(stack);
	put_stack(0x7f7700000000);
	thread(7, 0x7f7700000800, 0x7f7700000000 + STACK - 0x900, 0);
	put(block, 100, IN_USE);
	word(stack + 0x9000, block);
	is_lost(1, MTR_HINT_STALE, MTR_PLACE_ENDED, stack + 0x9000);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		uint64_t was;

		close_all();
		memcpy(&was, core_at(core, self + wrong[i].at), sizeof(was));
		word(self + wrong[i].at, wrong[i].value);
		is_lost(0, 0, 0, 0);
		word(self + wrong[i].at, was);
	}
}
END_TEST

/* Who has no threads in it says nothing of stacks. */
START_TEST(core_without_threads)
{
	put_stack(stack);
	put(block, 100, IN_USE);
	word(stack + 0x9000, block);
	is_lost(0, 0, 0, 0);
}
END_TEST

/* The stack pointer lies in a mapping of which no more is known. */
START_TEST(stack_without_bounds)
{
	add(stack, STACK, RW);
	thread(7, stack + 0x8000, 0, 0);
	put(block, 100, IN_USE);
	word(stack + 0x10, block);
	is_lost(0, 0, 0, 0);
}
END_TEST

/* Where pages are put down to what they are for, that is to be said. */
START_TEST(regions_without_threads)
{
	struct mtr_regions regions;

	read_heap();
	succeeds(mtr_regions_find(target, &heap, &regions));
	ck_assert_uint_eq(mtr_target_warnings(target)->n, 1);
	ck_assert_str_eq(mtr_target_warnings(target)->at[0],
			 "it does not tell of its threads: their stacks are "
			 "counted as other memory");
	mtr_regions_fini(&regions);
	close_all();
	thread(7, stack + 0x8000, 0, 0);
	read_heap();
	succeeds(mtr_regions_find(target, &heap, &regions));
	ck_assert_uint_eq(mtr_target_warnings(target)->n, 0);
	mtr_regions_fini(&regions);
}
END_TEST

START_TEST(read_only_memory_is_sure)
{
	add(stack, STACK, PF_R);
	put(block, 100, IN_USE);
	word(stack + 0x10, block);
	is_lost(0, 0, 0, 0);
}
END_TEST

/* The library's tables: whatever stands in them is no pointer. */
START_TEST(tables_of_the_library)
{
	put(block, 100, IN_USE);
	core_depot(core, 100);
	word(core_nodes + 0x108, block);
	is_lost(1, MTR_HINT_NONE, 0, 0);
}
END_TEST

/* ---------------------------------------------------------------- modules */

static const uint64_t elf = 0x7f5400000000;

/* The beginning of a file with variables at 0x3e80, and .bss behind them. */
static void put_elf(uint64_t text_bytes)
{
	const Elf64_Phdr ph[] = {
		{ .p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = 0x1000 },
		{ .p_type = PT_LOAD,
		  .p_flags = RW,
		  .p_offset = 0x2e80,
		  .p_vaddr = 0x3e80,
		  .p_filesz = 0x100,
		  .p_memsz = 0x1800 },
		{ .p_type = PT_LOAD,
		  .p_flags = RW,
		  .p_vaddr = 0x6000,
		  .p_memsz = 0x1000 },
	};
	const Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB },
		.e_phoff = sizeof(eh),
		.e_phentsize = sizeof(*ph),
		.e_phnum = 3,
	};

	core_add(core, &(struct core_range){ .addr = elf,
					     .bytes = text_bytes,
					     .prot = PF_R,
					     .path = "/lib/libs.so" });
	core_put(core, elf, &eh, sizeof(eh));
	core_put(core, elf + sizeof(eh), ph, sizeof(ph));
}

START_TEST(module_as_the_loader_maps_it)
{
	struct mtr_area s[4];

	put_elf(0x1000);
	core_add(core, &(struct core_range){ .addr = elf + 0x3000,
					     .bytes = 0x1000,
					     .prot = RW,
					     .path = "/lib/libs.so",
					     .offset = 0x2000 });
	add(elf + 0x4000, 0x3000, RW);
	read_heap();
	ck_assert_uint_eq(mtr_target_segments(target, elf, s, 4), 2);
	ck_assert_uint_eq(s[0].start, elf + 0x3e80);
	ck_assert_uint_eq(s[0].end, elf + 0x5680);
	ck_assert_uint_eq(s[1].start, elf + 0x6000);
	ck_assert_uint_eq(s[1].end, elf + 0x7000);
}
END_TEST

/* Its variables would be where somebody else's memory is. */
START_TEST(file_mapped_as_data)
{
	struct mtr_area s[4];

	put_elf(0x1000);
	add(elf + 0x1000, 0x8000, RW);
	put(block, 100, IN_USE);
	put(elf + 0x3010, 0x1000, MMAPPED);
	word(elf + 0x3f80, block);
	is_lost(2, MTR_HINT_NONE, 0, 0);
	ck_assert_uint_eq(mtr_target_segments(target, elf, s, 4), 0);
}
END_TEST

/* All of it, and the file is so large that it has bytes at that address. */
START_TEST(whole_file_mapped_as_data)
{
	struct mtr_area s[4];

	put_elf(0x4000);
	add(elf + 0x4000, 0x8000, RW);
	read_heap();
	ck_assert_uint_eq(mtr_target_segments(target, elf, s, 4), 0);
}
END_TEST

/* --------------------------------------------------------- hidden pointers */

START_TEST(packed_pointer)
{
	put(block, 100, IN_USE);
	word(core_data + 0x83, block);
	is_lost(1, MTR_HINT_UNALIGNED, MTR_PLACE_MAPPING, core_data + 0x83);
}
END_TEST

START_TEST(tagged_pointer)
{
	put(block, 100, IN_USE);
	put(block + 0x100, 100, IN_USE);
	word(core_data + 0x80, block + 0x100);
	word(block + 0x108, block | UINT64_C(0xabcd) << 48);
	is_lost(1, MTR_HINT_TAGGED, MTR_PLACE_HEAP, block + 0x108);
	ck_assert_uint_eq(lost.at[0].hint.block, 1);
}
END_TEST

/* Any text may look like the middle of a block. */
START_TEST(hidden_pointers_are_to_the_start)
{
	put(block, 100, IN_USE);
	word(core_data + 0x83, block + 1);
	word(core_data + 0x98, (block + 1) | UINT64_C(0xabcd) << 48);
	is_lost(1, MTR_HINT_NONE, 0, 0);
}
END_TEST

/* What is lost as well hides nothing. */
START_TEST(hidden_in_a_lost_block)
{
	put(block, 100, IN_USE);
	put(block + 0x100, 100, IN_USE);
	word(block + 0x108, block | UINT64_C(0xabcd) << 48);
	is_lost(2, MTR_HINT_NONE, 0, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("roots");
	TCase *t = add_group(s, "heap", setup, teardown);

	tcase_add_test(t, main_arena_is_the_mapping);
	tcase_add_test(t, main_arena_elsewhere);
	tcase_add_test(t, main_arena_without_brk);
	tcase_add_test(t, program_that_is_mapped_twice);
	tcase_add_test(t, chunk_with_a_mapping_of_its_own);
	tcase_add_test(t, chunks_with_mappings_side_by_side);
	tcase_add_test(t, heap_of_another_arena);
	tcase_add_test(t, headers_that_make_no_sense);
	tcase_add_test(t, mapping_of_another_allocator);
	tcase_add_test(t, what_jemalloc_knows);
	tcase_add_test(t, free_chunks);
	tcase_add_loop_test(t, free_chunks_that_make_no_sense, 0, 4);
	tcase_add_test(t, no_gaps_between_chunks_with_mappings);
	t = add_group(s, "roots", setup, teardown);
	tcase_add_test(t, nobody_points_to_it);
	tcase_add_test(t, pointers_that_count);
	tcase_add_loop_test(t, tag_in_the_upper_byte, 0, 2);
	tcase_add_test(t, start_alone_counts);
	tcase_add_test(t, places_are_kept);
	tcase_add_test(t, words_that_count);
	tcase_add_test(t, block_with_a_hole);
	tcase_add_test(t, free_heap_is_doubtful);
	tcase_add_test(t, registers_are_sure);
	tcase_add_test(t, stack_of_a_thread);
	tcase_add_test(t, stack_of_a_thread_that_has_ended);
	tcase_add_test(t, looks_like_a_stack);
	tcase_add_test(t, core_without_threads);
	tcase_add_test(t, stack_without_bounds);
	tcase_add_test(t, regions_without_threads);
	tcase_add_test(t, read_only_memory_is_sure);
	tcase_add_test(t, tables_of_the_library);
	t = add_group(s, "modules", setup, teardown);
	tcase_add_test(t, module_as_the_loader_maps_it);
	tcase_add_test(t, file_mapped_as_data);
	tcase_add_test(t, whole_file_mapped_as_data);
	t = add_group(s, "hidden", setup, teardown);
	tcase_add_test(t, packed_pointer);
	tcase_add_test(t, tagged_pointer);
	tcase_add_test(t, hidden_pointers_are_to_the_start);
	tcase_add_test(t, hidden_in_a_lost_block);
	return run_suite(s);
}
