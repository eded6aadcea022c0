/* SPDX-License-Identifier: MIT */
/*
 * Reads the record of another process, or of a core, by the format alone:
 * nothing here knows the library's code, so that what the tests see is what a
 * stranger would see.
 *
 *	outside [-d] [-m] PID | -c CORE
 *
 * Prints a line a live block, by address: address, size, usable size (trailer
 * included), caller, generation. -d: the descriptor and the totals instead. -m:
 * find the descriptor by its magic, as for a core, not by its symbol. One
 * thread; the process should be stopped. Trusts the tables it reads.
 */
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/depot.h"
#include "format/layout.h"
#include "format/ledger_code.h"
#include "format/trailer.h"

/*
 * Addresses [start, end); the first @present bytes of them are at @offset of
 * the file @memory.
 */
struct range {
	uint64_t start, end, offset, present;
	bool write, exec;
};

struct block {
	uint64_t addr, usable;
	uint8_t lead;
	bool sound; /* the trailer may be believed */
	struct mtr_trailer trailer;
};

static struct range *ranges;
static size_t n_ranges;
static int memory = -1;
static int pagemap = -1; /* of a live process */

static struct mtr_descriptor descriptor;
static bool describe;
static struct block last; /* not printed yet; .usable 0: none */
static uint64_t blocks, bytes, conflicts, damaged, resident;

static void range_add(struct range r)
{
	ranges = realloc(ranges, (n_ranges + 1) * sizeof(*ranges));
	if (!ranges)
		err(1, "ranges");
	ranges[n_ranges++] = r;
}

static const struct range *range_find(uint64_t addr)
{
	for (size_t i = 0; i < n_ranges; i++)
		if (addr >= ranges[i].start && addr < ranges[i].end)
			return &ranges[i];
	return NULL;
}

/* False: not all of it is there. */
static bool target_read(uint64_t addr, void *buf, size_t n)
{
	while (n > 0) {
		const struct range *r = range_find(addr);
		size_t part = n;

		if (!r)
			return false;
		if (part > r->end - addr)
			part = r->end - addr;
		if (addr - r->start + part > r->present)
			return false;
		if (pread(memory, buf, part, r->offset + addr - r->start) !=
		    (ssize_t)part)
			return false;
		addr += part;
		buf = (char *)buf + part;
		n -= part;
	}
	return true;
}

static void target_need(uint64_t addr, void *buf, size_t n, const char *what)
{
	if (!target_read(addr, buf, n))
		errx(1, "%s at %#" PRIx64 " cannot be read", what, addr);
}

static bool is_resident(uint64_t page)
{
	uint64_t entry;

	return pagemap >= 0 &&
	       pread(pagemap, &entry, sizeof(entry), page * 8) == 8 &&
	       entry >> 63;
}

/*
 * Count what is in memory of a table. Reading it would change the answer. A
 * page that it shares with the table before it counts once.
 */
static void count_resident(uint64_t addr, size_t n)
{
	static uint64_t counted[2]; /* the last table's first and last page */
	uint64_t size = getpagesize();
	uint64_t first = addr / size, end = (addr + n - 1) / size;

	for (uint64_t page = first; page <= end; page++)
		if (page != counted[0] && page != counted[1])
			resident += is_resident(page) ? size : 0;
	counted[0] = first;
	counted[1] = end;
}

/* The value of a symbol of a library file; 0: it has none. */
static uint64_t elf_symbol(const char *path, const char *name)
{
	int fd = open(path, O_RDONLY);
	uint64_t value = 0;
	struct stat st;
	char *elf;

	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", path);
	elf = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (elf == MAP_FAILED)
		err(1, "%s", path);
	const Elf64_Ehdr *ehdr = (void *)elf;
	const Elf64_Shdr *shdr = (void *)(elf + ehdr->e_shoff);

	for (int i = 0; i < ehdr->e_shnum; i++) {
		const Elf64_Sym *sym = (void *)(elf + shdr[i].sh_offset);
		const char *names = elf + shdr[shdr[i].sh_link].sh_offset;

		if (shdr[i].sh_type != SHT_DYNSYM)
			continue;
		for (size_t n = shdr[i].sh_size / sizeof(*sym); n--; sym++)
			if (!strcmp(names + sym->st_name, name))
				value = sym->st_value;
	}
	munmap(elf, st.st_size);
	close(fd);
	return value;
}

/* Open a live process; return where the library's symbol is, 0: nowhere. */
static uint64_t open_process(const char *pid)
{
	char name[64], line[8192], path[4096], perms[5];
	uint64_t start, end, offset, symbol = 0;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%s/pagemap", pid);
	pagemap = open(name, O_RDONLY);
	snprintf(name, sizeof(name), "/proc/%s/mem", pid);
	memory = open(name, O_RDONLY);
	snprintf(name, sizeof(name), "/proc/%s/maps", pid);
	maps = fopen(name, "r");
	if (memory < 0 || !maps)
		err(1, "process %s", pid);
	while (fgets(line, sizeof(line), maps)) {
		*path = '\0';
		sscanf(line,
		       "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64
		       " %*s %*s %4095[^\n]",
		       &start, &end, perms, &offset, path);
		if (perms[0] == 'r' && end <= INT64_MAX)
			range_add((struct range){ start, end, start,
						  end - start, perms[1] == 'w',
						  perms[2] == 'x' });
		if (offset == 0 && strstr(path, "/libmalloc_tracer.so"))
			symbol =
				start + elf_symbol(path, MTR_DESCRIPTOR_SYMBOL);
	}
	fclose(maps);
	return symbol;
}

static void open_core(const char *path)
{
	Elf64_Ehdr ehdr;
	Elf64_Phdr ph;

	memory = open(path, O_RDONLY);
	if (memory < 0 ||
	    pread(memory, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_type != ET_CORE)
		errx(1, "%s: not a core", path);
	for (int i = 0; i < ehdr.e_phnum; i++) {
		if (pread(memory, &ph, sizeof(ph),
			  ehdr.e_phoff + i * sizeof(ph)) != sizeof(ph))
			errx(1, "%s: truncated", path);
		if (ph.p_type != PT_LOAD)
			continue;
		/* text is often not in the file, but its bounds are */
		range_add((struct range){
			ph.p_vaddr, ph.p_vaddr + ph.p_memsz, ph.p_offset,
			ph.p_filesz, ph.p_flags & PF_W, ph.p_flags & PF_X });
	}
}

/* The magic may stand elsewhere: in a copy, in somebody's buffer. */
static uint64_t find_in_chunk(const char *chunk, size_t n, uint64_t addr)
{
	const struct mtr_descriptor *d;

	for (size_t i = 0; i + sizeof(*d) <= n; i += 8) {
		d = (const void *)(chunk + i);
		if (!memcmp(d->magic, MTR_MAGIC, sizeof(d->magic)) &&
		    d->self == addr + i)
			return addr + i;
	}
	return 0;
}

/* From above: a library lies near the stack, and below it much of the heap. */
static uint64_t find_by_magic(void)
{
	static _Alignas(8) char chunk[1 << 20];
	size_t step = sizeof(chunk) - sizeof(struct mtr_descriptor);

	for (size_t i = n_ranges; i--;) {
		const struct range *r = &ranges[i];

		for (uint64_t at = r->start; r->write && at < r->end;
		     at += step) {
			size_t n = r->end - at < sizeof(chunk) ? r->end - at
							       : sizeof(chunk);
			uint64_t found = target_read(at, chunk, n)
						 ? find_in_chunk(chunk, n, at)
						 : 0;

			if (found)
				return found;
		}
	}
	return 0;
}

static void read_descriptor(uint64_t addr)
{
	if (!addr)
		errx(1, "no descriptor");
	target_need(addr, &descriptor, sizeof(descriptor), "the descriptor");
	if (memcmp(descriptor.magic, MTR_MAGIC, sizeof(descriptor.magic)) ||
	    descriptor.self != addr)
		errx(1, "no descriptor at %#" PRIx64, addr);
	if ((descriptor.version != MTR_FORMAT_LONG &&
	     descriptor.version != MTR_FORMAT_VERSION) ||
	    descriptor.size != sizeof(descriptor) ||
	    descriptor.granule_bits != MTR_GRANULE_BITS ||
	    descriptor.leaf_bits != MTR_LEAF_BITS ||
	    descriptor.mid_bits != MTR_MID_BITS ||
	    descriptor.root_bits != MTR_ROOT_BITS)
		errx(1, "unknown format");
}

static void flush(void)
{
	if (!last.usable)
		return;
	blocks++;
	bytes += last.sound ? mtr_trailer_size(&last.trailer, last.usable) : 0;
	damaged += !last.sound;
	if (!describe)
		printf("%016" PRIx64 " %" PRIu64 " %" PRIu64 " %016" PRIx64
		       " %u\n",
		       last.addr, mtr_trailer_size(&last.trailer, last.usable),
		       last.usable, last.trailer.caller,
		       mtr_lead_generation(last.lead));
	last.usable = 0;
}

/* A core has the bounds of what it leaves out, or leaves those out too. */
static bool is_code(uint64_t addr)
{
	const struct range *r = range_find(addr);

	return r ? r->exec : pagemap < 0;
}

/* Who answers for the blocks of stack @id; 0: none is known. */
static uint64_t answers(uint32_t id)
{
	uint64_t first = 0, chunk, pc;
	struct mtr_node node;

	while (id >= MTR_NODE_FIRST) {
		if (!target_read(descriptor.depot +
					 offsetof(struct mtr_depot, chunk) +
					 8 * (id >> MTR_CHUNK_NODE_BITS),
				 &chunk, sizeof(chunk)) ||
		    !target_read(chunk + id % MTR_CHUNK_NODES * sizeof(node),
				 &node, sizeof(node)))
			return 0;
		pc = node.pc & ~MTR_PC_EXACT;
		first = first ? first : pc;
		if (!(node.link & MTR_NODE_RUNTIME))
			return node.link & MTR_NODE_LINKER ? first : pc;
		id = node.parent;
	}
	return first;
}

/* Of two that overlap one is a block that left by a road nobody saw. */
static void take(struct block b)
{
	b.sound = target_read(b.addr + mtr_trailer_offset(b.usable), &b.trailer,
			      sizeof(b.trailer));
	if (b.sound && descriptor.record == MTR_RECORD_SHORT)
		b.trailer.caller =
			answers(mtr_trailer_stack(&b.trailer, b.usable));
	b.sound = b.sound &&
		  mtr_trailer_fits(&b.trailer, b.usable, descriptor.record) &&
		  is_code(b.trailer.caller);
	if (last.usable && b.addr < last.addr + last.usable) {
		conflicts++;
		if (last.sound)
			return;
		last.usable = 0;
	}
	flush();
	last = b;
}

static void walk_leaf(uint64_t addr, uint64_t leaf)
{
	static uint8_t byte[MTR_LEAF_BYTES];

	count_resident(leaf, sizeof(byte));
	target_need(leaf, byte, sizeof(byte), "a leaf");
	for (size_t i = 0; i < MTR_LEAF_GRANULES; i++) {
		struct block b = { .addr = addr + i * MTR_GRANULE,
				   .lead = byte[i] };

		if (!mtr_is_live(byte[i]))
			continue;
		b.usable = mtr_ledger_usable(byte + i, sizeof(byte) - i);
		if (b.usable < MTR_USABLE_MIN)
			damaged++;
		else
			take(b);
	}
}

static void walk(void)
{
	static uint64_t root[1 << MTR_ROOT_BITS], mid[1 << MTR_MID_BITS];

	count_resident(descriptor.ledger_root, sizeof(root));
	target_need(descriptor.ledger_root, root, sizeof(root), "the root");
	for (uint64_t i = 0; i < 1 << MTR_ROOT_BITS; i++) {
		if (!root[i])
			continue;
		count_resident(root[i], sizeof(mid));
		target_need(root[i], mid, sizeof(mid), "a mid table");
		for (uint64_t j = 0; j < 1 << MTR_MID_BITS; j++)
			if (mid[j])
				walk_leaf((i << MTR_MID_BITS | j)
						  << MTR_LEAF_BITS,
					  mid[j]);
	}
	flush();
}

static void print_descriptor(void)
{
	static const char *const flags[] = { "ready",  "shadowed", "counters",
					     "debug",  "frees",	   "nofollow",
					     "direct", "chunks",   "unsized" };
	static const char *const drops[MTR_DROP_COUNT] = {
		[MTR_DROP_UNALIGNED] = "unaligned",
		[MTR_DROP_SMALL] = "small",
		[MTR_DROP_HIGH] = "high",
		[MTR_DROP_LEDGER] = "ledger",
		[MTR_DROP_STARTUP] = "startup",
		[MTR_DROP_NESTED] = "nested",
		[MTR_DROP_FOREIGN] = "foreign"
	};

	printf("package %s\nflags", descriptor.package_version);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (descriptor.flags >> i & 1)
			printf(" %s", flags[i]);
	printf("\ngeneration %u\n",
	       mtr_lead_generation((uint8_t)descriptor.lead));
	for (int i = 0; i < MTR_DROP_COUNT; i++)
		printf("dropped.%s %" PRIu64 "\n", drops[i],
		       descriptor.drops[i]);
	printf("ledger %" PRIu64 "\nresident %" PRIu64 "\n",
	       descriptor.ledger_bytes, resident);
	printf("blocks %" PRIu64 "\nbytes %" PRIu64 "\nconflicts %" PRIu64
	       "\ndamaged %" PRIu64 "\n",
	       blocks, bytes, conflicts, damaged);
}

int main(int argc, char **argv)
{
	bool core = false, magic = false;
	uint64_t at = 0;
	int c;

	while ((c = getopt(argc, argv, "cdm")) != -1) {
		core |= c == 'c';
		describe |= c == 'd';
		magic |= c == 'm';
		if (c == '?')
			return 2;
	}
	if (optind != argc - 1)
		errx(2, "usage: outside [-d] [-m] PID | -c CORE");
	if (core)
		open_core(argv[optind]);
	else
		at = open_process(argv[optind]);
	read_descriptor(core || magic ? find_by_magic() : at);
	walk();
	if (describe)
		print_descriptor();
	return 0;
}
