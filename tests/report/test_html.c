/* SPDX-License-Identifier: MIT */
/* The page: its data is right, and no name in it is more than text. */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "write/html.h"

static struct mtr_heap_view *s[MTR_SIDES];
static struct mtr_filter_spec spec;
static struct mtr_filter filters[MTR_SIDES];
static struct mtr_profile profile;
static struct mtr_tally functions;
static struct mtr_memory memory;
static struct mtr_leaks leaks;
static struct mtr_diff stacks_diff, functions_diff;
static struct mtr_page page;

/* 0x6000 is lost, and 0x7000 hangs from it. */
static struct mtr_lost lost_at[] = { { .block = 6, .leader = 6 },
				     { .block = 7, .leader = 6 } };
static const struct mtr_lost_list lost = { .at = lost_at, .n = 2 };
static const struct mtr_threads threads;
static const struct mtr_roots roots = { .threads = &threads };

static void setup(void)
{
	sample_has_stacks = true;
	for (int i = 0; i < MTR_SIDES; i++)
		s[i] = sample_create();
	s[MTR_OLD]->name = "old.core";
	spec = MTR_FILTER_ALL;
	page = (struct mtr_page){
		.s = { [MTR_NEW] = s[MTR_NEW] },
		.time = { 1000000, 2000000 },
		.filter = &spec,
		.no_memory = "No <memory>.",
		.no_leaks = "No \"leaks\".",
	};
}

static void teardown(void)
{
	mtr_diff_fini(&stacks_diff);
	mtr_diff_fini(&functions_diff);
	mtr_leaks_fini(&leaks);
	mtr_memory_fini(&memory);
	mtr_tally_fini(&functions);
	mtr_profile_fini(&profile);
	for (int i = 0; i < MTR_SIDES; i++) {
		mtr_filter_fini(&filters[i]);
		sample_destroy(s[i]);
	}
	sample_has_stacks = false;
}

static void make_sums(void)
{
	const struct mtr_profile_spec as = { .value = page.value };

	ck_assert_ptr_null(
		mtr_filter_init(s[MTR_NEW], &spec, &filters[MTR_NEW]));
	ck_assert_ptr_null(
		mtr_profile_make(s[MTR_NEW], &filters[MTR_NEW], &as, &profile));
	ck_assert_ptr_null(
		mtr_tally_make(s[MTR_NEW], &filters[MTR_NEW], MTR_BY_FUNCTION,
			       mtr_value_sort(page.value), &functions));
	page.profile = &profile;
	page.functions = &functions;
}

static void make_diff(enum mtr_by by, struct mtr_diff *ret)
{
	struct mtr_diff_side sides[MTR_SIDES];

	for (int i = 0; i < MTR_SIDES; i++)
		sides[i] = (struct mtr_diff_side){ s[i],
						   &filters[i],
						   { .by = by } };
	ck_assert_ptr_null(mtr_diff_make(sides, ret));
}

static int take(void *b, const char *bytes, size_t n)
{
	mtr_strbuf_add_bytes(b, bytes, n);
	return 0;
}

static char *write_page(void)
{
	struct mtr_out *out = calloc(1, sizeof(*out));
	struct mtr_strbuf text = { 0 };

	out->take = take;
	out->to = &text;
	page.out = out;
	ck_assert_ptr_null(mtr_write_html(&page));
	mtr_out_flush(out);
	ck_assert_int_eq(out->error, 0);
	free(out);
	return text.text;
}

/* What stands in the element of the data. */
static char *write_data(void)
{
	static const char begin[] =
		"<script type=\"application/json\" id=\"data\">\n";
	char *whole = write_page(), *at = strstr(whole, begin), *end, *data;

	ck_assert_ptr_nonnull(at);
	at += strlen(begin);
	end = strstr(at, "</script>");
	ck_assert_ptr_nonnull(end);
	data = strndup(at, end - at);
	free(whole);
	return data;
}

/* ----------------------------------------------------------------- the data */

START_TEST(of_stacks)
{
	make_sums();
	sample_same(
		write_data(),
		"{\"schema\":1,\"command\":\"export\","
		"\"version\":\"" PACKAGE_VERSION "\","
		"\"target\":\"app.core\",\"kind\":\"core\",\"pid\":1234,"
		"\"exe\":\"\",\"time\":2,"
		"\"damaged\":1,\"sample\":0,\"depth\":32,"
		"\"warnings\":[\"it is \\\"cut\\\"\\u001b[m\"],"
		"\"old\":null,\"stripped\":[],"
		"\"value\":\"bytes\",\"values\":[\"bytes\",\"blocks\","
		"\"unused\"],"
		"\"filters\":{},"
		"\"totals\":[706,8,534],\"left_out\":[0,0,0],"
		"\"tree\":[8,0,7,1,6,1,5,1,1,1,2,0,3,0,4,0,3,0,4,"
		"0],"
		"\"rows\":[1,0,1,0,1,8,1,0,1,10,1,14,1,50,1,6,4,19,"
		"1,5,0,119,2,9,2,500,1,500],"
		"\"functions\":[4,638,4,514,5,50,1,6,6,10,1,14,7,8,"
		"1,0,8,0,1,0],"
		"\"names\":[\"\",\"start\",\"main\",\"work\",\"f(int,"
		" \\\"x\\\")\",\"0x9999\",\"libx.so+0x1233\",\"(corrupt)\"],"
		"\"modules\":[\"\",\"app\",\"libx.so\"],"
		"\"frames\":[0,0,1,2,2,1,3,1,4,1,5,0,2,2,6,2,7,0],"
		"\"no_memory\":\"No \\u003cmemory>.\","
		"\"memory\":null,"
		"\"no_leaks\":\"No \\\"leaks\\\".\","
		"\"leaks\":null}"
		"\n");
}
END_TEST

static const char *piece(const char *text, const char *begin)
{
	const char *at = strstr(text, begin);

	ck_assert_msg(at != NULL, "no %s in\n%s", begin, text);
	return at;
}

/* Of a caller alone the way is as long as what is inlined there. */
START_TEST(of_callers)
{
	char *text;

	for (size_t i = 0; i < s[MTR_NEW]->heap.blocks.n; i++)
		s[MTR_NEW]->heap.blocks.at[i].stack = 0;
	page.value = MTR_VALUE_UNUSED;
	make_sums();
	text = write_data();
	piece(text, "\"value\":\"unused\",");
	piece(text, "\"tree\":[7,0,6,1,5,1,4,1,3,1,1,1,2,0],"
		    "\"rows\":[1,8,1,0,1,0,1,0,1,50,1,6,1,119,2,9,1,10,1,14,"
		    "2,519,2,505],");
	piece(text, "\"names\":[\"\",\"work\",\"f(int, \\\"x\\\")\",\"main\","
		    "\"xmalloc\",");
	piece(text, "\"frames\":[0,0,1,1,2,1,3,2,4,1,");
	free(text);
}
END_TEST

/* f is one, inlined into work, which has what f asked for. */
START_TEST(wrappers_are_left_out)
{
	char *text;

	s[MTR_NEW]->sites.at[4].owner = 5;
	make_sums();
	text = write_data();
	/* start, main, work, and below it f and work once more */
	piece(text, "1,1,2,0,3,0,4,0,3,0],");
	piece(text,
	      "3,19,1,5,0,119,2,9,2,500,1,500],\"functions\":[3,638,4,514,");
	piece(text, "\"names\":[\"\",\"start\",\"main\",\"work\",");
	free(text);
}
END_TEST

START_TEST(of_what_grew)
{
	struct mtr_blocks *v = &s[MTR_NEW]->heap.blocks;

	/* 0x1030 shrank, and one of stack 500 is new */
	v->at[1].size = 60;
	*mtr_blocks_push(v) = (struct mtr_block){
		.addr = 0x8000,
		.size = 1000,
		.usable = 1016,
		.site = 4,
		.stack = 5,
	};
	for (int i = 0; i < MTR_SIDES; i++)
		ck_assert_ptr_null(mtr_filter_init(s[i], &spec, &filters[i]));
	make_diff(MTR_BY_STACK, &stacks_diff);
	make_diff(MTR_BY_FUNCTION, &functions_diff);
	page.s[MTR_OLD] = s[MTR_OLD];
	page.stacks_diff = &stacks_diff;
	page.functions_diff = &functions_diff;
	sample_same(
		write_data(),
		"{\"schema\":1,\"command\":\"export\","
		"\"version\":\"" PACKAGE_VERSION "\","
		"\"target\":\"app.core\",\"kind\":\"core\",\"pid\":1234,"
		"\"exe\":\"\",\"time\":2,"
		"\"damaged\":1,\"sample\":0,\"depth\":32,"
		"\"warnings\":[\"it is \\\"cut\\\"\\u001b[m\"],"
		"\"old\":{"
		"\"target\":\"old.core\",\"kind\":\"core\",\"pid\":1234,"
		"\"exe\":\"\",\"time\":1,"
		"\"damaged\":1,\"sample\":0,\"depth\":32,"
		"\"warnings\":[\"it is \\\"cut\\\"\\u001b[m\"]},"
		"\"depths_differ\":false,\"unchanged\":5,"
		"\"value\":\"bytes\",\"values\":[\"bytes\",\"blocks\","
		"\"unused\"],"
		"\"filters\":{},"
		"\"totals\":[706,1666,8,9,534,574],\"left_out\":[0,0,"
		"0,0,0,0],"
		"\"tree\":[1,0,2,0,3,0,4,0,3,0,4,0],"
		"\"rows\":[4,119,79,2,2,9,49,2,500,1500,1,2,500,"
		"500],"
		"\"functions\":[4,638,1598,4,5,514,554],"
		"\"names\":[\"\",\"start\",\"main\",\"work\",\"f(int,"
		" \\\"x\\\")\"],"
		"\"modules\":[\"\",\"app\",\"libx.so\",\"app\",\"libx.so\"],"
		"\"frames\":[0,0,1,2,2,1,3,1,4,1]}"
		"\n");
}
END_TEST

START_TEST(of_memory_and_leaks)
{
	char *text;

	make_sums();
	memory.resident = 300;
	memory.doubt = MTR_PAGES_CUT;
	memory.classes[MTR_MEMORY_DATA].bytes = 300;
	*mtr_memory_parts_push(&memory.classes[MTR_MEMORY_DATA].largest) =
		(struct mtr_memory_part){ strdup("<app>"), 200 };
	memory.beside[MTR_BESIDE_SWAPPED].known = true;
	memory.beside[MTR_BESIDE_SWAPPED].bytes = 5;
	ck_assert_ptr_null(mtr_leaks_make(s[MTR_NEW], &lost, &roots,
					  &filters[MTR_NEW], NULL, &leaks));
	page.memory = &memory;
	page.leaks = &leaks;
	text = write_data();
	sample_same(strdup(piece(text, "\"no_memory\"")),
		    "\"no_memory\":\"\","
		    "\"memory\":{\"resident\":300,"
		    "\"about\":\"about: the core is cut off\","
		    "\"classes\":[{"
		    "\"key\":\"requested\",\"bytes\":0,\"largest\":[]},{"
		    "\"key\":\"unused\",\"bytes\":0,\"largest\":[]},{"
		    "\"key\":\"records\",\"bytes\":0,\"largest\":[]},{"
		    "\"key\":\"free_pinned\",\"bytes\":0,\"largest\":[]},{"
		    "\"key\":\"free_pages\",\"bytes\":0,\"largest\":[]},{"
		    "\"key\":\"tracer\",\"bytes\":0,\"largest\":[]},{"
		    "\"key\":\"data\",\"bytes\":300,\"largest\":[{"
		    "\"key\":\"\\u003capp>\",\"bytes\":200}]},{"
		    "\"key\":\"files\",\"bytes\":0,\"largest\":[]},{"
		    "\"key\":\"stacks\",\"bytes\":0,\"largest\":[]},{"
		    "\"key\":\"other\",\"bytes\":0,\"largest\":[]}],"
		    "\"beside\":[{"
		    "\"key\":\"swapped\",\"bytes\":5}]},"
		    "\"no_leaks\":\"\","
		    "\"leaks\":{"
		    "\"definite\":{\"blocks\":1,\"bytes\":10},"
		    "\"indirect\":{\"blocks\":1,\"bytes\":0},"
		    "\"groups\":[{"
		    "\"definite\":true,"
		    "\"key\":\"main\",\"module\":\"libx.so\",\"blocks\":1,"
		    "\"bytes\":10,\"indirect_blocks\":1,"
		    "\"indirect_bytes\":0,"
		    "\"example\":\"0x6000\",\"note\":\"\",\"stack\":\"main\"},{"
		    "\"definite\":false,"
		    "\"key\":\"(corrupt)\",\"module\":\"\",\"blocks\":1,"
		    "\"bytes\":0,\"indirect_blocks\":0,"
		    "\"indirect_bytes\":0,"
		    "\"example\":\"0x7000\",\"note\":\"\","
		    "\"stack\":\"(corrupt)\"}],\"groups_left_out\":0,"
		    "\"missing\":[]}}"
		    "\n");
	free(text);
}
END_TEST

/* ----------------------------------------------------------------- the names
 */

START_TEST(names_are_inert)
{
	static const char evil[] =
		"</script><img src=x onerror=alert(1)><!--<script>\"\\\n";
	char *text, *at;

	for (size_t i = 0; i < s[MTR_NEW]->frames.n; i++)
		if (s[MTR_NEW]->frames.at[i].function)
			s[MTR_NEW]->frames.at[i].function = evil;
	s[MTR_NEW]->name = evil;
	s[MTR_NEW]->exe = evil;
	page.no_memory = evil;
	spec.module = NULL;
	make_sums();
	text = write_data();
	ck_assert_ptr_null(strchr(text, '<'));
	ck_assert_ptr_nonnull(strstr(
		text, "\"\\u003c/script>\\u003cimg src=x onerror=alert(1)>"
		      "\\u003c!--\\u003cscript>\\\"\\\\\\n\""));
	free(text);

	/* each element that the page begins with is there once */
	text = write_page();
	at = strstr(text, "<img");
	ck_assert_ptr_null(at);
	ck_assert_ptr_null(strstr(text, "alert(1)><"));
	at = strstr(text, "</script>");
	ck_assert_ptr_nonnull(at);
	at = strstr(at + 1, "</script>");
	ck_assert_ptr_nonnull(at);
	ck_assert_ptr_null(strstr(at + 1, "</script>"));
	free(text);
}
END_TEST

START_TEST(short_names)
{
	char *text;

	s[MTR_NEW]->frames.at[4].function = "f<int>(int)";
	page.short_names = true;
	make_sums();
	text = write_data();
	ck_assert_ptr_nonnull(strstr(text, "\"f(int)\""));
	ck_assert_ptr_null(strstr(text, "int>"));
	free(text);
}
END_TEST

/* ------------------------------------------------------------------ the page
 */

/* Nothing of it is anywhere else, and the browser asks nobody. */
START_TEST(it_is_alone)
{
	static const char *const outside[] = {
		"http:",   "https:", "src=", "href=", "url(",
		"@import", "//cdn",  "@css", "@js",   "@data",
	};
	char *text;

	make_sums();
	text = write_page();
	ck_assert_int_eq(strncmp(text, "<!DOCTYPE html>\n", 16), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n</html>\n"));
	ck_assert_ptr_nonnull(strstr(text, "content=\"default-src 'none'; "
					   "script-src 'sha256-"));
	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++)
		ck_assert_msg(!strstr(text, outside[i]), "%s", outside[i]);
	free(text);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, of_stacks);
	tcase_add_test(tests, of_callers);
	tcase_add_test(tests, wrappers_are_left_out);
	tcase_add_test(tests, of_what_grew);
	tcase_add_test(tests, of_memory_and_leaks);
	tcase_add_test(tests, names_are_inert);
	tcase_add_test(tests, short_names);
	tcase_add_test(tests, it_is_alone);
}

int main(void)
{
	return sample_run("html", add);
}
