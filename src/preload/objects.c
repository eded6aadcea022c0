/* SPDX-License-Identifier: MIT */
/*
 * Where the objects lie. See objects.h for the contract.
 */
#include "preload/objects.h"

#include <elf.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>

#include "preload/linkage.h"
#include "preload/memory.h"

struct mtr_objects mtr_objects;

/* The objects that stay, highest address first. */
struct table {
	size_t n, capacity;
	struct mtr_object object[];
};

static _Atomic(struct table *) permanent;
static struct mtr_loader loader;

/*
 * What _dl_find_object fills in (struct dl_find_object of <dlfcn.h>, which
 * headers older than glibc 2.35 do not have).
 */
struct found {
	unsigned long long flags;
	void *start, *end;
	struct link_map *map;
	void *eh_frame;
	unsigned long long reserved[7];
};

static struct mtr_span segments_span(const ElfW(Phdr) * headers, size_t n,
				     uintptr_t bias)
{
	uintptr_t start = UINTPTR_MAX, end = 0;

	for (size_t i = 0; i < n; i++) {
		uintptr_t at = bias + headers[i].p_vaddr;

		if (headers[i].p_type != PT_LOAD)
			continue;
		if (at < start)
			start = at;
		if (at + headers[i].p_memsz > end)
			end = at + headers[i].p_memsz;
	}
	return (struct mtr_span){ start, end > start ? end - start : 0 };
}

static void object_set(struct mtr_object *o, const ElfW(Phdr) * headers,
		       size_t n, const struct link_map *map)
{
	struct mtr_span span = segments_span(headers, n, map->l_addr);

	*o = (struct mtr_object){
		.start = span.start,
		.end = span.start + span.bytes,
		.bias = map->l_addr,
		.path = map->l_name,
		.headers = headers,
		.n_headers = n,
	};
}

static void object_from(struct mtr_object *o, const struct dl_phdr_info *info)
{
	struct link_map map = { .l_addr = info->dlpi_addr,
				.l_name = (char *)info->dlpi_name };

	object_set(o, info->dlpi_phdr, info->dlpi_phnum, &map);
}

static bool object_holds(const struct mtr_object *o, uintptr_t pc)
{
	if (pc < o->start || pc >= o->end)
		return false;
	for (size_t i = 0; i < o->n_headers; i++)
		if (o->headers[i].p_type == PT_LOAD &&
		    pc - (o->bias + o->headers[i].p_vaddr) <
			    o->headers[i].p_memsz)
			return true;
	return false;
}

/*
 * The program headers of a library are in the first page of what linkers make.
 * Of an object whose segments are not next to each other glibc gives the one
 * segment that it was asked about, which may not be the first.
 */
void mtr_object_at(const void *start, const struct link_map *map,
		   struct mtr_object *o)
{
	const ElfW(Ehdr) *e = start;

	if (memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 ||
	    e->e_phentsize != sizeof(ElfW(Phdr)) ||
	    e->e_phoff + e->e_phnum * sizeof(ElfW(Phdr)) > 4096)
		return;
	object_set(o, (const ElfW(Phdr) *)((const char *)start + e->e_phoff),
		   e->e_phnum, map);
}

size_t mtr_notes_build_id(const char *note, size_t bytes, uint8_t *to,
			  size_t size)
{
	ElfW(Nhdr) head;

	while (bytes >= sizeof(head)) {
		size_t name, desc;

		memcpy(&head, note, sizeof(head));
		name = (head.n_namesz + 3) & ~3u;
		desc = (head.n_descsz + 3) & ~3u;
		if (bytes < sizeof(head) + name + desc)
			break;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
		    memcmp(note + sizeof(head), "GNU", 4) == 0 &&
		    head.n_descsz <= size) {
			memcpy(to, note + sizeof(head) + name, head.n_descsz);
			return head.n_descsz;
		}
		note += sizeof(head) + name + desc;
		bytes -= sizeof(head) + name + desc;
	}
	return 0;
}

size_t mtr_object_build_id(const struct mtr_object *o, uint8_t *to, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n_headers && !n; i++)
		if (o->headers[i].p_type == PT_NOTE)
			n = mtr_notes_build_id((const char *)o->bias +
						       o->headers[i].p_vaddr,
					       o->headers[i].p_memsz, to, size);
	return n;
}

/* Those of the program the kernel has named. */
static void headers_of_program(const struct link_map *map, struct mtr_object *o)
{
	object_set(o, (const ElfW(Phdr) *)getauxval(AT_PHDR),
		   getauxval(AT_PHNUM), map);
}

static bool find_by_loader(uintptr_t at, const struct link_map *map,
			   struct mtr_object *ret)
{
	struct found f;

	*ret = (struct mtr_object){ 0 };
	if (!loader.find_object || loader.find_object((void *)at, &f) ||
	    (map && f.map != map))
		return false;
	if (f.map == mtr_linkage_program())
		headers_of_program(f.map, ret);
	else
		mtr_object_at(f.start, f.map, ret);
	return true;
}

/* The table of those that stay. */

static void table_add(struct table *t, const struct mtr_object *o)
{
	size_t i = t->n;

	/* another thread may have opened one since they were counted */
	if (i == t->capacity)
		return;
	t->n++;
	/* the list goes downwards for the most part, and then nothing moves */
	for (; i > 0 && t->object[i - 1].start < o->start; i--)
		t->object[i] = t->object[i - 1];
	t->object[i] = *o;
}

static int table_visit(struct dl_phdr_info *info, size_t size, void *context)
{
	struct mtr_object o;

	(void)size;
	object_from(&o, info);
	table_add(context, &o);
	return 0;
}

static int count_visit(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)info;
	(void)size;
	++*(size_t *)context;
	return 0;
}

static void table_fill(struct table *t)
{
	struct mtr_object o;

	if (!loader.find_object) {
		loader.iterate(table_visit, t);
		return;
	}
	for (const struct link_map *map = mtr_linkage_program(); map;
	     map = map->l_next)
		if (find_by_loader((uintptr_t)map->l_ld, map, &o) && o.headers)
			table_add(t, &o);
}

static void table_make(void)
{
	struct table *t, *none = NULL;
	size_t n = 0, bytes;

	if (loader.find_object) {
		for (const struct link_map *map = mtr_linkage_program(); map;
		     map = map->l_next)
			n++;
	} else if (loader.iterate) {
		loader.iterate(count_visit, &n);
	}
	bytes = sizeof(*t) + n * sizeof(t->object[0]);
	t = n ? mtr_memory_map_once(MTR_OWN_OTHER, bytes) : NULL;
	if (!t)
		return;
	t->capacity = n;
	table_fill(t);
	if (!atomic_compare_exchange_strong(&permanent, &none, t))
		mtr_memory_unmap_once(t, bytes);
}

/* The first object of the table that begins at or below @pc. */
static size_t table_search(const struct table *t, uintptr_t pc)
{
	size_t lo = 0, hi = t->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->object[mid].start > pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct mtr_object *table_find(uintptr_t pc)
{
	static _Atomic size_t last;
	const struct table *t =
		atomic_load_explicit(&permanent, memory_order_acquire);
	size_t i = atomic_load_explicit(&last, memory_order_relaxed);

	if (!t)
		return NULL;
	if (i < t->n && object_holds(&t->object[i], pc))
		return &t->object[i];
	/* another object may lie between the segments of a lower one */
	for (i = table_search(t, pc); i < t->n; i++) {
		if (!object_holds(&t->object[i], pc))
			continue;
		atomic_store_explicit(&last, i, memory_order_relaxed);
		return &t->object[i];
	}
	return NULL;
}

/* Those that come and go. */

struct wanted {
	uintptr_t pc;
	struct mtr_object *ret;
};

static int passing_visit(struct dl_phdr_info *info, size_t size, void *context)
{
	const struct wanted *w = context;

	(void)size;
	object_from(w->ret, info);
	return object_holds(w->ret, w->pc);
}

static bool passing_find(uintptr_t pc, struct mtr_object *ret)
{
	struct wanted w = { pc, ret };

	if (loader.find_object)
		return find_by_loader(pc, NULL, ret);
	return loader.iterate && loader.iterate(passing_visit, &w);
}

enum mtr_object_kind mtr_objects_find(uintptr_t pc, struct mtr_object *ret)
{
	const struct mtr_object *o = table_find(pc);

	if (o) {
		*ret = *o;
		return MTR_OBJECT_PERMANENT;
	}
	return passing_find(pc, ret) ? MTR_OBJECT_PASSING : MTR_OBJECT_NONE;
}

bool mtr_objects_hold(uintptr_t pc)
{
	struct found f;

	return table_find(pc) ||
	       (loader.find_object && !loader.find_object((void *)pc, &f));
}

void mtr_objects_iterate(int (*visit)(struct dl_phdr_info *, size_t, void *),
			 void *context)
{
	if (loader.iterate)
		loader.iterate(visit, context);
}

/* libc and its likes. */

static struct mtr_span span_of(const char *name)
{
	struct mtr_object o;

	for (const struct link_map *map = mtr_linkage_program(); map;
	     map = map->l_next)
		if (map->l_ld && mtr_linkage_is_called(map, name) &&
		    mtr_objects_find((uintptr_t)map->l_ld, &o))
			return (struct mtr_span){ o.start, o.end - o.start };
	return (struct mtr_span){ 0 };
}

static struct mtr_span hull(struct mtr_span a, struct mtr_span b)
{
	uintptr_t start, end;

	if (a.bytes == 0)
		return b;
	if (b.bytes == 0)
		return a;
	start = a.start < b.start ? a.start : b.start;
	end = a.start < b.start ? b.start + b.bytes : a.start + a.bytes;
	return (struct mtr_span){ start, end - start };
}

void mtr_objects_init(const struct mtr_loader *by)
{
	loader = *by;
	table_make();
	mtr_objects.linker = span_of("ld-linux");
}

void mtr_objects_look_through(void)
{
	mtr_objects.libc = span_of("libc.so.6");
	mtr_objects.cxx = span_of("libstdc++.so");
	mtr_objects.runtimes = hull(mtr_objects.libc, mtr_objects.cxx);
}
