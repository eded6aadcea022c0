/* SPDX-License-Identifier: MIT */
/*
 * A saved snapshot as a target: mappings and build-ids, and no memory. The
 * blocks in it are heap.c's. Everything that the header leads to is checked
 * here, once, when the file is opened.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "format/snapshot.h"
#include "target/target_impl.h"

/* Of a module of the file: there may be very many. */
struct module {
	uint64_t start;
	size_t at; /* its place in the file's list */
};

MTR_VECTOR(modules, struct module);

struct saved {
	struct mtr_target target;
	struct mtr_snapshot_header header;
	struct modules modules; /* by address, and by place */
};

static struct saved *saved_of(struct mtr_target *t)
{
	return (struct saved *)t;
}

static size_t saved_read(struct mtr_target *t, uint64_t addr, void *to,
			 size_t bytes)
{
	(void)t;
	(void)addr;
	(void)to;
	(void)bytes;
	return 0;
}

static const unsigned char *part(const struct saved *s,
				 enum mtr_snapshot_part part, size_t *bytes)
{
	*bytes = s->header.section[part].bytes;
	return s->target.map.at + s->header.section[part].offset;
}

static struct mtr_snapshot_module module_at(const struct saved *s, size_t at)
{
	struct mtr_snapshot_module m;
	size_t bytes;

	memcpy(&m, part(s, MTR_PART_MODULES, &bytes) + at * sizeof(m),
	       sizeof(m));
	return m;
}

static int by_start(const void *a, const void *b)
{
	const struct module *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static struct mtr_error *modules_load(struct saved *s)
{
	size_t bytes, n;

	part(s, MTR_PART_MODULES, &bytes);
	n = bytes / sizeof(struct mtr_snapshot_module);
	for (size_t i = 0; i < n; i++) {
		struct module *m = modules_push(&s->modules);

		if (!m)
			return mtr_error_nomem();
		*m = (struct module){ module_at(s, i).start, i };
	}
	if (n)
		qsort(s->modules.at, n, sizeof(*s->modules.at), by_start);
	return NULL;
}

/* The first one from @start on. */
static size_t modules_find(const struct modules *v, uint64_t start)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->at[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Of several modules at one place the first counts that has an id. */
static void saved_build_id(struct mtr_target *t, uint64_t start,
			   struct mtr_build_id *ret)
{
	const struct saved *s = saved_of(t);
	const struct modules *v = &s->modules;

	for (size_t i = modules_find(v, start);
	     i < v->n && v->at[i].start == start; i++) {
		struct mtr_snapshot_module m = module_at(s, v->at[i].at);

		if (m.id_bytes > sizeof(m.id))
			continue;
		memcpy(ret->bytes, m.id, m.id_bytes);
		ret->n = m.id_bytes;
		return;
	}
}

static_assert(sizeof(((struct mtr_snapshot_module *)0)->id) <=
		      sizeof(((struct mtr_build_id *)0)->bytes),
	      "a build-id fits");

static void saved_fini(struct mtr_target *t)
{
	modules_fini(&saved_of(t)->modules);
}

static const struct mtr_target_ops saved_ops = {
	.kind = MTR_TARGET_SNAPSHOT,
	.read = saved_read,
	.build_id = saved_build_id,
	.fini = saved_fini,
};

static struct mtr_error *sections_check(const struct saved *s)
{
	uint64_t file = s->target.map.bytes;

	for (int i = 0; i < MTR_PART_MAX; i++) {
		const struct mtr_snapshot_section *p = &s->header.section[i];

		if (p->offset > file || p->bytes > file - p->offset)
			return mtr_error_coded(
				MTR_ERROR_DAMAGED,
				"the snapshot is cut off: its part %d is "
				"%" PRIu64 " bytes from offset %" PRIu64
				" on, in a file of %" PRIu64 " bytes",
				i, p->bytes, p->offset, file);
	}
	return NULL;
}

static struct mtr_error *header_check(struct saved *s)
{
	struct mtr_snapshot_header *h = &s->header;
	bool whole = mtr_snapshot_header_read(s->target.map.at,
					      s->target.map.bytes, h);

	if (s->target.map.bytes < MTR_SNAPSHOT_HEADER_MIN ||
	    (h->size > s->target.map.bytes && h->size <= sizeof(*h)))
		return mtr_error_coded(
			MTR_ERROR_DAMAGED,
			"the snapshot is cut off inside its header");
	if (h->version != MTR_SNAPSHOT_VERSION)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "it is a snapshot of version %" PRIu32
				       "; this malloc_tracer reads version %d",
				       h->version, MTR_SNAPSHOT_VERSION);
	if (!whole)
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "the snapshot's header makes no sense");
	if (h->machine != EM_X86_64 && h->machine != EM_AARCH64)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "it is a snapshot of machine %" PRIu32
				       "; only x86-64 and AArch64 can be read",
				       h->machine);
	return sections_check(s);
}

static struct mtr_error *saved_load(struct saved *s)
{
	struct mtr_target *t = &s->target;
	const unsigned char *at;
	size_t bytes;

	MTR_TRY(header_check(s));
	t->pid = s->header.pid <= INT32_MAX ? s->header.pid : 0;
	t->machine = s->header.machine;
	at = part(s, MTR_PART_MAPS, &bytes);
	MTR_TRY(mtr_target_add_maps(t, (const char *)at, bytes, false));
	MTR_TRY(modules_load(s));
	at = part(s, MTR_PART_EXE, &bytes);
	if (!bytes)
		return NULL;
	t->exe = strndup((const char *)at, bytes);
	return t->exe ? NULL : mtr_error_nomem();
}

struct mtr_error *mtr_target_snapshot_open(const char *name, struct mtr_map map,
					   struct mtr_target **ret)
{
	struct saved *s = mtr_target_create(sizeof(*s), &saved_ops, name);
	struct mtr_error *error;

	if (!s) {
		mtr_map_close(&map);
		return mtr_error_nomem();
	}
	s->target.map = map;
	error = saved_load(s);
	if (error)
		mtr_target_close(&s->target);
	else
		*ret = &s->target;
	return error;
}
