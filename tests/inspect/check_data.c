/* SPDX-License-Identifier: MIT */
/*
 * Names of data in programs that are compiled here, by symbol tables and by
 * DWARF alone.
 */
#include "symbols/data.h"

#include <check.h>
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_target.h"
#include "suite.h"
#include "symbols/types.h"
#include "symbols_fixture.h"

static struct mtr_data_list found;

/* What sample_data.c or .cc becomes with @flags. */
static void compile(const char *name, const char *cc, const char *suffix,
		    const char *flags)
{
	shell("%s -O1 -fPIE -pie -Wl,--build-id=0x1111111111111111 %s -o %s "
	      "%s/tests/inspect/sample_data.%s",
	      cc, flags, path_of(name), env("MTR_SRC", "."), suffix);
}

/* The size of file_text says so much that it reaches beyond all segments. */
static void spoil_table(void)
{
	size_t names = 0, bytes;
	unsigned char *at;
	Elf64_Shdr *section;
	Elf64_Ehdr *header;
	struct stat st;
	int fd;

	shell("objcopy --strip-debug %s %s", path_of("data"),
	      path_of("data_damaged"));
	fd = open(path_of("data_damaged"), O_RDWR);
	ck_assert(fd >= 0 && fstat(fd, &st) == 0);
	bytes = (size_t)st.st_size;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(at, MAP_FAILED);
	header = (void *)at;
	section = (void *)(at + header->e_shoff);
	for (size_t i = 0; i < header->e_shnum; i++) {
		Elf64_Sym *sym = (void *)(at + section[i].sh_offset);
		const char *text;

		if (section[i].sh_type != SHT_SYMTAB)
			continue;
		text = (char *)at + section[section[i].sh_link].sh_offset;
		for (size_t n = section[i].sh_size / sizeof(*sym); n--; sym++)
			if (!strcmp(text + sym->st_name, "file_text")) {
				sym->st_size = 1u << 30;
				names++;
			}
	}
	ck_assert_uint_eq(names, 1);
	munmap(at, bytes);
	close(fd);
}

static void compile_all(void)
{
	const char *cc = env("MTR_CC", "cc"), *cxx = env("MTR_CXX", "");

	compile("data", cc, "c", "-g");
	compile("data_symtab", cc, "c", "-g0");
	/* every name is in .dynsym, or in DWARF */
	compile("data_exported", cc, "c", "-g0 -s -rdynamic");
	shell("objcopy --strip-all --keep-section='.debug_*' %s %s",
	      path_of("data"), path_of("data_dwarf"));
	spoil_table();
	shell("cd %s && %s -O1 -fPIE -pie -g -gsplit-dwarf -c -o data.o "
	      "%s/tests/inspect/sample_data.c",
	      path_of(""), cc, env("MTR_SRC", "."));
	shell("%s -pie -Wl,--build-id=0x2222222222222222 -o %s %s", cc,
	      path_of("data_whole"), path_of("data.o"));
	shell("objcopy --strip-all --keep-section='.debug_*' %s %s",
	      path_of("data_whole"), path_of("data_split"));
	if (cxx[0])
		compile("data_cxx", cxx, "cc", "-g");
}

static void setup_data(void)
{
	setup();
	compile_all();
}

static void teardown_data(void)
{
	mtr_data_list_fini(&found);
	teardown();
}

static void map(const char *name)
{
	fake_map(target, path_of(name), path_of(name), bias, true);
	fake_set_exe(target, path_of(name));
	open_with((struct mtr_symbols_options){ 0 });
}

static struct mtr_data data_at(uint64_t addr)
{
	struct mtr_data d;

	succeeds(mtr_symbols_data(symbols, bias + addr, &d));
	return d;
}

static void is_at(uint64_t addr, uint64_t offset, const char *name,
		  uint64_t size)
{
	struct mtr_data d = data_at(addr + offset);

	ck_assert_str_eq(d.name ? d.name : "(none)", name);
	ck_assert_uint_eq(d.start, bias + addr);
	ck_assert_uint_eq(d.size, size);
	ck_assert_uint_eq(d.offset, offset);
	ck_assert_ptr_nonnull(d.module);
	ck_assert(!d.of_thread);
}

/* @program's @object, from its first byte to its last, and not further. */
static void has_object(const char *program, const char *object,
		       const char *name, uint64_t size)
{
	uint64_t at = address_of(program, object);
	const char *behind;

	is_at(at, 0, name, size);
	is_at(at, size - 1, name, size);
	behind = data_at(at + size).name;
	ck_assert_str_ne(behind ? behind : "(none)", name);
}

static void has_no_object(const char *program, const char *object)
{
	uint64_t at = address_of(program, object);
	struct mtr_data d = data_at(at);

	ck_assert_ptr_null(d.name);
	ck_assert_ptr_nonnull(d.module);
	ck_assert_uint_eq(d.offset, at);
}

static void has_exported(const char *program)
{
	has_object(program, "g_counter", "g_counter", 4);
	has_object(program, "g_pairs", "g_pairs", 3 * 4 * 24);
}

static void has_statics(const char *program)
{
	has_object(program, "file_text", "file_text", 10);
	has_object(program, "file_buffer", "file_buffer", 100);
}

/* Offsets in the block: how far apart they are the program tells. */
static void has_locals(const char *program)
{
	static const char *const names[] = { "t_counter", "t_buffer",
					     "t_last" };
	const struct mtr_module *m = data_at(0).module;
	struct mtr_data d;
	uint64_t first = 0;

	for (size_t i = 0; i < 3; i++) {
		succeeds(mtr_symbols_data_named(symbols, names[i], &found));
		ck_assert_uint_eq(found.n, 1);
		ck_assert_str_eq(found.at[0].name, names[i]);
		ck_assert(found.at[0].of_thread);
		if (!i)
			first = found.at[0].start;
		else
			ck_assert_uint_eq(found.at[0].start - first,
					  address_of(program, names[i]));
		succeeds(
			mtr_symbols_tls(symbols, m, found.at[0].start + 3, &d));
		ck_assert_str_eq(d.name, names[i]);
		ck_assert_uint_eq(d.offset, 3);
		ck_assert_ptr_eq(d.module, m);
	}
	succeeds(mtr_symbols_tls(symbols, m, 10000, &d));
	ck_assert_ptr_null(d.name);
	ck_assert_uint_eq(d.offset, 10000);
}

START_TEST(globals_and_statics)
{
	map("data");
	has_exported("data");
	has_statics("data");
	has_object("data", "first()::cache", "first()::cache", 8);
	has_object("data", "second()::cache", "second()::cache", 24);
	has_locals("data");
	has_warnings(0, "", "");
}
END_TEST

START_TEST(without_dwarf)
{
	struct mtr_data d;

	map("data_symtab");
	has_exported("data_symtab");
	has_statics("data_symtab");
	has_locals("data_symtab");
	d = data_at(address_of("data_symtab", "second()::cache"));
	ck_assert_ptr_nonnull(d.name);
	ck_assert_ptr_nonnull(strstr(d.name, "cache"));
	ck_assert_uint_eq(d.size, 24);
	has_warnings(0, "", "");
}
END_TEST

START_TEST(exported_alone)
{
	map("data_exported");
	has_exported("data_exported");
	has_no_object("data_exported", "file_text");
	has_no_object("data_exported", "second()::cache");
	has_warnings(0, "", "");
}
END_TEST

static void dwarf_alone(const char *program, const char *stripped)
{
	map(stripped);
	has_exported(program);
	has_statics(program);
	has_object(program, "first()::cache", "first()::cache", 8);
	has_object(program, "second()::cache", "second()::cache", 24);
	has_warnings(0, "", "");
}

START_TEST(no_symbol_table)
{
	struct mtr_data d;

	dwarf_alone("data", "data_dwarf");
	succeeds(mtr_symbols_tls(symbols, data_at(0).module, 0, &d));
	ck_assert_ptr_nonnull(d.name);
	ck_assert_ptr_null(d.symbol);
}
END_TEST

START_TEST(split_dwarf)
{
	dwarf_alone("data_whole", "data_split");
}
END_TEST

START_TEST(no_file)
{
	struct mtr_data d;

	fake_range(target, bias, bias + 4096, 0, "/no/such/file", 7);
	open_with((struct mtr_symbols_options){ 0 });
	d = data_at(100);
	ck_assert_ptr_null(d.name);
	ck_assert_str_eq(d.module->name, "file");
	ck_assert_uint_eq(d.offset, 100);
	/* what is mapped behind it is not its own */
	ck_assert_ptr_null(data_at(4096).module);
	ck_assert_ptr_null(data_at(-(uint64_t)1).module);
}
END_TEST

/* Files that are mapped and are no program are not looked for. */
START_TEST(other_files)
{
	const char text[64] = "some text";

	fake_range(target, bias, bias + 4096, 0, "/no/such/data", 4);
	fake_range(target, bias + 4096, bias + 8192, 0, "/no/such/text", 5);
	fake_bytes(target, bias + 4096, text, sizeof(text));
	open_with((struct mtr_symbols_options){ 0 });
	ck_assert_ptr_null(data_at(100).name);
	ck_assert_ptr_null(data_at(4096 + 100).name);
	ck_assert_ptr_null(data_at(8192).name);
	ck_assert_str_eq(data_at(100).module->name, "data");
	succeeds(mtr_symbols_data_named(symbols, "anything", &found));
	ck_assert_uint_eq(found.n, 0);
	has_warnings(0, "", "");
}
END_TEST

/* A size that reaches beyond the module. */
START_TEST(damaged_table)
{
	map("data_damaged");
	has_exported("data");
	has_no_object("data", "file_text");
	has_warnings(1, "the symbol table of data_damaged is damaged", "1 sym");
}
END_TEST

/* Each namespace says that what follows is its first child. */
START_TEST(damaged_dwarf)
{
	map("doubling");
	ck_assert_ptr_null(data_at(0).name);
	has_warnings(1, "the debug information of doubling is damaged", "");
}
END_TEST

static void named(const char *name, const char *is)
{
	succeeds(mtr_symbols_data_named(symbols, name, &found));
	ck_assert_uint_eq(found.n, 1);
	ck_assert_str_eq(found.at[0].name, is);
}

START_TEST(by_name)
{
	map("data");
	named("g_counter", "g_counter");
	ck_assert_uint_eq(found.at[0].start,
			  bias + address_of("data", "g_counter"));
	ck_assert_uint_eq(found.at[0].size, 4);
	ck_assert_uint_eq(found.at[0].offset, 0);
	named("first()::cache", "first()::cache");
	ck_assert_uint_eq(found.at[0].start,
			  bias + address_of("data", "first()::cache"));
	succeeds(mtr_symbols_data_named(symbols, "cache", &found));
	ck_assert_uint_eq(found.n, 2);
	for (const char *const *name =
		     (const char *const[]){ "", "g_count", "main",
					    "::", "third()::cache", "?", NULL };
	     *name; name++) {
		succeeds(mtr_symbols_data_named(symbols, *name, &found));
		ck_assert_uint_eq(found.n, 0);
	}
}
END_TEST

START_TEST(names_of_cxx)
{
#ifdef HAVE_LIBIBERTY
	struct mtr_data d;

	if (!env("MTR_CXX", "")[0])
		return;
	map("data_cxx");
	has_object("data_cxx", "shop::g_label", "shop::g_label", 32);
	has_object("data_cxx", "shop::box<long>::filled",
		   "shop::box<long>::filled", 8);
	has_object("data_cxx", "hidden", "shop::(anonymous namespace)::hidden",
		   20);
	has_object("data_cxx", "labels", "shop::labels(int)::cache", 32);
	d = data_at(address_of("data_cxx", "both"));
	ck_assert_str_eq(d.name, "vtable for shop::both");
	ck_assert_uint_eq(d.offset, 16);
	d = data_at(address_of("data_cxx", "both.right"));
	ck_assert_str_eq(d.name, "vtable for shop::both");
	ck_assert_uint_gt(d.offset, 16);
	named("shop::g_label", "shop::g_label");
	named("g_label", "shop::g_label");
	named("_ZN4shop7g_labelE", "shop::g_label");
	named("vtable for shop::both", "vtable for shop::both");
	has_warnings(0, "", "");
#endif
}
END_TEST

static void class_is(uint64_t word, const char *is)
{
	const char *name;

	succeeds(mtr_symbols_class(symbols, word, &name));
	ck_assert_str_eq(name ? name : "(none)", is);
}

START_TEST(classes)
{
#ifdef HAVE_LIBIBERTY
	uint64_t both, right;

	if (!env("MTR_CXX", "")[0])
		return;
	map("data_cxx");
	both = bias + address_of("data_cxx", "both");
	right = bias + address_of("data_cxx", "both.right");
	class_is(both, "shop::both");
	class_is(right, "shop::both");
	class_is(bias + address_of("data_cxx", "base"), "shop::last");
	class_is(both + 8, "shop::both");
	/* no object has these */
	class_is(both - 8, "(none)");
	class_is(both - 16, "(none)");
	class_is(both + 4, "(none)");
	class_is(bias + address_of("data_cxx", "shop::g_label"), "(none)");
	class_is(0, "(none)");
	class_is(8, "(none)");
	class_is(bias - 8, "(none)");
	class_is(UINT64_MAX - 7, "(none)");
#endif
}
END_TEST

/* Type information as it stands in memory, and what is none. */
struct rtti {
	int64_t top, info;
	uint64_t functions[2];
	uint64_t vtable, name;
	char text[64];
};

static void class_by(struct rtti r, const char *is)
{
	teardown();
	setup();
	fake_range(target, bias, bias + 4096, 0, "/no/such/file", 6);
	fake_bytes(target, bias, &r, sizeof(r));
	open_with((struct mtr_symbols_options){ 0 });
	class_is(bias + offsetof(struct rtti, functions), is);
}

START_TEST(classes_without_symbols)
{
#ifdef HAVE_LIBIBERTY
	const struct rtti good = {
		.info = bias + offsetof(struct rtti, vtable),
		.vtable = bias + 16,
		.name = bias + offsetof(struct rtti, text),
		.text = "N4shop4bothE",
	};
	struct rtti r = good;

	class_by(r, "shop::both");
	r.top = -16;
	strcpy(r.text, "*3Box");
	class_by(r, "Box");
	strcpy(r.text, "4shop");
	class_by(r, "shop");
	/* an offset that is none */
	r.top = 8;
	class_by(r, "(none)");
	r.top = -12;
	class_by(r, "(none)");
	r.top = INT64_MIN;
	class_by(r, "(none)");
	r = good;
	r.info++;
	class_by(r, "(none)");
	r.info = 0;
	class_by(r, "(none)");
	r.info = bias + 4096 - 8;
	class_by(r, "(none)");
	r = good;
	r.vtable = 16;
	class_by(r, "(none)");
	r = good;
	r.name = 0;
	class_by(r, "(none)");
	r.name = bias + sizeof(r) - 2; /* it has no end */
	class_by(r, "(none)");
	r = good;
	strcpy(r.text, "");
	class_by(r, "(none)");
	strcpy(r.text, "N4shop");
	class_by(r, "(none)");
	strcpy(r.text, "some text");
	class_by(r, "(none)");
	strcpy(r.text, "4sho\033");
	class_by(r, "(none)");
#endif
}
END_TEST

#ifdef __clang__
static const bool by_clang = true;
#else
static const bool by_clang = false;
#endif

int main(void)
{
	Suite *suite = suite_create("data");
	TCase *t = add_group(suite, "data", setup_data, teardown_data);

	/* clang tells otherwise in whose function a variable is */
	if (!by_clang) {
		tcase_add_test(t, globals_and_statics);
		tcase_add_test(t, no_symbol_table);
		tcase_add_test(t, split_dwarf);
		tcase_add_test(t, by_name);
	}
	tcase_add_test(t, without_dwarf);
	tcase_add_test(t, exported_alone);
	tcase_add_test(t, no_file);
	tcase_add_test(t, other_files);
	tcase_add_test(t, damaged_table);
	tcase_add_test(t, damaged_dwarf);
	tcase_add_test(t, names_of_cxx);
	tcase_add_test(t, classes);
	tcase_add_test(t, classes_without_symbols);
	return run_symbols(suite, "data");
}
