/* SPDX-License-Identifier: MIT */
/*
 * Every answer in every format, to the byte.
 */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "write/text_words.h"

/* What stands above the table of the sample, whatever the groups are. */
#define HEAD                                                            \
	"target        app.core, a core of process 1234\n"              \
	"live          8 blocks, 706 bytes requested\n"                 \
	"allocated     1.4 KiB = 706 B requested + 534 B unused + 128 " \
	"B records + 48 B corrupt\n"                                    \
	"not recorded  1,500 blocks not on a 16-byte boundary\n"        \
	"              1 block handed out during start-up\n"            \
	"corrupt       1 block whose record makes no sense\n"           \
	"ignored       2 marks inside of other blocks\n"                \
	"warning       it is \"cut\"?[m\n"                              \
	"\n"

START_TEST(text_report)
{
	sample_same(
		sample_report(&mtr_write_text, MTR_BY_FUNCTION, MTR_SORT_BYTES,
			      3, 0),
		HEAD
		"     BYTES  SHARE    BLOCKS     UNUSED  FUNCTION\n"
		"     500 B  70.8%         1      500 B  f(int, \"x\")  [app]\n"
		"     138 B  19.5%         3       14 B  main  [app]\n"
		"      50 B   7.1%         1        6 B  0x9999\n"
		"      18 B in 3 blocks of 3 more groups (--top=0 shows "
		"all)\n");
}
END_TEST

START_TEST(terminal_by_caller)
{
	sample_same(
		sample_report(&mtr_write_text, MTR_BY_CALLER, MTR_SORT_BLOCKS,
			      0, 80),
		HEAD
		"     BYTES  SHARE             BLOCKS     UNUSED  CALLER\n"
		"      38 B  25.0% ##               2       10 B  app+0x100f  "
		"main at app.c:10\n"
		"     500 B  12.5% #                1      500 B  app+0x102f  "
		"f(int, \"x\") at d...\n"
		"     100 B  12.5% #                1        4 B  app+0x101f  "
		"main at app.c:20\n"
		"      50 B  12.5% #                1        6 B  0x9999\n"
		"      10 B  12.5% #                1       14 B  "
		"libx.so+0x1fff  main\n"
		"       8 B  12.5% #                1        0 B  "
		"libx.so+0x1233\n"
		"       0 B  12.5% #                1        0 B  (corrupt)\n");
}
END_TEST

START_TEST(terminal_by_line)
{
	sample_same(
		sample_report(&mtr_write_text, MTR_BY_LINE, MTR_SORT_SLACK, 0,
			      60),
		HEAD
		"     BYTES  SHARE             BLOCKS     UNUSED  LINE\n"
		"     500 B  93.6% #######          1      500 B  dir/h,1.h:5\n"
		"      10 B   2.6%                  1       14 B  main\n"
		"      38 B   1.9%                  2       10 B  app.c:10\n"
		"      50 B   1.1%                  1        6 B  0x9999\n"
		"     100 B   0.7%                  1        4 B  app.c:20\n"
		"       8 B   0.0%                  1        0 B  ...o+0x1233\n"
		"       0 B   0.0%                  1        0 B  (corrupt)\n");
}
END_TEST

START_TEST(json_report)
{
	sample_same(
		sample_report(&mtr_write_json, MTR_BY_FUNCTION, MTR_SORT_BYTES,
			      2, 0),
		"{\"schema\":1,\"command\":\"report\",\"target\":\"app.core\","
		"\"by\":\"function\",\"sort\":\"bytes\",\"top\":2,\"filters\":{"
		"},\"left_out\":{\"by_filters\":{\"blocks\":0,\"bytes\":0,"
		"\"usable\":0,\"slack\":0},\"by_top\":{\"groups\":4,\"blocks\":"
		"4,\"bytes\":68,\"usable\":200,\"slack\":20}},\"totals\":{"
		"\"blocks\":8,\"bytes\":706,\"usable\":1416,\"slack\":534},"
		"\"resident\":0,\"wrappers\":{\"blocks\":0,\"bytes\":0,"
		"\"usable\":0,\"slack\":0},\"stripped\":[],\"allocators\":[],"
		"\"tracer\":{\"ledger\":4096,\"stacks\":0,\"records\":128},"
		"\"not_recorded\":{\"unaligned\":1500,\"small\":0,\"high\":0,"
		"\"ledger\":0,\"startup\":1,\"nested\":0,\"foreign\":0,"
		"\"large\":0,\"room\":0,\"others\":0},\"damaged\":1,\"no_"
		"code\":0,\"conflicts\":2,\"lost\":0,\"without_stack\":0,"
		"\"sample\":0,"
		"\"warnings\":[\"it is \\\"cut\\\"\\u001b[m\"],\n"
		"\"frames\":[\n"
		"{\"pc\":\"0x401030\",\"function\":\"f(int, "
		"\\\"x\\\")\",\"file\":\"dir/"
		"h,1.h\",\"line\":5,\"module\":\"app\",\"inlined\":true},\n"
		"{\"pc\":\"0x401030\",\"function\":\"work\",\"file\":\"app.c\","
		"\"line\":30,\"module\":\"app\"},\n"
		"{\"pc\":\"0x401020\",\"function\":\"main\",\"file\":\"app.c\","
		"\"line\":20,\"module\":\"app\"}\n"
		"],\n"
		"\"groups\":[\n"
		"{\"key\":\"f(int, "
		"\\\"x\\\")\",\"module\":\"app\",\"bytes\":500,\"blocks\":1,"
		"\"usable\":1016,\"slack\":500,\"stack\":[0,1],\"owner\":0},\n"
		"{\"key\":\"main\",\"module\":\"app\",\"bytes\":138,\"blocks\":"
		"3,\"usable\":200,\"slack\":14,\"stack\":[2],\"owner\":2}\n"
		"]}\n");
}
END_TEST

START_TEST(csv_report)
{
	sample_same(sample_report(&mtr_write_csv, MTR_BY_LINE, MTR_SORT_BYTES,
				  0, 0),
		    "key,module,bytes,blocks,usable,slack,function,file,line\n"
		    "\"dir/h,1.h:5\",app,500,1,1016,500,\"f(int, "
		    "\"\"x\"\")\",\"dir/h,1.h\",5\n"
		    "app.c:20,app,100,1,120,4,main,app.c,20\n"
		    "0x9999,,50,1,72,6,0x9999,,0\n"
		    "app.c:10,app,38,2,80,10,main,app.c,10\n"
		    "main,libx.so,10,1,40,14,main,,0\n"
		    "libx.so+0x1233,libx.so,8,1,24,0,libx.so+0x1233,,0\n"
		    "(corrupt),,0,1,64,0,(corrupt),,0\n");
}
END_TEST

START_TEST(text_list)
{
	sample_same(
		sample_list(&mtr_write_text, &MTR_FILTER_ALL),
		"       ADDRESS       SIZE     USABLE GEN  OWNER\n"
		"        0x1000         19         40   0  main  [app]\n"
		"        0x1030        100        120   0  main  [app]\n"
		"        0x2000         19         40   1  main  [app]\n"
		"        0x3000          8         24   2  libx.so+0x1233\n"
		"        0x4000        500       1016   2  f(int, \"x\")  "
		"[app]\n"
		"        0x5000         50         72   3  0x9999\n"
		"        0x6000         10         40   0  main  [libx.so]\n"
		"        0x7000          0         64   0  (corrupt)\n"
		"8 blocks, 706 bytes requested\n");
}
END_TEST

START_TEST(json_list)
{
	sample_same(
		sample_list(&mtr_write_json, &MTR_FILTER_ALL),
		"{\"schema\":1,\"command\":\"list\",\"addr\":\"0x1000\","
		"\"size\":19,\"usable\":40,\"caller\":\"0x401010\","
		"\"function\":\"main\",\"module\":\"app\",\"stack_id\":0,"
		"\"generation\":0}\n"
		"{\"schema\":1,\"command\":\"list\",\"addr\":\"0x1030\","
		"\"size\":100,\"usable\":120,\"caller\":\"0x401020\","
		"\"function\":\"main\",\"module\":\"app\",\"stack_id\":0,"
		"\"generation\":0}\n"
		"{\"schema\":1,\"command\":\"list\",\"addr\":\"0x2000\","
		"\"size\":19,\"usable\":40,\"caller\":\"0x401010\","
		"\"function\":\"main\",\"module\":\"app\",\"stack_id\":0,"
		"\"generation\":1}\n"
		"{\"schema\":1,\"command\":\"list\",\"addr\":\"0x3000\","
		"\"size\":8,\"usable\":24,\"caller\":\"0x7f0000001234\","
		"\"function\":\"libx.so+0x1233\",\"module\":\"libx.so\","
		"\"stack_id\":0,\"generation\":2}\n"
		"{\"schema\":1,\"command\":\"list\",\"addr\":\"0x4000\","
		"\"size\":500,\"usable\":1016,\"caller\":\"0x401030\","
		"\"function\":\"f(int, "
		"\\\"x\\\")\",\"module\":\"app\",\"stack_id\":0,\"generation\":"
		"2}\n"
		"{\"schema\":1,\"command\":\"list\",\"addr\":\"0x5000\","
		"\"size\":50,\"usable\":72,\"caller\":\"0x9999\",\"function\":"
		"\"0x9999\",\"module\":\"\",\"stack_id\":0,\"generation\":3}\n"
		"{\"schema\":1,\"command\":\"list\",\"addr\":\"0x6000\","
		"\"size\":10,\"usable\":40,\"caller\":\"0x7f0000002000\","
		"\"function\":\"main\",\"module\":\"libx.so\",\"stack_id\":0,"
		"\"generation\":0}\n"
		"{\"schema\":1,\"command\":\"list\",\"addr\":\"0x7000\","
		"\"size\":0,\"usable\":64,\"caller\":\"0x0\",\"function\":\"("
		"corrupt)\",\"module\":\"\",\"stack_id\":0,\"generation\":0,"
		"\"damaged\":true}\n");
}
END_TEST

START_TEST(csv_list)
{
	sample_same(
		sample_list(&mtr_write_csv, &MTR_FILTER_ALL),
		"addr,size,usable,caller,function,module,stack_id,generation\n"
		"0x1000,19,40,0x401010,main,app,0,0\n"
		"0x1030,100,120,0x401020,main,app,0,0\n"
		"0x2000,19,40,0x401010,main,app,0,1\n"
		"0x3000,8,24,0x7f0000001234,libx.so+0x1233,libx.so,0,2\n"
		"0x4000,500,1016,0x401030,\"f(int, \"\"x\"\")\",app,0,2\n"
		"0x5000,50,72,0x9999,0x9999,,0,3\n"
		"0x6000,10,40,0x7f0000002000,main,libx.so,0,0\n"
		"0x7000,0,64,0x0,(corrupt),,0,0\n");
}
END_TEST

START_TEST(chap_list)
{
	sample_same(sample_list(&mtr_write_chap, &MTR_FILTER_ALL),
		    "Used allocation at 1000 of size 28\n"
		    "\n"
		    "Used allocation at 1030 of size 78\n"
		    "\n"
		    "Used allocation at 2000 of size 28\n"
		    "\n"
		    "Used allocation at 3000 of size 18\n"
		    "\n"
		    "Used allocation at 4000 of size 3f8\n"
		    "\n"
		    "Used allocation at 5000 of size 48\n"
		    "\n"
		    "Used allocation at 6000 of size 28\n"
		    "\n"
		    "Used allocation at 7000 of size 40\n"
		    "\n"
		    "8 allocations use 0x588 (1,416) bytes.\n");
}
END_TEST

START_TEST(free_heap)
{
	sample_same(sample_gaps(&mtr_write_text),
		    "       ADDRESS     USABLE\n"
		    "        0x1050         24\n"
		    "        0x8010       4096\n"
		    "2 pieces of free heap, 4.0 KiB (4,120 bytes)\n");
	sample_same(sample_gaps(&mtr_write_json),
		    "{\"schema\":1,\"command\":\"list\",\"addr\":\"0x1050\","
		    "\"usable\":24,\"state\":\"free\"}\n"
		    "{\"schema\":1,\"command\":\"list\",\"addr\":\"0x8010\","
		    "\"usable\":4096,\"state\":\"free\"}\n");
	sample_same(sample_gaps(&mtr_write_csv), "addr,usable\n"
						 "0x1050,24\n"
						 "0x8010,4096\n");
	sample_same(sample_gaps(&mtr_write_chap),
		    "Free allocation at 1050 of size 18\n"
		    "\n"
		    "Free allocation at 8010 of size 1000\n"
		    "\n"
		    "2 allocations use 0x1018 (4,120) bytes.\n");
}
END_TEST

START_TEST(text_why_live)
{
	sample_same(sample_why(&mtr_write_text, 0x4001),
		    "0x4001 is 1 byte into a live block\n"
		    "block         0x4000 to 0x43f8: 1,016 bytes usable\n"
		    "requested     500 bytes; 500 unused, 16 for the record\n"
		    "generation    2\n"
		    "allocated by  f(int, \"x\") at dir/h,1.h:5, inlined into\n"
		    "              work at app.c:30 [app+0x102f]\n"
		    "mapping       0x1000 to 0x8000 rw- [heap]\n"
		    "before        0x3000: 8 bytes, 4.0 KiB away, allocated by "
		    "libx.so+0x1233\n"
		    "after         0x5000: 50 bytes, 3.0 KiB away, allocated "
		    "by 0x9999\n"
		    "\n"
		    "        4001  49 20 61 6d 20 61 20 6d  79 5f 73 74 72 75 "
		    "63 74  I am a my_struct\n"
		    "        4011  31 39 00 ff                                 "
		    "      19..\n");
}
END_TEST

START_TEST(text_why_freed)
{
	sample_same(
		sample_why(&mtr_write_text, 0x10b5),
		"0x10b5 is 5 bytes into a freed block\n"
		"block         0x10b0 to 0x10e8: 56 bytes usable\n"
		"requested     30 bytes; 10 unused, 16 for the record\n"
		"allocated by  main at app.c:10 [app+0x100f]\n"
		"mapping       0x1000 to 0x8000 rw- [heap]\n"
		"before        0x1030: 100 bytes, 8 B away, allocated by main\n"
		"after         0x2000: 19 bytes, 3.8 KiB away, allocated by "
		"main\n"
		"\n"
		"        10b5  49 20 61 6d 20 61 20 6d  79 5f 73 74 72 75 63 "
		"74  I am a my_struct\n"
		"        10c5  31 39 00 ff                                     "
		"  19..\n");
}
END_TEST

START_TEST(text_why_unknown)
{
	sample_same(sample_why(&mtr_write_text, 0x9000),
		    "0x9000 is in no recorded block\n"
		    "mapping       none: nothing is there\n"
		    "before        0x7000: 0 bytes, 7.9 KiB away, allocated by "
		    "(corrupt)\n"
		    "after         no block\n");
}
END_TEST

START_TEST(json_why_live)
{
	sample_same(
		sample_why(&mtr_write_json, 0x4001),
		"{\"schema\":1,\"command\":\"why\",\"target\":\"app.core\","
		"\"addr\":\"0x4000\",\"asked\":\"0x4001\",\"state\":\"live\","
		"\"size\":500,\"usable\":1016,\"offset\":1,\"generation\":2,"
		"\"type\":\"\","
		"\"stack\":[{\"pc\":\"0x401030\",\"function\":\"f(int, "
		"\\\"x\\\")\",\"file\":\"dir/"
		"h,1.h\",\"line\":5,\"module\":\"app\",\"inlined\":true},{"
		"\"pc\":\"0x401030\",\"function\":\"work\",\"file\":\"app.c\","
		"\"line\":30,\"module\":\"app\"}],"
		"\"retained\":null,\"lost\":null,\"path\":null,"
		"\"referrers\":null,\"referents\":null,"
		"\"no_references\":\"\",\"before\":{\"addr\":"
		"\"0x3000\",\"state\":\"live\",\"size\":8,\"usable\":24,"
		"\"function\":\"libx.so+0x1233\"},\"after\":{\"addr\":"
		"\"0x5000\",\"state\":\"live\",\"size\":50,\"usable\":72,"
		"\"function\":\"0x9999\"},\"mapping\":{\"start\":\"0x1000\","
		"\"end\":\"0x8000\",\"path\":\"[heap]\"},\"global\":null}\n");
}
END_TEST

START_TEST(json_why_unknown)
{
	sample_same(
		sample_why(&mtr_write_json, 0x9000),
		"{\"schema\":1,\"command\":\"why\",\"target\":\"app.core\","
		"\"addr\":\"0x9000\",\"asked\":\"0x9000\",\"state\":"
		"\"unknown\",\"size\":0,\"usable\":0,\"offset\":0,"
		"\"generation\":0,\"type\":\"\",\"stack\":[],"
		"\"retained\":null,\"lost\":null,\"path\":null,"
		"\"referrers\":null,\"referents\":null,"
		"\"no_references\":\"\",\"before\":{"
		"\"addr\":\"0x7000\","
		"\"state\":\"live\",\"size\":0,\"usable\":64,\"function\":\"("
		"corrupt)\"},\"after\":null,\"mapping\":null,\"global\":null}"
		"\n");
}
END_TEST

/* A global that leads to an object of a class. */
START_TEST(why_global)
{
	char *text, *json;

	sample_has_types = true;
	text = sample_why(&mtr_write_text, 0x4000);
	ck_assert_msg(
		strstr(text,
		       "global        g_?cache + 8  [app] at 0x600010, 24 "
		       "bytes, the first word is 0x4000\n"
		       "0x4000 is the start of a live block\n") == text,
		"%s", text);
	ck_assert_msg(strstr(text, "\ntype          N::A\nallocated by"), "%s",
		      text);
	json = sample_why(&mtr_write_json, 0x4000);
	ck_assert_msg(
		strstr(json, ",\"generation\":2,\"type\":\"N::A\",\"stack\":"),
		"%s", json);
	ck_assert_msg(strstr(json,
			     ",\"global\":{\"name\":\"g_\\tcache\",\"module\":"
			     "\"app\",\"addr\":\"0x600010\",\"size\":24,"
			     "\"offset\":8,\"word\":\"0x4000\"}}\n"),
		      "%s", json);
	free(text);
	free(json);
}
END_TEST

/* A class has no module and no place. */
START_TEST(report_by_type)
{
	char *text;

	sample_has_types = true;
	text = sample_report(&mtr_write_text, MTR_BY_TYPE, MTR_SORT_BYTES, 2,
			     0);
	ck_assert_msg(strstr(text,
			     "     BYTES  SHARE    BLOCKS     UNUSED  TYPE\n"
			     "     519 B  73.5%         2      505 B  N::A\n"
			     "     119 B  16.9%         2        9 B  block of "
			     "main  [app]\n"),
		      "%s", text);
	free(text);
	text = sample_report(&mtr_write_csv, MTR_BY_TYPE, MTR_SORT_BYTES, 2, 0);
	sample_same(text, "key,module,bytes,blocks,usable,slack,function,file,"
			  "line\n"
			  "N::A,,519,2,1056,505,,,\n"
			  "block of main,app,119,2,160,9,main,app.c,20\n");
}
END_TEST

START_TEST(text_info)
{
	sample_same(
		sample_info(&mtr_write_text),
		"target        app.core, a core of process 1234\n"
		"version       0.1.0, format 1\n"
		"options       stacks=0,frees=1,follow=0\n"
		"allocator     /lib/libc.so.6\n"
		"threads       5\n"
		"              1234 a?pp: sp 0x7ff0, stack 0x7000 to "
		"0x9000\n"
		"              1235: sp 0x10, its stack is not known\n"
		"              1236: sp 0, its stack is not known\n"
		"              1237: sp 0, its stack is not known\n"
		"              (--json has all of them)\n"
		"live          8 blocks, 706 bytes requested\n"
		"allocated     1.4 KiB = 706 B requested + 534 B unused + "
		"128 B records + 48 B corrupt\n"
		"callers       6 distinct\n"
		"generation    3\n"
		"freed         1 block with its record still there\n"
		"tracer        4.1 KiB = 128 B records in blocks + 4.0 KiB "
		"ledger\n"
		"snapshots     2 written, 1 failed, the last with: No space "
		"left on device\n"
		"not recorded  1,500 blocks not on a 16-byte boundary\n"
		"              1 block handed out during start-up\n"
		"corrupt       1 block whose record makes no sense\n"
		"ignored       2 marks inside of other blocks\n"
		"warning       it is \"cut\"?[m\n");
}
END_TEST

START_TEST(json_info)
{
	sample_same(sample_info(&mtr_write_json),
		    "{\"schema\":1,\"command\":\"info\",\"target\":\"app."
		    "core\",\"kind\":\"core\",\"pid\":1234,\"version\":\"0.1."
		    "0\",\"format\":1,\"options\":{\"stacks\":0,\"frees\":1,"
		    "\"follow\":0,\"caller\":\"outside\",\"record\":16,"
		    "\"sample\":0},\"counters\":false,"
		    "\"debug\":false,\"generation\":3,\"allocator\":\"/lib/"
		    "libc.so.6\",\"threads\":[{\"tid\":1234,\"name\":"
		    "\"a\\tpp\",\"sp\":\"0x7ff0\",\"stack_start\":\"0x7000\","
		    "\"stack_end\":\"0x9000\"},{\"tid\":1235,\"name\":\"\","
		    "\"sp\":\"0x10\",\"stack_start\":\"0x0\",\"stack_end\":"
		    "\"0x0\"},{\"tid\":1236,\"name\":\"\",\"sp\":\"0x0\","
		    "\"stack_start\":\"0x0\",\"stack_end\":\"0x0\"},{\"tid\":"
		    "1237,\"name\":\"\",\"sp\":\"0x0\",\"stack_start\":\"0x0\","
		    "\"stack_end\":\"0x0\"},{\"tid\":1238,\"name\":\"\",\"sp\":"
		    "\"0x0\",\"stack_start\":\"0x0\",\"stack_end\":\"0x0\"}],"
		    "\"totals\":{\"blocks\":8,\"bytes\":706,"
		    "\"usable\":1416,\"slack\":534},\"resident\":0,\"freed\":1,"
		    "\"callers\":6,\"stacks\":{\"depth\":0,\"distinct\":0,"
		    "\"frames\":0,\"bytes\":0,\"unknown\":0,\"ended\":{\"no_"
		    "cfi\":0,\"expression\":0,\"damaged\":0,\"stack\":0}},"
		    "\"tracer\":{\"ledger\":4096,\"stacks\":0,\"records\":128},"
		    "\"not_recorded\":{\"unaligned\":1500,\"small\":0,\"high\":"
		    "0,\"ledger\":0,\"startup\":1,\"nested\":0,\"foreign\":0,"
		    "\"large\":0,\"room\":0,\"others\":0},\"snapshots\":{"
		    "\"written\":2,\"failed\":1,\"error\":\"No space left "
		    "on device\"},\"damaged\":1,\"no_"
		    "code\":0,\"conflicts\":2,\"lost\":0,\"without_stack\":0,"
		    "\"sample\":0,"
		    "\"warnings\":[\"it is \\\"cut\\\"\\u001b[m\"]}\n");
}
END_TEST

/* What goes to a terminal fits it, whatever the names. */
START_TEST(fits)
{
	for (int by = 0; by < MTR_BY_ROOT; by++) {
		char *text = sample_report(&mtr_write_text, by, MTR_SORT_BYTES,
					   0, 80);
		char *table = strstr(text, "\n\n");
		char *rest = table;

		ck_assert_ptr_nonnull(table);
		for (char *line; (line = strsep(&rest, "\n"));)
			ck_assert_msg(mtr_text_columns(line) <= 80, "%s", line);
		free(text);
	}
}
END_TEST

static int take(void *to, const char *bytes, size_t n)
{
	mtr_strbuf_add_bytes(to, bytes, n);
	return 0;
}

static char *cleaned(const char *text, int columns, enum mtr_cut cut)
{
	struct mtr_strbuf b = { 0 };
	struct mtr_out *o = calloc(1, sizeof(*o));
	struct mtr_writer w = { .out = o };

	o->take = take;
	o->to = &b;
	mtr_text_fit(&w, text, columns, cut);
	mtr_out_flush(o);
	free(o);
	return b.text ? b.text : strdup("");
}

/* Nothing in a core may tell the terminal what to do. */
START_TEST(hostile_names)
{
	sample_same(cleaned("a\033[31mb\r\n\177", 0, MTR_CUT_END),
		    "a?[31mb???");
	sample_same(cleaned("x\x9b"
			    "1m\xc2\x9b"
			    "2m",
			    0, MTR_CUT_END),
		    "x?1m?2m");
	sample_same(cleaned("\xc3\xa4\xff\xe2\x82", 0, MTR_CUT_END),
		    "\xc3\xa4???");
	sample_same(cleaned("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6", 4,
			    MTR_CUT_END),
		    "\xc3\xa4...");
	sample_same(cleaned("abcdefgh", 5, MTR_CUT_START), "...gh");
	sample_same(cleaned("abcde", 5, MTR_CUT_START), "abcde");
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, text_report);
	tcase_add_test(t, terminal_by_caller);
	tcase_add_test(t, terminal_by_line);
	tcase_add_test(t, json_report);
	tcase_add_test(t, csv_report);
	tcase_add_test(t, text_list);
	tcase_add_test(t, json_list);
	tcase_add_test(t, csv_list);
	tcase_add_test(t, chap_list);
	tcase_add_test(t, free_heap);
	tcase_add_test(t, text_why_live);
	tcase_add_test(t, text_why_freed);
	tcase_add_test(t, text_why_unknown);
	tcase_add_test(t, json_why_live);
	tcase_add_test(t, json_why_unknown);
	tcase_add_test(t, why_global);
	tcase_add_test(t, report_by_type);
	tcase_add_test(t, text_info);
	tcase_add_test(t, json_info);
	tcase_add_test(t, fits);
	tcase_add_test(t, hostile_names);
}

int main(void)
{
	return sample_run("write", add);
}
