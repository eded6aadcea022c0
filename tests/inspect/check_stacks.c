/* SPDX-License-Identifier: MIT */
/* Unit tests of reading the depot, on cores made by hand. */
#include "heap/stacks.h"

#include <check.h>
#include <unistd.h>

#include "core_builder.h"
#include "format/ledger_code.h"
#include "format/snapshot.h"
#include "suite.h"

static struct core *core;
static struct mtr_target *target;
static struct mtr_heap heap;
static struct mtr_stacks stacks;
static int n_blocks;

static void setup(void)
{
	core = core_create(EM_X86_64);
	core_record(core);
	n_blocks = 0;
}

static void close_all(void)
{
	mtr_stacks_fini(&stacks);
	mtr_heap_fini(&heap);
	mtr_target_close(target);
	target = NULL;
}

static void teardown(void)
{
	close_all();
	core_destroy(core);
}

static void read_path(const char *path)
{
	target = open_target(path);
	succeeds(mtr_heap_read(target, &heap));
	succeeds(mtr_stacks_read(target, &heap, &stacks));
}

static void read_all(void)
{
	read_path(core_path(core));
}

static void block(uint32_t stack)
{
	core_block(core,
		   &(struct core_block){ .addr = core_heap + n_blocks++ * 64,
					 .usable = 40,
					 .size = 8,
					 .stack = stack });
}

static uint64_t pc_of(uint32_t id)
{
	return core_text + 0x1000 + id;
}

/* The chain root <- 16 <- 17 <- ... <- @last. */
static void chain(uint32_t root, uint32_t last)
{
	core_node(core, 16, root, pc_of(16));
	for (uint32_t id = 17; id <= last; id++)
		core_node(core, id, id - 1, pc_of(id));
}

/* The stack of block @i. */
static const struct mtr_stack *stack_of(int i)
{
	ck_assert_uint_lt(heap.blocks.at[i].stack, stacks.list.n);
	return &stacks.list.at[heap.blocks.at[i].stack];
}

/* Block @i has the stack @id, which is "pc pc ... end", innermost first, in
 * numbers of the nodes. */
static void is_stack(int i, uint32_t id, const char *want)
{
	const struct mtr_stack *s = stack_of(i);
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	char got[1024] = "";
	unsigned n = mtr_stack_sites(&stacks, s, sites);

	ck_assert_uint_eq(s->id, id);
	for (unsigned j = 0; j < n; j++)
		sprintf(got + strlen(got), "%d ",
			(int)(stacks.pcs.at[sites[j]] - pc_of(0)));
	sprintf(got + strlen(got), "%d", stacks.calls.at[s->call].end);
	ck_assert_str_eq(got, want);
}

static void is_lost(int i, uint32_t id)
{
	ck_assert_uint_eq(stack_of(i)->id, id);
	ck_assert_uint_eq(stack_of(i)->call, 0);
}

START_TEST(none)
{
	block(0);
	read_all();
	ck_assert_uint_eq(heap.blocks.at[0].stack, 0);
	ck_assert_uint_eq(stacks.list.n, 1);
	ck_assert_uint_eq(stacks.pcs.n, heap.sites.n);
	warned(target, 0, "");
}
END_TEST

START_TEST(shared_frames)
{
	core_depot(core, 40);
	chain(MTR_ROOT_COMPLETE, 20);
	core_node(core, 30, 18, pc_of(30));
	core_node(core, 31, MTR_ROOT_DEPTH, pc_of(16));
	block(20);
	block(30);
	block(0);
	block(20);
	block(18);
	block(31);
	read_all();
	is_stack(0, 20, "20 19 18 17 16 1");
	is_stack(1, 30, "30 18 17 16 1");
	is_stack(3, 20, "20 19 18 17 16 1");
	is_stack(4, 18, "18 17 16 1");
	is_stack(5, 31, "16 2");
	ck_assert_uint_eq(heap.blocks.at[0].stack, heap.blocks.at[3].stack);
	ck_assert_uint_eq(heap.blocks.at[2].stack, 0);
	ck_assert_uint_eq(stacks.list.n, 1 + 4);
	ck_assert_uint_eq(stacks.calls.n, 1 + 5 + 1 + 1);
	ck_assert_uint_eq(stacks.pcs.n, heap.sites.n + 6);
	ck_assert_uint_eq(stacks.nodes, 24);
	warned(target, 0, "");
	for (size_t i = 1; i < stacks.calls.n; i++)
		ck_assert_uint_lt(stacks.calls.at[i].parent, i);
}
END_TEST

static void freed(uint32_t stack, uint64_t caller)
{
	core_block(core,
		   &(struct core_block){ .addr = core_heap + n_blocks++ * 64,
					 .usable = 40,
					 .size = 8,
					 .caller = caller,
					 .stack = stack,
					 .lead = MTR_LEAD_FREED });
}

START_TEST(freed_blocks_have_theirs)
{
	core_depot(core, 40);
	chain(MTR_ROOT_COMPLETE, 20);
	core_descriptor(core)->flags |= MTR_FLAG_FREES;
	freed(19, pc_of(19));
	freed(20, pc_of(16));
	read_all();
	ck_assert_uint_eq(heap.freed.n, 2);
	ck_assert_uint_eq(stacks.list.at[heap.freed.at[0].stack].id, 19);
	ck_assert_uint_eq(stacks.list.at[heap.freed.at[1].stack].id, 20);
	warned(target, 0, "");
}
END_TEST

/* A mark that outlived a larger block, and its bytes: no damage is done. */
START_TEST(freed_blocks_without_proof)
{
	core_depot(core, 40);
	chain(MTR_ROOT_COMPLETE, 20);
	core_node(core, 25, 0, pc_of(25));
	core_node(core, 30, MTR_ROOT_DEPTH, pc_of(30));
	core_descriptor(core)->flags |= MTR_FLAG_FREES;
	freed(19, pc_of(20)); /* no frame of that stack */
	freed(0xabcdef, pc_of(16));
	freed(40, pc_of(16));
	freed(25, pc_of(25)); /* leads nowhere */
	freed(3, pc_of(16));
	freed(30, pc_of(16)); /* may be beyond what is cut off */
	freed(0, pc_of(16));  /* there was no room for its stack */
	block(20);
	read_all();
	ck_assert_uint_eq(heap.freed.n, 2);
	ck_assert_uint_eq(stacks.list.at[heap.freed.at[0].stack].id, 30);
	ck_assert_uint_eq(heap.freed.at[1].stack, 0);
	is_stack(0, 20, "20 19 18 17 16 1");
	ck_assert_uint_eq(stacks.lost, 0);
	warned(target, 0, "");
}
END_TEST

/* Interrupted at 17: 18 is where the handler returns to. */
START_TEST(signals)
{
	core_depot(core, 40);
	core_node(core, 16, MTR_ROOT_COMPLETE, pc_of(16));
	core_node(core, 17, 16, pc_of(17) | MTR_PC_EXACT);
	core_node(core, 18, 17, pc_of(18));
	core_node(core, 19, 18, pc_of(19));
	core_node(core, 20, 18, pc_of(17)); /* a call there, too */
	block(19);
	block(20);
	read_all();
	for (uint32_t i = 1; i < stacks.calls.n; i++) {
		uint64_t pc = stacks.pcs.at[stacks.calls.at[i].site];
		bool exact = i == 2 || i == 3;

		ck_assert_int_eq(stacks.calls.at[i].signal, i == 2);
		ck_assert_int_eq(!!(pc & MTR_PC_EXACT), exact);
	}
	ck_assert_uint_eq(stacks.pcs.n, heap.sites.n + 5);
}
END_TEST

START_TEST(many_chunks)
{
	uint32_t last = 3 * MTR_CHUNK_NODES - 1;

	core_depot(core, last + 1);
	core_node(core, 16, MTR_ROOT_COMPLETE, pc_of(16));
	core_node(core, MTR_CHUNK_NODES, 16, pc_of(17));
	core_node(core, last, MTR_CHUNK_NODES, pc_of(18));
	block(last);
	read_all();
	is_stack(0, last, "18 17 16 1");
}
END_TEST

/* ------------------------------------------------------------------ damage */

START_TEST(ids_that_cannot_be)
{
	core_depot(core, 40);
	chain(MTR_ROOT_COMPLETE, 39);
	block(39);
	block(40);	 /* not given out */
	block(0xffffff); /* far off */
	block(15);	 /* a root */
	block(1);
	read_all();
	ck_assert_uint_gt(stack_of(0)->call, 0);
	is_lost(1, 40);
	is_lost(2, 0xffffff);
	is_lost(3, 15);
	is_lost(4, 1);
	ck_assert_uint_eq(stacks.lost, 4);
	warned(target, 1, "4 of 5 call stacks are not known");
}
END_TEST

START_TEST(nodes_that_make_no_sense)
{
	core_depot(core, 40);
	chain(MTR_ROOT_COMPLETE, 20);
	core_node(core, 21, 21, pc_of(21)); /* its own parent */
	core_node(core, 22, 23, pc_of(22)); /* in a circle */
	core_node(core, 23, 22, pc_of(23));
	core_node(core, 24, 0xffffffff, pc_of(24));
	core_node(core, 25, 0, pc_of(25)); /* below nothing */
	core_node(core, 26, 20, 0);
	core_node(core, 27, 20, MTR_PC_EXACT);
	core_node(core, 28, 39, pc_of(28)); /* 39 is all zero */
	core_node(core, 29, 30, pc_of(29)); /* forwards, though it would end */
	core_node(core, 30, 20, pc_of(30));
	for (int id = 20; id <= 29; id++)
		block(id);
	read_all();
	is_stack(0, 20, "20 19 18 17 16 1");
	for (int id = 21; id <= 29; id++)
		is_lost(id - 20, id);
	warned(target, 1, "9 of 10 call stacks are not known");
}
END_TEST

/* No stack is deeper than one can be, however it is put together. */
START_TEST(too_deep)
{
	enum { DEEP = MTR_STACK_FRAMES_MAX + 6 };

	core_depot(core, 16 + DEEP);
	chain(MTR_ROOT_COMPLETE, 15 + DEEP);
	for (int n = 1; n <= DEEP; n++)
		block(15 + n);
	read_all();
	for (int n = 1; n <= MTR_STACK_FRAMES_MAX; n++)
		ck_assert_uint_eq(stacks.calls.at[stack_of(n - 1)->call].depth,
				  n);
	for (int n = MTR_STACK_FRAMES_MAX + 1; n <= DEEP; n++)
		is_lost(n - 1, 15 + n);
	close_all();
	n_blocks = 0;
	for (int n = 1; n <= DEEP; n++)
		block(15 + DEEP);
	read_all();
	is_lost(0, 15 + DEEP);
	ck_assert_uint_eq(stacks.calls.n, 1);
}
END_TEST

START_TEST(unknown_reason)
{
	core_depot(core, 40);
	chain(15, 17);
	block(17);
	read_all();
	is_stack(0, 17, "17 16 15");
}
END_TEST

START_TEST(missing_chunk)
{
	struct mtr_depot *d = core_depot(core, 3 * MTR_CHUNK_NODES);

	chain(MTR_ROOT_COMPLETE, 20);
	core_node(core, MTR_CHUNK_NODES + 5, 20, pc_of(1));
	core_node(core, 2 * MTR_CHUNK_NODES + 5, 20, pc_of(2));
	d->chunk[1] = 0x123456789000;
	d->chunk[2] = 0;
	block(20);
	block(MTR_CHUNK_NODES + 5);
	block(2 * MTR_CHUNK_NODES + 5);
	read_all();
	is_stack(0, 20, "20 19 18 17 16 1");
	is_lost(1, MTR_CHUNK_NODES + 5);
	is_lost(2, 2 * MTR_CHUNK_NODES + 5);
	warned(target, 1, "2 of 3 call stacks");
}
END_TEST

/* A chunk that runs into the end of memory is read as far as it goes. */
START_TEST(chunk_cut_off)
{
	struct mtr_depot *d = core_depot(core, MTR_CHUNK_NODES);
	uint64_t end = core_heap + core_heap_bytes;
	struct mtr_node node = { .pc = pc_of(16), .parent = MTR_ROOT_COMPLETE };

	d->chunk[0] = end - 18 * sizeof(node);
	core_put(core, end - 2 * sizeof(node), &node, sizeof(node));
	node.parent = 16;
	core_put(core, end - sizeof(node), &node, sizeof(node));
	block(17);
	block(18);
	read_all();
	is_stack(0, 17, "16 16 1");
	is_lost(1, 18);
}
END_TEST

static void depot_is_void(void)
{
	read_all();
	is_lost(0, 20);
	ck_assert_uint_eq(stacks.calls.n, 1);
	warned(target, 1, "1 of 1 call stacks");
	close_all();
}

START_TEST(depot_that_cannot_be)
{
	struct mtr_depot *d = core_depot(core, 40);

	chain(MTR_ROOT_COMPLETE, 20);
	block(20);
	d->chunk_bits++;
	depot_is_void();
	d->chunk_bits--;
	d->nodes = MTR_NODE_MAX + 1;
	depot_is_void();
	d->nodes = 15;
	depot_is_void();
	d->nodes = 40;
	core_descriptor(core)->depot = 0x1234567;
	depot_is_void();
	core_descriptor(core)->depot = 0;
	depot_is_void();
	core_descriptor(core)->depot = core_depot_at + 0x2000;
	depot_is_void();
}
END_TEST

/* --------------------------------------------------------------- snapshots */

struct saved {
	struct mtr_snapshot_header header;
	struct mtr_snapshot_block block[2];
	struct mtr_node node[3];
};

static struct saved saved_make(void)
{
	struct saved s = {
		.header = { .magic = MTR_SNAPSHOT_MAGIC,
			    .version = MTR_SNAPSHOT_VERSION,
			    .size = sizeof(s.header),
			    .machine = EM_X86_64,
			    .descriptor = *core_descriptor(core) },
		.node = { { pc_of(16), MTR_ROOT_COMPLETE, 0 },
			  { pc_of(17), 16, 0 },
			  { pc_of(18), 17, 0 } },
	};

	for (int i = 0; i < 2; i++)
		s.block[i] = (struct mtr_snapshot_block){
			.addr = 0x1000 * (i + 1),
			.usable = 40 | (uint64_t)MTR_LEAD << 56,
			.trailer = { .caller = 0x401000,
				     .size_stack = 8 | (18ull + i) << 40 },
		};
	s.header.section[MTR_PART_BLOCKS] =
		(struct mtr_snapshot_section){ offsetof(struct saved, block),
					       sizeof(s.block) };
	s.header.section[MTR_PART_STACKS] =
		(struct mtr_snapshot_section){ offsetof(struct saved, node),
					       sizeof(s.node) };
	return s;
}

START_TEST(saved)
{
	struct saved s = saved_make();
	char path[CORE_PATH_MAX];
	int fd = core_file(&s, sizeof(s), path);

	read_path(path);
	is_stack(0, 18, "18 17 16 1");
	is_lost(1, 19);
	ck_assert_uint_eq(stacks.nodes, 3);
	close(fd);
	close_all();

	/* half a node is none */
	s.header.section[MTR_PART_STACKS].bytes -= 1;
	fd = core_file(&s, sizeof(s), path);
	read_path(path);
	is_lost(0, 18);
	ck_assert_uint_eq(stacks.nodes, 2);
	close(fd);
	close_all();

	s.header.section[MTR_PART_STACKS].bytes = 0;
	fd = core_file(&s, sizeof(s), path);
	read_path(path);
	is_lost(0, 18);
	ck_assert_uint_eq(stacks.nodes, 0);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stacks");
	TCase *t = add_group(s, "good", setup, teardown);

	tcase_add_test(t, none);
	tcase_add_test(t, shared_frames);
	tcase_add_test(t, freed_blocks_have_theirs);
	tcase_add_test(t, freed_blocks_without_proof);
	tcase_add_test(t, signals);
	tcase_add_test(t, many_chunks);
	t = add_group(s, "damage", setup, teardown);
	tcase_add_test(t, ids_that_cannot_be);
	tcase_add_test(t, nodes_that_make_no_sense);
	tcase_add_test(t, too_deep);
	tcase_add_test(t, unknown_reason);
	tcase_add_test(t, missing_chunk);
	tcase_add_test(t, chunk_cut_off);
	tcase_add_test(t, depot_that_cannot_be);
	t = add_group(s, "snapshot", setup, teardown);
	tcase_add_test(t, saved);
	return run_suite(s);
}
