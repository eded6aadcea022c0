/* SPDX-License-Identifier: MIT */
/*
 * A saved snapshot as a target: mappings and build-ids, and no memory. The
 * blocks in it are heap.c's. Where parts lie is checked here, once, when the
 * file is opened; a part that is packed is unpacked when it is asked for.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "base/pack.h"
#include "format/saved.h"
#include "target/resident_impl.h"
#include "target/target_impl.h"
#include "target/unpack.h"

/* Of a module of the file: there may be very many. */
struct module {
	uint64_t start;
	size_t at; /* its place in the file's list */
};

MTR_VECTOR(modules, struct module);

/* One part of the file; .there is false for most kinds. */
struct part {
	bool there;
	uint32_t packing;
	uint64_t offset, bytes, whole;
	unsigned char *unpacked; /* NULL: it is not, or need not be */
};

struct saved {
	struct mtr_target target;
	struct mtr_saved_header header;
	struct mtr_descriptor descriptor; /* of version 1 */
	struct part part[MTR_SAVED_KINDS];
	uint64_t resident;	     /* bytes; 0: not known */
	const unsigned char *module; /* the part */
	struct modules modules;	     /* by address, and by place */
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

/* ------------------------------------------------------------------ parts */

static struct mtr_error *unpack(const struct saved *s, struct part *p,
				unsigned kind)
{
	mtr_auto_free unsigned char *to = malloc(p->whole);

	if (!to)
		return mtr_error_nomem();
	MTR_TRY(mtr_unpack_zstd(s->target.map.at + p->offset, p->bytes, to,
				p->whole, kind));
	p->unpacked = mtr_take(to);
	return NULL;
}

static struct mtr_error *saved_part(struct mtr_target *t, unsigned kind,
				    const void **ret, size_t *bytes)
{
	struct saved *s = saved_of(t);
	struct part *p = kind < MTR_SAVED_KINDS ? &s->part[kind] : NULL;

	*ret = NULL;
	*bytes = 0;
	if (!p || !p->there || !p->whole)
		return NULL;
	if (p->packing != MTR_SAVED_STORED && !p->unpacked)
		MTR_TRY(unpack(s, p, kind));
	*bytes = p->whole;
	*ret = p->unpacked ? p->unpacked : s->target.map.at + p->offset;
	if (kind == MTR_SAVED_DESCRIPTOR && s->header.version == 1)
		*ret = &s->descriptor;
	return NULL;
}

/* What a file of so many bytes may unpack to, of all that it has. */
static uint64_t most(uint64_t bytes)
{
	enum { RATIO = 256 };

	return ((uint64_t)64 << 20) + bytes * RATIO;
}

static struct mtr_error *cut_off(unsigned kind, uint64_t offset, uint64_t bytes,
				 uint64_t file)
{
	return mtr_error_coded(MTR_ERROR_DAMAGED,
			       "the snapshot is cut off: its part %u is "
			       "%" PRIu64 " bytes from offset %" PRIu64
			       " on, in a file of %" PRIu64 " bytes",
			       kind, bytes, offset, file);
}

static struct mtr_error *
part_add(struct saved *s, const struct mtr_saved_part *from, uint64_t *sum)
{
	uint64_t file = s->target.map.bytes;
	struct part *p =
		from->kind < MTR_SAVED_KINDS ? &s->part[from->kind] : NULL;

	if (from->offset > file || from->bytes > file - from->offset)
		return cut_off(from->kind, from->offset, from->bytes, file);
	if (!p)
		return NULL;
	if (p->there || from->packing > MTR_SAVED_ZSTD ||
	    (from->packing == MTR_SAVED_STORED && from->whole != from->bytes) ||
	    from->whole > most(file) - *sum)
		return mtr_part_senseless(from->kind);
	*sum += from->whole;
	*p = (struct part){
		.there = true,
		.packing = from->packing,
		.offset = from->offset,
		.bytes = from->bytes,
		.whole = from->whole,
	};
	return NULL;
}

static struct mtr_error *parts_read(struct saved *s)
{
	enum { PARTS_MAX = 1024, ENTRY_MAX = 4096 };
	const struct mtr_saved_header *h = &s->header;
	uint64_t file = s->target.map.bytes, sum = 0;
	struct mtr_saved_part p;

	if (h->parts > PARTS_MAX || h->entry < sizeof(p) ||
	    h->entry > ENTRY_MAX || h->table > file ||
	    (uint64_t)h->parts * h->entry > file - h->table)
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "the snapshot is damaged or cut off: it "
				       "has no table of its parts");
	for (uint32_t i = 0; i < h->parts; i++) {
		memcpy(&p, s->target.map.at + h->table + (uint64_t)i * h->entry,
		       sizeof(p));
		MTR_TRY(part_add(s, &p, &sum));
	}
	return NULL;
}

static struct mtr_snapshot_module module_at(const struct saved *s, size_t at)
{
	struct mtr_snapshot_module m;

	memcpy(&m, s->module + at * sizeof(m), sizeof(m));
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
	const void *at;
	size_t bytes, n;

	MTR_TRY(saved_part(&s->target, MTR_PART_MODULES, &at, &bytes));
	s->module = at;
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

static uint64_t saved_resident(struct mtr_target *t)
{
	return saved_of(t)->resident;
}

/* No program has memory up there; the kernel's own pages are above. */
#define HIGHEST (UINT64_C(1) << 57)

static struct mtr_error *take_pages(struct mtr_packed *c, struct mtr_pages *p)
{
	uint64_t end = 0;
	size_t n;

	p->page = mtr_packed_number(c);
	p->doubt = mtr_packed_below(c, MTR_PAGES_DOUBTS);
	p->undumped = mtr_packed_number(c);
	n = mtr_packed_count(c, 2);
	for (size_t i = 0; i < n && !c->bad; i++) {
		uint64_t start = end + mtr_packed_number(c);
		uint64_t size = mtr_packed_number(c);

		if (start < end || !size || size > HIGHEST || start > HIGHEST)
			return mtr_part_senseless(MTR_SAVED_RESIDENT);
		end = start + size;
		if (!mtr_pages_add(p, start, end))
			return mtr_error_nomem();
	}
	n = mtr_packed_count(c, 6);
	if (!mtr_mapping_list_reserve(&p->mappings, n))
		return mtr_error_nomem();
	end = 0;
	for (size_t i = 0; i < n; i++) {
		struct mtr_mapping_pages *m = &p->mappings.at[p->mappings.n++];

		m->start = end + mtr_packed_number(c);
		m->end = m->start + mtr_packed_number(c);
		m->resident = mtr_packed_number(c);
		m->swapped = mtr_packed_number(c);
		m->huge = mtr_packed_number(c);
		m->huge_tlb = mtr_packed_number(c);
		if (m->start < end || m->end <= m->start)
			return mtr_part_senseless(MTR_SAVED_RESIDENT);
		end = m->end;
	}
	return c->bad || !p->page || p->page & (p->page - 1)
		       ? mtr_part_senseless(MTR_SAVED_RESIDENT)
		       : NULL;
}

static struct mtr_error *saved_pages(struct mtr_target *t,
				     struct mtr_pages *ret)
{
	struct mtr_packed c;
	const void *at;
	size_t bytes;

	MTR_TRY(saved_part(t, MTR_SAVED_RESIDENT, &at, &bytes));
	if (!at)
		return mtr_error_coded(
			MTR_ERROR_UNSUPPORTED,
			"the snapshot does not say which pages were in memory: "
			"it was written with --no-graph of a process, or by "
			"the process itself");
	c = mtr_packed_begin(at, bytes);
	return take_pages(&c, ret);
}

static void saved_fini(struct mtr_target *t)
{
	struct saved *s = saved_of(t);

	modules_fini(&s->modules);
	for (unsigned i = 0; i < MTR_SAVED_KINDS; i++)
		free(s->part[i].unpacked);
}

/* ----------------------------------------------- mappings and threads */

static bool take_range(struct mtr_packed *c, uint64_t end, struct mtr_range *r)
{
	uint64_t flags;

	r->start = end + mtr_packed_number(c);
	r->end = r->start + mtr_packed_number(c);
	r->offset = mtr_packed_number(c);
	flags = mtr_packed_below(c, 9 << 2);
	r->prot = (int)(flags >> 2) - 1;
	r->readable = flags & 2;
	if (!(flags & 1))
		r->path = mtr_packed_text(c);
	return !c->bad && r->start >= end && r->end > r->start;
}

static struct mtr_error *ranges_load(struct saved *s)
{
	struct mtr_target *t = &s->target;
	struct mtr_range r = { 0 };
	struct mtr_packed c;
	const void *at;
	size_t bytes, n;

	MTR_TRY(saved_part(t, MTR_SAVED_RANGES, &at, &bytes));
	if (!at)
		return NULL;
	c = mtr_packed_begin(at, bytes);
	t->source = mtr_packed_below(&c, MTR_TARGET_SNAPSHOT + 1);
	s->resident = mtr_packed_number(&c);
	n = mtr_packed_count(&c, 4);
	for (size_t i = 0; i < n; i++) {
		if (!take_range(&c, r.end, &r))
			return mtr_part_senseless(MTR_SAVED_RANGES);
		if (!mtr_target_add_range(t, &r))
			return mtr_error_nomem();
	}
	return c.bad ? mtr_part_senseless(MTR_SAVED_RANGES) : NULL;
}

static void take_thread(struct mtr_packed *c, struct mtr_thread *t)
{
	const char *name;

	*t = (struct mtr_thread){ .tid = (int)mtr_packed_signed(c) };
	name = mtr_packed_text(c);
	if (name && strlen(name) < sizeof(t->name))
		memcpy(t->name, name, strlen(name));
	t->pc = mtr_packed_number(c);
	t->sp = mtr_packed_number(c);
	t->tp = mtr_packed_number(c);
	t->stack_start = mtr_packed_number(c);
	t->stack_end = mtr_packed_number(c);
	t->bounded = mtr_packed_below(c, 2);
}

/* All is known of them that was, but the registers themselves. */
static struct mtr_error *threads_load(struct saved *s)
{
	struct mtr_target *t = &s->target;
	struct mtr_packed c;
	const void *at;
	size_t bytes, n;

	MTR_TRY(saved_part(t, MTR_SAVED_THREADS, &at, &bytes));
	t->threads_known = true;
	if (!at)
		return NULL;
	c = mtr_packed_begin(at, bytes);
	t->threads_missing = mtr_packed_number(&c);
	n = mtr_packed_count(&c, 8);
	if (!mtr_threads_reserve(&t->threads, n))
		return mtr_error_nomem();
	while (t->threads.n < n)
		take_thread(&c, &t->threads.at[t->threads.n++]);
	return c.bad ? mtr_part_senseless(MTR_SAVED_THREADS) : NULL;
}

static const struct mtr_target_ops saved_ops = {
	.kind = MTR_TARGET_SNAPSHOT,
	.read = saved_read,
	.part = saved_part,
	.resident = saved_resident,
	.pages = saved_pages,
	.build_id = saved_build_id,
	.fini = saved_fini,
};

/* ------------------------------------------------------------ the header */

static struct mtr_error *first_parts(struct saved *s,
				     const struct mtr_snapshot_header *h)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < MTR_PART_MAX; i++) {
		const struct mtr_snapshot_section *from = &h->section[i];
		struct mtr_saved_part p = {
			.kind = i,
			.offset = from->offset,
			.bytes = from->bytes,
			.whole = from->bytes,
		};

		/* the first version had no other parts */
		if (i >= MTR_PART_COUNT)
			p.kind = MTR_SAVED_KINDS;
		MTR_TRY(part_add(s, &p, &sum));
	}
	s->descriptor = h->descriptor;
	s->part[MTR_SAVED_DESCRIPTOR] = (struct part){
		.there = true,
		.whole = sizeof(s->descriptor),
	};
	return NULL;
}

static const char cut_in_header[] = "the snapshot is cut off inside its header";
static const char senseless[] = "the snapshot's header makes no sense";

/* That of version 1, into one of version 2. */
static struct mtr_error *first_header(struct saved *s)
{
	struct mtr_snapshot_header h;
	bool whole = mtr_snapshot_header_read(s->target.map.at,
					      s->target.map.bytes, &h);

	if (s->target.map.bytes < MTR_SNAPSHOT_HEADER_MIN ||
	    (h.size > s->target.map.bytes && h.size <= sizeof(h)))
		return mtr_error_coded(MTR_ERROR_DAMAGED, "%s", cut_in_header);
	if (!whole)
		return mtr_error_coded(MTR_ERROR_DAMAGED, "%s", senseless);
	memcpy(&s->header, &h, offsetof(struct mtr_saved_header, table));
	return first_parts(s, &h);
}

static struct mtr_error *machine_check(uint32_t machine)
{
	if (machine == EM_X86_64 || machine == EM_AARCH64)
		return NULL;
	return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
			       "it is a snapshot of machine %" PRIu32
			       "; only x86-64 and AArch64 can be read",
			       machine);
}

static struct mtr_error *header_read(struct saved *s)
{
	struct mtr_saved_header *h = &s->header;
	size_t bytes = s->target.map.bytes;

	/* version 1 has more */
	if (bytes < sizeof(*h))
		return mtr_error_coded(MTR_ERROR_DAMAGED, "%s", cut_in_header);
	memcpy(h, s->target.map.at, sizeof(*h));
	if (h->version != MTR_SNAPSHOT_VERSION &&
	    h->version != MTR_SAVED_VERSION)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "it is a snapshot of version %" PRIu32
				       "; this malloc_tracer reads versions "
				       "%d and %d",
				       h->version, MTR_SNAPSHOT_VERSION,
				       MTR_SAVED_VERSION);
	if (h->version == MTR_SNAPSHOT_VERSION) {
		MTR_TRY(first_header(s));
		return machine_check(h->machine);
	}
	if (h->size < sizeof(*h) || h->size > bytes)
		return mtr_error_coded(MTR_ERROR_DAMAGED, "%s", senseless);
	MTR_TRY(machine_check(h->machine));
	return parts_read(s);
}

static struct mtr_error *saved_load(struct saved *s)
{
	struct mtr_target *t = &s->target;
	const void *at;
	size_t bytes;

	MTR_TRY(header_read(s));
	t->pid = s->header.pid <= INT32_MAX ? s->header.pid : 0;
	t->machine = s->header.machine;
	t->time = s->header.time;
	t->source = MTR_TARGET_LIVE; /* who wrote its own did so alive */
	MTR_TRY(saved_part(t, MTR_PART_MAPS, &at, &bytes));
	if (at)
		MTR_TRY(mtr_target_add_maps(t, at, bytes, false));
	else
		MTR_TRY(ranges_load(s));
	MTR_TRY(threads_load(s));
	MTR_TRY(modules_load(s));
	MTR_TRY(saved_part(t, MTR_SAVED_START, &at, &bytes));
	t->start_known = at && bytes == sizeof(t->start);
	if (t->start_known)
		memcpy(t->start, at, bytes);
	MTR_TRY(saved_part(t, MTR_PART_EXE, &at, &bytes));
	if (!at)
		return NULL;
	t->exe = strndup(at, bytes);
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
