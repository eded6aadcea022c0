/* SPDX-License-Identifier: MIT */
/*
 * A fuzzer of the readers of the descriptor, the ledger and the depot. The
 * input is what is changed in a core with a good record: see fuzz_record.h. So
 * the fuzzer need not find its way through the headers of the file first.
 */
#include "fuzz_record.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../inspect/core_builder.h"
#include "format/ledger_code.h"
#include "format/trailer.h"
#include "fuzz.h"

/* The core, made once: each run has a copy-on-write mapping of it. */
static struct {
	int fd;
	size_t bytes;
	uint64_t place[RECORD_PLACES]; /* addresses */
	size_t offset[RECORD_PLACES];  /* of them in the file; or 0 */
} base;

/*
 * Threads: one that runs, in the first half of these, and the stack of one that
 * has ended in the second. Each has its struct pthread at its end, with its
 * bounds in it.
 */
enum { STACK_BYTES = 0x8000, PTHREAD_AT = 0x7000 };
static const uint64_t stacks = 0x7f5500000000;

static void put_word(struct core *c, uint64_t at, uint64_t value)
{
	core_put(c, at, &value, sizeof(value));
}

static void threads_make(struct core *c)
{
	enum {
		REGISTERS = 27,
		RBX = 5,
		RSP = 19,
		FS_BASE = 21,
		BOUNDS = 0x690
	};
	uint64_t regs[REGISTERS] = {
		[RBX] = core_heap + 0x1000,
		[RSP] = stacks + PTHREAD_AT - 0x100,
		[FS_BASE] = stacks + PTHREAD_AT,
	};

	core_add(c, &(struct core_range){ .addr = stacks,
					  .bytes = UINT64_C(2) * STACK_BYTES,
					  .prot = PF_R | PF_W });
	core_thread(c, 1, regs, REGISTERS);
	for (uint64_t at = stacks; at < stacks + 2 * STACK_BYTES;
	     at += STACK_BYTES) {
		uint64_t self = at + PTHREAD_AT;

		put_word(c, self, self);
		put_word(c, self + 16, self);
		put_word(c, self + 40, 0x1122334455667700);
		put_word(c, self + 48, 0x8877665544332211);
		put_word(c, self + BOUNDS, at);
		put_word(c, self + BOUNDS + 8, STACK_BYTES);
		put_word(c, self - 0x40, core_heap + 0x1040);
	}
}

static void places_find(struct core *c)
{
	uint64_t *place = base.place;

	place[RECORD_AT_TEXT] = core_text;
	place[RECORD_AT_DATA] = core_data;
	place[RECORD_AT_HEAP] = core_heap;
	place[RECORD_AT_HEAP_END] = core_heap + core_heap_bytes;
	place[RECORD_AT_DESCRIPTOR] = core_descriptor(c)->self;
	place[RECORD_AT_ROOT] = core_root;
	core_ledger(c, core_heap);
	memcpy(&place[RECORD_AT_MID],
	       core_at(c, core_root + 8 * mtr_root_index(core_heap)), 8);
	memcpy(&place[RECORD_AT_LEAF],
	       core_at(c, place[RECORD_AT_MID] + 8 * mtr_mid_index(core_heap)),
	       8);
	place[RECORD_AT_DEPOT] = core_depot_at;
	place[RECORD_AT_NODES] = core_nodes;
	place[RECORD_AT_STACK] = stacks + PTHREAD_AT;
	place[RECORD_AT_ENDED] = stacks + STACK_BYTES + PTHREAD_AT;
}

/* Stacks, and a block of each: what is changed in them is seen at once. The
 * blocks point to each other. */
static void depot_make(struct core *c)
{
	static const struct {
		uint32_t id, parent;
		uint64_t pc; /* from the start of the text on */
	} nodes[] = {
		{ 16, MTR_ROOT_COMPLETE, 0x101 },
		{ 17, 16, 0x22a },
		{ 18, 17, 0x313 },
		{ 19, 17, 0x413 },
		{ 20, MTR_ROOT_DEPTH, 0x12a },
		{ 21, 16, 0x502 | MTR_PC_EXACT },
		{ 22, 21, 0x609 },
		{ MTR_CHUNK_NODES, 22, 0x704 },
		{ RECORD_NODE_FAR, MTR_CHUNK_NODES, 0x313 },
	};

	const size_t n = sizeof(nodes) / sizeof(*nodes);

	core_depot(c, RECORD_NODES);
	for (size_t i = 0; i < n; i++) {
		uint64_t exact = nodes[i].pc & MTR_PC_EXACT;
		uint64_t block = core_heap + 0x1000 + i * 64;

		core_node(c, nodes[i].id, nodes[i].parent,
			  (core_text + (nodes[i].pc & ~MTR_PC_EXACT)) | exact);
		core_block(c, &(struct core_block){
				      .addr = block,
				      .usable = 56,
				      .size = i * 4,
				      .stack = nodes[i].id,
				      .caller = core_text + 0x22a,
			      });
		/* its chunk's header, and a pointer to another block */
		put_word(c, block - 8, 64 | 1);
		put_word(c, block, core_heap + 0x1000 + (i * 4 + 3) % n * 64);
	}
}

static size_t offset_find(const unsigned char *image, uint64_t addr)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	memcpy(&eh, image, sizeof(eh));
	for (size_t i = 0; i < eh.e_phnum; i++) {
		memcpy(&ph, image + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type == PT_LOAD && addr >= ph.p_vaddr &&
		    addr - ph.p_vaddr < ph.p_filesz)
			return ph.p_offset + (addr - ph.p_vaddr);
	}
	return 0;
}

static void base_make(void)
{
	struct core *c = core_create(EM_X86_64);
	char path[CORE_PATH_MAX];
	unsigned char *image;

	core_record(c);
	core_descriptor(c)->flags |= MTR_FLAG_CHUNKS;
	depot_make(c);
	threads_make(c);
	places_find(c);
	image = core_image(c, &base.bytes);
	for (size_t i = 0; i < RECORD_PLACES; i++)
		base.offset[i] = offset_find(image, base.place[i]);
	base.fd = core_file(image, base.bytes, path);
	free(image);
	core_destroy(c);
}

/* ------------------------------------------------------------------- input */

struct input {
	const uint8_t *at;
	size_t n;
};

static uint64_t take(struct input *in, size_t bytes)
{
	size_t n = bytes < in->n ? bytes : in->n;
	uint64_t value = 0;

	if (n)
		memcpy(&value, in->at, n);
	in->at += n;
	in->n -= n;
	return value;
}

static uint64_t take_place(struct input *in)
{
	enum record_place which = take(in, 1) % RECORD_PLACES;

	if (which == RECORD_ANYWHERE)
		return take(in, 8);
	return base.place[which] + (int16_t)take(in, 2);
}

/* ----------------------------------------------------------------- changes */

/* A table's entry at @i of @n. */
static void put_entry(unsigned char *table, uint64_t i, struct input *in)
{
	uint64_t entry = take_place(in);

	memcpy(table + i * sizeof(entry), &entry, sizeof(entry));
}

static void put_bytes(unsigned char *at, size_t room, uint64_t offset,
		      struct input *in)
{
	size_t n = take(in, 1);

	offset %= room;
	n = n < room - offset ? n : room - offset;
	n = n < in->n ? n : in->n;
	if (n)
		memcpy(at + offset, in->at, n);
	in->at += n;
	in->n -= n;
}

/* As the tracer would write it, if what it is told can be. */
static void put_block(unsigned char *file, struct input *in)
{
	unsigned char *heap = file + base.offset[RECORD_AT_HEAP];
	uint64_t at = take(in, 2) * MTR_GRANULE % core_heap_bytes;
	uint8_t lead = take(in, 1);
	uint64_t usable = take(in, 8);
	struct mtr_trailer t = { .caller = take_place(in) };

	t.size_stack = take(in, 8);
	mtr_ledger_put(file + base.offset[RECORD_AT_LEAF] +
			       mtr_leaf_index(core_heap + at),
		       lead, usable);
	if (usable >= MTR_TRAILER && usable <= core_heap_bytes - at)
		memcpy(heap + at + usable - MTR_TRAILER, &t, sizeof(t));
}

static void put_node(unsigned char *file, uint32_t id,
		     const struct mtr_node *node)
{
	size_t at = id % (2 * MTR_CHUNK_NODES) * sizeof(*node);

	memcpy(file + base.offset[RECORD_AT_NODES] + at, node, sizeof(*node));
}

static void put_one_node(unsigned char *file, struct input *in)
{
	uint32_t id = take(in, 4);
	struct mtr_node node = { .parent = take(in, 4) };

	node.pc = take_place(in);
	if (take(in, 1) & 1)
		node.pc |= MTR_PC_EXACT;
	put_node(file, id, &node);
}

static void put_chain(unsigned char *file, struct input *in)
{
	uint32_t id = take(in, 4);
	struct mtr_node node = { .parent = take(in, 4) };
	unsigned n, step;

	node.pc = take_place(in);
	n = take(in, 2) % (2 * MTR_STACK_FRAMES_MAX);
	step = take(in, 1);
	for (; n > 0; n--) {
		put_node(file, id, &node);
		node.parent = id++;
		node.pc += step;
	}
}

/* Anywhere in the memory behind the places: a pointer, for example. */
static void put_pointer(unsigned char *file, struct input *in)
{
	enum record_place which = take(in, 1) % RECORD_PLACES;
	uint64_t at = base.offset[which] + (int16_t)take(in, 2);
	uint64_t value = take_place(in);

	if (base.offset[which] && at <= base.bytes - sizeof(value))
		memcpy(file + at, &value, sizeof(value));
}

/* Of the record's tables; false: @op is something else. */
static bool change_entry(unsigned char *file, enum record_op op,
			 struct input *in)
{
	const size_t *offset = base.offset;
	uint64_t i;

	switch (op) {
	case RECORD_ROOT:
		i = take(in, 2) % (1 << MTR_ROOT_BITS);
		put_entry(file + offset[RECORD_AT_ROOT], i, in);
		return true;
	case RECORD_MID:
		i = take(in, 2) % (1 << MTR_MID_BITS);
		put_entry(file + offset[RECORD_AT_MID], i, in);
		return true;
	case RECORD_CHUNK:
		i = take(in, 2) % MTR_DEPOT_CHUNKS;
		put_entry(file + offset[RECORD_AT_DEPOT] +
				  offsetof(struct mtr_depot, chunk),
			  i, in);
		return true;
	case RECORD_BLOCK:
		put_block(file, in);
		return true;
	case RECORD_NODE:
		put_one_node(file, in);
		return true;
	case RECORD_CHAIN:
		put_chain(file, in);
		return true;
	case RECORD_POINTER:
		put_pointer(file, in);
		return true;
	default:
		return false;
	}
}

static void change(unsigned char *file, enum record_op op, struct input *in)
{
	const size_t *offset = base.offset;
	size_t headers;
	uint64_t i;

	if (change_entry(file, op, in))
		return;
	switch (op) {
	case RECORD_DESCRIPTOR:
		i = take(in, 2);
		put_bytes(file + offset[RECORD_AT_DESCRIPTOR],
			  sizeof(struct mtr_descriptor), i, in);
		break;
	case RECORD_DEPOT:
		i = take(in, 2);
		put_bytes(file + offset[RECORD_AT_DEPOT],
			  sizeof(struct mtr_depot), i, in);
		break;
	case RECORD_LEAF:
		i = take(in, 4);
		put_bytes(file + offset[RECORD_AT_LEAF], MTR_LEAF_BYTES, i, in);
		break;
	case RECORD_HEAP:
		i = take(in, 4);
		put_bytes(file + offset[RECORD_AT_HEAP], core_heap_bytes, i,
			  in);
		break;
	case RECORD_HEADERS:
		i = take(in, 2);
		headers = offset[RECORD_AT_DATA];
		put_bytes(file, headers, i, in);
		break;
	default:
		break;
	}
}

/* The file, cut off behind @bytes. */
static struct mtr_map cut(unsigned char *file, size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t kept = (bytes + page - 1) & -page;

	if (kept < base.bytes)
		munmap(file + kept, base.bytes - kept);
	return (struct mtr_map){ .at = file, .bytes = bytes };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = { data, n };
	size_t bytes;
	unsigned char *file;

	if (!base.bytes)
		base_make();
	bytes = base.bytes;
	file = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, base.fd,
		    0);
	if (file == MAP_FAILED)
		abort();
	while (in.n && bytes == base.bytes) {
		enum record_op op = take(&in, 1) % RECORD_OPS;

		if (op == RECORD_CUT)
			bytes = 1 + take(&in, 4) % base.bytes;
		else
			change(file, op, &in);
	}
	fuzz_run(cut(file, bytes), mtr_target_core_open);
	return 0;
}
