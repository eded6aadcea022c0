/* SPDX-License-Identifier: MIT */
/*
 * Cores made by hand, for tests and fuzzers: memory, notes, and a malloc_tracer
 * record in it. No process and no file is needed.
 *
 *	struct core *c = core_create(EM_X86_64);
 *	core_record(c);
 *	core_block(c, &(struct core_block){ .addr = core_heap, ... });
 *	mtr_target_open(core_path(c), &t);
 *	core_destroy(c);
 *
 * What was built can be spoilt at will: core_at gives the bytes behind an
 * address, core_image those of the file. Out of memory, or an address that was
 * not added, aborts.
 */
#ifndef MTR_TESTS_CORE_BUILDER_H
#define MTR_TESTS_CORE_BUILDER_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/depot.h"
#include "format/layout.h"

struct core;

struct core *core_create(int machine);
void core_destroy(struct core *c);

/* ----------------------------------------------------------------- memory */

struct core_range {
	uint64_t addr, bytes;
	int prot;	  /* PF_R | PF_W | PF_X; -1: in NT_FILE alone */
	const char *path; /* not NULL: NT_FILE has it */
	uint64_t offset;  /* in @path, in bytes */
	bool undumped;	  /* p_filesz is 0 */
};

/* Zeroed memory. What was got from core_at stays valid. */
void core_add(struct core *c, const struct core_range *range);

/* The byte at @addr, and those behind it to the end of its range. */
void *core_at(struct core *c, uint64_t addr);
void core_put(struct core *c, uint64_t addr, const void *from, size_t bytes);

/* ------------------------------------------------------------------ notes */

/* Named CORE. */
void core_note(struct core *c, uint32_t type, const void *desc, size_t bytes);
void core_pid(struct core *c, int pid); /* NT_PRPSINFO */
/* Named LINUX. */
void core_note_linux(struct core *c, uint32_t type, const void *desc,
		     size_t bytes);
/* The NT_PRSTATUS of a thread with @n general registers, up to 40. */
void core_thread(struct core *c, int tid, const uint64_t *regs, size_t n);

/* ----------------------------------------------------------------- record */

/* Where core_record puts things. */
enum {
	core_text_bytes = 0x10000,
	core_heap_bytes = 0x100000,
};
static const uint64_t core_text = 0x400000;	     /* r-x, "/bin/prog" */
static const uint64_t core_data = 0x600000;	     /* rw-, "/bin/prog" */
static const uint64_t core_heap = 0x10000000;	     /* rw-, anonymous */
static const uint64_t core_library = 0x7f0000010000; /* rw-, the descriptor */
static const uint64_t core_root = 0x7f0000100000; /* the ledger's root table */

/* A program with a library, a descriptor and an empty ledger. */
void core_record(struct core *c);
struct mtr_descriptor *core_descriptor(struct core *c);

/* A good one, to lie at @self. */
struct mtr_descriptor core_good_descriptor(uint64_t self, uint64_t ledger_root);

/* The ledger's byte for @addr, with the tables that lead there. */
uint8_t *core_ledger(struct core *c, uint64_t addr);

/*
 * The descriptor leads to a depot with @nodes numbers given out, in chunks from
 * core_nodes on.
 */
static const uint64_t core_depot_at = 0x7e0000200000;
static const uint64_t core_nodes = 0x7e0000300000;
struct mtr_depot *core_depot(struct core *c, uint32_t nodes);
/* A node of it. */
void core_node(struct core *c, uint32_t id, uint32_t parent, uint64_t pc);

struct core_block {
	uint64_t addr, usable, size;
	uint64_t caller; /* 0: core_text + 0x100 */
	uint32_t stack;
	int lead; /* 0: MTR_LEAD */
};

/* Mark it in the ledger, and write its trailer if the memory is there. */
void core_block(struct core *c, const struct core_block *block);

/* ----------------------------------------------------------------- output */

/* How the file is laid out; all zero is as the kernel does. */
struct core_layout {
	bool xnum;     /* the number of segments in a section header */
	bool reversed; /* segments by falling address */
};

void core_layout(struct core *c, const struct core_layout *layout);

/* The file, to be freed. */
unsigned char *core_image(struct core *c, size_t *bytes);

/* A path to open the file by, which lasts until @c is destroyed. */
const char *core_path(struct core *c);

/* The same for any bytes: a file in memory. Returns its descriptor. */
enum { CORE_PATH_MAX = 64 };
int core_file(const void *image, size_t bytes, char path[CORE_PATH_MAX]);

#endif
