/* SPDX-License-Identifier: MIT */
/*
 * See fuzz_answers.h. No file that an input names is opened: modules are told
 * apart, but functions are made up from the addresses.
 */
#include "fuzz_answers.h"

#include <string.h>

#include "fuzz.h"
#include "graph/dominators.h"
#include "graph/lost.h"
#include "graph/path.h"
#include "symbols/wrappers.h"
#include "report/block.h"
#include "report/tree.h"
#include "write/export.h"
#include "write/html.h"
#include "write/writer.h"

/* How many blocks `why` is asked of. */
enum { ASKED = 4 };

/* A part of a snapshot may be missing or make no sense. */
static bool is_there(const struct mtr_heap_view *s, struct mtr_error *error)
{
	bool ret = !error;

	MUST(ret || s->kind == MTR_TARGET_SNAPSHOT);
	mtr_error_destroy(error);
	return ret;
}

/* ------------------------------------------------------------------ stacks */

static void look_at_call(const struct mtr_stacks *s, uint32_t i)
{
	const struct mtr_call *c = &s->calls.at[i];
	const struct mtr_call *parent = &s->calls.at[c->parent];

	MUST(c->parent < i && c->site < s->pcs.n);
	MUST(c->depth == parent->depth + 1);
	MUST(c->depth <= MTR_STACK_FRAMES_MAX);
	MUST(c->end > MTR_ROOT_NONE && c->end < MTR_NODE_FIRST);
	MUST(!c->parent || c->end == parent->end);
	MUST(s->pcs.at[c->site] & ~MTR_PC_EXACT);
}

static void look_at_stacks(const struct mtr_heap_view *s)
{
	const struct mtr_stacks *stacks = &s->stacks;
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	uint64_t lost = 0;

	MUST(stacks->list.n && stacks->calls.n && !stacks->calls.at[0].depth);
	MUST(stacks->pcs.n >= s->heap.sites.n);
	MUST(stacks->nodes <= MTR_NODE_MAX);
	for (size_t i = 1; i < stacks->calls.n; i++)
		look_at_call(stacks, i);
	for (size_t i = 1; i < stacks->list.n; i++) {
		const struct mtr_stack *one = &stacks->list.at[i];

		MUST(one->id && one->id < MTR_NODE_MAX);
		MUST(one->call < stacks->calls.n);
		MUST(one->caller && one->caller < s->heap.sites.n);
		MUST(mtr_stack_sites(stacks, one, sites) ==
		     stacks->calls.at[one->call].depth);
		lost += !one->call;
	}
	MUST(stacks->lost == lost);
}

static void look_at_block_stacks(const struct mtr_heap_view *s,
				 const struct mtr_blocks *blocks)
{
	for (size_t i = 0; i < blocks->n; i++) {
		MUST(blocks->at[i].stack < s->stacks.list.n);
		MUST(mtr_heap_view_site(s, &blocks->at[i]) < s->sites.n);
	}
}

/* ------------------------------------------------------------------- names */

/* What a frame's function is called, by the last bits of its address. */
static const char *const functions[] = {
	NULL,
	"main",
	"work(int)",
	"malloc",
	"std::vector<int, A<int> >::push_back(int const&)",
	"operator new(unsigned long)",
	"a\033[31m;\xff\"b",
	"xmalloc",
};

/* And how many inlined ones there are at it, by those before. */
static void name_frames(struct mtr_heap_view *s, uint64_t pc, size_t first)
{
	const struct mtr_module *module = s->frames.at[first].module;
	unsigned n = pc ? 1 + (pc >> 3 & 3) % 3 : 1;

	for (unsigned i = 0; i < n; i++) {
		struct mtr_frame *frame =
			i ? mtr_frames_push(&s->frames) : &s->frames.at[first];

		MUST(frame);
		*frame = (struct mtr_frame){
			.function = pc ? functions[(pc + i * 3) & 7] : NULL,
			.file = pc >> 5 & 1 ? "src/a.c" : NULL,
			.line = pc >> 5 & 1 ? (int)(pc & 0xff) : 0,
			.module = module,
			.inlined = i + 1 < n,
		};
	}
}

static void name_site(struct mtr_heap_view *s, uint64_t pc)
{
	struct mtr_site *site = mtr_sites_push(&s->sites);
	size_t first = s->frames.n;
	uint64_t addr = pc & ~MTR_PC_EXACT;

	MUST(site &&
	     !mtr_symbols_resolve(s->symbols, addr + (addr != pc), &s->frames));
	MUST(s->frames.n == first + 1);
	name_frames(s, addr, first);
	*site = (struct mtr_site){
		.pc = addr,
		.first = (uint32_t)first,
		.n = (uint32_t)(s->frames.n - first),
	};
}

static bool name_sites(struct mtr_heap_view *s)
{
	/* a folder in which nothing has such a name */
	static const struct mtr_symbols_options options = {
		.sysroot = "/proc/self/fdinfo",
	};
	struct mtr_wrappers *w = NULL;

	if (!is_there(s, mtr_symbols_open(s->target, &options, &s->symbols)))
		return false;
	MUST(!mtr_wrappers_create("^work", &w));
	for (size_t i = 0; i < s->stacks.pcs.n; i++)
		name_site(s, s->stacks.pcs.at[i]);
	mtr_heap_view_find_owners(s, w);
	mtr_wrappers_destroy(w);
	return true;
}

static bool is_frame_of(const struct mtr_heap_view *s,
			const struct mtr_stack *stack, uint32_t site)
{
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	unsigned n = mtr_stack_sites(&s->stacks, stack, sites);

	for (unsigned i = 0; i < n; i++)
		if (sites[i] == site)
			return true;
	return false;
}

static void look_at_owners(const struct mtr_heap_view *s)
{
	for (size_t i = 0; i < s->sites.n; i++) {
		const struct mtr_site *site = &s->sites.at[i];

		MUST(site->owner >= site->first);
		MUST(site->owner < site->first + site->n);
	}
	for (size_t i = 1; i < s->stacks.list.n; i++) {
		const struct mtr_stack *stack = &s->stacks.list.at[i];

		MUST(stack->call ? is_frame_of(s, stack, stack->owner)
				 : stack->owner == stack->caller);
	}
}

static void copy_warnings(struct mtr_heap_view *s)
{
	const struct mtr_strings *from = mtr_target_warnings(s->target);

	for (size_t i = 0; i < from->n; i++) {
		char **slot = mtr_strings_push(&s->warnings);

		MUST(slot && *from->at[i]);
		*slot = strdup(from->at[i]);
		MUST(*slot);
	}
}

/* ------------------------------------------------------------------- tree */

static bool is_part(const struct mtr_sum *part, const struct mtr_sum *of)
{
	return part->blocks <= of->blocks && part->bytes <= of->bytes &&
	       part->usable <= of->usable && part->slack <= of->slack;
}

/* All but the whole are the child of one. */
static void look_at_tree(const struct mtr_tree *tree,
			 const struct mtr_tally *tally)
{
	const struct mtr_branches *v = &tree->branches;
	size_t children = 0;

	MUST(memcmp(&v->at[0].sum, &tally->total, sizeof(tally->total)) == 0);
	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_branch *b = &v->at[i];
		struct mtr_sum sum = { 0 };

		MUST(!i || (b->parent < i && b->name && *b->name));
		for (uint32_t j = 0; j < b->n; j++) {
			const struct mtr_branch *c = mtr_tree_child(tree, b, j);

			MUST(c != v->at && c->parent == i);
			mtr_sum_add(&sum, &c->sum);
		}
		MUST(is_part(&sum, &b->sum));
		children += b->n;
	}
	MUST(children == v->n - 1);
}

/* ----------------------------------------------------------------- writers */

/* Which way the check itself goes tells a fuzzer nothing. */
#if defined(__clang__) && __clang_major__ >= 13
#define UNSEEN __attribute__((no_sanitize("coverage")))
#else
#define UNSEEN
#endif

/* Nothing that a terminal obeys, if @to says so. */
UNSEEN static int take(void *to, const char *bytes, size_t n)
{
	for (size_t i = 0; *(bool *)to && i < n; i++)
		MUST((unsigned char)bytes[i] >= ' ' || bytes[i] == '\n');
	return 0;
}

static struct mtr_out out;
static bool harmless;

static struct mtr_writer writer(const struct mtr_heap_view *s,
				const struct mtr_writer_ops *ops)
{
	harmless = true;
	out.take = take;
	out.to = &harmless;
	return (struct mtr_writer){ .ops = ops, .out = &out, .s = s };
}

static void written(struct mtr_writer *w)
{
	mtr_out_flush(w->out);
	mtr_writer_fini(w);
	MUST(!w->out->error);
}

static void write_tree(const struct mtr_heap_view *s, const struct mtr_tally *t,
		       enum mtr_sort sort, int width, size_t top)
{
	struct mtr_writer w = writer(s, &mtr_write_text);
	struct mtr_notes notes;
	struct mtr_tree tree;
	struct mtr_report r = {
		.tally = t, .notes = &notes, .tree = &tree, .top = top
	};

	MUST(!mtr_notes_make(s, t, &notes));
	MUST(!mtr_tree_make(s, t, sort, &tree));
	look_at_tree(&tree, t);
	w.sort = sort;
	w.width = width;
	w.short_names = width;
	mtr_write_report(&w, &r);
	mtr_tree_fini(&tree);
	written(&w);
}

static void write_report(const struct mtr_heap_view *s,
			 const struct mtr_tally *t,
			 const struct mtr_writer_ops *ops, size_t top)
{
	struct mtr_writer w = writer(s, ops);
	struct mtr_notes notes;
	struct mtr_report r = { .tally = t, .notes = &notes, .top = top };

	MUST(!mtr_notes_make(s, t, &notes));
	w.short_names = top;
	mtr_write_report(&w, &r);
	written(&w);
}

static void write_tally(const struct mtr_heap_view *s,
			const struct mtr_tally *t)
{
	/* by what else, the formats do not care */
	if (t->by == MTR_BY_FUNCTION || t->by == MTR_BY_STACK) {
		write_report(s, t, &mtr_write_json, 0);
		write_report(s, t, &mtr_write_csv, 3);
	}
	if (t->by != MTR_BY_STACK) {
		write_report(s, t, &mtr_write_text, 3);
		return;
	}
	write_tree(s, t, MTR_SORT_BYTES, 0, 0);
	write_tree(s, t, MTR_SORT_SLACK, 80, 2);
}

static void write_list(const struct mtr_heap_view *s,
		       const struct mtr_filter *filter,
		       const struct mtr_writer_ops *ops)
{
	struct mtr_writer w = writer(s, ops);

	mtr_write_list(&w, filter);
	written(&w);
}

static void write_lists(const struct mtr_heap_view *s,
			const struct mtr_filter *filter)
{
	write_list(s, filter, &mtr_write_text);
	write_list(s, filter, &mtr_write_json);
	write_list(s, filter, &mtr_write_csv);
	write_list(s, filter, &mtr_write_chap);
}

static void write_why(const struct mtr_heap_view *s, uint64_t addr)
{
	struct mtr_writer text = writer(s, &mtr_write_text), json;
	unsigned char dump[64];
	struct mtr_why why = {
		.asked = addr,
		.mapping = mtr_target_find(s->target, addr),
		.module = mtr_symbols_module(s->symbols, addr),
		.dump_at = addr,
		.dump = dump,
	};

	why.dump_bytes = mtr_target_read(s->target, addr, dump, sizeof(dump));
	mtr_block_find(s, addr, &why.found);
	text.ops->why(&text, &why);
	written(&text);
	json = writer(s, &mtr_write_json);
	json.ops->why(&json, &why);
	written(&json);
}

static void write_whys(const struct mtr_heap_view *s,
		       const struct mtr_blocks *blocks)
{
	for (size_t i = 0; i < blocks->n && i < ASKED; i++) {
		const struct mtr_block *b = &blocks->at[i];

		write_why(s, b->addr + i);
		write_why(s, b->addr + b->usable);
	}
}

static void write_info(const struct mtr_heap_view *s,
		       const struct mtr_writer_ops *ops)
{
	struct mtr_writer w = writer(s, ops);
	struct mtr_info info = { 0 };

	for (size_t i = 0; i < s->heap.blocks.n; i++)
		mtr_sum_block(&info.total, &s->heap, &s->heap.blocks.at[i]);
	w.ops->info(&w, &info);
	written(&w);
}

/* ----------------------------------------------------------------- exports */

static void export(struct mtr_export *e, mtr_export_fn *write, bool is_text)
{
	struct mtr_error *error;

	harmless = is_text;
	out.take = take;
	out.to = &harmless;
	e->out = &out;
	error = write(e);
	MUST(!error || mtr_error_code(error) == MTR_ERROR_UNSUPPORTED);
	mtr_error_destroy(error);
	mtr_out_flush(&out);
	MUST(!out.error);
}

static void export_stacks(const struct mtr_heap_view *s,
			  const struct mtr_filter *filter, enum mtr_value value)
{
	const struct mtr_profile_spec spec = { .value = value,
					       .generations = true };
	struct mtr_sum sum = { 0 };
	struct mtr_profile p;
	struct mtr_export e = {
		.s = s, .value = value, .filter = filter, .profile = &p
	};

	MUST(!mtr_profile_make(s, filter, &spec, &p));
	for (size_t i = 0; i < p.rows.n; i++)
		mtr_sum_add(&sum, &p.rows.at[i].sum);
	MUST(memcmp(&sum, &p.total, sizeof(sum)) == 0);
	export(&e, mtr_export_folded, true);
	export(&e, mtr_export_heaptrack, true);
	export(&e, mtr_export_pprof, false);
	mtr_profile_fini(&p);
}

/* The page's own text has tabs. */
UNSEEN static int take_page(void *to, const char *bytes, size_t n)
{
	(void)to;
	for (size_t i = 0; i < n; i++)
		MUST((unsigned char)bytes[i] >= ' ' || bytes[i] == '\n' ||
		     bytes[i] == '\t');
	return 0;
}

/* Of one target, and of what did not grow: twice the same one. */
static void export_page(const struct mtr_heap_view *s,
			const struct mtr_filter *filter)
{
	const struct mtr_profile_spec spec = { .value = MTR_VALUE_BYTES };
	const struct mtr_diff_side side = { .s = s, .filter = filter };
	const struct mtr_diff_side sides[MTR_SIDES] = { side, side };
	struct mtr_profile profile;
	struct mtr_tally sums;
	struct mtr_diff diff;
	struct mtr_page page = {
		.out = &out,
		.s = { [MTR_NEW] = s },
		.filter = &filter->spec,
		.profile = &profile,
		.functions = &sums,
		.no_memory = "",
		.no_leaks = "",
	};

	out.take = take_page;
	MUST(!mtr_profile_make(s, filter, &spec, &profile));
	MUST(!mtr_tally_make(s, filter, MTR_BY_FUNCTION, MTR_SORT_BYTES,
			     &sums));
	MUST(!mtr_write_html(&page));
	MUST(!mtr_diff_make(sides, &diff));
	page.s[MTR_OLD] = s;
	page.stacks_diff = page.functions_diff = &diff;
	MUST(!mtr_write_html(&page));
	mtr_out_flush(&out);
	MUST(!out.error);
	mtr_diff_fini(&diff);
	mtr_tally_fini(&sums);
	mtr_profile_fini(&profile);
}

static void export_blocks(const struct mtr_heap_view *s,
			  const struct mtr_graph *g,
			  const struct mtr_lost_list *lost,
			  const struct mtr_filter *filter)
{
	struct mtr_holders holders;
	struct mtr_export e = {
		.s = s, .filter = filter, .graph = g, .holders = &holders
	};

	MUST(!mtr_holders_list(s, g, lost, &holders));
	export(&e, mtr_export_heapsnapshot, true);
	mtr_holders_fini(&holders);
}

/* ------------------------------------------------------------------ groups */

static void look_at_tally(const struct mtr_heap_view *s,
			  const struct mtr_filter *filter, enum mtr_by by)
{
	struct mtr_sum sum = { 0 };
	struct mtr_tally tally;
	uint64_t blocks = 0;

	MUST(!mtr_tally_make(s, filter, by, MTR_SORT_BYTES, &tally));
	for (size_t i = 0; i < tally.groups.n; i++) {
		MUST(tally.groups.at[i].sum.blocks);
		mtr_sum_add(&sum, &tally.groups.at[i].sum);
	}
	for (size_t i = 0; i < s->heap.blocks.n; i++)
		blocks += mtr_filter_passes(filter, &s->heap.blocks.at[i]);
	MUST(memcmp(&sum, &tally.total, sizeof(sum)) == 0);
	MUST(sum.blocks == blocks);
	write_tally(s, &tally);
	mtr_tally_fini(&tally);
}

static void look_at_groups(const struct mtr_heap_view *s)
{
	struct mtr_filter_spec spec = MTR_FILTER_ALL;
	struct mtr_filter all, some;

	MUST(!mtr_filter_init(s, &spec, &all));
	spec.function = "main|push";
	MUST(!mtr_filter_init(s, &spec, &some));
	for (int by = 0; by < MTR_BY_ROOT; by++)
		look_at_tally(s, &all, by);
	look_at_tally(s, &some, MTR_BY_STACK);
	write_lists(s, &all);
	export_stacks(s, &all, MTR_VALUE_BYTES);
	export_stacks(s, &some, MTR_VALUE_UNUSED);
	export_page(s, &all);
	export_page(s, &some);
	mtr_filter_fini(&all);
	mtr_filter_fini(&some);
}

/* -------------------------------------------------------------------- diff */

static void write_diff(const struct mtr_heap_view *s,
		       const struct mtr_writer_ops *ops,
		       const struct mtr_diff *d)
{
	struct mtr_diff_report r = { .diff = d, .top = 5 };
	struct mtr_writer w = writer(s, ops);

	mtr_write_diff(&w, &r);
	written(&w);
	w = writer(s, ops);
	mtr_write_changes(&w, d);
	written(&w);
}

/* The growth of all groups is that of the whole. */
static void look_at_growth(const struct mtr_diff *d)
{
	struct mtr_sum sum[MTR_SIDES] = { 0 };

	for (size_t i = 0; i < d->groups.n; i++)
		for (int k = 0; k < MTR_SIDES; k++)
			mtr_sum_add(&sum[k], &d->groups.at[i].sum[k]);
	MUST(sum[1].bytes - sum[0].bytes ==
	     d->total[1].bytes - d->total[0].bytes);
	MUST(sum[1].blocks - sum[0].blocks ==
	     d->total[1].blocks - d->total[0].blocks);
}

/*
 * Against itself it has not grown, whether it is one process or another;
 * against its smaller blocks it has.
 */
static void look_at_diff(const struct mtr_heap_view *s)
{
	struct mtr_heap_view old = *s, now = *s;
	struct mtr_filter_spec spec = MTR_FILTER_ALL;
	struct mtr_filter all, small;

	old.start_known = now.start_known = true;
	old.pid = now.pid = 1;
	MUST(!mtr_filter_init(s, &spec, &all));
	spec.max_size = 64;
	MUST(!mtr_filter_init(s, &spec, &small));
	for (int i = 0; i < 3 * MTR_BY_ROOT; i++) {
		struct mtr_tally_spec by = { .by = i / 3 };
		struct mtr_diff_side sides[] = { { &old, &all, by },
						 { &now, &all, by } };
		struct mtr_diff d;

		now.start[0] = (uint8_t)(i % 3);
		if (i % 3 == 2)
			sides[0].filter = &small;
		MUST(!mtr_diff_make(sides, &d));
		MUST(i % 3 == 2 || !d.groups.n);
		MUST(i % 3 || !d.changed.list.n);
		look_at_growth(&d);
		write_diff(s, &mtr_write_text, &d);
		write_diff(s, &mtr_write_json, &d);
		write_diff(s, &mtr_write_csv, &d);
		mtr_diff_fini(&d);
	}
	mtr_filter_fini(&all);
	mtr_filter_fini(&small);
}

/* ------------------------------------------------------------------- leaks */

/* Each lost block hangs from a leader, which is one. */
static void look_at_lost(const struct mtr_graph *g,
			 const struct mtr_lost_list *lost)
{
	for (size_t i = 0; i < lost->n; i++) {
		const struct mtr_lost *l = &lost->at[i];
		const struct mtr_lost *leader = mtr_lost_at(lost, l->leader);

		MUST(l->block < g->index.n && (!i || l[-1].block < l->block));
		MUST(leader && leader->leader == leader->block);
	}
	for (size_t i = 0; i < g->roots.list.n; i++) {
		const struct mtr_root_area *r = &g->roots.list.at[i];

		MUST(r->start < r->end && (!i || r[-1].end <= r->start));
		MUST(!g->roots.threads->n || r->thread < g->roots.threads->n);
	}
}

/* ------------------------------------------------------------- who holds what
 */

/* Made up: the first one points to every third block, another to every fifth,
 * and the last to none. */
enum { ROOTS = 3 };

static void roots_make(size_t blocks, struct mtr_edges *ret)
{
	static const unsigned every[ROOTS] = { 3, 5, UINT32_MAX };

	*ret = (struct mtr_edges){
		.first = calloc(ROOTS + 1, sizeof(*ret->first)),
		.to = calloc(blocks + 1, sizeof(*ret->to)),
	};
	MUST(ret->first && ret->to);
	for (size_t i = 0; i < ROOTS; i++) {
		for (size_t b = 1; b < blocks; b++)
			if (b % every[i] == 0)
				ret->to[ret->n++] = b;
		ret->first[i + 1] = ret->n;
	}
}

static bool leads(const struct mtr_edges *e, size_t from, uint32_t to)
{
	for (uint64_t i = e->first[from]; i < e->first[from + 1]; i++)
		if (e->to[i] == to)
			return true;
	return false;
}

/* Each step of it is there. */
static void look_at_path(const struct mtr_graph *g,
			 const struct mtr_edges *roots, uint32_t block,
			 bool reached)
{
	struct mtr_path p;

	MUST(!mtr_path_find(&g->edges, g->index.n, roots, ROOTS, block, &p));
	MUST((p.root != MTR_NO_BLOCK) == reached);
	if (reached) {
		MUST(p.root < ROOTS && p.steps.n);
		MUST(leads(roots, p.root, p.steps.at[0]));
		MUST(p.steps.at[p.steps.n - 1] == block);
		for (size_t i = 1; i < p.steps.n; i++)
			MUST(leads(&g->edges, p.steps.at[i - 1],
				   p.steps.at[i]));
	}
	mtr_path_fini(&p);
}

/* What the top holds, over all, is what is reached; a node holds no less than
 * what hangs from it. */
static void look_at_dominators(const struct mtr_graph *g)
{
	struct mtr_flood f;
	struct mtr_edges roots;
	struct mtr_dominators d;
	uint64_t blocks = 0, top = 0;

	roots_make(g->index.n, &roots);
	MUST(!mtr_flood_create(&g->edges, g->index.n, &f));
	f.source = MTR_NO_BLOCK;
	for (size_t i = 0; i < roots.n; i++)
		mtr_flood_add(&f, roots.to[i]);
	mtr_flood_run(&f);
	MUST(!mtr_dominators_find(&g->edges, &g->index, &roots, ROOTS, NULL,
				  &d));
	for (size_t i = 0; i < g->index.n + ROOTS; i++) {
		bool reached = i >= g->index.n || mtr_flood_has(&f, i);
		uint32_t up = d.parent[i];

		blocks += i < g->index.n && reached;
		if (up == MTR_NO_BLOCK)
			top += d.retained[i].blocks;
		else
			MUST(reached && up < g->index.n + ROOTS &&
			     d.retained[up].blocks >= d.retained[i].blocks &&
			     d.retained[up].bytes >= d.retained[i].bytes);
		MUST(i >= g->index.n || reached == !!d.retained[i].blocks);
		if (i < g->index.n && i < ASKED)
			look_at_path(g, &roots, i, reached);
	}
	MUST(blocks == top);
	mtr_dominators_fini(&d);
	mtr_flood_fini(&f);
	mtr_edges_fini(&roots);
}

/* ------------------------------------------------------------------- leaks */

/* What was said to point to a block does. */
static void look_at_references(const struct mtr_graph *g)
{
	for (size_t i = 0; i < g->refs.n; i++) {
		const struct mtr_ref *r = &g->refs.at[i];
		uint64_t word;

		MUST(r->block < g->index.n &&
		     mtr_flood_has(&g->reached, r->block));
		if (!r->addr) {
			MUST(r->thread < g->roots.threads->n);
			continue;
		}
		if (mtr_target_kind(g->target) == MTR_TARGET_SNAPSHOT)
			continue; /* it has no words */
		MUST(mtr_target_read(g->target, r->addr, &word, sizeof(word)) ==
		     sizeof(word));
		MUST(mtr_index_find(&g->index, word) == r->block);
	}
}

static void write_leaks(const struct mtr_heap_view *s,
			const struct mtr_writer_ops *ops,
			const struct mtr_leaks *leaks)
{
	struct mtr_writer w = writer(s, ops);

	w.ops->leaks(&w, leaks);
	written(&w);
	w = writer(s, ops);
	w.ops->lost(&w, leaks);
	written(&w);
}

/* All blocks are held by somebody, and ways are there. */
static void look_at_holders(const struct mtr_heap_view *s,
			    const struct mtr_graph *g,
			    const struct mtr_lost_list *lost,
			    const struct mtr_filter *filter)
{
	struct mtr_tally_spec by = { .by = MTR_BY_ROOT,
				     .sort = MTR_SORT_RETAINED };
	struct mtr_holders holders;
	struct mtr_tally tally;

	MUST(!mtr_holders_make(s, g, lost, &holders));
	by.holders = &holders;
	MUST(!mtr_tally_make_as(s, filter, &by, &tally));
	MUST(tally.total.blocks == s->heap.blocks.n);
	mtr_tally_fini(&tally);
	by.by = MTR_BY_FUNCTION;
	MUST(!mtr_tally_make_as(s, filter, &by, &tally));
	/* those of a sample are estimates */
	for (size_t i = 0; !s->heap.descriptor.sample && i < tally.groups.n;
	     i++)
		MUST(tally.groups.at[i].retained >=
		     tally.groups.at[i].sum.bytes);
	write_tally(s, &tally);
	mtr_tally_fini(&tally);
	mtr_holders_fini(&holders);
}

static void look_at_held(const struct mtr_heap_view *s,
			 const struct mtr_graph *g,
			 const struct mtr_lost_list *lost)
{
	enum { FEW = 16 };

	for (size_t i = 0; i < g->index.n && i < FEW; i++) {
		struct mtr_subject subject = { .block = i };
		struct mtr_why why = { 0 };
		struct mtr_references r;
		struct mtr_writer w;

		MUST(!mtr_references_find(s, g, lost, &subject, 3, &r));
		MUST(!r.lost == (r.path.n > 0));
		MUST(!r.path.n || r.path.at[r.path.n - 1].block == i);
		mtr_block_find(s, mtr_index_start(&g->index, i), &why.found);
		why.references = &r;
		w = writer(s, &mtr_write_text);
		w.ops->why(&w, &why);
		written(&w);
		w = writer(s, &mtr_write_json);
		w.ops->why(&w, &why);
		written(&w);
		mtr_references_fini(&r);
	}
}

static void look_at_leaks(const struct mtr_heap_view *s)
{
	/* any of the four will do */
	struct mtr_graph_options options = {
		.start_only = s->heap.blocks.n % 4 == 1,
		.places = s->heap.blocks.n % 2,
	};
	struct mtr_filter_spec spec = MTR_FILTER_ALL;
	struct mtr_lost_list lost;
	struct mtr_filter filter;
	struct mtr_leaks leaks;
	struct mtr_graph g;

	if (!is_there(s, mtr_graph_read(s->target, &s->heap, &options, &g)))
		return;
	if (!is_there(s, mtr_lost_find(&g, true, &lost))) {
		mtr_graph_fini(&g);
		return;
	}
	look_at_lost(&g, &lost);
	look_at_references(&g);
	look_at_dominators(&g);
	MUST(!mtr_filter_init(s, &spec, &filter));
	MUST(!mtr_leaks_make(s, &lost, &g.roots, &filter, NULL, &leaks));
	MUST(leaks.definite.blocks + leaks.indirect.blocks == lost.n);
	write_leaks(s, &mtr_write_text, &leaks);
	write_leaks(s, &mtr_write_json, &leaks);
	write_leaks(s, &mtr_write_csv, &leaks);
	mtr_leaks_fini(&leaks);
	if (options.places) {
		look_at_holders(s, &g, &lost, &filter);
		export_blocks(s, &g, &lost, &filter);
		look_at_held(s, &g, &lost);
	}
	mtr_filter_fini(&filter);
	mtr_lost_list_fini(&lost);
	mtr_graph_fini(&g);
}

/* ------------------------------------------------------------------ memory */

static void write_memory(const struct mtr_heap_view *s,
			 const struct mtr_writer_ops *ops,
			 const struct mtr_memory *m)
{
	struct mtr_writer w = writer(s, ops);

	w.ops->memory(&w, m);
	written(&w);
}

/* No group pins what others do, and none is alone on more than there is. */
static void look_at_pins(const struct mtr_heap_view *s,
			 const struct mtr_memory_map *map, enum mtr_by by,
			 uint64_t pinned)
{
	struct mtr_tally_spec spec = { .by = by,
				       .sort = MTR_SORT_PINS,
				       .map = map };
	struct mtr_filter all = { .spec = MTR_FILTER_ALL, .s = s };
	struct mtr_tally tally;
	uint64_t alone = 0;

	MUST(!mtr_tally_make_as(s, &all, &spec, &tally));
	MUST(tally.pins && tally.total.pins == pinned);
	for (size_t i = 0; i < tally.groups.n; i++) {
		const struct mtr_group *g = &tally.groups.at[i];

		MUST(!i || g[-1].sum.pins >= g->sum.pins);
		alone += g->alone;
	}
	MUST(alone <= map->pages.resident);
	if (by == MTR_BY_STACK) {
		write_tree(s, &tally, MTR_SORT_PINS, 80, 2);
	} else {
		write_report(s, &tally, &mtr_write_text, 3);
		write_report(s, &tally, &mtr_write_json, 0);
		write_report(s, &tally, &mtr_write_csv, 0);
	}
	mtr_tally_fini(&tally);
}

static void look_at_map(const struct mtr_heap_view *s,
			struct mtr_memory_map *map)
{
	struct mtr_memory m;
	uint64_t sum = 0;

	MUST(!mtr_memory_make(s, map, &m));
	for (int i = 0; i < MTR_MEMORY_KEYS; i++)
		sum += m.classes[i].bytes;
	MUST(sum == m.resident);
	write_memory(s, &mtr_write_text, &m);
	write_memory(s, &mtr_write_json, &m);
	write_memory(s, &mtr_write_csv, &m);
	MUST(!mtr_memory_pins(s, map));
	look_at_pins(s, map, MTR_BY_FUNCTION,
		     m.classes[MTR_MEMORY_FREE_PINNED].bytes);
	look_at_pins(s, map, MTR_BY_SIZE,
		     m.classes[MTR_MEMORY_FREE_PINNED].bytes);
	look_at_pins(s, map, MTR_BY_STACK,
		     m.classes[MTR_MEMORY_FREE_PINNED].bytes);
	mtr_memory_fini(&m);
}

static void look_at_memory(const struct mtr_heap_view *s)
{
	struct mtr_memory_map map = { 0 };

	if (!is_there(s, mtr_target_pages(s->target, &map.pages)) ||
	    !is_there(s, mtr_regions_find(s->target, &s->heap, &map.regions))) {
		mtr_memory_map_fini(&map);
		return;
	}
	for (size_t i = 0; i < map.regions.n; i++) {
		const struct mtr_region *r = &map.regions.at[i];

		MUST(r->start < r->end && (!i || r[-1].end <= r->start));
	}
	look_at_map(s, &map);
	mtr_memory_map_fini(&map);
}

void fuzz_answers(struct mtr_heap_view *s)
{
	s->name = mtr_target_name(s->target);
	s->kind = mtr_target_kind(s->target);
	s->pid = mtr_target_pid(s->target);
	if (!is_there(s, mtr_stacks_read(s->target, &s->heap, &s->stacks)))
		return;
	look_at_stacks(s);
	if (!name_sites(s))
		return;
	copy_warnings(s);
	look_at_owners(s);
	look_at_block_stacks(s, &s->heap.blocks);
	look_at_block_stacks(s, &s->heap.freed);
	look_at_groups(s);
	look_at_diff(s);
	look_at_leaks(s);
	look_at_memory(s);
	write_whys(s, &s->heap.blocks);
	write_whys(s, &s->heap.freed);
	write_info(s, &mtr_write_text);
	write_info(s, &mtr_write_json);
}
