/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of leaders, on graphs made by hand: no memory is read. The answer
 * is held against one that follows every way from every block.
 */
#include <check.h>

#include "graph/lost.h"
#include "inspect/suite.h"

enum { MOST = 64 };

static struct mtr_blocks blocks;
static struct mtr_graph g;
static struct mtr_lost_list lost;
static bool edge[MOST][MOST], way[MOST][MOST], root[MOST];
static size_t n;

static void setup(void)
{
	memset(edge, 0, sizeof(edge));
	memset(root, 0, sizeof(root));
}

static void clear(void)
{
	mtr_lost_list_fini(&lost);
	mtr_graph_fini(&g);
	mtr_blocks_fini(&blocks);
}

/* What is read of a target, from @edge and @root. */
static void make(size_t count)
{
	n = count;
	for (size_t i = 0; i < n; i++)
		*mtr_blocks_push(&blocks) = (struct mtr_block){
			.addr = 0x1000 + i * 64,
			.size = 40,
			.usable = 56,
		};
	succeeds(mtr_index_create(&blocks, &g.index));
	g.edges.first = calloc(n + 1, sizeof(*g.edges.first));
	g.edges.to = calloc(n * n + 1, sizeof(*g.edges.to));
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++)
			if (edge[i][j] && i != j)
				g.edges.to[g.edges.n++] = j;
		g.edges.first[i + 1] = g.edges.n;
	}
	succeeds(mtr_flood_create(&g.edges, n, &g.reached));
	g.reached.source = MTR_NO_BLOCK;
	for (size_t i = 0; i < n; i++)
		if (root[i])
			mtr_flood_add(&g.reached, i);
	mtr_flood_run(&g.reached);
	succeeds(mtr_lost_find(&g, true, &lost));
}

static void ways_find(void)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			way[i][j] = i == j || edge[i][j];
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++)
				way[i][j] |= way[i][k] && way[k][j];
}

static bool is_reached(size_t i)
{
	for (size_t j = 0; j < n; j++)
		if (root[j] && way[j][i])
			return true;
	return false;
}

/* Blocks that whatever reaches them is reached from: one leader for each set
 * of these that reach each other. */
static size_t leaders_needed(void)
{
	size_t needed = 0;

	for (size_t i = 0; i < n; i++) {
		bool least = !is_reached(i);

		for (size_t j = 0; j < n && least; j++)
			if (way[j][i] && (!way[i][j] || j < i))
				least = false;
		needed += least;
	}
	return needed;
}

static bool is_on_cycle(size_t i)
{
	for (size_t j = 0; j < n; j++)
		if (j != i && way[i][j] && way[j][i])
			return true;
	return false;
}

static void judge(void)
{
	size_t leaders = 0, at = 0;

	ways_find();
	for (size_t i = 0; i < n; i++) {
		const struct mtr_lost *l = mtr_lost_at(&lost, i);

		ck_assert_int_eq(l != NULL, !is_reached(i));
		if (!l)
			continue;
		ck_assert_uint_eq(lost.at[at++].block, i);
		ck_assert_uint_ne(l->leader, MTR_NO_BLOCK);
		ck_assert(way[l->leader][i]);
		leaders += l->leader == i;
		ck_assert_int_eq(l->cycle, l->leader == i && is_on_cycle(i));
	}
	ck_assert_uint_eq(lost.n, at);
	ck_assert_uint_eq(leaders, leaders_needed());
}

static void leads(size_t block, size_t leader, bool cycle)
{
	const struct mtr_lost *l = mtr_lost_at(&lost, block);

	ck_assert_ptr_nonnull(l);
	ck_assert_uint_eq(l->leader, leader);
	ck_assert_int_eq(l->cycle, cycle);
}

START_TEST(list_is_one_leak)
{
	edge[2][0] = edge[0][1] = root[3] = true;
	make(4);
	judge();
	ck_assert_uint_eq(lost.n, 3);
	leads(2, 2, false);
	leads(0, 2, false);
	leads(1, 2, false);
}
END_TEST

START_TEST(cycle_has_one_leader)
{
	edge[0][1] = edge[1][2] = edge[2][0] = edge[1][3] = true;
	make(4);
	judge();
	leads(0, 0, true);
	leads(3, 0, false);
}
END_TEST

/* Addresses say nothing: the head comes last. */
START_TEST(cycle_behind_a_head)
{
	edge[3][1] = edge[0][1] = edge[1][0] = true;
	make(4);
	judge();
	leads(3, 3, false);
	leads(0, 3, false);
	leads(2, 2, false);
}
END_TEST

/* A list that points to itself while it is empty is no cycle to tell of. */
START_TEST(one_that_points_to_itself)
{
	edge[1][1] = true;
	make(2);
	judge();
	leads(1, 1, false);
}
END_TEST

START_TEST(what_is_held_leads_nowhere)
{
	root[0] = edge[0][1] = edge[2][1] = true;
	make(3);
	judge();
	ck_assert_uint_eq(lost.n, 1);
	leads(2, 2, false);
}
END_TEST

START_TEST(nothing_is_lost)
{
	root[0] = edge[0][1] = true;
	make(2);
	ck_assert_uint_eq(lost.n, 0);
	clear();
	make(0);
	ck_assert_uint_eq(lost.n, 0);
}
END_TEST

static uint64_t state = 88172645463325252;

static uint64_t number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

START_TEST(any_graph)
{
	for (int round = 0; round < 400; round++) {
		size_t count = 1 + number() % MOST;
		size_t edges = number() % (count * 2);

		setup();
		for (size_t i = 0; i < edges; i++)
			edge[number() % count][number() % count] = true;
		root[number() % count] = number() % 2;
		make(count);
		judge();
		clear();
	}
}
END_TEST

/* Floods that are longer than the ring, and wider than the stack's start. */
START_TEST(long_lists)
{
	enum { LONG = 100000 };

	for (size_t i = 0; i < LONG; i++)
		*mtr_blocks_push(&blocks) = (struct mtr_block){
			.addr = 0x555500001000 + i * 64,
			.size = 40,
			.usable = 56,
		};
	succeeds(mtr_index_create(&blocks, &g.index));
	g.edges.first = calloc(LONG + 1, sizeof(*g.edges.first));
	g.edges.to = calloc(LONG, sizeof(*g.edges.to));
	for (size_t i = 0; i < LONG; i++) {
		if (i % (LONG / 2))
			g.edges.to[g.edges.n++] = i - 1;
		g.edges.first[i + 1] = g.edges.n;
	}
	succeeds(mtr_flood_create(&g.edges, LONG, &g.reached));
	g.reached.source = MTR_NO_BLOCK;
	mtr_flood_add(&g.reached, LONG / 2 - 1);
	mtr_flood_run(&g.reached);
	succeeds(mtr_lost_find(&g, true, &lost));
	ck_assert_uint_eq(lost.n, LONG / 2);
	for (size_t i = 0; i < lost.n; i++)
		ck_assert_uint_eq(lost.at[i].leader, LONG - 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lost");
	TCase *t = add_group(s, "lost", setup, clear);

	tcase_add_test(t, list_is_one_leak);
	tcase_add_test(t, cycle_has_one_leader);
	tcase_add_test(t, cycle_behind_a_head);
	tcase_add_test(t, one_that_points_to_itself);
	tcase_add_test(t, what_is_held_leads_nowhere);
	tcase_add_test(t, nothing_is_lost);
	tcase_add_test(t, any_graph);
	tcase_add_test(t, long_lists);
	return run_suite(s);
}
