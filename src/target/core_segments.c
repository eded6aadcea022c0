/* SPDX-License-Identifier: MIT */
/*
 * The memory of a core: from its program headers, and from the mappings that
 * the notes tell of, to ranges. See target_core.h for the contract.
 */
#include <assert.h>
#include <elf.h>

#include "target/target_core.h"

uint64_t mtr_core_claim(const struct core *c, uint64_t offset, uint64_t bytes,
			struct damage *d)
{
	uint64_t file = c->target.map.bytes;
	uint64_t have = offset < file ? file - offset : 0;

	have = have < bytes ? have : bytes;
	have = have < d->unclaimed ? have : d->unclaimed;
	d->unclaimed -= have;
	return have;
}

static struct mtr_error *segment_add(struct core *c, const Elf64_Phdr *ph,
				     struct damage *d)
{
	uint64_t dumped =
		ph->p_filesz < ph->p_memsz ? ph->p_filesz : ph->p_memsz;
	struct segment *s;
	uint64_t have;

	if (ph->p_memsz > UINT64_MAX - ph->p_vaddr ||
	    ph->p_filesz > ph->p_memsz)
		d->impossible++;
	if (!ph->p_memsz || ph->p_memsz > UINT64_MAX - ph->p_vaddr)
		return NULL;
	have = mtr_core_claim(c, ph->p_offset, dumped, d);
	if (__builtin_add_overflow(d->promised, dumped, &d->promised))
		d->promised = UINT64_MAX;
	if (__builtin_add_overflow(d->missing, dumped - have, &d->missing))
		d->missing = UINT64_MAX;
	s = segments_push(&c->segments);
	if (!s)
		return mtr_error_nomem();
	*s = (struct segment){
		.start = ph->p_vaddr,
		.end = ph->p_vaddr + ph->p_memsz,
		.have = ph->p_vaddr + have,
		.offset = ph->p_offset,
		.prot = (int)(ph->p_flags & (PF_R | PF_W | PF_X)),
	};
	return NULL;
}

static_assert((int)PF_R == (int)MTR_PROT_READ &&
		      (int)PF_W == (int)MTR_PROT_WRITE &&
		      (int)PF_X == (int)MTR_PROT_EXEC,
	      "protections");

static int by_start(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* The first one of two that overlap counts; the other loses its front. */
static void segments_sort(struct core *c, struct damage *d)
{
	struct segments *v = &c->segments;
	uint64_t end = 0;
	size_t kept = 0;

	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_start);
	for (size_t i = 0; i < v->n; i++) {
		struct segment s = v->at[i];

		if (s.start < end) {
			d->overlaps++;
			if (s.end <= end)
				continue;
			s.offset += end - s.start;
			s.start = end;
			if (s.have < end)
				s.have = end;
		}
		end = s.end;
		v->at[kept++] = s;
	}
	v->n = kept;
}

/* Neighbours in memory are neighbours in most files: fewer pieces to search. */
static struct mtr_error *extents_make(struct core *c)
{
	for (size_t i = 0; i < c->segments.n; i++) {
		const struct segment *s = &c->segments.at[i];
		const unsigned char *at;
		struct extent *e =
			c->extents.n ? &c->extents.at[c->extents.n - 1] : NULL;

		if (s->have == s->start)
			continue;
		at = c->target.map.at + s->offset;
		if (e && e->end == s->start &&
		    e->at + (e->end - e->start) == at) {
			e->end = s->have;
			continue;
		}
		e = extents_push(&c->extents);
		if (!e)
			return mtr_error_nomem();
		*e = (struct extent){ s->start, s->have, at };
	}
	return NULL;
}

struct mtr_error *mtr_core_segments_read(struct core *c,
					 const struct mtr_phdrs *p,
					 struct damage *d)
{
	for (uint64_t i = 0; i < p->n; i++) {
		Elf64_Phdr ph = mtr_phdr_at(p, i);

		if (ph.p_type == PT_LOAD)
			MTR_TRY(segment_add(c, &ph, d));
	}
	segments_sort(c, d);
	return extents_make(c);
}

/* ----------------------------------------------------------------- ranges */

/* The next piece of a segment that is all dumped, or all not. */
static bool segment_piece(const struct segment *s, uint64_t from,
			  struct mtr_range *ret)
{
	uint64_t start = from > s->start ? from : s->start;

	if (start >= s->end)
		return false;
	*ret = (struct mtr_range){
		.start = start,
		.end = start < s->have ? s->have : s->end,
		.prot = s->prot,
		.readable = start < s->have,
	};
	return true;
}

/*
 * Segments know what was dumped, mappings know the files; where both speak the
 * range has both. @from on, which is where the last range ended.
 */
static bool range_next(const struct core *c, uint64_t from, size_t *segment,
		       size_t *mapping, struct mtr_range *ret)
{
	const struct segments *ss = &c->segments;
	const struct mappings *ms = &c->mappings;
	struct mapping none = { UINT64_MAX, UINT64_MAX, 0, NULL }, m;
	struct mtr_range piece = { .start = UINT64_MAX, .end = UINT64_MAX };

	while (*segment < ss->n &&
	       !segment_piece(&ss->at[*segment], from, &piece))
		++*segment;
	while (*mapping < ms->n && ms->at[*mapping].end <= from)
		++*mapping;
	m = *mapping < ms->n ? ms->at[*mapping] : none;
	if (m.start < from) {
		m.offset += from - m.start;
		m.start = from;
	}
	if (m.start == UINT64_MAX && piece.start == UINT64_MAX)
		return false;
	if (m.start < piece.start) {
		*ret = (struct mtr_range){ .start = m.start, .prot = -1 };
		ret->end = m.end < piece.start ? m.end : piece.start;
	} else {
		*ret = piece;
		if (m.start > piece.start && m.start < piece.end)
			ret->end = m.start;
		if (m.start == piece.start && m.end < piece.end)
			ret->end = m.end;
	}
	if (m.start == ret->start) {
		ret->path = m.path;
		ret->offset = m.offset;
	}
	return true;
}

struct mtr_error *mtr_core_ranges_make(struct core *c)
{
	size_t segment = 0, mapping = 0;
	struct mtr_range r = { 0 };

	while (range_next(c, r.end, &segment, &mapping, &r))
		if (!mtr_target_add_range(&c->target, &r))
			return mtr_error_nomem();
	return NULL;
}
