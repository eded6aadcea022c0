/* SPDX-License-Identifier: MIT */
/*
 * Mappings of a core that does not tell of them, as qemu's user mode writes it:
 * no NT_FILE. The program's own headers are where the kernel told it that they
 * are (AT_PHDR); they lead to the dynamic linker's list of what it loaded, as
 * debuggers read it, and that to the others' headers. See target_core.h.
 *
 *   AT_PHDR -> PT_DYNAMIC -> DT_DEBUG -> struct r_debug -> struct link_map ...
 */
#include <elf.h>
#include <string.h>

#include "target/target_core.h"

/* What a real program has is far below; what is made up may go in circles. */
enum {
	PHDRS_MAX = 128,
	DYNAMIC_MAX = 256,
	OBJECTS_MAX = 8192,
	MAPPINGS_MAX = 1 << 16,
	PATH_BYTES = 4096,
};

static const uint64_t page = 4096;

struct headers {
	Elf64_Phdr ph[PHDRS_MAX];
	size_t n;
	uint64_t bias; /* runtime address - address in the file */
};

/* struct r_debug and struct link_map of <link.h>, as far as they are looked at
 */
struct debug {
	uint64_t version, map;
};

struct object {
	uint64_t bias, name, dynamic, next;
};

static bool read_all(struct core *c, uint64_t addr, void *to, size_t bytes)
{
	return mtr_target_read(&c->target, addr, to, bytes) == bytes;
}

static bool headers_read(struct core *c, uint64_t addr, uint64_t n,
			 struct headers *ret)
{
	if (n > PHDRS_MAX || !read_all(c, addr, ret->ph, n * sizeof(*ret->ph)))
		return false;
	ret->n = n;
	return true;
}

static const Elf64_Phdr *headers_find(const struct headers *h, uint32_t type)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->ph[i].p_type == type)
			return &h->ph[i];
	return NULL;
}

/* Those of the program. */
static bool program_headers(struct core *c, struct headers *ret)
{
	const struct mtr_auxv *v = &c->target.auxv;
	const Elf64_Phdr *self;

	if (!v->phdr || !headers_read(c, v->phdr, v->phnum, ret))
		return false;
	self = headers_find(ret, PT_PHDR);
	ret->bias = self ? v->phdr - self->p_vaddr : 0;
	return true;
}

/* Those of a library, whose ELF header comes first in memory. */
static bool library_headers(struct core *c, uint64_t bias, struct headers *ret)
{
	Elf64_Ehdr eh;

	ret->bias = bias;
	return read_all(c, bias, &eh, sizeof(eh)) &&
	       memcmp(eh.e_ident, ELFMAG, SELFMAG) == 0 &&
	       eh.e_phentsize == sizeof(*ret->ph) &&
	       headers_read(c, bias + eh.e_phoff, eh.e_phnum, ret);
}

/* The loader maps whole pages. */
static struct mtr_error *segments_map(struct core *c, const struct headers *h,
				      const char *path)
{
	for (size_t i = 0; i < h->n && c->mappings.n < MAPPINGS_MAX; i++) {
		const Elf64_Phdr *ph = &h->ph[i];
		uint64_t start = h->bias + ph->p_vaddr;
		struct mapping m = {
			.start = start & -page,
			.end = (start + ph->p_filesz + page - 1) & -page,
			.offset = ph->p_offset & -page,
			.path = path,
		}, *slot;

		if (ph->p_type != PT_LOAD || m.start >= m.end)
			continue;
		slot = mappings_push(&c->mappings);
		if (!slot)
			return mtr_error_nomem();
		*slot = m;
	}
	return NULL;
}

/*
 * A copy of the path at @addr that lasts, with "./" in front if it does not say
 * from where; NULL: it is none.
 */
static const char *path_at(struct core *c, uint64_t addr)
{
	char text[2 + PATH_BYTES] = "./", *path = text + 2;
	size_t n = mtr_target_read(&c->target, addr, path, PATH_BYTES);
	const char *end = memchr(path, '\0', n);

	if (!end || end == path)
		return NULL;
	if (*path != '/' && *path != '.')
		path = text;
	return mtr_target_path(&c->target, path, end - path);
}

static bool objects_first(struct core *c, const struct headers *h,
			  uint64_t *ret)
{
	const Elf64_Phdr *dynamic = headers_find(h, PT_DYNAMIC);
	struct debug d;
	Elf64_Dyn entry;

	for (uint64_t i = 0; dynamic && i < DYNAMIC_MAX; i++) {
		uint64_t at = h->bias + dynamic->p_vaddr + i * sizeof(entry);

		if (!read_all(c, at, &entry, sizeof(entry)) ||
		    entry.d_tag == DT_NULL)
			return false;
		if (entry.d_tag != DT_DEBUG)
			continue;
		if (!read_all(c, entry.d_un.d_ptr, &d, sizeof(d)))
			return false;
		*ret = d.map;
		return true;
	}
	return false;
}

/* The first is the program, which has no name there. */
static struct mtr_error *objects_map(struct core *c, uint64_t at)
{
	struct object o;

	for (int i = 0; at && i < OBJECTS_MAX; i++, at = o.next) {
		struct headers h;
		const char *path;

		if (!read_all(c, at, &o, sizeof(o)))
			break;
		if (!library_headers(c, o.bias, &h))
			continue;
		path = path_at(c, o.name);
		if (path && *path == '/')
			MTR_TRY(segments_map(c, &h, path));
	}
	return NULL;
}

struct mtr_error *mtr_core_modules_find(struct core *c)
{
	struct headers h;
	const char *path;
	uint64_t first;

	if (!program_headers(c, &h)) {
		mtr_target_warn(
			&c->target,
			"the core does not tell which files were mapped "
			"(it has no NT_FILE, as qemu writes none): "
			"nothing in it has a name");
		return NULL;
	}
	path = path_at(c, c->target.auxv.execfn);
	if (path)
		MTR_TRY(segments_map(c, &h, path));
	if (objects_first(c, &h, &first))
		return objects_map(c, first);
	mtr_target_warn(
		&c->target,
		"the core does not tell which files were mapped (it has "
		"no NT_FILE, as qemu writes none): only the program has "
		"names");
	return NULL;
}
