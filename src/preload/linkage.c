/* SPDX-License-Identifier: MIT */
/*
 * Reading the symbol tables of loaded objects. See linkage.h for the contract.
 *
 * Sources: the generic ABI's chapter on dynamic linking, the Linux Standard
 * Base on symbol versions, and glibc's elf/dl-lookup.c for DT_GNU_HASH and for
 * which version satisfies which reference.
 */
#include "preload/linkage.h"

#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#include "preload/compiler.h"

/* What the dynamic section of an object says of its symbols. */
struct table {
	const struct link_map *map;
	const ElfW(Sym) * symbols;
	const char *strings, *soname;
	const uint32_t *gnu_hash, *sysv_hash;
	const ElfW(Half) * versions;
	const char *verdef;
};

enum {
	VERSION_HIDDEN = 0x8000, /* only a reference that names it */
	VERSION_FIRST = 2,	 /* 0 is local, 1 has no version */
};

static uintptr_t distance(uintptr_t a, uintptr_t b)
{
	return a > b ? a - b : b - a;
}

/*
 * An address in a dynamic section. glibc adds the load address to most of them
 * when it loads the object, but not to all, nor where the section is read-only.
 * What it has added to is not below the load address. That is below zero, or
 * wraps, where an object was linked for a higher place than it got: there what
 * is meant is nearer to the section.
 */
static const void *address(const struct link_map *map, uintptr_t value)
{
	uintptr_t sum = value + map->l_addr, near = (uintptr_t)map->l_ld;
	bool added = true;

	if (value < map->l_addr || map->l_addr > INTPTR_MAX)
		added = distance(value, near) <= distance(sum, near);
	return (const void *)(added ? value : sum);
}

static bool table_open(const struct link_map *map, struct table *ret)
{
	uintptr_t soname = 0;

	*ret = (struct table){ .map = map };
	if (!map->l_ld)
		return false;
	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++) {
		const void *at = address(map, d->d_un.d_ptr);

		switch (d->d_tag) {
		case DT_SYMTAB:
			ret->symbols = at;
			break;
		case DT_STRTAB:
			ret->strings = at;
			break;
		case DT_SONAME:
			soname = d->d_un.d_val;
			break;
		case DT_GNU_HASH:
			ret->gnu_hash = at;
			break;
		case DT_HASH:
			ret->sysv_hash = at;
			break;
		case DT_VERSYM:
			ret->versions = at;
			break;
		case DT_VERDEF:
			ret->verdef = at;
			break;
		}
	}
	if (ret->strings && soname)
		ret->soname = ret->strings + soname;
	return ret->symbols && ret->strings &&
	       (ret->gnu_hash || ret->sysv_hash);
}

/* Versions. */

static unsigned int version_index(const struct table *t, uint32_t symbol)
{
	return t->versions ? t->versions[symbol] & ~VERSION_HIDDEN : 0;
}

static bool version_is_hidden(const struct table *t, uint32_t symbol)
{
	return t->versions && t->versions[symbol] & VERSION_HIDDEN;
}

/* The name of the version that symbol @symbol is defined with; or NULL. */
static const char *version_name(const struct table *t, uint32_t symbol)
{
	unsigned int index = version_index(t, symbol);
	const char *at = t->verdef;

	if (index < VERSION_FIRST || !at)
		return NULL;
	for (;;) {
		const ElfW(Verdef) *def = (const ElfW(Verdef) *)at;

		if ((def->vd_ndx & ~VERSION_HIDDEN) == index) {
			const ElfW(Verdaux) *name =
				(const ElfW(Verdaux) *)(at + def->vd_aux);

			return t->strings + name->vda_name;
		}
		if (def->vd_next == 0)
			return NULL;
		at += def->vd_next;
	}
}

/*
 * Does symbol @symbol satisfy a reference to the version that programs are
 * linked with? The linker takes a definition of that version, hidden or not
 * (libc_malloc_debug has nothing but hidden ones), and one without a version.
 */
static bool version_fits(const struct table *t, uint32_t symbol,
			 const char *version)
{
	const char *name = version_name(t, symbol);

	if (!name || !version)
		return !version_is_hidden(t, symbol);
	return strcmp(name, version) == 0;
}

/* Symbols. */

static bool is_function(const ElfW(Sym) * symbol)
{
	unsigned int type = ELF64_ST_TYPE(symbol->st_info);

	/* an undefined one with a value is the stub of a program's */
	return symbol->st_shndx != SHN_UNDEF && symbol->st_value != 0 &&
	       ELF64_ST_BIND(symbol->st_info) != STB_LOCAL &&
	       (type == STT_FUNC || type == STT_NOTYPE ||
		type == STT_GNU_IFUNC);
}

/* The decision which of an object's symbols of one name is wanted. */
typedef bool wanted_fn(const struct table *t, uint32_t symbol,
		       const struct mtr_lookup *l);

static bool is_wanted(const struct table *t, uint32_t symbol,
		      const struct mtr_lookup *l, wanted_fn *wanted)
{
	const ElfW(Sym) *s = &t->symbols[symbol];

	return strcmp(t->strings + s->st_name, l->name) == 0 &&
	       is_function(s) && wanted(t, symbol, l);
}

/* A symbol's index, or 0. */
static uint32_t find_gnu(const struct table *t, const struct mtr_lookup *l,
			 wanted_fn *wanted)
{
	const uint32_t buckets = t->gnu_hash[0], first = t->gnu_hash[1];
	const uint32_t words = t->gnu_hash[2], shift = t->gnu_hash[3];
	const uint64_t *bloom = (const uint64_t *)(t->gnu_hash + 4);
	const uint32_t *bucket = (const uint32_t *)(bloom + words);
	const uint32_t *chain = bucket + buckets;
	uint64_t word = bloom[l->hash / 64 & (words - 1)];
	uint32_t i;

	if (!(word >> l->hash % 64 & word >> (l->hash >> shift) % 64 & 1) ||
	    buckets == 0)
		return 0;
	i = bucket[l->hash % buckets];
	if (i < first)
		return 0;
	for (;; i++) {
		uint32_t hash = chain[i - first];

		if ((hash | 1) == (l->hash | 1) && is_wanted(t, i, l, wanted))
			return i;
		if (hash & 1)
			return 0;
	}
}

static uint32_t sysv_hash(const char *name)
{
	uint32_t h = 0;

	for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
		h = (h << 4) + *c;
		h = (h ^ (h >> 24 & 0xf0)) & 0x0fffffff;
	}
	return h;
}

static uint32_t find_sysv(const struct table *t, const struct mtr_lookup *l,
			  wanted_fn *wanted)
{
	const uint32_t buckets = t->sysv_hash[0];
	const uint32_t *bucket = t->sysv_hash + 2;
	const uint32_t *chain = bucket + buckets;

	if (buckets == 0)
		return 0;
	for (uint32_t i = bucket[sysv_hash(l->name) % buckets]; i; i = chain[i])
		if (is_wanted(t, i, l, wanted))
			return i;
	return 0;
}

static uint32_t find(const struct table *t, const struct mtr_lookup *l,
		     wanted_fn *wanted)
{
	return t->gnu_hash ? find_gnu(t, l, wanted) : find_sysv(t, l, wanted);
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t h = 5381;

	for (const unsigned char *c = (const unsigned char *)name; *c; c++)
		h = h * 33 + *c;
	return h;
}

/* What the resolver of an indirect function chooses. */
static void *resolve_indirect(void *resolver)
{
#ifdef __aarch64__
	/* the linker's first argument; this bit says that there is a second */
	struct {
		unsigned long size, hwcap, hwcap2;
	} arg = { sizeof(arg), getauxval(AT_HWCAP), getauxval(AT_HWCAP2) };

	return ((void *(*)(uint64_t, const void *))resolver)(
		arg.hwcap | UINT64_C(1) << 62, &arg);
#else
	return ((void *(*)(void))resolver)();
#endif
}

static struct mtr_definition definition(const struct table *t, uint32_t symbol)
{
	const ElfW(Sym) *s = &t->symbols[symbol];
	uintptr_t base = s->st_shndx == SHN_ABS ? 0 : t->map->l_addr;
	void *at = (void *)(base + s->st_value);

	if (ELF64_ST_TYPE(s->st_info) == STT_GNU_IFUNC)
		at = resolve_indirect(at);
	return (struct mtr_definition){ at, t->map };
}

/* The objects. */

/*
 * The linker's list of objects begins with the program. Where the program has
 * a copy of _r_debug, which some debuggers' helpers take the address of, the
 * copy has the same head.
 */
const struct link_map *mtr_linkage_program(void)
{
	return _r_debug.r_map;
}

/* Each object has a dynamic section of its own. */
const struct link_map *mtr_linkage_self(void)
{
	const struct link_map *map = mtr_linkage_program();

	while (map && map->l_ld != _DYNAMIC)
		map = map->l_next;
	return map;
}

bool mtr_linkage_is_called(const struct link_map *map, const char *start)
{
	const char *name = map->l_name, *slash;
	struct table t;

	table_open(map, &t);
	if (t.soname) {
		name = t.soname;
	} else {
		slash = strrchr(name, '/');
		name = slash ? slash + 1 : name;
	}
	return strncmp(name, start, strlen(start)) == 0;
}

/* The objects that every program has, wherever they are in the list. */
static bool is_libc(const struct table *t)
{
	return t->soname && (strcmp(t->soname, "libc.so.6") == 0 ||
			     strncmp(t->soname, "ld-linux", 8) == 0);
}

/*
 * Those that nearly every program is linked with: their versions of a name
 * count, not that of another library which has the same name.
 */
static bool is_standard(const struct table *t)
{
	static const char cxx[] = "libstdc++.so.";

	return is_libc(t) ||
	       (t->soname && strncmp(t->soname, cxx, sizeof(cxx) - 1) == 0);
}

/* The version that programs are linked with is a default one. */
static bool has_default_version(const struct table *t, uint32_t symbol,
				const struct mtr_lookup *l)
{
	(void)l;
	return !version_is_hidden(t, symbol) &&
	       version_index(t, symbol) >= VERSION_FIRST;
}

static void learn_versions(struct mtr_lookup *lookups, size_t n)
{
	struct table t;

	for (const struct link_map *map = mtr_linkage_program(); map;
	     map = map->l_next) {
		if (!table_open(map, &t) || !t.verdef || !t.versions)
			continue;
		for (size_t i = 0; i < n; i++) {
			struct mtr_lookup *l = &lookups[i];
			uint32_t s;

			if (l->version && !is_standard(&t))
				continue;
			s = find(&t, l, has_default_version);
			if (s)
				l->version = version_name(&t, s);
		}
	}
}

static bool has_version(const struct table *t, uint32_t symbol,
			const struct mtr_lookup *l)
{
	return version_fits(t, symbol, l->version);
}

static void take(const struct table *t, uint32_t symbol,
		 struct mtr_definition *ret)
{
	if (!ret->at)
		*ret = definition(t, symbol);
}

/* Another copy of this library, which stays out of the way of the first. */
static bool is_copy(const struct table *t)
{
	static const char name[] = "libmalloc_tracer.so.";

	return t->soname && strncmp(t->soname, name, sizeof(name) - 1) == 0;
}

static void look_up_in(const struct table *t, struct mtr_lookup *l, bool self,
		       bool behind)
{
	uint32_t symbol;

	if (l->first.at && l->next.at)
		return;
	symbol = find(t, l, has_version);
	if (!symbol)
		return;
	take(t, symbol, &l->first);
	if (self || is_copy(t))
		return;
	if (behind)
		take(t, symbol, &l->next);
	else if (is_libc(t))
		take(t, symbol, &l->before);
}

/*
 * The order of the list is that of the global scope. Only a library that was
 * opened when the program ran has libc in front of it. Nothing else from there
 * comes next: it would come back to this library.
 */
void mtr_linkage_look_up(struct mtr_lookup *lookups, size_t n)
{
	const struct link_map *self = mtr_linkage_self();
	bool behind = false;
	struct table t;

	for (size_t i = 0; i < n; i++)
		lookups[i].hash = gnu_hash(lookups[i].name);
	learn_versions(lookups, n);
	for (const struct link_map *map = mtr_linkage_program(); map;
	     map = map->l_next) {
		behind |= map == self;
		if (!table_open(map, &t))
			continue;
		for (size_t i = 0; i < n; i++)
			look_up_in(&t, &lookups[i], map == self, behind);
	}
	for (size_t i = 0; i < n; i++)
		if (!lookups[i].next.at)
			lookups[i].next = lookups[i].before;
}

void mtr_linkage_look_up_in(const struct link_map *map, struct mtr_lookup *l)
{
	struct table t;

	l->hash = gnu_hash(l->name);
	if (table_open(map, &t))
		look_up_in(&t, l, map == mtr_linkage_self(), true);
}
