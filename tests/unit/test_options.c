/* SPDX-License-Identifier: MIT */
/*
 * MALLOC_TRACER_OPTIONS: what is understood, what is complained about, and
 * taking ourselves out of LD_PRELOAD.
 */
#include "preload/options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#define IGNORED "malloc_tracer: MALLOC_TRACER_OPTIONS: ignored: "

static char said[4096];

static void listen(const char *line, size_t len)
{
	strncat(said, line, len);
}

static struct mtr_options parse(const char *text)
{
	struct mtr_options o = MTR_OPTIONS_DEFAULT;

	said[0] = '\0';
	mtr_options_parse(text, listen, &o);
	return o;
}

static const struct {
	const char *text;
	bool frees, follow;
} good[] = {
	{ "", false, true },
	{ "frees=1", true, true },
	{ "frees=0", false, true },
	{ "follow=0", false, false },
	{ "follow=1", false, true },
	{ "frees=1,follow=0", true, false },
	{ "follow=0,frees=1", true, false },
	{ ",,frees=1,,", true, true },
	{ ",", false, true },
	{ "frees=1,frees=0", false, true },
};

START_TEST(understood)
{
	struct mtr_options o = parse(good[_i].text);

	ck_assert_str_eq(said, "");
	ck_assert_int_eq(o.frees, good[_i].frees);
	ck_assert_int_eq(o.follow, good[_i].follow);
	ck_assert_str_eq(o.log, "");
}
END_TEST

static const struct {
	const char *text;
	uint64_t sample;
} samples[] = {
	{ "sample=1", 1 },
	{ "sample=524288", 524288 },
	{ "sample=512K", 524288 },
	{ "sample=3M", 3145728 },
	{ "sample=1024G", UINT64_C(1) << 40 },
	{ "sample=5,sample=7", 7 },
};

START_TEST(samples_and_records)
{
	static const char *const bad[] = { "sample=",
					   "sample=0",
					   "sample=K",
					   "sample=1k",
					   "sample=-1",
					   "sample=1 ",
					   "sample=1025G",
					   "sample=1099511627777",
					   "sample=99999999999999999999999",
					   "sample=17179869185G",
					   "record=8",
					   "record=",
					   "record=160" };

	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		ck_assert_uint_eq(parse(samples[i].text).sample,
				  samples[i].sample);
		ck_assert_str_eq(said, "");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct mtr_options o = parse(bad[i]);
		char want[200];

		ck_assert_uint_eq(o.sample, 0);
		ck_assert(!o.long_record);
		snprintf(want, sizeof(want), IGNORED "%s\n", bad[i]);
		ck_assert_str_eq(said, want);
	}
	ck_assert(parse("record=16").long_record);
	ck_assert_str_eq(said, "");
}
END_TEST

/* The sizes, 0 behind the last. */
static void has_sizes(const char *text, const uint64_t *want, size_t n)
{
	struct mtr_options o = parse(text);

	ck_assert_str_eq(said, "");
	ck_assert(memcmp(o.snapshot_sizes, want, n * sizeof(*want)) == 0);
}

START_TEST(snapshots)
{
	static const char *const wrong[] = {
		"snapshot_at=",
		"snapshot_at=0",
		"snapshot_at=1:",
		"snapshot_at=:1",
		"snapshot_at=1::2",
		"snapshot_at=1M2",
		"snapshot_signal=0",
		"snapshot_signal=9",
		"snapshot_signal=11",
		"snapshot_signal=19",
		"snapshot_signal=33",
		"snapshot_signal=65",
		"snapshot_signal=",
		"snapshot_signal=USR1",
		"snapshot_file=",
		"snapshot_file=%",
		"snapshot_file=a%x",
		"snapshot_at=1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8",
	};
	char text[1100], want[200];
	struct mtr_options file;

	has_sizes("snapshot_at=1", (uint64_t[]){ 1, 0 }, 2);
	has_sizes("snapshot_at=2M:1K:3G",
		  (uint64_t[]){ 2 << 20, 1024, UINT64_C(3) << 30, 0 }, 4);
	ck_assert_int_eq(parse("snapshot_signal=10").snapshot_signal, 10);
	ck_assert_int_eq(parse("snapshot_signal=64").snapshot_signal, 64);
	file = parse("snapshot_file=/a/%p%%");
	ck_assert_str_eq(file.snapshot_file, "/a/%p%%");
	ck_assert_str_eq(said, "");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct mtr_options o = parse(wrong[i]);

		snprintf(want, sizeof(want), IGNORED "%s\n", wrong[i]);
		ck_assert_str_eq(said, want);
		ck_assert(!o.snapshot_sizes[0] && !o.snapshot_signal);
		ck_assert_str_eq(o.snapshot_file,
				 "malloc_tracer-%e-%p-%n.snapshot");
	}
	memset(text, 'x', sizeof(text));
	memcpy(text, "snapshot_file=", 14);
	text[14 + 1024] = '\0';
	parse(text);
	ck_assert_str_ne(said, "");
	text[14 + 1023] = '\0';
	ck_assert_uint_eq(strlen(parse(text).snapshot_file), 1023);
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(depths)
{
	char text[20];

	for (unsigned int n = 0; n <= 64; n++) {
		snprintf(text, sizeof(text), "stacks=%u", n);
		ck_assert_uint_eq(parse(text).stacks, n);
		ck_assert_str_eq(said, "");
	}
}
END_TEST

static const char *const bad[] = {
	"stacks=65", "stacks=064", "stacks=",	 "stacks=-1", "stacks=3x",
	"frees",     "frees=",	   "frees=2",	 "frees=01",  "frees=yes",
	"frees=-1",  "frees =1",   "frees= 1",	 " frees=1",  "Frees=1",
	"free=1",    "freess=1",   "=1",	 "=",	      "follow=",
	"follow=no", "follow=0=1", "nonsense=1", "frees:1",   "follow",
	"FOLLOW=0",  "follow=0;",  "log=",	 "frees=1 ",
};

START_TEST(ignored)
{
	struct mtr_options o = parse(bad[_i]);
	char expected[200];

	snprintf(expected, sizeof(expected), IGNORED "%s\n", bad[_i]);
	ck_assert_str_eq(said, expected);
	ck_assert(!o.frees && o.follow);
	ck_assert_str_eq(o.log, "");
}
END_TEST

START_TEST(one_line_for_each_and_the_rest_holds)
{
	struct mtr_options o = parse("frees=1,a,follow=0,b=2,");

	ck_assert_str_eq(said, IGNORED "a\n" IGNORED "b=2\n");
	ck_assert(o.frees && !o.follow);
}
END_TEST

START_TEST(very_long_is_cut)
{
	static char text[100001];

	memset(text, 'x', sizeof(text) - 1);
	parse(text);
	ck_assert(strncmp(said, IGNORED "xxx", sizeof(IGNORED) + 2) == 0);
	ck_assert(strlen(said) < 400);
	ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
}
END_TEST

/* One line stays one line, and a terminal gets no orders. */
START_TEST(control_characters)
{
	parse("a\nb\x1b[2J\x7f\tc");
	ck_assert_str_eq(said, IGNORED "a?b?[2J??c\n");
}
END_TEST

START_TEST(other_bytes_are_named_as_they_are)
{
	parse("gr\xc3\xb6\xc3\x9f"
	      "e=\xff");
	ck_assert_str_eq(said, IGNORED "gr\xc3\xb6\xc3\x9f"
				       "e=\xff\n");
}
END_TEST

START_TEST(from_the_environment)
{
	char *env[] = { (char *)"MALLOC_TRACER_OPTION=a",
			(char *)"MALLOC_TRACER_OPTIONSX=b",
			(char *)"MALLOC_TRACER_OPTIONS=c=d,e",
			(char *)"MALLOC_TRACER_OPTIONS=f", NULL };

	environ = env;
	ck_assert_str_eq(mtr_options_text(), "c=d,e");
	env[2] = NULL;
	ck_assert_ptr_eq(mtr_options_text(), NULL);
	environ = NULL;
	ck_assert_ptr_eq(mtr_options_text(), NULL);
}
END_TEST

static const struct {
	const char *list, *expected;
} lists[] = {
	{ "", "" },
	{ "lib.so", "" },
	{ "/a/b/lib.so", "" },
	{ "lib.so:x.so", "x.so" },
	{ "x.so:lib.so", "x.so" },
	{ "x.so:/a/lib.so:y.so", "x.so:y.so" },
	{ "x.so /a/lib.so y.so", "x.so:y.so" },
	{ "lib.so x.so:lib.so y.so lib.so", "x.so:y.so" },
	{ "lib.so:lib.so", "" },
	{ "/other/lib.so:x.so:/a/lib.so", "x.so" },
	{ "x.so", "x.so" },
	{ "/long/path/x.so:/y.so", "/long/path/x.so:/y.so" },
	{ "x y", "x:y" },
	{ ":: x.so : ", "x.so" },
	{ " :", "" },
	{ ":lib.so:", "" },
	{ "lib.so.0:mylib.so:lib.s:ib.so", "lib.so.0:mylib.so:lib.s:ib.so" },
	{ "lib.so/x.so", "lib.so/x.so" },
};

/* In a block of just its size, so that ASan sees a byte too much written. */
START_TEST(unpreload)
{
	size_t bytes = strlen(lists[_i].list) + 1;
	char *list = malloc(bytes);

	memcpy(list, lists[_i].list, bytes);
	mtr_options_unpreload(list, "lib.so");
	ck_assert_str_eq(list, lists[_i].expected);
	free(list);
}
END_TEST

Suite *options_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("options", &tc);

	tcase_add_loop_test(tc, understood, 0, sizeof(good) / sizeof(*good));
	tcase_add_test(tc, snapshots);
	tcase_add_test(tc, depths);
	tcase_add_test(tc, samples_and_records);
	tcase_add_loop_test(tc, ignored, 0, sizeof(bad) / sizeof(*bad));
	tcase_add_test(tc, one_line_for_each_and_the_rest_holds);
	tcase_add_test(tc, very_long_is_cut);
	tcase_add_test(tc, control_characters);
	tcase_add_test(tc, other_bytes_are_named_as_they_are);
	tcase_add_test(tc, from_the_environment);
	tcase_add_loop_test(tc, unpreload, 0, sizeof(lists) / sizeof(*lists));
	return s;
}
