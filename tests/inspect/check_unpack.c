/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of compressed files: gzip's, made by hand of blocks that are only
 * stored. tests/cli/compressed.sh has those of real programs.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core_fixture.h"
#include "target/unpack.h"

struct packed {
	unsigned char *at;
	size_t n;
};

static uint32_t crc(const unsigned char *at, size_t n)
{
	uint32_t sum = ~UINT32_C(0);

	for (size_t i = 0; i < n; i++) {
		sum ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
	}
	return ~sum;
}

static void put(struct packed *p, const void *from, size_t n)
{
	memcpy(p->at + p->n, from, n);
	p->n += n;
}

static struct packed pack(const unsigned char *at, size_t n)
{
	static const unsigned char head[] = {
		0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3
	};
	uint32_t tail[] = { crc(at, n), (uint32_t)n };
	struct packed p = { malloc(2 * n + 100), 0 };

	ck_assert_ptr_nonnull(p.at);
	put(&p, head, sizeof(head));
	while (n) {
		uint16_t part = n < 60000 ? n : 60000;
		uint16_t sizes[] = { part, (uint16_t)~part };

		n -= part;
		put(&p, n ? "\0" : "\1", 1);
		put(&p, sizes, sizeof(sizes));
		put(&p, at, part);
		at += part;
	}
	put(&p, tail, sizeof(tail));
	return p;
}

/* A core of a page of 7s, a megabyte of zeros, and a byte. */
static struct packed packed_core(void)
{
	unsigned char *image;
	struct packed p;
	size_t n;

	add(0x100000, 0x1000, RW, NULL);
	add(0x101000, 0x100000, RW, NULL);
	add(0x201000, 0x1, RW, NULL);
	memset(core_at(core, 0x100000), 7, 0x1000);
	*(char *)core_at(core, 0x201000) = 8;
	image = core_image(core, &n);
	p = pack(image, n);
	free(image);
	return p;
}

static void packed_free(struct packed *p)
{
	free(p->at);
}

#ifdef HAVE_LIBARCHIVE
static uint64_t readable(struct mtr_target *t)
{
	const struct mtr_ranges *v = mtr_target_ranges(t);
	uint64_t sum = 0;

	for (size_t i = 0; i < v->n; i++)
		if (v->at[i].readable)
			sum += v->at[i].end - v->at[i].start;
	return sum;
}

START_TEST(compressed_core_is_a_core)
{
	mtr_cleanup(packed_free) struct packed p = packed_core();
	char path[CORE_PATH_MAX];
	struct mtr_target *t;
	unsigned char to[2];
	int fd;

	fd = core_file(p.at, p.n, path);
	t = open_target(path);
	warned(t, 0, NULL);
	ck_assert_str_eq(mtr_target_name(t), path);
	ck_assert_int_eq(mtr_target_kind(t), MTR_TARGET_CORE);
	ck_assert_uint_eq(mtr_target_read(t, 0x100fff, to, 2), 2);
	ck_assert(to[0] == 7 && to[1] == 0);
	ck_assert_uint_eq(mtr_target_read(t, 0x201000, to, 1), 1);
	ck_assert(to[0] == 8);
	/* a hole is what was zero, not what was not there */
	ck_assert_uint_ge(mtr_target_data(t, 0x101000, 0x201000), 0x200000);
	ck_assert_uint_eq(mtr_target_resident(t), readable(t));
	mtr_target_close(t);
	close(fd);
}
END_TEST

/* As much of it as there is, and a word about the rest. */
START_TEST(cut_off)
{
	mtr_cleanup(packed_free) struct packed p = packed_core();
	char path[CORE_PATH_MAX];
	struct mtr_target *t;
	unsigned char to;
	int fd;

	fd = core_file(p.at, p.n / 2, path);
	t = open_target(path);
	ck_assert_uint_eq(mtr_target_warnings(t)->n, 2);
	ck_has(mtr_target_warnings(t)->at[0], "the core is cut off");
	ck_has(mtr_target_warnings(t)->at[1],
	       "the compressed file is damaged or cut off");
	ck_assert_uint_eq(mtr_target_read(t, 0x100fff, &to, 1), 1);
	ck_assert_uint_eq(to, 7);
	ck_assert_uint_eq(mtr_target_read(t, 0x201000, &to, 1), 0);
	mtr_target_close(t);
	close(fd);
}
END_TEST

START_TEST(nothing_in_it)
{
	char path[CORE_PATH_MAX];
	int fd = core_file("\x28\xb5\x2f\xfd....", 8, path);

	open_fails_as(path, MTR_ERROR_DAMAGED,
		      "it is compressed by zstd, and cannot be unpacked: ");
	close(fd);
}
END_TEST

START_TEST(no_core_in_it)
{
	unsigned char text[] = "hello, hello, hello, hello, hello, hello";
	mtr_cleanup(packed_free) struct packed p = pack(text, sizeof(text));
	char path[CORE_PATH_MAX];
	int fd = core_file(p.at, p.n, path);

	open_fails_as(path, MTR_ERROR_UNSUPPORTED, "it is neither an ELF core");
	close(fd);
}
END_TEST

START_TEST(more_than_is_believed)
{
	mtr_cleanup(packed_free) struct packed p = packed_core();
	char path[CORE_PATH_MAX], *complaint = NULL;
	int fd = core_file(p.at, p.n, path), out = -1;

	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	fails_as(mtr_unpack(fd, "gzip", 0x100000, &complaint, &out),
		 MTR_ERROR_UNSUPPORTED,
		 "it unpacks to more than 1048576 bytes");
	ck_assert_int_eq(out, -1);
	ck_assert_ptr_null(complaint);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	succeeds(mtr_unpack(fd, "gzip", 0x200000, &complaint, &out));
	ck_assert_int_eq(lseek(out, 0, SEEK_END), 0x1000 + 0x101001);
	close(out);
	close(fd);
}
END_TEST

START_TEST(no_place_for_it)
{
	mtr_cleanup(packed_free) struct packed p = packed_core();
	char path[CORE_PATH_MAX];
	int fd = core_file(p.at, p.n, path);

	setenv("TMPDIR", "/nonexistent/directory", 1);
	open_fails_as(path, MTR_ERROR_NOT_FOUND,
		      "in /nonexistent/directory (set TMPDIR");
	close(fd);
}
END_TEST
#else
START_TEST(compressed_core_is_refused)
{
	mtr_cleanup(packed_free) struct packed p = packed_core();
	char path[CORE_PATH_MAX];
	int fd = core_file(p.at, p.n, path);

	open_fails_as(path, MTR_ERROR_UNSUPPORTED,
		      "it is compressed: unpack it with gzip first");
	close(fd);
}
END_TEST
#endif

START_TEST(what_is_believed)
{
	ck_assert_uint_eq(mtr_unpack_most(0), UINT64_C(64) << 30);
	ck_assert_uint_eq(mtr_unpack_most(1 << 20),
			  (UINT64_C(64) << 30) + (1 << 20) * UINT64_C(1000));
	ck_assert_uint_eq(mtr_unpack_most(UINT64_MAX), INT64_MAX);
	ck_assert_uint_eq(mtr_unpack_most(INT64_MAX / 1000), INT64_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("unpack");
	TCase *t = tcase_create("unpack");

	tcase_add_checked_fixture(t, setup, teardown);
#ifdef HAVE_LIBARCHIVE
	tcase_add_test(t, compressed_core_is_a_core);
	tcase_add_test(t, cut_off);
	tcase_add_test(t, nothing_in_it);
	tcase_add_test(t, no_core_in_it);
	tcase_add_test(t, more_than_is_believed);
	tcase_add_test(t, no_place_for_it);
#else
	tcase_add_test(t, compressed_core_is_refused);
#endif
	tcase_add_test(t, what_is_believed);
	suite_add_tcase(s, t);
	return run_suite(s);
}
