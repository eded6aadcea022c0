/* SPDX-License-Identifier: MIT */
/*
 * Which kind of target a name stands for. See open.h for the contract.
 */
#include "target/open.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "format/snapshot.h"
#include "target/target_impl.h"
#include "target/unpack.h"

static bool map_starts_with(const struct mtr_map *map, const void *bytes,
			    size_t n)
{
	return map->bytes >= n && memcmp(map->at, bytes, n) == 0;
}

/* Takes @map over. */
static struct mtr_error *map_open(const char *name, struct mtr_map map,
				  struct mtr_target **ret)
{
	if (map_starts_with(&map, ELFMAG, SELFMAG))
		return mtr_target_core_open(name, map, ret);
	if (map_starts_with(&map, MTR_SNAPSHOT_MAGIC,
			    sizeof(MTR_SNAPSHOT_MAGIC)))
		return mtr_target_snapshot_open(name, map, ret);
	mtr_map_close(&map);
	return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
			       "it is neither an ELF core nor a snapshot of "
			       "malloc_tracer");
}

/* The file @fd, compressed by the program @how. */
static struct mtr_error *unpacked_open(const char *name, int fd,
				       const char *how, uint64_t bytes,
				       struct mtr_target **ret)
{
	mtr_auto_free char *complaint = NULL;
	mtr_auto_close int unpacked = -1;
	struct mtr_map map;

	MTR_TRY(mtr_unpack(fd, how, mtr_unpack_most(bytes), &complaint,
			   &unpacked));
	MTR_TRY(mtr_map_open(unpacked, &map));
	MTR_TRY(map_open(name, map, ret));
	(*ret)->unpacked = true;
	if (complaint)
		mtr_target_warn(*ret, "%s", complaint);
	return NULL;
}

/* @name as the number of a process; 0: it is none. */
static int name_pid(const char *name)
{
	unsigned long pid;
	char *end;

	if (!*name || name[strspn(name, "0123456789")])
		return 0;
	errno = 0;
	pid = strtoul(name, &end, 10);
	return errno || pid > INT_MAX ? 0 : pid;
}

/* @name could not be opened, because of @code. */
static struct mtr_error *not_a_file(const char *name, int code,
				    struct mtr_target **ret)
{
	int pid = name_pid(name);

	if (code != ENOENT)
		return mtr_error_errno(code, "it cannot be opened");
	if (pid)
		return mtr_target_live_open(name, pid, ret);
	return mtr_error_coded(MTR_ERROR_NOT_FOUND, "no such file");
}

struct mtr_error *mtr_target_open(const char *name, struct mtr_target **ret)
{
	struct mtr_map map;
	const char *how;
	uint64_t bytes;
	/* O_NONBLOCK: a pipe without a writer must not hang us */
	mtr_auto_close int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return not_a_file(name, errno, ret);
	MTR_TRY(mtr_map_open(fd, &map));
	bytes = map.bytes;
	how = mtr_unpack_name(map.at, bytes);
	if (!how)
		return map_open(name, map, ret);
	mtr_map_close(&map);
	return unpacked_open(name, fd, how, bytes, ret);
}

struct mtr_error *mtr_target_open_core(const char *name, int fd,
				       const char *root,
				       struct mtr_target **ret)
{
	struct mtr_map map;

	MTR_TRY(mtr_map_open(fd, &map));
	if (!map_starts_with(&map, ELFMAG, SELFMAG)) {
		mtr_map_close(&map);
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "it is no ELF core");
	}
	MTR_TRY(mtr_target_core_open(name, map, ret));
	if (strlen(root) < sizeof((*ret)->root))
		strcpy((*ret)->root, root);
	return NULL;
}
