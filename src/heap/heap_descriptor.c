/* SPDX-License-Identifier: MIT */
/*
 * Finding the descriptor. See heap_descriptor.h.
 *
 * It is looked for by its magic, not through the library's symbol table: the
 * library's file may be missing here, renamed, or another build, and a core
 * need not have its read-only pages. The magic needs the data alone, without
 * which there would be nothing to read anyway.
 */
#include "heap/heap_descriptor.h"

#include <inttypes.h>
#include <string.h>

#include "format/trailer.h"

enum {
	STEP = 8, /* the descriptor's alignment, at the least */
	CHUNK = 1 << 18,
};

/* A library's data is small. Who has more is a heap, and slow to search. */
static const uint64_t range_max = UINT64_C(64) << 20;

static const char library[] = "malloc_tracer";

struct search {
	struct mtr_target *t;
	struct mtr_descriptor *found;
	uint64_t addr;	      /* of what was found */
	unsigned char *chunk; /* CHUNK bytes, for what cannot be peeked at */
};

/* Is there one at @addr, and not a copy of one? */
static bool search_take(struct search *s, uint64_t addr)
{
	struct mtr_descriptor d = { 0 };
	size_t n = mtr_target_read(s->t, addr, &d, sizeof(d));

	if (n < MTR_DESCRIPTOR_MIN ||
	    memcmp(d.magic, MTR_MAGIC, sizeof(d.magic)) || d.self != addr)
		return false;
	mtr_descriptor_trim(&d);
	*s->found = d;
	s->addr = addr;
	return true;
}

static bool search_bytes(struct search *s, uint64_t addr,
			 const unsigned char *at, size_t bytes)
{
	uint64_t want, have;

	memcpy(&want, MTR_MAGIC, sizeof(want));
	for (size_t i = 0; i + sizeof(have) <= bytes; i += STEP) {
		memcpy(&have, at + i, sizeof(have));
		if (have == want && search_take(s, addr + i))
			return true;
	}
	return false;
}

/* The next place in @r from @at on that is worth a look. */
static uint64_t search_next(struct search *s, const struct mtr_range *r,
			    uint64_t at)
{
	at = mtr_target_data(s->t, at, r->end);
	return (at + STEP - 1) & -(uint64_t)STEP;
}

static bool search_range(struct search *s, const struct mtr_range *r)
{
	uint64_t at = r->start;

	while ((at = search_next(s, r, at)) < r->end) {
		size_t n = r->end - at < CHUNK ? r->end - at : (size_t)CHUNK;
		const unsigned char *bytes = mtr_target_peek(s->t, at, n);

		if (!bytes) {
			n = mtr_target_read(s->t, at, s->chunk, n);
			bytes = s->chunk;
		}
		if (search_bytes(s, at, bytes, n))
			return true;
		if (r->end - at <= CHUNK)
			break;
		at += CHUNK;
	}
	return false;
}

/* Where to look, the likeliest first. */
enum pass { PASS_LIBRARY, PASS_FILES, PASS_REST, PASS_COUNT };

static enum pass range_pass(const struct mtr_range *r)
{
	if (!r->path || r->path[0] != '/')
		return PASS_REST;
	return strstr(r->path, library) ? PASS_LIBRARY : PASS_FILES;
}

static bool range_wanted(const struct mtr_range *r)
{
	return r->readable && r->prot > 0 && r->prot & MTR_PROT_WRITE &&
	       (r->end - r->start <= range_max ||
		range_pass(r) == PASS_LIBRARY);
}

/* The library was there, but what it knew is not. */
static const struct mtr_range *range_lost(const struct mtr_ranges *rs)
{
	for (size_t i = 0; i < rs->n; i++)
		if (range_pass(&rs->at[i]) == PASS_LIBRARY &&
		    !rs->at[i].readable && rs->at[i].prot > 0 &&
		    rs->at[i].prot & MTR_PROT_WRITE)
			return &rs->at[i];
	return NULL;
}

/* Writable memory that the descriptor may have been in. */
static uint64_t bytes_lost(const struct mtr_ranges *rs)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < rs->n; i++)
		if (!rs->at[i].readable && rs->at[i].prot > 0 &&
		    rs->at[i].prot & MTR_PROT_WRITE)
			sum += rs->at[i].end - rs->at[i].start;
	return sum;
}

static struct mtr_error *not_found(struct mtr_target *t)
{
	const struct mtr_range *lost = range_lost(mtr_target_ranges(t));

	if (lost)
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "%s was there, but its data at %#" PRIx64
				       " is missing: cut off, or not dumped",
				       lost->path, lost->start);
	if (mtr_target_no_preload(t))
		return mtr_error_coded(MTR_ERROR_NOT_TRACED,
				       "no malloc_tracer record: %s",
				       mtr_target_no_preload(t));
	if (bytes_lost(mtr_target_ranges(t)))
		return mtr_error_coded(
			MTR_ERROR_NOT_TRACED,
			"no malloc_tracer record: was it run under "
			"libmalloc_tracer.so? %" PRIu64 " bytes of its "
			"writable memory cannot be read: cut off, or not "
			"dumped",
			bytes_lost(mtr_target_ranges(t)));
	return mtr_error_coded(MTR_ERROR_NOT_TRACED,
			       "no malloc_tracer record: was it run under "
			       "libmalloc_tracer.so?");
}

/*
 * Of two copies of the library in one process the second one is shadowed, and
 * has nothing to tell.
 */
static bool search_pass(struct search *s, const struct mtr_ranges *rs,
			enum pass pass, uint64_t *ret_addr)
{
	struct mtr_descriptor shadowed;
	uint64_t shadowed_addr = 0;

	for (size_t i = 0; i < rs->n; i++) {
		const struct mtr_range *r = &rs->at[i];

		if (range_pass(r) != pass || !range_wanted(r) ||
		    !search_range(s, r))
			continue;
		*ret_addr = s->addr;
		if (!(s->found->flags & MTR_FLAG_SHADOWED))
			return true;
		shadowed = *s->found;
		shadowed_addr = s->addr;
	}
	if (!shadowed_addr)
		return false;
	*s->found = shadowed;
	*ret_addr = shadowed_addr;
	return true;
}

struct mtr_error *mtr_descriptor_find(struct mtr_target *t,
				      struct mtr_descriptor *ret,
				      uint64_t *ret_addr)
{
	const struct mtr_ranges *rs = mtr_target_ranges(t);
	mtr_auto_free unsigned char *chunk = malloc(CHUNK);
	struct search s = { .t = t, .found = ret, .chunk = chunk };

	if (!chunk)
		return mtr_error_nomem();
	for (int pass = 0; pass < PASS_COUNT; pass++)
		if (search_pass(&s, rs, pass, ret_addr))
			return NULL;
	return not_found(t);
}

void mtr_descriptor_trim(struct mtr_descriptor *d)
{
	if (d->size >= MTR_DESCRIPTOR_MIN && d->size < sizeof(*d))
		memset((char *)d + d->size, 0, sizeof(*d) - d->size);
}

static struct mtr_error *shadowed_error(const struct mtr_descriptor *d)
{
	return mtr_error_coded(
		MTR_ERROR_NOT_TRACED,
		d->flags & MTR_FLAG_LATE
			? "malloc_tracer's library came after libc's malloc, "
			  "as by dlopen(3): nothing was recorded"
			: "the program brings its own malloc, which came "
			  "before malloc_tracer's: nothing was recorded");
}

struct mtr_error *mtr_descriptor_check(const struct mtr_descriptor *d)
{
	if (d->version != MTR_FORMAT_VERSION && d->version != MTR_FORMAT_LONG)
		return mtr_error_coded(
			MTR_ERROR_UNSUPPORTED,
			"its malloc_tracer record is of version %" PRIu32
			"; this malloc_tracer reads versions %d and %d",
			d->version, MTR_FORMAT_LONG, MTR_FORMAT_VERSION);
	if (d->size < MTR_DESCRIPTOR_MIN ||
	    d->granule_bits != MTR_GRANULE_BITS ||
	    d->leaf_bits != MTR_LEAF_BITS || d->mid_bits != MTR_MID_BITS ||
	    d->root_bits != MTR_ROOT_BITS)
		return mtr_error_coded(
			MTR_ERROR_DAMAGED,
			"its malloc_tracer record at %#" PRIx64
			" is damaged: %" PRIu32 " bytes, tables of %u, %u, %u "
			"and %u bits",
			d->self, d->size, d->root_bits, d->mid_bits,
			d->leaf_bits, d->granule_bits);
	if (d->version == MTR_FORMAT_VERSION && d->record != MTR_RECORD_LONG &&
	    d->record != MTR_RECORD_SHORT)
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "its malloc_tracer record at %#" PRIx64
				       " is damaged: %" PRIu32
				       " bytes in each block",
				       d->self, d->record);
	if (d->flags & MTR_FLAG_SHADOWED)
		return shadowed_error(d);
	return NULL;
}
