/* SPDX-License-Identifier: MIT */
/* Unit tests of files that change, or have holes, while they are read. */
#include <check.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core_fixture.h"

/* A core of 64 pages of 7s, in a file that is ours to change. */
static struct mtr_target *open_changing(int *fd)
{
	enum { BYTES = 64 * 4096 };
	char path[CORE_PATH_MAX];
	unsigned char *image;
	struct mtr_target *t;
	size_t bytes;

	add(0x100000, BYTES, RW, NULL);
	memset(core_at(core, 0x100000), 7, BYTES);
	image = core_image(core, &bytes);
	*fd = core_file(image, bytes, path);
	free(image);
	t = open_target(path);
	warned(t, 0, NULL);
	return t;
}

START_TEST(file_that_shrinks_while_it_is_read)
{
	unsigned char to[0x3000], zeros[0x2000] = { 0 };
	const unsigned char *all;
	struct mtr_target *t;
	int fd;

	t = open_changing(&fd);
	all = mtr_target_peek(t, 0x100000, 64 * 4096);
	ck_assert_uint_eq(all[0x20000], 7);
	ck_assert_int_eq(ftruncate(fd, 0x1000 + 0x9800), 0);
	ck_assert_uint_eq(mtr_target_read(t, 0x108000, to, 0x3000), 0x3000);
	for (size_t i = 0; i < 0x1800; i++)
		ck_assert_uint_eq(to[i], 7);
	ck_assert_mem_eq(to + 0x1800, zeros, 0x1800);
	ck_assert_mem_eq(all + 0x20000, zeros, 0x2000);
	ck_assert_uint_eq(all[64 * 4096 - 1], 0);
	ck_assert_uint_eq(all[0], 7);
	warned(t, 1,
	       "the file was cut short while it was read, from 266240 to "
	       "43008 bytes");
	warned(t, 1, "");
	mtr_target_close(t);
	close(fd);
}
END_TEST

/* Its last page is there, and nothing of it is said to be gone. */
START_TEST(file_that_shrinks_within_a_page)
{
	struct mtr_target *t;
	int fd;

	t = open_changing(&fd);
	ck_assert_int_eq(ftruncate(fd, 0x1000 + 64 * 4096 - 1), 0);
	warned(t, 1, "the file was cut short while it was read");
	mtr_target_close(t);
	close(fd);
}
END_TEST

START_TEST(file_that_grows_while_it_is_read)
{
	struct mtr_target *t;
	int fd;

	t = open_changing(&fd);
	ck_assert_int_eq(ftruncate(fd, 0x100000), 0);
	warned(t, 1, "the file grew while it was read");
	mtr_target_close(t);
	close(fd);
}
END_TEST

static unsigned char zeroed[0x2800];

/* Zeros that the file has not, in pages 16 to 31, and 40 to 63. */
static void punch(int fd)
{
	enum { MODE = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE };

	if (fallocate(fd, MODE, 0x1000 + 0x10000, 0x10000) ||
	    fallocate(fd, MODE, 0x1000 + 0x28000, 0x18000))
		ck_abort_msg("fallocate");
}

START_TEST(holes_are_leapt_over_and_not_resident)
{
	struct mtr_pages pages;
	struct mtr_target *t;
	int fd;

	core_add(core, &(struct core_range){ .addr = 0x300000,
					     .bytes = 0x1000,
					     .prot = RX,
					     .undumped = true });
	add(0x104000, 0x2000, -1, "/lib/a"); /* cuts the range in three */
	t = open_changing(&fd);
	punch(fd);
	ck_assert_uint_eq(mtr_target_data(t, 0x100000, 0x140000), 0x100000);
	ck_assert_uint_eq(mtr_target_data(t, 0x10ffff, 0x140000), 0x10ffff);
	ck_assert_uint_eq(mtr_target_data(t, 0x110000, 0x140000), 0x120000);
	ck_assert_uint_eq(mtr_target_data(t, 0x118001, 0x140000), 0x120000);
	ck_assert_uint_eq(mtr_target_data(t, 0x118001, 0x119000), 0x119000);
	ck_assert_uint_eq(mtr_target_data(t, 0x130000, 0x140000), 0x140000);
	ck_assert_uint_eq(mtr_target_data(t, 0x130000, 0x999999), 0x140000);
	ck_assert_uint_eq(mtr_target_data(t, 0x500000, 0x600000), 0x500000);
	ck_assert_uint_eq(mtr_target_resident(t), 0x18000);
	succeeds(mtr_target_pages(t, &pages));
	ck_assert_uint_eq(pages.resident, 0x18000);
	ck_assert_uint_eq(pages.areas.n, 2);
	ck_assert_uint_eq(pages.areas.at[0].start, 0x100000);
	ck_assert_uint_eq(pages.areas.at[0].end, 0x110000);
	ck_assert_uint_eq(pages.areas.at[1].start, 0x120000);
	ck_assert_uint_eq(pages.areas.at[1].end, 0x128000);
	/* no page of zeros is left: a copy may look like that */
	ck_assert_int_eq(pages.doubt, MTR_PAGES_COPIED);
	mtr_pages_fini(&pages);
	mtr_target_close(t);
	close(fd);
}
END_TEST

/* The kernel's own has pages of zeros, and leaves holes. */
START_TEST(kernel_core_is_exact)
{
	struct mtr_pages pages;
	struct mtr_target *t;
	int fd;

	memset(zeroed, 0, sizeof(zeroed));
	t = open_changing(&fd);
	ck_assert_int_eq(pwrite(fd, zeroed, sizeof(zeroed), 0x1000 + 0x3000),
			 sizeof(zeroed));
	punch(fd);
	succeeds(mtr_target_pages(t, &pages));
	ck_assert_uint_eq(pages.resident, 0x18000);
	ck_assert_int_eq(pages.doubt, MTR_PAGES_EXACT);
	mtr_pages_fini(&pages);
	mtr_target_close(t);
	close(fd);
}
END_TEST

/* Nobody says whether that was in memory. */
START_TEST(kernel_core_without_all_that_is_writable)
{
	struct mtr_pages pages;
	struct mtr_target *t;
	int fd;

	core_add(core, &(struct core_range){ .addr = 0x300000,
					     .bytes = 0x5000,
					     .prot = PF_R | PF_W,
					     .undumped = true });
	memset(zeroed, 0, sizeof(zeroed));
	t = open_changing(&fd);
	ck_assert_int_eq(pwrite(fd, zeroed, sizeof(zeroed), 0x1000 + 0x3000),
			 sizeof(zeroed));
	punch(fd);
	succeeds(mtr_target_pages(t, &pages));
	ck_assert_uint_eq(pages.resident, 0x18000);
	ck_assert_int_eq(pages.doubt, MTR_PAGES_UNDUMPED);
	ck_assert_uint_eq(pages.undumped, 0x5000);
	mtr_pages_fini(&pages);
	mtr_target_close(t);
	close(fd);
}
END_TEST

START_TEST(without_holes_what_is_zero_does_not_count)
{
	struct mtr_pages pages;
	struct mtr_target *t;
	int fd;

	memset(zeroed, 0, sizeof(zeroed));
	t = open_changing(&fd);
	/* two whole pages and a half */
	ck_assert_int_eq(pwrite(fd, zeroed, sizeof(zeroed), 0x1000 + 0x3000),
			 sizeof(zeroed));
	ck_assert_uint_eq(mtr_target_resident(t), 64 * 4096);
	succeeds(mtr_target_pages(t, &pages));
	ck_assert_uint_eq(pages.resident, 62 * 4096);
	ck_assert_uint_eq(pages.areas.n, 2);
	ck_assert_uint_eq(pages.areas.at[0].end, 0x103000);
	ck_assert_uint_eq(pages.areas.at[1].start, 0x105000);
	ck_assert_int_eq(pages.doubt, MTR_PAGES_COPIED);
	mtr_pages_fini(&pages);
	mtr_target_close(t);
	close(fd);
}
END_TEST

static volatile unsigned char *no_page(int *fd)
{
	char path[CORE_PATH_MAX];
	unsigned char *p;

	*fd = core_file("x", 1, path);
	p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, *fd, 0);
	ck_assert_ptr_ne(p, MAP_FAILED);
	return p + 4096;
}

/* What is none of ours ends us as ever. */
START_TEST(page_of_another_file)
{
	struct mtr_target *t;
	int fd, other;

	signal(SIGBUS, SIG_DFL); /* sanitizers have a handler */
	t = open_changing(&fd);
	ck_assert_uint_eq(*no_page(&other), 0);
	mtr_target_close(t);
}
END_TEST

static sigjmp_buf back;

static void jump(int signo)
{
	siglongjmp(back, signo);
}

START_TEST(handler_of_before_has_the_rest)
{
	struct sigaction sa = { .sa_handler = jump }, now;
	struct mtr_target *t;
	int fd, other;

	sigaction(SIGBUS, &sa, NULL);
	t = open_changing(&fd);
	sigaction(SIGBUS, NULL, &now);
	ck_assert(now.sa_handler != jump);
	if (!sigsetjmp(back, 1)) {
		ck_assert_uint_eq(*no_page(&other), 0);
		ck_abort_msg("no SIGBUS");
	}
	mtr_target_close(t);
	sigaction(SIGBUS, NULL, &now);
	ck_assert(now.sa_handler == jump);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("file_map");
	TCase *t = add_group(s, "file_map", setup, teardown);

	tcase_add_test(t, file_that_shrinks_while_it_is_read);
	tcase_add_test(t, file_that_shrinks_within_a_page);
	tcase_add_test(t, file_that_grows_while_it_is_read);
	tcase_add_test(t, holes_are_leapt_over_and_not_resident);
	tcase_add_test(t, kernel_core_is_exact);
	tcase_add_test(t, kernel_core_without_all_that_is_writable);
	tcase_add_test(t, without_holes_what_is_zero_does_not_count);
	tcase_add_test_raise_signal(t, page_of_another_file, SIGBUS);
	tcase_add_test(t, handler_of_before_has_the_rest);
	return run_suite(s);
}
