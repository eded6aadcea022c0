/* SPDX-License-Identifier: MIT */
/*
 * Where the objects lie that matter. See objects.h for the contract.
 */
#include "objects.h"

#include <link.h>
#include <string.h>

struct mtr_objects mtr_objects;

/* The last object that was loaded at start-up: it and those before it stay. */
static const struct link_map *last_permanent;

static struct mtr_span span_of(const struct dl_phdr_info *info)
{
	uintptr_t start = UINTPTR_MAX, end = 0;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type != PT_LOAD)
			continue;
		if (at < start)
			start = at;
		if (at + ph->p_memsz > end)
			end = at + ph->p_memsz;
	}
	return (struct mtr_span){ start, end > start ? end - start : 0 };
}

static bool is_called(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, name, strlen(name)) == 0;
}

static int visit(struct dl_phdr_info *info, size_t size, void *context)
{
	struct mtr_objects *found = context;
	struct mtr_span span = span_of(info);

	(void)size;
	if (is_called(info->dlpi_name, "libc.so.6"))
		found->libc = span;
	else if (is_called(info->dlpi_name, "libstdc++.so"))
		found->cxx = span;
	if (mtr_span_holds(&span, (uintptr_t)&_r_debug))
		found->linker = span;
	return 0;
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

void mtr_objects_init(bool direct)
{
	struct mtr_objects found = { 0 };
	const struct link_map *map = _r_debug.r_map;

	dl_iterate_phdr(visit, &found);
	mtr_objects.linker = found.linker;
	if (!direct) {
		mtr_objects.libc = found.libc;
		mtr_objects.cxx = found.cxx;
		mtr_objects.inner = hull(found.libc, found.cxx);
	}
	while (map && map->l_next)
		map = map->l_next;
	last_permanent = map;
}

void mtr_objects_keep(const void *wanted)
{
	const struct link_map *map = _r_debug.r_map;

	/* behind the last permanent one the list may change under our feet */
	for (; map && map != wanted; map = map->l_next)
		if (map == last_permanent) {
			mtr_objects.watch = true;
			return;
		}
}
