/* SPDX-License-Identifier: MIT */
/*
 * The places that gdb and elfutils look into. See debug_file.h for the
 * contract.
 */
#include "symbols/debug_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "symbols/regular.h"

struct mtr_error *mtr_debug_dirs_add(struct mtr_debug_dirs *d, const char *dir)
{
	char *copy = strdup(dir);
	char **slot = copy ? mtr_strings_push(&d->list) : NULL;

	if (!slot) {
		free(copy);
		return mtr_error_nomem();
	}
	*slot = copy;
	return NULL;
}

void mtr_debug_dirs_fini(struct mtr_debug_dirs *d)
{
	for (size_t i = 0; i < d->list.n; i++)
		free(d->list.at[i]);
	mtr_strings_fini(&d->list);
}

/* -------------------------------------------------------------- is it that? */

/* As .gnu_debuglink has it: the one of Ethernet, zip and zlib. */
static uint32_t crc_add(uint32_t crc, const unsigned char *at, size_t n)
{
	static uint32_t table[256];

	for (uint32_t i = 0; !table[255] && i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
		table[i] = c;
	}
	crc = ~crc;
	for (size_t i = 0; i < n; i++)
		crc = crc >> 8 ^ table[(crc ^ at[i]) & 0xff];
	return ~crc;
}

static bool has_crc(int fd, uint32_t crc)
{
	static unsigned char bytes[65536];
	uint32_t sum = 0;
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		sum = crc_add(sum, bytes, (size_t)n);
		at += n;
	}
	return n == 0 && sum == crc;
}

static bool same_file(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool has_id(int fd, const struct mtr_build_id *id)
{
	struct mtr_build_id got = { 0 };

	mtr_elf_file_id(fd, &got);
	return mtr_build_id_same(&got, id);
}

/* Open @path if it is what is wanted. */
static struct mtr_error *try(const struct mtr_debug_wanted *w,
			     const struct mtr_strbuf *path, int *fd,
			     char **name)
{
	mtr_auto_error struct mtr_error *error = NULL;
	const char *text = mtr_strbuf_text(path);

	if (path->failed)
		return mtr_error_nomem();
	error = mtr_regular_open(text, fd);
	if (error)
		return NULL;
	if (!same_file(*fd, w->file) &&
	    (w->id.n ? has_id(*fd, &w->id) : w->link && has_crc(*fd, w->crc)))
		*name = strdup(text);
	if (!*name) {
		close(*fd);
		*fd = -1;
	}
	return NULL;
}

/* --------------------------------------------------------------- where it is
 */

static void cleanup_strbuf(struct mtr_strbuf *b)
{
	mtr_strbuf_fini(b);
}

/* DIR/.build-id/ab/cdef.debug */
static struct mtr_error *try_ids(const struct mtr_debug_dirs *d,
				 const struct mtr_debug_wanted *w, int *fd,
				 char **name)
{
	char id[MTR_BUILD_ID_TEXT];

	for (size_t i = 0; i < d->list.n && w->id.n > 1 && *fd < 0; i++) {
		mtr_cleanup(cleanup_strbuf) struct mtr_strbuf path = { 0 };

		mtr_strbuf_printf(&path, "%s/.build-id/%.2s/%s.debug",
				  d->list.at[i], mtr_build_id_text(&w->id, id),
				  id + 2);
		MTR_TRY(try(w, &path, fd, name));
	}
	return NULL;
}

/* The folder of @file, with its last "/". */
static int folder_length(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? (int)(slash + 1 - file) : 0;
}

/*
 * Beside the file, in .debug there, and in the directories below the path of
 * the file, or the end of that: it may stand below another root.
 */
static struct mtr_error *try_link(const struct mtr_debug_dirs *d,
				  const struct mtr_debug_wanted *w,
				  const char *link, int *fd, char **name)
{
	static const char *const beside[] = { "", ".debug/" };
	int n = folder_length(w->file);

	for (size_t i = 0; i < 2 && *fd < 0; i++) {
		mtr_cleanup(cleanup_strbuf) struct mtr_strbuf path = { 0 };

		mtr_strbuf_printf(&path, "%.*s%s%s", n, w->file, beside[i],
				  link);
		MTR_TRY(try(w, &path, fd, name));
	}
	for (size_t i = 0; i < d->list.n; i++) {
		const char *at = w->file, *end = w->file + n;

		while (at && at < end && *fd < 0) {
			mtr_cleanup(
				cleanup_strbuf) struct mtr_strbuf path = { 0 };

			mtr_strbuf_printf(&path, "%s%.*s%s", d->list.at[i],
					  (int)(end - at), at, link);
			MTR_TRY(try(w, &path, fd, name));
			at = strchr(at + 1, '/');
		}
	}
	return NULL;
}

struct mtr_error *mtr_debug_file_find(const struct mtr_debug_dirs *d,
				      const struct mtr_debug_wanted *w, int *fd,
				      char **name)
{
	mtr_cleanup(cleanup_strbuf) struct mtr_strbuf guess = { 0 };
	const char *link = w->link;

	*fd = -1;
	*name = NULL;
	MTR_TRY(try_ids(d, w, fd, name));
	if (*fd >= 0)
		return NULL;
	if (!link) {
		mtr_strbuf_printf(&guess, "%s.debug",
				  w->file + folder_length(w->file));
		link = mtr_strbuf_text(&guess);
	}
	/* a name, not a way to somewhere else */
	return try_link(d, w, link + folder_length(link), fd, name);
}

struct mtr_error *mtr_debug_alt_find(const struct mtr_debug_dirs *d,
				     const struct mtr_debug_wanted *w, int *fd,
				     char **name)
{
	mtr_cleanup(cleanup_strbuf) struct mtr_strbuf path = { 0 };

	*fd = -1;
	*name = NULL;
	MTR_TRY(try_ids(d, w, fd, name));
	if (*fd >= 0)
		return NULL;
	if (w->link[0] != '/')
		mtr_strbuf_add_bytes(&path, w->file,
				     (size_t)folder_length(w->file));
	mtr_strbuf_add(&path, w->link);
	return try(w, &path, fd, name);
}
