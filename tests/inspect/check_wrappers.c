/* SPDX-License-Identifier: MIT */
/*
 * Which functions pass an allocation on, and which own it.
 */
#include "symbols/wrappers.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suite.h"

static const char *const wrappers[] = {
	"malloc",
	"calloc",
	"__libc_calloc",
	"realloc",
	"posix_memalign",
	"strdup",
	"__strdup",
	"__strndup",
	"vasprintf",
	"malloc.part.0",
	"xmalloc",
	"xmalloc(unsigned long)",
	"xstrdup",
	"g_malloc0",
	"g_strdup_printf",
	"zmalloc",
	"PyMem_RawMalloc",
	"_PyMem_RawMalloc",
	"CRYPTO_zalloc",
	"Perl_safesysmalloc",
	"operator new(unsigned long)",
	"operator new[](unsigned long)",
	"operator new(unsigned long, std::align_val_t)",
	"operator new",
	"shop::Malloced::operator new(unsigned long)",
	"shop::box<int>::operator new[](unsigned long)",
	"std::allocator<int>::allocate(unsigned long)",
	"std::__new_allocator<shop::box<int> >::allocate(unsigned long, "
	"void const*)",
	"__gnu_cxx::new_allocator<char>::allocate(unsigned long, void const*)",
	"std::allocator_traits<std::allocator<std::pair<int const, long> > >"
	"::allocate(std::allocator<std::pair<int const, long> >&, unsigned "
	"long)",
	"std::_Vector_base<int, std::allocator<int> >::_M_allocate(unsigned "
	"long)",
	"std::__cxx11::basic_string<char, std::char_traits<char>, "
	"std::allocator<char> >::_M_create(unsigned long&, unsigned long)",
	"_M_create",
	"int* std::pmr::polymorphic_allocator<int>::allocate_object<int>(int)",
	"std::__detail::_Hash_node<int, false>* std::__detail::"
	"_Hashtable_alloc<std::allocator<std::__detail::_Hash_node<int, "
	"false> > >::_M_allocate_node<int const&>(int const&)",
	"std::__1::allocator<int>::allocate[abi:v15006](unsigned long)",
	"std::vector<int, std::allocator<int> >::push_back(int const&)",
	"void std::vector<shop::box>::_M_realloc_insert<shop::box>(int, "
	"shop::box&&)",
	"__rust_alloc",
	"__rdl_alloc",
	"alloc::alloc::exchange_malloc",
	"<alloc::alloc::Global as core::alloc::Allocator>::allocate",
	"<shop::Pool as core::alloc::global::GlobalAlloc>::alloc",
	"<alloc::alloc::Global>::alloc_impl_runtime",
	"alloc::vec::Vec<T,A>::push",
	"<alloc::vec::Vec<shop::Box>>::push",
	"alloc::fmt::format::{{closure}}",
	"alloc::slice::<impl [T]>::to_vec",
	"<[shop::Box]>::to_vec",
	"<str as alloc::string::ToString>::to_string",
	"<T as alloc::slice::hack::ConvertVec>::to_vec",
	"<alloc::vec::Vec<shop::Box> as core::iter::traits::collect::"
	"FromIterator<shop::Box>>::from_iter::<core::iter::adapters::map::Map<"
	"core::ops::range::Range<u32>, shop::main::{closure#1}>>",
	"core::ops::function::impls::<impl core::ops::function::FnOnce<(A, B)> "
	"for &mut F>::call_once",
	"<hashbrown::raw::RawTable<(alloc::string::String, shop::Box)>>::"
	"reserve_rehash::<hashbrown::map::make_hasher<alloc::string::String, "
	"shop::Box>::{closure#0}>",
	"std::collections::hash::map::HashMap<K,V,S>::insert",
	"<fn() -> shop::Box as alloc::string::ToString>::to_string",
	"<unsafe extern \"C\" fn(u8) -> shop::Box as "
	"core::clone::Clone>::clone",
	"<u8 as <[_]>::to_vec_in::ConvertVec>::to_vec::<alloc::alloc::Global>",
	"<shop::Box as <[_]>::to_vec_in::ConvertVec>::to_vec::<A>",
	"<T as alloc::slice::<impl [T]>::to_vec_in::ConvertVec>::to_vec",
	"std::vector<decltype (a->b)>::push_back(int)",
	/* inlined, by DWARF */
	"std::vector<shop::box, std::allocator<shop::box> >::reserve",
	"alloc::slice::hack::to_vec<u32, alloc::alloc::Global>",
	"std::call_once<void (std::thread::*)()>::{lambda:11:2}::operator()",
	"QArrayData::allocate(unsigned long, unsigned long, unsigned long, "
	"QFlags<QArrayData::AllocationOption>)",
	"QTypedArrayData<unsigned short>::allocate(unsigned long)",
	"QListData::detach(int)",
	"QVector<shop::box>::append(shop::box&&)",
	"QHashData::allocateNode(int)",
	"QHash<QString, int>::insert(QString const&, int const&)",
	"QHashPrivate::Data<QHashPrivate::Node<int, int> >::rehash(unsigned "
	"long)",
	"QMapDataBase::createNode(int, int, QMapNodeBase*, bool)",
	"QString::QString(QChar const*, int)",
	"QByteArray::reallocData(unsigned int, "
	"QFlags<QArrayData::AllocationOption>)",
	"QtPrivate::QGenericArrayOps<shop::box>::emplace<>(long long)",
	"qMallocAligned(unsigned long, unsigned long)",
	"g_hash_table_insert",
	"g_ptr_array_add",
	"g_list_append",
	"g_string_append_len",
	"g_strsplit",
};

static const char *const owners[] = {
	"main",
	"",
	"mallocate",
	"my_pool_malloc_stats",
	"loc",
	"shop::malloc(unsigned long)",
	"shop::pool::allocate(unsigned long)",
	"(anonymous namespace)::allocate(int)",
	"operator new_thing",
	"shop::operator new_thing()",
	"shop::operator newest()",
	"std::allocator<int> make_allocator(int)",
	"shop::operator<<(std::ostream&, std::allocator<int>::allocate)",
	"fill(void* (*)(std::allocator<int>), operator new)",
	"main::{lambda(std::allocator<int>::allocate)#1}::operator()() const",
	"<shop::Pool as shop::Allocate>::alloc",
	"shop::alloc",
	"<shop::Box as core::clone::Clone>::clone",
	"<shop::Box<alloc::vec::Vec<u8>>>::new",
	"<alloc::boxed::Box<dyn shop::Shape> as shop::Shape>::area",
	"<T as shop::Shape>::area",
	"shop::main::{closure#0}",
	"core::read(unsigned int)",
	"core::read<(anonymous namespace)::a>(std::allocator<int>)",
	"alloc::vec::push(int) const",
	"<signal handler called>",
	"<lambda(int)>",
	"<",
	"shop::std::grow()",
	"<fn() -> alloc::vec::Vec<u8> as shop::Make>::make",
	"<fn(u8) -> T as shop::Make>::make",
	"<shop::Box as <shop::Box>::grow::Local>::run",
	/* an arrow closes no bracket */
	"shop::get<(a->b), std::allocator<int>::allocate>(int)",
	"main::{lambda:31:33}::operator()",
	"QListWidget::addItem(QString const&)",
	"shop::QList::append(int)",
	"QObject::QObject(QObject*)",
	"g_main_context_new",
	"g_variant_new",
	"my_g_list_append",
	"stdio::grow()",
};

static struct mtr_wrappers *create(const char *skip)
{
	struct mtr_wrappers *w = NULL;

	ck_assert_ptr_null(mtr_wrappers_create(skip, &w));
	return w;
}

START_TEST(known)
{
	struct mtr_wrappers *w = create(NULL);

	for (size_t i = 0; i < sizeof(wrappers) / sizeof(*wrappers); i++)
		ck_assert_msg(mtr_wrappers_match(w, wrappers[i]), "%s",
			      wrappers[i]);
	for (size_t i = 0; i < sizeof(owners) / sizeof(*owners); i++)
		ck_assert_msg(!mtr_wrappers_match(w, owners[i]), "%s",
			      owners[i]);
	mtr_wrappers_destroy(w);
}
END_TEST

START_TEST(skip_adds)
{
	struct mtr_wrappers *w = create("^(shop::|pool_)|_cb$");

	ck_assert(mtr_wrappers_match(w, "shop::pool::get(int)"));
	ck_assert(mtr_wrappers_match(w, "pool_get"));
	ck_assert(mtr_wrappers_match(w, "alloc_cb"));
	ck_assert(mtr_wrappers_match(w, "malloc"));
	ck_assert(!mtr_wrappers_match(w, "my_pool_get"));
	mtr_wrappers_destroy(w);
}
END_TEST

START_TEST(skip_modules)
{
	struct mtr_wrappers *w = create(NULL);

	ck_assert(!mtr_wrappers_match_module(w, "/lib/libshop.so.1"));
	ck_assert_ptr_null(mtr_wrappers_skip_module(w, "libshop.so.1"));
	ck_assert_ptr_null(mtr_wrappers_skip_module(w, "/lib/pool.so"));
	ck_assert(mtr_wrappers_match_module(w, "/lib/libshop.so.1"));
	ck_assert(mtr_wrappers_match_module(w, "libshop.so.1"));
	ck_assert(mtr_wrappers_match_module(w, "/lib/pool.so"));
	ck_assert(!mtr_wrappers_match_module(w, "/usr/lib/pool.so"));
	ck_assert(!mtr_wrappers_match_module(w, "/lib/libshop.so"));
	ck_assert(!mtr_wrappers_match_module(w, "/lib/libshop.so.1/x"));
	mtr_wrappers_destroy(w);
}
END_TEST

/* Names come from files: behind the last byte of this one nothing can be read.
 */
static void match_at_end(const struct mtr_wrappers *w, const char *name)
{
	size_t page = (size_t)getpagesize(), n = strlen(name) + 1;
	char *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(at, MAP_FAILED);
	ck_assert_int_eq(mprotect(at + page, page, PROT_NONE), 0);
	memcpy(at + page - n, name, n);
	mtr_wrappers_match(w, at + page - n);
	munmap(at, 2 * page);
}

START_TEST(names_that_end_early)
{
	static const char *const names[] = {
		"<&b]::V",
		"<",
		"<a",
		"<a as ",
		"<a as b",
		"<a -",
		"<a ->",
		"<a as <",
		"<a as <b",
		"<a>:",
		"<a as <b> as ",
		"a<",
		"a(",
		"operator",
		"a operator",
		"a::",
		"{lambda(",
		"<fn() -> T",
	};
	struct mtr_wrappers *w = create(NULL);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		match_at_end(w, names[i]);
	for (size_t i = 0; i < sizeof(wrappers) / sizeof(*wrappers); i++)
		for (size_t n = 0; n < strlen(wrappers[i]); n++) {
			char *part = strndup(wrappers[i], n);

			match_at_end(w, part);
			free(part);
		}
	mtr_wrappers_destroy(w);
}
END_TEST

START_TEST(bad_skip)
{
	struct mtr_wrappers *w = NULL;
	mtr_auto_error struct mtr_error *error = mtr_wrappers_create("a(", &w);

	ck_assert_ptr_nonnull(error);
	ck_assert_ptr_nonnull(strstr(mtr_error_text(error), "'a('"));
	ck_assert_ptr_null(w);
}
END_TEST

START_TEST(long_names)
{
	struct mtr_wrappers *w = create(NULL);
	static char name[100000];

	memset(name, '<', sizeof(name) - 1);
	ck_assert(!mtr_wrappers_match(w, name));
	memset(name, 'a', sizeof(name) - 1);
	ck_assert(!mtr_wrappers_match(w, name));
	mtr_wrappers_destroy(w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wrappers");
	TCase *tests = tcase_create("wrappers");

	tcase_add_test(tests, known);
	tcase_add_test(tests, skip_adds);
	tcase_add_test(tests, skip_modules);
	tcase_add_test(tests, names_that_end_early);
	tcase_add_test(tests, bad_skip);
	tcase_add_test(tests, long_names);
	suite_add_tcase(suite, tests);
	return run_suite(suite);
}
