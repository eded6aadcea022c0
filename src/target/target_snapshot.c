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

struct saved {
	struct mtr_target target;
	struct mtr_snapshot_header header;
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

static void saved_build_id(struct mtr_target *t, uint64_t start,
			   struct mtr_build_id *ret)
{
	struct mtr_snapshot_module m;
	size_t bytes;
	const unsigned char *at = part(saved_of(t), MTR_PART_MODULES, &bytes);

	for (; bytes >= sizeof(m); at += sizeof(m), bytes -= sizeof(m)) {
		memcpy(&m, at, sizeof(m));
		if (m.start != start || m.id_bytes > sizeof(m.id))
			continue;
		memcpy(ret->bytes, m.id, m.id_bytes);
		ret->n = m.id_bytes;
		return;
	}
}

static_assert(sizeof(((struct mtr_snapshot_module *)0)->id) <=
		      sizeof(((struct mtr_build_id *)0)->bytes),
	      "a build-id fits");

static const struct mtr_target_ops saved_ops = {
	.kind = MTR_TARGET_SNAPSHOT,
	.read = saved_read,
	.build_id = saved_build_id,
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

	if (s->target.map.bytes < sizeof(*h))
		return mtr_error_coded(
			MTR_ERROR_DAMAGED,
			"the snapshot is cut off inside its header");
	memcpy(h, s->target.map.at, sizeof(*h));
	if (h->version != MTR_SNAPSHOT_VERSION)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "it is a snapshot of version %" PRIu32
				       "; this malloc_tracer reads version %d",
				       h->version, MTR_SNAPSHOT_VERSION);
	if (h->size < sizeof(*h))
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
