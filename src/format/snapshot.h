/* SPDX-License-Identifier: MIT */
/*
 * A saved snapshot: the record of a live process in a file, without the
 * contents of its blocks. malloc_tracer-format(5) says the same in words.
 *
 * This is version 1, which is not written any more; version 2 has the same
 * parts and others (format/saved.h).
 *
 *   | header | blocks ... | maps | modules | exe | nodes ... | opened |
 *
 * The header is written last, so a file that was not finished has none. All
 * numbers are in the byte order of the process.
 */
#ifndef MTR_FORMAT_SNAPSHOT_H
#define MTR_FORMAT_SNAPSHOT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "format/layout.h"
#include "format/trailer.h"

#define MTR_SNAPSHOT_MAGIC "mtr_snapshot\r\n\x1a" /* 16 with its NUL */

enum { MTR_SNAPSHOT_VERSION = 1 };

/* The parts of the file, in the order of .section. */
enum mtr_snapshot_part {
	MTR_PART_BLOCKS,  /* struct mtr_snapshot_block, by address */
	MTR_PART_MAPS,	  /* the text of /proc/PID/maps */
	MTR_PART_MODULES, /* struct mtr_snapshot_module */
	MTR_PART_EXE,	  /* the path of the executable */
	MTR_PART_STACKS,  /* struct mtr_node, from MTR_NODE_FIRST on */
	MTR_PART_OPENED,  /* struct mtr_opened_list */
	MTR_PART_COUNT,
	MTR_PART_MAX = 8
};

struct mtr_snapshot_section {
	uint64_t offset; /* in the file */
	uint64_t bytes;	 /* 0: the part is not there */
};

struct mtr_snapshot_block {
	uint64_t addr;
	uint64_t usable; /* bits 0-55: usable size; 56-63: lead byte */
	struct mtr_trailer trailer; /* with its caller, if the record is
				     * a short one, too */
};

struct mtr_snapshot_module {
	uint64_t start;	  /* lowest address it is mapped at */
	uint8_t id_bytes; /* length of its build-id, 0: it has none */
	uint8_t id[39];
};

struct mtr_snapshot_header {
	char magic[16];	  /* MTR_SNAPSHOT_MAGIC */
	uint32_t version; /* MTR_SNAPSHOT_VERSION */
	uint32_t size;	  /* of this structure */
	uint32_t pid;
	uint32_t machine; /* e_machine, as ELF has it */
	uint64_t time;	  /* seconds since the epoch */
	struct mtr_snapshot_section section[MTR_PART_MAX];
	struct mtr_descriptor descriptor; /* as it stands in memory: its
					   * size is that of the library */
};

/* What the first library that wrote this version had. */
enum { MTR_SNAPSHOT_HEADER_MIN = 552 };

/* That of a file of @bytes; what it does not have is zero. */
static inline bool mtr_snapshot_header_read(const void *file, size_t bytes,
					    struct mtr_snapshot_header *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (bytes < MTR_SNAPSHOT_HEADER_MIN)
		return false;
	memcpy(ret, file, MTR_SNAPSHOT_HEADER_MIN);
	if (ret->size < MTR_SNAPSHOT_HEADER_MIN || ret->size > bytes)
		return false;
	memcpy(ret, file, ret->size < sizeof(*ret) ? ret->size : sizeof(*ret));
	return true;
}

static_assert(sizeof(MTR_SNAPSHOT_MAGIC) == 16, "magic");
static_assert(sizeof(struct mtr_snapshot_block) == 32, "block");
static_assert(sizeof(struct mtr_snapshot_module) == 48, "module");
static_assert(offsetof(struct mtr_snapshot_header, time) == 32, "time");
static_assert(offsetof(struct mtr_snapshot_header, section) == 40, "section");
static_assert(offsetof(struct mtr_snapshot_header, descriptor) == 168, "desc");

#endif
