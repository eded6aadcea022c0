/* SPDX-License-Identifier: MIT */
/*
 * The depot: every distinct stack once, also when there are so many that it
 * goes on in the next chunk.
 */
#include "preload/depot.h"

#include "format/trailer.h"
#include "preload/descriptor.h"
#include "preload/objects.h"
#include "unit.h"

enum { DEEP = 8 };

static const struct mtr_depot *depot(void)
{
	return (const struct mtr_depot *)mtr_descriptor.depot;
}

static const struct mtr_node *node(uint32_t id)
{
	return (const struct mtr_node *)depot()
		       ->chunk[id >> MTR_CHUNK_NODE_BITS] +
	       id % MTR_CHUNK_NODES;
}

/* The number of the stack @pc[0] to @pc[@n - 1], outermost first. */
static uint32_t intern(const uint64_t *pc, unsigned int n)
{
	struct mtr_path path[1 + DEEP];

	path[0] = mtr_path_root(MTR_ROOT_COMPLETE);
	for (unsigned int i = 1; i <= n; i++)
		path[i] = (struct mtr_path){
			.pc = pc[i - 1],
			.hash = mtr_path_hash(path[i - 1].hash, pc[i - 1]),
		};
	mtr_depot_intern(path + 1, n);
	return path[n].node;
}

static void check_stack(uint32_t id, const uint64_t *pc, unsigned int n)
{
	while (n-- > 0) {
		ck_assert_uint_ge(id, MTR_NODE_FIRST);
		ck_assert_uint_lt(id, depot()->nodes);
		ck_assert_uint_eq(node(id)->pc, pc[n]);
		ck_assert_uint_lt(node(id)->parent, id);
		id = node(id)->parent;
	}
	ck_assert_uint_eq(id, MTR_ROOT_COMPLETE);
}

START_TEST(each_stack_once)
{
	static const uint64_t a[] = { 1, 2, 3 }, b[] = { 1, 2, 4 };
	uint32_t first, other;

	ck_assert(mtr_depot_init());
	first = intern(a, 3);
	other = intern(b, 3);
	check_stack(first, a, 3);
	check_stack(other, b, 3);
	ck_assert_uint_eq(node(first)->parent, node(other)->parent);
	ck_assert_uint_eq(intern(a, 2), node(first)->parent);
	ck_assert_uint_eq(intern(a, 3), first);
	ck_assert_uint_eq(intern(b, 3), other);
	ck_assert_uint_eq(depot()->nodes, MTR_NODE_CALLERS + 4);
}
END_TEST

/* A hash is a hint: two stacks may have the same. */
START_TEST(same_hash)
{
	uint32_t id[3];

	ck_assert(mtr_depot_init());
	for (uint64_t i = 0; i < 6; i++) {
		struct mtr_path path[] = {
			mtr_path_root(i % 3 ? MTR_ROOT_COMPLETE
					    : MTR_ROOT_DEPTH),
			{ .pc = i % 3 == 2 ? 5 : 6, .hash = 42 },
		};

		mtr_depot_intern(path + 1, 1);
		if (i < 3)
			id[i] = path[1].node;
		ck_assert_uint_eq(path[1].node, id[i % 3]);
	}
	ck_assert_uint_eq(depot()->nodes, MTR_NODE_CALLERS + 3);
}
END_TEST

/* What is behind one bucket: its first bits say where, others what is there. */
static uint32_t intern_hash(uint64_t pc, uint64_t hash)
{
	struct mtr_path path[] = {
		mtr_path_root(MTR_ROOT_COMPLETE),
		{ .pc = pc, .hash = hash },
	};

	mtr_depot_intern(path + 1, 1);
	return path[1].node;
}

START_TEST(one_bucket)
{
	enum { N = 20 };
	const uint64_t bucket = UINT64_C(0x1234) << 48;
	uint32_t id[N];

	ck_assert(mtr_depot_init());
	for (uint64_t i = 0; i < N; i++) {
		id[i] = intern_hash(100 + i, bucket | i << 32);
		ck_assert_uint_eq(id[i], MTR_NODE_CALLERS + i);
		for (uint64_t j = 0; j <= i; j++)
			ck_assert_uint_eq(
				intern_hash(100 + j, bucket | j << 32), id[j]);
	}
	ck_assert_uint_eq(depot()->nodes, MTR_NODE_CALLERS + N);
}
END_TEST

/* The last number is 2^24 - 1: one more would be another node's in a trailer.
 */
START_TEST(full)
{
	const uint64_t last[] = { 1, 2 }, beyond[] = { 1, 2, 3, 4 };
	uint32_t id;

	ck_assert(mtr_depot_init());
	ck_assert_uint_eq(intern(last, 1), MTR_NODE_CALLERS);
	((struct mtr_depot *)mtr_descriptor.depot)->nodes =
		(1 << MTR_STACK_BITS) - 1;
	id = intern(last, 2);
	ck_assert_uint_eq(id, (1 << MTR_STACK_BITS) - 1);
	check_stack(id, last, 2);
	ck_assert_uint_eq(intern(beyond, 3), 0);
	ck_assert_uint_eq(intern(beyond, 4), 0);
	ck_assert_uint_eq(depot()->nodes, 1 << MTR_STACK_BITS);
	ck_assert_uint_eq(intern(last, 2), id);
}
END_TEST

/* Callers alone have numbers of their own, and others when these are out. */
START_TEST(callers)
{
	const uint64_t pc[] = { 5, 77 };
	uint32_t id;

	ck_assert(mtr_depot_init());
	ck_assert_uint_eq(mtr_depot_caller(77), MTR_NODE_FIRST);
	ck_assert_uint_eq(mtr_depot_caller(78), MTR_NODE_FIRST + 1);
	ck_assert_uint_eq(mtr_depot_caller(77), MTR_NODE_FIRST);
	ck_assert_uint_eq(node(MTR_NODE_FIRST)->parent, MTR_ROOT_CALLER);
	ck_assert_uint_eq(intern(pc, 2), MTR_NODE_CALLERS + 1);
	ck_assert_uint_eq(mtr_depot_answerable(MTR_NODE_FIRST + 1), 78);
	((struct mtr_depot *)mtr_descriptor.depot)->callers = MTR_NODE_CALLERS;
	id = mtr_depot_caller(79);
	ck_assert_uint_eq(id, MTR_NODE_CALLERS + 2);
	((struct mtr_depot *)mtr_descriptor.depot)->nodes = MTR_NODE_MAX;
	ck_assert_uint_eq(mtr_depot_caller(80), 0);
	ck_assert_uint_eq(mtr_depot_caller(79), id);
}
END_TEST

/* A full depot still has room for callers. */
START_TEST(callers_when_it_is_full)
{
	ck_assert(mtr_depot_init());
	((struct mtr_depot *)mtr_descriptor.depot)->nodes = MTR_NODE_MAX;
	ck_assert_uint_eq(intern((uint64_t[]){ 7 }, 1), 0);
	ck_assert_uint_eq(mtr_depot_caller(7), MTR_NODE_FIRST);
}
END_TEST

/* Who answers is the first who is no runtime's, but never the linker. */
START_TEST(answerable)
{
	const uint64_t pc[] = { 0x1010, 0x3010, 0x2010, 0x2020 };

	mtr_objects.libc = (struct mtr_span){ 0x2000, 0x1000 };
	mtr_objects.linker = (struct mtr_span){ 0x3000, 0x1000 };
	ck_assert(mtr_depot_init());
	ck_assert_uint_eq(mtr_depot_answerable(intern(pc, 4)), 0x2020);
	ck_assert_uint_eq(mtr_depot_answerable(intern(pc, 2)), 0x3010);
	ck_assert_uint_eq(mtr_depot_answerable(intern(pc + 2, 2)), 0x2020);
	ck_assert_uint_eq(
		mtr_depot_answerable(intern((uint64_t[]){ 0x1010, 0x2010 }, 2)),
		0x1010);
	for (uint32_t id = 0; id < MTR_NODE_FIRST; id++)
		ck_assert_uint_eq(mtr_depot_answerable(id), 0);
	ck_assert_uint_eq(mtr_depot_answerable(depot()->nodes), 0);
	ck_assert_uint_eq(mtr_depot_answerable(MTR_NODE_FIRST), 0);
	ck_assert_uint_eq(mtr_depot_answerable(UINT32_MAX), 0);
}
END_TEST

/* What is announced is what is looked for. */
START_TEST(hash_of_a_tail)
{
	static const uint64_t pc[] = { 0x7f0123456789, 5, UINT64_MAX, 0 };
	uint64_t parent = 12345, hash = parent;
	struct mtr_tail tail = { .sum = 0, .power = 1 };

	for (int i = 0; i < 4; i++) {
		hash = mtr_path_hash(hash, pc[i]);
		mtr_tail_add(&tail, pc[3 - i]);
	}
	ck_assert_uint_eq(mtr_tail_hash(&tail, parent), hash);
}
END_TEST

START_TEST(beyond_a_chunk)
{
	enum { STACKS = MTR_CHUNK_NODES + 1000 };
	static uint32_t id[STACKS];

	ck_assert(mtr_depot_init());
	for (uint64_t i = 0; i < STACKS; i++)
		id[i] = intern((uint64_t[]){ 7, 1000 + i }, 2);
	ck_assert_uint_eq(depot()->nodes, MTR_NODE_CALLERS + 1 + STACKS);
	for (uint64_t i = 0; i < STACKS; i++) {
		const uint64_t pc[] = { 7, 1000 + i };

		check_stack(id[i], pc, 2);
		ck_assert_uint_eq(intern(pc, 2), id[i]);
	}
}
END_TEST

Suite *depot_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("depot", &tc);

	tcase_add_test(tc, each_stack_once);
	tcase_add_test(tc, same_hash);
	tcase_add_test(tc, one_bucket);
	tcase_add_test(tc, full);
	tcase_add_test(tc, callers);
	tcase_add_test(tc, callers_when_it_is_full);
	tcase_add_test(tc, answerable);
	tcase_add_test(tc, hash_of_a_tail);
	tcase_add_test(tc, beyond_a_chunk);
	return s;
}
