/* SPDX-License-Identifier: MIT */
/*
 * See sample.h.
 */
#include "sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct mtr_module app = {
	.path = "/opt/app",
	.name = "app",
	.start = 0x400000,
	.end = 0x500000,
	.bias = 0x400000,
	.found = true,
};

static struct mtr_module libx = {
	.path = "/lib/libx.so",
	.name = "libx.so",
	.start = 0x7f0000000000,
	.end = 0x7f0000100000,
	.bias = 0x7f0000000000,
};

static const struct mtr_frame frames[] = {
	{ 0 },
	{ "main", "app.c", 10, &app, false, false },
	{ "main", "app.c", 20, &app, false, false },
	{ NULL, NULL, 0, &libx, false, false },
	{ "f(int, \"x\")", "dir/h,1.h", 5, &app, true, false },
	{ "work", "app.c", 30, &app, false, false },
	{ 0 },
	{ "main", NULL, 0, &libx, false, false },
	{ "xmalloc", "x.c", 3, &app, false, false },
	{ "start", NULL, 0, &libx, false, false },
};

static const struct mtr_site sites[] = {
	{ .pc = 0, .first = 0, .n = 1, .owner = 0 },
	{ .pc = 0x401010, .first = 1, .n = 1, .owner = 1 },
	{ .pc = 0x401020, .first = 2, .n = 1, .owner = 2 },
	{ .pc = 0x7f0000001234, .first = 3, .n = 1, .owner = 3 },
	{ .pc = 0x401030, .first = 4, .n = 2, .owner = 4 },
	{ .pc = 0x9999, .first = 6, .n = 1, .owner = 6 },
	{ .pc = 0x7f0000002000, .first = 7, .n = 1, .owner = 7 },
};

static const struct mtr_site more_sites[] = {
	{ .pc = 0x401040, .first = 8, .n = 1, .owner = 8, .wrapper = true },
	{ .pc = 0x7f0000003000, .first = 9, .n = 1, .owner = 9 },
};

static const struct mtr_call calls[] = {
	{ 0 },
	{ .site = 8, .depth = 1, .end = MTR_ROOT_COMPLETE },
	{ .site = 1, .parent = 1, .depth = 2, .end = MTR_ROOT_COMPLETE },
	{ .site = 2, .parent = 1, .depth = 2, .end = MTR_ROOT_COMPLETE },
	{ .site = 4, .parent = 2, .depth = 3, .end = MTR_ROOT_COMPLETE },
	{ .site = 4, .parent = 3, .depth = 3, .end = MTR_ROOT_COMPLETE },
	{ .site = 7, .parent = 4, .depth = 4, .end = MTR_ROOT_COMPLETE },
	{ .site = 5, .depth = 1, .end = MTR_ROOT_DEPTH },
	{ .site = 4, .parent = 4, .depth = 4, .end = MTR_ROOT_COMPLETE },
};

static const struct mtr_stack stacks[] = {
	{ 0 },
	{ .id = 100, .call = 6, .caller = 7, .owner = 4 },
	{ .id = 200, .call = 5, .caller = 4, .owner = 4 },
	{ .id = 300, .call = 7, .caller = 5, .owner = 5 },
	{ .id = 400, .call = 0, .caller = 3, .owner = 3 },
	{ .id = 500, .call = 8, .caller = 4, .owner = 4 },
};

/* Of each block. */
static const uint32_t stack_of[] = { 1, 1, 2, 4, 5, 3, 0, 0 };

static const struct mtr_block blocks[] = {
	{ .addr = 0x1000, .size = 19, .usable = 40, .site = 1 },
	{ .addr = 0x1030, .size = 100, .usable = 120, .site = 2 },
	{ .addr = 0x2000,
	  .size = 19,
	  .usable = 40,
	  .generation = 1,
	  .site = 1 },
	{ .addr = 0x3000, .size = 8, .usable = 24, .generation = 2, .site = 3 },
	{ .addr = 0x4000,
	  .size = 500,
	  .usable = 1016,
	  .generation = 2,
	  .site = 4 },
	{ .addr = 0x5000,
	  .size = 50,
	  .usable = 72,
	  .generation = 3,
	  .site = 5 },
	{ .addr = 0x6000, .size = 10, .usable = 40, .site = 6 },
	{ .addr = 0x7000, .usable = 64, .damaged = 1 },
};

static const struct mtr_block freed[] = {
	{ .addr = 0x10b0, .size = 30, .usable = 56, .freed = 1, .site = 1 },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Append copies of all in @array to vector @v of type @name. */
#define FILL(name, v, array)                         \
	for (size_t i_ = 0; i_ < COUNT(array); i_++) \
	*name##_push(v) = (array)[i_]

bool sample_has_stacks, sample_has_types;
uint64_t sample_without_stack;

static void add_stacks(struct mtr_heap_view *s)
{
	FILL(mtr_sites, &s->sites, more_sites);
	FILL(mtr_calls, &s->stacks.calls, calls);
	FILL(mtr_stack_list, &s->stacks.list, stacks);
	for (size_t i = 0; i < s->heap.blocks.n; i++) {
		struct mtr_block *b = &s->heap.blocks.at[i];

		b->stack = stack_of[i];
		if (b->stack)
			b->site = stacks[b->stack].caller;
	}
	s->heap.freed.at[0].stack = 3;
	s->stacks.nodes = 1234;
	s->stacks.lost = 1;
	s->heap.descriptor.stack_depth = 32;
	s->heap.descriptor.depot_bytes = 1 << 20;
	s->heap.descriptor.stops[MTR_ROOT_NO_CFI] = 1;
	s->heap.descriptor.stops[MTR_ROOT_STACK] = 2000;
}

static void add_types(struct mtr_heap_view *s)
{
	static const char *const names[] = { NULL, "N::A", "B<int>", "N::A" };

	FILL(mtr_type_names, &s->types.names, names);
	s->types.of = calloc(COUNT(blocks), sizeof(*s->types.of));
	s->types.of[0] = 1;
	s->types.of[4] = 3;
	s->types.of[6] = 2;
}

struct mtr_heap_view *sample_create(void)
{
	struct mtr_heap_view *s = calloc(1, sizeof(*s));
	struct mtr_descriptor *d = &s->heap.descriptor;

	s->name = "app.core";
	s->kind = MTR_TARGET_CORE;
	s->pid = 1234;
	s->heap.record = MTR_RECORD_LONG;
	FILL(mtr_frames, &s->frames, frames);
	FILL(mtr_sites, &s->sites, sites);
	FILL(mtr_blocks, &s->heap.blocks, blocks);
	FILL(mtr_blocks, &s->heap.freed, freed);
	for (size_t i = 0; i < COUNT(sites); i++)
		*mtr_addresses_push(&s->heap.sites) = sites[i].pc;
	d->stops[MTR_ROOT_NONE] = sample_without_stack;
	s->heap.damaged = 1;
	s->heap.conflicts = 2;
	d->version = MTR_FORMAT_LONG;
	d->lead = 0x83;
	d->flags = MTR_FLAG_FREES | MTR_FLAG_NOFOLLOW;
	d->ledger_bytes = 4096;
	d->snapshots = 2;
	d->snapshots_failed = 1;
	d->snapshot_error = ENOSPC;
	d->drops[MTR_DROP_STARTUP] = 1;
	d->drops[MTR_DROP_UNALIGNED] = 1500;
	strcpy(d->package_version, "0.1.0");
	if (sample_has_stacks)
		add_stacks(s);
	if (sample_has_types)
		add_types(s);
	*mtr_strings_push(&s->warnings) = strdup("it is \"cut\"\033[m");
	return s;
}

void sample_destroy(struct mtr_heap_view *s)
{
	mtr_heap_view_fini(s);
	free(s);
}

/* ---------------------------------------------------------------- answers */

struct answer {
	struct mtr_heap_view *s;
	struct mtr_out *out;
	struct mtr_strbuf text;
	struct mtr_writer w;
};

static int take(void *to, const char *bytes, size_t n)
{
	mtr_strbuf_add_bytes(to, bytes, n);
	return 0;
}

static void answer_begin(struct answer *a, const struct mtr_writer_ops *ops)
{
	*a = (struct answer){ .s = sample_create(),
			      .out = calloc(1, sizeof(*a->out)) };
	a->out->take = take;
	a->out->to = &a->text;
	a->w = (struct mtr_writer){ .ops = ops, .out = a->out, .s = a->s };
}

static char *answer_end(struct answer *a)
{
	mtr_out_flush(a->out);
	ck_assert_int_eq(a->out->error, 0);
	mtr_writer_fini(&a->w);
	sample_destroy(a->s);
	free(a->out);
	return a->text.text ? a->text.text : strdup("");
}

static struct mtr_filter_spec report_filter = MTR_FILTER_ALL_INIT;
const struct mtr_filter_spec *sample_filter;
struct mtr_resident sample_resident;
const struct mtr_references *sample_references;
bool sample_short_names, sample_asked_servers, sample_has_pins;

/* What is in memory of the sample, and what for. */
static void map_make(struct mtr_heap_view *s, struct mtr_memory_map *ret)
{
	static const struct mtr_region regions[] = {
		{ 0x1000, 0x8000, MTR_REGION_HEAP, NULL, 0 },
		{ 0x8000, 0x9000, MTR_REGION_TRACER, NULL, MTR_OWN_LEDGER },
		{ 0x9000, 0xa000, MTR_REGION_DATA, "/opt/app", 0 },
		{ 0xa000, 0xf000, MTR_REGION_FILE, "/lib/=1,\033x.so", 0 },
		{ 0xf000, 0x11000, MTR_REGION_STACK, "[stack]", 1234 },
		{ 0x20000, 0x40000, MTR_REGION_OTHER, NULL, 0 },
		{ 0x40000, 0x41000, MTR_REGION_OTHER, "[vdso]", 0 },
	};
	static const struct mtr_area areas[] = {
		{ 0x1000, 0x7000 },
		{ 0x8000, 0xe000 },
		{ 0x10000, 0x24000 },
		{ 0x40000, 0x41000 },
	};

	*ret = (struct mtr_memory_map){ .pages.page = 4096 };
	FILL(mtr_regions, &ret->regions, regions);
	FILL(mtr_areas, &ret->pages.areas, areas);
	for (size_t i = 0; i < COUNT(areas); i++)
		ret->pages.resident += areas[i].end - areas[i].start;
	ck_assert_ptr_null(mtr_memory_pins(s, ret));
}

char *sample_memory(const struct mtr_writer_ops *ops, bool live, int width)
{
	static const struct mtr_mapping_pages mapping = {
		.start = 0x1000,
		.end = 0x8000,
		.resident = 0x6000,
		.swapped = 0x1000,
		.huge = 0x2000,
	};
	struct mtr_memory_map map;
	struct mtr_memory m;
	struct answer a;

	answer_begin(&a, ops);
	a.w.width = width;
	map_make(a.s, &map);
	if (live) {
		a.s->kind = MTR_TARGET_LIVE;
		*mtr_mapping_list_push(&map.pages.mappings) = mapping;
	} else {
		map.pages.doubt = MTR_PAGES_COPIED;
		map.pages.undumped = 0x5000;
	}
	ck_assert_ptr_null(mtr_memory_make(a.s, &map, &m));
	ops->memory(&a.w, &m);
	mtr_memory_fini(&m);
	mtr_memory_map_fini(&map);
	return answer_end(&a);
}

/* As `report` makes it; a @tree if there is one for this format. */
char *sample_report(const struct mtr_writer_ops *ops, enum mtr_by by,
		    enum mtr_sort sort, size_t top, int width)
{
	struct mtr_tally_spec spec = { .by = by, .sort = sort };
	struct mtr_memory_map map = { 0 };
	struct mtr_filter filter;
	struct mtr_notes notes;
	struct mtr_tally t;
	struct mtr_tree tree;
	struct mtr_report r = { .tally = &t, .notes = &notes, .top = top };
	struct answer a;

	answer_begin(&a, ops);
	a.w.sort = sort;
	a.w.width = width;
	a.w.filter = sample_filter ? sample_filter : &report_filter;
	a.w.short_names = sample_short_names;
	a.w.asked_servers = sample_asked_servers;
	ck_assert_ptr_null(mtr_filter_init(a.s, a.w.filter, &filter));
	if (sample_has_pins)
		map_make(a.s, &map);
	if (sample_has_pins)
		spec.map = &map;
	ck_assert_ptr_null(mtr_tally_make_as(a.s, &filter, &spec, &t));
	ck_assert_ptr_null(mtr_notes_make(a.s, &t, &notes));
	notes.resident = sample_resident;
	if (ops->tree && by == MTR_BY_STACK) {
		ck_assert_ptr_null(mtr_tree_make(a.s, &t, sort, &tree));
		r.tree = &tree;
	}
	mtr_write_report(&a.w, &r);
	if (r.tree)
		mtr_tree_fini(&tree);
	mtr_tally_fini(&t);
	mtr_memory_map_fini(&map);
	mtr_filter_fini(&filter);
	return answer_end(&a);
}

char *sample_tree(enum mtr_sort sort, size_t top, int width)
{
	return sample_report(&mtr_write_text, MTR_BY_STACK, sort, top, width);
}

char *sample_list(const struct mtr_writer_ops *ops,
		  const struct mtr_filter_spec *spec)
{
	struct mtr_filter filter;
	struct answer a;

	answer_begin(&a, ops);
	a.w.filter = spec;
	ck_assert_ptr_null(mtr_filter_init(a.s, spec, &filter));
	mtr_write_list(&a.w, &filter);
	mtr_filter_fini(&filter);
	return answer_end(&a);
}

char *sample_gaps(const struct mtr_writer_ops *ops)
{
	struct mtr_area at[] = { { 0x1050, 0x1068 }, { 0x8010, 0x9010 } };
	const struct mtr_areas gaps = { .at = at, .n = 2 };
	struct answer a;

	answer_begin(&a, ops);
	ops->gaps(&a.w, &gaps);
	return answer_end(&a);
}

char *sample_why(const struct mtr_writer_ops *ops, uint64_t addr)
{
	static const struct mtr_range heap = {
		.start = 0x1000,
		.end = 0x8000,
		.path = "[heap]",
		.prot = MTR_PROT_READ | MTR_PROT_WRITE,
	};
	static const unsigned char bytes[] = "I am a my_struct19\0\377";
	struct mtr_why why = { .asked = addr, .references = sample_references };
	struct answer a;

	answer_begin(&a, ops);
	mtr_block_find(a.s, addr, &why.found);
	if (sample_has_types) {
		why.type = "N::A";
		why.global = (struct mtr_data){ .name = "g_\tcache",
						.start = 0x600010,
						.size = 24,
						.offset = 8,
						.module = &app };
		why.has_word = true;
		why.word = addr;
	}
	if (addr >= heap.start && addr < heap.end) {
		why.mapping = &heap;
		why.dump_at = addr;
		why.dump = bytes;
		why.dump_bytes = sizeof(bytes) - 1;
	}
	ops->why(&a.w, &why);
	return answer_end(&a);
}

char *sample_info(const struct mtr_writer_ops *ops)
{
	struct mtr_thread all[] = {
		{ .tid = 1234,
		  .name = "a\tpp",
		  .sp = 0x7ff0,
		  .stack_start = 0x7000,
		  .stack_end = 0x9000 },
		{ .tid = 1235, .sp = 0x10 },
		{ .tid = 1236 },
		{ .tid = 1237 },
		{ .tid = 1238 },
	};
	struct mtr_threads threads = { .at = all, .n = 5 };
	struct mtr_info info = { .allocator = "/lib/libc.so.6",
				 .threads = &threads };
	struct answer a;

	answer_begin(&a, ops);
	for (size_t i = 0; i < a.s->heap.blocks.n; i++)
		mtr_sum_block(&info.total, &a.s->heap, &a.s->heap.blocks.at[i]);
	ops->info(&a.w, &info);
	return answer_end(&a);
}

void sample_same(char *got, const char *want)
{
	ck_assert_msg(strcmp(got, want) == 0, "got:\n%s\nnot:\n%s", got, want);
	free(got);
}

int sample_run(const char *name, void (*add)(TCase *tests))
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	add(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
