/* SPDX-License-Identifier: MIT */
/*
 * Cores made by hand. See core_builder.h.
 */
#include "core_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/vector.h"
#include "format/ledger_code.h"
#include "format/trailer.h"

struct memory {
	struct core_range range;
	unsigned char *bytes;
};

struct bytes {
	unsigned char *at;
	size_t n, room;
};

MTR_VECTOR(memories, struct memory);

struct core {
	int machine;
	struct memories memory;
	struct bytes notes;
	struct core_layout layout;
	uint64_t next_table; /* where the next table of the ledger goes */
	int fd;
	char path[CORE_PATH_MAX];
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* Append @n bytes, zero if @from is NULL; return where they stand. */
static size_t bytes_add(struct bytes *b, const void *from, size_t n)
{
	void *at = b->at;
	size_t start = b->n;

	if (!mtr_vector_reserve(&at, &b->room, b->n + n, 1))
		abort();
	b->at = at;
	b->n += n;
	if (from && n)
		memcpy(b->at + start, from, n);
	else if (n)
		memset(b->at + start, 0, n);
	return start;
}

struct core *core_create(int machine)
{
	struct core *c = must(calloc(1, sizeof(*c)));

	c->machine = machine;
	c->next_table = 0x7f0001000000;
	c->fd = -1;
	return c;
}

void core_destroy(struct core *c)
{
	for (size_t i = 0; i < c->memory.n; i++)
		free(c->memory.at[i].bytes);
	memories_fini(&c->memory);
	free(c->notes.at);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

/* ----------------------------------------------------------------- memory */

void core_add(struct core *c, const struct core_range *range)
{
	struct memory *m = must(memories_push(&c->memory));
	bool held = range->prot >= 0 && !range->undumped;

	m->range = *range;
	m->bytes = held ? must(calloc(1, range->bytes)) : NULL;
}

static struct memory *memory_find(struct core *c, uint64_t addr, size_t bytes)
{
	for (size_t i = 0; i < c->memory.n; i++) {
		struct memory *m = &c->memory.at[i];

		if (m->bytes && addr >= m->range.addr &&
		    addr - m->range.addr + bytes <= m->range.bytes)
			return m;
	}
	return NULL;
}

void *core_at(struct core *c, uint64_t addr)
{
	struct memory *m = must(memory_find(c, addr, 1));

	return m->bytes + (addr - m->range.addr);
}

void core_put(struct core *c, uint64_t addr, const void *from, size_t bytes)
{
	must(memory_find(c, addr, bytes));
	memcpy(core_at(c, addr), from, bytes);
}

/* ------------------------------------------------------------------ notes */

static void bytes_note(struct bytes *b, const char *name, uint32_t type,
		       const void *desc, size_t bytes)
{
	Elf64_Nhdr head = { .n_namesz = strlen(name) + 1,
			    .n_descsz = bytes,
			    .n_type = type };

	bytes_add(b, &head, sizeof(head));
	bytes_add(b, name, head.n_namesz);
	bytes_add(b, NULL, -head.n_namesz & 3);
	bytes_add(b, desc, bytes);
	bytes_add(b, NULL, -bytes & 3);
}

void core_note(struct core *c, uint32_t type, const void *desc, size_t bytes)
{
	bytes_note(&c->notes, "CORE", type, desc, bytes);
}

void core_note_linux(struct core *c, uint32_t type, const void *desc,
		     size_t bytes)
{
	bytes_note(&c->notes, "LINUX", type, desc, bytes);
}

void core_thread(struct core *c, int tid, const uint64_t *regs, size_t n)
{
	unsigned char status[112 + 8 * 40] = { 0 };
	int32_t number = tid;

	memcpy(status + 32, &number, sizeof(number));
	memcpy(status + 112, regs, n * sizeof(*regs));
	core_note(c, NT_PRSTATUS, status, 112 + n * sizeof(*regs) + 8);
}

void core_pid(struct core *c, int pid)
{
	unsigned char info[136] = { 0 };
	int32_t number = pid;

	memcpy(info + 24, &number, sizeof(number));
	core_note(c, NT_PRPSINFO, info, sizeof(info));
}

/* NT_FILE, with offsets in pages, as the kernel writes it. */
static void bytes_mappings(struct bytes *b, const struct core *c)
{
	struct bytes note = { 0 };
	uint64_t head[2] = { 0, 4096 };

	for (size_t i = 0; i < c->memory.n; i++)
		head[0] += c->memory.at[i].range.path != NULL;
	if (!head[0])
		return;
	bytes_add(&note, head, sizeof(head));
	for (size_t i = 0; i < c->memory.n; i++) {
		const struct core_range *r = &c->memory.at[i].range;
		uint64_t entry[3] = { r->addr, r->addr + r->bytes,
				      r->offset / 4096 };

		if (r->path)
			bytes_add(&note, entry, sizeof(entry));
	}
	for (size_t i = 0; i < c->memory.n; i++) {
		const char *path = c->memory.at[i].range.path;

		if (path)
			bytes_add(&note, path, strlen(path) + 1);
	}
	bytes_note(b, "CORE", NT_FILE, note.at, note.n);
	free(note.at);
}

/* ----------------------------------------------------------------- record */

struct mtr_descriptor core_good_descriptor(uint64_t self, uint64_t ledger_root)
{
	return (struct mtr_descriptor){
		.magic = MTR_MAGIC,
		.version = MTR_FORMAT_LONG,
		.size = sizeof(struct mtr_descriptor),
		.self = self,
		.ledger_root = ledger_root,
		.granule_bits = MTR_GRANULE_BITS,
		.leaf_bits = MTR_LEAF_BITS,
		.mid_bits = MTR_MID_BITS,
		.root_bits = MTR_ROOT_BITS,
		.lead = MTR_LEAD,
		.flags = MTR_FLAG_READY,
		.package_version = "0.1.0",
		.record = MTR_RECORD_LONG,
	};
}

void core_record(struct core *c)
{
	static const char library[] = "/usr/lib/libmalloc_tracer.so.0.0.0";
	static const struct core_range ranges[] = {
		{ .addr = core_text,
		  .bytes = core_text_bytes,
		  .prot = PF_R | PF_X,
		  .path = "/bin/prog",
		  .offset = 0x1000,
		  .undumped = true },
		{ .addr = core_data,
		  .bytes = 0x2000,
		  .prot = PF_R | PF_W,
		  .path = "/bin/prog",
		  .offset = 0x11000 },
		{ .addr = core_heap,
		  .bytes = core_heap_bytes,
		  .prot = PF_R | PF_W },
		{ .addr = core_library - 0x10000,
		  .bytes = 0x10000,
		  .prot = -1,
		  .path = library },
		{ .addr = core_library,
		  .bytes = 0x1000,
		  .prot = PF_R | PF_W,
		  .path = library,
		  .offset = 0x10000 },
		{ .addr = core_root,
		  .bytes = sizeof(uint64_t) << MTR_ROOT_BITS,
		  .prot = PF_R | PF_W },
	};
	struct mtr_descriptor d =
		core_good_descriptor(core_library + 0x40, core_root);

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		core_add(c, &ranges[i]);
	core_put(c, d.self, &d, sizeof(d));
	core_pid(c, 4711);
}

struct mtr_descriptor *core_descriptor(struct core *c)
{
	return core_at(c, core_library + 0x40);
}

/* The table that @slot leads to, made if there is none. */
static uint64_t core_table(struct core *c, uint64_t slot, size_t bytes)
{
	uint64_t table;

	memcpy(&table, core_at(c, slot), sizeof(table));
	if (table)
		return table;
	table = c->next_table;
	/* leave a gap: the end of one is not the start of the next */
	c->next_table += (bytes + 0x1fff) & ~(uint64_t)0xfff;
	core_add(c, &(struct core_range){ .addr = table,
					  .bytes = (bytes + 0xfff) &
						   ~(uint64_t)0xfff,
					  .prot = PF_R | PF_W });
	core_put(c, slot, &table, sizeof(table));
	return table;
}

uint8_t *core_ledger(struct core *c, uint64_t addr)
{
	uint64_t slot = core_root + 8 * mtr_root_index(addr);
	uint64_t mid = core_table(c, slot, sizeof(uint64_t) << MTR_MID_BITS);
	uint64_t leaf =
		core_table(c, mid + 8 * mtr_mid_index(addr), MTR_LEAF_BYTES);

	return core_at(c, leaf + mtr_leaf_index(addr));
}

static const uint64_t chunk_bytes = MTR_CHUNK_NODES * sizeof(struct mtr_node);

struct mtr_depot *core_depot(struct core *c, uint32_t nodes)
{
	uint32_t chunks = (nodes + MTR_CHUNK_NODES - 1) / MTR_CHUNK_NODES;
	struct mtr_depot *d;

	core_add(c, &(struct core_range){ .addr = core_depot_at,
					  .bytes = 0x3000,
					  .prot = PF_R | PF_W });
	core_add(c, &(struct core_range){ .addr = core_nodes,
					  .bytes = chunks * chunk_bytes,
					  .prot = PF_R | PF_W });
	core_descriptor(c)->depot = core_depot_at;
	core_descriptor(c)->stack_depth = 32;
	d = core_at(c, core_depot_at);
	d->nodes = nodes;
	d->chunk_bits = MTR_CHUNK_NODE_BITS;
	for (uint32_t i = 0; i < chunks; i++)
		d->chunk[i] = core_nodes + i * chunk_bytes;
	return d;
}

void core_node(struct core *c, uint32_t id, uint32_t parent, uint64_t pc)
{
	struct mtr_node node = { .pc = pc, .parent = parent };

	core_put(c, core_nodes + id * sizeof(node), &node, sizeof(node));
}

void core_block(struct core *c, const struct core_block *b)
{
	uint64_t end = b->addr + b->usable;
	struct mtr_trailer t = {
		.caller = b->caller ? b->caller : core_text + 0x100,
		.size_stack = b->size | (uint64_t)b->stack << MTR_SIZE_BITS,
	};

	mtr_ledger_put(core_ledger(c, b->addr), b->lead ? b->lead : MTR_LEAD,
		       b->usable);
	if (memory_find(c, end - MTR_TRAILER, MTR_TRAILER))
		core_put(c, end - MTR_TRAILER, &t, sizeof(t));
}

/* ----------------------------------------------------------------- output */

void core_layout(struct core *c, const struct core_layout *layout)
{
	c->layout = *layout;
}

static size_t load_count(const struct core *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->memory.n; i++)
		n += c->memory.at[i].range.prot >= 0;
	return n;
}

static void image_header(const struct core *c, struct bytes *b)
{
	size_t n = load_count(c) + 1;
	Elf64_Ehdr eh = {
		.e_ident = ELFMAG,
		.e_type = ET_CORE,
		.e_machine = c->machine,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(eh),
		.e_ehsize = sizeof(eh),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = c->layout.xnum ? PN_XNUM : n,
	};
	Elf64_Shdr sh = { .sh_info = n };

	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	eh.e_ident[EI_VERSION] = EV_CURRENT;
	if (c->layout.xnum) {
		eh.e_shoff = sizeof(eh) + n * sizeof(Elf64_Phdr);
		eh.e_shentsize = sizeof(sh);
		eh.e_shnum = 1;
	}
	bytes_add(b, &eh, sizeof(eh));
	bytes_add(b, NULL, n * sizeof(Elf64_Phdr));
	if (c->layout.xnum)
		bytes_add(b, &sh, sizeof(sh));
}

static void image_phdr(struct bytes *b, size_t i, const Elf64_Phdr *ph)
{
	memcpy(b->at + sizeof(Elf64_Ehdr) + i * sizeof(*ph), ph, sizeof(*ph));
}

static void image_notes(const struct core *c, struct bytes *b)
{
	Elf64_Phdr ph = { .p_type = PT_NOTE, .p_offset = b->n, .p_align = 4 };

	bytes_add(b, c->notes.at, c->notes.n);
	bytes_mappings(b, c);
	ph.p_filesz = b->n - ph.p_offset;
	image_phdr(b, 0, &ph);
}

static void image_load(struct bytes *b, size_t i, const struct memory *m)
{
	Elf64_Phdr ph = {
		.p_type = PT_LOAD,
		.p_flags = m->range.prot,
		.p_vaddr = m->range.addr,
		.p_memsz = m->range.bytes,
		.p_filesz = m->bytes ? m->range.bytes : 0,
		.p_align = 4096,
		.p_offset = b->n,
	};

	bytes_add(b, m->bytes, ph.p_filesz);
	image_phdr(b, i, &ph);
}

unsigned char *core_image(struct core *c, size_t *bytes)
{
	struct bytes b = { 0 };
	size_t phdr = 1;

	image_header(c, &b);
	image_notes(c, &b);
	bytes_add(&b, NULL, -b.n & 4095);
	for (size_t i = 0; i < c->memory.n; i++) {
		size_t at = c->layout.reversed ? c->memory.n - 1 - i : i;

		if (c->memory.at[at].range.prot >= 0)
			image_load(&b, phdr++, &c->memory.at[at]);
	}
	*bytes = b.n;
	return b.at;
}

int core_file(const void *image, size_t bytes, char path[CORE_PATH_MAX])
{
	int fd = memfd_create("core", MFD_CLOEXEC);

	if (fd < 0 || write(fd, image, bytes) != (ssize_t)bytes)
		abort();
	snprintf(path, CORE_PATH_MAX, "/proc/self/fd/%d", fd);
	return fd;
}

const char *core_path(struct core *c)
{
	size_t bytes;
	unsigned char *image = core_image(c, &bytes);

	if (c->fd >= 0)
		close(c->fd);
	c->fd = core_file(image, bytes, c->path);
	free(image);
	return c->path;
}
