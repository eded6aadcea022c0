/* SPDX-License-Identifier: MIT */
/* Unit tests of core files as targets, on cores made by hand. */
#include <check.h>
#include <unistd.h>

#include "core_fixture.h"

static void is_range(struct mtr_target *t, size_t i, struct mtr_range want)
{
	const struct mtr_range *r = &mtr_target_ranges(t)->at[i];

	ck_assert_uint_lt(i, mtr_target_ranges(t)->n);
	ck_assert_uint_eq(r->start, want.start);
	ck_assert_uint_eq(r->end, want.end);
	ck_assert_uint_eq(r->offset, want.offset);
	ck_assert_int_eq(r->prot, want.prot);
	ck_assert_int_eq(r->readable, want.readable);
	ck_assert_pstr_eq(r->path, want.path);
}

/* ---------------------------------------------------------------- reading */

START_TEST(ranges_join_segments_and_files)
{
	struct mtr_target *t;

	core_add(core, &(struct core_range){ .addr = 0x10000,
					     .bytes = 0x3000,
					     .prot = RX,
					     .path = "/lib/a",
					     .offset = 0x5000,
					     .undumped = true });
	add(0x13000, 0x1000, RW, "/lib/a");
	add(0x20000, 0x1000, RW, NULL);
	add(0x30000, 0x2000, -1, "/lib/b (deleted)");
	t = open_target(core_path(core));
	ck_assert_uint_eq(mtr_target_ranges(t)->n, 4);
	is_range(t, 0,
		 (struct mtr_range){ 0x10000, 0x13000, 0x5000, "/lib/a", 5,
				     false });
	is_range(t, 1,
		 (struct mtr_range){ 0x13000, 0x14000, 0, "/lib/a", 6, true });
	is_range(t, 2,
		 (struct mtr_range){ 0x20000, 0x21000, 0, NULL, 6, true });
	is_range(
		t, 3,
		(struct mtr_range){ 0x30000, 0x32000, 0, "/lib/b", -1, false });
	ck_assert_ptr_null(mtr_target_find(t, 0xffff));
	ck_assert_uint_eq(mtr_target_find(t, 0x10000)->start, 0x10000);
	ck_assert_uint_eq(mtr_target_find(t, 0x13fff)->start, 0x13000);
	ck_assert_ptr_null(mtr_target_find(t, 0x14000));
	ck_assert_ptr_null(mtr_target_find(t, 0x32000));
	warned(t, 0, NULL);
	mtr_target_close(t);
}
END_TEST

/* A mapping that starts and ends inside of segments, and one over a hole. */
START_TEST(ranges_cut_at_every_edge)
{
	struct mtr_target *t;

	add(0x10000, 0x4000, RW, NULL);
	add(0x11000, 0x1000, -1, "/one");
	add(0x13000, 0x4000, -1, "/two");
	add(0x15000, 0x1000, RW, NULL);
	t = open_target(core_path(core));
	ck_assert_uint_eq(mtr_target_ranges(t)->n, 7);
	is_range(t, 0,
		 (struct mtr_range){ 0x10000, 0x11000, 0, NULL, 6, true });
	is_range(t, 1,
		 (struct mtr_range){ 0x11000, 0x12000, 0, "/one", 6, true });
	is_range(t, 2,
		 (struct mtr_range){ 0x12000, 0x13000, 0, NULL, 6, true });
	is_range(t, 3,
		 (struct mtr_range){ 0x13000, 0x14000, 0, "/two", 6, true });
	is_range(t, 4,
		 (struct mtr_range){ 0x14000, 0x15000, 0x1000, "/two", -1,
				     false });
	is_range(t, 5,
		 (struct mtr_range){ 0x15000, 0x16000, 0x2000, "/two", 6,
				     true });
	is_range(t, 6,
		 (struct mtr_range){ 0x16000, 0x17000, 0x3000, "/two", -1,
				     false });
	mtr_target_close(t);
}
END_TEST

static void fill(uint64_t addr, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		*(unsigned char *)core_at(core, addr + i) = (addr + i) * 7;
}

static void is_filled(const unsigned char *at, uint64_t addr, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		ck_assert_uint_eq(at[i], (unsigned char)((addr + i) * 7));
}

START_TEST(reads_across_segments_and_stops_at_holes)
{
	unsigned char to[0x5000];
	struct mtr_target *t;
	struct mtr_read reads[] = {
		{ 0x10ff8, to, 16, false },
		{ 0x12ff8, to + 16, 16, true },
		{ 0x20000, to + 32, 16, false },
	};

	add(0x10000, 0x1000, RW, NULL);
	add(0x20000, 0x1000, RW, NULL); /* between the two in the file */
	add(0x11000, 0x2000, RW, NULL);
	fill(0x10000, 0x1000);
	fill(0x11000, 0x2000);
	fill(0x20000, 0x1000);
	t = open_target(core_path(core));
	ck_assert_uint_eq(mtr_target_read(t, 0x10010, to, sizeof(to)), 0x2ff0);
	is_filled(to, 0x10010, 0x2ff0);
	ck_assert_uint_eq(mtr_target_read(t, 0x13000, to, 1), 0);
	ck_assert_uint_eq(mtr_target_read(t, UINT64_MAX - 3, to, 100), 0);
	ck_assert_ptr_nonnull(mtr_target_peek(t, 0x11000, 0x2000));
	ck_assert_ptr_null(mtr_target_peek(t, 0x11000, 0x2001));
	ck_assert_ptr_null(mtr_target_peek(t, 0x11000, SIZE_MAX));
	ck_assert_ptr_null(mtr_target_peek(t, 0x10ff8, 16));
	is_filled(mtr_target_peek(t, 0x20ff0, 16), 0x20ff0, 16);
	mtr_target_read_many(t, reads, 3);
	ck_assert(reads[0].done && !reads[1].done && reads[2].done);
	is_filled(to, 0x10ff8, 16);
	is_filled(to + 32, 0x20000, 16);
	mtr_target_close(t);
}
END_TEST

START_TEST(neighbours_in_memory_and_file_are_one_piece)
{
	struct mtr_target *t;

	add(0x10000, 0x1000, RW, NULL);
	add(0x11000, 0x1000, PF_R, NULL);
	fill(0x10000, 0x1000);
	fill(0x11000, 0x1000);
	t = open_target(core_path(core));
	ck_assert_uint_eq(mtr_target_ranges(t)->n, 2);
	is_filled(mtr_target_peek(t, 0x10000, 0x2000), 0x10000, 0x2000);
	mtr_target_close(t);
}
END_TEST

START_TEST(segments_in_any_order)
{
	unsigned char byte;
	struct mtr_target *t;

	for (uint64_t i = 0; i < 100; i++) {
		add(0x10000 + i * 0x2000, 0x1000, RW, NULL);
		*(unsigned char *)core_at(core, 0x10000 + i * 0x2000) = i;
	}
	core_layout(core, &(struct core_layout){ .reversed = true });
	t = open_target(core_path(core));
	for (uint64_t i = 0; i < 100; i++) {
		uint64_t addr = 0x10000 + (i * 37 % 100) * 0x2000;

		ck_assert_uint_eq(mtr_target_read(t, addr, &byte, 1), 1);
		ck_assert_uint_eq(byte, i * 37 % 100);
		is_range(t, i,
			 (struct mtr_range){ 0x10000 + i * 0x2000,
					     0x11000 + i * 0x2000, 0, NULL, 6,
					     true });
	}
	mtr_target_close(t);
}
END_TEST

START_TEST(more_segments_than_the_header_counts)
{
	struct mtr_target *t;

	add(0x10000, 0x1000, RW, NULL);
	add(0x20000, 0x1000, RW, NULL);
	core_layout(core, &(struct core_layout){ .xnum = true });
	t = open_target(core_path(core));
	ck_assert_uint_eq(mtr_target_ranges(t)->n, 2);
	mtr_target_close(t);
}
END_TEST

START_TEST(overlapping_segments)
{
	unsigned char to[0x2000];
	struct mtr_target *t;

	add(0x10000, 0x2000, RW, NULL);
	add(0x11000, 0x2000, PF_R, NULL);
	add(0x10800, 0x100, PF_X, NULL);
	memset(core_at(core, 0x10000), 1, 0x2000);
	memset(core_at(core, 0x12000), 3, 0x1000);
	t = open_target(core_path(core));
	ck_assert_uint_eq(mtr_target_ranges(t)->n, 2);
	is_range(t, 0,
		 (struct mtr_range){ 0x10000, 0x12000, 0, NULL, 6, true });
	is_range(t, 1,
		 (struct mtr_range){ 0x12000, 0x13000, 0, NULL, 4, true });
	ck_assert_uint_eq(mtr_target_read(t, 0x11000, to, 0x2000), 0x2000);
	ck_assert_uint_eq(to[0xfff], 1);
	ck_assert_uint_eq(to[0x1000], 3);
	ck_assert_uint_eq(to[0x1fff], 3);
	warned(t, 1, "2 of the core's segments overlap");
	mtr_target_close(t);
}
END_TEST

START_TEST(cut_off_core)
{
	unsigned char byte;
	struct mtr_target *t;
	const char *path;

	add(0x10000, 0x1000, RW, NULL);
	add(0x20000, 0x3000, RW, NULL);
	add(0x30000, 0x1000, RW, NULL);
	path = core_path(core);
	ck_assert_int_eq(truncate(path, 0x1000 + 0x1000 + 0x1234), 0);
	t = open_target(path);
	warned(t, 1, "the core is cut off: 11724 of 20480 bytes of memory");
	ck_assert_uint_eq(mtr_target_ranges(t)->n, 4);
	is_range(t, 1,
		 (struct mtr_range){ 0x20000, 0x21234, 0, NULL, 6, true });
	is_range(t, 2,
		 (struct mtr_range){ 0x21234, 0x23000, 0, NULL, 6, false });
	is_range(t, 3,
		 (struct mtr_range){ 0x30000, 0x31000, 0, NULL, 6, false });
	ck_assert_uint_eq(mtr_target_read(t, 0x21233, &byte, 1), 1);
	ck_assert_uint_eq(mtr_target_read(t, 0x21234, &byte, 1), 0);
	ck_assert_ptr_null(mtr_target_peek(t, 0x21230, 8));
	mtr_target_close(t);
}
END_TEST

/* ----------------------------------------------------------------- bounds */

/* The core, with each of its program headers as @like says. */
static struct mtr_target *open_alike(const Elf64_Phdr *like, size_t *bytes)
{
	unsigned char *image = core_image(core, bytes);
	Elf64_Ehdr *eh = (Elf64_Ehdr *)image;
	Elf64_Phdr *ph = (Elf64_Phdr *)(eh + 1);
	char path[CORE_PATH_MAX];
	struct mtr_target *t;
	int fd;

	for (size_t i = 0; i < eh->e_phnum; i++) {
		ph[i].p_type = like->p_type;
		ph[i].p_offset =
			like->p_offset ? like->p_offset : ph[0].p_offset;
		ph[i].p_filesz =
			like->p_filesz ? like->p_filesz : ph[0].p_filesz;
		ph[i].p_memsz = ph[i].p_filesz;
		ph[i].p_vaddr = 0x10000 * (i + 1);
	}
	fd = core_file(image, *bytes, path);
	t = open_target(path);
	close(fd);
	free(image);
	return t;
}

/* In the time that a test has: no look at all of them for each. */
START_TEST(very_many_segments)
{
	enum { MANY = 200000 };
	struct mtr_target *t;

	for (uint64_t i = 0; i < MANY; i++)
		core_add(core, &(struct core_range){
				       .addr = 0x10000 + i * 0x800,
				       .bytes = 0x1000,
				       .prot = RW,
				       .undumped = true,
				       .path = i % 8 ? NULL : "/lib/a" });
	core_layout(core,
		    &(struct core_layout){ .xnum = true, .reversed = true });
	t = open_target(core_path(core));
	ck_assert_uint_eq(mtr_target_ranges(t)->n, MANY);
	ck_assert_uint_eq(mtr_target_find(t, 0x10000 + MANY / 2 * 0x800)->start,
			  0x10000 + MANY / 2 * 0x800);
	warned(t, 1, "199999 of the core's segments overlap");
	mtr_target_close(t);
}
END_TEST

/* Many segments that are the same bytes: no more memory than the file has. */
START_TEST(segments_of_the_same_bytes)
{
	Elf64_Phdr like = { .p_type = PT_LOAD,
			    .p_offset = 0x1000,
			    .p_filesz = 0x4000 };
	const struct mtr_ranges *rs;
	uint64_t sum = 0;
	struct mtr_target *t;
	size_t bytes;

	for (uint64_t i = 0; i < 50; i++)
		add(0x10000 + i * 0x10000, 0x200, RW, NULL);
	t = open_alike(&like, &bytes);
	rs = mtr_target_ranges(t);
	for (size_t i = 0; i < rs->n; i++)
		if (rs->at[i].readable)
			sum += rs->at[i].end - rs->at[i].start;
	ck_assert_uint_eq(sum, 2 * bytes);
	warned(t, 1, "the core is cut off");
	mtr_target_close(t);
}
END_TEST

START_TEST(notes_of_the_same_bytes)
{
	uint64_t note[500] = { 1, 4096, 0x10000, 0x11000, 0 };
	Elf64_Phdr like = { .p_type = PT_NOTE };
	struct mtr_target *t;
	size_t bytes;

	memset(&note[5], 'p', sizeof(note) - 5 * sizeof(*note) - 1);
	core_note(core, NT_FILE, note, sizeof(note));
	for (uint64_t i = 0; i < 50; i++)
		core_add(core, &(struct core_range){ .addr = 0x10000 * (i + 1),
						     .bytes = 0x1000,
						     .prot = RW,
						     .undumped = true });
	t = open_alike(&like, &bytes);
	ck_assert_uint_lt(bytes, 3 * sizeof(note));
	ck_assert_uint_eq(mtr_target_ranges(t)->n, 1);
	warned(t, 2, "notes are damaged");
	ck_assert_int_lt(atoi(mtr_target_warnings(t)->at[1]), 6);
	mtr_target_close(t);
}
END_TEST

/* ------------------------------------------------------------------ notes */

static void put_auxv(uint64_t type, uint64_t value)
{
	uint64_t auxv[] = { 1, 2, type, value, 0, 0 };

	core_note(core, NT_AUXV, auxv, sizeof(auxv));
}

START_TEST(pid_of_the_process_not_of_a_thread)
{
	unsigned char status[336] = { 0 };
	int tid = 99;
	struct mtr_target *t;

	memcpy(status + 32, &tid, sizeof(tid));
	core_note(core, NT_PRSTATUS, status, sizeof(status));
	t = open_target(core_path(core));
	ck_assert_int_eq(mtr_target_pid(t), 99);
	mtr_target_close(t);
	tid = 98;
	memcpy(status + 32, &tid, sizeof(tid));
	core_note(core, NT_PRSTATUS, status, sizeof(status));
	t = open_target(core_path(core));
	ck_assert_int_eq(mtr_target_pid(t), 99); /* the first one's */
	mtr_target_close(t);
	core_pid(core, 42);
	t = open_target(core_path(core));
	ck_assert_int_eq(mtr_target_pid(t), 42);
	ck_assert_int_eq(mtr_target_machine(t), EM_X86_64);
	ck_assert_int_eq(mtr_target_kind(t), MTR_TARGET_CORE);
	ck_assert_str_eq(mtr_target_root(t), "");
	mtr_target_close(t);
}
END_TEST

START_TEST(exe_is_what_holds_the_program_headers)
{
	struct mtr_target *t;

	add(0x10000, 0x1000, RX, "/lib/ld.so");
	add(0x20000, 0x1000, RX, "/bin/it");
	put_auxv(AT_PHDR, 0x20040);
	t = open_target(core_path(core));
	ck_assert_pstr_eq(mtr_target_exe(t), "/bin/it");
	mtr_target_close(t);
}
END_TEST

START_TEST(exe_is_what_was_executed)
{
	struct mtr_target *t;

	add(0x20000, 0x1000, RW, NULL);
	core_put(core, 0x20ff0, "./prog", 7);
	put_auxv(AT_EXECFN, 0x20ff0);
	t = open_target(core_path(core));
	ck_assert_pstr_eq(mtr_target_exe(t), "./prog");
	mtr_target_close(t);
	memset(core_at(core, 0x20ff0), 'x', 16);
	t = open_target(core_path(core));
	ck_assert_ptr_null(mtr_target_exe(t));
	mtr_target_close(t);
}
END_TEST

static void file_note(uint64_t count, uint64_t page, uint64_t offset,
		      const char *path, size_t path_bytes)
{
	unsigned char note[200] = { 0 };
	uint64_t head[] = { count, page, 0x10000, 0x11000, offset };

	memcpy(note, head, sizeof(head));
	memcpy(note + sizeof(head), path, path_bytes);
	core_note(core, NT_FILE, note, sizeof(head) + path_bytes);
}

static void note_warns(const char *part)
{
	struct mtr_target *t = open_target(core_path(core));

	ck_assert_uint_eq(mtr_target_ranges(t)->n, 0);
	warned(t, 1, part);
	mtr_target_close(t);
}

START_TEST(file_note_with_too_many_entries)
{
	file_note(UINT64_MAX / 24, 4096, 0, "/a", 3);
	note_warns("1 of the core's file mappings");
}
END_TEST

START_TEST(file_note_without_end_of_path)
{
	file_note(1, 4096, 0, "/a", 2);
	note_warns("1 of the core's file mappings");
}
END_TEST

START_TEST(file_note_with_offset_that_wraps)
{
	file_note(1, 4096, UINT64_MAX / 2, "/a", 3);
	note_warns("1 of the core's file mappings");
}
END_TEST

/* gcore counts in bytes, not in pages. */
START_TEST(file_note_of_gcore)
{
	struct mtr_target *t;

	file_note(1, 1, 0x7000, "/a", 3);
	t = open_target(core_path(core));
	is_range(t, 0,
		 (struct mtr_range){ 0x10000, 0x11000, 0x7000, "/a", -1,
				     false });
	mtr_target_close(t);
}
END_TEST

START_TEST(notes_that_overrun)
{
	static const unsigned char big[400];
	unsigned char *image;
	char path[CORE_PATH_MAX];
	struct mtr_target *t;
	Elf64_Phdr *ph;
	size_t bytes;
	int fd;

	core_pid(core, 7);
	core_note(core, 12345, big, sizeof(big));
	image = core_image(core, &bytes);
	ph = (Elf64_Phdr *)(image + sizeof(Elf64_Ehdr));
	ph->p_filesz -= 8;
	fd = core_file(image, bytes, path);
	t = open_target(path);
	ck_assert_int_eq(mtr_target_pid(t), 7);
	warned(t, 1, "notes are damaged");
	mtr_target_close(t);
	close(fd);
	free(image);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("target_core");
	TCase *t = tcase_create("core");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ranges_join_segments_and_files);
	tcase_add_test(t, ranges_cut_at_every_edge);
	tcase_add_test(t, reads_across_segments_and_stops_at_holes);
	tcase_add_test(t, neighbours_in_memory_and_file_are_one_piece);
	tcase_add_test(t, segments_in_any_order);
	tcase_add_test(t, more_segments_than_the_header_counts);
	tcase_add_test(t, overlapping_segments);
	tcase_add_test(t, very_many_segments);
	tcase_add_test(t, segments_of_the_same_bytes);
	tcase_add_test(t, notes_of_the_same_bytes);
	tcase_add_test(t, cut_off_core);
	tcase_add_test(t, pid_of_the_process_not_of_a_thread);
	tcase_add_test(t, exe_is_what_holds_the_program_headers);
	tcase_add_test(t, exe_is_what_was_executed);
	tcase_add_test(t, file_note_with_too_many_entries);
	tcase_add_test(t, file_note_without_end_of_path);
	tcase_add_test(t, file_note_with_offset_that_wraps);
	tcase_add_test(t, file_note_of_gcore);
	tcase_add_test(t, notes_that_overrun);
	suite_add_tcase(s, t);
	return run_suite(s);
}
