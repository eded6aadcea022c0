/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of records that are not there or not to be read, and of cores that
 * are cut off or spoilt, byte by byte.
 */
#include <check.h>
#include <fcntl.h>
#include <unistd.h>

#include "heap_fixture.h"

static void heap_fails(const char *part)
{
	target = open_target(core_path(core));
	fails_with(mtr_heap_read(target, &heap), part);
	ck_assert_ptr_null(heap.blocks.at);
	close_heap();
}

/* -------------------------------------------------------------- descriptors */

START_TEST(no_record)
{
	memset(core_descriptor(core), 0, 16);
	heap_fails("no malloc_tracer record: was it run under "
		   "libmalloc_tracer.so?");
	target = open_target(core_path(core));
	fails_as(mtr_heap_read(target, &heap), MTR_ERROR_NOT_TRACED, "");
	close_heap();
}
END_TEST

START_TEST(no_record_in_what_is_there)
{
	memset(core_descriptor(core), 0, 16);
	core_add(core, &(struct core_range){ .addr = 0x20000000,
					     .bytes = 0x3000,
					     .prot = PF_R | PF_W,
					     .undumped = true });
	heap_fails("libmalloc_tracer.so? 12288 bytes of its writable memory");
}
END_TEST

START_TEST(copy_of_a_descriptor)
{
	put(0x100, 24);
	core_put(core, core_data, core_descriptor(core),
		 sizeof(struct mtr_descriptor));
	core_put(core, core_library + 0x800, core_descriptor(core),
		 sizeof(struct mtr_descriptor));
	memset(core_descriptor(core), 0, sizeof(struct mtr_descriptor));
	heap_fails("no malloc_tracer record");
}
END_TEST

/* The library by another name, or in memory of no file at all. */
START_TEST(library_renamed)
{
	static const uint64_t places[] = { core_data + 0x1000 - 48,
					   core_heap + 8 };

	put(0x200, 24);
	for (size_t i = 0; i < 2; i++) {
		struct mtr_descriptor *d = core_descriptor(core), moved = *d;

		moved.self = places[i];
		core_put(core, places[i], &moved, sizeof(moved));
		memset(d, 0, sizeof(*d));
		read_heap();
		counts(1, 0, 0, 0);
		ck_assert_uint_eq(heap.descriptor_addr, places[i]);
		close_heap();
		memset(core_at(core, places[i]), 0, sizeof(moved));
		moved.self = core_library + 0x40;
		*d = moved;
	}
}
END_TEST

START_TEST(unknown_version)
{
	core_descriptor(core)->version = 7;
	heap_fails("is of version 7; this malloc_tracer reads "
		   "versions 1 and 2");
}
END_TEST

START_TEST(unknown_geometry)
{
	core_descriptor(core)->granule_bits = 5;
	heap_fails("is damaged: 432 bytes, tables of 14, 12, 22 and 5 bits");
	core_descriptor(core)->granule_bits = 4;
	core_descriptor(core)->leaf_bits = 63;
	heap_fails("is damaged");
	core_descriptor(core)->leaf_bits = 22;
	core_descriptor(core)->mid_bits = 11;
	heap_fails("is damaged");
	core_descriptor(core)->mid_bits = 12;
	core_descriptor(core)->root_bits = 0;
	heap_fails("is damaged");
	core_descriptor(core)->root_bits = 14;
	core_descriptor(core)->size = 383;
	heap_fails("is damaged");
}
END_TEST

START_TEST(program_with_its_own_malloc)
{
	core_descriptor(core)->flags |= MTR_FLAG_SHADOWED;
	heap_fails("the program brings its own malloc");
	core_descriptor(core)->flags |= MTR_FLAG_LATE;
	heap_fails("library came after libc's malloc, as by dlopen(3)");
}
END_TEST

START_TEST(library_cut_off)
{
	const char *path = core_path(core);

	/* all of the program is there, and nothing of what follows */
	ck_assert_int_eq(truncate(path, 0x1000 + 0x2000 + core_heap_bytes), 0);
	target = open_target(path);
	fails_with(mtr_heap_read(target, &heap),
		   "/usr/lib/libmalloc_tracer.so.0.0.0 was there, but its data "
		   "at 0x7f0000010000 is missing");
}
END_TEST

/* ------------------------------------------------------ what may be spoilt */

static void open_spoilt(const char *path)
{
	struct mtr_target *t = NULL;
	struct mtr_heap h;
	struct mtr_error *e = mtr_target_open(path, &t);
	struct mtr_build_id id;

	if (!e) {
		e = mtr_heap_read(t, &h);
		for (size_t i = 0; i < mtr_target_ranges(t)->n; i++)
			mtr_target_build_id(
				t, mtr_target_ranges(t)->at[i].start, &id);
		if (!e)
			mtr_heap_fini(&h);
		mtr_target_close(t);
	}
	if (e)
		ck_assert_int_gt(strlen(mtr_error_text(e)), 5);
	mtr_error_destroy(e);
}

static unsigned char *small_image(size_t *bytes)
{
	for (int i = 0; i < 200; i++)
		put(i * 128, i % 90);
	return core_image(core, bytes);
}

START_TEST(cut_off_anywhere)
{
	char path[CORE_PATH_MAX];
	size_t bytes;
	unsigned char *image = small_image(&bytes);
	int fd = core_file(image, bytes, path);

	for (size_t n = bytes; n > 97; n -= 97) {
		ck_assert_int_eq(ftruncate(fd, n), 0);
		open_spoilt(path);
	}
	close(fd);
	free(image);
}
END_TEST

static const unsigned char spoils[] = { 0, 1, 0x7f, 0x80, 0xff };

static void spoil_each(unsigned char *image, size_t bytes, size_t from,
		       size_t to)
{
	char path[CORE_PATH_MAX];
	int fd = core_file(image, bytes, path);

	for (size_t i = from; i < to; i++)
		for (size_t j = 0; j < sizeof(spoils); j++) {
			if (image[i] == spoils[j])
				continue;
			ck_assert_int_eq(pwrite(fd, &spoils[j], 1, i), 1);
			open_spoilt(path);
			ck_assert_int_eq(pwrite(fd, &image[i], 1, i), 1);
		}
	close(fd);
}

/* The file's headers and notes: all before the first page of memory. */
START_TEST(every_byte_of_the_headers)
{
	size_t bytes, end = sizeof(Elf64_Ehdr) + 10 * sizeof(Elf64_Phdr) + 600;
	unsigned char *image = small_image(&bytes);

	spoil_each(image, bytes, 0, end);
	free(image);
}
END_TEST

static size_t find(const unsigned char *image, size_t bytes, const void *what,
		   size_t n)
{
	const unsigned char *at = memmem(image, bytes, what, n);

	ck_assert_ptr_nonnull(at);
	return at - image;
}

START_TEST(every_byte_of_the_descriptor)
{
	size_t bytes, at;
	unsigned char *image = small_image(&bytes);

	at = find(image, bytes, MTR_MAGIC, sizeof(MTR_MAGIC));
	spoil_each(image, bytes, at, at + 72);
	free(image);
}
END_TEST

START_TEST(every_byte_of_some_entries_and_trailers)
{
	size_t bytes, at;
	unsigned char *image = small_image(&bytes);
	uint64_t mid;

	at = find(image, bytes, core_ledger(core, core_heap), 64);
	spoil_each(image, bytes, at, at + 20);
	at = find(image, bytes, core_at(core, core_heap + 8), 16);
	spoil_each(image, bytes, at, at + 16);
	memcpy(&mid, core_at(core, core_root), 8);
	at = find(image, bytes, &mid, 8);
	spoil_each(image, bytes, at, at + 8);
	free(image);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("heap_spoilt");
	TCase *t = add_group(s, "descriptor", setup, teardown);

	tcase_add_test(t, no_record);
	tcase_add_test(t, no_record_in_what_is_there);
	tcase_add_test(t, copy_of_a_descriptor);
	tcase_add_test(t, library_renamed);
	tcase_add_test(t, unknown_version);
	tcase_add_test(t, unknown_geometry);
	tcase_add_test(t, program_with_its_own_malloc);
	tcase_add_test(t, library_cut_off);
	t = add_group(s, "spoilt", setup, teardown);
	tcase_add_test(t, cut_off_anywhere);
	tcase_add_test(t, every_byte_of_the_headers);
	tcase_add_test(t, every_byte_of_the_descriptor);
	tcase_add_test(t, every_byte_of_some_entries_and_trailers);
	return run_suite(s);
}
