/* SPDX-License-Identifier: MIT */
/*
 * Noting the objects that the program opens. See opened.h for the contract.
 */
#include "preload/opened.h"

#include <string.h>

#include "preload/descriptor.h"
#include "preload/sys.h"

enum {
	/* A link_map has 1.1 KiB and the object's names. */
	MAP_MIN = 900,
	MAP_MAX = 8192,
	MAPS = 64, /* loaded by one dlopen */
	/* Requests of other threads until the fast roads are opened for them
	 * again, whatever has become of the thread that opens something. */
	PATIENCE = 1 << 20,
};

struct mtr_opened_list mtr_opened_list = {
	.entries = MTR_OPENED_MAX,
	.bytes = sizeof(struct mtr_opened),
};

_Atomic uintptr_t mtr_opening;

/* A block that may be a link_map. */
struct map {
	const struct link_map *at;
	bool noted;
	struct mtr_opened *entry; /* made for it; NULL: one was there */
};

/* Of the thread that opens something alone, but for .others. */
static struct {
	struct map map[MAPS];
	size_t n;
	_Atomic uint32_t others; /* requests of other threads */
} under_way;

static void (*close_roads)(void), (*open_roads)(void);

void mtr_opened_init(void (*close)(void), void (*open)(void))
{
	close_roads = close;
	open_roads = open;
}

/* The list. */

/* What fits of @path. */
static void path_copy(char to[MTR_OPENED_PATH], const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strlen(path) >= MTR_OPENED_PATH && slash)
		path = slash + 1;
	if (strlen(path) < MTR_OPENED_PATH)
		memcpy(to, path, strlen(path));
}

static bool entries_equal(const struct mtr_opened *a,
			  const struct mtr_opened *b)
{
	return a->start == b->start && a->end == b->end && a->bias == b->bias &&
	       a->id_bytes == b->id_bytes &&
	       memcmp(a->id, b->id, sizeof(a->id)) == 0 &&
	       strcmp(a->path, b->path) == 0;
}

/* The entry that says so already, or the one that @o takes the place of. */
static struct mtr_opened *entry_for(const struct mtr_opened *o)
{
	struct mtr_opened *oldest = mtr_opened_list.entry;

	for (size_t i = 0; i < MTR_OPENED_MAX; i++) {
		struct mtr_opened *e = &mtr_opened_list.entry[i];

		if (e->order && entries_equal(e, o))
			return e;
		if (e->order < oldest->order)
			oldest = e;
	}
	return oldest;
}

static void order_set(struct mtr_opened *e, uint64_t order)
{
	__atomic_store_n(&e->order, order, __ATOMIC_RELEASE);
}

/* The entry, if it is a new one. */
static struct mtr_opened *list_add(const struct mtr_opened *o)
{
	struct mtr_opened *e = entry_for(o);
	uint64_t order = mtr_opened_list.opened + 1;
	bool is_new = !e->order || !entries_equal(e, o);

	if (is_new) {
		mtr_opened_list.lost += e->order != 0;
		order_set(e, 0);
		atomic_thread_fence(memory_order_release);
		memcpy(&e->start, &o->start,
		       sizeof(*o) - offsetof(struct mtr_opened, start));
	}
	mtr_opened_list.opened = order;
	order_set(e, order);
	return is_new ? e : NULL;
}

/* One object. */

/* Once its segments are mapped, and until dlopen returns. */
static bool map_object(const struct link_map *map, struct mtr_object *ret)
{
	uintptr_t bias = map->l_addr, dynamic = (uintptr_t)map->l_ld;

	*ret = (struct mtr_object){ 0 };
	if (!bias || bias % MTR_SYS_PAGE || dynamic <= bias || !map->l_name ||
	    !mtr_sys_readable((const void *)bias))
		return false;
	mtr_object_at((const void *)bias, map, ret);
	for (size_t i = 0; i < ret->n_headers; i++)
		if (ret->headers[i].p_type == PT_DYNAMIC)
			return dynamic == bias + ret->headers[i].p_vaddr;
	return false;
}

static void map_note(struct map *m)
{
	struct mtr_opened o = { .generation = mtr_descriptor.lead & 0x7f };
	struct mtr_object object;

	if (m->noted || !map_object(m->at, &object))
		return;
	o.start = object.start;
	o.end = object.end;
	o.bias = object.bias;
	o.id_bytes = mtr_object_build_id(&object, o.id, sizeof(o.id));
	path_copy(o.path, object.path);
	m->entry = list_add(&o);
	m->noted = true;
}

static void note_all(void)
{
	for (size_t i = 0; i < under_way.n; i++)
		map_note(&under_way.map[i]);
}

/* What dlopen does. */

static bool begin(void)
{
	uintptr_t self = mtr_thread_pointer(), none = 0;

	if (atomic_load(&mtr_opening) == self)
		return true;
	if (!atomic_compare_exchange_strong(&mtr_opening, &none, self))
		return false;
	under_way.n = 0;
	atomic_store(&under_way.others, 0);
	mtr_objects_watch(MTR_WATCH_OPENING);
	close_roads();
	return true;
}

static void end(uintptr_t thread)
{
	if (!atomic_compare_exchange_strong(&mtr_opening, &thread, 0))
		return;
	mtr_objects_unwatch(MTR_WATCH_OPENING);
	open_roads();
}

/*
 * What is no link_map does no harm: nothing in it says where an object lies
 * that is one.
 */
MTR_COLD void mtr_opened_allocated_by_linker(void *p, size_t size)
{
	if (size < MAP_MIN || size > MAP_MAX || !begin())
		return;
	note_all();
	if (under_way.n == MAPS)
		mtr_opened_list.lost++;
	else
		under_way.map[under_way.n++] = (struct map){ .at = p };
}

MTR_COLD void mtr_opened_asked_by(uintptr_t pc)
{
	uintptr_t thread = atomic_load(&mtr_opening);

	if (thread == mtr_thread_pointer()) {
		if (mtr_span_holds(&mtr_objects.linker, pc))
			note_all();
		else
			end(thread);
	} else if (atomic_fetch_add(&under_way.others, 1) >= PATIENCE) {
		end(thread);
	}
}

/* The object could not be loaded. */
MTR_COLD void mtr_opened_freed_by_linker(const void *p)
{
	if (atomic_load(&mtr_opening) != mtr_thread_pointer())
		return;
	for (size_t i = under_way.n; i-- > 0;) {
		if ((const void *)under_way.map[i].at != p)
			continue;
		if (under_way.map[i].entry)
			order_set(under_way.map[i].entry, 0);
		under_way.map[i] = under_way.map[--under_way.n];
	}
}
