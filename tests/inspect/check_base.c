/* SPDX-License-Identifier: MIT */
/* Unit tests of src/base. */
#include <check.h>
#include <errno.h>

#include "base/error.h"
#include "base/map.h"
#include "base/pack.h"
#include "base/strbuf.h"
#include "base/vector.h"
#include "suite.h"

MTR_VECTOR(numbers, int);

START_TEST(error_says_what)
{
	struct mtr_error *e = mtr_error_create("%d of %s", 3, "many");

	ck_assert_str_eq(mtr_error_text(e), "3 of many");
	e = mtr_error_prefix(e, "file %c", 'x');
	ck_assert_str_eq(mtr_error_text(e), "file x: 3 of many");
	mtr_error_destroy(e);
}
END_TEST

START_TEST(error_of_errno)
{
	struct mtr_error *e = mtr_error_errno(ENOENT, "%s", "here");

	ck_assert_str_eq(mtr_error_text(e), "here: No such file or directory");
	mtr_error_destroy(e);
}
END_TEST

static void is_coded(struct mtr_error *e, enum mtr_error_code code)
{
	ck_assert_int_eq(mtr_error_code(e), code);
	e = mtr_error_prefix(e, "in front");
	ck_assert_int_eq(mtr_error_code(e), code);
	mtr_error_destroy(e);
}

START_TEST(error_has_a_code)
{
	is_coded(mtr_error_create("any"), MTR_ERROR_OTHER);
	is_coded(mtr_error_coded(MTR_ERROR_DAMAGED, "%d", 1),
		 MTR_ERROR_DAMAGED);
	is_coded(mtr_error_errno(EIO, "it"), MTR_ERROR_OTHER);
	is_coded(mtr_error_errno(ENOENT, "it"), MTR_ERROR_NOT_FOUND);
	is_coded(mtr_error_errno(ESRCH, "it"), MTR_ERROR_GONE);
	is_coded(mtr_error_errno(EPERM, "it"), MTR_ERROR_NOT_PERMITTED);
	is_coded(mtr_error_errno(EACCES, "it"), MTR_ERROR_NOT_PERMITTED);
	is_coded(mtr_error_errno(ENOMEM, "it"), MTR_ERROR_NOMEM);
	is_coded(mtr_error_nomem(), MTR_ERROR_NOMEM);
}
END_TEST

START_TEST(error_without_memory_may_be_destroyed)
{
	struct mtr_error *e = mtr_error_nomem();

	mtr_error_destroy(e);
	mtr_error_destroy(NULL);
	ck_assert_str_eq(mtr_error_text(mtr_error_nomem()), "out of memory");
	e = mtr_error_prefix(mtr_error_nomem(), "reading");
	ck_assert_str_eq(mtr_error_text(e), "reading: out of memory");
	mtr_error_destroy(e);
}
END_TEST

START_TEST(strbuf_grows)
{
	struct mtr_strbuf b = { 0 };
	size_t want = 0;

	ck_assert_str_eq(mtr_strbuf_text(&b), "");
	for (int i = 0; i < 5000; i++) {
		mtr_strbuf_printf(&b, "%05d", i);
		mtr_strbuf_add(&b, ",");
		mtr_strbuf_add_bytes(&b, "xy", 1);
		want += 7;
		ck_assert_uint_eq(b.len, want);
		ck_assert_uint_eq(strlen(b.text), want);
	}
	ck_assert_int_eq(strncmp(b.text + 7 * 4321, "04321,x", 7), 0);
	ck_assert(!b.failed);
	mtr_strbuf_fini(&b);
	ck_assert_str_eq(mtr_strbuf_text(&b), "");
}
END_TEST

/* The end needs room, too. */
START_TEST(strbuf_of_any_length)
{
	char text[300];

	memset(text, 'x', sizeof(text));
	for (size_t n = 0; n < sizeof(text); n++) {
		struct mtr_strbuf once = { 0 }, twice = { 0 };

		mtr_strbuf_add_bytes(&once, text, n);
		mtr_strbuf_add_bytes(&twice, text, n / 2);
		mtr_strbuf_printf(&twice, "%.*s", (int)(n - n / 2), text);
		ck_assert_uint_eq(strlen(mtr_strbuf_text(&once)), n);
		ck_assert_str_eq(mtr_strbuf_text(&once),
				 mtr_strbuf_text(&twice));
		ck_assert(!n || (once.room > n && twice.room > n));
		mtr_strbuf_fini(&once);
		mtr_strbuf_fini(&twice);
	}
}
END_TEST

START_TEST(strbuf_without_memory_is_said_once)
{
	struct mtr_strbuf b = { 0 };

	mtr_strbuf_add(&b, "kept");
	b.len = SIZE_MAX - 2; /* as if it held all there is */
	mtr_strbuf_add(&b, "lost");
	ck_assert(b.failed);
	b.len = 4;
	mtr_strbuf_add(&b, "lost");
	mtr_strbuf_printf(&b, "%s", "lost");
	ck_assert_str_eq(mtr_strbuf_text(&b), "kept");
	mtr_strbuf_fini(&b);
}
END_TEST

START_TEST(vector_grows)
{
	struct numbers v = { 0 };
	volatile size_t all = SIZE_MAX; /* the compiler may not know */

	for (int i = 0; i < 1000; i++)
		*numbers_push(&v) = i;
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(v.at[i], i);
	ck_assert_uint_eq(v.n, 1000);
	ck_assert(!numbers_reserve(&v, all));
	ck_assert_int_eq(v.at[999], 999);
	numbers_fini(&v);
	ck_assert_ptr_null(v.at);
}
END_TEST

struct squared {
	uint64_t n, square;
};

static uint64_t squared_hash(uint64_t n)
{
	return mtr_hash_number(n, 0);
}

static bool squared_is(const struct squared *item, uint64_t n)
{
	return item->n == n;
}

MTR_MAP(squares, struct squared, uint64_t, squared_hash, squared_is);

START_TEST(map_finds_what_was_put_in)
{
	struct squares v = { 0 };
	bool is_new;

	ck_assert_ptr_null(squares_find(&v, 1));
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < 5000; i++) {
			struct squared *s =
				squares_put(&v, i << 40 | i, &is_new);

			ck_assert_int_eq(is_new, round == 0);
			ck_assert_uint_eq(s - v.at, i);
			ck_assert_uint_eq(s->square, round ? i * i : 0);
			*s = (struct squared){ i << 40 | i, i * i };
		}
	}
	ck_assert_uint_eq(v.n, 5000);
	ck_assert_ptr_null(squares_find(&v, 5000));
	for (uint64_t i = 0; i < 5000; i++)
		ck_assert_uint_eq(squares_find(&v, i << 40 | i)->square, i * i);
	squares_fini(&v);
	ck_assert_ptr_null(v.at);
}
END_TEST

/* A map where all keys fall together is slow, and right. */
static uint64_t one_hash(uint64_t n)
{
	(void)n;
	return 7;
}

MTR_MAP(crowded, struct squared, uint64_t, one_hash, squared_is);

START_TEST(map_holds_keys_of_one_hash)
{
	struct crowded v = { 0 };
	bool is_new;

	for (uint64_t i = 0; i < 300; i++)
		crowded_put(&v, i, &is_new)->n = i;
	for (uint64_t i = 0; i < 300; i++)
		ck_assert_ptr_eq(crowded_find(&v, i), &v.at[i]);
	ck_assert_ptr_null(crowded_find(&v, 300));
	crowded_fini(&v);
}
END_TEST

/* What a file's author would choose for one place in a table of 2^16. */
START_TEST(hashes_are_drawn_anew)
{
	enum { N = 4096, PLACES = 1 << 16 };
	size_t worst = 0;
	uint16_t *hits = calloc(PLACES, sizeof(*hits));

	for (int shift = 0; shift < 48; shift++) {
		memset(hits, 0, PLACES * sizeof(*hits));
		for (uint64_t i = 0; i < N; i++) {
			uint64_t hash = mtr_hash_number(i << shift, 0);
			size_t n = ++hits[hash & (PLACES - 1)];

			worst = n > worst ? n : worst;
		}
	}
	ck_assert_uint_lt(worst, 16);
	free(hits);
	ck_assert_uint_ne(mtr_hash_secret[0], UINT64_C(0xa0761d6478bd642f));
}
END_TEST

START_TEST(hashes_of_text)
{
	char text[40] = { 0 };
	uint64_t before = mtr_hash_text(text, 0);

	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		text[i] = 'a';
		ck_assert_uint_ne(mtr_hash_text(text, 0), before);
		before = mtr_hash_text(text, 0);
		ck_assert_uint_eq(before, mtr_hash_text(text, 0));
		ck_assert_uint_ne(before, mtr_hash_text(text, 1));
		text[i] = 'b';
		ck_assert_uint_ne(mtr_hash_text(text, 0), before);
		text[i] = 'a';
	}
}
END_TEST

/* What was put in comes out; of what is cut off, or makes no sense, nothing. */
START_TEST(pack_and_back)
{
	static const uint64_t n[] = { 0, 1, 127, 128, 1 << 14, UINT64_MAX };
	struct mtr_pack p = { 0 };
	struct mtr_packed c;

	for (size_t i = 0; i < sizeof(n) / sizeof(*n); i++) {
		mtr_pack_number(&p, n[i]);
		mtr_pack_signed(&p, (int64_t)n[i]);
		mtr_pack_signed(&p, -(int64_t)n[i]);
	}
	mtr_pack_text(&p, "text");
	mtr_pack_text(&p, NULL);
	mtr_pack_text(&p, "");
	ck_assert(!p.failed);
	c = mtr_packed_begin(p.at, p.n);
	for (size_t i = 0; i < sizeof(n) / sizeof(*n); i++) {
		ck_assert_uint_eq(mtr_packed_number(&c), n[i]);
		ck_assert_int_eq(mtr_packed_signed(&c), (int64_t)n[i]);
		ck_assert_int_eq(mtr_packed_signed(&c), -(int64_t)n[i]);
	}
	ck_assert_pstr_eq(mtr_packed_text(&c), "text");
	ck_assert_ptr_null(mtr_packed_text(&c));
	ck_assert_pstr_eq(mtr_packed_text(&c), "");
	ck_assert(!c.bad && c.at == c.end);
	ck_assert_uint_eq(mtr_packed_number(&c), 0);
	ck_assert(c.bad);
	mtr_pack_fini(&p);
}
END_TEST

START_TEST(packed_is_not_trusted)
{
	static const unsigned char eleven[] = { 255, 255, 255, 255, 255, 255,
						255, 255, 255, 255, 1 };
	static const unsigned char text[] = { 3, 'a', 0, 3, 0, 0, 5, 'a' };
	struct mtr_packed c = mtr_packed_begin(eleven, sizeof(eleven));

	ck_assert_uint_eq(mtr_packed_number(&c), 0);
	ck_assert(c.bad);
	c = mtr_packed_begin(eleven, 3);
	ck_assert_uint_eq(mtr_packed_number(&c), 0);
	ck_assert(c.bad);
	/* the NUL is not where the length says, or there is another one */
	c = mtr_packed_begin(text, sizeof(text));
	ck_assert_ptr_null(mtr_packed_text(&c));
	ck_assert(c.bad);
	c = mtr_packed_begin(text + 3, sizeof(text) - 3);
	ck_assert_ptr_null(mtr_packed_text(&c));
	ck_assert(c.bad);
	c = mtr_packed_begin(text + 6, 2);
	ck_assert_uint_eq(mtr_packed_count(&c, 1), 0);
	ck_assert(c.bad);
	c = mtr_packed_begin(text, sizeof(text));
	ck_assert_uint_eq(mtr_packed_below(&c, 3), 0);
	ck_assert(c.bad);
	c = mtr_packed_begin(text, sizeof(text));
	ck_assert_uint_eq(mtr_packed_count(&c, 2), 3);
	ck_assert_ptr_nonnull(mtr_packed_bytes(&c, 7));
	ck_assert_ptr_null(mtr_packed_bytes(&c, 1));
	ck_assert(c.bad);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base");
	TCase *t = tcase_create("base");

	tcase_add_test(t, error_says_what);
	tcase_add_test(t, error_of_errno);
	tcase_add_test(t, error_has_a_code);
	tcase_add_test(t, error_without_memory_may_be_destroyed);
	tcase_add_test(t, strbuf_grows);
	tcase_add_test(t, strbuf_of_any_length);
	tcase_add_test(t, strbuf_without_memory_is_said_once);
	tcase_add_test(t, vector_grows);
	tcase_add_test(t, map_finds_what_was_put_in);
	tcase_add_test(t, map_holds_keys_of_one_hash);
	tcase_add_test(t, hashes_are_drawn_anew);
	tcase_add_test(t, hashes_of_text);
	tcase_add_test(t, pack_and_back);
	tcase_add_test(t, packed_is_not_trusted);
	suite_add_tcase(s, t);
	return run_suite(s);
}
