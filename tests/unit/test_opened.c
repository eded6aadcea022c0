/* SPDX-License-Identifier: MIT */
/*
 * Which objects are noted, and when: the linker's part is played by hand, with
 * what it says of a real object, and of objects that are made up.
 */
#include "preload/opened.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/descriptor.h"
#include "preload/real.h"
#include "unit.h"

static const size_t map_bytes = 1200;

static uintptr_t linker(void)
{
	return mtr_objects.linker.start + 64;
}

static bool roads_are_open(void)
{
	return mtr_real.fast.malloc != 0;
}

static void start(void)
{
	mtr_real_road(0);
	ck_assert_uint_eq(mtr_opened_list.opened, 0);
	ck_assert(!mtr_opened_is_under_way());
}

static struct link_map *open_plugin(void)
{
	struct link_map *map = dlopen("libBrokenLocale.so.1", RTLD_NOW);

	ck_assert_ptr_nonnull(map);
	return map;
}

/* An object that is made up: a page with a header, and a map that says so. */
struct made {
	struct {
		ElfW(Ehdr) e;
		ElfW(Phdr) ph[3];
		ElfW(Nhdr) note;
		char name[4];
		uint8_t id[20];
	} * page;
	struct link_map map;
	char name[400];
};

static void make(struct made *m, int i)
{
	m->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(m->page != MAP_FAILED);
	memcpy(m->page->e.e_ident, ELFMAG, SELFMAG);
	m->page->e.e_phoff = sizeof(m->page->e);
	m->page->e.e_phnum = 3;
	m->page->e.e_phentsize = sizeof(m->page->ph[0]);
	m->page->ph[0] = (ElfW(Phdr)){ .p_type = PT_LOAD, .p_memsz = 4000 };
	m->page->ph[1] = (ElfW(Phdr)){ .p_type = PT_DYNAMIC, .p_vaddr = 2048 };
	m->page->ph[2] = (ElfW(Phdr)){
		.p_type = PT_NOTE,
		.p_vaddr = (uintptr_t)&m->page->note - (uintptr_t)m->page,
		.p_memsz = sizeof(m->page->note) + 4 + 20,
	};
	m->page->note = (ElfW(Nhdr)){ 4, 20, NT_GNU_BUILD_ID };
	memcpy(m->page->name, "GNU", 4);
	memset(m->page->id, i + 1, sizeof(m->page->id));
	snprintf(m->name, sizeof(m->name), "/plugins/%d.so", i);
	m->map = (struct link_map){ .l_addr = (uintptr_t)m->page,
				    .l_name = m->name,
				    .l_ld = (void *)((uintptr_t)m->page +
						     2048) };
}

/* What dlopen does of one object. */
static void load(struct made *m)
{
	mtr_opened_allocated(&m->map, map_bytes, linker());
	mtr_opened_asked(linker());
	mtr_opened_asked((uintptr_t)load);
	ck_assert(!mtr_opened_is_under_way());
}

START_TEST(real_object)
{
	const struct mtr_opened *e = mtr_opened_list.entry;
	struct link_map *map;
	bool open;

	start();
	open = roads_are_open();
	map = open_plugin();
	mtr_descriptor.lead = 0x80 + 5;
	mtr_opened_allocated(map, map_bytes, (uintptr_t)start);
	ck_assert(!mtr_opened_is_under_way());
	mtr_opened_allocated(map, map_bytes, linker());
	ck_assert(mtr_opened_is_under_way());
	ck_assert(!roads_are_open());
	ck_assert_uint_eq(mtr_opened_list.opened, 0);
	/* the constructor would open them for who opens nothing */
	mtr_real_open_roads();
	ck_assert(!roads_are_open());
	mtr_opened_asked(linker());
	ck_assert_uint_eq(mtr_opened_list.opened, 1);
	ck_assert(mtr_opened_is_under_way());
	mtr_opened_asked((uintptr_t)start);
	ck_assert(!mtr_opened_is_under_way());
	ck_assert_int_eq(roads_are_open(), open);
	ck_assert_int_eq(mtr_objects.watch & MTR_WATCH_OPENING, 0);
	ck_assert_uint_eq(e->order, 1);
	ck_assert_uint_eq(e->bias, map->l_addr);
	ck_assert_uint_eq(e->generation, 5);
	ck_assert_str_eq(e->path, map->l_name);
	ck_assert_uint_gt(e->end, (uintptr_t)map->l_ld);
	ck_assert_uint_le(e->start, (uintptr_t)map->l_ld);
}
END_TEST

START_TEST(made_up_object)
{
	struct made m;

	start();
	make(&m, 7);
	load(&m);
	ck_assert_uint_eq(mtr_opened_list.entry[0].order, 1);
	ck_assert_uint_eq(mtr_opened_list.entry[0].start, (uintptr_t)m.page);
	ck_assert_uint_eq(mtr_opened_list.entry[0].end,
			  (uintptr_t)m.page + 4000);
	ck_assert_uint_eq(mtr_opened_list.entry[0].id_bytes, 20);
	ck_assert_mem_eq(mtr_opened_list.entry[0].id, m.page->id, 20);
	ck_assert_str_eq(mtr_opened_list.entry[0].path, "/plugins/7.so");
}
END_TEST

/* The same in the same place has one entry; the same elsewhere another. */
START_TEST(opened_again)
{
	struct made a, b;

	start();
	make(&a, 1);
	make(&b, 1);
	load(&a);
	load(&b);
	load(&a);
	ck_assert_uint_eq(mtr_opened_list.opened, 3);
	ck_assert_uint_eq(mtr_opened_list.entry[0].order, 3);
	ck_assert_uint_eq(mtr_opened_list.entry[1].order, 2);
	ck_assert_uint_eq(mtr_opened_list.entry[2].order, 0);
	memset(a.page->id, 77, sizeof(a.page->id));
	load(&a);
	ck_assert_uint_eq(mtr_opened_list.entry[0].order, 3);
	ck_assert_uint_eq(mtr_opened_list.entry[2].order, 4);
	ck_assert_uint_eq(mtr_opened_list.lost, 0);
}
END_TEST

/* Until it is mapped, the linker's list says little of it. */
START_TEST(not_ready)
{
	struct link_map map = { 0 };
	struct made m;

	start();
	make(&m, 1);
	mtr_opened_allocated(&map, map_bytes, linker());
	mtr_opened_asked(linker());
	map.l_name = m.name;
	mtr_opened_asked(linker());
	map.l_ld = (void *)2048; /* not moved yet */
	mtr_opened_asked(linker());
	map.l_addr = (uintptr_t)m.page + 4096 * 1024 * 1024ul; /* nothing */
	map.l_ld = (void *)(map.l_addr + 2048);
	mtr_opened_asked(linker());
	map.l_addr = (uintptr_t)m.page;
	map.l_ld = (void *)(map.l_addr + 2040); /* another object's */
	mtr_opened_asked(linker());
	ck_assert_uint_eq(mtr_opened_list.opened, 0);
	map.l_ld = (void *)(map.l_addr + 2048);
	mtr_opened_asked(linker());
	mtr_opened_asked(linker());
	ck_assert_uint_eq(mtr_opened_list.opened, 1);
	mtr_opened_asked((uintptr_t)start);
}
END_TEST

/* The linker frees the map of what could not be loaded. */
START_TEST(failed)
{
	struct made a, b;

	start();
	make(&a, 1);
	make(&b, 2);
	load(&a);
	mtr_opened_allocated(&a.map, map_bytes, linker());
	mtr_opened_allocated(&b.map, map_bytes, linker());
	mtr_opened_asked(linker());
	ck_assert_uint_eq(mtr_opened_list.entry[0].order, 2);
	ck_assert_uint_eq(mtr_opened_list.entry[1].order, 3);
	ck_assert(mtr_objects.watch & MTR_WATCH_OPENING);
	mtr_opened_freed_by_linker(&b.map);
	mtr_opened_freed_by_linker(&a.map);
	mtr_opened_freed_by_linker(&a);
	mtr_opened_asked((uintptr_t)start);
	/* this one was there before, and may have left blocks */
	ck_assert_uint_eq(mtr_opened_list.entry[0].order, 2);
	ck_assert_uint_eq(mtr_opened_list.entry[1].order, 0);
	ck_assert(!mtr_opened_is_under_way());
}
END_TEST

START_TEST(more_than_there_are_entries)
{
	enum { N = MTR_OPENED_MAX + 3 };
	static struct made m[N];

	start();
	for (int i = 0; i < N; i++) {
		make(&m[i], i);
		load(&m[i]);
	}
	ck_assert_uint_eq(mtr_opened_list.opened, N);
	ck_assert_uint_eq(mtr_opened_list.lost, 3);
	for (int i = 0; i < MTR_OPENED_MAX; i++)
		ck_assert_uint_eq(mtr_opened_list.entry[i].order,
				  i < 3 ? MTR_OPENED_MAX + 1 + i : i + 1);
	ck_assert_str_eq(mtr_opened_list.entry[0].path, "/plugins/128.so");
}
END_TEST

START_TEST(more_at_once_than_there_is_room)
{
	static struct made m[70];

	start();
	for (int i = 0; i < 70; i++) {
		make(&m[i], i);
		mtr_opened_allocated(&m[i].map, map_bytes, linker());
	}
	mtr_opened_asked(linker());
	mtr_opened_asked((uintptr_t)start);
	ck_assert_uint_eq(mtr_opened_list.opened, 64);
	ck_assert_uint_eq(mtr_opened_list.lost, 6);
}
END_TEST

START_TEST(long_paths)
{
	static struct made m;

	start();
	make(&m, 1);
	memset(m.name, 'x', 350);
	strcpy(m.name + 350, "/plugin.so");
	load(&m);
	ck_assert_str_eq(mtr_opened_list.entry[0].path, "plugin.so");
	memset(m.name, 'y', 399);
	load(&m);
	ck_assert_str_eq(mtr_opened_list.entry[1].path, "");
	memset(m.name, 'z', 311);
	m.name[311] = '\0';
	load(&m);
	ck_assert_str_eq(mtr_opened_list.entry[2].path, m.name);
}
END_TEST

/* What other threads ask for meanwhile waits for nobody, but not for ever. */
START_TEST(thread_that_never_ends_it)
{
	struct made m;
	uint64_t n = 0;
	bool open;

	start();
	open = roads_are_open();
	make(&m, 1);
	mtr_opened_allocated(&m.map, map_bytes, linker());
	atomic_store(&mtr_opening, 1);
	mtr_opened_allocated(&m.map, map_bytes, linker());
	mtr_opened_freed_by_linker(&m.map);
	while (mtr_opened_is_under_way() && n++ < 1 << 24)
		mtr_opened_asked(linker());
	ck_assert_uint_gt(n, 1000);
	ck_assert(!mtr_opened_is_under_way());
	ck_assert_int_eq(roads_are_open(), open);
	ck_assert_uint_eq(mtr_opened_list.opened, 0);
	load(&m);
	ck_assert_uint_eq(mtr_opened_list.opened, 1);
}
END_TEST

Suite *opened_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("opened", &tc);

	tcase_add_test(tc, real_object);
	tcase_add_test(tc, made_up_object);
	tcase_add_test(tc, opened_again);
	tcase_add_test(tc, not_ready);
	tcase_add_test(tc, failed);
	tcase_add_test(tc, more_than_there_are_entries);
	tcase_add_test(tc, more_at_once_than_there_is_room);
	tcase_add_test(tc, long_paths);
	tcase_add_test(tc, thread_that_never_ends_it);
	return s;
}
