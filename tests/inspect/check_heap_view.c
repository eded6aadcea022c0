/* SPDX-License-Identifier: MIT */
/*
 * From a target and its record to a heap view. The record is made here, in
 * place of inspect/heap.c; the code in question is this program's own.
 */
#include "snapshot/heap_view.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fake_target.h"
#include "suite.h"

static uint64_t callers[4];
static const char *heap_fails;
static struct mtr_block blocks[4];
static struct mtr_depot depot;
static struct mtr_node nodes[32];

struct mtr_error *mtr_heap_read(struct mtr_target *t, struct mtr_heap *ret)
{
	*ret = (struct mtr_heap){ 0 };
	for (size_t i = 0; i < sizeof(callers) / sizeof(*callers); i++)
		*mtr_addresses_push(&ret->sites) = callers[i];
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
		if (blocks[i].addr)
			*mtr_blocks_push(&ret->blocks) = blocks[i];
	ret->descriptor.depot = (uintptr_t)&depot;
	mtr_target_warn(t, "the heap warns");
	return heap_fails ? mtr_error_create("%s", heap_fails) : NULL;
}

void mtr_heap_fini(struct mtr_heap *heap)
{
	mtr_blocks_fini(&heap->blocks);
	mtr_blocks_fini(&heap->freed);
	mtr_addresses_fini(&heap->sites);
}

#ifdef __clang__
#define ALONE __attribute__((noinline))
#else
#define ALONE __attribute__((noinline, noclone))
#endif

/* Named as a wrapper is, and one that passes itself off as none. */
ALONE __attribute__((used)) uint64_t xmalloc(void);
ALONE __attribute__((used)) uint64_t owner(void);

ALONE static uint64_t return_address(void)
{
	return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

uint64_t xmalloc(void)
{
	uint64_t pc = return_address();

	__asm__ volatile("" ::: "memory");
	return pc;
}

uint64_t owner(void)
{
	uint64_t pc = return_address();

	__asm__ volatile("" ::: "memory");
	return pc;
}

static void map_self(struct mtr_target *t)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[4096], path[4000], prot[8];
	uint64_t start, end, offset;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64
			   " %*s %*s %3999s",
			   &start, &end, prot, &offset, path) != 5)
			continue;
		fake_range(t, start, end, offset, path,
			   prot[2] == 'x' ? MTR_PROT_EXEC : MTR_PROT_READ);
	}
	fclose(f);
}

static void offer(void)
{
	struct mtr_target *t = fake_create(MTR_TARGET_CORE);

	map_self(t);
	fake_set_pid(t, 77);
	fake_bytes(t, (uintptr_t)&depot, &depot, sizeof(depot));
	fake_bytes(t, (uintptr_t)nodes, nodes, sizeof(nodes));
	fake_offer(t);
	callers[0] = 0;
	callers[1] = owner();
	callers[2] = xmalloc();
	callers[3] = 16; /* in no mapping */
}

static struct mtr_error *take(const struct mtr_heap_view_options *options,
			      struct mtr_heap_view *ret)
{
	offer();
	return mtr_heap_view_take("fake", options, ret);
}

static void check_sites(const struct mtr_heap_view *s)
{
	ck_assert_str_eq(s->name, "fake");
	ck_assert_int_eq(s->pid, 77);
	ck_assert_uint_eq(s->sites.n, s->heap.sites.n);
	for (size_t i = 0; i < s->sites.n; i++) {
		const struct mtr_site *site = &s->sites.at[i];

		ck_assert_uint_eq(site->pc, callers[i]);
		ck_assert_uint_ge(site->n, 1);
		ck_assert_uint_le(site->first + site->n, s->frames.n);
		ck_assert_uint_ge(site->owner, site->first);
		ck_assert_uint_lt(site->owner, site->first + site->n);
	}
}

START_TEST(names)
{
	struct mtr_heap_view_options options = { 0 };
	struct mtr_heap_view s;
	const struct mtr_frame *f;

	ck_assert_ptr_null(take(&options, &s));
	check_sites(&s);
	f = mtr_heap_view_owner(&s, &s.sites.at[0]);
	ck_assert_ptr_null(f->function);
	ck_assert_ptr_null(f->module);
	f = mtr_heap_view_owner(&s, &s.sites.at[1]);
	ck_assert_str_eq(f->function, "owner");
	/* All of its frames are wrappers: the last is taken. */
	f = mtr_heap_view_owner(&s, &s.sites.at[2]);
	ck_assert_str_eq(f->function, "xmalloc");
	f = mtr_heap_view_owner(&s, &s.sites.at[3]);
	ck_assert_ptr_null(f->module);
	ck_assert_str_eq(s.warnings.at[0], "the heap warns");
	/* Also what the symbols had to say: nothing is dumped here. */
	ck_assert_uint_eq(s.warnings.n, 2);
	mtr_heap_view_fini(&s);
}
END_TEST

static void node(int id, uint32_t parent, uint64_t pc)
{
	nodes[id] = (struct mtr_node){ .pc = pc, .parent = parent };
}

/* Blocks of stacks that begin with a wrapper, one of them at a signal. */
static void make_stacks(void)
{
	depot = (struct mtr_depot){ .nodes = 32,
				    .chunk_bits = MTR_CHUNK_NODE_BITS,
				    .chunk = { (uintptr_t)nodes } };
	node(16, MTR_ROOT_COMPLETE, owner());
	node(17, 16, xmalloc());
	node(18, MTR_ROOT_DEPTH, (uintptr_t)owner | MTR_PC_EXACT);
	node(19, 18, xmalloc());
	node(20, 19, xmalloc());
	node(21, 16, 16); /* in no mapping */
	node(22, 21, xmalloc());
	blocks[0] = (struct mtr_block){ .addr = 16, .site = 2, .stack = 17 };
	blocks[1] = (struct mtr_block){ .addr = 32, .site = 2, .stack = 20 };
	blocks[2] = (struct mtr_block){ .addr = 48, .site = 1, .stack = 22 };
	blocks[3] = (struct mtr_block){ .addr = 64, .site = 2, .stack = 0 };
}

static const char *owner_of(const struct mtr_heap_view *s, int block)
{
	uint32_t i = mtr_heap_view_site(s, &s->heap.blocks.at[block]);

	return mtr_heap_view_owner(s, &s->sites.at[i])->function;
}

START_TEST(stacks)
{
	struct mtr_heap_view_options options = { 0 };
	struct mtr_heap_view s;
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	const struct mtr_stack *stack;

	make_stacks();
	ck_assert_ptr_null(take(&options, &s));
	ck_assert_str_eq(owner_of(&s, 0), "owner");
	/* an exact address is looked up itself, not what is before it */
	ck_assert_str_eq(owner_of(&s, 1), "owner");
	/* the search begins at the frame that the record names */
	ck_assert_str_eq(owner_of(&s, 2), "owner");
	/* all that is known */
	ck_assert_str_eq(owner_of(&s, 3), "xmalloc");

	/* what a signal interrupted, and where the handler returns to */
	stack = mtr_heap_view_stack(&s, &s.heap.blocks.at[1]);
	ck_assert_uint_eq(mtr_stack_sites(&s.stacks, stack, sites), 3);
	ck_assert_uint_eq(s.sites.at[sites[2]].pc, (uintptr_t)owner);
	/* and is no return address, so that nothing is to be taken off */
	ck_assert(s.frames.at[s.sites.at[sites[2]].first].exact);
	ck_assert(!s.frames.at[s.sites.at[sites[0]].first].exact);
	ck_assert_str_eq(s.frames.at[s.sites.at[sites[1]].first].function,
			 "<signal handler called>");
	ck_assert_str_eq(s.frames.at[s.sites.at[sites[0]].first].function,
			 "xmalloc");
	/* each distinct address has one site: xmalloc's is that of the heap */
	ck_assert_uint_eq(sites[0], 2);
	mtr_heap_view_fini(&s);

	/* a wrapper more: the frame that is in no module is next */
	options.skip = "^owner$";
	ck_assert_ptr_null(take(&options, &s));
	ck_assert_str_eq(owner_of(&s, 0), "owner"); /* there is no other */
	memset(blocks, 0, sizeof(blocks));
	mtr_heap_view_fini(&s);
}
END_TEST

START_TEST(first_that_is_no_wrapper)
{
	struct mtr_heap_view_options options = { 0 };
	struct mtr_heap_view s;

	make_stacks();
	/* the record names the wrapper: the unknown frame outwards of it */
	blocks[2].site = 2;
	ck_assert_ptr_null(take(&options, &s));
	ck_assert_ptr_null(owner_of(&s, 2));
	memset(blocks, 0, sizeof(blocks));
	mtr_heap_view_fini(&s);
}
END_TEST

/* In this program, but in no function that has a size. */
extern void _init(void);

/* What has no name is passed over between two wrappers of its module alone. */
START_TEST(nameless_between_wrappers)
{
	struct mtr_heap_view_options options = { 0 };
	uint64_t nameless = (uintptr_t)_init + 4;
	struct mtr_heap_view s;

	make_stacks();
	node(23, 16, xmalloc());
	node(24, 23, nameless);
	node(25, 24, xmalloc());
	node(26, 16, nameless);
	node(27, 26, xmalloc());
	node(28, 16, xmalloc());
	node(29, 28, 16); /* in no mapping */
	node(30, 29, xmalloc());
	blocks[0] = (struct mtr_block){ .addr = 16, .site = 2, .stack = 25 };
	blocks[1] = (struct mtr_block){ .addr = 32, .site = 2, .stack = 27 };
	blocks[2] = (struct mtr_block){ .addr = 48, .site = 2, .stack = 30 };
	ck_assert_ptr_null(take(&options, &s));
	ck_assert_str_eq(owner_of(&s, 0), "owner");
	ck_assert_ptr_null(owner_of(&s, 1));
	ck_assert_ptr_null(owner_of(&s, 2));
	memset(blocks, 0, sizeof(blocks));
	mtr_heap_view_fini(&s);
}
END_TEST

START_TEST(skipped_module)
{
	char *program = realpath("/proc/self/exe", NULL);
	struct mtr_heap_view_options options = {
		.skip_modules = { .at = &program, .n = 1 }
	};
	struct mtr_heap_view s;

	make_stacks();
	ck_assert_ptr_null(take(&options, &s));
	for (int i = 1; i <= 2; i++)
		ck_assert(s.sites.at[i].wrapper);
	ck_assert(!s.sites.at[3].wrapper);
	memset(blocks, 0, sizeof(blocks));
	mtr_heap_view_fini(&s);
	free(program);
}
END_TEST

START_TEST(no_names)
{
	struct mtr_heap_view_options options = { .no_names = true };
	struct mtr_heap_view s;

	ck_assert_ptr_null(take(&options, &s));
	check_sites(&s);
	ck_assert_ptr_null(s.symbols);
	ck_assert_uint_eq(s.frames.n, 1);
	ck_assert_ptr_null(mtr_heap_view_owner(&s, &s.sites.at[1])->function);
	mtr_heap_view_fini(&s);
}
END_TEST

START_TEST(failures)
{
	struct mtr_heap_view_options options = { .skip = "(" };
	struct mtr_heap_view s;
	struct mtr_error *error;

	error = take(&options, &s);
	ck_assert_ptr_nonnull(error);
	ck_assert_ptr_nonnull(strstr(mtr_error_text(error), "'('"));
	mtr_error_destroy(error);
	ck_assert_ptr_null(s.target);
	ck_assert_ptr_null(s.sites.at);

	options = (struct mtr_heap_view_options){ 0 };
	heap_fails = "no record";
	error = take(&options, &s);
	ck_assert_str_eq(mtr_error_text(error), "no record");
	mtr_error_destroy(error);

	error = mtr_heap_view_take("fake", &options, &s);
	ck_assert_str_eq(mtr_error_text(error), "fake: no target on offer");
	mtr_error_destroy(error);
}
END_TEST

/* The same process later: names stay what and where they are. */
START_TEST(named_again)
{
	struct mtr_heap_view_options options = { 0 };
	struct mtr_heap_view s, later;
	const struct mtr_frame *f;
	const char *function;
	uint64_t swap;

	make_stacks();
	ck_assert_ptr_null(take(&options, &s));
	function = mtr_heap_view_owner(&s, &s.sites.at[1])->function;

	offer();
	/* in another order, and one that is new */
	swap = callers[1];
	callers[1] = callers[2];
	callers[2] = swap;
	callers[3] = (uintptr_t)owner + 1;
	blocks[0].site = 1;
	ck_assert_ptr_null(mtr_heap_view_open("fake", &later));
	ck_assert_ptr_null(mtr_heap_view_read(&later));
	ck_assert_ptr_null(mtr_heap_view_name_again(&later, &s, &options));
	ck_assert_ptr_null(s.symbols);
	mtr_heap_view_fini(&s);

	f = mtr_heap_view_owner(&later, &later.sites.at[2]);
	ck_assert_ptr_eq(f->function, function);
	ck_assert_str_eq(f->function, "owner");
	ck_assert_uint_eq(later.sites.at[2].pc, callers[2]);
	f = mtr_heap_view_owner(&later, &later.sites.at[1]);
	ck_assert_str_eq(f->function, "xmalloc");
	ck_assert(later.sites.at[1].wrapper);
	f = mtr_heap_view_owner(&later, &later.sites.at[3]);
	ck_assert_str_eq(f->function, "owner");
	ck_assert_str_eq(owner_of(&later, 0), "owner");
	ck_assert_str_eq(owner_of(&later, 1), "owner");
	memset(blocks, 0, sizeof(blocks));
	mtr_heap_view_fini(&later);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("heap_view");
	TCase *tests = tcase_create("heap_view");

	tcase_add_test(tests, names);
	tcase_add_test(tests, stacks);
	tcase_add_test(tests, first_that_is_no_wrapper);
	tcase_add_test(tests, nameless_between_wrappers);
	tcase_add_test(tests, skipped_module);
	tcase_add_test(tests, no_names);
	tcase_add_test(tests, failures);
	tcase_add_test(tests, named_again);
	suite_add_tcase(suite, tests);
	return run_suite(suite);
}
