/* SPDX-License-Identifier: MIT */
/* Unit tests of the list of opened objects, in cores made by hand. */
#include <check.h>
#include <stdio.h>

#include "heap_fixture.h"

static const uint64_t list_at = 0x7e0000100ff8; /* across a page */

static struct mtr_opened_list *list_make(void)
{
	static const struct mtr_opened_list empty = {
		.entries = MTR_OPENED_MAX,
		.bytes = sizeof(struct mtr_opened),
	};

	core_add(core, &(struct core_range){ .addr = list_at & -0x1000ul,
					     .bytes = 0x10000,
					     .prot = PF_R | PF_W });
	core_put(core, list_at, &empty, sizeof(empty));
	core_descriptor(core)->opened = list_at;
	return core_at(core, list_at);
}

static struct mtr_opened opened(uint64_t order)
{
	struct mtr_opened o = {
		.order = order,
		.start = 0x7d0000000000 + order * 0x10000,
		.end = 0x7d0000004000 + order * 0x10000,
		.bias = 0x7d0000000000 + order * 0x10000,
		.generation = 3,
		.id_bytes = 20,
		.id = { order, 1, 2 },
	};

	sprintf(o.path, "/lib/%d.so", (int)order);
	return o;
}

START_TEST(opened_objects)
{
	struct mtr_opened_list *l = list_make();

	l->lost = 4;
	l->entry[0] = opened(7);
	l->entry[5] = opened(2);
	l->entry[MTR_OPENED_MAX - 1] = opened(130);
	read_heap();
	ck_assert_uint_eq(heap.opened.lost, 4);
	ck_assert_uint_eq(heap.opened.list.n, 3);
	ck_assert_uint_eq(heap.opened.list.at[0].order, 2);
	ck_assert_uint_eq(heap.opened.list.at[1].order, 7);
	ck_assert_uint_eq(heap.opened.list.at[1].start, 0x7d0000070000);
	ck_assert_uint_eq(heap.opened.list.at[1].end, 0x7d0000074000);
	ck_assert_uint_eq(heap.opened.list.at[1].bias, 0x7d0000070000);
	ck_assert_uint_eq(heap.opened.list.at[1].generation, 3);
	ck_assert_uint_eq(heap.opened.list.at[1].build_id.n, 20);
	ck_assert_uint_eq(heap.opened.list.at[1].build_id.bytes[0], 7);
	ck_assert_str_eq(heap.opened.list.at[1].path, "/lib/7.so");
	ck_assert_str_eq(heap.opened.list.at[2].path, "/lib/130.so");
	warned(target, 0, "");
}
END_TEST

START_TEST(opened_objects_that_cannot_be)
{
	struct mtr_opened_list *l = list_make();

	for (int i = 0; i < 8; i++)
		l->entry[i] = opened(i + 1);
	l->entry[1].end = l->entry[1].start;
	l->entry[2].end = UINT64_MAX;
	l->entry[3].bias = l->entry[3].start + 1;
	l->entry[4].id_bytes = 39;
	memset(l->entry[5].path, 'x', sizeof(l->entry[5].path));
	l->entry[6].order = 0; /* is being written */
	read_heap();
	ck_assert_uint_eq(heap.opened.list.n, 2);
	ck_assert_uint_eq(heap.opened.list.at[0].order, 1);
	ck_assert_uint_eq(heap.opened.list.at[1].order, 8);
}
END_TEST

static void no_list(void)
{
	read_heap();
	ck_assert_uint_eq(heap.opened.list.n, 0);
	close_heap();
}

START_TEST(lists_of_opened_objects_that_cannot_be)
{
	struct mtr_opened_list *l = list_make();

	l->entry[0] = opened(1);
	l->entries = UINT32_MAX;
	no_list();
	l->entries = MTR_OPENED_MAX;
	l->bytes = 0;
	no_list();
	l->bytes = 383;
	no_list();
	l->bytes = 5000;
	no_list();
	l->bytes = 384;
	core_descriptor(core)->opened = 0x123456789000;
	no_list();
	core_descriptor(core)->opened = 0;
	no_list();
	/* an older library had no such list: what is there is something else */
	core_descriptor(core)->opened = list_at;
	core_descriptor(core)->size = MTR_DESCRIPTOR_MIN;
	no_list();
	core_descriptor(core)->size = sizeof(struct mtr_descriptor);
	/* what is cut off */
	core_descriptor(core)->opened = list_at + 0xf000 - 200;
	core_put(core, list_at + 0xf000 - 200, l, 200);
	no_list();
	core_descriptor(core)->opened = list_at;
	l->entries = 1;
	read_heap();
	ck_assert_uint_eq(heap.opened.list.n, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("opened");
	TCase *t = add_group(s, "opened", setup, teardown);

	tcase_add_test(t, opened_objects);
	tcase_add_test(t, opened_objects_that_cannot_be);
	tcase_add_test(t, lists_of_opened_objects_that_cannot_be);
	return run_suite(s);
}
