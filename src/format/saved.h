/* SPDX-License-Identifier: MIT */
/*
 * A saved snapshot, version 2: parts, and a table of them. The library writes
 * the first few, as they stand in memory; the command all that it knows,
 * packed. malloc_tracer-format(5) says the same in words.
 *
 *   | header | table of parts | part | part | ...
 *
 * The header is written last, so a file that was not finished has none. All
 * numbers are in the byte order of the process. A reader passes over parts of a
 * kind that it does not know.
 */
#ifndef MTR_FORMAT_SAVED_H
#define MTR_FORMAT_SAVED_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "format/snapshot.h"

enum { MTR_SAVED_VERSION = 2 };

/* Kinds of parts; those before are in format/snapshot.h. */
enum mtr_saved_kind {
	MTR_SAVED_DESCRIPTOR = MTR_PART_COUNT, /* as it stands in memory */
	MTR_SAVED_START, /* 16 bytes that the kernel drew: AT_RANDOM */
	/* from here on what the command writes */
	MTR_SAVED_RANGES = 16, /* mappings, with what is known of each */
	MTR_SAVED_THREADS,
	MTR_SAVED_HEAP,	    /* counts, and callers */
	MTR_SAVED_LIVE,	    /* blocks */
	MTR_SAVED_FREED,    /* the same of freed ones */
	MTR_SAVED_CALLS,    /* stacks: their frames */
	MTR_SAVED_STACKS,   /* and where each begins */
	MTR_SAVED_OWN,	    /* what the library mapped for itself */
	MTR_SAVED_WARNINGS, /* sentences */
	MTR_SAVED_NAMES,    /* modules, functions, data */
	MTR_SAVED_TYPES,    /* classes, and of which each block is */
	MTR_SAVED_RESIDENT, /* ranges of pages */
	MTR_SAVED_EDGES,    /* who refers to whom */
	MTR_SAVED_ROOTS,    /* places, and references from them */
	MTR_SAVED_LOST,	    /* hints */
	MTR_SAVED_REGIONS,  /* what each piece of memory is for */
	MTR_SAVED_KINDS
};

enum mtr_saved_packing {
	MTR_SAVED_STORED, /* as it is */
	MTR_SAVED_ZSTD,	  /* one zstd frame */
};

struct mtr_saved_header {
	char magic[16];	  /* MTR_SNAPSHOT_MAGIC */
	uint32_t version; /* MTR_SAVED_VERSION */
	uint32_t size;	  /* of this structure */
	uint32_t pid;
	uint32_t machine; /* e_machine, as ELF has it */
	uint64_t time;	  /* seconds since the epoch */
	uint64_t table;	  /* where the table of parts is */
	uint32_t parts;	  /* how many entries it has */
	uint32_t entry;	  /* bytes of an entry */
};

struct mtr_saved_part {
	uint32_t kind;	  /* enum mtr_snapshot_part or mtr_saved_kind */
	uint32_t packing; /* enum mtr_saved_packing */
	uint64_t offset;  /* in the file */
	uint64_t bytes;	  /* there */
	uint64_t whole;	  /* unpacked */
};

static_assert(offsetof(struct mtr_saved_header, time) ==
		      offsetof(struct mtr_snapshot_header, time),
	      "it begins as that of version 1");
static_assert(offsetof(struct mtr_saved_header, table) == 40, "table");
static_assert(sizeof(struct mtr_saved_header) == 56, "header");
static_assert(sizeof(struct mtr_saved_part) == 32, "part");
static_assert(MTR_SAVED_DESCRIPTOR == 6, "descriptor");
static_assert(MTR_SAVED_START == 7, "start");
static_assert(MTR_SAVED_LOST == 30, "kinds");

#endif
