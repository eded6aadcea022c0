/* SPDX-License-Identifier: MIT */
/*
 * /proc/self/maps. See maps.h for the contract.
 *
 *   start-end perms offset major:minor inode                    path
 */
#include "preload/maps.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>

#include "preload/objects.h"
#include "preload/sys.h"

enum {
	LINE = 128,   /* as much of a line as is looked at */
	NOTES = 1024, /* of an object: its build-id comes first, or soon */
	HEADERS = 64, /* program headers of an object */
};

int mtr_maps_read(char *room, size_t bytes, mtr_maps_text *take, void *context)
{
	int fd = mtr_sys_open("/proc/self/maps", O_RDONLY, 0);
	int error = 0;
	long n = 0;

	if (fd < 0)
		return fd;
	while (!error && (n = mtr_sys_read(fd, room, bytes)) > 0)
		error = take(context, room, n);
	mtr_sys_close(fd);
	return n < 0 ? n : error;
}

/* ------------------------------------------------------------ one object */

/* False: not all of it is there. */
static bool peek(void *to, uintptr_t from, size_t bytes)
{
	const struct iovec local = { to, bytes };
	const struct iovec remote = { (void *)from, bytes };

	return mtr_sys_peek(&local, &remote, 1) == (long)bytes;
}

/* What there is of @bytes. */
static size_t peek_some(void *to, uintptr_t from, size_t bytes)
{
	size_t page = 4096 - from % 4096;

	if (peek(to, from, bytes))
		return bytes;
	return page < bytes && peek(to, from, page) ? page : 0;
}

/* Address in memory less that in the file; 0 may be one. */
static bool find_bias(uintptr_t start, const ElfW(Ehdr) * e, uintptr_t *ret)
{
	ElfW(Phdr) ph;

	for (size_t i = 0; i < e->e_phnum && i < HEADERS; i++) {
		if (!peek(&ph, start + e->e_phoff + i * sizeof(ph), sizeof(ph)))
			return false;
		if (ph.p_type != PT_LOAD)
			continue;
		*ret = start - (ph.p_vaddr - ph.p_offset);
		return true;
	}
	return false;
}

static void find_build_id(char notes[NOTES], uintptr_t start,
			  const ElfW(Ehdr) * e, struct mtr_snapshot_module *ret)
{
	uintptr_t bias;
	ElfW(Phdr) ph;

	if (!find_bias(start, e, &bias))
		return;
	for (size_t i = 0; i < e->e_phnum && i < HEADERS && !ret->id_bytes;
	     i++) {
		size_t n;

		if (!peek(&ph, start + e->e_phoff + i * sizeof(ph), sizeof(ph)))
			return;
		if (ph.p_type != PT_NOTE)
			continue;
		n = ph.p_memsz < NOTES ? ph.p_memsz : (size_t)NOTES;
		n = peek_some(notes, bias + ph.p_vaddr, n);
		ret->id_bytes =
			mtr_notes_build_id(notes, n, ret->id, sizeof(ret->id));
	}
}

static bool is_object(uintptr_t start, ElfW(Ehdr) * ret)
{
	return peek(ret, start, sizeof(*ret)) &&
	       memcmp(ret->e_ident, ELFMAG, SELFMAG) == 0 &&
	       ret->e_phentsize == sizeof(ElfW(Phdr));
}

/* -------------------------------------------------------------- the lines */

/* What has been read of a line. */
struct line {
	char text[LINE];
	size_t n;
};

static const char *skip_word(const char *at, const char *end)
{
	while (at < end && *at != ' ')
		at++;
	while (at < end && *at == ' ')
		at++;
	return at;
}

static const char *take_hex(const char *at, const char *end, uintptr_t *ret)
{
	for (*ret = 0; at < end; at++) {
		const char *digits = "0123456789abcdef";
		const char *digit = memchr(digits, *at, 16);

		if (!digit)
			break;
		*ret = *ret << 4 | (digit - digits);
	}
	return at;
}

/* Does a file, or the kernel's own object, begin there? */
static bool line_begins(const struct line *l, uintptr_t *start)
{
	const char *end = l->text + l->n;
	const char *perms = skip_word(take_hex(l->text, end, start), end);
	const char *at = skip_word(perms, end);
	uintptr_t offset;

	take_hex(at, end, &offset);
	for (int i = 0; i < 3; i++)
		at = skip_word(at, end);
	return offset == 0 && at < end && *perms == 'r' &&
	       (*at == '/' || (end - at >= 6 && memcmp(at, "[vdso]", 6) == 0));
}

struct finder {
	struct line line;
	char notes[NOTES];
	mtr_maps_module *take;
	void *context;
};

static int line_end(struct finder *f)
{
	struct mtr_snapshot_module m = { 0 };
	uintptr_t start;
	ElfW(Ehdr) e;

	if (!line_begins(&f->line, &start) || !is_object(start, &e))
		return 0;
	m.start = start;
	find_build_id(f->notes, start, &e, &m);
	return f->take(f->context, &m);
}

static int find_lines(void *context, const char *text, size_t bytes)
{
	struct finder *f = context;
	int error = 0;

	for (size_t i = 0; i < bytes && !error; i++) {
		if (text[i] != '\n') {
			if (f->line.n < LINE)
				f->line.text[f->line.n++] = text[i];
			continue;
		}
		error = line_end(f);
		f->line.n = 0;
	}
	return error;
}

int mtr_maps_modules(char *room, size_t bytes, mtr_maps_module *take,
		     void *context)
{
	struct finder *f = (struct finder *)room;

	f->line.n = 0;
	f->take = take;
	f->context = context;
	return mtr_maps_read(room + sizeof(*f), bytes - sizeof(*f), find_lines,
			     f);
}
