/* SPDX-License-Identifier: MIT */
/* Unit tests of the library's own mappings, in cores made by hand. */
#include <check.h>

#include "format/depot.h"
#include "heap_fixture.h"

static const uint64_t list_at = 0x7e0000100ff0; /* across a page */
static const uint64_t own_at = 0x7e0000200000;
enum { OWN_PAGES = 100 };

static struct mtr_own_list *list_make(void)
{
	static const struct mtr_own_list empty = {
		.entries = MTR_OWN_MAX,
		.bytes = sizeof(uint64_t),
	};

	core_add(core, &(struct core_range){ .addr = list_at & -0x1000ul,
					     .bytes = 0x10000,
					     .prot = PF_R | PF_W });
	core_add(core, &(struct core_range){ .addr = own_at,
					     .bytes = OWN_PAGES << 12,
					     .prot = PF_R | PF_W });
	core_put(core, list_at, &empty, sizeof(empty));
	core_descriptor(core)->own = list_at;
	return core_at(core, list_at);
}

static uint64_t pages(uint64_t first, uint64_t end, unsigned int kind)
{
	return mtr_own_range(own_at + (first << 12), own_at + (end << 12),
			     kind);
}

static void is_own(size_t i, uint64_t first, uint64_t end,
		   enum mtr_own_kind kind)
{
	const struct mtr_own_range *r = &mtr_heap_own_ranges(&heap)->at[i];

	ck_assert_uint_lt(i, mtr_heap_own_ranges(&heap)->n);
	ck_assert_uint_eq(r->start, own_at + (first << 12));
	ck_assert_uint_eq(r->end, own_at + (end << 12));
	ck_assert_int_eq(r->kind, kind);
}

static void owns(size_t n)
{
	ck_assert_uint_eq(mtr_heap_own_ranges(&heap)->n, n);
}

START_TEST(own_mappings)
{
	struct mtr_own_list *l = list_make();

	l->range[0] = pages(10, 12, MTR_OWN_STATES);
	l->range[3] = pages(4, 5, MTR_OWN_LEDGER);
	l->range[4] = pages(5, 7, MTR_OWN_LEDGER); /* meets the one before */
	l->range[5] = pages(7, 8, MTR_OWN_RULES);
	l->range[MTR_OWN_MAX - 1] = pages(99, 100, 7); /* not known here */
	read_heap();
	owns(4);
	is_own(0, 4, 7, MTR_OWN_LEDGER);
	is_own(1, 7, 8, MTR_OWN_RULES);
	is_own(2, 10, 12, MTR_OWN_STATES);
	is_own(3, 99, 100, MTR_OWN_OTHER);
	ck_assert(heap.own.complete);
	warned(target, 0, "");
}
END_TEST

START_TEST(own_mappings_that_cannot_be)
{
	struct mtr_own_list *l = list_make();

	put(0, 100);
	l->range[0] = pages(1, 3, MTR_OWN_LEDGER);
	l->range[1] = pages(2, 4, MTR_OWN_LEDGER); /* overlaps */
	l->range[2] = pages(0, 6, MTR_OWN_DEPOT);
	l->range[3] = pages(99, 101, MTR_OWN_LEDGER); /* beyond the mapping */
	l->range[4] = 7 << MTR_OWN_KIND_BITS;	      /* the first page is 0 */
	l->range[5] = MTR_OWN_STATES;		      /* no page */
	l->range[6] = UINT64_MAX;
	l->range[7] = mtr_own_range(core_heap, core_heap + 4096,
				    MTR_OWN_LEDGER); /* has a block */
	read_heap();
	owns(1);
	is_own(0, 0, 6, MTR_OWN_DEPOT);
	warned(target, 1,
	       "5 mappings that the library lists as its own make "
	       "no sense");
}
END_TEST

/* Where the ledger says that its tables are. */
static void tables_alone(void)
{
	const struct mtr_own_ranges *v;
	bool found = false;

	read_heap();
	v = mtr_heap_own_ranges(&heap);
	ck_assert(!heap.own.complete);
	ck_assert_uint_ge(v->n, 1);
	for (size_t i = 0; i < v->n; i++) {
		ck_assert_int_eq(v->at[i].kind, MTR_OWN_LEDGER);
		found |= v->at[i].end - v->at[i].start >= MTR_LEAF_BYTES;
	}
	ck_assert(found);
	warned(target, 0, "");
	close_heap();
}

START_TEST(without_a_list)
{
	struct mtr_own_list *l = list_make();

	put(0, 100);
	core_descriptor(core)->own = 0;
	tables_alone();
	core_descriptor(core)->own = 0x123456789000;
	tables_alone();
	core_descriptor(core)->own = list_at;
	l->bytes = 16;
	tables_alone();
	l->bytes = 8;
	l->entries = UINT32_MAX;
	tables_alone();
	/* cut off */
	l->entries = (0x10000 - 0xff0) / 8;
	tables_alone();
	/* an older library had none: what is there is something else */
	l->entries = MTR_OWN_MAX;
	core_descriptor(core)->size = MTR_DESCRIPTOR_MIN;
	tables_alone();
}
END_TEST

/* What found no room in the list, as far as tables tell. */
START_TEST(more_than_the_list_has)
{
	struct mtr_own_list *l = list_make();
	struct mtr_depot depot = { .nodes = MTR_NODE_FIRST,
				   .chunk_bits = MTR_CHUNK_NODE_BITS,
				   .chunk = { 0x7e0001000000, 1,
					      UINT64_MAX - 5 } };
	const struct mtr_own_ranges *v;

	core_add(core, &(struct core_range){ .addr = 0x7e0001000000,
					     .bytes = 4 << 20,
					     .prot = PF_R | PF_W });
	core_put(core, list_at + 0xb000, &depot, sizeof(depot));
	core_descriptor(core)->depot = list_at + 0xb000;
	put(0, 100);
	l->lost = 1;
	l->range[0] = pages(0, 1, MTR_OWN_STATES);
	read_heap();
	v = mtr_heap_own_ranges(&heap);
	ck_assert(!heap.own.complete);
	is_own(0, 0, 1, MTR_OWN_STATES);
	ck_assert_int_eq(v->at[1].kind, MTR_OWN_DEPOT);
	ck_assert_uint_eq(v->at[1].start, 0x7e0001000000);
	ck_assert_uint_eq(v->at[1].end,
			  0x7e0001000000 +
				  MTR_CHUNK_NODES * sizeof(struct mtr_node));
	ck_assert_uint_ge(v->n, 3);
	warned(target, 0, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("own");
	TCase *t = add_group(s, "own", setup, teardown);

	tcase_add_test(t, own_mappings);
	tcase_add_test(t, own_mappings_that_cannot_be);
	tcase_add_test(t, without_a_list);
	tcase_add_test(t, more_than_the_list_has);
	return run_suite(s);
}
