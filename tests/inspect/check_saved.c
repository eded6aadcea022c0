/* SPDX-License-Identifier: MIT */
/* Blocks, stacks and the graph of saved snapshots, made by hand, sound and
 * spoilt. */
#include <check.h>
#include <unistd.h>

#include "core_builder.h"
#include "format/saved.h"
#include "graph/saved.h"
#include "heap/saved.h"
#include "snapshot/heap_view.h"
#include "suite.h"

enum { NUMBERS = 1024 };

/* The numbers that a part is made of. */
struct numbers {
	uint64_t at[NUMBERS];
	size_t n;
};

#define NUMBERS(...)                                                   \
	((struct numbers){ { __VA_ARGS__ },                            \
			   sizeof((const uint64_t[]){ __VA_ARGS__ }) / \
				   sizeof(uint64_t) })

static struct mtr_descriptor descriptor;
static struct numbers part[MTR_SAVED_KINDS];
static struct mtr_target *target;
static struct mtr_heap heap;
static struct mtr_stacks stacks;
static struct mtr_graph graph;
static struct mtr_lost_list lost;
static struct mtr_regions regions;
static int fd = -1;

/* Where numbers are, by the parts below. */
enum { HEAP_LOST = 2, HEAP_SITES, HEAP_FIRST };
enum {
	LIVE_FLAGS = 1,
	LIVE_ADDR = LIVE_FLAGS + 3,
	LIVE_USABLE = LIVE_ADDR + 3,
	LIVE_SLACK = LIVE_USABLE + 3,
	LIVE_SITE = LIVE_SLACK + 3,
	LIVE_STACK = LIVE_SITE + 3,
};
enum {
	FREED_FLAGS = 1,
	FREED_ADDR,
	FREED_USABLE,
	FREED_SLACK,
	FREED_SITE,
	FREED_STACK,
};
enum { OWN_COMPLETE, OWN_N, OWN_KIND, OWN_START, OWN_SIZE };
enum {
	CALLS_NODES,
	CALLS_PCS,
	CALLS_N,
	CALLS_BACK,
	CALLS_SITE = CALLS_BACK + 2,
	CALLS_END = CALLS_SITE + 2,
};
enum { LIST_N, LIST_ID, LIST_CALL, LIST_CALLER };
enum { EDGES_BLOCKS, EDGES_N, EDGES_COUNT, EDGES_TO = EDGES_COUNT + 3 };
enum {
	AREAS_N,
	AREA_START,
	AREA_SIZE,
	AREA_PLACE,
	AREA_THREAD,
	REFS_N = AREA_START + 2 * 4,
	REGISTER_ADDR,
	REGISTER_THREAD,
	REGISTER_BLOCK,
	REF_ADDR,
	REF_BLOCK,
	NOTES_N,
};
enum {
	HINTS_N,
	HINT_BLOCK,
	HINT_KIND,
	HINT_PLACE,
	HINT_THREAD,
	HINT_AROUND,
};
enum { REGIONS_N, REGION_START, REGION_SIZE, REGION_KIND };

/*
 * Callers 0x1000 and 0x2000. Three blocks: at 0x10000 one of 24 bytes, two of
 * them slack; at 0x10100 a damaged one; at 0x10200 one that has a stack. At
 * 0x10140 there was one. main at 0x1000 called what returns to 0x2000.
 */
static void setup(void)
{
	descriptor = (struct mtr_descriptor){
		.magic = MTR_MAGIC,
		.version = MTR_FORMAT_VERSION,
		.size = sizeof(descriptor),
		.granule_bits = MTR_GRANULE_BITS,
		.leaf_bits = MTR_LEAF_BITS,
		.mid_bits = MTR_MID_BITS,
		.root_bits = MTR_ROOT_BITS,
		.record = MTR_RECORD_LONG,
	};
	part[MTR_SAVED_HEAP] =
		NUMBERS(0x5000, 0, 0, 3, 0, 2 * 0x1000, 2 * 0x1000);
	part[MTR_SAVED_LIVE] = NUMBERS(
		3, 0, MTR_SAVED_IS_DAMAGED, 5 << MTR_SAVED_FLAGS, 0x1000, 0x10,
		0x10, 40, 24, 256, 2, 0, 200, 1, 0, 2, 0, 0, 1);
	part[MTR_SAVED_FREED] =
		NUMBERS(1, MTR_SAVED_IS_FREED, 0x1014, 48, 0, 1, 0);
	part[MTR_SAVED_OWN] = NUMBERS(1, 1, 1, 0x4000, 0x1000);
	part[MTR_SAVED_CALLS] =
		NUMBERS(20, 0, 3, 0, 1, 1, 2, MTR_ROOT_COMPLETE << 1,
			MTR_ROOT_COMPLETE << 1);
	part[MTR_SAVED_STACKS] = NUMBERS(2, 17, 2, 2);
}

/*
 * A thread. Its registers and a variable at 0x8000 hold the first block, that
 * one the second; the third is lost: a word below the stack pointer points to
 * it.
 */
static void setup_graph(void)
{
	setup();
	part[MTR_SAVED_THREADS] = NUMBERS(0, 1, 815, 0, 0, 0, 0, 0, 0, 0);
	part[MTR_SAVED_EDGES] = NUMBERS(3, 1, 1, 0, 0, 2, 0);
	part[MTR_SAVED_ROOTS] =
		NUMBERS(2, 0x8000, 0x100, MTR_PLACE_DATA, 0, 0x100, 0x100,
			MTR_PLACE_BELOW, 0, 2, 0, 0, 0, 0x8000, 0, 0);
	part[MTR_SAVED_LOST] =
		NUMBERS(1, 2, MTR_HINT_STALE, MTR_PLACE_BELOW, 0, 0, 0x8210);
	part[MTR_SAVED_REGIONS] =
		NUMBERS(1, 0x8000, 0x1000, MTR_REGION_OTHER << 1 | 1, 0);
}

static void close_all(void)
{
	mtr_regions_fini(&regions);
	mtr_lost_list_fini(&lost);
	mtr_graph_fini(&graph);
	mtr_stacks_fini(&stacks);
	mtr_heap_fini(&heap);
	mtr_target_close(target);
	target = NULL;
	if (fd >= 0)
		close(fd);
	fd = -1;
}

static void put_part(struct mtr_pack *table, struct mtr_pack *bytes,
		     unsigned kind, const void *at, size_t n, size_t before)
{
	const struct mtr_saved_part p = { .kind = kind,
					  .offset = before + bytes->n,
					  .bytes = n,
					  .whole = n };

	mtr_pack_bytes(table, &p, sizeof(p));
	mtr_pack_bytes(bytes, at, n);
}

/* The file of all parts that have numbers. */
static void open_file(void)
{
	struct mtr_pack table = { 0 }, bytes = { 0 }, all = { 0 };
	char path[CORE_PATH_MAX];
	struct mtr_saved_header h = {
		.magic = MTR_SNAPSHOT_MAGIC,
		.version = MTR_SAVED_VERSION,
		.size = sizeof(h),
		.pid = 815,
		.machine = EM_X86_64,
		.table = sizeof(h),
		.entry = sizeof(struct mtr_saved_part),
		.parts = 1,
	};
	size_t before;

	for (unsigned kind = 0; kind < MTR_SAVED_KINDS; kind++)
		h.parts += part[kind].n > 0;
	before = sizeof(h) + h.parts * sizeof(struct mtr_saved_part);
	put_part(&table, &bytes, MTR_SAVED_DESCRIPTOR, &descriptor,
		 sizeof(descriptor), before);
	for (unsigned kind = 0; kind < MTR_SAVED_KINDS; kind++) {
		struct mtr_pack p = { 0 };

		for (size_t i = 0; i < part[kind].n; i++)
			mtr_pack_number(&p, part[kind].at[i]);
		if (p.n)
			put_part(&table, &bytes, kind, p.at, p.n, before);
		mtr_pack_fini(&p);
	}
	mtr_pack_bytes(&all, &h, sizeof(h));
	mtr_pack_bytes(&all, table.at, table.n);
	mtr_pack_bytes(&all, bytes.at, bytes.n);
	fd = core_file(all.at, all.n, path);
	mtr_pack_fini(&table);
	mtr_pack_fini(&bytes);
	mtr_pack_fini(&all);
	target = open_target(path);
}

static struct mtr_error *read_all(void)
{
	const struct mtr_graph_options options = { .places = true };

	MTR_TRY(mtr_heap_read(target, &heap));
	MTR_TRY(mtr_stacks_read(target, &heap, &stacks));
	if (!part[MTR_SAVED_EDGES].n)
		return NULL;
	MTR_TRY(mtr_graph_read(target, &heap, &options, &graph));
	MTR_TRY(mtr_lost_find(&graph, true, &lost));
	return mtr_regions_find(target, &heap, &regions);
}

static void is_sound(void)
{
	open_file();
	succeeds(read_all());
}

/* With another number in one of its parts the part @kind makes no sense. */
static void refuses(unsigned kind, unsigned in, size_t i, uint64_t number)
{
	char sentence[64];
	uint64_t before = part[in].at[i];

	ck_assert_uint_lt(i, part[in].n);
	part[in].at[i] = number;
	open_file();
	snprintf(sentence, sizeof(sentence), "part %u makes no sense", kind);
	fails_as(read_all(), MTR_ERROR_DAMAGED, sentence);
	close_all();
	part[in].at[i] = before;
}

/* And with the next smaller one it does. */
static void refuses_from(unsigned kind, size_t i, uint64_t number)
{
	uint64_t before = part[kind].at[i];

	part[kind].at[i] = number - 1;
	is_sound();
	close_all();
	part[kind].at[i] = before;
	refuses(kind, kind, i, number);
}

/* Nor does a part that ends before its last number. */
static void refuses_cut(unsigned kind)
{
	size_t n = part[kind].n;

	while (part[kind].n > 1) {
		char sentence[64];

		part[kind].n--;
		snprintf(sentence, sizeof(sentence), "part %u makes no sense",
			 kind);
		open_file();
		fails_as(read_all(), MTR_ERROR_DAMAGED, sentence);
		close_all();
	}
	part[kind].n = n;
}

/* ------------------------------------------------------------------- tests */

START_TEST(sound)
{
	const struct mtr_block *b;

	is_sound();
	ck_assert_uint_eq(heap.blocks.n, 3);
	ck_assert_uint_eq(heap.damaged, 1);
	b = heap.blocks.at;
	ck_assert_uint_eq(b[0].addr, 0x10000);
	ck_assert_uint_eq(b[0].size, 22);
	ck_assert_uint_eq(b[1].size, 0);
	ck_assert_uint_eq(b[2].addr, 0x10200);
	ck_assert_uint_eq(b[2].generation, 5);
	ck_assert_uint_eq(heap.sites.at[b[2].site], 0x2000);
	ck_assert_uint_eq(heap.freed.n, 1);
	ck_assert_uint_eq(heap.freed.at[0].addr, 0x10140);
	ck_assert_uint_eq(heap.own.list.n, 1);
	ck_assert_uint_eq(stacks.list.n, 2);
	ck_assert_uint_eq(stacks.calls.at[2].parent, 1);
	ck_assert_uint_eq(stacks.calls.at[2].depth, 2);
	ck_assert_uint_eq(stacks.lost, 0);
}
END_TEST

START_TEST(cut_off)
{
	refuses_cut(MTR_SAVED_HEAP);
	refuses_cut(MTR_SAVED_LIVE);
	refuses_cut(MTR_SAVED_FREED);
	refuses_cut(MTR_SAVED_OWN);
	refuses_cut(MTR_SAVED_CALLS);
	refuses_cut(MTR_SAVED_STACKS);
}
END_TEST

START_TEST(counts)
{
	refuses_from(MTR_SAVED_HEAP, HEAP_LOST, 2); /* one is damaged */
	refuses(MTR_SAVED_HEAP, MTR_SAVED_HEAP, HEAP_SITES, 0);
	refuses(MTR_SAVED_HEAP, MTR_SAVED_HEAP, HEAP_SITES, UINT64_MAX);
	refuses(MTR_SAVED_HEAP, MTR_SAVED_HEAP, HEAP_FIRST, 2);
	/* more than there can be in so many bytes */
	refuses(MTR_SAVED_LIVE, MTR_SAVED_LIVE, 0, UINT64_MAX);
	refuses(MTR_SAVED_LIVE, MTR_SAVED_LIVE, 0, UINT32_MAX / 2);
	refuses(MTR_SAVED_FREED, MTR_SAVED_FREED, 0, UINT64_MAX);
	refuses(MTR_SAVED_OWN, MTR_SAVED_OWN, OWN_N, UINT64_MAX);
	refuses(MTR_SAVED_CALLS, MTR_SAVED_CALLS, CALLS_PCS, UINT64_MAX);
	refuses(MTR_SAVED_CALLS, MTR_SAVED_CALLS, CALLS_PCS, UINT64_C(1) << 61);
	refuses(MTR_SAVED_CALLS, MTR_SAVED_CALLS, CALLS_N, 0);
	refuses(MTR_SAVED_CALLS, MTR_SAVED_CALLS, CALLS_N, UINT32_MAX);
	refuses(MTR_SAVED_CALLS, MTR_SAVED_CALLS, CALLS_N, UINT64_MAX);
	refuses(MTR_SAVED_STACKS, MTR_SAVED_STACKS, LIST_N, 0);
	refuses(MTR_SAVED_STACKS, MTR_SAVED_STACKS, LIST_N, UINT32_MAX);
	refuses(MTR_SAVED_STACKS, MTR_SAVED_STACKS, LIST_N, UINT64_MAX);
	/* three times as many are few again, in 64 bits */
	refuses(MTR_SAVED_CALLS, MTR_SAVED_CALLS, CALLS_N, UINT64_MAX / 3 + 2);
	refuses(MTR_SAVED_STACKS, MTR_SAVED_STACKS, LIST_N, UINT64_MAX / 3 + 2);
	refuses_from(MTR_SAVED_CALLS, CALLS_NODES, MTR_NODE_MAX + 1);
}
END_TEST

START_TEST(flags)
{
	enum { LIVE = MTR_SAVED_LIVE, FREED = MTR_SAVED_FREED };

	part[LIVE].at[LIVE_FLAGS] = MTR_GENERATION_MAX << MTR_SAVED_FLAGS;
	is_sound();
	ck_assert_uint_eq(heap.blocks.at[0].generation, MTR_GENERATION_MAX);
	close_all();
	refuses(LIVE, LIVE, LIVE_FLAGS,
		(MTR_GENERATION_MAX + 1) << MTR_SAVED_FLAGS);
	/* each among its own; of a freed one there is no damage */
	refuses(LIVE, LIVE, LIVE_FLAGS, MTR_SAVED_IS_FREED);
	refuses(FREED, FREED, FREED_FLAGS, 0);
	part[FREED].at[FREED_SITE] = 0;
	refuses(FREED, FREED, FREED_FLAGS,
		MTR_SAVED_IS_FREED | MTR_SAVED_IS_DAMAGED);
}
END_TEST

START_TEST(addresses)
{
	enum { LIVE = MTR_SAVED_LIVE };
	const uint64_t most = UINT64_C(1) << (MTR_ADDR_BITS - MTR_GRANULE_BITS);

	refuses(LIVE, LIVE, LIVE_ADDR + 2, most);
	/* all three of them, in sum */
	refuses(LIVE, LIVE, LIVE_ADDR + 2, most - 0x1010);
	/* 16 times that is little again, in 64 bits */
	refuses(LIVE, LIVE, LIVE_ADDR + 2, (UINT64_C(1) << 60) + 0x10);
	/* two in one place, and one in another */
	refuses(LIVE, LIVE, LIVE_ADDR + 1, 0);
	refuses(LIVE, LIVE, LIVE_ADDR + 1, 2);
	refuses(LIVE, LIVE, LIVE_USABLE, 0x101);
	part[LIVE].at[LIVE_USABLE] = 0x100;
	is_sound();
	close_all();
	/* in one that was freed, from either end */
	refuses(MTR_SAVED_FREED, LIVE, LIVE_ADDR + 2, 6);
	refuses(MTR_SAVED_FREED, MTR_SAVED_FREED, FREED_ADDR, 0x100e);
	refuses(MTR_SAVED_FREED, MTR_SAVED_FREED, FREED_ADDR, 0x1010);
	refuses_from(MTR_SAVED_FREED, FREED_USABLE, 0xc0 + 1);
}
END_TEST

START_TEST(sizes)
{
	enum { LIVE = MTR_SAVED_LIVE };
	const uint64_t last = 0x10200;

	refuses(LIVE, LIVE, LIVE_USABLE, MTR_USABLE_MIN - 1);
	refuses_from(LIVE, LIVE_USABLE + 2,
		     (UINT64_C(1) << MTR_ADDR_BITS) - last);
	refuses(LIVE, LIVE, LIVE_USABLE + 2, UINT64_C(1) << MTR_ADDR_BITS);
	refuses(LIVE, LIVE, LIVE_USABLE + 2, UINT64_MAX - last + 0x21);
	refuses_from(LIVE, LIVE_SLACK, 40 - MTR_RECORD_LONG + 1);
	descriptor.record = MTR_RECORD_SHORT;
	refuses_from(LIVE, LIVE_SLACK, 40 - MTR_RECORD_SHORT + 1);
}
END_TEST

START_TEST(origins)
{
	enum { LIVE = MTR_SAVED_LIVE, FREED = MTR_SAVED_FREED };

	refuses_from(LIVE, LIVE_SITE, 3);
	refuses_from(FREED, FREED_SITE, 3);
	/* who asked for a damaged one is not known; of others it is */
	refuses(LIVE, LIVE, LIVE_SITE + 1, 1);
	refuses(LIVE, LIVE, LIVE_STACK + 1, 1);
	refuses(LIVE, LIVE, LIVE_SITE, 0);
	/* there are so many stacks */
	refuses(LIVE, LIVE, LIVE_STACK, MTR_NODE_MAX);
	refuses(MTR_SAVED_STACKS, LIVE, LIVE_STACK, 2);
	refuses(MTR_SAVED_STACKS, FREED, FREED_STACK, 2);
	/* with a short record it may be the stack that knows */
	descriptor.record = MTR_RECORD_SHORT;
	part[LIVE].at[LIVE_SITE] = 0;
	is_sound();
	close_all();
}
END_TEST

START_TEST(own_mappings)
{
	enum { OWN = MTR_SAVED_OWN };

	refuses_from(OWN, OWN_COMPLETE, 2);
	refuses_from(OWN, OWN_KIND, MTR_OWN_KINDS);
	refuses(OWN, OWN, OWN_SIZE, 0);
	refuses_from(OWN, OWN_SIZE, UINT64_MAX - 0x4000 + 1);
	part[OWN] = NUMBERS(1, 2, 1, 0x4000, 0x1000, 1, 0x1000, 0x1000);
	is_sound();
	close_all();
	/* back round to where the first one is */
	refuses(OWN, OWN, OWN_SIZE + 2, UINT64_MAX - 0x100);
}
END_TEST

START_TEST(frames)
{
	enum { CALLS = MTR_SAVED_CALLS };

	/* the way outwards leads to what comes before */
	refuses(CALLS, CALLS, CALLS_BACK, 1);
	refuses_from(CALLS, CALLS_BACK + 1, 2);
	refuses_from(CALLS, CALLS_SITE, 3);
	refuses(CALLS, CALLS, CALLS_SITE, 0); /* no code is at 0 */
	/* where it ends is the same for all of it, and somewhere */
	refuses(CALLS, CALLS, CALLS_END, MTR_ROOT_DEPTH << 1);
	part[CALLS].at[CALLS_BACK + 1] = 0;
	refuses(CALLS, CALLS, CALLS_END, MTR_ROOT_NONE << 1);
	refuses_from(CALLS, CALLS_END, MTR_NODE_FIRST << 1);
	refuses(CALLS, CALLS, CALLS_END, (256 + MTR_ROOT_COMPLETE) << 1);
}
END_TEST

/* Code that only a stack has: it is there, whole. */
START_TEST(code_of_stacks)
{
	enum { CALLS = MTR_SAVED_CALLS };
	const uint64_t end = MTR_ROOT_COMPLETE << 1;

	part[CALLS] =
		NUMBERS(20, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 0, 1, 1, 3, end, end);
	is_sound();
	ck_assert_uint_eq(stacks.pcs.n, 4);
	ck_assert_uint_eq(stacks.pcs.at[3], UINT64_C(0x101010101010101));
	close_all();
	refuses(CALLS, CALLS, CALLS_PCS, 2);
	refuses_from(CALLS, 14, 4);
	/* none but the flag: its byte is the first of the number behind */
	part[CALLS] = NUMBERS(20, 1, 0, 0, 0, 0, 0, 0, 0, 3 << 7, 0, 1, 1, 2,
			      end, end);
	is_sound();
	ck_assert_uint_eq(stacks.pcs.at[3], MTR_PC_EXACT);
	close_all();
	refuses(CALLS, CALLS, 13, 3);
}
END_TEST

/* A stack of so many frames, each in the one before. */
static void make_deep(uint64_t n)
{
	struct numbers *v = &part[MTR_SAVED_CALLS];

	*v = NUMBERS(n + 1, 0, n + 1);
	for (uint64_t i = 0; i < n; i++)
		v->at[v->n++] = i > 0;
	for (uint64_t i = 0; i < n; i++)
		v->at[v->n++] = 1;
	for (uint64_t i = 0; i < n; i++)
		v->at[v->n++] = MTR_ROOT_COMPLETE << 1;
}

START_TEST(deep)
{
	make_deep(MTR_STACK_FRAMES_MAX);
	is_sound();
	ck_assert_uint_eq(stacks.calls.at[MTR_STACK_FRAMES_MAX].depth,
			  MTR_STACK_FRAMES_MAX);
	close_all();
	make_deep(MTR_STACK_FRAMES_MAX + 1);
	open_file();
	fails_as(read_all(), MTR_ERROR_DAMAGED, "part 21 makes no sense");
	close_all();
}
END_TEST

START_TEST(list)
{
	enum { LIST = MTR_SAVED_STACKS };

	refuses_from(LIST, LIST_ID, MTR_NODE_MAX);
	refuses(LIST, LIST, LIST_ID, 0);
	refuses_from(LIST, LIST_CALL, 3);
	refuses_from(LIST, LIST_CALLER, 3);
	refuses(LIST, LIST, LIST_CALLER, 0);
	/* one that is not known is counted */
	part[LIST].at[LIST_CALL] = 0;
	is_sound();
	ck_assert_uint_eq(stacks.lost, 1);
	close_all();
	part[LIST].n = 0;
	open_file();
	fails_as(read_all(), MTR_ERROR_DAMAGED, "makes no sense");
	close_all();
}
END_TEST

/* --------------------------------------------------------------- the graph */

START_TEST(sound_graph)
{
	is_sound();
	ck_assert_uint_eq(graph.edges.n, 1);
	ck_assert_uint_eq(graph.edges.to[0], 1);
	ck_assert_uint_eq(graph.edges.words[0], 0);
	ck_assert_uint_eq(graph.roots.list.n, 2);
	ck_assert_uint_eq(graph.roots.list.at[1].start, 0x8200);
	ck_assert_uint_eq(graph.refs.n, 2);
	ck_assert_uint_eq(graph.refs.at[1].addr, 0x8000);
	ck_assert_uint_eq(lost.n, 1);
	ck_assert_uint_eq(lost.at[0].block, 2);
	ck_assert_int_eq(lost.at[0].hint.kind, MTR_HINT_STALE);
	ck_assert_uint_eq(lost.at[0].hint.addr, 0x8210);
}
END_TEST

START_TEST(cut_off_graph)
{
	refuses_cut(MTR_SAVED_EDGES);
	refuses_cut(MTR_SAVED_ROOTS);
	refuses_cut(MTR_SAVED_LOST);
	refuses_cut(MTR_SAVED_REGIONS);
}
END_TEST

START_TEST(edges)
{
	enum { EDGES = MTR_SAVED_EDGES };

	refuses(EDGES, EDGES, EDGES_BLOCKS, 2);
	refuses(EDGES, EDGES, EDGES_BLOCKS, 4);
	refuses(EDGES, EDGES, EDGES_N, 0);
	refuses(EDGES, EDGES, EDGES_N, 2);
	refuses(EDGES, EDGES, EDGES_N, UINT64_MAX);
	refuses(EDGES, EDGES, EDGES_COUNT, 0);
	refuses(EDGES, EDGES, EDGES_COUNT + 2, 1);
	refuses(EDGES, EDGES, EDGES_COUNT + 2, UINT64_MAX);
	/* one before the first, one behind the last: signed */
	refuses(EDGES, EDGES, EDGES_TO, 1);
	refuses(EDGES, EDGES, EDGES_TO, 3 << 1);
	refuses_from(EDGES, EDGES_TO + 1, UINT64_C(1) << 32);
}
END_TEST

START_TEST(areas)
{
	enum { ROOTS = MTR_SAVED_ROOTS };

	refuses(ROOTS, ROOTS, AREAS_N, UINT64_MAX);
	refuses(ROOTS, ROOTS, AREA_SIZE, 0);
	refuses(ROOTS, ROOTS, AREA_SIZE, UINT64_MAX - 0x7fff);
	/* back round to where the first one is */
	refuses(ROOTS, ROOTS, AREA_START + 4, UINT64_MAX - 0x10);
	refuses_from(ROOTS, AREA_PLACE, MTR_PLACE_HEAP + 1);
	refuses(ROOTS, ROOTS, AREA_PLACE, MTR_PLACE_REGISTERS);
	refuses_from(ROOTS, AREA_THREAD, 1);
}
END_TEST

START_TEST(references)
{
	enum { ROOTS = MTR_SAVED_ROOTS };

	refuses(ROOTS, ROOTS, REFS_N, UINT64_MAX);
	refuses_from(ROOTS, REGISTER_THREAD, 1);
	refuses_from(ROOTS, REGISTER_BLOCK, 3);
	refuses_from(ROOTS, REF_BLOCK, 3);
	refuses(ROOTS, ROOTS, NOTES_N, 1);
	/* up to the last address */
	part[ROOTS] = NUMBERS(0, 2, 0x8000, 0, 0, 1, 0);
	refuses_from(ROOTS, 4, UINT64_MAX - 0x7fff);
}
END_TEST

/* There are registers of threads only. */
START_TEST(no_threads)
{
	enum { ROOTS = MTR_SAVED_ROOTS };

	part[MTR_SAVED_THREADS].n = 0;
	open_file();
	fails_as(read_all(), MTR_ERROR_DAMAGED, "part 29 makes no sense");
	close_all();
	/* the same word at an address */
	part[ROOTS].at[REFS_N] = 1;
	part[ROOTS].at[REGISTER_ADDR] = 0x8000;
	part[ROOTS].n = REGISTER_THREAD + 2;
	is_sound();
}
END_TEST

START_TEST(hints)
{
	enum { LOST = MTR_SAVED_LOST };

	refuses(LOST, LOST, HINTS_N, UINT64_MAX);
	refuses_from(LOST, HINT_BLOCK, 3);
	refuses_from(LOST, HINT_KIND, MTR_HINT_TAGGED + 1);
	refuses_from(LOST, HINT_PLACE, MTR_PLACE_HEAP + 1);
	refuses(LOST, LOST, HINT_PLACE, MTR_PLACE_REGISTERS);
	refuses_from(LOST, HINT_THREAD, 1);
	refuses_from(LOST, HINT_AROUND, 4);
	/* what is said of one that is not lost is of no use */
	part[LOST].at[HINT_BLOCK] = 1;
	is_sound();
	ck_assert_int_eq(lost.at[0].hint.kind, MTR_HINT_NONE);
}
END_TEST

START_TEST(pieces)
{
	enum { REGIONS = MTR_SAVED_REGIONS };

	refuses(REGIONS, REGIONS, REGIONS_N, UINT64_MAX);
	refuses(REGIONS, REGIONS, REGION_SIZE, 0);
	refuses(REGIONS, REGIONS, REGION_SIZE, UINT64_MAX - 0x7fff);
	refuses_from(REGIONS, REGION_KIND, (MTR_REGION_OTHER + 1) << 1);
}
END_TEST

/* Sentences: fewer than are announced. */
START_TEST(warnings)
{
	mtr_cleanup(mtr_heap_view_fini) struct mtr_heap_view view = { 0 };

	part[MTR_SAVED_WARNINGS] = NUMBERS(1, 2, 'w', 0);
	open_file();
	mtr_heap_view_begin(target, &view);
	target = NULL;
	succeeds(mtr_heap_view_read(&view));
	warned(view.target, 1, "w");
	mtr_heap_view_fini(&view);
	close_all();
	part[MTR_SAVED_WARNINGS] = NUMBERS(9, 2, 'w', 0);
	open_file();
	mtr_heap_view_begin(target, &view);
	target = NULL;
	fails_as(mtr_heap_view_read(&view), MTR_ERROR_DAMAGED,
		 "part 24 makes no sense");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("saved");
	TCase *t = add_group(s, "saved", setup, close_all);

	tcase_add_test(t, sound);
	tcase_add_test(t, cut_off);
	tcase_add_test(t, counts);
	tcase_add_test(t, flags);
	tcase_add_test(t, addresses);
	tcase_add_test(t, sizes);
	tcase_add_test(t, origins);
	tcase_add_test(t, own_mappings);
	tcase_add_test(t, frames);
	tcase_add_test(t, code_of_stacks);
	tcase_add_test(t, deep);
	tcase_add_test(t, list);
	tcase_add_test(t, warnings);
	t = add_group(s, "graph", setup_graph, close_all);
	tcase_add_test(t, sound_graph);
	tcase_add_test(t, cut_off_graph);
	tcase_add_test(t, edges);
	tcase_add_test(t, areas);
	tcase_add_test(t, references);
	tcase_add_test(t, no_threads);
	tcase_add_test(t, hints);
	tcase_add_test(t, pieces);
	return run_suite(s);
}
