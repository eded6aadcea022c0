/* SPDX-License-Identifier: MIT */
/* Files for other tools: profiles, and what each format makes of the sample. */
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "report/profile.h"
#include "sample.h"
#include "write/export.h"

enum { BLOCKS = 8 };

static struct mtr_heap_view *s;
static struct mtr_filter_spec spec;
static struct mtr_filter filter;
static struct mtr_profile profile;

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
static struct mtr_lost_list lost = { .at = lost_at, .n = 2 };
static struct mtr_graph graph;
static struct mtr_holders holders;

static void hold(bool tree)
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

static void setup(void)
{
	sample_has_stacks = true;
	sample_has_types = false;
	lost.n = 2;
	s = sample_create();
	spec = MTR_FILTER_ALL;
	ck_assert_ptr_null(mtr_filter_init(s, &spec, &filter));
}

static void teardown(void)
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

static void make(enum mtr_value value, bool generations)
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

/* What the format makes of it; the caller frees it. */
static char *export(mtr_export_fn *write, enum mtr_value value, size_t *ret_n)
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

/* ------------------------------------------------------------- the profiles */

static void row_is(size_t i, uint32_t stack_id, uint32_t site,
		   unsigned generation, uint64_t blocks, uint64_t bytes)
{
	const struct mtr_profile_row *r = &profile.rows.at[i];

	ck_assert_uint_lt(i, profile.rows.n);
	ck_assert_uint_eq(r->stack ? r->stack->id : 0, stack_id);
	ck_assert_uint_eq(r->site - s->sites.at, site);
	ck_assert_uint_eq(r->generation, generation);
	ck_assert_uint_eq(r->sum.blocks, blocks);
	ck_assert_uint_eq(r->sum.bytes, bytes);
}

START_TEST(rows)
{
	make(MTR_VALUE_BYTES, false);
	ck_assert_uint_eq(profile.rows.n, 7);
	row_is(0, 500, 4, 0, 1, 500);
	row_is(1, 100, 4, 0, 2, 119);
	row_is(2, 300, 5, 0, 1, 50);
	row_is(3, 200, 4, 0, 1, 19);
	row_is(4, 0, 6, 0, 1, 10);
	row_is(5, 0, 3, 0, 1, 8);
	row_is(6, 0, 0, 0, 1, 0);
	ck_assert_uint_eq(profile.total.bytes, 706);
	make(MTR_VALUE_BLOCKS, false);
	row_is(0, 100, 4, 0, 2, 119);
	make(MTR_VALUE_UNUSED, false);
	row_is(0, 500, 4, 0, 1, 500);
	ck_assert_uint_eq(mtr_profile_value(profile.rows.at, MTR_VALUE_UNUSED),
			  500);
}
END_TEST

/* Each by itself: of one stack, too. */
START_TEST(rows_by_generation)
{
	s->heap.blocks.at[1].generation = 5;
	make(MTR_VALUE_BYTES, true);
	ck_assert(profile.generations);
	ck_assert_uint_eq(profile.rows.n, 8);
	row_is(0, 500, 4, 2, 1, 500);
	row_is(1, 100, 4, 5, 1, 100);
	row_is(2, 300, 5, 3, 1, 50);
	row_is(3, 100, 4, 0, 1, 19);
	row_is(4, 200, 4, 1, 1, 19);
	/* back and forth between them */
	s->heap.blocks.at[4].stack = 1;
	s->heap.blocks.at[4].generation = 0;
	make(MTR_VALUE_BYTES, true);
	ck_assert_uint_eq(profile.rows.n, 7);
	row_is(0, 100, 4, 0, 2, 519);
	row_is(1, 100, 4, 5, 1, 100);
	make(MTR_VALUE_BYTES, false);
	row_is(0, 100, 4, 0, 3, 619);
}
END_TEST

START_TEST(rows_filtered)
{
	mtr_filter_fini(&filter);
	spec.min_size = 19;
	spec.max_size = 100;
	ck_assert_ptr_null(mtr_filter_init(s, &spec, &filter));
	make(MTR_VALUE_BYTES, false);
	ck_assert_uint_eq(profile.rows.n, 3);
	row_is(0, 100, 4, 0, 2, 119);
	row_is(1, 300, 5, 0, 1, 50);
	ck_assert_uint_eq(profile.total.blocks, 4);
}
END_TEST

/* 0x1030 holds 0x3000; 0x4000 is reached by another way as well. */
START_TEST(rows_retain)
{
	hold(true);
	make(MTR_VALUE_RETAINED, false);
	row_is(0, 500, 4, 0, 1, 500);
	ck_assert_uint_eq(profile.rows.at[0].retained, 500);
	row_is(1, 100, 4, 0, 2, 119);
	ck_assert_uint_eq(profile.rows.at[1].retained, 108);
}
END_TEST

START_TEST(rows_pin)
{
	make(MTR_VALUE_PINS, false);
	row_is(0, 500, 4, 0, 1, 500);
	row_is(1, 0, 3, 0, 1, 8);
	row_is(2, 200, 4, 0, 1, 19);
	row_is(3, 100, 4, 0, 2, 119);
	ck_assert_uint_eq(profile.rows.at[3].sum.pins, 11);
	ck_assert_uint_eq(profile.total.pins, 11118);
	make(MTR_VALUE_BYTES, false);
	ck_assert_uint_eq(profile.total.pins, 0);
}
END_TEST

/* Of a sample: what a report by stack says, of all generations. */
START_TEST(rows_of_a_sample)
{
	struct mtr_tally t;

	s->heap.descriptor.sample = 512;
	make(MTR_VALUE_BYTES, true);
	ck_assert(!profile.generations);
	ck_assert_ptr_null(
		mtr_tally_make(s, &filter, MTR_BY_STACK, MTR_SORT_BYTES, &t));
	ck_assert_uint_eq(profile.rows.n, t.groups.n);
	for (size_t i = 0; i < t.groups.n; i++) {
		ck_assert_ptr_eq(profile.rows.at[i].stack,
				 t.groups.at[i].stack);
		ck_assert_uint_eq(profile.rows.at[i].sum.bytes,
				  t.groups.at[i].sum.bytes);
	}
	ck_assert_uint_eq(profile.total.bytes, t.total.bytes);
	mtr_tally_fini(&t);
}
END_TEST

/* xmalloc, which asked for it, is a wrapper, and so is f where it says so. */
START_TEST(stacks)
{
	struct mtr_profile_stack stack;

	mtr_profile_stack(s, &s->stacks.list.at[1], &s->sites.at[4], &stack);
	ck_assert_uint_eq(stack.n, 3);
	ck_assert_uint_eq(stack.sites[0], 4);
	ck_assert_uint_eq(stack.sites[1], 1);
	ck_assert_uint_eq(stack.sites[2], 8);
	ck_assert_uint_eq(stack.skip, 0);
	s->sites.at[4].owner = 5;
	mtr_profile_stack(s, &s->stacks.list.at[1], &s->sites.at[4], &stack);
	ck_assert_uint_eq(stack.n, 3);
	ck_assert_uint_eq(stack.skip, 1);
	mtr_profile_stack(s, NULL, &s->sites.at[4], &stack);
	ck_assert_uint_eq(stack.n, 1);
	ck_assert_uint_eq(stack.skip, 1);
	/* an owner that is not there */
	mtr_profile_stack(s, &s->stacks.list.at[3], &s->sites.at[4], &stack);
	ck_assert_uint_eq(stack.n, 1);
	ck_assert_uint_eq(stack.sites[0], 5);
}
END_TEST

/* --------------------------------------------------------------- the formats
 */

static const char folded_bytes[] =
	"start;main;work;f(int, \"x\");work;f(int, \"x\") 500\n"
	"start;main;work;f(int, \"x\");xmalloc 119\n"
	"0x9999 50\n"
	"start;main;work;f(int, \"x\") 19\n"
	"main 10\n"
	"libx.so+0x1233 8\n";

START_TEST(folded)
{
	make(MTR_VALUE_BYTES, false);
	sample_same(export(mtr_export_folded, MTR_VALUE_BYTES, NULL),
		    folded_bytes);
	make(MTR_VALUE_BLOCKS, false);
	sample_same(export(mtr_export_folded, MTR_VALUE_BLOCKS, NULL),
		    "start;main;work;f(int, \"x\");xmalloc 2\n"
		    "start;main;work;f(int, \"x\") 1\n"
		    "0x9999 1\n"
		    "start;main;work;f(int, \"x\");work;f(int, \"x\") 1\n"
		    "(corrupt) 1\n"
		    "libx.so+0x1233 1\n"
		    "main 1\n");
}
END_TEST

/* What one of the tools takes apart, or a terminal obeys. */
START_TEST(folded_names)
{
	static const char *const names[][2] = {
		{ "<[u8; 32]>::f", "<[u8: 32]>::f" },
		{ "f 12", "f_12" },
		{ "f 1.2", "f_1.2" },
		{ "f12", "f12" },
		{ "12", "12" },
		{ "f ", "f_" },
		{ "", "?" },
		{ "a\nb\033[m", "a?b?[m" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char want[64];
		char *text;

		s->frames.at[7].function = names[i][0];
		make(MTR_VALUE_BYTES, false);
		text = export(mtr_export_folded, MTR_VALUE_BYTES, NULL);
		snprintf(want, sizeof(want), "\n%s 10\n", names[i][1]);
		ck_assert_msg(strstr(text, want), "no %s in %s", want, text);
		free(text);
	}
}
END_TEST

static const char heaptrack_bytes[] = "v 10400 3\n"
				      "X app.core\n"
				      "I 1000 0\n"
				      "s c /lib/libx.so\n"
				      "s 5 start\n"
				      "i 7f0000003000 1 2 0 0\n"
				      "t 1 0\n"
				      "s 8 /opt/app\n"
				      "s 4 main\n"
				      "s 5 app.c\n"
				      "i 401010 3 4 5 a\n"
				      "t 2 1\n"
				      "s b f(int, \"x\")\n"
				      "s 9 dir/h,1.h\n"
				      "s 4 work\n"
				      "i 401030 3 6 7 5 8 5 1e\n"
				      "t 3 2\n"
				      "i 401020 3 4 5 14\n"
				      "t 4 1\n"
				      "t 3 4\n"
				      "s e libx.so+0x1233\n"
				      "i 7f0000001234 1 9 0 0\n"
				      "t 5 0\n"
				      "t 3 3\n"
				      "s 6 0x9999\n"
				      "i 9999 0 a 0 0\n"
				      "t 6 0\n"
				      "i 7f0000002000 1 4 0 0\n"
				      "t 7 0\n"
				      "s 9 (corrupt)\n"
				      "i 0 0 b 0 0\n"
				      "t 8 0\n"
				      "a 13 3\n"
				      "a 64 3\n"
				      "a 13 5\n"
				      "a 8 6\n"
				      "a 1f4 7\n"
				      "a 32 8\n"
				      "a a 9\n"
				      "a 0 a\n"
				      "+ 0\n"
				      "+ 1\n"
				      "+ 2\n"
				      "+ 3\n"
				      "+ 4\n"
				      "+ 5\n"
				      "+ 6\n"
				      "+ 7\n"
				      "c 0\n"
				      "R 0\n";

START_TEST(heaptrack)
{
	make(MTR_VALUE_BYTES, false);
	sample_same(export(mtr_export_heaptrack, MTR_VALUE_BYTES, NULL),
		    heaptrack_bytes);
	sample_same(export(mtr_export_heaptrack, MTR_VALUE_BLOCKS, NULL),
		    heaptrack_bytes);
}
END_TEST

/* Blocks and bytes of @text, by what is allocated. */
static void heaptrack_sum(char *text, uint64_t *blocks, uint64_t *bytes)
{
	uint64_t size[32];
	unsigned n = 0;

	*blocks = *bytes = 0;
	for (char *at = text; *at; at = strchr(at, '\n') + 1) {
		if (*at == 'a')
			size[n++] = strtoull(at + 2, NULL, 16);
		if (*at != '+')
			continue;
		++*blocks;
		*bytes += size[strtoull(at + 2, NULL, 16)];
	}
	free(text);
}

/* As many blocks as there are, and together the very value. */
START_TEST(heaptrack_values)
{
	uint64_t blocks, bytes;

	make(MTR_VALUE_UNUSED, false);
	heaptrack_sum(export(mtr_export_heaptrack, MTR_VALUE_UNUSED, NULL),
		      &blocks, &bytes);
	ck_assert_uint_eq(blocks, BLOCKS);
	ck_assert_uint_eq(bytes, profile.total.slack);
	/* two blocks of 119 bytes */
	s->heap.descriptor.sample = 1 << 20;
	make(MTR_VALUE_BYTES, false);
	heaptrack_sum(export(mtr_export_heaptrack, MTR_VALUE_BYTES, NULL),
		      &blocks, &bytes);
	ck_assert_uint_eq(blocks, BLOCKS);
	ck_assert_uint_eq(bytes, profile.total.bytes);
}
END_TEST

static const char heapsnapshot_bytes[] =
	"\"node_count\":13,\"edge_count\":12,\"trace_function_count\":11,"
	"\"extra_native_bytes\":0},\n"
	"\"nodes\":[9,0,1,0,2,0,0\n"
	",9,14,3,0,2,0,0\n"
	",9,15,2867378863,0,1,0,0\n"
	",9,16,621827339,0,2,0,0\n"
	",9,17,458615591,0,1,0,0\n"
	",8,7,513,19,0,9,0\n"
	",8,7,519,100,2,9,0\n"
	",8,7,1025,19,1,8,0\n"
	",8,5,1537,8,0,16,0\n"
	",8,7,2049,500,0,12,0\n"
	",8,10,2561,50,0,10,0\n"
	",8,3,3073,10,1,20,0\n"
	",8,2,3585,0,0,13,0\n"
	"],\n"
	"\"edges\":[1,0,7\n"
	",1,1,28\n"
	",1,0,14\n"
	",1,1,21\n"
	",2,18,42\n"
	",2,19,49\n"
	",2,20,49\n"
	",1,0,77\n"
	",2,21,63\n"
	",2,22,56\n"
	",2,23,63\n"
	",2,24,84\n"
	"],\n"
	"\"trace_function_infos\":[0,1,0,0,0,0\n"
	",1,2,0,0,0,0\n"
	",2,3,4,4,10,0\n"
	",3,3,4,4,20,0\n"
	",4,5,6,6,0,0\n"
	",5,7,8,8,5,0\n"
	",6,9,4,4,30,0\n"
	",7,10,0,0,0,0\n"
	",8,3,6,6,0,0\n"
	",9,11,12,12,3,0\n"
	",10,13,6,6,0,0\n"
	"],\n"
	"\"trace_tree\":[1,0,0,0,[2,10,0,0,[3,2,0,0,[5,6,0,0,[6,5,0,0,[9,9,2,"
	"119,[]\n"
	",11,6,0,0,[12,5,1,500,[]]\n"
	"]]\n"
	"]\n"
	",4,3,0,0,[7,6,0,0,[8,5,1,19,[]]\n"
	"]\n"
	"]\n"
	",10,7,1,50,[]\n"
	",13,1,1,0,[]\n"
	",16,4,1,8,[]\n"
	",20,8,1,10,[]\n"
	"]],\n"
	"\"samples\":[],\n"
	"\"locations\":[],\n"
	"\"strings\":[\"\",\n"
	"\"(root)\",\n"
	"\"(corrupt)\",\n"
	"\"main\",\n"
	"\"app.c\",\n"
	"\"libx.so+0x1233\",\n"
	"\"/lib/libx.so\",\n"
	"\"f(int, \\\"x\\\")\",\n"
	"\"dir/h,1.h\",\n"
	"\"work\",\n"
	"\"0x9999\",\n"
	"\"xmalloc\",\n"
	"\"x.c\",\n"
	"\"start\",\n"
	"\"(GC roots)\",\n"
	"\"variables without a name\",\n"
	"\"stack of thread 10 (main)\",\n"
	"\"(lost)\",\n"
	"\"0x8010\",\n"
	"\"register\",\n"
	"\"0xc008\",\n"
	"\"+0x8\",\n"
	"\"+0x800000\",\n"
	"\"+0x0\",\n"
	"\"+?\"]}\n";

/* From the second line on. */
static char *heapsnapshot_of(void)
{
	char *text = export(mtr_export_heapsnapshot, MTR_VALUE_BYTES, NULL);
	char *body = strdup(strchr(text, '\n') + 1);

	ck_assert_ptr_eq(strstr(text, "{\"snapshot\":{\"meta\":"), text);
	free(text);
	return body;
}

START_TEST(heapsnapshot)
{
	hold(false);
	sample_same(heapsnapshot_of(), heapsnapshot_bytes);
}
END_TEST

/* Blocks of a class are called by it; nothing is lost, so there is no place
 * for that. */
START_TEST(heapsnapshot_typed)
{
	char *text;

	sample_has_stacks = false;
	sample_has_types = true;
	sample_destroy(s);
	s = sample_create();
	lost.n = 0;
	hold(false);
	text = heapsnapshot_of();
	ck_assert_ptr_nonnull(strstr(text, "\"node_count\":12,"));
	ck_assert_ptr_nonnull(strstr(text, "\n\"N::A\",\n"));
	ck_assert_ptr_null(strstr(text, "(lost)"));
	free(text);
}
END_TEST

/* Two blocks whose addresses would have the same id. */
START_TEST(heapsnapshot_ids)
{
	char *text;
	/* that of the first one, 32 GiB on and moved by as much as that is */
	uint64_t granule = (0x100 - UINT64_C(0x2545f491)) & 0x7fffffff;

	s->heap.blocks.at[7].addr = UINT64_C(1) << 35 | granule << 4;
	hold(false);
	text = heapsnapshot_of();
	ck_assert_ptr_nonnull(strstr(text, ",8,7,513,19,"));
	ck_assert_ptr_null(strstr(text, ",8,2,513,"));
	free(text);
}
END_TEST

#ifdef HAVE_ZLIB

/* ------------------------------------------------------- pprof, read again */

struct bytes {
	const unsigned char *at, *end;
};

static uint64_t varint(struct bytes *b)
{
	uint64_t n = 0;

	for (unsigned shift = 0;; shift += 7) {
		ck_assert(b->at < b->end && shift < 64);
		n |= (uint64_t)(*b->at & 0x7f) << shift;
		if (!(*b->at++ & 0x80))
			return n;
	}
}

/* The next field: its number, with a number or bytes; 0: there is none. */
static unsigned field(struct bytes *b, uint64_t *number, struct bytes *inner)
{
	uint64_t key;

	if (b->at == b->end)
		return 0;
	key = varint(b);
	*number = varint(b);
	if ((key & 7) == 2) {
		ck_assert_uint_le(*number, b->end - b->at);
		*inner = (struct bytes){ b->at, b->at + *number };
		b->at += *number;
	} else {
		ck_assert_uint_eq(key & 7, 0);
	}
	return key >> 3;
}

static struct bytes unpack(unsigned char room[1 << 14], enum mtr_value value)
{
	size_t n;
	char *text = export(mtr_export_pprof, value, &n);
	z_stream z = { .next_in = (Bytef *)text,
		       .avail_in = n,
		       .next_out = room,
		       .avail_out = 1 << 14 };

	ck_assert_int_eq(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	free(text);
	return (struct bytes){ room, z.next_out };
}

enum { STRINGS = 64, ROOM = 256 };

struct read_again {
	char strings[STRINGS][ROOM];
	unsigned n_strings, n_types, n_samples, n_mappings, n_comments;
	uint64_t types[4], values[16][4], generation[16], main_type;
	uint64_t locations[16]; /* how many of each sample */
	uint64_t time, period;
	char stacks[16][ROOM]; /* of each sample, by the names of its lines */
	struct bytes location[64], function[64];
};

static struct bytes in_table(const struct bytes *table, uint64_t id)
{
	ck_assert_uint_lt(id, 64);
	ck_assert_ptr_nonnull(table[id].at);
	return table[id];
}

static uint64_t number_in(struct bytes message, unsigned wanted)
{
	struct bytes inner;
	uint64_t n;
	unsigned f;

	while ((f = field(&message, &n, &inner)))
		if (f == wanted)
			return n;
	return 0;
}

static void add_location(struct read_again *r, struct bytes location, char *ret)
{
	struct bytes rest = location, inner;
	uint64_t n;
	unsigned f;

	while ((f = field(&rest, &n, &inner))) {
		struct bytes function;

		if (f != 4)
			continue;
		function = in_table(r->function, number_in(inner, 1));
		snprintf(ret + strlen(ret), ROOM - strlen(ret), "%s:%u<",
			 r->strings[number_in(function, 2)],
			 (unsigned)number_in(inner, 2));
	}
	if (!number_in(location, 2))
		strcat(ret, "!");
	strcat(ret, "|");
}

static void add_sample(struct read_again *r, struct bytes sample)
{
	struct bytes inner;
	uint64_t n;
	unsigned f, i = r->n_samples++, k = 0;

	while ((f = field(&sample, &n, &inner))) {
		if (f == 1)
			while (inner.at < inner.end)
				add_location(
					r,
					in_table(r->location, varint(&inner)),
					r->stacks[i]);
		if (f == 2)
			while (inner.at < inner.end)
				r->values[i][k++] = varint(&inner);
		if (f == 3) {
			ck_assert_str_eq(r->strings[number_in(inner, 1)],
					 "generation");
			r->generation[i] = number_in(inner, 3);
		}
	}
}

static void read_again(struct bytes all, struct read_again *r)
{
	struct bytes at = all, inner;
	uint64_t n;
	unsigned f;

	memset(r, 0, sizeof(*r));
	while ((f = field(&at, &n, &inner))) {
		if (f == 6)
			memcpy(r->strings[r->n_strings++], inner.at, n);
		if (f == 4)
			r->location[number_in(inner, 1)] = inner;
		if (f == 5)
			r->function[number_in(inner, 1)] = inner;
		if (f == 1)
			r->types[r->n_types++] = number_in(inner, 1);
		r->main_type = f == 14 ? n : r->main_type;
		r->time = f == 9 ? n : r->time;
		r->period = f == 12 ? n : r->period;
		r->n_mappings += f == 3;
		r->n_comments += f == 13;
	}
	at = all;
	while ((f = field(&at, &n, &inner)))
		if (f == 2)
			add_sample(r, inner);
}

START_TEST(pprof)
{
	static struct read_again r;
	unsigned char room[1 << 14];

	make(MTR_VALUE_BYTES, true);
	read_again(unpack(room, MTR_VALUE_BYTES), &r);
	ck_assert_str_eq(r.strings[0], "");
	ck_assert_uint_eq(r.n_types, 3);
	ck_assert_str_eq(r.strings[r.types[0]], "inuse_objects");
	ck_assert_str_eq(r.strings[r.types[1]], "inuse_space");
	ck_assert_str_eq(r.strings[r.types[2]], "unused_space");
	ck_assert_str_eq(r.strings[r.main_type], "inuse_space");
	ck_assert_uint_eq(r.time, 1234);
	ck_assert_uint_eq(r.period, 1);
	ck_assert_uint_eq(r.n_samples, 7);
	ck_assert_uint_eq(r.n_mappings, 2);
	ck_assert_uint_eq(r.n_comments, 2);
	ck_assert_uint_eq(r.values[0][0], 1);
	ck_assert_uint_eq(r.values[0][1], 500);
	ck_assert_uint_eq(r.values[0][2], 500);
	ck_assert_uint_eq(r.generation[0], 2);
	ck_assert_str_eq(r.stacks[0], "f(int, \"x\"):5<work:30<|"
				      "f(int, \"x\"):5<work:30<|"
				      "main:10<|start:0<|");
	ck_assert_uint_eq(r.values[1][0], 2);
	ck_assert_uint_eq(r.values[1][1], 119);
	ck_assert_uint_eq(r.generation[1], 0);
	ck_assert_str_eq(r.stacks[1], "f(int, \"x\"):5<work:30<|"
				      "main:10<|start:0<|");
	/* in no module; without a name, so that another one may find it;
	 * damaged */
	ck_assert_str_eq(r.stacks[2], "0x9999:0<!|");
	ck_assert_str_eq(r.stacks[5], "|");
	ck_assert_str_eq(r.stacks[6], "(corrupt):0<!|");
}
END_TEST

START_TEST(pprof_values)
{
	static struct read_again r;
	unsigned char room[1 << 14];

	hold(true);
	make(MTR_VALUE_RETAINED, true);
	read_again(unpack(room, MTR_VALUE_RETAINED), &r);
	ck_assert_uint_eq(r.n_types, 4);
	ck_assert_str_eq(r.strings[r.main_type], "retained_space");
	ck_assert_uint_eq(r.values[1][3], 108);
	mtr_holders_fini(&holders);
	s->heap.descriptor.sample = 4096;
	make(MTR_VALUE_BLOCKS, true);
	read_again(unpack(room, MTR_VALUE_BLOCKS), &r);
	ck_assert_str_eq(r.strings[r.main_type], "inuse_objects");
	ck_assert_uint_eq(r.period, 4096);
	ck_assert_uint_eq(r.n_comments, 3);
}
END_TEST

#else

START_TEST(no_pprof)
{
	const struct mtr_export e = { .s = s };
	struct mtr_error *error = mtr_export_pprof(&e);

	ck_assert_ptr_nonnull(error);
	ck_assert_int_eq(mtr_error_code(error), MTR_ERROR_UNSUPPORTED);
	mtr_error_destroy(error);
}
END_TEST

#endif

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rows);
	tcase_add_test(t, rows_by_generation);
	tcase_add_test(t, rows_filtered);
	tcase_add_test(t, rows_retain);
	tcase_add_test(t, rows_pin);
	tcase_add_test(t, rows_of_a_sample);
	tcase_add_test(t, stacks);
	tcase_add_test(t, folded);
	tcase_add_test(t, folded_names);
	tcase_add_test(t, heaptrack);
	tcase_add_test(t, heaptrack_values);
	tcase_add_test(t, heapsnapshot);
	tcase_add_test(t, heapsnapshot_typed);
	tcase_add_test(t, heapsnapshot_ids);
#ifdef HAVE_ZLIB
	tcase_add_test(t, pprof);
	tcase_add_test(t, pprof_values);
#else
	tcase_add_test(t, no_pprof);
#endif
}

int main(void)
{
	return sample_run("export", add);
}
