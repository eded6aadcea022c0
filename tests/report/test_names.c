/* SPDX-License-Identifier: MIT */
/*
 * Names without their template arguments, and names that nobody may trust.
 */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "report/name.h"

static void shortens(const char *name, const char *want)
{
	struct mtr_strbuf b = { 0 };

	mtr_name_short(&b, name);
	ck_assert_str_eq(mtr_strbuf_text(&b), want);
	mtr_strbuf_fini(&b);
}

START_TEST(templates)
{
	shortens("", "");
	shortens("main", "main");
	shortens("f(int)", "f(int)");
	shortens(
		"std::vector<int, std::allocator<int> >::push_back(int const&)",
		"std::vector::push_back(int const&)");
	shortens("void f<A<B<C>>>(D<E>)", "void f(D)");
	shortens("Map<K, V>::Map<W>(W)::{lambda(X<Y>)#1}::operator()<Z>(Z) "
		 "const",
		 "Map::Map(W)::{lambda(X)#1}::operator()(Z) const");
	shortens("f[abi:cxx11]<int>(int)", "f[abi:cxx11](int)");
	shortens("A<(B)1>::c", "A::c");
	shortens("A<-1>::c", "A::c");
	shortens("A<void (*)(B<C>)>::d", "A::d");
	shortens("A<'<'>::b", "A::b");
}
END_TEST

START_TEST(operators)
{
	shortens("operator<(A<B> const&, A<B> const&)",
		 "operator<(A const&, A const&)");
	shortens("bool operator< <int>(A<int> const&)",
		 "bool operator<(A const&)");
	shortens("operator<< <std::char_traits<char> >(std::ostream&)",
		 "operator<<(std::ostream&)");
	shortens("A<B>::operator<<(int)", "A::operator<<(int)");
	shortens("A<B>::operator->() const", "A::operator->() const");
	shortens("A<B>::operator->*<C>(C)", "A::operator->*(C)");
	shortens("A<B>::operator-><C>()", "A::operator->()");
	shortens("A<B>::operator>(A<B>)", "A::operator>(A)");
	shortens("A<B>::operator>>=<C>(C)", "A::operator>>=(C)");
	shortens("A<B>::operator<=><C>(C)", "A::operator<=>(C)");
	shortens("A::operator-<int>(int)", "A::operator-(int)");
	shortens("A::operator==<int>(int)", "A::operator==(int)");
	shortens("A::operator()<int>()", "A::operator()()");
	shortens("A::operator[]<int>(int)", "A::operator[](int)");
	shortens("A::operator std::vector<int>()", "A::operator std::vector()");
	shortens("operator new(unsigned long)", "operator new(unsigned long)");
	shortens("my_operator<int>::f", "my_operator::f");
	/* as an argument */
	shortens("A<&B::operator->>::c", "A::c");
	shortens("A<&(B::operator<)>::c", "A::c");
	shortens("A<&(bool B::operator< <int>(int))>::c", "A::c");
}
END_TEST

START_TEST(expressions)
{
	shortens("A<((1)>(2))>::b", "A::b");
	shortens("A<((1)<(2))>::b", "A::b");
	shortens("A<((sizeof (B<C>))>(2))>::b", "A::b");
	shortens("decltype ((a)->b) f<A>(A)", "decltype ((a)->b) f(A)");
	shortens("A<decltype (b->c)>::d", "A::d");
	shortens("A<B, (b)->c, D>::e", "A::e");
	shortens("std::enable_if<(2)<(3), int>::type f<int>()",
		 "std::enable_if::type f()");
}
END_TEST

START_TEST(rust)
{
	shortens("<alloc::vec::Vec<T> as core::clone::Clone>::clone",
		 "<alloc::vec::Vec as core::clone::Clone>::clone");
	shortens("alloc::vec::Vec<T,A>::reserve", "alloc::vec::Vec::reserve");
	shortens("app::call<fn(u32) -> u64>", "app::call");
	shortens("<&mut F as core::ops::FnOnce<A>>::call_once",
		 "<&mut F as core::ops::FnOnce>::call_once");
}
END_TEST

/* What is cut or no name at all stays as it is; and soon. */
START_TEST(odd)
{
	static char deep[100001];

	shortens("f<int", "f<int");
	shortens("A<B>::f<int", "A::f<int");
	shortens("a>b", "a>b");
	shortens("<", "<");
	shortens("operator", "operator");
	shortens("operator<", "operator<");
	shortens("operator< <", "operator< <");
	memset(deep, '(', sizeof(deep) - 1);
	memcpy(deep, "f<", 2);
	shortens(deep, deep);
	for (size_t i = 0; i + 1 < sizeof(deep); i++)
		deep[i] = "f<"[i & 1];
	shortens(deep, deep);
}
END_TEST

/* ------------------------------------------------------------ in an answer */

/* One of each of the blocks has a function of a name. */
static char *named(const struct mtr_writer_ops *ops, const char *name)
{
	const struct mtr_filter all = { .spec = MTR_FILTER_ALL };
	struct mtr_heap_view *s = sample_create();
	struct mtr_strbuf text = { 0 };
	struct mtr_out *out = calloc(1, sizeof(*out));
	struct mtr_writer w = { .ops = ops, .out = out, .s = s };

	s->frames.at[3].function = name;
	mtr_write_list(&w, &all);
	mtr_strbuf_add_bytes(&text, out->buffer, out->n);
	mtr_writer_fini(&w);
	free(out);
	sample_destroy(s);
	return text.text;
}

static void cell_is(const char *name, const char *want)
{
	char *text = named(&mtr_write_csv, name);
	struct mtr_strbuf line = { 0 };

	mtr_strbuf_printf(
		&line, "\n0x3000,8,24,0x7f0000001234,%s,libx.so,0,2\n", want);
	ck_assert_msg(strstr(text, line.text), "no %s in:\n%s", line.text,
		      text);
	mtr_strbuf_fini(&line);
	free(text);
}

START_TEST(csv_cells)
{
	cell_is("f", "f");
	cell_is("f,g", "\"f,g\"");
	cell_is("f\"g", "\"f\"\"g\"");
	/* no line of a name's own, whatever ends lines */
	cell_is("f\ng", "f?g");
	cell_is("f\rg", "f?g");
	cell_is("f\033[mg", "f?[mg");
	cell_is("\xe2\x80\xae"
		"f",
		"\\u202ef");
	cell_is("f\xc0\xaf", "f??");
	/* what a spreadsheet would run */
	cell_is("=1+1", "\"'=1+1\"");
	cell_is("+f", "\"'+f\"");
	cell_is("-[A b]", "\"'-[A b]\"");
	cell_is("@f", "\"'@f\"");
	cell_is("=\"a\"", "\"'=\"\"a\"\"\"");
	cell_is("\tf", "\"'?f\"");
	cell_is("\rf", "\"'?f\"");
	cell_is("a=b", "a=b");
}
END_TEST

START_TEST(text_cells)
{
	char *text = named(&mtr_write_text, "a\033\xe2\x80\xae"
					    "b\xe0\x80\xaf");

	ck_assert_msg(strstr(text, "  a?\\u202eb???  [libx.so]\n"), "%s", text);
	free(text);
}
END_TEST

/* Two groups whose names differ in template arguments alone keep them. */
START_TEST(short_groups)
{
	const struct mtr_filter all = { .spec = MTR_FILTER_ALL };
	struct mtr_heap_view *s = sample_create();
	struct mtr_out *out = calloc(1, sizeof(*out));
	struct mtr_writer w = {
		.ops = &mtr_write_csv, .out = out, .s = s, .short_names = true
	};
	struct mtr_notes notes;
	struct mtr_tally t;
	struct mtr_report r = { .tally = &t, .notes = &notes };

	s->frames.at[1].function = "Cache<A>::add(A)";
	s->frames.at[2].function = "Cache<B>::add(A)";
	s->frames.at[3].function = "Map<A, B>::put(C<D>)";
	ck_assert_ptr_null(
		mtr_tally_make(s, &all, MTR_BY_FUNCTION, MTR_SORT_BYTES, &t));
	ck_assert_ptr_null(mtr_notes_make(s, &t, &notes));
	mtr_write_report(&w, &r);
	mtr_writer_fini(&w);
	out->buffer[out->n] = '\0';
	ck_assert_ptr_nonnull(
		strstr(out->buffer, "\nCache<A>::add(A),app,38,"));
	ck_assert_ptr_nonnull(
		strstr(out->buffer, "\nCache<B>::add(A),app,100,"));
	ck_assert_ptr_nonnull(strstr(out->buffer, "\nMap::put(C),libx.so,8,"));
	mtr_tally_fini(&t);
	sample_destroy(s);
	free(out);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, templates);
	tcase_add_test(t, operators);
	tcase_add_test(t, expressions);
	tcase_add_test(t, rust);
	tcase_add_test(t, odd);
	tcase_add_test(t, csv_cells);
	tcase_add_test(t, text_cells);
	tcase_add_test(t, short_groups);
}

int main(void)
{
	return sample_run("names", add);
}
