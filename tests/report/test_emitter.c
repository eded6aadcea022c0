/* SPDX-License-Identifier: MIT */
/*
 * JSON to the byte: nesting, commas, and text from anywhere.
 */
#include "sample.h"

#include <stdlib.h>

#include "write/emitter.h"

static struct mtr_strbuf taken;

static int take(void *to, const char *bytes, size_t n)
{
	mtr_strbuf_add_bytes(to, bytes, n);
	return 0;
}

static void start(struct mtr_emitter *e)
{
	*e = (struct mtr_emitter){ .out = calloc(1, sizeof(*e->out)) };
	e->out->take = take;
	e->out->to = &taken;
}

static void is(struct mtr_emitter *e, const char *want)
{
	mtr_out_flush(e->out);
	free(e->out);
	sample_same(taken.text, want);
	taken = (struct mtr_strbuf){ 0 };
}

START_TEST(nesting)
{
	struct mtr_emitter e;

	start(&e);
	mtr_emit_object(&e, NULL);
	mtr_emit_number(&e, "n", UINT64_MAX);
	mtr_emit_object(&e, "empty");
	mtr_emit_end(&e);
	mtr_emit_array(&e, "all");
	mtr_emit_text(&e, NULL, "x");
	mtr_emit_array(&e, NULL);
	mtr_emit_end(&e);
	mtr_emit_null(&e, NULL);
	mtr_emit_object(&e, NULL);
	mtr_emit_bool(&e, "is", true);
	mtr_emit_addr(&e, "at", 0xabc);
	mtr_emit_end(&e);
	mtr_emit_end(&e);
	mtr_emit_bool(&e, "not", false);
	mtr_emit_end(&e);
	/* and another one */
	mtr_emit_object(&e, NULL);
	mtr_emit_end(&e);
	is(&e,
	   "{\"n\":18446744073709551615,\"empty\":{},\"all\":[\"x\",[],null,"
	   "{\"is\":true,\"at\":\"0xabc\"}],\"not\":false}\n{}\n");
}
END_TEST

START_TEST(rows)
{
	struct mtr_emitter e;

	start(&e);
	mtr_emit_object(&e, NULL);
	mtr_emit_number(&e, "a", 1);
	mtr_emit_rows(&e, "none");
	mtr_emit_end(&e);
	mtr_emit_rows(&e, "two");
	mtr_emit_object(&e, NULL);
	mtr_emit_number(&e, "b", 2);
	mtr_emit_number(&e, "c", 3);
	mtr_emit_end(&e);
	mtr_emit_array(&e, NULL);
	mtr_emit_number(&e, NULL, 4);
	mtr_emit_number(&e, NULL, 5);
	mtr_emit_end(&e);
	mtr_emit_end(&e);
	mtr_emit_number(&e, "d", 6);
	mtr_emit_end(&e);
	is(&e, "{\"a\":1,\n\"none\":[\n],\n\"two\":[\n{\"b\":2,\"c\":3},\n"
	       "[4,5]\n],\"d\":6}\n");
}
END_TEST

/* Nothing in a core may end a string, or tell a terminal what to do. */
START_TEST(text)
{
	struct mtr_emitter e;

	start(&e);
	mtr_emit_array(&e, NULL);
	mtr_emit_text(&e, NULL, "a\"b\\c\n\r\t\001\033\177/");
	mtr_emit_text(&e, NULL, "\xc3\xa4\xff\xe2\x82\xc2\x9b\xe0\x80\xaf");
	mtr_emit_text(&e, NULL,
		      "\xe2\x80\xae"
		      "evil\xe2\x81\xa9");
	mtr_emit_text(&e, NULL, NULL);
	mtr_emit_end(&e);
	is(&e, "[\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001b\\u007f/\","
	       "\"\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\u009b"
	       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\","
	       "\"\\u202eevil\\u2069\",\"\"]\n");
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, nesting);
	tcase_add_test(t, rows);
	tcase_add_test(t, text);
}

int main(void)
{
	return sample_run("emitter", add);
}
