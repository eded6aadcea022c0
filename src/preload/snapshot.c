/* SPDX-License-Identifier: MIT */
/*
 * Writing the record of our own process to a file. See snapshot.h.
 */
#include "preload/snapshot.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>

#include "format/depot.h"
#include "format/saved.h"
#include "preload/maps.h"
#include "preload/opened.h"
#include "preload/sys.h"
#include "preload/track.h"

/* PATH.xxxxxxxx.part */
enum { DIGITS = 8 };
static const char suffix[] = ".part";

/* In the order in which they are written: who asked for a block comes after the
 * blocks, and so do the nodes of its stack. */
static const uint32_t kinds[] = {
	MTR_PART_BLOCKS, MTR_PART_MAPS,	  MTR_PART_MODULES,	MTR_PART_EXE,
	MTR_PART_STACKS, MTR_PART_OPENED, MTR_SAVED_DESCRIPTOR, MTR_SAVED_START,
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

struct file {
	struct mtr_snapshot_room *room;
	int fd;
	uint64_t at;
};

static int file_put(struct file *f, const void *data, size_t bytes)
{
	f->at += bytes;
	return mtr_sys_write_all(f->fd, data, bytes);
}

static int put_blocks(void *context, const struct mtr_snapshot_block *blocks,
		      size_t n)
{
	return file_put(context, blocks, n * sizeof(*blocks));
}

static int put_text(void *context, const char *text, size_t bytes)
{
	return file_put(context, text, bytes);
}

static int put_module(void *context, const struct mtr_snapshot_module *module)
{
	return file_put(context, module, sizeof(*module));
}

static int put_exe(struct file *f)
{
	char *path = f->room->text;
	long n =
		mtr_sys_readlink("/proc/self/exe", path, sizeof(f->room->text));

	return n < 0 ? n : file_put(f, path, n);
}

/* All nodes that a record may name by now: the blocks are written already. */
static int put_stacks(struct file *f)
{
	const struct mtr_depot *depot =
		(const struct mtr_depot *)mtr_descriptor.depot;
	uint32_t nodes;
	int error = 0;

	if (!depot)
		return 0;
	nodes = __atomic_load_n(&depot->nodes, __ATOMIC_ACQUIRE);
	for (uint32_t id = MTR_NODE_FIRST; id < nodes && !error;) {
		const uint64_t *slot = &depot->chunk[id >> MTR_CHUNK_NODE_BITS];
		const struct mtr_node *chunk =
			(const struct mtr_node *)__atomic_load_n(
				slot, __ATOMIC_ACQUIRE);
		uint32_t first = id % MTR_CHUNK_NODES;
		uint32_t n = MTR_CHUNK_NODES - first;

		if (!chunk)
			break;
		n = n < nodes - id ? n : nodes - id;
		error = file_put(f, chunk + first, n * sizeof(*chunk));
		id += n;
	}
	return error;
}

/* One that is written meanwhile is as if it were not there. */
static int put_opened(struct file *f)
{
	const struct mtr_opened_list *list = &mtr_opened_list;
	int error = file_put(f, list, offsetof(struct mtr_opened_list, entry));

	for (size_t i = 0; i < MTR_OPENED_MAX && !error; i++) {
		const struct mtr_opened *from = &list->entry[i];
		uint64_t order =
			__atomic_load_n(&from->order, __ATOMIC_ACQUIRE);
		struct mtr_opened e = *from;

		atomic_thread_fence(memory_order_acquire);
		if (__atomic_load_n(&from->order, __ATOMIC_RELAXED) != order)
			order = 0;
		e.order = order;
		error = file_put(f, &e, sizeof(e));
	}
	return error;
}

static int put_start(struct file *f)
{
	enum { BYTES = 16 };
	const void *random = (const void *)getauxval(AT_RANDOM);

	return random ? file_put(f, random, BYTES) : 0;
}

static int put_part(struct file *f, uint32_t kind)
{
	char *text = f->room->text;
	size_t room = sizeof(f->room->text);

	switch (kind) {
	case MTR_PART_BLOCKS:
		return mtr_walk_in(&f->room->walk, put_blocks, f);
	case MTR_PART_MAPS:
		return mtr_maps_read(text, room, put_text, f);
	case MTR_PART_MODULES:
		return mtr_maps_modules(text, room, put_module, f);
	case MTR_PART_EXE:
		return put_exe(f);
	case MTR_PART_STACKS:
		return put_stacks(f);
	case MTR_PART_OPENED:
		return put_opened(f);
	case MTR_SAVED_START:
		return put_start(f);
	default:
		return file_put(f, &mtr_descriptor, sizeof(mtr_descriptor));
	}
}

/* What is at the start of the file. */
struct head {
	struct mtr_saved_header header;
	struct mtr_saved_part part[KINDS];
};

static void head_fill(struct mtr_saved_header *h)
{
	memcpy(h->magic, MTR_SNAPSHOT_MAGIC, sizeof(h->magic));
	h->version = MTR_SAVED_VERSION;
	h->size = sizeof(*h);
	h->pid = mtr_sys_getpid();
#ifdef __x86_64__
	h->machine = EM_X86_64;
#else
	h->machine = EM_AARCH64;
#endif
	h->time = time(NULL);
	h->table = offsetof(struct head, part);
	h->parts = KINDS;
	h->entry = sizeof(struct mtr_saved_part);
}

static int put_all(struct mtr_snapshot_room *room, int fd)
{
	struct file f = { .room = room, .fd = fd };
	struct head h = { 0 };
	int error = file_put(&f, &h, sizeof(h));

	for (int i = 0; !error && i < KINDS; i++) {
		struct mtr_saved_part *p = &h.part[i];

		p->kind = kinds[i];
		p->offset = f.at;
		error = put_part(&f, kinds[i]);
		p->bytes = p->whole = f.at - p->offset;
	}
	head_fill(&h.header);
	return error ? error : mtr_sys_write_start(fd, &h, sizeof(h));
}

/*
 * A file that was not there before: what is there may be a trap, or what
 * another thread writes. @part gets its name.
 */
static int part_create(const char *path, char part[PATH_MAX])
{
	enum { TRIES = 16 };
	size_t len = strlen(path);
	int fd = -EEXIST;

	if (len + 1 + DIGITS + sizeof(suffix) > PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(part, path, len);
	part[len++] = '.';
	memcpy(part + len + DIGITS, suffix, sizeof(suffix));
	for (int i = 0; i < TRIES && fd == -EEXIST; i++) {
		uint64_t n = mtr_sys_random();

		for (int digit = 0; digit < DIGITS; digit++, n >>= 4)
			part[len + digit] = "0123456789abcdef"[n & 15];
		fd = mtr_sys_open(part, O_WRONLY | O_CREAT | O_EXCL, 0600);
	}
	return fd;
}

int mtr_snapshot_write_in(struct mtr_snapshot_room *room, const char *path)
{
	int error = mtr_sys_may_replace(path);
	int fd;

	if (error)
		return error;
	fd = part_create(path, room->part);
	if (fd < 0)
		return fd;
	error = put_all(room, fd);
	mtr_sys_close(fd);
	if (!error)
		error = mtr_sys_rename(room->part, path);
	if (error)
		mtr_sys_unlink(room->part);
	return error;
}

int mtr_snapshot_write(const char *path)
{
	struct mtr_snapshot_room room;
	struct mtr_hush hush;
	int error;

	mtr_sys_hush(&hush);
	error = mtr_snapshot_write_in(&room, path);
	mtr_sys_unhush(&hush, error);
	return error;
}
