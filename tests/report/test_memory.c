/* SPDX-License-Identifier: MIT */
/*
 * Where the memory is: by hand, and at random against a model that looks at
 * each byte.
 */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, PAGES = 24, BASE = 0x100000, BYTES = PAGES * PAGE };

static struct mtr_heap_view view;
static struct mtr_memory_map map;

static void setup(void)
{
	view = (struct mtr_heap_view){ .heap.record = 16 };
	map = (struct mtr_memory_map){ .pages.page = PAGE };
}

static void teardown(void)
{
	mtr_blocks_fini(&view.heap.blocks);
	mtr_memory_map_fini(&map);
}

static void block(uint64_t at, uint64_t size, uint64_t usable)
{
	struct mtr_block *b = mtr_blocks_push(&view.heap.blocks);

	*b = (struct mtr_block){ .addr = BASE + at,
				 .size = size,
				 .usable = usable };
}

static void region(uint64_t start, uint64_t end, enum mtr_region_kind kind)
{
	struct mtr_region *r = mtr_regions_push(&map.regions);

	*r = (struct mtr_region){ .start = BASE + start,
				  .end = BASE + end,
				  .kind = kind };
}

static void resident(uint64_t start, uint64_t end)
{
	struct mtr_area *a = mtr_areas_push(&map.pages.areas);

	*a = (struct mtr_area){ BASE + start, BASE + end };
	map.pages.resident += end - start;
}

static struct mtr_memory make(void)
{
	struct mtr_memory m;
	uint64_t sum = 0;

	ck_assert_ptr_null(mtr_memory_make(&view, &map, &m));
	for (int i = 0; i < MTR_MEMORY_KEYS; i++)
		sum += m.classes[i].bytes;
	ck_assert_uint_eq(sum, map.pages.resident);
	ck_assert_uint_eq(m.resident, sum);
	return m;
}

static void has(const struct mtr_memory *m, enum mtr_memory_key key,
		uint64_t bytes)
{
	ck_assert_msg(m->classes[key].bytes == bytes, "%s: %lu, not %lu",
		      mtr_memory_key(key), (unsigned long)m->classes[key].bytes,
		      (unsigned long)bytes);
}

/*
 *   page 0  two blocks, 100 and 50 of 136 and 72 bytes
 *   page 1  free
 *   page 2  the begin of a block of two pages, whose rest is not in memory
 *   page 4  not in memory
 *   page 5  a file
 *   page 6  nobody knows
 */
START_TEST(by_hand)
{
	uint64_t alone[2] = { 0 };
	const uint32_t group_of[] = { 0, 0, 1 };
	struct mtr_memory m;

	block(0, 100, 136);
	block(0x100, 50, 72);
	block(0x2800, 0x1000, 0x1010);
	region(0, 0x5000, MTR_REGION_HEAP);
	region(0x5000, 0x6000, MTR_REGION_FILE);
	map.regions.at[1].name = "/lib/a";
	resident(0, 0x3000);
	resident(0x5000, 0x7000);
	m = make();
	has(&m, MTR_MEMORY_REQUESTED, 150 + 0x800);
	has(&m, MTR_MEMORY_UNUSED, 20 + 6);
	has(&m, MTR_MEMORY_RECORDS, 32);
	has(&m, MTR_MEMORY_FREE_PINNED, PAGE - 136 - 72 + 0x800);
	has(&m, MTR_MEMORY_FREE_PAGES, PAGE);
	has(&m, MTR_MEMORY_FILES, PAGE);
	has(&m, MTR_MEMORY_OTHER, PAGE);
	ck_assert_uint_eq(m.beside[MTR_BESIDE_UNTOUCHED].bytes, 0x800);
	ck_assert(!m.beside[MTR_BESIDE_SWAPPED].known);
	ck_assert_uint_eq(m.classes[MTR_MEMORY_FILES].largest.n, 1);
	ck_assert_str_eq(m.classes[MTR_MEMORY_FILES].largest.at[0].name,
			 "/lib/a");
	mtr_memory_fini(&m);

	ck_assert_ptr_null(mtr_memory_pins(&view, &map));
	/* 136 of 208 bytes */
	ck_assert_uint_eq(map.pins[0], (PAGE - 208) * 136 / 208);
	ck_assert_uint_eq(map.pins[0] + map.pins[1], PAGE - 208);
	ck_assert_uint_eq(map.pins[2], 0x800);
	mtr_memory_alone(&view, &map, group_of, alone);
	ck_assert_uint_eq(alone[0], PAGE);
	ck_assert_uint_eq(alone[1], PAGE);
}
END_TEST

/* Of a file that a core gives the empty name, and one without any. */
START_TEST(without_a_name)
{
	struct mtr_memory m;

	region(0x1000, 0x3000, MTR_REGION_FILE);
	region(0x5000, 0x6000, MTR_REGION_FILE);
	map.regions.at[0].name = "";
	resident(0x1000, 0x3000);
	resident(0x5000, 0x6000);
	m = make();
	ck_assert_uint_eq(m.classes[MTR_MEMORY_FILES].largest.n, 2);
	ck_assert_str_eq(m.classes[MTR_MEMORY_FILES].largest.at[0].name,
			 "0x101000-0x103000");
	ck_assert_str_eq(m.classes[MTR_MEMORY_FILES].largest.at[1].name,
			 "0x105000-0x106000");
	mtr_memory_fini(&m);
}
END_TEST

/* Headers of chunks are not free. */
START_TEST(headers_of_chunks)
{
	struct mtr_memory m;

	view.heap.descriptor.flags = MTR_FLAG_CHUNKS;
	block(0x10, 100, 120);
	block(0x90, 100, 120);
	region(0, 0x1000, MTR_REGION_HEAP);
	resident(0, 0x1000);
	m = make();
	has(&m, MTR_MEMORY_UNUSED, 2 * 8 + 2 * 4);
	has(&m, MTR_MEMORY_FREE_PINNED, PAGE - 2 * 128);
	mtr_memory_fini(&m);
}
END_TEST

/*
 * Blocks at the begin of a page, as posix_memalign(3) makes them: the page
 * before has the header of the chunk.
 */
START_TEST(header_on_the_page_before)
{
	const uint32_t group_of[] = { 0, 1, 0 };
	uint64_t alone[2] = { 0 };
	struct mtr_memory m;

	view.heap.descriptor.flags = MTR_FLAG_CHUNKS;
	block(0x1000, 2000, 2024);
	block(0x3000, 2000, 2024);
	block(0x8000, 2000, 2024);
	region(0, 0xa000, MTR_REGION_HEAP);
	resident(0, 0x9000);
	m = make();
	has(&m, MTR_MEMORY_FREE_PAGES, 3 * PAGE);
	has(&m, MTR_MEMORY_UNUSED, 3 * (8 + 8));
	mtr_memory_fini(&m);
	ck_assert_ptr_null(mtr_memory_pins(&view, &map));
	ck_assert_uint_eq(map.pins[0], 2 * PAGE - 8 - 2024);
	ck_assert_uint_eq(map.pins[1], 2 * PAGE - 8 - 2024);
	ck_assert_uint_eq(map.pins[2], 2 * PAGE - 8 - 2024);
	mtr_memory_alone(&view, &map, group_of, alone);
	ck_assert_uint_eq(alone[0], 4 * PAGE);
	ck_assert_uint_eq(alone[1], 2 * PAGE);
}
END_TEST

/* What malloc_trim(3) leaves of a free chunk may lie on a page of its own. */
START_TEST(head_of_a_free_chunk)
{
	const uint32_t group_of[] = { 0, 1 };
	uint64_t alone[2] = { 0 };
	struct mtr_memory m;

	view.heap.descriptor.flags = MTR_FLAG_CHUNKS;
	block(0x10, 4064, 4072);
	block(0x1800, 100, 120);
	region(0, 0x3000, MTR_REGION_HEAP);
	resident(0, 0x3000);
	m = make();
	has(&m, MTR_MEMORY_FREE_PAGES, PAGE);
	mtr_memory_fini(&m);
	mtr_memory_alone(&view, &map, group_of, alone);
	ck_assert_uint_eq(alone[0], PAGE);
	ck_assert_uint_eq(alone[1], 0);
}
END_TEST

/* The same place several times: the sum holds all the same. */
START_TEST(blocks_that_overlap)
{
	struct mtr_memory m;

	for (int i = 0; i < 100; i++)
		block(16 * i, 4000, 8000);
	block(0x1800, 100, 24);
	region(0x400, 0x3000, MTR_REGION_HEAP);
	resident(0, 0x8000);
	m = make();
	mtr_memory_fini(&m);
	ck_assert_ptr_null(mtr_memory_pins(&view, &map));
}
END_TEST

/* ---------------------------------------------------------------- at random */

static unsigned char page_is_resident[PAGES], is_free[BYTES];
static enum mtr_region_kind kind_of[BYTES];
static int block_of[BYTES];
static int reach_of[BYTES]; /* whose it is, or who needs it to stay */

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

static void random_regions(void)
{
	static const enum mtr_region_kind kinds[] = {
		MTR_REGION_HEAP, MTR_REGION_HEAP,   MTR_REGION_HEAP,
		MTR_REGION_DATA, MTR_REGION_TRACER, MTR_REGION_STACK,
	};
	uint64_t at = 16 * below(300), end;

	for (int i = 0; i < BYTES; i++)
		kind_of[i] = MTR_REGION_OTHER;
	for (; at < BYTES; at = end + 16 * (1 + below(100))) {
		end = at + 16 * (1 + below(1500));
		end = end < BYTES ? end : BYTES;
		region(at, end, kinds[below(6)]);
		for (uint64_t i = at; i < end; i++)
			kind_of[i] = map.regions.at[map.regions.n - 1].kind;
	}
}

static void random_blocks(void)
{
	uint64_t at = 16 * (1 + below(100)), usable;
	unsigned far = 1 + below(200);

	memset(block_of, 0xff, sizeof(block_of));
	for (;; at += usable + 8 + 16 * below(far)) {
		at = (at + 15) & -(uint64_t)16;
		usable = 24 + 16 * below(below(8) ? 20 : 1000);
		if (at + usable > BYTES)
			return;
		block(at, below(usable - 16 + 1), usable);
		for (uint64_t i = at; i < at + usable; i++)
			block_of[i] = (int)view.heap.blocks.n - 1;
	}
}

static void reach(bool chunks)
{
	memcpy(reach_of, block_of, sizeof(reach_of));
	for (int i = 0; chunks && i < BYTES; i++)
		for (int j = i + 1; j < BYTES && j <= i + 8; j++)
			if (block_of[i] < 0 && block_of[j] >= 0)
				reach_of[i] = block_of[j];
	for (int i = 0; chunks && i < BYTES; i++)
		for (int j = i - 1; j >= 0 && j >= i - 40; j--)
			if (reach_of[i] < 0 && block_of[j] >= 0)
				reach_of[i] = block_of[j];
}

static void random_pages(void)
{
	for (int i = 0; i < PAGES; i++) {
		page_is_resident[i] = below(4) != 0;
		if (!page_is_resident[i])
			continue;
		if (i && page_is_resident[i - 1]) {
			map.pages.areas.at[map.pages.areas.n - 1].end += PAGE;
			map.pages.resident += PAGE;
		} else {
			resident(i * PAGE, (i + 1) * PAGE);
		}
	}
}

static bool page_has_block(int page)
{
	for (int i = page * PAGE; i < (page + 1) * PAGE; i++)
		if (reach_of[i] >= 0)
			return true;
	return false;
}

static enum mtr_memory_key model_block(int i)
{
	const struct mtr_block *b = &view.heap.blocks.at[block_of[i]];
	uint64_t at = BASE + i - b->addr;

	if (at < b->size)
		return MTR_MEMORY_REQUESTED;
	return at < b->usable - 16 ? MTR_MEMORY_UNUSED : MTR_MEMORY_RECORDS;
}

static enum mtr_memory_key model_byte(int i, bool chunks)
{
	if (kind_of[i] == MTR_REGION_TRACER)
		return MTR_MEMORY_TRACER;
	if (block_of[i] >= 0)
		return model_block(i);
	if (kind_of[i] == MTR_REGION_DATA)
		return MTR_MEMORY_DATA;
	if (kind_of[i] == MTR_REGION_STACK)
		return MTR_MEMORY_STACKS;
	if (kind_of[i] == MTR_REGION_OTHER)
		return MTR_MEMORY_OTHER;
	for (int j = i; chunks && j < BYTES && j <= i + 8; j++)
		if (block_of[j] >= 0)
			return MTR_MEMORY_UNUSED;
	is_free[i] = page_has_block(i / PAGE);
	return is_free[i] ? MTR_MEMORY_FREE_PINNED : MTR_MEMORY_FREE_PAGES;
}

static void check_classes(bool chunks)
{
	uint64_t want[MTR_MEMORY_KEYS] = { 0 };
	struct mtr_memory m = make();

	memset(is_free, 0, sizeof(is_free));
	for (int i = 0; i < BYTES; i++)
		if (page_is_resident[i / PAGE])
			want[model_byte(i, chunks)]++;
	for (int i = 0; i < MTR_MEMORY_KEYS; i++)
		has(&m, i, want[i]);
	mtr_memory_fini(&m);
}

/* Of each page's free bytes a block has its share, give or take one. */
static void check_pins(void)
{
	size_t n = view.heap.blocks.n;
	double *want = calloc(n + 1, sizeof(*want));

	ck_assert_ptr_null(mtr_memory_pins(&view, &map));
	for (int page = 0; page < PAGES; page++) {
		double free_bytes = 0, used = 0;

		for (int i = page * PAGE; i < (page + 1) * PAGE; i++) {
			free_bytes += is_free[i];
			used += reach_of[i] >= 0;
		}
		for (int i = page * PAGE; i < (page + 1) * PAGE; i++)
			if (reach_of[i] >= 0)
				want[reach_of[i]] += free_bytes / used;
	}
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(map.pins[i] + 2 >= want[i] &&
				      map.pins[i] <= want[i] + 2,
			      "block %zu: %u, not %f", i, map.pins[i], want[i]);
	free(want);
}

/* All of it is of one region of the heap. */
static bool page_is_heap(int page)
{
	for (size_t i = 0; i < map.regions.n; i++) {
		const struct mtr_region *r = &map.regions.at[i];

		if (r->kind == MTR_REGION_HEAP &&
		    r->start <= (uint64_t)BASE + page * PAGE &&
		    r->end >= (uint64_t)BASE + (page + 1) * PAGE)
			return true;
	}
	return false;
}

/* The group that is alone on @page, or -1. */
static int model_alone(int page, const uint32_t *group_of)
{
	int group = -1, first = block_of[page * PAGE];
	bool whole = first >= 0;

	for (int i = page * PAGE; i < (page + 1) * PAGE; i++) {
		int b = reach_of[i];

		whole &= block_of[i] == first;
		if (b < 0)
			continue;
		if (group_of[b] == MTR_NO_GROUP ||
		    (group >= 0 && group != (int)group_of[b]))
			return -1;
		group = (int)group_of[b];
	}
	return page_is_resident[page] && (whole || page_is_heap(page)) ? group
								       : -1;
}

static void check_alone(void)
{
	enum { GROUPS = 3 };
	uint64_t want[GROUPS] = { 0 }, got[GROUPS] = { 0 };
	uint32_t *group_of = calloc(view.heap.blocks.n + 1, sizeof(*group_of));
	unsigned odd = 1 + below(10);

	for (size_t i = 0; i < view.heap.blocks.n; i++) {
		unsigned g = below(odd) ? 0 : below(GROUPS + 1);

		group_of[i] = g < GROUPS ? g : MTR_NO_GROUP;
	}
	for (int page = 0; page < PAGES; page++) {
		int group = model_alone(page, group_of);

		if (group >= 0)
			want[group] += PAGE;
	}
	mtr_memory_alone(&view, &map, group_of, got);
	for (int i = 0; i < GROUPS; i++)
		ck_assert_uint_eq(got[i], want[i]);
	free(group_of);
}

START_TEST(at_random)
{
	srandom(_i);
	random_regions();
	random_blocks();
	random_pages();
	reach(_i % 2);
	view.heap.descriptor.flags = _i % 2 ? MTR_FLAG_CHUNKS : 0;
	check_classes(_i % 2);
	check_pins();
	check_alone();
}
END_TEST

/* ------------------------------------------------------------------- tally */

/* By whatever key: pins add up, and a page of two groups is nobody's alone. */
START_TEST(tally_of_pins)
{
	struct mtr_heap_view *s = sample_create();
	struct mtr_filter all = { .spec = MTR_FILTER_ALL, .s = s };
	struct mtr_memory_map m = { .pages.page = PAGE };
	struct mtr_region *r = mtr_regions_push(&m.regions);
	struct mtr_area *a = mtr_areas_push(&m.pages.areas);

	*r = (struct mtr_region){ .start = 0x1000, .end = 0x8000 };
	*a = (struct mtr_area){ 0x1000, 0x7000 };
	m.pages.resident = 0x6000;
	ck_assert_ptr_null(mtr_memory_pins(s, &m));
	for (int by = 0; by < MTR_BY_COUNT; by++) {
		struct mtr_tally_spec spec = { .by = by,
					       .sort = MTR_SORT_PINS,
					       .map = &m };
		uint64_t pins = 0, alone = 0;
		struct mtr_tally t;

		if (by == MTR_BY_ROOT)
			continue; /* nobody holds them here */

		ck_assert_ptr_null(mtr_tally_make_as(s, &all, &spec, &t));
		for (size_t i = 0; i < t.groups.n; i++) {
			const struct mtr_group *g = &t.groups.at[i];

			ck_assert(!i || g[-1].sum.pins >= g->sum.pins);
			pins += g->sum.pins;
			alone += g->alone;
		}
		ck_assert_uint_eq(pins, t.total.pins);
		ck_assert_uint_eq(pins,
				  0x6000 - 40 - 120 - 40 - 24 - 1016 - 72 - 40);
		/* the two of the first page are of one function */
		ck_assert_uint_eq(
			alone, by == MTR_BY_FUNCTION || by == MTR_BY_MODULE ||
					       by == MTR_BY_GENERATION ||
					       by == MTR_BY_TYPE
				       ? 0x6000
				       : 0x5000);
		mtr_tally_fini(&t);
	}
	mtr_memory_map_fini(&m);
	sample_destroy(s);
}
END_TEST

/* ----------------------------------------------------------------- writers */

START_TEST(text_of_process)
{
	sample_same(sample_memory(&mtr_write_text, true, 0),
		    "target        app.core, a live process\n"
		    "resident      132.0 KiB (135,168 bytes), exact\n"
		    "not recorded  1,500 blocks not on a 16-byte boun"
		    "dary\n"
		    "              1 block handed out during start-up"
		    "\n"
		    "corrupt       1 block whose record makes no sens"
		    "e\n"
		    "ignored       2 marks inside of other blocks\n"
		    "warning       it is \"cut\"?[m\n"
		    "\n"
		    "     BYTES  SHARE              CLASS\n"
		    "     706 B   0.5%              requested     by "
		    "live blocks\n"
		    "     534 B   0.4%              unused        sla"
		    "ck, and malloc's headers\n"
		    "     112 B   0.1%              records       the"
		    " tracer's, in blocks\n"
		    "  22.7 KiB  17.2% ##           free, pinned  by "
		    "blocks: report --sort=pins\n"
		    "       0 B   0.0%              free pages    of "
		    "the heap\n"
		    "   4.0 KiB   3.0%              tracer        the"
		    " library's tables\n"
		    "                                  4.0 KiB  ledge"
		    "r\n"
		    "   4.0 KiB   3.0%              data          var"
		    "iables of modules\n"
		    "                                  4.0 KiB  /opt/"
		    "app\n"
		    "  16.0 KiB  12.1% #            files         map"
		    "ped\n"
		    "                                 16.0 KiB  /lib/"
		    "=1,?x.so\n"
		    "   4.0 KiB   3.0%              stacks        of "
		    "threads\n"
		    "                                  4.0 KiB  threa"
		    "d 1234\n"
		    "  80.0 KiB  60.6% #######      other         mem"
		    "ory, anonymous or shared\n"
		    "                                 16.0 KiB  0x200"
		    "00-0x40000\n"
		    "                                  4.0 KiB  [vdso"
		    "]\n"
		    " 132.0 KiB 100.0%              resident\n"
		    "\n"
		    "       0 B  requested, and not in memory\n"
		    "   4.0 KiB  swapped out\n"
		    "   8.0 KiB  of it in transparent huge pages\n");
}
END_TEST

/* The table keeps to it, and leaves out what it has no room for. */
START_TEST(text_of_a_narrow_terminal)
{
	for (int width = 32; width < 80; width++) {
		char *text = sample_memory(&mtr_write_text, true, width);
		char *at = strstr(text, "BYTES"),
		     *end = strstr(text, "  resident\n");

		ck_assert(at && end);
		for (; at < end; at += strcspn(at, "\n") + 1)
			ck_assert_msg(strcspn(at, "\n") <= (size_t)width,
				      "%d: %s", width, at);
		free(text);
	}
}
END_TEST

START_TEST(text_of_copied_core)
{
	sample_same(sample_memory(&mtr_write_text, false, 70),
		    "target        app.core, a core of process 1234\n"
		    "resident      132.0 KiB (135,168 bytes), about: "
		    "the kernel did not write this core, or it was co"
		    "pied; what is not all zero counts\n"
		    "not in it     pages of files that nobody wrote t"
		    "o, unless they have variables\n"
		    "not recorded  1,500 blocks not on a 16-byte boun"
		    "dary\n"
		    "              1 block handed out during start-up"
		    "\n"
		    "corrupt       1 block whose record makes no sens"
		    "e\n"
		    "ignored       2 marks inside of other blocks\n"
		    "warning       it is \"cut\"?[m\n"
		    "\n"
		    "     BYTES  SHARE              CLASS\n"
		    "     706 B   0.5%              requested     by "
		    "live blocks\n"
		    "     534 B   0.4%              unused        sla"
		    "ck, and malloc's he...\n"
		    "     112 B   0.1%              records       the"
		    " tracer's, in blocks\n"
		    "  22.7 KiB  17.2% ##           free, pinned  by "
		    "blocks: report --so...\n"
		    "       0 B   0.0%              free pages    of "
		    "the heap\n"
		    "   4.0 KiB   3.0%              tracer        the"
		    " library's tables\n"
		    "                                  4.0 KiB  ledge"
		    "r\n"
		    "   4.0 KiB   3.0%              data          var"
		    "iables of modules\n"
		    "                                  4.0 KiB  /opt/"
		    "app\n"
		    "  16.0 KiB  12.1% #            files         map"
		    "ped\n"
		    "                                 16.0 KiB  /lib/"
		    "=1,?x.so\n"
		    "   4.0 KiB   3.0%              stacks        of "
		    "threads\n"
		    "                                  4.0 KiB  threa"
		    "d 1234\n"
		    "  80.0 KiB  60.6% #######      other         mem"
		    "ory, anonymous or s...\n"
		    "                                 16.0 KiB  0x200"
		    "00-0x40000\n"
		    "                                  4.0 KiB  [vdso"
		    "]\n"
		    " 132.0 KiB 100.0%              resident\n"
		    "\n"
		    "       0 B  requested, and not in memory\n"
		    "  20.0 KiB  writable, not in the core: untouched, or "
		    "left out\n");
}
END_TEST

START_TEST(json)
{
	sample_same(
		sample_memory(&mtr_write_json, true, 0),
		"{\"schema\":1,\"command\":\"memory\",\"target\":\"app.cor"
		"e\",\"resident\":135168,\"exact\":true,\"about\":\"\",\n"
		"\"classes\":[\n"
		"{\"key\":\"requested\",\"bytes\":706,\"largest\":[]},\n"
		"{\"key\":\"unused\",\"bytes\":534,\"largest\":[]},\n"
		"{\"key\":\"records\",\"bytes\":112,\"largest\":[]},\n"
		"{\"key\":\"free_pinned\",\"bytes\":23224,\"largest\":[]}"
		",\n"
		"{\"key\":\"free_pages\",\"bytes\":0,\"largest\":[]},\n"
		"{\"key\":\"tracer\",\"bytes\":4096,\"largest\":[{\"name\":"
		"\"ledger\",\"bytes\":4096}]},\n"
		"{\"key\":\"data\",\"bytes\":4096,\"largest\":[{\"name\":\"/"
		"opt/app\",\"bytes\":4096}]},\n"
		"{\"key\":\"files\",\"bytes\":16384,\"largest\":[{\"name\":"
		"\"/lib/=1,\\u001bx.so\",\"bytes\":16384}]},\n"
		"{\"key\":\"stacks\",\"bytes\":4096,\"largest\":[{\"name\":"
		"\"thread 1234\",\"bytes\":4096}]},\n"
		"{\"key\":\"other\",\"bytes\":81920,\"largest\":[{\"name\":"
		"\"0x20000-0x40000\",\"bytes\":16384},{\"name\":\"[vdso]"
		"\",\"bytes\":4096}]}\n"
		"],\"beside\":[{\"key\":\"untouched\",\"bytes\":0},{\"key\""
		":\"swapped\",\"bytes\":4096},{\"key\":\"huge\",\"bytes\":8"
		"192},{\"key\":\"huge_tlb\",\"bytes\":0}],\"damaged\":1,\""
		"no_code\":0,\"conflicts\":2,\"lost\":0,\"without_stack"
		"\":0,\"sample\":0,\"warnings\":[\"it is \\\"cut\\\"\\u001b["
		"m\"]}\n");
}
END_TEST

START_TEST(csv)
{
	sample_same(sample_memory(&mtr_write_csv, false, 0),
		    "part,key,name,bytes\n"
		    "class,requested,,706\n"
		    "class,unused,,534\n"
		    "class,records,,112\n"
		    "class,free_pinned,,23224\n"
		    "class,free_pages,,0\n"
		    "class,tracer,,4096\n"
		    "class,data,,4096\n"
		    "class,files,,16384\n"
		    "class,stacks,,4096\n"
		    "class,other,,81920\n"
		    "largest,tracer,ledger,4096\n"
		    "largest,data,/opt/app,4096\n"
		    "largest,files,\"/lib/=1,?x.so\",16384\n"
		    "largest,stacks,thread 1234,4096\n"
		    "largest,other,0x20000-0x40000,16384\n"
		    "largest,other,[vdso],4096\n"
		    "beside,untouched,,0\n"
		    "beside,undumped,,20480\n");
}
END_TEST

START_TEST(text_of_pins)
{
	sample_has_pins = true;
	sample_same(sample_report(&mtr_write_text, MTR_BY_FUNCTION,
				  MTR_SORT_PINS, 3, 0),
		    "target        app.core, a core of process 1234\n"
		    "live          8 blocks, 706 bytes requested\n"
		    "allocated     1.4 KiB = 706 B requested + 534 B "
		    "unused + 128 B records + 48 B corrupt\n"
		    "pinned        22.7 KiB of free heap, on pages wi"
		    "th live blocks\n"
		    "not recorded  1,500 blocks not on a 16-byte boun"
		    "dary\n"
		    "              1 block handed out during start-up"
		    "\n"
		    "corrupt       1 block whose record makes no sens"
		    "e\n"
		    "ignored       2 marks inside of other blocks\n"
		    "warning       it is \"cut\"?[m\n"
		    "\n"
		    "      PINS  SHARE      ALONE      BYTES    BLOCK"
		    "S  FUNCTION\n"
		    "   7.8 KiB  34.4%    8.0 KiB      138 B         "
		    "3  main  [app]\n"
		    "   4.0 KiB  17.5%    4.0 KiB        8 B         "
		    "1  libx.so+0x1233\n"
		    "   4.0 KiB  17.5%    4.0 KiB       10 B         "
		    "1  main  [libx.so]\n"
		    "   6.9 KiB pinned by 3 blocks of 3 more groups ("
		    "--top=0 shows all)\n");
	sample_has_pins = false;
}
END_TEST

START_TEST(terminal_of_pins)
{
	sample_has_pins = true;
	sample_same(sample_report(&mtr_write_text, MTR_BY_FUNCTION,
				  MTR_SORT_PINS, 2, 80),
		    "target        app.core, a core of process 1234\n"
		    "live          8 blocks, 706 bytes requested\n"
		    "allocated     1.4 KiB = 706 B requested + 534 B "
		    "unused + 128 B records + 48 B corrupt\n"
		    "pinned        22.7 KiB of free heap, on pages wi"
		    "th live blocks\n"
		    "not recorded  1,500 blocks not on a 16-byte boun"
		    "dary\n"
		    "              1 block handed out during start-up"
		    "\n"
		    "corrupt       1 block whose record makes no sens"
		    "e\n"
		    "ignored       2 marks inside of other blocks\n"
		    "warning       it is \"cut\"?[m\n"
		    "\n"
		    "      PINS  SHARE               ALONE      BYTES"
		    "    BLOCKS  FUNCTION\n"
		    "   7.8 KiB  34.4% ###         8.0 KiB      138 B"
		    "         3  main  [app]\n"
		    "   4.0 KiB  17.5% #           4.0 KiB        8 B"
		    "         1  libx.so+0x1233\n"
		    "  10.9 KiB pinned by 4 blocks of 4 more groups ("
		    "--top=0 shows all)\n");
	sample_has_pins = false;
}
END_TEST

START_TEST(csv_of_pins)
{
	sample_has_pins = true;
	sample_same(
		sample_report(&mtr_write_csv, MTR_BY_FUNCTION, MTR_SORT_PINS, 0,
			      0),
		"key,module,bytes,blocks,usable,slack,function,fi"
		"le,line,pins,alone\n"
		"main,app,138,3,200,14,main,app.c,20,7992,8192\n"
		"libx.so+0x1233,libx.so,8,1,24,0,libx.so+0x1233,,"
		"0,4072,4096\n"
		"main,libx.so,10,1,40,14,main,,0,4056,4096\n"
		"0x9999,,50,1,72,6,0x9999,,0,4024,4096\n"
		"\"f(int, \"\"x\"\")\",app,500,1,1016,500,\"f(int, \"\"x\"\""
		")\",\"dir/h,1.h\",5,3080,4096\n"
		"(corrupt),,0,1,64,0,(corrupt),,0,0,0\n");
	sample_has_pins = false;
}
END_TEST

START_TEST(json_of_pins)
{
	sample_has_pins = true;
	sample_same(
		sample_report(&mtr_write_json, MTR_BY_FUNCTION, MTR_SORT_PINS,
			      2, 0),
		"{\"schema\":1,\"command\":\"report\",\"target\":\"app.cor"
		"e\",\"by\":\"function\",\"sort\":\"pins\",\"top\":2,\"filter"
		"s\":{},\"left_out\":{\"by_filters\":{\"blocks\":0,\"byte"
		"s\":0,\"usable\":0,\"slack\":0},\"by_top\":{\"groups\":4,"
		"\"blocks\":4,\"bytes\":560,\"usable\":1192,\"slack\":520"
		"}},\"totals\":{\"blocks\":8,\"bytes\":706,\"usable\":141"
		"6,\"slack\":534},\"pins\":23224,\"resident\":0,\"wrappe"
		"rs\":{\"blocks\":0,\"bytes\":0,\"usable\":0,\"slack\":0},"
		"\"stripped\":[],\"allocators\":[],\"tracer\":{\"ledger\""
		":4096,\"stacks\":0,\"records\":128},\"not_recorded\":{"
		"\"unaligned\":1500,\"small\":0,\"high\":0,\"ledger\":0,\""
		"startup\":1,\"nested\":0,\"foreign\":0,\"large\":0,\"roo"
		"m\":0,\"others\":0},\"damaged\":1,\"no_code\":0,\"confli"
		"cts\":2,\"lost\":0,\"without_stack\":0,\"sample\":0,\"wa"
		"rnings\":[\"it is \\\"cut\\\"\\u001b[m\"],\n"
		"\"frames\":[\n"
		"{\"pc\":\"0x401020\",\"function\":\"main\",\"file\":\"app.c"
		"\",\"line\":20,\"module\":\"app\"},\n"
		"{\"pc\":\"0x7f0000001234\",\"function\":\"libx.so+0x123"
		"3\",\"file\":\"\",\"line\":0,\"module\":\"libx.so\"}\n"
		"],\n"
		"\"groups\":[\n"
		"{\"key\":\"main\",\"module\":\"app\",\"bytes\":138,\"blocks"
		"\":3,\"usable\":200,\"slack\":14,\"pins\":7992,\"alone\":"
		"8192,\"stack\":[0],\"owner\":0},\n"
		"{\"key\":\"libx.so+0x1233\",\"module\":\"libx.so\",\"byte"
		"s\":8,\"blocks\":1,\"usable\":24,\"slack\":0,\"pins\":407"
		"2,\"alone\":4096,\"stack\":[1],\"owner\":1}\n"
		"]}\n");
	sample_has_pins = false;
}
END_TEST

START_TEST(tree_of_pins)
{
	sample_has_pins = sample_has_stacks = true;
	sample_same(sample_tree(MTR_SORT_PINS, 0, 80),
		    "target        app.core, a core of process 1234\n"
		    "live          8 blocks, 706 bytes requested\n"
		    "allocated     1.4 KiB = 706 B requested + 534 B "
		    "unused + 128 B records + 48 B corrupt\n"
		    "pinned        22.7 KiB of free heap, on pages wi"
		    "th live blocks\n"
		    "not recorded  1,500 blocks not on a 16-byte boun"
		    "dary\n"
		    "              1 block handed out during start-up"
		    "\n"
		    "corrupt       1 block whose record makes no sens"
		    "e\n"
		    "ignored       2 marks inside of other blocks\n"
		    "warning       it is \"cut\"?[m\n"
		    "\n"
		    "      PINS  SHARE    BLOCKS  CALL TREE\n"
		    "  10.8 KiB  47.7%         4  + start  [libx.so]\n"
		    "  10.8 KiB  47.7%         4    main  [app]\n"
		    "  10.8 KiB  47.7%         4    work at app.c:30\n"
		    "  10.8 KiB  47.7%         4    f(int, \"x\") at h,"
		    "1.h:5\n"
		    "   3.8 KiB  16.9%         2    + xmalloc at x.c:"
		    "3\n"
		    "   3.0 KiB  13.3%         1    + work at app.c:3"
		    "0\n"
		    "   3.0 KiB  13.3%         1      f(int, \"x\") at "
		    "h,1.h:5\n"
		    "   7.9 KiB  35.0%         3  + (no stack)\n"
		    "   4.0 KiB  17.5%         1    + libx.so+0x1233 "
		    " [libx.so]\n"
		    "   4.0 KiB  17.5%         1    + main  [libx.so]"
		    "\n"
		    "       0 B   0.0%         1    + (corrupt)\n"
		    "   3.9 KiB  17.3%         1  + (cut at 32 frames"
		    ")\n"
		    "   3.9 KiB  17.3%         1    0x9999\n");
	sample_has_pins = sample_has_stacks = false;
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 600);
	tcase_add_test(t, by_hand);
	tcase_add_test(t, without_a_name);
	tcase_add_test(t, headers_of_chunks);
	tcase_add_test(t, header_on_the_page_before);
	tcase_add_test(t, head_of_a_free_chunk);
	tcase_add_test(t, blocks_that_overlap);
	tcase_add_loop_test(t, at_random, 0, 200);
	tcase_add_test(t, tally_of_pins);
	tcase_add_test(t, text_of_process);
	tcase_add_test(t, text_of_a_narrow_terminal);
	tcase_add_test(t, text_of_copied_core);
	tcase_add_test(t, json);
	tcase_add_test(t, csv);
	tcase_add_test(t, text_of_pins);
	tcase_add_test(t, terminal_of_pins);
	tcase_add_test(t, csv_of_pins);
	tcase_add_test(t, json_of_pins);
	tcase_add_test(t, tree_of_pins);
}

int main(void)
{
	return sample_run("memory", add);
}
