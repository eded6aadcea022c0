/* SPDX-License-Identifier: MIT */
/* What each format makes of the sample. */
#include <stdlib.h>
#include <string.h>

#include "exported.h"

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
	",9,15,1961997487,0,1,0,0\n"
	",9,16,719489671,0,2,0,0\n"
	",9,17,3731035301,0,1,0,0\n"
	",8,7,2086032969,19,0,9,0\n"
	",8,7,2774526245,100,2,9,0\n"
	",8,7,4070005571,19,1,8,0\n"
	",8,5,808361833,8,0,16,0\n"
	",8,7,2114835781,500,0,12,0\n"
	",8,10,869057411,50,0,10,0\n"
	",8,3,2887857387,10,1,20,0\n"
	",8,2,261503621,0,0,13,0\n"
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

/* The third number of a block's node. */
static uint64_t heapsnapshot_id(size_t block)
{
	enum { BEFORE = 5, FIELDS = 7 }; /* the root, and places */
	char *text = heapsnapshot_of(), *at = strstr(text, "\"nodes\":[");
	uint64_t ret;

	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; i < (BEFORE + block) * FIELDS + 2; i++)
		at = strchr(at, ',') + 1;
	ret = strtoull(at, NULL, 10);
	free(text);
	return ret;
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

/* Two blocks that are alike in all that an id is made of. */
START_TEST(heapsnapshot_ids)
{
	struct mtr_block *blocks = s->heap.blocks.at;
	uint64_t a, b;

	hold(false);
	blocks[7] = blocks[0];
	a = heapsnapshot_id(0);
	b = heapsnapshot_id(7);
	ck_assert_uint_ne(a, b);
	ck_assert_uint_eq(a & b & 1, 1);
}
END_TEST

/* What diff takes for the same block has the same id, and nothing else. */
START_TEST(heapsnapshot_ids_kept)
{
	struct mtr_block *b = &s->heap.blocks.at[1];
	uint64_t before[BLOCKS];

	hold(false);
	for (size_t i = 0; i < BLOCKS; i++)
		before[i] = heapsnapshot_id(i);
	/* as realloc does in its place */
	b->size++;
	ck_assert_uint_ne(heapsnapshot_id(1), before[1]);
	b->size--;
	b->generation++;
	ck_assert_uint_ne(heapsnapshot_id(1), before[1]);
	b->generation--;
	b->usable += 16;
	ck_assert_uint_ne(heapsnapshot_id(1), before[1]);
	b->usable -= 16;
	b->stack = 0;
	ck_assert_uint_ne(heapsnapshot_id(1), before[1]);
	for (size_t i = 2; i < BLOCKS; i++)
		ck_assert_uint_eq(heapsnapshot_id(i), before[i]);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, folded);
	tcase_add_test(t, folded_names);
	tcase_add_test(t, heaptrack);
	tcase_add_test(t, heaptrack_values);
	tcase_add_test(t, heapsnapshot);
	tcase_add_test(t, heapsnapshot_typed);
	tcase_add_test(t, heapsnapshot_ids);
	tcase_add_test(t, heapsnapshot_ids_kept);
}

int main(void)
{
	return sample_run("export", add);
}
