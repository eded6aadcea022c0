/* SPDX-License-Identifier: MIT */
/*
 * Writing the record of our own process to a file. See snapshot.h.
 */
#include "preload/snapshot.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "format/depot.h"
#include "format/snapshot.h"
#include "preload/objects.h"
#include "preload/opened.h"
#include "preload/sys.h"
#include "preload/track.h"
#include "preload/walk.h"

/* PATH.xxxxxxxx.part */
enum { DIGITS = 8 };
static const char suffix[] = ".part";

struct file {
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

static int put_maps(struct file *f)
{
	int fd = mtr_sys_open("/proc/self/maps", O_RDONLY, 0);
	char text[2048];
	long n = 0;
	int error = 0;

	if (fd < 0)
		return fd;
	while (!error && (n = mtr_sys_read(fd, text, sizeof(text))) > 0)
		error = file_put(f, text, n);
	mtr_sys_close(fd);
	return n < 0 ? n : error;
}

static int put_module(struct dl_phdr_info *info, size_t size, void *context)
{
	struct mtr_object o = { .bias = info->dlpi_addr,
				.headers = info->dlpi_phdr,
				.n_headers = info->dlpi_phnum };
	struct mtr_snapshot_module m = { .start = UINT64_MAX };

	(void)size;
	for (size_t i = 0; i < o.n_headers; i++) {
		uint64_t start = o.bias + o.headers[i].p_vaddr;

		if (o.headers[i].p_type == PT_LOAD && start < m.start)
			m.start = start & -(uint64_t)4096;
	}
	m.id_bytes = mtr_object_build_id(&o, m.id, sizeof(m.id));
	return file_put(context, &m, sizeof(m));
}

static int put_exe(struct file *f)
{
	char path[PATH_MAX];
	long n = mtr_sys_readlink("/proc/self/exe", path, sizeof(path));

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

static int put_part(struct file *f, enum mtr_snapshot_part part)
{
	switch (part) {
	case MTR_PART_BLOCKS:
		return mtr_walk(put_blocks, f);
	case MTR_PART_MAPS:
		return put_maps(f);
	case MTR_PART_MODULES:
		return dl_iterate_phdr(put_module, f);
	case MTR_PART_EXE:
		return put_exe(f);
	case MTR_PART_STACKS:
		return put_stacks(f);
	case MTR_PART_OPENED:
		return put_opened(f);
	default:
		return 0;
	}
}

static int put_all(int fd)
{
	struct mtr_snapshot_header h = { 0 };
	struct file f = { .fd = fd };
	int error = file_put(&f, &h, sizeof(h));

	for (int i = 0; !error && i < MTR_PART_COUNT; i++) {
		h.section[i].offset = f.at;
		error = put_part(&f, i);
		h.section[i].bytes = f.at - h.section[i].offset;
	}
	memcpy(h.magic, MTR_SNAPSHOT_MAGIC, sizeof(h.magic));
	h.version = MTR_SNAPSHOT_VERSION;
	h.size = sizeof(h);
	h.pid = mtr_sys_getpid();
#ifdef __x86_64__
	h.machine = EM_X86_64;
#else
	h.machine = EM_AARCH64;
#endif
	h.time = time(NULL);
	h.descriptor = mtr_descriptor;
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

static int write_hushed(const char *path)
{
	char part[PATH_MAX];
	int error = mtr_sys_may_replace(path);
	int fd;

	if (error)
		return error;
	fd = part_create(path, part);
	if (fd < 0)
		return fd;
	error = put_all(fd);
	mtr_sys_close(fd);
	if (!error)
		error = mtr_sys_rename(part, path);
	if (error)
		mtr_sys_unlink(part);
	return error;
}

int mtr_snapshot_write(const char *path)
{
	struct mtr_hush hush;
	int error;

	mtr_sys_hush(&hush);
	error = write_hushed(path);
	mtr_sys_unhush(&hush, error);
	return error;
}
