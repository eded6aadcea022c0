/* SPDX-License-Identifier: MIT */
/* Unit tests of saved snapshots as targets, made by hand. */
#include <check.h>
#include <unistd.h>

#include "core_builder.h"
#include "format/saved.h"
#include "suite.h"

static const char maps[] =
	"00400000-00401000 r-xp 00001000 fe:01 4711             /bin/a b\n"
	"00600000-00602000 rw-p 00000000 00:00 0 \n"
	"7f0000000000-7f0000001000 r--s 00002000 00:05 9 "
	"/tmp/x\\012y (deleted)\n"
	"7f0000000800-7f0000002000 r--p 00000000 00:00 0 \n" /* overlaps */
	"nonsense\n"
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n";

struct saved {
	struct mtr_snapshot_header header;
	char maps[sizeof(maps) - 1];
	struct mtr_snapshot_module module[2];
	char exe[5];
} __attribute__((packed));

static struct saved saved;
static struct mtr_target *target;
static int fd = -1;
static char path[CORE_PATH_MAX];

static void part(enum mtr_snapshot_part i, uint64_t offset, uint64_t bytes)
{
	saved.header.section[i] =
		(struct mtr_snapshot_section){ offset, bytes };
}

static void setup(void)
{
	saved = (struct saved){
		.header = { .magic = MTR_SNAPSHOT_MAGIC,
			    .version = MTR_SNAPSHOT_VERSION,
			    .size = sizeof(saved.header),
			    .pid = 815,
			    .machine = EM_AARCH64 },
		.module = { { .start = 0x1000, .id_bytes = 40 },
			    { .start = 0x400000,
			      .id_bytes = 3,
			      .id = { 7, 8, 9 } } },
		.exe = { '/', 'b', '/', 'a', 'x' },
	};
	memcpy(saved.maps, maps, sizeof(saved.maps));
	part(MTR_PART_MAPS, offsetof(struct saved, maps), sizeof(saved.maps));
	part(MTR_PART_MODULES, offsetof(struct saved, module),
	     sizeof(saved.module));
	part(MTR_PART_EXE, offsetof(struct saved, exe), 4);
	target = NULL;
}

static void teardown(void)
{
	mtr_target_close(target);
	close(fd);
}

static const char *file(size_t bytes)
{
	if (fd >= 0)
		close(fd);
	fd = core_file(&saved, bytes, path);
	return path;
}

START_TEST(snapshot_is_a_target)
{
	struct mtr_build_id id;
	const struct mtr_range *r;
	const void *part;
	size_t bytes;
	char byte;

	target = open_target(file(sizeof(saved)));
	ck_assert_int_eq(mtr_target_kind(target), MTR_TARGET_SNAPSHOT);
	ck_assert_int_eq(mtr_target_pid(target), 815);
	ck_assert_int_eq(mtr_target_machine(target), EM_AARCH64);
	ck_assert_pstr_eq(mtr_target_exe(target), "/b/a");
	ck_assert_pstr_eq(mtr_target_name(target), path);
	succeeds(mtr_target_part(target, MTR_PART_EXE, &part, &bytes));
	ck_assert_uint_eq(bytes, 4);
	ck_assert(!memcmp(part, "/b/a", 4));
	succeeds(mtr_target_part(target, MTR_PART_BLOCKS, &part, &bytes));
	ck_assert_ptr_null(part);
	ck_assert_uint_eq(mtr_target_ranges(target)->n, 4);
	r = mtr_target_find(target, 0x400fff);
	ck_assert_pstr_eq(r->path, "/bin/a b");
	ck_assert_uint_eq(r->start, 0x400000);
	ck_assert_uint_eq(r->end, 0x401000);
	ck_assert_uint_eq(r->offset, 0x1000);
	ck_assert_int_eq(r->prot, 5);
	ck_assert(!r->readable);
	ck_assert_ptr_null(mtr_target_find(target, 0x600000)->path);
	r = mtr_target_find(target, 0x7f0000000000);
	ck_assert_pstr_eq(r->path, "/tmp/x\ny");
	ck_assert_pstr_eq(mtr_target_ranges(target)->at[3].path, "[vsyscall]");
	warned(target, 1, "2 lines of its memory map make no sense");
	ck_assert_uint_eq(mtr_target_read(target, 0x400000, &byte, 1), 0);
	ck_assert_ptr_null(mtr_target_peek(target, 0x400000, 1));
	mtr_target_build_id(target, 0x400000, &id);
	ck_assert_uint_eq(id.n, 3);
	ck_assert_uint_eq(id.bytes[2], 9);
	mtr_target_build_id(target, 0x1000, &id); /* 40 bytes do not fit */
	ck_assert_uint_eq(id.n, 0);
	mtr_target_build_id(target, 0x600000, &id);
	ck_assert_uint_eq(id.n, 0);
}
END_TEST

/* What the first library wrote ends before what was added since. */
START_TEST(shorter_header)
{
	saved.header.size = MTR_SNAPSHOT_HEADER_MIN;
	target = open_target(file(sizeof(saved)));
	ck_assert_int_eq(mtr_target_pid(target), 815);
	ck_assert_uint_eq(mtr_target_ranges(target)->n, 4);
}
END_TEST

START_TEST(snapshots_that_are_not_for_us)
{
	saved.header.version = 3;
	open_fails_as(file(sizeof(saved)), MTR_ERROR_UNSUPPORTED,
		      "of version 3; this malloc_tracer reads versions 1 "
		      "and 2");
	saved.header.version = 1;
	saved.header.machine = EM_RISCV;
	open_fails_as(file(sizeof(saved)), MTR_ERROR_UNSUPPORTED,
		      "a snapshot of machine 243");
	saved.header.machine = EM_X86_64;
	saved.header.size = 16;
	open_fails_as(file(sizeof(saved)), MTR_ERROR_DAMAGED,
		      "header makes no sense");
	saved.header.size = MTR_SNAPSHOT_HEADER_MIN - 1;
	open_fails_as(file(sizeof(saved)), MTR_ERROR_DAMAGED,
		      "header makes no sense");
}
END_TEST

START_TEST(parts_beyond_the_file)
{
	open_fails(file(sizeof(saved) - 2), "the snapshot is cut off: its "
					    "part 3");
	open_fails(file(sizeof(saved.header) - 1), "cut off inside its header");
	part(MTR_PART_STACKS, UINT64_MAX - 3, 8);
	open_fails(file(sizeof(saved)), "cut off: its part 4");
	part(MTR_PART_STACKS, 8, UINT64_MAX - 3);
	open_fails(file(sizeof(saved)), "cut off: its part 4");
}
END_TEST

/* Two at one place, the first with more than an id can have; and out of order.
 */
START_TEST(modules_in_any_order)
{
	struct mtr_build_id id;

	saved.module[0] = (struct mtr_snapshot_module){ .start = 0x7000,
							.id_bytes = 1,
							.id = { 5 } };
	saved.module[1].start = 0x1000;
	target = open_target(file(sizeof(saved)));
	mtr_target_build_id(target, 0x7000, &id);
	ck_assert_uint_eq(id.bytes[0], 5);
	mtr_target_build_id(target, 0x1000, &id);
	ck_assert_uint_eq(id.bytes[0], 7);
	mtr_target_close(target);
	saved.module[0].start = 0x1000;
	target = open_target(file(sizeof(saved)));
	mtr_target_build_id(target, 0x1000, &id);
	ck_assert_uint_eq(id.bytes[0], 5);
	mtr_target_close(target);
	saved.module[0].id_bytes = 40;
	target = open_target(file(sizeof(saved)));
	mtr_target_build_id(target, 0x1000, &id);
	ck_assert_uint_eq(id.bytes[0], 7);
}
END_TEST

/* The same file, with @n bytes in place of one of its parts. */
static void open_with(enum mtr_snapshot_part which, const void *bytes, size_t n)
{
	unsigned char *all = malloc(sizeof(saved) + n);

	ck_assert_ptr_nonnull(all);
	part(which, sizeof(saved), n);
	memcpy(all, &saved, sizeof(saved));
	memcpy(all + sizeof(saved), bytes, n);
	close(fd);
	fd = core_file(all, sizeof(saved) + n, path);
	free(all);
	target = open_target(path);
}

/* In the time that a test has: no look at all of them for each. */
START_TEST(very_many_modules)
{
	enum { MANY = 200000 };
	struct mtr_snapshot_module *m = calloc(MANY, sizeof(*m));
	struct mtr_build_id id;

	ck_assert_ptr_nonnull(m);
	for (size_t i = 0; i < MANY; i++)
		m[i] = (struct mtr_snapshot_module){ .start = i * 0x1000,
						     .id_bytes = 1,
						     .id = { i % 251 } };
	open_with(MTR_PART_MODULES, m, MANY * sizeof(*m));
	for (size_t i = 0; i < MANY; i++) {
		mtr_target_build_id(target, i * 0x1000, &id);
		ck_assert_uint_eq(id.bytes[0], i % 251);
	}
	free(m);
}
END_TEST

START_TEST(path_of_newlines)
{
	enum { MANY = 1000000 };
	static const char head[] = "1000-2000 r--p 00000000 00:00 0 ";
	size_t n = sizeof(head) - 1;
	char *line = malloc(n + 4 * MANY);
	const char *got;

	ck_assert_ptr_nonnull(line);
	memcpy(line, head, n);
	for (size_t i = 0; i < MANY; i++)
		memcpy(line + n + 4 * i, "\\012", 4);
	open_with(MTR_PART_MAPS, line, n + 4 * MANY);
	got = mtr_target_find(target, 0x1000)->path;
	ck_assert_uint_eq(strlen(got), MANY);
	ck_assert_uint_eq(strspn(got, "\n"), MANY);
	free(line);
}
END_TEST

START_TEST(number_of_no_process)
{
	saved.header.pid = UINT32_C(1) << 31;
	target = open_target(file(sizeof(saved)));
	ck_assert_int_eq(mtr_target_pid(target), 0);
	mtr_target_close(target);
	saved.header.pid--;
	target = open_target(file(sizeof(saved)));
	ck_assert_int_eq(mtr_target_pid(target), INT32_MAX);
}
END_TEST

START_TEST(cut_off_anywhere)
{
	for (size_t n = sizeof(saved) - 2; n > sizeof(saved.header.magic); n--)
		open_fails_as(file(n), MTR_ERROR_DAMAGED, "cut off");
}
END_TEST

/* --------------------------------------------------------------- version 2 */

static struct {
	struct mtr_saved_header header;
	struct mtr_saved_part part[3];
	char bytes[64];
} second;

static const char *second_file(size_t bytes)
{
	if (fd >= 0)
		close(fd);
	fd = core_file(&second, bytes, path);
	return path;
}

/* A path, a kind that nobody knows, and one that is packed. */
static void second_setup(void)
{
	enum { BYTES = 32 };

	memset(&second, 0, sizeof(second));
	second.header = (struct mtr_saved_header){
		.magic = MTR_SNAPSHOT_MAGIC,
		.version = MTR_SAVED_VERSION,
		.size = sizeof(second.header),
		.pid = 815,
		.machine = EM_X86_64,
		.table = sizeof(second.header),
		.parts = 3,
		.entry = sizeof(second.part[0]),
	};
	for (uint32_t i = 0; i < 3; i++)
		second.part[i] = (struct mtr_saved_part){
			.offset = offsetof(__typeof__(second), bytes),
			.bytes = BYTES,
			.whole = BYTES,
		};
	second.part[0].kind = MTR_PART_EXE;
	second.part[0].bytes = second.part[0].whole = 4;
	second.part[1].kind = 4711;
	second.part[2].kind = MTR_SAVED_THREADS;
	second.part[2].whole = second.part[2].bytes = 0;
	memcpy(second.bytes, "/b/a", 4);
}

START_TEST(second_version)
{
	const void *at;
	size_t bytes;

	second_setup();
	target = open_target(second_file(sizeof(second)));
	ck_assert_pstr_eq(mtr_target_exe(target), "/b/a");
	ck_assert_int_eq(mtr_target_pid(target), 815);
	succeeds(mtr_target_part(target, MTR_PART_BLOCKS, &at, &bytes));
	ck_assert_ptr_null(at);
	succeeds(mtr_target_part(target, 4711, &at, &bytes));
	ck_assert_ptr_null(at);
}
END_TEST

START_TEST(second_version_damaged)
{
	second_setup();
	second.header.parts = 4711;
	open_fails_as(second_file(sizeof(second)), MTR_ERROR_DAMAGED,
		      "no table of its parts");
	second_setup();
	second.header.table = UINT64_MAX - 8;
	open_fails_as(second_file(sizeof(second)), MTR_ERROR_DAMAGED,
		      "no table of its parts");
	second_setup();
	second.part[1].offset = UINT64_MAX - 8;
	open_fails_as(second_file(sizeof(second)), MTR_ERROR_DAMAGED,
		      "is cut off: its part 4711");
	second_setup();
	second.part[1].kind = MTR_PART_EXE; /* twice */
	open_fails_as(second_file(sizeof(second)), MTR_ERROR_DAMAGED,
		      "part 3 makes no sense");
	second_setup();
	second.part[0].packing = 2;
	open_fails_as(second_file(sizeof(second)), MTR_ERROR_DAMAGED,
		      "part 3 makes no sense");
	second_setup();
	second.part[0].packing = MTR_SAVED_ZSTD; /* what would that become */
	second.part[0].whole = UINT64_C(1) << 40;
	open_fails_as(second_file(sizeof(second)), MTR_ERROR_DAMAGED,
		      "part 3 makes no sense");
	second.part[0].whole = 100;
	open_fails(second_file(sizeof(second)), "");
	second_setup();
	second.part[2].whole = second.part[2].bytes = 5;
	open_fails_as(second_file(sizeof(second)), MTR_ERROR_DAMAGED,
		      "part 17 makes no sense");
	second_setup();
	for (size_t n = sizeof(second.header.magic); n < sizeof(second) - 61;
	     n++)
		open_fails(second_file(n), "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("target_snapshot");
	TCase *t = tcase_create("snapshot");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, snapshot_is_a_target);
	tcase_add_test(t, shorter_header);
	tcase_add_test(t, snapshots_that_are_not_for_us);
	tcase_add_test(t, parts_beyond_the_file);
	tcase_add_test(t, cut_off_anywhere);
	tcase_add_test(t, modules_in_any_order);
	tcase_add_test(t, very_many_modules);
	tcase_add_test(t, path_of_newlines);
	tcase_add_test(t, number_of_no_process);
	tcase_add_test(t, second_version);
	tcase_add_test(t, second_version_damaged);
	suite_add_tcase(s, t);
	return run_suite(s);
}
