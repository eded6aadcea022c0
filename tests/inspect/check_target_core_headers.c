/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of the headers of core files and of the modules in them, and of
 * what is said of a file that is none.
 */
#include <check.h>
#include <unistd.h>

#include "core_fixture.h"

/* What is opened is the image with @spoil done to it. */
static void image_fails(void (*spoil)(Elf64_Ehdr *eh), enum mtr_error_code code,
			const char *part)
{
	char path[CORE_PATH_MAX];
	unsigned char *image;
	size_t bytes;
	int fd;

	image = core_image(core, &bytes);
	spoil((Elf64_Ehdr *)image);
	fd = core_file(image, bytes, path);
	open_fails_as(path, code, part);
	close(fd);
	free(image);
}

/* ------------------------------------------------------ a module's headers */

/* An ELF header with a PT_LOAD and a PT_NOTE, as a module's first page has. */
static void put_module(uint64_t at, const unsigned char *id, size_t n)
{
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph[2];
		Elf64_Nhdr nh;
		char name[4];
		unsigned char id[64];
	} m = {
		.eh = { .e_ident = ELFMAG,
			.e_phoff = sizeof(m.eh),
			.e_phentsize = sizeof(*m.ph),
			.e_phnum = 2 },
		.ph = { { .p_type = PT_LOAD, .p_vaddr = 0x400000 },
			{ .p_type = PT_NOTE,
			  .p_vaddr = 0x400000 + offsetof(__typeof__(m), nh),
			  .p_memsz = 16 + n,
			  .p_align = 4 } },
		.nh = { .n_namesz = 4,
			.n_descsz = n,
			.n_type = NT_GNU_BUILD_ID },
		.name = "GNU",
	};

	m.eh.e_ident[EI_CLASS] = ELFCLASS64;
	m.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	memcpy(m.id, id, n);
	core_put(core, at, &m, sizeof(m));
}

START_TEST(build_id_from_memory)
{
	static const unsigned char id[48] = { 0xab, 1, 2, 3 };
	struct mtr_build_id got;
	struct mtr_target *t;

	add(0x20000, 0x1000, PF_R, "/lib/a");
	put_module(0x20000, id, 20);
	t = open_target(core_path(core));
	mtr_target_build_id(t, 0x20000, &got);
	ck_assert_uint_eq(got.n, 20);
	ck_assert_mem_eq(got.bytes, id, 20);
	mtr_target_build_id(t, 0x20040, &got);
	ck_assert_uint_eq(got.n, 0);
	mtr_target_build_id(t, 0x99000, &got);
	ck_assert_uint_eq(got.n, 0);
	mtr_target_close(t);
	put_module(0x20000, id, 48); /* longer than any */
	t = open_target(core_path(core));
	mtr_target_build_id(t, 0x20000, &got);
	ck_assert_uint_eq(got.n, 0);
	mtr_target_close(t);
}
END_TEST

/* Nine times 128 headers that all say that the same 64 KiB are their notes. */
START_TEST(notes_without_end)
{
	enum { HEADERS = 128, NOTES = 1 << 16 };
	Elf64_Ehdr eh = { .e_ident = ELFMAG,
			  .e_phoff = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = HEADERS };
	Elf64_Phdr ph = { .p_type = PT_NOTE,
			  .p_vaddr = 0x4000,
			  .p_memsz = NOTES };
	struct mtr_build_id got;
	struct mtr_target *t;

	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	add(0x20000, 0x4000 + NOTES, PF_R, "/lib/a");
	core_put(core, 0x20000, &eh, sizeof(eh));
	for (size_t i = 0; i < HEADERS; i++)
		core_put(core, 0x20000 + sizeof(eh) + i * sizeof(ph), &ph,
			 sizeof(ph));
	t = open_target(core_path(core));
	for (int i = 0; i < 8; i++)
		mtr_target_build_id(t, 0x20000, &got);
	warned(t, 0, NULL);
	for (int i = 0; i < 1000; i++)
		mtr_target_build_id(t, 0x20000, &got);
	warned(t, 1, "not all build-ids are known");
	mtr_target_close(t);
}
END_TEST

START_TEST(bias_from_memory)
{
	static const unsigned char id[20];
	uint64_t bias = 7;
	unsigned char *m;
	struct mtr_target *t;

	add(0x20000, 0x1000, PF_R, "/lib/a");
	add(0x450000, 0x1000, PF_R, "/lib/b");
	put_module(0x20000, id, 20);
	put_module(0x450000, id, 20);
	t = open_target(core_path(core));
	ck_assert(mtr_target_bias(t, 0x450000, &bias));
	ck_assert_uint_eq(bias, 0x50000);
	/* a module's first segment need not begin with the file */
	m = core_at(core, 0x450000);
	((Elf64_Phdr *)(m + sizeof(Elf64_Ehdr)))->p_offset = 0x3000;
	mtr_target_close(t);
	t = open_target(core_path(core));
	ck_assert(mtr_target_bias(t, 0x450000, &bias));
	ck_assert_uint_eq(bias, 0x53000);
	/* below what its headers say is none */
	ck_assert(!mtr_target_bias(t, 0x20000, &bias));
	ck_assert(!mtr_target_bias(t, 0x20040, &bias));
	ck_assert(!mtr_target_bias(t, 0x99000, &bias));
	ck_assert_uint_eq(bias, 0x53000);
	mtr_target_close(t);
}
END_TEST

/* ---------------------------------------- cores without a list of mappings */

static const uint64_t prog = 0x400000, lib = 0x7f0000000000, data = 0x600000;

static void put_headers(uint64_t at, const Elf64_Phdr *ph, size_t n)
{
	Elf64_Ehdr eh = { .e_ident = ELFMAG,
			  .e_phoff = sizeof(eh),
			  .e_phentsize = sizeof(*ph),
			  .e_phnum = n };

	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	core_put(core, at, &eh, sizeof(eh));
	core_put(core, at + sizeof(eh), ph, n * sizeof(*ph));
}

/* A program with two segments, and a library: the dynamic linker's list of two
 * at @data, and @next behind them. */
static void put_linked(uint64_t next)
{
	const Elf64_Phdr program[] = {
		{ .p_type = PT_PHDR, .p_vaddr = prog + sizeof(Elf64_Ehdr) },
		{ .p_type = PT_LOAD, .p_vaddr = prog, .p_filesz = 0x800 },
		{ .p_type = PT_LOAD,
		  .p_vaddr = data + 0x10,
		  .p_offset = 0x2010,
		  .p_filesz = 0x1000 },
		{ .p_type = PT_DYNAMIC, .p_vaddr = data },
	};
	const Elf64_Phdr library[] = {
		{ .p_type = PT_LOAD, .p_filesz = 0x1001 },
	};
	const Elf64_Dyn dynamic[] = {
		{ .d_tag = DT_NEEDED },
		{ .d_tag = DT_DEBUG, .d_un.d_ptr = data + 0x100 },
		{ .d_tag = DT_NULL },
	};
	const uint64_t debug[] = { 1, data + 0x200 };
	const uint64_t maps[][4] = {
		{ 0, data + 0x300, data, data + 0x220 },
		{ lib, data + 0x310, 0, next },
	};
	const uint64_t auxv[] = { AT_PHDR,   prog + sizeof(Elf64_Ehdr),
				  AT_PHNUM,  4,
				  AT_BASE,   lib,
				  AT_EXECFN, data + 0x320,
				  0,	     0 };

	add(prog, 0x1000, PF_R, NULL);
	add(data, 0x2000, RW, NULL);
	add(lib, 0x3000, PF_R, NULL);
	put_headers(prog, program, 4);
	put_headers(lib, library, 1);
	core_put(core, data, dynamic, sizeof(dynamic));
	core_put(core, data + 0x100, debug, sizeof(debug));
	core_put(core, data + 0x200, maps, sizeof(maps));
	core_put(core, data + 0x310, "/lib/a.so", 10);
	core_put(core, data + 0x320, "prog", 5);
	core_note(core, NT_AUXV, auxv, sizeof(auxv));
}

static void is_mapped(struct mtr_target *t, uint64_t addr, const char *path,
		      uint64_t offset)
{
	const struct mtr_range *r = mtr_target_find(t, addr);

	ck_assert_ptr_nonnull(r);
	ck_assert_pstr_eq(r->path, path);
	if (path)
		ck_assert_uint_eq(r->offset + (addr - r->start), offset);
}

START_TEST(modules_by_the_linkers_list)
{
	struct mtr_target *t;

	put_linked(0);
	t = open_target(core_path(core));
	warned(t, 0, NULL);
	is_mapped(t, prog, "./prog", 0);
	is_mapped(t, data, "./prog", 0x2000);
	is_mapped(t, data + 0x1000, "./prog", 0x3000);
	is_mapped(t, lib + 0x1000, "/lib/a.so", 0x1000);
	is_mapped(t, lib + 0x2000, NULL, 0);
	ck_assert_pstr_eq(mtr_target_exe(t), "./prog");
	mtr_target_close(t);
}
END_TEST

/* The list goes in a circle; what is mapped twice is left out. */
START_TEST(list_without_end)
{
	struct mtr_target *t;

	put_linked(data + 0x220);
	t = open_target(core_path(core));
	is_mapped(t, lib, "/lib/a.so", 0);
	warned(t, 1, "of the core's file mappings");
	mtr_target_close(t);
}
END_TEST

START_TEST(list_that_is_not_there)
{
	struct mtr_target *t;

	put_linked(0);
	memset(core_at(core, data), 0, 0x100);
	t = open_target(core_path(core));
	is_mapped(t, prog, "./prog", 0);
	is_mapped(t, lib, NULL, 0);
	warned(t, 1, "no NT_FILE, as qemu writes none): only the program");
	mtr_target_close(t);
}
END_TEST

START_TEST(program_that_is_not_there)
{
	uint64_t auxv[] = { AT_PHDR, prog, AT_PHNUM, 4, 0, 0 };
	struct mtr_target *t;

	core_note(core, NT_AUXV, auxv, sizeof(auxv));
	t = open_target(core_path(core));
	warned(t, 1, "(it has no NT_FILE, as qemu writes none): nothing in it");
	mtr_target_close(t);
}
END_TEST

/* -------------------------------------------------------------- sentences */

START_TEST(not_there_or_not_a_file)
{
	open_fails_as("/nonexistent/core", MTR_ERROR_NOT_FOUND, "no such file");
	open_fails_as("/proc/self/fd", MTR_ERROR_OTHER, "it is a directory");
	open_fails("/dev/null", "it is not a regular file");
	open_fails_as("", MTR_ERROR_NOT_FOUND, "no such file");
}
END_TEST

static void bytes_fail(const void *bytes, size_t n, enum mtr_error_code code,
		       const char *part)
{
	char path[CORE_PATH_MAX];
	int fd = core_file(bytes, n, path);

	open_fails_as(path, code, part);
	close(fd);
}

START_TEST(not_a_core)
{
	bytes_fail("", 0, MTR_ERROR_DAMAGED, "the file is empty");
	bytes_fail("abc", 3, MTR_ERROR_UNSUPPORTED,
		   "neither an ELF core nor a snapshot");
	bytes_fail("hello, world\nhello, world", 25, MTR_ERROR_UNSUPPORTED,
		   "neither an ELF core");
	bytes_fail("\x7f"
		   "ELF",
		   4, MTR_ERROR_DAMAGED, "cut off inside its ELF header");
	bytes_fail("\x7f"
		   "ELF\2\1\1\0\0\0\0\0\0\0\0\0\0",
		   17, MTR_ERROR_DAMAGED, "cut off inside its ELF header");
}
END_TEST

static void spoil_class(Elf64_Ehdr *eh)
{
	eh->e_ident[EI_CLASS] = ELFCLASS32;
}

static void spoil_endian(Elf64_Ehdr *eh)
{
	eh->e_ident[EI_DATA] = ELFDATA2MSB;
}

static void spoil_machine(Elf64_Ehdr *eh)
{
	eh->e_machine = EM_RISCV;
}

static void spoil_exec(Elf64_Ehdr *eh)
{
	eh->e_type = ET_EXEC;
}

static void spoil_dyn(Elf64_Ehdr *eh)
{
	eh->e_type = ET_DYN;
}

static void spoil_interp(Elf64_Ehdr *eh)
{
	eh->e_type = ET_DYN;
	((Elf64_Phdr *)(eh + 1))->p_type = PT_INTERP;
}

static void spoil_count(Elf64_Ehdr *eh)
{
	eh->e_phnum = 0xfffe;
}

static void spoil_no_count(Elf64_Ehdr *eh)
{
	eh->e_phnum = 0;
}

static void spoil_entry(Elf64_Ehdr *eh)
{
	eh->e_phentsize = 32;
}

static void spoil_offset(Elf64_Ehdr *eh)
{
	eh->e_phoff = UINT64_MAX - 10;
}

static void spoil_xnum(Elf64_Ehdr *eh)
{
	eh->e_phnum = PN_XNUM;
	eh->e_shoff = UINT64_MAX - 10;
}

/* The section header with the count, cut in two. */
START_TEST(count_cut_off)
{
	char path[CORE_PATH_MAX];
	Elf64_Ehdr *eh;
	size_t bytes;
	int fd;

	eh = (Elf64_Ehdr *)core_image(core, &bytes);
	eh->e_phnum = PN_XNUM;
	eh->e_shoff = bytes - sizeof(Elf64_Shdr) + 1;
	fd = core_file(eh, bytes, path);
	open_fails_as(path, MTR_ERROR_DAMAGED,
		      "counts its segments, is missing");
	close(fd);
	free(eh);
}
END_TEST

START_TEST(headers_that_are_not_for_us)
{
	add(0x10000, 0x1000, RW, NULL);
	image_fails(spoil_class, MTR_ERROR_UNSUPPORTED,
		    "it is a 32-bit ELF file");
	image_fails(spoil_endian, MTR_ERROR_UNSUPPORTED,
		    "it is a big-endian ELF file");
	image_fails(spoil_machine, MTR_ERROR_UNSUPPORTED,
		    "a core of machine 243 (RISC-V)");
	image_fails(spoil_exec, MTR_ERROR_UNSUPPORTED,
		    "it is an executable, not a core dump");
	image_fails(spoil_dyn, MTR_ERROR_UNSUPPORTED,
		    "it is a shared object, not a core dump");
	image_fails(spoil_interp, MTR_ERROR_UNSUPPORTED,
		    "it is an executable, not a core dump");
	image_fails(spoil_count, MTR_ERROR_DAMAGED,
		    "cut off inside its program headers");
	image_fails(spoil_no_count, MTR_ERROR_DAMAGED, "no program headers");
	image_fails(spoil_entry, MTR_ERROR_DAMAGED,
		    "program headers have 32 bytes");
	image_fails(spoil_offset, MTR_ERROR_DAMAGED,
		    "cut off inside its program headers");
	image_fails(spoil_xnum, MTR_ERROR_DAMAGED,
		    "counts its segments, is missing");
}
END_TEST

START_TEST(the_other_machine)
{
	struct core *other = core_create(EM_AARCH64);
	struct mtr_target *t = open_target(core_path(other));

	ck_assert_int_eq(mtr_target_machine(t), EM_AARCH64);
	mtr_target_close(t);
	core_destroy(other);
}
END_TEST

START_TEST(cores_are_not_written)
{
	struct mtr_target *t;
	const void *part;

	add(0x10000, 0x1000, RW, NULL);
	t = open_target(core_path(core));
	fails_as(mtr_target_write(t, 0x10000, "x", 1), MTR_ERROR_UNSUPPORTED,
		 "only a live process");
	succeeds(mtr_target_part(t, 0, &part, &(size_t){ 1 }));
	ck_assert_ptr_null(part);
	mtr_target_close(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("target_core_headers");
	TCase *t = tcase_create("headers");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, build_id_from_memory);
	tcase_add_test(t, notes_without_end);
	tcase_add_test(t, bias_from_memory);
	tcase_add_test(t, modules_by_the_linkers_list);
	tcase_add_test(t, list_without_end);
	tcase_add_test(t, list_that_is_not_there);
	tcase_add_test(t, program_that_is_not_there);
	tcase_add_test(t, not_there_or_not_a_file);
	tcase_add_test(t, not_a_core);
	tcase_add_test(t, count_cut_off);
	tcase_add_test(t, headers_that_are_not_for_us);
	tcase_add_test(t, the_other_machine);
	tcase_add_test(t, cores_are_not_written);
	suite_add_tcase(s, t);
	return run_suite(s);
}
