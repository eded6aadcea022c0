/* SPDX-License-Identifier: MIT */
/*
 * A snapshot of the twin, read back with format/snapshot.h alone.
 */
#include "preload/snapshot.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/ledger_code.h"
#include "format/saved.h"
#include "preload/descriptor.h"
#include "preload/entry.h"
#include "preload/objects.h"
#include "unit.h"

/* the linker's: our own ELF header */
extern const ElfW(Ehdr) __ehdr_start;

static const char path[] = "unit.snapshot.tmp";

struct whole {
	char *data;
	size_t bytes;
	struct mtr_saved_header h;
	struct mtr_saved_part part[8];
};

static struct whole read_back(void)
{
	struct whole w = { 0 };
	FILE *f = fopen(path, "rb");

	ck_assert(f != NULL);
	fseek(f, 0, SEEK_END);
	w.bytes = ftell(f);
	rewind(f);
	w.data = malloc(w.bytes);
	ck_assert_uint_eq(fread(w.data, 1, w.bytes, f), w.bytes);
	fclose(f);
	ck_assert(w.bytes > sizeof(w.h) + sizeof(w.part));
	memcpy(&w.h, w.data, sizeof(w.h));
	ck_assert_uint_eq(w.h.parts, 8);
	memcpy(w.part, w.data + w.h.table, sizeof(w.part));
	return w;
}

static struct mtr_saved_part part_of(const struct whole *w, uint32_t kind)
{
	for (size_t i = 0; i < w->h.parts; i++)
		if (w->part[i].kind == kind)
			return w->part[i];
	ck_abort_msg("there is no part %u", kind);
}

static void take(void)
{
	ck_assert_int_eq(mtr_snapshot_write(path), 0);
}

/* How many files of a snapshot that is not complete are here. */
static size_t parts(void)
{
	glob_t found;
	size_t n;

	glob("unit.snapshot.tmp*.part", 0, NULL, &found);
	n = found.gl_pathc;
	globfree(&found);
	return n;
}

static void clean(void)
{
	unlink(path);
	rmdir(path);
}

START_TEST(header)
{
	struct whole w;
	struct mtr_saved_part d;
	uint64_t at = sizeof(w.h) + sizeof(w.part);

	take();
	w = read_back();
	ck_assert(memcmp(w.h.magic, MTR_SNAPSHOT_MAGIC, 16) == 0);
	ck_assert_uint_eq(w.h.version, MTR_SAVED_VERSION);
	ck_assert_uint_eq(w.h.size, sizeof(w.h));
	ck_assert_uint_eq(w.h.table, sizeof(w.h));
	ck_assert_uint_eq(w.h.entry, sizeof(w.part[0]));
	ck_assert_uint_eq(w.h.pid, getpid());
	ck_assert_uint_eq(w.h.machine, __ehdr_start.e_machine);
	ck_assert(w.h.time != 0);
	d = part_of(&w, MTR_SAVED_DESCRIPTOR);
	ck_assert_uint_eq(d.bytes, sizeof(mtr_descriptor));
	ck_assert(memcmp(w.data + d.offset, &mtr_descriptor,
			 sizeof(mtr_descriptor)) == 0);
	/* the parts follow one another and fill the file */
	for (size_t i = 0; i < w.h.parts; i++) {
		ck_assert_uint_eq(w.part[i].offset, at);
		ck_assert_uint_eq(w.part[i].whole, w.part[i].bytes);
		ck_assert_uint_eq(w.part[i].packing, MTR_SAVED_STORED);
		at += w.part[i].bytes;
	}
	ck_assert_uint_eq(at, w.bytes);
	free(w.data);
}
END_TEST

START_TEST(blocks)
{
	enum { N = 700 };
	char *p[N];
	struct mtr_snapshot_block b;
	struct mtr_saved_part s;
	struct whole w;
	size_t found = 0;

	for (int i = 0; i < N; i++)
		p[i] = mtr_twin_malloc(i);
	take();
	w = read_back();
	s = part_of(&w, MTR_PART_BLOCKS);
	ck_assert_uint_eq(s.bytes, N * sizeof(b));
	for (size_t i = 0; i < N; i++) {
		memcpy(&b, w.data + s.offset + i * sizeof(b), sizeof(b));
		ck_assert_uint_eq(b.usable >> 56, mtr_lead(0));
		for (int j = 0; j < N; j++)
			if (b.addr == (uintptr_t)p[j]) {
				ck_assert_uint_eq(b.trailer.size_stack, j);
				found++;
			}
	}
	ck_assert_uint_eq(found, N);
	free(w.data);
}
END_TEST

/* The maps name this program, and so does the last part. */
START_TEST(maps_and_exe)
{
	char exe[PATH_MAX] = "";
	struct mtr_saved_part s;
	struct whole w;

	ck_assert(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	take();
	w = read_back();
	s = part_of(&w, MTR_PART_EXE);
	ck_assert_uint_eq(s.bytes, strlen(exe));
	ck_assert(memcmp(w.data + s.offset, exe, s.bytes) == 0);
	s = part_of(&w, MTR_PART_MAPS);
	ck_assert(s.bytes > 0);
	ck_assert_int_eq(w.data[s.offset + s.bytes - 1], '\n');
	ck_assert(memmem(w.data + s.offset, s.bytes, exe, strlen(exe)));
	ck_assert(memmem(w.data + s.offset, s.bytes, "[stack]", 7));
	free(w.data);
}
END_TEST

struct wanted {
	const char *data;
	size_t n, found;
};

/* Is it among them, with its build-id? */
static int look(struct dl_phdr_info *info, size_t size, void *context)
{
	struct wanted *w = context;
	struct mtr_object o = { .bias = info->dlpi_addr,
				.headers = info->dlpi_phdr,
				.n_headers = info->dlpi_phnum };
	uintptr_t start = UINTPTR_MAX;
	uint8_t id[39];
	size_t n = mtr_object_build_id(&o, id, sizeof(id));

	(void)size;
	for (size_t i = 0; i < o.n_headers; i++)
		if (o.headers[i].p_type == PT_LOAD &&
		    o.bias + o.headers[i].p_vaddr < start)
			start = o.bias + o.headers[i].p_vaddr;
	for (size_t i = 0; i < w->n; i++) {
		struct mtr_snapshot_module m;

		memcpy(&m, w->data + i * sizeof(m), sizeof(m));
		if (m.start != (start & -(uintptr_t)4096))
			continue;
		ck_assert_uint_eq(m.id_bytes, n);
		ck_assert(memcmp(m.id, id, n) == 0);
		w->found++;
	}
	return 0;
}

static int count(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)info;
	(void)size;
	++*(size_t *)context;
	return 0;
}

/* All that are loaded; what is mapped at .start is an ELF file. */
START_TEST(modules)
{
	struct mtr_snapshot_module m;
	struct mtr_saved_part s;
	struct wanted wanted = { 0 };
	struct whole w;
	size_t n = 0;

	dl_iterate_phdr(count, &n);
	take();
	w = read_back();
	s = part_of(&w, MTR_PART_MODULES);
	wanted.data = w.data + s.offset;
	wanted.n = s.bytes / sizeof(m);
	ck_assert_uint_eq(s.bytes % sizeof(m), 0);
	for (size_t i = 0; i < wanted.n; i++) {
		memcpy(&m, w.data + s.offset + i * sizeof(m), sizeof(m));
		ck_assert(memcmp((void *)m.start, ELFMAG, SELFMAG) == 0);
	}
	dl_iterate_phdr(look, &wanted);
	ck_assert_uint_eq(wanted.found, n);
	free(w.data);
}
END_TEST

START_TEST(replaces_a_file_and_is_private)
{
	struct stat st;
	FILE *f = fopen(path, "w");

	fputs("before", f);
	fclose(f);
	take();
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert(st.st_size > (off_t)sizeof(struct mtr_saved_header));
	ck_assert_uint_eq(parts(), 0);
}
END_TEST

START_TEST(failures)
{
	static char longest[PATH_MAX + 1];

	errno = 1234;
	ck_assert_int_eq(mtr_snapshot_write("unit.none/snapshot"), -ENOENT);
	memset(longest, 'x', PATH_MAX - 14);
	ck_assert_int_eq(mtr_snapshot_write(longest), -ENAMETOOLONG);
	ck_assert_int_eq(errno, 1234);
}
END_TEST

/* What cannot be put in place leaves nothing behind. */
START_TEST(no_part_is_left)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(mtr_snapshot_write(path), -EISDIR);
	ck_assert_uint_eq(parts(), 0);
}
END_TEST

static void is_still(const char *what, mode_t kind)
{
	struct stat st;

	ck_assert_int_eq(lstat(what, &st), 0);
	ck_assert_uint_eq(st.st_mode & S_IFMT, kind);
}

/* What is no regular file stays: a link would have been followed, or lost. */
START_TEST(what_is_no_file_stays)
{
	ck_assert_int_eq(mtr_snapshot_write("/dev/null"), -EEXIST);
	is_still("/dev/null", S_IFCHR);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(mtr_snapshot_write(path), -EEXIST);
	is_still(path, S_IFIFO);
	unlink(path);
	ck_assert_int_eq(symlink("unit.none", path), 0);
	ck_assert_int_eq(mtr_snapshot_write(path), -EEXIST);
	is_still(path, S_IFLNK);
	ck_assert_uint_eq(parts(), 0);
}
END_TEST

/* Two names that nobody can lay a trap at: what was PATH.part is not touched.
 */
START_TEST(traps_are_not_stepped_into)
{
	static const char trap[] = "unit.snapshot.tmp.part";

	unlink(trap);
	ck_assert_int_eq(mkfifo(trap, 0666), 0);
	take();
	is_still(trap, S_IFIFO);
	is_still(path, S_IFREG);
	unlink(trap);
}
END_TEST

/* RLIMIT_FSIZE: an error, no signal, and what was there stays. */
START_TEST(file_size_limit)
{
	struct rlimit limit = { 1000, RLIM_INFINITY };
	struct stat st;
	int error;

	close(open(path, O_WRONLY | O_CREAT, 0600));
	setrlimit(RLIMIT_FSIZE, &limit);
	error = mtr_snapshot_write(path);
	limit.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &limit);
	ck_assert_int_eq(error, -EFBIG);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_uint_eq(parts(), 0);
}
END_TEST

Suite *snapshot_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("snapshot", &tc);

	tcase_add_checked_fixture(tc, clean, clean);
	tcase_add_test(tc, header);
	tcase_add_test(tc, blocks);
	tcase_add_test(tc, maps_and_exe);
	tcase_add_test(tc, modules);
	tcase_add_test(tc, replaces_a_file_and_is_private);
	tcase_add_test(tc, failures);
	tcase_add_test(tc, no_part_is_left);
	tcase_add_test(tc, what_is_no_file_stays);
	tcase_add_test(tc, traps_are_not_stepped_into);
	tcase_add_test(tc, file_size_limit);
	return s;
}
