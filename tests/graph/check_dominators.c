/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of dominators and paths, on graphs made by hand, against answers
 * that take one block away after the other.
 */
#include <check.h>

#include "graph/dominators.h"
#include "graph/path.h"
#include "inspect/suite.h"

enum { BLOCKS = 40, ROOTS = 6, NODES = BLOCKS + ROOTS };

static struct mtr_blocks blocks;
static struct mtr_index x;
static struct mtr_edges edges, roots;
static struct mtr_dominators d;
static bool edge[NODES][BLOCKS]; /* from blocks, then from roots */
static size_t n, n_roots;

static void setup(void)
{
	memset(edge, 0, sizeof(edge));
}

static void clear(void)
{
	mtr_dominators_fini(&d);
	mtr_index_fini(&x);
	mtr_blocks_fini(&blocks);
	mtr_edges_fini(&edges);
	mtr_edges_fini(&roots);
}

static void list(struct mtr_edges *e, size_t from, size_t count)
{
	e->first = calloc(count + 1, sizeof(*e->first));
	e->to = calloc(count * n + 1, sizeof(*e->to));
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < n; j++)
			if (edge[from + i][j])
				e->to[e->n++] = j;
		e->first[i + 1] = e->n;
	}
}

static void make(size_t count, size_t root_count)
{
	n = count;
	n_roots = root_count;
	for (size_t i = 0; i < n; i++)
		*mtr_blocks_push(&blocks) = (struct mtr_block){
			.addr = 0x1000 + i * 64,
			.size = 10 + i,
			.usable = 56,
		};
	succeeds(mtr_index_create(&blocks, &x));
	list(&edges, 0, n);
	list(&roots, n, n_roots);
	succeeds(mtr_dominators_find(&edges, &x, &roots, n_roots, NULL, &d));
}

/* What is reached, if nobody passes @without; roots are nodes from n on. */
static void reach(size_t without, bool seen[NODES])
{
	bool more = true;

	for (size_t i = 0; i < n + n_roots; i++)
		seen[i] = i >= n && i != without;
	while (more) {
		more = false;
		for (size_t i = 0; i < n + n_roots; i++)
			for (size_t j = 0; j < n; j++)
				if (seen[i] && edge[i][j] && !seen[j] &&
				    j != without)
					seen[j] = more = true;
	}
}

/* dominates[i][j]: without i there is no way to j. */
static bool dominates[NODES][NODES], reached[NODES];

static void slow(void)
{
	bool seen[NODES];

	reach(SIZE_MAX, reached);
	for (size_t i = 0; i < n + n_roots; i++) {
		reach(i, seen);
		for (size_t j = 0; j < n + n_roots; j++)
			dominates[i][j] = reached[j] && !seen[j];
	}
}

/* The dominator of @j that all its others dominate. */
static uint32_t nearest(size_t j)
{
	for (size_t i = 0; i < n + n_roots; i++) {
		bool last = i != j && dominates[i][j];

		for (size_t k = 0; k < n + n_roots && last; k++)
			if (k != i && k != j && dominates[k][j] &&
			    !dominates[k][i])
				last = false;
		if (last)
			return i;
	}
	return MTR_NO_BLOCK;
}

static void judge(void)
{
	slow();
	for (size_t i = 0; i < n + n_roots; i++) {
		struct mtr_retained want = { 0 };

		for (size_t j = 0; j < n; j++) {
			want.blocks += dominates[i][j];
			want.bytes += dominates[i][j] ? 10 + j : 0;
		}
		ck_assert_uint_eq(d.parent[i], nearest(i));
		ck_assert_uint_eq(d.retained[i].blocks, want.blocks);
		ck_assert_uint_eq(d.retained[i].bytes, want.bytes);
	}
}

START_TEST(list_hangs_from_its_root)
{
	edge[3][0] = edge[0][1] = edge[1][2] = true;
	make(3, 1);
	judge();
	ck_assert_uint_eq(d.parent[0], 3);
	ck_assert_uint_eq(d.retained[3].bytes, 33);
	ck_assert_uint_eq(d.parent[3], MTR_NO_BLOCK);
}
END_TEST

/* Two roots share a block: it is neither's. */
START_TEST(shared_hangs_from_the_top)
{
	edge[3][0] = edge[4][1] = edge[0][2] = edge[1][2] = true;
	make(3, 2);
	judge();
	ck_assert_uint_eq(d.parent[2], MTR_NO_BLOCK);
	ck_assert_uint_eq(d.retained[2].blocks, 1);
	ck_assert_uint_eq(d.retained[3].blocks, 1);
}
END_TEST

START_TEST(what_no_root_reaches)
{
	edge[0][1] = true;
	make(2, 1);
	judge();
	ck_assert_uint_eq(d.retained[0].blocks, 0);
	clear();
	make(0, 0);
	judge();
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

static void any(void)
{
	size_t count = 1 + number() % BLOCKS, from = 1 + number() % ROOTS;
	size_t lines = number() % (count * 3);

	setup();
	for (size_t i = 0; i < lines; i++)
		edge[number() % count][number() % count] = true;
	for (size_t i = 0; i < from; i++)
		for (size_t j = 0; j < 1 + number() % 3; j++)
			edge[count + i][number() % count] = true;
	make(count, from);
}

START_TEST(any_graph)
{
	for (int round = 0; round < 200; round++) {
		any();
		judge();
		clear();
	}
}
END_TEST

/* Steps that are needed, by as many rounds. */
static size_t distance(size_t block)
{
	bool seen[BLOCKS] = { 0 }, next[BLOCKS];

	for (size_t i = 0; i < n_roots; i++)
		for (size_t j = 0; j < n; j++)
			seen[j] |= edge[n + i][j];
	for (size_t steps = 1; steps <= n; steps++) {
		if (seen[block])
			return steps;
		memcpy(next, seen, sizeof(next));
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++)
				next[j] |= seen[i] && edge[i][j];
		memcpy(seen, next, sizeof(seen));
	}
	return 0;
}

START_TEST(shortest_paths)
{
	for (int round = 0; round < 200; round++) {
		any();
		for (size_t block = 0; block < n; block++) {
			struct mtr_path p;

			succeeds(mtr_path_find(&edges, n, &roots, n_roots,
					       block, &p));
			ck_assert_uint_eq(p.steps.n, distance(block));
			ck_assert_int_eq(p.root == MTR_NO_BLOCK, !p.steps.n);
			for (size_t i = 0; i < p.steps.n; i++)
				ck_assert(edge[i ? p.steps.at[i - 1]
						 : n + p.root][p.steps.at[i]]);
			if (p.steps.n)
				ck_assert_uint_eq(p.steps.at[p.steps.n - 1],
						  block);
			mtr_path_fini(&p);
		}
		clear();
	}
}
END_TEST

static void many_blocks(size_t count, size_t edge_count)
{
	n = count;
	for (size_t i = 0; i < n; i++)
		*mtr_blocks_push(&blocks) = (struct mtr_block){
			.addr = 0x1000 + i * 32,
			.size = 1,
			.usable = 24,
		};
	succeeds(mtr_index_create(&blocks, &x));
	edges.first = calloc(n + 1, sizeof(*edges.first));
	edges.to = calloc(edge_count, sizeof(*edges.to));
}

/* As deep as a list may be: nothing here calls itself. */
START_TEST(long_list)
{
	enum { LONG = 1000000 };

	many_blocks(LONG, LONG);
	for (size_t i = 0; i < LONG; i++) {
		if (i)
			edges.to[edges.n++] = i - 1;
		edges.first[i + 1] = edges.n;
	}
	roots.first = calloc(2, sizeof(*roots.first));
	roots.to = calloc(1, sizeof(*roots.to));
	roots.to[0] = LONG - 1;
	roots.first[1] = roots.n = 1;
	succeeds(mtr_dominators_find(&edges, &x, &roots, 1, NULL, &d));
	ck_assert_uint_eq(d.retained[LONG].blocks, LONG);
	ck_assert_uint_eq(d.retained[0].blocks, 1);
	for (size_t i = 0; i < LONG; i++)
		must(d.parent[i] == i + 1);
}
END_TEST

/*
 * A list whose blocks each point to one more, which a table points to as well:
 * by the tree alone the whole list is walked for each of these.
 */
START_TEST(list_beside_a_table)
{
	enum { LONG = 500000 };

	many_blocks(2 * LONG, 2 * LONG);
	for (size_t i = 0; i < LONG; i++) {
		if (i + 1 < LONG)
			edges.to[edges.n++] = i + 1;
		edges.to[edges.n++] = LONG + i;
		edges.first[i + 1] = edges.n;
	}
	for (size_t i = LONG; i < 2 * LONG; i++)
		edges.first[i + 1] = edges.n;
	roots.first = calloc(3, sizeof(*roots.first));
	roots.to = calloc(LONG + 1, sizeof(*roots.to));
	roots.to[roots.n++] = 0;
	roots.first[1] = roots.n;
	for (size_t i = 0; i < LONG; i++)
		roots.to[roots.n++] = LONG + i;
	roots.first[2] = roots.n;
	succeeds(mtr_dominators_find(&edges, &x, &roots, 2, NULL, &d));
	ck_assert_uint_eq(d.retained[2 * LONG].blocks, LONG);
	ck_assert_uint_eq(d.retained[2 * LONG + 1].blocks, 0);
	for (size_t i = LONG; i < 2 * LONG; i++)
		must(d.parent[i] == MTR_NO_BLOCK);
}
END_TEST

/* 0 -> 1 is live; 3, which leads to 4 and to 1, is not. */
START_TEST(lost_ones_hold_nothing_live)
{
	const uint64_t live = 1 << 0 | 1 << 1 | 1 << 2;

	edge[0][1] = edge[3][4] = edge[3][1] = edge[4][2] = true;
	edge[5][0] = edge[6][2] = edge[7][3] = true;
	make(5, 3);
	mtr_dominators_fini(&d);
	succeeds(mtr_dominators_find(&edges, &x, &roots, 3, &live, &d));
	ck_assert_uint_eq(d.parent[1], 0);
	ck_assert_uint_eq(d.parent[0], 5);
	ck_assert_uint_eq(d.parent[2], 6);
	ck_assert_uint_eq(d.parent[4], 3);
	ck_assert_uint_eq(d.parent[3], 7);
	ck_assert_uint_eq(d.retained[7].blocks, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dominators");
	TCase *t = add_group(s, "dominators", setup, clear);

	tcase_add_test(t, list_hangs_from_its_root);
	tcase_add_test(t, shared_hangs_from_the_top);
	tcase_add_test(t, what_no_root_reaches);
	tcase_add_test(t, any_graph);
	tcase_add_test(t, shortest_paths);
	tcase_add_test(t, long_list);
	tcase_add_test(t, list_beside_a_table);
	tcase_add_test(t, lost_ones_hold_nothing_live);
	return run_suite(s);
}
