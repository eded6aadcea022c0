/* SPDX-License-Identifier: MIT */
/*
 * Writes the corpora that the fuzzers begin with: small files, each with
 * something else in it.
 *
 * seeds DIRECTORY: DIRECTORY/core, /snapshot and /record are made.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../inspect/core_builder.h"
#include "format/depot.h"
#include "format/ledger_code.h"
#include "format/trailer.h"
#include "format/snapshot.h"
#include "fuzz_record.h"
#include "saved_seeds.h"

static const char *directory;

static void seed(const char *fuzzer, const char *name, const void *bytes,
		 size_t n)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, fuzzer);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s", directory, fuzzer, name);
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, n, file) != n || fclose(file))
		err(1, "%s", path);
}

/* ------------------------------------------------------------------- cores */

/*
 * Cores of some 3 KB, where core_record makes two megabytes: the tables of the
 * ledger are dumped as far as there is something in them.
 */
static const uint64_t small_heap = 0x400000;
static const uint64_t small_text = 0x10000;
static const uint64_t small_data = 0x7f0000;
static const uint64_t small_root = 0x7f1000;
static const uint64_t small_mid = 0x7f2000;
static const uint64_t small_leaf = 0x7f3000;
static const uint64_t small_depot = 0x7f4000;
static const uint64_t small_nodes = 0x7f7000;

static void small_ranges(struct core *c)
{
	static const struct core_range ranges[] = {
		{ .addr = 0x10000,
		  .bytes = 0x1000,
		  .prot = PF_R | PF_X,
		  .path = "/bin/prog",
		  .undumped = true },
		{ .addr = 0x400000, .bytes = 0x200, .prot = PF_R | PF_W },
		{ .addr = 0x7e0000,
		  .bytes = 0x10000,
		  .prot = -1,
		  .path = "/lib/libmalloc_tracer.so (deleted)" },
		{ .addr = 0x7f0000,
		  .bytes = 0x200,
		  .prot = PF_R | PF_W,
		  .path = "/lib/libmalloc_tracer.so",
		  .offset = 0x10000 },
		{ .addr = 0x7f1000, .bytes = 16, .prot = PF_R | PF_W },
		{ .addr = 0x7f2000, .bytes = 24, .prot = PF_R | PF_W },
		{ .addr = 0x7f3000, .bytes = 64, .prot = PF_R | PF_W },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		core_add(c, &ranges[i]);
}

static void small_block(struct core *c, uint64_t at, uint64_t usable,
			uint64_t size, uint8_t lead)
{
	struct mtr_trailer t = { small_text + 0x100, size };
	uint8_t *leaf = core_at(c, small_leaf);

	mtr_ledger_put(leaf + at / MTR_GRANULE, lead, usable);
	if (usable <= 0x200 - at)
		core_put(c, small_heap + at + mtr_trailer_offset(usable), &t,
			 sizeof(t));
}

static struct core *small_core(int machine)
{
	struct core *c = core_create(machine);
	struct mtr_descriptor d =
		core_good_descriptor(small_data + 8, small_root);

	small_ranges(c);
	core_put(c, d.self, &d, sizeof(d));
	core_put(c, small_root, &small_mid, 8);
	core_put(c, small_mid + 8 * mtr_mid_index(small_heap), &small_leaf, 8);
	core_pid(c, 4711);
	return c;
}

static void small_blocks(struct core *c)
{
	small_block(c, 0, 40, 19, MTR_LEAD + 3);
	small_block(c, 0x40, 72, 50, MTR_LEAD_FREED);
	small_block(c, 0xa0, 24, 0, MTR_LEAD);
	small_block(c, 0xc0, 2000, 1984, MTR_LEAD);
	small_block(c, 0x180, 40, 24 | UINT64_C(7) << MTR_SIZE_BITS, MTR_LEAD);
}

static void small_seed(struct core *c, const char *name)
{
	size_t n;
	unsigned char *image = core_image(c, &n);

	seed("core", name, image, n);
	free(image);
	core_destroy(c);
}

static void core_notes(struct core *c)
{
	uint64_t auxv[] = { AT_EXECFN, small_heap + 0x1f0,
			    AT_PHDR,   small_text,
			    AT_NULL,   0 };
	unsigned char status[336] = { [32] = 7 };

	core_put(c, small_heap + 0x1f0, "/bin/prog", 10);
	core_note(c, NT_AUXV, auxv, sizeof(auxv));
	core_note(c, NT_PRSTATUS, status, sizeof(status));
	core_note(c, NT_FPREGSET, status, 5);
}

/* A module with a build-id, as its first page is in a core. */
static void core_module(struct core *c)
{
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph[2];
		Elf64_Nhdr note;
		char name[4];
		unsigned char id[20];
	} m = {
		.eh = { .e_ident = ELFMAG,
			.e_phoff = sizeof(m.eh),
			.e_phentsize = sizeof(*m.ph),
			.e_phnum = 2 },
		.ph = { { .p_type = PT_LOAD, .p_memsz = sizeof(m) },
			{ .p_type = PT_NOTE,
			  .p_vaddr = offsetof(typeof(m), note),
			  .p_memsz = sizeof(m) - offsetof(typeof(m), note) } },
		.note = { 4, sizeof(m.id), NT_GNU_BUILD_ID },
		.name = "GNU",
		.id = { 1, 2, 3 },
	};

	m.eh.e_ident[EI_CLASS] = ELFCLASS64;
	m.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	core_add(c, &(struct core_range){ .addr = 0x20000,
					  .bytes = sizeof(m),
					  .prot = PF_R,
					  .path = "/lib/libx.so" });
	core_put(c, 0x20000, &m, sizeof(m));
}

/* Of the small text: main, two that it calls, a signal, what the handler calls.
 */
static const struct mtr_node some_nodes[] = {
	{ .pc = 0x10101, .parent = MTR_ROOT_COMPLETE },
	{ .pc = 0x1020a, .parent = 16 },
	{ .pc = 0x10313, .parent = 17 },
	{ .pc = 0x10402 | MTR_PC_EXACT, .parent = 16 },
	{ .pc = 0x10509, .parent = 19 },
	{ .pc = 0x1020a, .parent = MTR_ROOT_DEPTH },
};

enum { SOME_NODES = sizeof(some_nodes) / sizeof(*some_nodes) };

static uint64_t with_stack(uint64_t size, uint32_t id)
{
	return size | (uint64_t)id << MTR_SIZE_BITS;
}

static void core_stacks(struct core *c)
{
	struct mtr_depot *depot;
	struct mtr_descriptor *d = core_at(c, small_data + 8);
	const uint64_t first = MTR_NODE_FIRST * sizeof(struct mtr_node);

	d->depot = small_depot;
	d->stack_depth = 32;
	core_add(c, &(struct core_range){ .addr = small_depot,
					  .bytes = sizeof(*depot),
					  .prot = PF_R | PF_W });
	core_add(c, &(struct core_range){ .addr = small_nodes,
					  .bytes = first + sizeof(some_nodes),
					  .prot = PF_R | PF_W });
	depot = core_at(c, small_depot);
	depot->nodes = MTR_NODE_FIRST + SOME_NODES;
	depot->chunk_bits = MTR_CHUNK_NODE_BITS;
	depot->chunk[0] = small_nodes;
	core_put(c, small_nodes + first, some_nodes, sizeof(some_nodes));
	small_block(c, 0, 40, with_stack(19, 18), MTR_LEAD);
	small_block(c, 0x40, 40, with_stack(8, 18), MTR_LEAD);
	small_block(c, 0x80, 40, with_stack(24, 20), MTR_LEAD);
	small_block(c, 0xc0, 40, with_stack(1, 21), MTR_LEAD_FREED);
	small_block(c, 0x100, 40, with_stack(2, 21), MTR_LEAD + 1);
	small_block(c, 0x140, 40, with_stack(3, 99), MTR_LEAD);
}

/* Blocks that refer to each other, from data; two in a circle that is lost. */
static void core_pointers(struct core *c)
{
	const struct {
		uint64_t at, to;
	} words[] = {
		{ 0x600000, small_heap },
		{ small_heap, small_heap + 0x80 },
		{ small_heap + 0x80, small_heap + 0x90 },
		{ small_heap + 0x180, small_heap + 0x1c0 },
		{ small_heap + 0x1c0, small_heap + 0x180 },
	};

	small_block(c, 0x180, 24, with_stack(8, 20), MTR_LEAD);
	small_block(c, 0x1c0, 24, with_stack(8, 18), MTR_LEAD);
	core_add(c, &(struct core_range){ .addr = 0x600000,
					  .bytes = 0x100,
					  .prot = PF_R | PF_W });
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		core_put(c, words[i].at, &words[i].to, 8);
}

static void core_seeds(void)
{
	struct core *c;

	small_seed(small_core(EM_X86_64), "empty");

	c = small_core(EM_X86_64);
	small_blocks(c);
	small_seed(c, "blocks");

	c = small_core(EM_AARCH64);
	small_blocks(c);
	core_notes(c);
	core_layout(c, &(struct core_layout){ .reversed = true });
	small_seed(c, "notes");

	c = small_core(EM_X86_64);
	core_module(c);
	core_layout(c, &(struct core_layout){ .xnum = true });
	small_seed(c, "module");

	c = small_core(EM_X86_64);
	core_stacks(c);
	small_seed(c, "stacks");

	c = small_core(EM_X86_64);
	core_stacks(c);
	core_pointers(c);
	small_seed(c, "pointers");
}

/* --------------------------------------------------------------- snapshots */

static const char maps[] =
	"00010000-00011000 r-xp 00001000 fe:01 4711             /bin/a b\n"
	"00600000-00602000 rw-p 00000000 00:00 0 \n"
	"7f0000000000-7f0000001000 r--s 00002000 00:05 9 "
	"/tmp/x\\012y (deleted)\n"
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n";

struct saved {
	struct mtr_snapshot_header header;
	struct mtr_snapshot_block block[5];
	char maps[sizeof(maps) - 1];
	struct mtr_snapshot_module module[2];
	char exe[9];
	struct mtr_node node[SOME_NODES];
};

static void part(struct saved *s, enum mtr_snapshot_part i, size_t offset,
		 size_t bytes)
{
	s->header.section[i] = (struct mtr_snapshot_section){ offset, bytes };
}

static void saved_parts(struct saved *s)
{
	part(s, MTR_PART_BLOCKS, offsetof(struct saved, block),
	     sizeof(s->block));
	part(s, MTR_PART_MAPS, offsetof(struct saved, maps), sizeof(s->maps));
	part(s, MTR_PART_MODULES, offsetof(struct saved, module),
	     sizeof(s->module));
	part(s, MTR_PART_EXE, offsetof(struct saved, exe), sizeof(s->exe));
}

static void saved_block(struct mtr_snapshot_block *b, uint64_t addr,
			uint64_t usable, uint8_t lead, uint64_t size)
{
	*b = (struct mtr_snapshot_block){
		.addr = addr,
		.usable = usable | (uint64_t)lead << 56,
		.trailer = { small_text + 0x100 + addr / 64, size },
	};
}

static void saved_stacks(struct saved *s)
{
	static const uint32_t stack[] = { 18, 20, 99, 21, 18 };

	for (size_t i = 0; i < sizeof(stack) / sizeof(*stack); i++)
		s->block[i].trailer.size_stack =
			with_stack(s->block[i].trailer.size_stack, stack[i]);
	memcpy(s->node, some_nodes, sizeof(some_nodes));
	part(s, MTR_PART_STACKS, offsetof(struct saved, node), sizeof(s->node));
	s->header.descriptor.stack_depth = 32;
}

static void snapshot_seeds(void)
{
	struct saved s = {
		.header = { .magic = MTR_SNAPSHOT_MAGIC,
			    .version = MTR_SNAPSHOT_VERSION,
			    .size = sizeof(s.header),
			    .pid = 815,
			    .machine = EM_X86_64,
			    .descriptor = { .magic = MTR_MAGIC,
					    .version = MTR_FORMAT_VERSION,
					    .size = sizeof(s.header.descriptor),
					    .granule_bits = MTR_GRANULE_BITS,
					    .leaf_bits = MTR_LEAF_BITS,
					    .mid_bits = MTR_MID_BITS,
					    .root_bits = MTR_ROOT_BITS } },
		.module = { { .start = 0x10000, .id_bytes = 40 },
			    { .start = 0x600000, .id_bytes = 3, .id = { 7 } } },
		.exe = "/bin/a b",
	};

	memcpy(s.maps, maps, sizeof(s.maps));
	seed("snapshot", "bare", &s, sizeof(s.header));
	saved_block(&s.block[0], 0x600000, 40, MTR_LEAD, 19);
	saved_block(&s.block[1], 0x600040, 72, MTR_LEAD_FREED, 50);
	saved_block(&s.block[2], 0x6000a0, 24, MTR_LEAD + 122, 0);
	saved_block(&s.block[3], 0x6000c0, 4000, MTR_LEAD, 3900);
	saved_block(&s.block[4], 0x601000, 40, MTR_LEAD, 25); /* too large */
	saved_parts(&s);
	seed("snapshot", "whole", &s, sizeof(s));
	s.block[3].addr = 0x600080; /* overlaps */
	seed("snapshot", "overlap", &s, sizeof(s));
	s.block[3].addr = 0x6000c0;
	saved_stacks(&s);
	seed("snapshot", "stacks", &s, sizeof(s));
	s.header.section[MTR_PART_STACKS].bytes -= 20;
	s.node[1].parent = MTR_NODE_FIRST + SOME_NODES - 1;
	seed("snapshot", "stacks_damaged", &s, sizeof(s));
}

/* ----------------------------------------------------------------- records */

/* A program of changes, for fuzz_record. */
struct program {
	unsigned char bytes[256];
	size_t n;
};

/* @value in @n bytes. */
static void add(struct program *p, uint64_t value, size_t n)
{
	if (n > sizeof(p->bytes) - p->n)
		errx(1, "a program is too long");
	memcpy(p->bytes + p->n, &value, n);
	p->n += n;
}

static void add_place(struct program *p, enum record_place which, int distance)
{
	add(p, which, 1);
	add(p, distance, 2);
}

static void add_block(struct program *p, uint64_t granule, uint8_t lead,
		      uint64_t usable, enum record_place caller, uint64_t size)
{
	add(p, RECORD_BLOCK, 1);
	add(p, granule, 2);
	add(p, lead, 1);
	add(p, usable, 8);
	add_place(p, caller, 0x100 + size % 64);
	add(p, size, 8);
}

/* An entry of the root or of a mid table. */
static void add_entry(struct program *p, enum record_op op, uint64_t index,
		      enum record_place which, int distance)
{
	add(p, op, 1);
	add(p, index, 2);
	add_place(p, which, distance);
}

/* Up to 8 @bytes at @offset, which takes @offset_bytes. */
static void add_bytes(struct program *p, enum record_op op, uint64_t offset,
		      size_t offset_bytes, uint64_t bytes, size_t n)
{
	add(p, op, 1);
	add(p, offset, offset_bytes);
	add(p, n, 1);
	add(p, bytes, n);
}

static void record_seed(struct program *p, const char *name)
{
	seed("record", name, p->bytes, p->n);
	*p = (struct program){ 0 };
}

static void descriptor_seeds(void)
{
	struct program p = { 0 };

	record_seed(&p, "nothing");
	add_bytes(&p, RECORD_DESCRIPTOR,
		  offsetof(struct mtr_descriptor, version), 2, 7, 1);
	record_seed(&p, "version");
	add_bytes(&p, RECORD_DESCRIPTOR, offsetof(struct mtr_descriptor, self),
		  2, 0, 8);
	record_seed(&p, "self");
	add_bytes(&p, RECORD_DESCRIPTOR,
		  offsetof(struct mtr_descriptor, ledger_root), 2,
		  core_root + 64, 8);
	record_seed(&p, "root");
	add_bytes(&p, RECORD_HEADERS, 608, 2, 0x030201, 3);
	add_bytes(&p, RECORD_HEAP, 16, 4, 0x0504, 2);
	record_seed(&p, "headers");
	add(&p, RECORD_CUT, 1);
	add(&p, 0x113000, 4);
	record_seed(&p, "shortened");
}

static void ledger_seeds(void)
{
	struct program p = { 0 };

	add_block(&p, 1, MTR_LEAD, 40, RECORD_AT_TEXT, 19);
	add_block(&p, 4, MTR_LEAD_FREED, 72, RECORD_AT_TEXT, 50);
	add_block(&p, 9, MTR_LEAD + 122, 2048, RECORD_AT_TEXT,
		  0x700 | UINT64_C(9) << MTR_SIZE_BITS);
	add_block(&p, 20, MTR_LEAD, 24, RECORD_AT_HEAP, 0);
	record_seed(&p, "blocks");
	add_entry(&p, RECORD_ROOT, 1, RECORD_AT_MID, 0);
	add_entry(&p, RECORD_MID, 7, RECORD_AT_LEAF, 0);
	add_entry(&p, RECORD_MID, 8, RECORD_AT_HEAP_END, -16);
	add(&p, RECORD_ROOT, 1);
	add(&p, 2, 2);
	add(&p, RECORD_ANYWHERE, 1);
	add(&p, 0x0807060504030201, 8);
	add_bytes(&p, RECORD_LEAF, 0, 4, 0x7f810980, 4);
	add_bytes(&p, RECORD_LEAF, MTR_LEAF_GRANULES - 1, 4, 0x0101010101017f80,
		  8);
	record_seed(&p, "tables");
}

static void add_node(struct program *p, uint32_t id, uint32_t parent,
		     enum record_place pc, int distance, bool exact)
{
	add(p, RECORD_NODE, 1);
	add(p, id, 4);
	add(p, parent, 4);
	add_place(p, pc, distance);
	add(p, exact, 1);
}

/* Nodes that are not as they should be. */
static void node_seeds(void)
{
	struct program p = { 0 };

	add_node(&p, 23, 19, RECORD_AT_TEXT, 0x804, false);
	add_node(&p, 24, 23, RECORD_AT_TEXT, 0x905, true);
	add_block(&p, 1, MTR_LEAD, 40, RECORD_AT_TEXT, with_stack(5, 24));
	add_block(&p, 4, MTR_LEAD_FREED, 40, RECORD_AT_TEXT, with_stack(6, 23));
	record_seed(&p, "stacks");
	add_node(&p, 17, 18, RECORD_AT_TEXT, 0x20a, false);
	add_node(&p, 21, 21, RECORD_AT_TEXT, 0x502, false);
	record_seed(&p, "cycle");
	add_node(&p, 16, MTR_CHUNK_NODES, RECORD_AT_TEXT, 0x101, false);
	record_seed(&p, "parent_above");
	add_node(&p, 17, MTR_NODE_MAX + 16, RECORD_AT_HEAP, 1, false);
	add_node(&p, 20, MTR_ROOT_NONE, RECORD_AT_TEXT, 1, false);
	add_node(&p, 21, MTR_NODE_FIRST - 1, RECORD_AT_TEXT, 1, true);
	add_node(&p, 22, UINT32_MAX, RECORD_ANYWHERE, 0, false);
	record_seed(&p, "parents");
	add_block(&p, 1, MTR_LEAD, 40, RECORD_AT_TEXT, with_stack(5, 23));
	add_block(&p, 4, MTR_LEAD, 40, RECORD_AT_TEXT,
		  with_stack(6, RECORD_NODES));
	add_block(&p, 8, MTR_LEAD, 40, RECORD_AT_TEXT,
		  with_stack(7, MTR_NODE_MAX - 1));
	add_block(&p, 12, MTR_LEAD, 40, RECORD_AT_TEXT, with_stack(7, 15));
	record_seed(&p, "stack_ids");
}

static void add_chain(struct program *p, uint32_t id, uint32_t parent,
		      int distance, unsigned n, unsigned step)
{
	add(p, RECORD_CHAIN, 1);
	add(p, id, 4);
	add(p, parent, 4);
	add_place(p, RECORD_AT_TEXT, distance);
	add(p, n, 2);
	add(p, step, 1);
}

static void chain_seeds(void)
{
	struct program p = { 0 };

	add_chain(&p, 100, MTR_ROOT_COMPLETE, 0x1022, 9, 0);
	add_block(&p, 1, MTR_LEAD, 40, RECORD_AT_TEXT, with_stack(5, 108));
	record_seed(&p, "recursion");
	add_chain(&p, 100, MTR_ROOT_COMPLETE, 0x1000, MTR_STACK_FRAMES_MAX, 8);
	add_block(&p, 1, MTR_LEAD, 40, RECORD_AT_TEXT,
		  with_stack(5, 100 + MTR_STACK_FRAMES_MAX - 1));
	record_seed(&p, "deep");
	add_chain(&p, 100, MTR_ROOT_COMPLETE, 0x1000, MTR_STACK_FRAMES_MAX, 8);
	add_chain(&p, 500, 120, 0x3003, MTR_STACK_FRAMES_MAX - 20, 8);
	add_block(&p, 1, MTR_LEAD, 40, RECORD_AT_TEXT, with_stack(5, 130));
	add_block(&p, 4, MTR_LEAD, 40, RECORD_AT_TEXT,
		  with_stack(5, 500 + MTR_STACK_FRAMES_MAX - 21));
	add_block(&p, 8, MTR_LEAD, 40, RECORD_AT_TEXT,
		  with_stack(5, 500 + MTR_STACK_FRAMES_MAX - 22));
	record_seed(&p, "too_deep");
}

static void depot_seeds(void)
{
	struct program p = { 0 };

	add_entry(&p, RECORD_CHUNK, 0, RECORD_AT_HEAP, 0x1000);
	add_entry(&p, RECORD_CHUNK, 1, RECORD_AT_NODES, 0);
	add_entry(&p, RECORD_CHUNK, MTR_DEPOT_CHUNKS - 1, RECORD_AT_TEXT, 0);
	record_seed(&p, "chunks");
	add_entry(&p, RECORD_CHUNK, 1, RECORD_AT_HEAP_END, -16);
	record_seed(&p, "chunk_half");
	add_bytes(&p, RECORD_DEPOT, offsetof(struct mtr_depot, nodes), 2,
		  UINT32_MAX, 4);
	record_seed(&p, "nodes");
	add_bytes(&p, RECORD_DEPOT, offsetof(struct mtr_depot, nodes), 2,
		  MTR_NODE_MAX, 4);
	add_block(&p, 8, MTR_LEAD, 40, RECORD_AT_TEXT,
		  with_stack(7, MTR_NODE_MAX - 1));
	record_seed(&p, "nodes_all");
	add_bytes(&p, RECORD_DESCRIPTOR, offsetof(struct mtr_descriptor, depot),
		  2, core_heap + core_heap_bytes - 64, 8);
	record_seed(&p, "depot_astray");
	add(&p, RECORD_CUT, 1);
	add(&p, 0x138000, 4);
	record_seed(&p, "depot_cut");
}

static void add_pointer(struct program *p, enum record_place where,
			int distance, enum record_place to, int offset)
{
	add(p, RECORD_POINTER, 1);
	add_place(p, where, distance);
	add_place(p, to, offset);
}

/* Who holds what: nobody, one another, from afar; and what a stack is. */
static void graph_seeds(void)
{
	struct program p = { 0 };

	add_pointer(&p, RECORD_AT_STACK, -0x40, RECORD_AT_TEXT, 0);
	add_pointer(&p, RECORD_AT_HEAP, 0x1000, RECORD_AT_TEXT, 0);
	record_seed(&p, "lost");
	add_block(&p, 0x300, MTR_LEAD, 56, RECORD_AT_TEXT, 32);
	add_block(&p, 0x304, MTR_LEAD, 56, RECORD_AT_TEXT, 32);
	add_pointer(&p, RECORD_AT_HEAP, 0x3000, RECORD_AT_HEAP, 0x3044);
	add_pointer(&p, RECORD_AT_HEAP, 0x3040, RECORD_AT_HEAP, 0x3020);
	add_pointer(&p, RECORD_AT_DATA, 0x20, RECORD_AT_HEAP, 0x1080);
	add_pointer(&p, RECORD_AT_DATA, 0x43, RECORD_AT_HEAP, 0x3000);
	record_seed(&p, "cycle_lost");
	add_pointer(&p, RECORD_AT_ENDED, 0x690, RECORD_AT_ENDED, -0x7010);
	add_pointer(&p, RECORD_AT_STACK, 0x698, RECORD_AT_ENDED, 0);
	record_seed(&p, "stacks_bounds");
	add_pointer(&p, RECORD_AT_HEAP, 0x1000 - 8, RECORD_AT_HEAP, 0x1006);
	add_pointer(&p, RECORD_AT_HEAP, 0x1040 - 8, RECORD_ANYWHERE, 0);
	add_pointer(&p, RECORD_AT_HEAP, 0x1080 - 8, RECORD_AT_HEAP, 5);
	record_seed(&p, "chunks_wrong");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: seeds DIRECTORY");
	directory = argv[1];
	mkdir(directory, 0777);
	core_seeds();
	snapshot_seeds();
	saved_seeds(directory);
	descriptor_seeds();
	ledger_seeds();
	node_seeds();
	chain_seeds();
	depot_seeds();
	graph_seeds();
	return 0;
}
