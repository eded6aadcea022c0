/* SPDX-License-Identifier: MIT */
#include "exported.h"

#include <stdlib.h>
#include <string.h>

struct mtr_heap_view *s;
struct mtr_filter_spec spec;
struct mtr_filter filter;
struct mtr_profile profile;

/* ------------------------------------------------------------ what is held */

/*
 *   0x8010, data       -> 0x1030 -> 0x3000, 0x4000
 *   register of thread 10, and stack -> 0x2000 -> 0x4000
 *   lost: 0x6000 -> 0x7000
 */
static struct mtr_thread threads_at[] = { { .tid = 10, .name = "main" } };
static const struct mtr_threads threads = { .at = threads_at, .n = 1 };
static struct mtr_root_area areas[] = {
	{ 0x8000, 0x9000, MTR_PLACE_DATA, 0 },
	{ 0xc000, 0xd000, MTR_PLACE_STACK, 0 },
};
static struct mtr_ref refs[] = {
	{ 0, 0, 2 },
	{ 0x8010, 0, 1 },
	{ 0xc008, 0, 2 },
};
static uint64_t first[BLOCKS + 1] = { 0, 0, 2, 3, 3, 3, 3, 4, 4 };
static uint32_t to[] = { 4, 3, 4, 7 },
		words[] = { 1, 1 << 20, 0, MTR_EDGE_FAR };
static struct mtr_lost lost_at[] = { { .block = 6, .leader = 6 },
				     { .block = 7, .leader = 6 } };
struct mtr_lost_list lost = { .at = lost_at, .n = 2 };
static struct mtr_graph graph;
struct mtr_holders holders;

void hold(bool tree)
{
	graph = (struct mtr_graph){
		.heap = &s->heap,
		.edges = { .first = first, .to = to, .words = words, .n = 4 },
		.roots = { .list = { .at = areas, .n = 2 },
			   .threads = &threads },
		.refs = { .at = refs, .n = 3 },
	};
	ck_assert_ptr_null(mtr_index_create(&s->heap.blocks, &graph.index));
	ck_assert_ptr_null((tree ? mtr_holders_make : mtr_holders_list)(
		s, &graph, &lost, &holders));
}

/* --------------------------------------------------------------- the set-up */

void setup(void)
{
	sample_has_stacks = true;
	sample_has_types = false;
	lost.n = 2;
	s = sample_create();
	spec = MTR_FILTER_ALL;
	ck_assert_ptr_null(mtr_filter_init(s, &spec, &filter));
}

void teardown(void)
{
	mtr_profile_fini(&profile);
	mtr_filter_fini(&filter);
	mtr_holders_fini(&holders);
	mtr_index_fini(&graph.index);
	sample_destroy(s);
	s = NULL;
}

/* What each block pins; nobody asks unless .map is given. */
static uint32_t pins[BLOCKS] = { 1, 10, 100, 1000, 10000, 0, 7, 0 };
static const struct mtr_memory_map map = { .pins = pins };

void make(enum mtr_value value, bool generations)
{
	const struct mtr_profile_spec as = {
		.value = value,
		.generations = generations,
		.holders = holders.of ? &holders : NULL,
		.map = value == MTR_VALUE_PINS ? &map : NULL,
	};

	mtr_profile_fini(&profile);
	ck_assert_ptr_null(mtr_profile_make(s, &filter, &as, &profile));
}

static int take(void *b, const char *bytes, size_t n)
{
	mtr_strbuf_add_bytes(b, bytes, n);
	return 0;
}

char *export(mtr_export_fn *write, enum mtr_value value, size_t *ret_n)
{
	struct mtr_out *out = calloc(1, sizeof(*out));
	struct mtr_strbuf text = { 0 };
	const struct mtr_export e = {
		.out = out,
		.s = s,
		.value = value,
		.time = 1234,
		.filter = &filter,
		.profile = &profile,
		.graph = &graph,
		.holders = &holders,
	};

	out->take = take;
	out->to = &text;
	ck_assert_ptr_null(write(&e));
	mtr_out_flush(out);
	ck_assert_int_eq(out->error, 0);
	free(out);
	if (ret_n)
		*ret_n = text.len;
	return text.text ? text.text : strdup("");
}
