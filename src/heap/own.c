/* SPDX-License-Identifier: MIT */
/*
 * Reading the list of the library's own mappings. See own.h for the contract.
 */
#include "heap/own.h"

#include "format/depot.h"

enum {
	HEAD = offsetof(struct mtr_own_list, range),
	ENTRIES_MAX = 1 << 16, /* more than any library has */
};

struct mtr_error *mtr_own_add(struct mtr_own *own, uint64_t start, uint64_t end,
			      enum mtr_own_kind kind)
{
	struct mtr_own_range *r = mtr_own_ranges_push(&own->list);

	if (!r)
		return mtr_error_nomem();
	*r = (struct mtr_own_range){ start, end, kind };
	return NULL;
}

/* May the library have mapped that? */
static bool may_be_own(const struct mtr_range *r)
{
	return (!r->path || r->path[0] == '[') &&
	       (r->prot < 0 || r->prot & MTR_PROT_WRITE);
}

/*
 * Is all of it mapped? Mappings beside each other may be several. What does not
 * overlap takes no more than *@steps of them; what does, as in a damaged core,
 * is bounded by that.
 */
static bool is_mapped(const struct mtr_target *t, uint64_t start, uint64_t end,
		      size_t *steps)
{
	const struct mtr_ranges *rs = mtr_target_ranges(t);
	const struct mtr_range *r = mtr_target_find(t, start);

	for (; r && may_be_own(r) && r->end < end && *steps; --*steps)
		r = r + 1 < rs->at + rs->n && r[1].start == r->end ? r + 1
								   : NULL;
	return r && may_be_own(r) && r->end >= end;
}

/* In place of those that are not known to this reader. */
static enum mtr_own_kind kind_of(uint64_t range)
{
	unsigned int kind = mtr_own_kind(range);

	return kind < MTR_OWN_KINDS ? kind : MTR_OWN_OTHER;
}

static bool head_is_good(const struct mtr_own_list *head)
{
	return head->bytes == sizeof(head->range[0]) &&
	       head->entries <= ENTRIES_MAX;
}

/* The words of the list; *n is 0 where it is not there. */
static struct mtr_error *list_read(struct mtr_target *t, uint64_t addr,
				   struct mtr_own *own, uint64_t **ret,
				   size_t *n)
{
	struct mtr_own_list head;
	size_t bytes;

	*n = 0;
	if (!addr || mtr_target_read(t, addr, &head, HEAD) != HEAD ||
	    !head_is_good(&head))
		return NULL;
	bytes = head.entries * sizeof(**ret);
	*ret = malloc(bytes + 1);
	if (!*ret)
		return mtr_error_nomem();
	*n = mtr_target_read(t, addr + HEAD, *ret, bytes) / sizeof(**ret);
	own->complete = *n == head.entries && !head.lost;
	return NULL;
}

struct mtr_error *mtr_own_read(struct mtr_target *t,
			       const struct mtr_descriptor *d, uint64_t *bad,
			       struct mtr_own *ret)
{
	mtr_auto_free uint64_t *range = NULL;
	size_t n, steps = mtr_target_ranges(t)->n;

	*bad = 0;
	MTR_TRY(list_read(t, d->own, ret, &range, &n));
	for (size_t i = 0; i < n; i++) {
		uint64_t start = mtr_own_start(range[i]);
		uint64_t end = mtr_own_end(range[i]);

		if (!range[i])
			continue;
		if (start < end && is_mapped(t, start, end, &steps))
			MTR_TRY(mtr_own_add(ret, start, end,
					    kind_of(range[i])));
		else
			++*bad;
	}
	return NULL;
}

struct mtr_error *mtr_own_add_depot(struct mtr_target *t, uint64_t depot,
				    struct mtr_own *own)
{
	static const uint64_t bytes = sizeof(struct mtr_node) * MTR_CHUNK_NODES;
	/* what older libraries have of it */
	static const size_t head = offsetof(struct mtr_depot, callers);
	size_t steps = mtr_target_ranges(t)->n;
	struct mtr_depot d;

	if (!depot || mtr_target_read(t, depot, &d, head) != head ||
	    d.chunk_bits != MTR_CHUNK_NODE_BITS)
		return NULL;
	for (size_t i = 0; i < MTR_DEPOT_CHUNKS; i++) {
		uint64_t start = d.chunk[i];

		if (start && start < UINT64_MAX - bytes &&
		    is_mapped(t, start, start + bytes, &steps))
			MTR_TRY(mtr_own_add(own, start, start + bytes,
					    MTR_OWN_DEPOT));
	}
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct mtr_own_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->end < y->end) - (x->end > y->end);
}

void mtr_own_settle(struct mtr_own *own)
{
	struct mtr_own_ranges *v = &own->list;
	size_t n = 0;

	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_start);
	for (size_t i = 0; i < v->n; i++) {
		struct mtr_own_range r = v->at[i];
		struct mtr_own_range *last = n ? &v->at[n - 1] : NULL;

		if (last && r.end <= last->end)
			continue;
		if (last && r.start < last->end)
			r.start = last->end;
		if (last && r.start == last->end && r.kind == last->kind)
			last->end = r.end;
		else
			v->at[n++] = r;
	}
	v->n = n;
}

void mtr_own_fini(struct mtr_own *own)
{
	mtr_own_ranges_fini(&own->list);
	*own = (struct mtr_own){ 0 };
}
