/* SPDX-License-Identifier: MIT */
/*
 * Compressed files. See unpack.h for the contract.
 */
#include "target/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

struct magic {
	const char *bytes;
	size_t n;
	const char *name;
};

static const struct magic magics[] = {
	{ "\x28\xb5\x2f\xfd", 4, "zstd" },
	{ "\x1f\x8b", 2, "gzip" },
	{ "\x04\x22\x4d\x18", 4, "lz4" },
	{ "\xfd"
	  "7zXZ",
	  5, "xz" },
	{ "BZh", 3, "bzip2" },
};

const char *mtr_unpack_name(const unsigned char *at, size_t bytes)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (bytes >= magics[i].n &&
		    memcmp(at, magics[i].bytes, magics[i].n) == 0)
			return magics[i].name;
	return NULL;
}

/* Memory that was never touched packs a hundred thousand times. */
uint64_t mtr_unpack_most(uint64_t bytes)
{
	uint64_t most;

	if (__builtin_mul_overflow(bytes, (uint64_t)1000, &most))
		return INT64_MAX;
	most += UINT64_C(64) << 30;
	return most < INT64_MAX ? most : INT64_MAX;
}

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>

enum { PIECE = 1 << 20, PAGE = 4096 };

struct unpacking {
	struct archive *archive;
	int fd;
	uint64_t done; /* bytes */
};

static void cleanup_archive(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
}

/* What has nobody's name needs no cleaning up, however we end. */
static int open_in(const char *directory)
{
	char path[PATH_MAX];
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	if (fd >= 0)
		return fd;
	if (snprintf(path, sizeof(path), "%s/malloc_tracer.XXXXXX",
		     directory) >= (int)sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static const char *temporary(void)
{
	const char *given = getenv("TMPDIR");

	return given && *given ? given : "/var/tmp";
}

static bool is_zero(const unsigned char *at, size_t n)
{
	return !*at && memcmp(at, at + 1, n - 1) == 0;
}

/* How much of @n bytes at @offset is in one page. */
static size_t page_rest(uint64_t offset, size_t n)
{
	size_t rest = PAGE - offset % PAGE;

	return rest < n ? rest : n;
}

/* The file's next bytes; pages that are all zero are left out. */
static int write_pages(struct unpacking *u, const unsigned char *at, size_t n)
{
	while (n) {
		size_t run = 0, page = page_rest(u->done, n);
		ssize_t put;

		while (run < n && !is_zero(at + run, page)) {
			run += page;
			page = page_rest(u->done + run, n - run);
		}
		put = run ? pwrite(u->fd, at, run, (off_t)u->done)
			  : (ssize_t)page;
		if (put < 0)
			return errno;
		at += put;
		n -= put;
		u->done += put;
	}
	return 0;
}

/* Damage ends it: what was there before stays. */
static struct mtr_error *unpack_all(struct unpacking *u, uint64_t most,
				    bool *damaged)
{
	const void *at;
	int64_t offset;
	size_t n;
	int code;

	while ((code = archive_read_data_block(u->archive, &at, &n, &offset)) ==
	       ARCHIVE_OK) {
		if (n > most - u->done)
			return mtr_error_coded(
				MTR_ERROR_UNSUPPORTED,
				"it unpacks to more than %" PRIu64
				" bytes, which is not believed: unpack it "
				"yourself first",
				most);
		code = write_pages(u, at, n);
		if (code)
			return mtr_error_errno(code,
					       "it cannot be unpacked in %s "
					       "(set TMPDIR to another place)",
					       temporary());
	}
	*damaged = code != ARCHIVE_EOF;
	if (ftruncate(u->fd, (off_t)u->done))
		return mtr_error_errno(errno, "it cannot be unpacked");
	return NULL;
}

/* The filters that need no program; all that there is behind them. */
static struct archive *archive_open(int fd)
{
	struct archive *a = archive_read_new();

	if (!a)
		return NULL;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_raw(a);
	archive_read_open_fd(a, fd, PIECE);
	return a;
}

static const char *archive_why(struct archive *a)
{
	const char *why = archive_error_string(a);

	return why ? why : "it is damaged";
}

struct mtr_error *mtr_unpack(int fd, const char *name, uint64_t most,
			     char **complaint, int *ret)
{
	mtr_cleanup(cleanup_archive) struct archive *a = archive_open(fd);
	mtr_auto_close int to = open_in(temporary());
	struct unpacking u = { .archive = a, .fd = to };
	struct archive_entry *entry;
	bool damaged = false;

	if (!a)
		return mtr_error_nomem();
	if (to < 0)
		return mtr_error_errno(errno,
				       "it cannot be unpacked in %s (set "
				       "TMPDIR to another place)",
				       temporary());
	if (archive_read_next_header(a, &entry) == ARCHIVE_OK)
		MTR_TRY(unpack_all(&u, most, &damaged));
	if (!u.done)
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "it is compressed by %s, and cannot be "
				       "unpacked: %s",
				       name, archive_why(a));
	if (damaged &&
	    asprintf(complaint,
		     "the compressed file is damaged or cut off "
		     "(%s): only its first %" PRIu64 " bytes are there",
		     archive_why(a), u.done) < 0)
		*complaint = NULL;
	*ret = to;
	to = -1;
	return NULL;
}

#else

struct mtr_error *mtr_unpack(int fd, const char *name, uint64_t most,
			     char **complaint, int *ret)
{
	(void)fd;
	(void)most;
	(void)complaint;
	(void)ret;
	return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
			       "it is compressed: unpack it with %s first",
			       name);
}

#endif

#ifdef HAVE_ZSTD
#include <zstd.h>

void *mtr_pack_zstd(const void *at, size_t bytes, size_t *n)
{
	/* higher ones take longer, and are hardly better with such bytes */
	enum { LEVEL = 1 };
	mtr_auto_free void *to = malloc(bytes);

	*n = to ? ZSTD_compress(to, bytes, at, bytes, LEVEL) : bytes;
	if (!to || ZSTD_isError(*n) || *n >= bytes)
		return NULL;
	return mtr_take(to);
}

struct mtr_error *mtr_unpack_zstd(const void *at, size_t bytes, void *to,
				  size_t whole, unsigned kind)
{
	size_t n = ZSTD_decompress(to, whole, at, bytes);

	if (!ZSTD_isError(n) && n == whole)
		return NULL;
	return mtr_error_coded(MTR_ERROR_DAMAGED,
			       "the snapshot's part %u cannot be unpacked: it "
			       "is damaged",
			       kind);
}

#else

void *mtr_pack_zstd(const void *at, size_t bytes, size_t *n)
{
	(void)at;
	*n = bytes;
	return NULL;
}

struct mtr_error *mtr_unpack_zstd(const void *at, size_t bytes, void *to,
				  size_t whole, unsigned kind)
{
	(void)at;
	(void)bytes;
	(void)to;
	(void)whole;
	(void)kind;
	return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
			       "its parts are compressed by zstd, which this "
			       "malloc_tracer was built without");
}

#endif
