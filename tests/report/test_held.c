/* SPDX-License-Identifier: MIT */
/*
 * Who holds what: by root, what groups retain, and of one block.
 *
 *   register of thread 10 -> 0x1000
 *   0x8010, data  -> 0x1030 -> 0x3000, 0x4000
 *   0x8018, data  -> 0x2000 -> 0x4000
 *   0xa000, mapping, and the stack of thread 11 -> 0x5000
 *   lost: 0x6000 -> 0x7000 -> 0x3000, which is held all the same
 */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "report/holders.h"
#include "report/references.h"

enum { BLOCKS = 8 };

static struct mtr_heap_view *s;
static struct mtr_graph g;
static struct mtr_holders holders;
static struct mtr_references refs;

static struct mtr_thread threads_at[] = { { .tid = 10, .name = "main" },
					  { .tid = 11, .name = "worker" } };
static const struct mtr_threads threads = { .at = threads_at, .n = 2 };

static struct mtr_root_area areas[] = {
	{ 0x8000, 0x9000, MTR_PLACE_DATA, 0 },
	{ 0xa000, 0xb000, MTR_PLACE_MAPPING, 0 },
	{ 0xc000, 0xd000, MTR_PLACE_STACK, 1 },
};

static struct mtr_ref places[] = {
	{ 0, 0, 0 },	  { 0x8010, 0, 1 }, { 0x8018, 0, 2 },
	{ 0xa000, 0, 5 }, { 0xc008, 0, 5 },
};

static uint64_t first[BLOCKS + 1] = { 0, 0, 2, 3, 3, 3, 3, 4, 5 };
static uint32_t to[] = { 4, 3, 4, 7, 3 };
static uint32_t words[] = { 1, 2, 0, MTR_EDGE_FAR, 0 };
static uint64_t live = 0x3f;

static struct mtr_lost lost_at[] = { { .block = 6, .leader = 6 },
				     { .block = 7, .leader = 6 } };
static const struct mtr_lost_list lost = { .at = lost_at, .n = 2 };

static void setup(void)
{
	s = sample_create();
	g = (struct mtr_graph){
		.heap = &s->heap,
		.edges = { .first = first, .to = to, .words = words, .n = 5 },
		.roots = { .list = { .at = areas, .n = 3 },
			   .threads = &threads },
		.refs = { .at = places, .n = 5 },
		.reached = { .seen = &live },
	};
	ck_assert_ptr_null(mtr_index_create(&s->heap.blocks, &g.index));
	ck_assert_ptr_null(mtr_holders_make(s, &g, &lost, &holders));
}

static void teardown(void)
{
	mtr_references_fini(&refs);
	mtr_holders_fini(&holders);
	mtr_index_fini(&g.index);
	sample_destroy(s);
}

static struct mtr_tally tally(enum mtr_by by, enum mtr_sort sort,
			      struct mtr_filter_spec *spec)
{
	const struct mtr_tally_spec as = { .by = by,
					   .sort = sort,
					   .holders = &holders };
	struct mtr_filter_spec all = MTR_FILTER_ALL;
	struct mtr_filter filter;
	struct mtr_tally t;

	ck_assert_ptr_null(mtr_filter_init(s, spec ? spec : &all, &filter));
	ck_assert_ptr_null(mtr_tally_make_as(s, &filter, &as, &t));
	mtr_filter_fini(&filter);
	return t;
}

static void group_is(const struct mtr_tally *t, size_t i, const char *key,
		     uint64_t blocks, uint64_t bytes)
{
	ck_assert_uint_lt(i, t->groups.n);
	ck_assert_str_eq(t->groups.at[i].key, key);
	ck_assert_uint_eq(t->groups.at[i].sum.blocks, blocks);
	ck_assert_uint_eq(t->groups.at[i].sum.bytes, bytes);
}

START_TEST(by_root)
{
	struct mtr_filter_spec large = MTR_FILTER_ALL;
	struct mtr_tally t = tally(MTR_BY_ROOT, MTR_SORT_BYTES, NULL);

	ck_assert_uint_eq(t.groups.n, 4);
	group_is(&t, 0, "variables without a name", 4, 627);
	group_is(&t, 1, "(shared by several)", 1, 50);
	group_is(&t, 2, "stack of thread 10 (main)", 1, 19);
	group_is(&t, 3, "(lost: nothing leads to it)", 2, 10);
	ck_assert_uint_eq(t.total.blocks, BLOCKS);
	ck_assert_uint_eq(t.groups.at[0].retained, 627);
	mtr_tally_fini(&t);
	large.min_size = 100;
	t = tally(MTR_BY_ROOT, MTR_SORT_BYTES, &large);
	ck_assert_uint_eq(t.groups.n, 1);
	group_is(&t, 0, "variables without a name", 2, 600);
	ck_assert_uint_eq(t.groups.at[0].retained, 627);
	ck_assert_uint_eq(t.left_out.blocks, 6);
	mtr_tally_fini(&t);
}
END_TEST

static struct mtr_holder *holder(const char *name)
{
	for (size_t i = 0; i < holders.list.n; i++)
		if (!strcmp(holders.list.at[i].name, name))
			return &holders.list.at[i];
	ck_abort_msg("no %s", name);
	return NULL;
}

/* All that the later process has, as it is called in both. */
START_TEST(between_processes)
{
	static const char file[] = "/x of thread 9 mapping at 0x5";
	struct mtr_heap_view later = *s;
	struct mtr_filter filters[MTR_SIDES];
	struct mtr_filter_spec none = MTR_FILTER_ALL;
	struct mtr_diff_side sides[MTR_SIDES];
	struct mtr_holder *h = holder("variables without a name");
	struct mtr_diff d;

	h->place =
		(struct mtr_root_place){ .kind = MTR_AT_MAPPING, .name = file };
	free(h->name);
	h->name = strdup(file);
	later.pid++;
	none.min_size = UINT64_MAX;
	for (int i = 0; i < MTR_SIDES; i++) {
		sides[i] = (struct mtr_diff_side){
			.s = i == MTR_OLD ? s : &later,
			.filter = &filters[i],
			.spec = { .by = MTR_BY_ROOT, .holders = &holders },
		};
		ck_assert_ptr_null(mtr_filter_init(
			sides[i].s, i == MTR_OLD ? &none : &MTR_FILTER_ALL,
			&filters[i]));
	}
	ck_assert_ptr_null(mtr_diff_make(sides, &d));
	ck_assert_uint_eq(d.groups.n, 4);
	ck_assert_str_eq(d.groups.at[0].key, file);
	ck_assert_str_eq(d.groups.at[2].key, "stack of a thread (main)");
	mtr_diff_fini(&d);
	h->place.name = NULL;
	later.pid = 10;
	ck_assert_ptr_null(mtr_diff_make(sides, &d));
	ck_assert_str_eq(d.groups.at[0].key, "anonymous mappings");
	ck_assert_str_eq(d.groups.at[2].key, "stack of the main thread (main)");
	mtr_diff_fini(&d);
	for (int i = 0; i < MTR_SIDES; i++)
		mtr_filter_fini(&filters[i]);
}
END_TEST

static uint64_t retained_by(const struct mtr_tally *t, const char *key)
{
	for (size_t i = 0; i < t->groups.n; i++)
		if (!strcmp(t->groups.at[i].key, key))
			return t->groups.at[i].retained;
	ck_abort_msg("no %s", key);
	return 0;
}

/* 0x3000 with 0x1030; not 0x4000, which another one leads to as well. */
START_TEST(groups_retain)
{
	struct mtr_filter_spec small = MTR_FILTER_ALL;
	struct mtr_tally t = tally(MTR_BY_LINE, MTR_SORT_RETAINED, NULL);

	ck_assert_uint_eq(retained_by(&t, "app.c:10"), 19 + 19);
	ck_assert_uint_eq(retained_by(&t, "app.c:20"), 100 + 8);
	mtr_tally_fini(&t);
	t = tally(MTR_BY_SIZE, MTR_SORT_RETAINED, NULL);
	ck_assert_uint_eq(retained_by(&t, "500"), 500);
	ck_assert_uint_eq(retained_by(&t, "100"), 108);
	ck_assert_uint_eq(retained_by(&t, "10"), 10 + 64);
	ck_assert_str_eq(t.groups.at[0].key, "500");
	ck_assert_str_eq(t.groups.at[1].key, "100");
	mtr_tally_fini(&t);
	/* what is held counts, whatever it is; who holds it is chosen */
	small.max_size = 8;
	t = tally(MTR_BY_SIZE, MTR_SORT_RETAINED, &small);
	ck_assert_uint_eq(retained_by(&t, "8"), 8);
	mtr_tally_fini(&t);
}
END_TEST

/* A block that another one of the same group holds counts once. */
START_TEST(groups_retain_once)
{
	const uint32_t group[BLOCKS] = { 1, 0, 1, 0, 0, 1, 1, 1 };
	uint64_t sums[2] = { 0 };

	ck_assert(mtr_holders_retained(&holders, group, 2, sums));
	ck_assert_uint_eq(sums[0], 100 + 8 + 500);
	ck_assert_uint_eq(sums[1], 19 + 19 + 50 + 10 + 64);
}
END_TEST

static void find(uint32_t block, size_t top)
{
	const struct mtr_subject subject = { .block = block };

	mtr_references_fini(&refs);
	ck_assert_ptr_null(
		mtr_references_find(s, &g, &lost, &subject, top, &refs));
}

static void reference_is(const struct mtr_reference_list *v, size_t i,
			 uint32_t block, uint64_t addr, uint64_t offset)
{
	ck_assert_uint_lt(i, v->n);
	ck_assert_uint_eq(v->at[i].block, block);
	ck_assert_uint_eq(v->at[i].addr, addr);
	ck_assert_uint_eq(v->at[i].offset, offset);
}

START_TEST(of_a_block)
{
	find(4, 0);
	ck_assert_ptr_null(refs.lost);
	ck_assert_uint_eq(refs.path.n, 3);
	reference_is(&refs.path, 0, MTR_NO_BLOCK, 0x8010, 0);
	ck_assert_int_eq(refs.path.at[0].place.kind, MTR_AT_DATA);
	reference_is(&refs.path, 1, 1, 0x1038, 8);
	reference_is(&refs.path, 2, 4, 0, 0);
	ck_assert_uint_eq(refs.n_referrers, 2);
	reference_is(&refs.referrers, 0, 1, 0x1038, 8);
	reference_is(&refs.referrers, 1, 2, 0x2000, 0);
	ck_assert_uint_eq(refs.n_referents, 0);
	ck_assert_uint_eq(refs.retained.blocks, 1);
	ck_assert_uint_eq(refs.retained.bytes, 500);
	find(1, 1);
	ck_assert_uint_eq(refs.retained.blocks, 2);
	ck_assert_uint_eq(refs.retained.bytes, 108);
	ck_assert_uint_eq(refs.n_referents, 2);
	ck_assert_uint_eq(refs.referents.n, 1);
	reference_is(&refs.referents, 0, 4, 0, 8);
}
END_TEST

/* Rather from a mapping than from the stack, be the way as long. */
START_TEST(best_root)
{
	find(5, 0);
	ck_assert_uint_eq(refs.path.n, 2);
	ck_assert_int_eq(refs.path.at[0].place.kind, MTR_AT_MAPPING);
	ck_assert_uint_eq(refs.n_referrers, 2);
	ck_assert_int_eq(refs.referrers.at[1].place.kind, MTR_AT_STACK);
	ck_assert_int_eq(refs.referrers.at[1].place.thread->tid, 11);
}
END_TEST

START_TEST(of_a_lost_block)
{
	find(7, 0);
	ck_assert_uint_eq(refs.path.n, 0);
	ck_assert_uint_eq(refs.lost->leader, 6);
	ck_assert_uint_eq(refs.retained.bytes, 64);
	ck_assert_uint_eq(refs.n_referents, 1);
	reference_is(&refs.referrers, 0, 6, 0, MTR_FAR);
	find(6, 0);
	ck_assert_uint_eq(refs.retained.blocks, 2);
	ck_assert_uint_eq(refs.retained.bytes, 74);
}
END_TEST

START_TEST(of_a_variable)
{
	const struct mtr_subject subject = { MTR_NO_BLOCK, 0x8010, 0x8018 };

	ck_assert_ptr_null(
		mtr_references_find(s, &g, &lost, &subject, 0, &refs));
	ck_assert_uint_eq(refs.path.n, 0);
	ck_assert_uint_eq(refs.retained.blocks, 2);
	ck_assert_uint_eq(refs.retained.bytes, 108);
	ck_assert_uint_eq(refs.n_referents, 1);
	reference_is(&refs.referents, 0, 1, 0, 0);
}
END_TEST

/* ----------------------------------------------------------------- writers */

static void wrote(const struct mtr_writer_ops *ops, const char *want)
{
	char *text;

	sample_references = &refs;
	text = sample_why(ops, 0x4000);
	sample_references = NULL;
	ck_assert_msg(strstr(text, want), "%s\nis not in\n%s", want, text);
	free(text);
}

START_TEST(written)
{
	find(4, 1);
	wrote(&mtr_write_text,
	      "held by       variables without a name at 0x8010\n"
	      "              -> 0x1030 (100 bytes, main) + 0x8\n"
	      "              -> 0x4000 (500 bytes, f(int, \"x\"))\n"
	      "retains       500 bytes in 1 block, itself included\n"
	      "referrers     0x1030 (100 bytes, main) + 0x8\n"
	      "              1 more referrer (--top=0 shows all)\n");
	wrote(&mtr_write_json,
	      "\"retained\":{\"blocks\":1,\"bytes\":500},\"lost\":null,"
	      "\"path\":[{\"what\":\"variables without a name\",\"addr\":"
	      "\"0x8010\",\"offset\":0,\"function\":\"\"},{\"what\":\"block\","
	      "\"addr\":\"0x1030\",\"offset\":8,\"function\":\"main\"},{"
	      "\"what\":\"block\",\"addr\":\"0x4000\",\"offset\":0,"
	      "\"function\":\"f(int, "
	      "\\\"x\\\")\"}],\"referrers\":[{\"what\":\"block\","
	      "\"addr\":\"0x1030\",\"offset\":8,\"function\":\"main\"}],"
	      "\"referents\":[],\"left_out\":{\"referrers\":1,\"referents\":"
	      "0}");
	find(7, 0);
	wrote(&mtr_write_text,
	      "held by       nothing but lost blocks: it hangs from 0x6000\n");
	wrote(&mtr_write_text,
	      "referrers     0x6000 (10 bytes, main) + (not known)\n");
	wrote(&mtr_write_json, "\"lost\":\"indirect\",\"path\":[],");
	wrote(&mtr_write_json, "\"offset\":null");
	find(0, 0);
	wrote(&mtr_write_text, "held by       register of thread 10 (main)\n");
	find(1, 0);
	wrote(&mtr_write_text,
	      "refers to     0x4000 (500 bytes, f(int, \"x\")), from + 0x8\n");
}
END_TEST

/* A list of a million: both ends, and how many are between them. */
START_TEST(long_path)
{
	enum { LONG = 30 };
	struct mtr_reference r = { .block = 0, .addr = 0x1000 };

	find(0, 0);
	for (size_t i = 0; i < LONG; i++)
		*mtr_reference_list_push(&refs.path) = r;
	wrote(&mtr_write_text, "-> ... 16 blocks (--json has them)\n");
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, by_root);
	tcase_add_test(t, between_processes);
	tcase_add_test(t, groups_retain);
	tcase_add_test(t, groups_retain_once);
	tcase_add_test(t, of_a_block);
	tcase_add_test(t, best_root);
	tcase_add_test(t, of_a_lost_block);
	tcase_add_test(t, of_a_variable);
	tcase_add_test(t, written);
	tcase_add_test(t, long_path);
}

int main(void)
{
	return sample_run("held", add);
}
